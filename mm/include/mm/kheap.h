/* The memory under a heap in the kernel: the one place where mm/ and alloc/ meet.
 *
 *      heap_alloc -> policy finds no place -> grow callback -> vmm_region_grow -> frames and page tables
 */
#ifndef MM_KHEAP_H
#define MM_KHEAP_H

#include <alloc/heap.h>
#include <mm/vmm.h>

struct kheap {
    struct vmm_space *space;
    struct vmm_region *bytes;  /* the heap's region */
    struct vmm_region *starts; /* its start table, demand-backed unless the heap is immediate; NULL without one */
};

struct kheap_request {
    size_t limit; /* most bytes, a multiple of HEAP_ALIGN */
    enum vmm_backing backing;
    bool is_large;    /* large leaves where they fit */
    bool with_starts; /* a start table too */
};

/* Makes the region that is asked for; *region is ready for heap_init, empty. False: no address range or no memory for
 * it, and nothing is held. */
bool kheap_open(struct kheap *k, struct vmm_space *space, const struct kheap_request *request,
                struct heap_region *region);

/* The grow callback it sets: `context` is the struct kheap. */
bool kheap_grow(void *context, size_t committed, size_t added);

/* Gives everything back. The heap in it must not be used again. */
void kheap_close(struct kheap *k);

#endif
