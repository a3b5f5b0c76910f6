/* The address space of each width: where what is mapped. Constants; see docs/architecture.md for the picture. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#include <arch/types.h>

#include <stddef.h>

struct arch_layout {
    vaddr_t kernel_base;                 /* the kernel image: virtual = physical + this */
    vaddr_t physmap;                     /* the physical map: virtual = physical + this, for direct frames */
    paddr_t direct_limit;                /* frames below this are direct */
    paddr_t boot_limit;                  /* of these, the first page tables map the ones below this */
    paddr_t memory_limit;                /* frames from here on cannot be used */
    vaddr_t regions_first, regions_last; /* where the kernel's regions go */
    vaddr_t window;                      /* the page through which frames that are not direct are cleared; 0: all are */
    vaddr_t user_first, user_last;       /* where regions of other address spaces go */
    vaddr_t kernel_from;                 /* from here on every space shows the kernel */
    size_t scratch_max;                  /* bytes of addresses the lab's scratch memory may take */
};

extern const struct arch_layout arch_layout;

#endif
