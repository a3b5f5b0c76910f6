/* Regions of an address space, and how memory gets behind them.
 *
 *      |<---------------- span: whole last-level tables ------------------>|
 *      | committed ....... | not yet committed ....... | guard |  (unused) | next region
 *      ^ base
 *
 * A region begins at a multiple of what one last-level table maps, and its upper guard page is rounded up to the next
 * such multiple. So it owns the tables of its span: they come with commit, and go back whole when it is destroyed.
 * The page below a region is unmapped because the span below it ends in a guard page or in unused pages.
 *
 * Growth takes everything it may need before it commits: a reservation for the frames, then the tables. What follows
 * (frames at once, or one at each first touch) cannot fail, but for failures that are injected.
 *
 * Invariants:
 *   V1  spans of two regions never overlap
 *   V2  nothing behind base + covered is mapped, and nothing in the page below base
 *   V3  of a region's covered pages, those without a frame of their own are reserved in the frame allocator
 *   V4  every covered page has its table, or is in a large leaf
 *   V5  a zero page is mapped read-only
 */
#include "vmm_private.h"

#include <lib/assert.h>

/* ---- spaces ---- */

enum vmm_status vmm_init(struct vmm_space *space, struct paging *paging, vaddr_t first, vaddr_t last)
{
    paddr_t zero_page;
    if (pmm_alloc(paging->pmm, PMM_DIRECT, &zero_page) != PMM_OK)
        return VMM_NO_MEMORY;
    paging->machine.clear(paging->machine.context, zero_page, FRAME_SIZE);
    *space = (struct vmm_space){.paging = paging, .first = first, .last = last, .zero_page = zero_page};
    return VMM_OK;
}

enum vmm_status vmm_space_create(struct vmm_space *space, struct paging *paging, struct vmm_space *kernel,
                                 const struct vmm_window *window)
{
    ASSERT(window->first < window->last && window->last < window->kernel_from);
    if (inject_hits(kernel->inject) || paging_share(paging, kernel->paging, window->kernel_from) != PT_OK)
        return VMM_NO_MEMORY;
    *space = (struct vmm_space){.paging = paging,
                                .first = window->first,
                                .last = window->last,
                                .zero_page = kernel->zero_page,
                                .inject = kernel->inject};
    return VMM_OK;
}

void vmm_switch(struct vmm_space *kernel, struct vmm_space *to)
{
    const struct paging *paging = to ? to->paging : kernel->paging;
    kernel->in_force = to;
    paging->machine.activate(paging->machine.context, paging->pt.root);
}

static void destroy_regions(struct vmm_space *space, bool (*is_meant)(const struct vmm_region *r))
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        if (space->regions[i].name && is_meant(&space->regions[i]))
            vmm_region_destroy(&space->regions[i]);
    }
}

static bool shares(const struct vmm_region *r)
{
    return r->backing == VMM_SHARED;
}

static bool is_any(const struct vmm_region *r)
{
    return r->name != NULL;
}

void vmm_space_destroy(struct vmm_space *space)
{
    destroy_regions(space, shares); /* first, as their frames may be those of others here */
    destroy_regions(space, is_any);
    paging_destroy(space->paging);
}

/* ---- regions with memory of their own ---- */

enum vmm_status vmm_region_create(struct vmm_space *space, const struct vmm_region_request *request,
                                  struct vmm_region **region)
{
    ASSERT(request->backing <= VMM_ZERO);
    return inject_hits(space->inject) ? VMM_NO_MEMORY : vmm_range_claim(space, request, region);
}

enum vmm_status vmm_region_grow(struct vmm_region *r, size_t bytes)
{
    if (bytes > r->reserve || r->backing > VMM_ZERO)
        return VMM_BAD_ARGUMENT;
    size_t wanted = vmm_round_up(bytes, FRAME_SIZE);
    if (wanted <= r->committed)
        return VMM_OK;
    if (inject_hits(r->space->inject))
        return VMM_NO_MEMORY;
    enum vmm_status status = wanted > r->covered ? vmm_cover(r, wanted) : VMM_OK;
    if (status == VMM_OK)
        r->committed = wanted;
    return status;
}

/* A zero page keeps its own rights: no write (V5). Nothing is split, so nothing is needed that could be missing. */
void vmm_region_protect(struct vmm_region *r, unsigned rights)
{
    struct pt *pt = &r->space->paging->pt;
    ASSERT(r->backing <= VMM_ZERO && !r->is_large);
    r->rights = rights;
    for (size_t at = 0; at < r->committed; at += FRAME_SIZE) {
        struct pt_leaf leaf;
        if (!pt_query(pt, r->base + at, &leaf))
            continue;
        bool is_zero_page = leaf.frame == r->space->zero_page;
        enum pt_status status =
            pt_protect(pt, r->base + at, FRAME_SIZE, is_zero_page ? rights & ~(unsigned)PT_WRITE : rights);
        ASSERT(status == PT_OK);
    }
}

