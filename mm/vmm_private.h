/* Inside the VMM: how ranges of addresses, the memory behind them and faults meet. See vmm.c for the whole. */
#ifndef MM_VMM_PRIVATE_H
#define MM_VMM_PRIVATE_H

#include <mm/vmm.h>

/* ---- vmm_range.c: addresses ---- */

/* Takes a descriptor and a range for it, nothing mapped. As vmm_region_create, without injection. */
enum vmm_status vmm_range_claim(struct vmm_space *space, const struct vmm_region_request *request,
                                struct vmm_region **region);

/* The region's addresses in whole last-level tables, its upper guard included. */
size_t vmm_range_span(const struct vmm_region *r);

/* Rounds up to a multiple of `unit`; 0 if that does not fit. */
size_t vmm_round_up(size_t bytes, size_t unit);

/* ---- vmm_backing.c: memory ---- */

/* Sets memory aside, tables included, for [covered, wanted), and brings it where the backing is immediate. VMM_OK, or
 * VMM_NO_MEMORY with nothing changed. */
enum vmm_status vmm_cover(struct vmm_region *r, size_t wanted);

/* Brings memory behind a covered page that has no frame of its own: a page, or a large leaf around it. PMM_OK, or
 * PMM_NO_MEMORY (injected only) with nothing changed. */
enum pmm_status vmm_bring(struct vmm_region *r, vaddr_t page);

/* Shows the zero page there, read-only. Nothing is mapped there yet. */
void vmm_bring_zero(struct vmm_region *r, vaddr_t page);

/* Unmaps everything of the region's and gives frames, tables and reservations back. */
void vmm_uncover_all(struct vmm_region *r);

/* Keeps the counts of frames after the region's page tables changed from `tables_before` to what they are. */
void vmm_count_tables(struct vmm_region *r, size_t tables_before);

#endif
