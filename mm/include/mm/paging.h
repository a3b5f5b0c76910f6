/* The kernel's address space: the page-table walker fed from the frame allocator. Owned by its caller, and must stay
 * where it is. To map, unmap and query use its `pt` with the functions of <arch/pt.h>; `pt.tables` counts the table
 * frames. */
#ifndef MM_PAGING_H
#define MM_PAGING_H

#include <arch/pt.h>
#include <mm/pmm.h>

/* What page tables need from the machine. In the kernel: the physical map and invlpg; in a test: an array. */
struct paging_machine {
    void *context;
    void *(*at)(void *context, paddr_t frame); /* where a direct frame can be read and written */
    void (*invalidate)(void *context, vaddr_t address);
    bool has_nx;
};

struct paging {
    struct pt pt; /* map, unmap and query through it */
    struct pt_world world;
    struct pmm *pmm;
    struct paging_machine machine;
};

/* An empty address space, not in force. Table frames come from the direct zone of `pmm` and go back there; `pmm` is
 * kept, `machine` copied. PT_OK or PT_NO_MEMORY. */
enum pt_status paging_init(struct paging *paging, struct pmm *pmm, const struct paging_machine *machine);

#endif
