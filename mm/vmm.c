/* Regions of the kernel's address space, and how memory gets behind them.
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
 * (frames at once, or one at each first touch) cannot fail.
 *
 * Invariants:
 *   V1  spans of two regions never overlap
 *   V2  nothing behind base + committed is mapped, and nothing in the page below base
 *   V3  of a demand region's committed pages, those that are not mapped are reserved in the frame allocator
 *   V4  every committed page has its table
 */
#include <mm/vmm.h>

#include <lib/assert.h>

void vmm_init(struct vmm_space *space, struct paging *paging, vaddr_t first, vaddr_t last,
              void (*zero)(void *context, vaddr_t page), void *context)
{
    *space = (struct vmm_space){.paging = paging, .first = first, .last = last, .zero = zero, .context = context};
}

/* ---- addresses ---- */

/* 0 if that does not fit. */
static size_t round_up(size_t bytes, size_t unit)
{
    size_t rest = bytes % unit;
    return rest == 0 ? bytes : bytes > SIZE_MAX - (unit - rest) ? 0 : bytes + (unit - rest);
}

/* Reserve and upper guard in whole tables; 0 if that does not fit. */
static size_t span_of(size_t reserve)
{
    return reserve > SIZE_MAX - FRAME_SIZE ? 0 : round_up(reserve + FRAME_SIZE, VMM_REGION_ALIGN);
}

/* A region that begins in [base, base + span), or NULL. None reaches in from below: base is where the window begins,
 * or where some region's span ends. */
static const struct vmm_region *region_in(const struct vmm_space *space, vaddr_t base, size_t span)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name && r->base - base < span)
            return r;
    }
    return NULL;
}

/* The lowest range of `span` bytes that no region uses; the first table's span is left out as a lower guard. 0: none.
 * */
static vaddr_t find_range(const struct vmm_space *space, size_t span)
{
    vaddr_t base = round_up(space->first, VMM_REGION_ALIGN) + VMM_REGION_ALIGN;
    while (base > space->first && base <= space->last && span - 1 <= space->last - base) {
        const struct vmm_region *in_the_way = region_in(space, base, span);
        if (!in_the_way)
            return base; /* V1 */
        base = in_the_way->base + span_of(in_the_way->reserve);
    }
    return 0;
}

static struct vmm_region *find_descriptor(struct vmm_space *space)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        if (!space->regions[i].name)
            return &space->regions[i];
    }
    return NULL;
}

