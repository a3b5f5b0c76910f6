/* The memory behind regions: what is set aside at commit, and what is brought when.
 *
 *      set aside      reservation in the frame allocator, and the last-level tables
 *      brought        a page's frame from the reservation, or the zero page, which needs none
 *                     a large leaf: a run of frames, in place of a last-level table that is still empty
 *
 * A large leaf may reach behind what is committed: `covered` says how far memory is settled, and growth up to there has
 * nothing more to do.
 */
#include "vmm_private.h"

#include <lib/assert.h>

static struct pt *tables_of(const struct vmm_region *r)
{
    return &r->space->paging->pt;
}

static void clear(const struct vmm_region *r, paddr_t frame, size_t bytes)
{
    const struct paging_machine *machine = &r->space->paging->machine;
    machine->clear(machine->context, frame, bytes);
}

/* ---- counts ---- */

static void count_peak(struct vmm_region *r)
{
    if (r->frames > r->frames_peak)
        r->frames_peak = r->frames;
}

void vmm_count_tables(struct vmm_region *r, size_t tables_before)
{
    size_t tables_now = tables_of(r)->tables;
    r->tables = r->tables + tables_now - tables_before;
    r->frames = r->frames + tables_now - tables_before;
    count_peak(r);
}

static void count_data(struct vmm_region *r, size_t frames)
{
    r->frames += frames;
    count_peak(r);
}

/* Frames set aside for pages that have none of their own yet (V3). */
static size_t pending(const struct vmm_region *r)
{
    size_t resident = r->frames - r->tables;
    return r->backing == VMM_PHYSICAL || r->backing == VMM_SHARED ? 0 : r->covered / FRAME_SIZE - resident;
}

/* ---- bringing ---- */

void vmm_bring_zero(struct vmm_region *r, vaddr_t page)
{
    enum pt_status status =
        pt_map(tables_of(r), page, r->space->zero_page, FRAME_SIZE, r->rights & ~(unsigned)PT_WRITE);
    ASSERT(status == PT_OK); /* V4 */
}

static enum pmm_status bring_page(struct vmm_region *r, vaddr_t page)
{
    paddr_t frame;
    enum pmm_status status = pmm_alloc_reserved(r->space->paging->pmm, &frame); /* V3 */
    if (status != PMM_OK)
        return status;
    clear(r, frame, FRAME_SIZE);
    enum pt_status unmapped = pt_unmap(tables_of(r), page, FRAME_SIZE, NULL, NULL); /* the zero page, or nothing */
    enum pt_status mapped = pt_map(tables_of(r), page, frame, FRAME_SIZE, r->rights);
    ASSERT(unmapped == PT_OK && mapped == PT_OK); /* V4 */
    count_data(r, 1);
    return PMM_OK;
}

/* Where a large leaf around a page would begin, as an offset in the region; SIZE_MAX: it may not have one. */
static size_t large_place(const struct vmm_region *r, vaddr_t page)
{
    size_t offset = page - r->base, begin = offset - offset % VMM_REGION_ALIGN;
    bool is_inside = r->reserve >= VMM_REGION_ALIGN && begin <= r->reserve - VMM_REGION_ALIGN;
    return r->is_large && is_inside && pt_can_promote(tables_of(r), page) ? begin : SIZE_MAX;
}

/* Tries a large leaf that begins at this offset. Its pages that are covered already draw on their reservation. */
static bool bring_large(struct vmm_region *r, size_t begin)
{
    size_t end = begin + VMM_REGION_ALIGN, frames = VMM_REGION_ALIGN / FRAME_SIZE, tables_before = tables_of(r)->tables;
    size_t covered_here = (r->covered < end ? r->covered : end) - begin;
    struct pmm_run_request request = {
        .frames = frames, .align = frames, .zone = PMM_ANY, .from_reserved = covered_here / FRAME_SIZE};
    paddr_t run;
    if (pmm_alloc_run(r->space->paging->pmm, &request, &run) != PMM_OK)
        return false;
    clear(r, run, VMM_REGION_ALIGN);
    pt_promote(tables_of(r), r->base + begin, run, r->rights);
    vmm_count_tables(r, tables_before);
    count_data(r, frames);
    r->large_leaves++;
    if (r->covered < end)
        r->covered = end;
    return true;
}

enum pmm_status vmm_bring(struct vmm_region *r, vaddr_t page)
{
    size_t begin = large_place(r, page);
    return begin != SIZE_MAX && bring_large(r, begin) ? PMM_OK : bring_page(r, page);
}

/* ---- giving back ---- */

static void give_leaf(void *context, const struct pt_leaf *leaf)
{
    struct vmm_region *r = context;
    size_t frames = leaf->bytes / FRAME_SIZE;
    if (r->backing == VMM_PHYSICAL || r->backing == VMM_SHARED || leaf->frame == r->space->zero_page)
        return;
    pmm_give_back(r->space->paging->pmm, leaf->frame, frames);
    r->frames -= frames;
    r->large_leaves -= frames > 1;
}

void vmm_uncover_all(struct vmm_region *r)
{
    size_t tables_before = tables_of(r)->tables;
    pmm_unreserve(r->space->paging->pmm, pending(r));
    enum pt_status status = pt_release(tables_of(r), r->base, vmm_range_span(r), give_leaf, r);
    ASSERT(status == PT_OK);
    vmm_count_tables(r, tables_before);
}

/* Undoes a cover from `from` on of an immediate region that could not bring everything. Tables of stretches that begin behind `from` are new
 * and go too. */
static void uncover(struct vmm_region *r, size_t from)
{
    size_t tables_before = tables_of(r)->tables, first_new = vmm_round_up(from, VMM_REGION_ALIGN);
    size_t end = vmm_round_up(r->covered, VMM_REGION_ALIGN);
    pmm_unreserve(r->space->paging->pmm, pending(r));
    enum pt_status status = pt_unmap(tables_of(r), r->base + from, r->covered - from, give_leaf, r);
    ASSERT(status == PT_OK);
    if (first_new < end)
        status = pt_release(tables_of(r), r->base + first_new, end - first_new, NULL, NULL);
    ASSERT(status == PT_OK);
    vmm_count_tables(r, tables_before);
    r->covered = from;
}

/* ---- covering ---- */

static enum vmm_status bring_all(struct vmm_region *r, size_t from, size_t wanted)
{
    for (size_t at = from; at < wanted; at += FRAME_SIZE) {
        struct pt_leaf leaf;
        if (pt_query(tables_of(r), r->base + at, &leaf))
            continue; /* in a large leaf that an earlier page brought */
        if (vmm_bring(r, r->base + at) != PMM_OK) {
            uncover(r, from);
            return VMM_NO_MEMORY;
        }
    }
    return VMM_OK;
}

enum vmm_status vmm_cover(struct vmm_region *r, size_t wanted)
{
    struct pmm *pmm = r->space->paging->pmm;
    size_t from = r->covered, added = wanted - from, tables_before = tables_of(r)->tables;
    if (!pmm_reserve(pmm, added / FRAME_SIZE))
        return VMM_NO_MEMORY;
    if (pt_prepare(tables_of(r), r->base + from, added) != PT_OK) {
        pmm_unreserve(pmm, added / FRAME_SIZE);
        return VMM_NO_MEMORY;
    }
    vmm_count_tables(r, tables_before);
    r->covered = wanted;
    return r->backing == VMM_IMMEDIATE ? bring_all(r, from, wanted) : VMM_OK;
}
