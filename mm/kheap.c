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

static bool open_regions(struct kheap *k, const struct kheap_request *wanted)
{
    struct vmm_region_request heap = {.name = "heap",
                                      .reserve = wanted->limit,
                                      .backing = wanted->backing,
                                      .is_large = wanted->is_large,
                                      .writable = true};
    if (vmm_region_create(k->space, &heap, &k->bytes) != VMM_OK)
        return false;
    enum vmm_backing table_backing = wanted->backing == VMM_IMMEDIATE ? VMM_IMMEDIATE : VMM_DEMAND;
    if (!wanted->with_starts)
        return true;
    struct vmm_region_request starts = {
        .name = "heap starts", .reserve = heap_starts_bytes(wanted->limit), .backing = table_backing, .writable = true};
    return vmm_region_create(k->space, &starts, &k->starts) == VMM_OK;
}

bool kheap_open(struct kheap *k, struct vmm_space *space, const struct kheap_request *request,
                struct heap_region *region)
{
    *k = (struct kheap){.space = space};
    if (!open_regions(k, request)) {
        kheap_close(k);
        return false;
    }
    *region = (struct heap_region){
        .base = (void *)k->bytes->base,
        .reserved = request->limit,
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
