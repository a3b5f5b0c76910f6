/* The memory under a heap in the kernel. The start table grows with the region, so that it costs what the heap costs. */
#include <mm/kheap.h>

#include <arch/trap.h>

bool kheap_grow(void *context, size_t committed, size_t added)
{
    struct kheap *k = context;
    size_t bytes = committed + added;
    if (k->starts && vmm_region_grow(k->starts, heap_starts_bytes(bytes)) != VMM_OK)
        return false;
    return vmm_region_grow(k->bytes, bytes) == VMM_OK;
}

static bool open_regions(struct kheap *k, size_t limit, enum vmm_backing backing, bool with_starts)
{
    struct vmm_region_request heap = {.name = "heap", .reserve = limit, .backing = backing, .writable = true};
    if (vmm_region_create(k->space, &heap, &k->bytes) != VMM_OK)
        return false;
    if (!with_starts)
        return true;
    struct vmm_region_request starts = {
        .name = "heap starts", .reserve = heap_starts_bytes(limit), .backing = VMM_DEMAND, .writable = true};
    return vmm_region_create(k->space, &starts, &k->starts) == VMM_OK;
}

bool kheap_open(struct kheap *k, struct vmm_space *space, size_t limit, enum vmm_backing backing, bool with_starts,
                struct heap_region *region)
{
    *k = (struct kheap){.space = space};
    if (!open_regions(k, limit, backing, with_starts)) {
        kheap_close(k);
        return false;
    }
    *region = (struct heap_region){
        .base = (void *)k->bytes->base,
        .reserved = limit,
        .grow = kheap_grow,
        .grow_context = k,
        .starts = k->starts ? (uint8_t *)k->starts->base : NULL,
        .no_calls_while = &arch_trap_depth,
    };
    return true;
}

void kheap_close(struct kheap *k)
{
    if (k->starts)
        vmm_region_destroy(k->starts);
    if (k->bytes)
        vmm_region_destroy(k->bytes);
    *k = (struct kheap){.space = k->space};
}