static void forget(struct vmm_region *r)
{
    *r = (struct vmm_region){.name = NULL};
}

void vmm_region_destroy(struct vmm_region *r)
{
    ASSERT(r->sharers == 0);
    if (r->shared)
        r->shared->sharers--;
    vmm_uncover_all(r);
    forget(r);
}

/* ---- regions that show frames of others ---- */

/* A region without memory, all of it committed; what is behind it is mapped by the caller next. */
static enum vmm_status claim_given(struct vmm_space *space, const struct vmm_region_request *request, unsigned rights,
                                   struct vmm_region **region)
{
    enum vmm_status status = inject_hits(space->inject) ? VMM_NO_MEMORY : vmm_range_claim(space, request, region);
    if (status != VMM_OK)
        return status;
    (*region)->rights = rights;
    (*region)->committed = (*region)->covered = (*region)->reserve;
    return VMM_OK;
}

static enum vmm_status status_of(enum pt_status status)
{
    return status == PT_OK ? VMM_OK : status == PT_NO_MEMORY ? VMM_NO_MEMORY : VMM_BAD_ARGUMENT;
}

static enum vmm_status map_given(struct vmm_region *r, paddr_t first)
{
    struct pt *pt = &r->space->paging->pt;
    size_t tables_before = pt->tables;
    enum pt_status status = pt_map(pt, r->base, first, r->reserve, r->rights);
    if (status == PT_OK)
        vmm_count_tables(r, tables_before);
    return status_of(status);
}

enum vmm_status vmm_map_physical(struct vmm_space *space, const char *name, paddr_t physical, size_t bytes,
                                 unsigned flags, void **address, struct vmm_region **region)
{
    size_t offset = (size_t)(physical % FRAME_SIZE);
    if (bytes == 0 || bytes > SIZE_MAX - offset)
        return VMM_BAD_ARGUMENT;
    struct vmm_region_request request = {.name = name, .reserve = bytes + offset, .backing = VMM_PHYSICAL};
    struct vmm_region *r;
    enum vmm_status status = claim_given(space, &request, flags, &r);
    if (status != VMM_OK)
        return status;
    status = map_given(r, physical - offset);
    if (status != VMM_OK) {
        forget(r);
        return status;
    }
    *address = (void *)(r->base + offset);
    *region = r;
    return VMM_OK;
}

/* Every page of the source is mapped: it is immediate. */
static enum vmm_status map_shared(struct vmm_region *r, const struct vmm_region *source)
{
    struct pt *pt = &r->space->paging->pt;
    size_t tables_before = pt->tables;
    enum pt_status status = pt_prepare(pt, r->base, r->reserve);
    for (size_t at = 0; status == PT_OK && at < r->reserve; at += FRAME_SIZE) {
        struct pt_leaf leaf;
        bool is_there = pt_query(&source->space->paging->pt, source->base + at, &leaf);
        ASSERT(is_there);
        status = pt_map(pt, r->base + at, leaf.frame + (source->base + at - leaf.address), FRAME_SIZE, r->rights);
        ASSERT(status == PT_OK);
    }
    if (status == PT_OK)
        vmm_count_tables(r, tables_before);
    return status_of(status);
}

enum vmm_status vmm_region_share(struct vmm_space *space, const char *name, struct vmm_region *source, bool writable,
                                 struct vmm_region **region)
{
    struct vmm_region_request request = {.name = name, .reserve = source->committed, .backing = VMM_SHARED};
    struct vmm_region *r;
    if (source->backing != VMM_IMMEDIATE)
        return VMM_BAD_ARGUMENT;
    enum vmm_status status = claim_given(space, &request, writable ? PT_WRITE : 0, &r);
    if (status != VMM_OK)
        return status;
    status = map_shared(r, source);
    if (status != VMM_OK) {
        forget(r);
        return status;
    }
    r->shared = source;
    source->sharers++;
    *region = r;
    return VMM_OK;
}

/* ---- texts ---- */

const char *vmm_backing_text(enum vmm_backing backing)
{
    static const char *const text[VMM_BACKING_COUNT] = {[VMM_IMMEDIATE] = "immediate",
                                                        [VMM_DEMAND] = "demand",
                                                        [VMM_ZERO] = "zero",
                                                        [VMM_PHYSICAL] = "physical",
                                                        [VMM_SHARED] = "shared"};
    return backing < VMM_BACKING_COUNT ? text[backing] : "unknown backing";
}

const char *vmm_status_text(enum vmm_status status)
{
    static const char *const text[VMM_STATUS_COUNT] = {
        [VMM_OK] = "ok",
        [VMM_NO_MEMORY] = "too few page frames",
        [VMM_NO_ADDRESSES] = "no range of addresses left",
        [VMM_BAD_ARGUMENT] = "bad length, or memory that cannot be mapped there",
        [VMM_NO_DESCRIPTOR] = "too many regions: raise VMM_REGIONS_MAX (32)",
    };
    return status < VMM_STATUS_COUNT ? text[status] : "unknown status";
}
