/* Regions of the kernel's address space, and how memory gets behind them.
 *
 * A region owns the last-level page tables of its whole span, because it begins at a multiple of what one table maps and its
 * upper guard page is rounded up to the next. So its tables come with commit and go back whole when it is destroyed.
 *
 * Invariants:
 *   R1  spans (reserve and upper guard, rounded up to VMM_REGION_ALIGN) of two regions never overlap
 *   R2  the page below a region and the page at base + reserve are never mapped
 *   R3  a demand region has committed pages less resident pages reserved in the frame allocator
 */
#include <mm/vmm.h>

#include <lib/assert.h>

void vmm_init(struct vmm_space *space, struct paging *paging, vaddr_t first, vaddr_t last,
              void (*zero)(void *context, vaddr_t page), void *context)
{
    *space = (struct vmm_space){.paging = paging, .first = first, .last = last, .zero = zero, .context = context};
}

/* ---- addresses ---- */

static size_t round_up_to_pages(size_t bytes)
{
    return bytes / FRAME_SIZE * FRAME_SIZE + (bytes % FRAME_SIZE ? FRAME_SIZE : 0);
}

/* Reserve and upper guard, rounded up to whole tables; 0 if that does not fit. */
static size_t span_of(size_t reserve)
{
    size_t span = reserve + FRAME_SIZE + (VMM_REGION_ALIGN - 1);
    return span < reserve ? 0 : span / VMM_REGION_ALIGN * VMM_REGION_ALIGN;
}

/* The region with the lowest base that reaches into [base, base + span), or NULL. */
static const struct vmm_region *region_in(const struct vmm_space *space, vaddr_t base, size_t span)
{
    const struct vmm_region *lowest = NULL;
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name && r->base < base + span && base < r->base + span_of(r->reserve) && (!lowest || r->base < lowest->base))
            lowest = r;
    }
    return lowest;
}

/* The lowest range of `span` bytes that no region uses; its first table's span stays free as the lower guard. 0: none. */
static vaddr_t find_range(const struct vmm_space *space, size_t span)
{
    vaddr_t base = space->first + VMM_REGION_ALIGN - 1;
    base = (base - base % VMM_REGION_ALIGN) + VMM_REGION_ALIGN;
    while (base <= space->last && span - 1 <= space->last - base) {
        const struct vmm_region *in_the_way = region_in(space, base, span);
        if (!in_the_way)
            return base;
        base = in_the_way->base + span_of(in_the_way->reserve);
    }
    return 0;
}

static enum vmm_status claim(struct vmm_space *space, const struct vmm_region_request *request, struct vmm_region **region)
{
    size_t reserve = round_up_to_pages(request->reserve), span = span_of(reserve);
    struct vmm_region *r = NULL;
    if (request->reserve == 0 || reserve < request->reserve || span == 0)
        return request->reserve ? VMM_NO_ADDRESSES : VMM_BAD_ARGUMENT;
    for (size_t i = 0; i < VMM_REGIONS_MAX && !r; i++)
        r = space->regions[i].name ? NULL : &space->regions[i];
    vaddr_t base = find_range(space, span);
    if (!r || base == 0)
        return VMM_NO_ADDRESSES;
    *r = (struct vmm_region){
        .name = request->name,
        .space = space,
        .base = base,
        .reserve = reserve,
        .backing = request->backing,
        .rights = request->writable ? PT_WRITE : 0,
    };
    *region = r;
    return VMM_OK;
}

enum vmm_status vmm_region_create(struct vmm_space *space, const struct vmm_region_request *request,
                                  struct vmm_region **region)
{
    ASSERT(request->backing != VMM_PHYSICAL);
    return claim(space, request, region);
}

enum vmm_status vmm_map_physical(struct vmm_space *space, const char *name, paddr_t physical, size_t bytes, unsigned flags,
                                 void **address, struct vmm_region **region)
{
    size_t offset = (size_t)(physical & (FRAME_SIZE - 1));
    if (bytes == 0 || bytes > SIZE_MAX - offset)
        return VMM_BAD_ARGUMENT;
    struct vmm_region_request request = {
        .name = name, .reserve = bytes + offset, .backing = VMM_PHYSICAL, .writable = flags & PT_WRITE};
    enum vmm_status status = claim(space, &request, region);
    if (status != VMM_OK)
        return status;
    struct vmm_region *r = *region;
    struct pt *pt = &space->paging->pt;
    size_t tables_before = pt->tables;
    if (pt_map(pt, r->base, physical - offset, r->reserve, flags) != PT_OK) {
        r->name = NULL;
        return VMM_NO_MEMORY;
    }
    r->rights = flags;
    r->committed = r->reserve;
    r->tables = r->frames = r->frames_peak = pt->tables - tables_before;
    *address = (void *)(r->base + offset);
    return VMM_OK;
}

