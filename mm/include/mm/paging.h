/* The page tables of an address space, fed from the frame allocator. Owned by its caller, and must stay where it is. To
 * map, unmap and query use its `pt` with the functions of <arch/pt.h>; `pt.tables` counts the table frames. */
#ifndef MM_PAGING_H
#define MM_PAGING_H

#include <arch/pt.h>
#include <mm/pmm.h>

/* What page tables and regions need from the machine. In the kernel: the physical map and invlpg; in a test: an array.
 * `context` is handed to each. */
struct paging_machine {
    void *context;
    void *(*at)(void *context, paddr_t frame);                 /* where a direct frame can be read and written */
    void (*clear)(void *context, paddr_t frame, size_t bytes); /* zeroes frames, direct or not, mapped nowhere yet */
    void (*invalidate)(void *context, vaddr_t address);
    void (*activate)(void *context, paddr_t root); /* puts these page tables in force */
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

/* The same, sharing the addresses from `from` on with the kernel's: what the kernel maps and unmaps there later shows
 * in both. PT_OK or PT_NO_MEMORY. */
enum pt_status paging_share(struct paging *paging, struct paging *kernel, vaddr_t from);

/* Gives the root back: nothing is mapped or prepared in the space's own addresses, and it is not in force. */
void paging_destroy(struct paging *paging);

#endif