static enum vmm_status claim(struct vmm_space *space, const struct vmm_region_request *request,
                             struct vmm_region **region)
{
    ASSERT(request->name);
    size_t reserve = round_up(request->reserve, FRAME_SIZE), span = span_of(reserve);
    struct vmm_region *r = find_descriptor(space);
    if (request->reserve == 0)
        return VMM_BAD_ARGUMENT;
    if (reserve == 0 || span == 0)
        return VMM_NO_ADDRESSES;
    if (!r)
        return VMM_NO_DESCRIPTOR;
    vaddr_t base = find_range(space, span);
    if (base == 0)
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

static void forget(struct vmm_region *r)
{
    *r = (struct vmm_region){.name = NULL};
}

enum vmm_status vmm_region_create(struct vmm_space *space, const struct vmm_region_request *request,
                                  struct vmm_region **region)
{
    ASSERT(request->backing != VMM_PHYSICAL);
    return claim(space, request, region);
}

/* ---- commit ---- */

static void count_frames(struct vmm_region *r, size_t data, size_t tables)
{
    r->tables += tables;
    r->frames += data + tables;
    if (r->frames > r->frames_peak)
        r->frames_peak = r->frames;
}

/* Brings one of the reserved frames to a page whose table is there. It is writable until it is cleared: the processor
 * holds the kernel, too, to what the entry says. */
static void bring_frame(struct vmm_region *r, vaddr_t page)
{
    struct paging *paging = r->space->paging;
    paddr_t frame = pmm_alloc_reserved(paging->pmm); /* V3 */
    enum pt_status status = pt_map(&paging->pt, page, frame, FRAME_SIZE, r->rights | PT_WRITE);
    ASSERT(status == PT_OK); /* V4 */
    r->space->zero(r->space->context, page);
    if (!(r->rights & PT_WRITE))
        status = pt_protect(&paging->pt, page, FRAME_SIZE, r->rights);
    ASSERT(status == PT_OK);
    count_frames(r, 1, 0);
}

enum vmm_status vmm_region_grow(struct vmm_region *r, size_t bytes)
{
    struct paging *paging = r->space->paging;
    if (bytes > r->reserve || r->backing == VMM_PHYSICAL)
        return VMM_BAD_ARGUMENT;
    size_t wanted = round_up(bytes, FRAME_SIZE), tables_before = paging->pt.tables;
    if (wanted <= r->committed)
        return VMM_OK;
    size_t added = wanted - r->committed;
    vaddr_t from = r->base + r->committed;
    if (!pmm_reserve(paging->pmm, added / FRAME_SIZE))
        return VMM_NO_MEMORY;
    if (pt_prepare(&paging->pt, from, added) != PT_OK) {
        pmm_unreserve(paging->pmm, added / FRAME_SIZE);
        return VMM_NO_MEMORY;
    }
    count_frames(r, 0, paging->pt.tables - tables_before);
    r->committed = wanted;
    for (size_t done = 0; r->backing == VMM_IMMEDIATE && done < added; done += FRAME_SIZE)
        bring_frame(r, from + done);
    return VMM_OK;
}

static enum vmm_status map_given(struct vmm_region *r, paddr_t first)
{
    struct pt *pt = &r->space->paging->pt;
    size_t tables_before = pt->tables;
    enum pt_status status = pt_map(pt, r->base, first, r->reserve, r->rights);
    if (status != PT_OK)
        return status == PT_NO_MEMORY ? VMM_NO_MEMORY : VMM_BAD_ARGUMENT;
    r->committed = r->reserve;
    count_frames(r, 0, pt->tables - tables_before);
    return VMM_OK;
}

enum vmm_status vmm_map_physical(struct vmm_space *space, const char *name, paddr_t physical, size_t bytes,
                                 unsigned flags, void **address, struct vmm_region **region)
{
    size_t offset = (size_t)(physical % FRAME_SIZE);
    if (bytes == 0 || bytes > SIZE_MAX - offset)
        return VMM_BAD_ARGUMENT;
    struct vmm_region_request request = {.name = name, .reserve = bytes + offset, .backing = VMM_PHYSICAL};
    struct vmm_region *r;
    enum vmm_status status = claim(space, &request, &r);
    if (status != VMM_OK)
        return status;
    r->rights = flags;
    status = map_given(r, physical - offset);
    if (status != VMM_OK) {
        forget(r);
        return status;
    }
    *address = (void *)(r->base + offset);
    *region = r;
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
    if (r->backing == VMM_DEMAND)
        pmm_unreserve(paging->pmm, r->committed / FRAME_SIZE - resident); /* V3 */
    enum pt_status status = pt_release(&paging->pt, r->base, span_of(r->reserve), give_leaf, r);
    ASSERT(status == PT_OK);
    forget(r);
}

/* ---- faults ---- */

struct vmm_region *vmm_region_at(struct vmm_space *space, vaddr_t address)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        struct vmm_region *r = &space->regions[i];
        if (r->name && address - (r->base - FRAME_SIZE) < r->reserve + 2 * FRAME_SIZE)
            return r;
    }
    return NULL;
}

static enum fault_place place_of(const struct vmm_region *r, vaddr_t address)
{
    if (!r)
        return FAULT_PLACE_NOWHERE;
    if (address - r->base >= r->reserve)
        return FAULT_PLACE_GUARD;
    if (address - r->base >= r->committed)
        return FAULT_PLACE_BEYOND; /* V2 */
    return r->backing == VMM_DEMAND ? FAULT_PLACE_DEMAND : FAULT_PLACE_RESIDENT;
}

static struct fault_facts facts_at(const struct vmm_space *space, const struct vmm_region *r, vaddr_t address)
{
    struct pt_leaf leaf;
    bool is_mapped = pt_query(&space->paging->pt, address, &leaf);
    unsigned rights = is_mapped ? leaf.flags : r ? r->rights : 0;
    return (struct fault_facts){
        .place = place_of(r, address),
        .is_mapped = is_mapped,
        .rights = {.write = rights & PT_WRITE, .exec = rights & PT_EXEC, .user = rights & PT_USER},
    };
}

enum fault_verdict vmm_handle_fault(struct vmm_space *space, vaddr_t address, const struct fault_access *access)
{
    const struct paging_machine *machine = &space->paging->machine;
    struct vmm_region *r = vmm_region_at(space, address);
    struct fault_facts facts = facts_at(space, r, address);
    enum fault_verdict verdict = fault_decide(access, &facts);
    if (verdict == FAULT_MAP_FRAME) {
        bring_frame(r, address - address % FRAME_SIZE);
        r->faults++;
    } else if (verdict == FAULT_SPURIOUS) {
        machine->invalidate(machine->context, address);
    }
    return verdict;
}

const char *vmm_status_text(enum vmm_status status)
{
    static const char *const text[VMM_STATUS_COUNT] = {
        [VMM_OK] = "ok",
        [VMM_NO_MEMORY] = "too few page frames",
        [VMM_NO_ADDRESSES] = "no range of addresses left",
        [VMM_BAD_ARGUMENT] = "bad length, or physical memory out of reach",
        [VMM_NO_DESCRIPTOR] = "too many regions: raise VMM_REGIONS_MAX (32)",
    };
    return status < VMM_STATUS_COUNT ? text[status] : "unknown status";
}