/* ---- commit ---- */

static void count_frames(struct vmm_region *r, size_t added)
{
    r->frames += added;
    if (r->frames > r->frames_peak)
        r->frames_peak = r->frames;
}

/* Brings one of the reserved frames to a page whose tables are there. */
static void bring_frame(struct vmm_region *r, vaddr_t page)
{
    struct paging *paging = r->space->paging;
    paddr_t frame = pmm_alloc_reserved(paging->pmm);
    enum pt_status status = pt_map(&paging->pt, page, frame, FRAME_SIZE, r->rights);
    ASSERT(status == PT_OK);             /* prepared at commit */
    r->space->zero(r->space->context, page);
    count_frames(r, 1);
}

enum vmm_status vmm_region_grow(struct vmm_region *r, size_t bytes)
{
    struct paging *paging = r->space->paging;
    size_t wanted = round_up_to_pages(bytes);
    if (bytes > r->reserve || r->backing == VMM_PHYSICAL)
        return VMM_BAD_ARGUMENT;
    if (wanted <= r->committed)
        return VMM_OK;
    size_t added = wanted - r->committed, tables_before = paging->pt.tables;
    vaddr_t from = r->base + r->committed;
    if (!pmm_reserve(paging->pmm, added / FRAME_SIZE))
        return VMM_NO_MEMORY;
    if (pt_prepare(&paging->pt, from, added) != PT_OK) {
        pmm_unreserve(paging->pmm, added / FRAME_SIZE);
        return VMM_NO_MEMORY;
    }
    r->tables += paging->pt.tables - tables_before;
    count_frames(r, paging->pt.tables - tables_before);
    r->committed = wanted;
    for (size_t done = 0; r->backing == VMM_IMMEDIATE && done < added; done += FRAME_SIZE)
        bring_frame(r, from + done);
    return VMM_OK;
}

/* ---- destroy ---- */

static void give_leaf(void *context, const struct pt_leaf *leaf)
{
    struct vmm_region *r = context;
    if (r->backing == VMM_PHYSICAL)
        return;
    enum pmm_status status = pmm_free(r->space->paging->pmm, leaf->frame);
    ASSERT(status == PMM_OK);
    r->frames--;
}

void vmm_region_destroy(struct vmm_region *r)
{
    struct paging *paging = r->space->paging;
    size_t resident = r->frames - r->tables;
    if (r->backing == VMM_DEMAND)        /* R3 */
        pmm_unreserve(paging->pmm, r->committed / FRAME_SIZE - resident);
    enum pt_status status = pt_release(&paging->pt, r->base, span_of(r->reserve), give_leaf, r);
    ASSERT(status == PT_OK);             /* only small leaves: nothing to split */
    *r = (struct vmm_region){.name = NULL};
}

/* ---- faults ---- */

struct vmm_region *vmm_region_at(struct vmm_space *space, vaddr_t address)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        struct vmm_region *r = &space->regions[i];
        if (r->name && address >= r->base - FRAME_SIZE && address - (r->base - FRAME_SIZE) < r->reserve + 2 * FRAME_SIZE)
            return r;
    }
    return NULL;
}

static enum fault_place place_of(const struct vmm_region *r, vaddr_t address)
{
    if (!r)
        return FAULT_PLACE_NOWHERE;
    if (address < r->base || address - r->base >= r->reserve)
        return FAULT_PLACE_GUARD;
    if (address - r->base >= r->committed)
        return FAULT_PLACE_BEYOND;
    return r->backing == VMM_DEMAND ? FAULT_PLACE_DEMAND : FAULT_PLACE_RESIDENT;
}

enum fault_verdict vmm_handle_fault(struct vmm_space *space, vaddr_t address, const struct fault_access *access)
{
    struct vmm_region *r = vmm_region_at(space, address);
    enum fault_verdict verdict = fault_decide(access, place_of(r, address));
    if (verdict == FAULT_MAP_FRAME) {
        bring_frame(r, address - address % FRAME_SIZE);
        r->faults++;
    }
    return verdict;
}

const char *vmm_status_text(enum vmm_status status)
{
    switch (status) {
    case VMM_OK:
        return "ok";
    case VMM_NO_MEMORY:
        return "too few page frames";
    case VMM_NO_ADDRESSES:
        return "no range of addresses left";
    default:
        return "bad length";
    }
}
