/* The frame allocator: for each order k, a set of the aligned groups of 2^k frames that are free as a whole.
 *
 *      frames        0 1 2 3 4 5 6 7 8 9 a b c d e f
 *      in use        x         x             x
 *      order 0         1 2 3 4   6 7 8 9 a b   d e f       (numbers of the groups)
 *      order 1           1         3   4   5       7
 *      order 2                           2
 *      order 3
 *
 * Each is a pyramid of bitmaps, which finds its next member in a few steps (pmm_set.c). There are ten orders: the last
 * one's groups are chunks, a large page's worth. Frames are handed out lowest first, so what is in use stays together
 * and whole chunks stay whole. A reservation is a number: so many of the free frames are not for pmm_alloc and
 * pmm_alloc_run. Which ones is decided when they are drawn.
 *
 * Where a run begins:
 *   1. a run of n frames holds a free group of the largest order that must fit into it, whatever its alignment
 *   2. from the next such group go back to where its free stretch begins, and from there up to the next aligned frame
 *   3. if n frames are free from there, this is the lowest run; else go on behind the stretch's end
 *
 * Invariants:
 *   F1  a free frame is managed
 *   F2  `free` is the number of free frames, `total` of managed ones; reserved <= free
 *   F3  a group of order k + 1 is free exactly if both its halves are free groups of order k
 *
 * Cost: alloc and free O(orders) at most and a set or two as a rule; a run of a power of two up to a chunk, aligned to
 * its size, the same and a step for each word of its bits; other runs O(stretches below the place found that hold a
 * group of half their size). A frame costs 3 bits and a little, 400 KiB for each 4 GiB.
 * Source: the sets of free groups are those of a buddy system, Knowlton, A fast storage allocator (1965); a bitmap in
 * place of lists takes from the middle of a group without splitting it.
 */
#include <mm/pmm.h>

#include <lib/assert.h>

enum { WORD_BITS = 8 * sizeof(size_t) };

/* ---- numbers ---- */

/* Fits a size_t on both widths: frames lie below PMM_LIMIT. */
static size_t number_of(paddr_t frame)
{
    return (size_t)(frame / FRAME_SIZE);
}

static paddr_t frame_of(size_t number)
{
    return (paddr_t)number * FRAME_SIZE;
}

static bool is_managed(const struct pmm *pmm, size_t i)
{
    return pmm->managed[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

static size_t managed_words(size_t frames)
{
    return frames / WORD_BITS + 1;
}

/* Groups of this order that have a number: the last one may reach beyond the last frame. */
static size_t groups_for(size_t frames, unsigned order)
{
    return ((frames - 1) >> order) + 1;
}

/* ---- start ---- */

size_t pmm_storage_bytes(paddr_t end)
{
    ASSERT(end > 0 && end <= PMM_LIMIT);
    size_t frames = number_of(end), words = managed_words(frames);
    for (unsigned order = 0; order < PMM_ORDERS; order++)
        words += pmm_set_storage_words(groups_for(frames, order));
    return words * sizeof(size_t);
}

static void lay_out_storage(struct pmm *pmm, size_t *storage)
{
    pmm->managed = storage;
    for (size_t i = 0; i < managed_words(pmm->frames); i++)
        *storage++ = 0;
    for (unsigned order = 0; order < PMM_ORDERS; order++)
        storage = pmm_set_init(&pmm->free_groups[order], storage, groups_for(pmm->frames, order));
}

/* ---- frames change hands ---- */

/* Whether this group of an order above 0 is to be in its set. */
static bool has_free_halves(const struct pmm *pmm, unsigned order, size_t group)
{
    const struct pmm_set *halves = &pmm->free_groups[order - 1];
    return 2 * group + 1 < groups_for(pmm->frames, order - 1) && pmm_set_has(halves, 2 * group) &&
           pmm_set_has(halves, 2 * group + 1);
}

static void take(struct pmm *pmm, size_t i)
{
    ASSERT(is_managed(pmm, i)); /* F1 */
    for (unsigned order = 0; order < PMM_ORDERS && pmm_set_has(&pmm->free_groups[order], i >> order); order++)
        pmm_set_remove(&pmm->free_groups[order], i >> order);
    pmm->free--;
}

static void give(struct pmm *pmm, size_t i)
{
    pmm_set_add(&pmm->free_frames, i);
    for (unsigned order = 1; order < PMM_ORDERS && has_free_halves(pmm, order, i >> order); order++)
        pmm_set_add(&pmm->free_groups[order], i >> order);
    pmm->free++;
}

static void take_run(struct pmm *pmm, size_t from, size_t to)
{
    for (unsigned order = 0; order < PMM_ORDERS; order++)
        pmm_set_remove_range(&pmm->free_groups[order], from >> order, ((to - 1) >> order) + 1);
    pmm->free -= to - from;
}

/* Groups wholly inside are free; one that reaches out at an end is if its other frames are. */
static void give_run(struct pmm *pmm, size_t from, size_t to)
{
    pmm_set_add_range(&pmm->free_frames, from, to);
    for (unsigned order = 1; order < PMM_ORDERS; order++) {
        size_t first = from >> order, last = (to - 1) >> order;
        if (first + 1 < last)
            pmm_set_add_range(&pmm->free_groups[order], first + 1, last);
        if (has_free_halves(pmm, order, first))
            pmm_set_add(&pmm->free_groups[order], first);
        if (has_free_halves(pmm, order, last))
            pmm_set_add(&pmm->free_groups[order], last);
    }
    pmm->free += to - from;
}

void pmm_init(struct pmm *pmm, void *storage, const struct memmap_range *ranges, size_t count, paddr_t direct_limit)
{
    ASSERT(count > 0 && ranges[count - 1].end <= PMM_LIMIT);
    paddr_t end = ranges[count - 1].end, direct = direct_limit < end ? direct_limit : end;
    *pmm = (struct pmm){.frames = number_of(end), .direct_frames = number_of(direct)};
    lay_out_storage(pmm, storage);
    for (size_t r = 0; r < count; r++) {
        size_t from = number_of(ranges[r].base), to = number_of(ranges[r].end);
        pmm_bits_fill(pmm->managed, from, to);
        give_run(pmm, from, to);
    }
    pmm->total = pmm->free;
}

/* Every allocation that may be refused asks here first. */
static bool may_take(struct pmm *pmm, size_t frames)
{
    return frames <= pmm->free - pmm->reserved && !inject_hits(pmm->inject);
}

/* ---- one frame ---- */

static size_t find_any(const struct pmm *pmm)
{
    size_t i = pmm_set_next(&pmm->free_frames, pmm->direct_frames);
    return i != PMM_SET_NONE ? i : pmm_set_next(&pmm->free_frames, 0);
}

enum pmm_status pmm_alloc(struct pmm *pmm, enum pmm_zone zone, paddr_t *frame)
{
    if (!may_take(pmm, 1))
        return PMM_NO_MEMORY;
    size_t i = zone == PMM_DIRECT ? pmm_set_next(&pmm->free_frames, 0) : find_any(pmm);
    if (i == PMM_SET_NONE || (zone == PMM_DIRECT && i >= pmm->direct_frames))
        return PMM_NO_MEMORY;
    take(pmm, i);
    *frame = frame_of(i);
    return PMM_OK;
}

static enum pmm_status may_give(const struct pmm *pmm, paddr_t frame)
{
    if (frame % FRAME_SIZE != 0)
        return PMM_UNALIGNED;
    if (frame / FRAME_SIZE >= pmm->frames)
        return PMM_FOREIGN;
    if (!is_managed(pmm, number_of(frame)))
        return PMM_RESERVED;
    return pmm_set_has(&pmm->free_frames, number_of(frame)) ? PMM_DOUBLE_FREE : PMM_OK;
}

enum pmm_status pmm_free(struct pmm *pmm, paddr_t frame)
{
    enum pmm_status status = may_give(pmm, frame);
    if (status == PMM_OK)
        give(pmm, number_of(frame));
    return status;
}

/* ---- runs ---- */

static unsigned floor_log2(size_t n)
{
    return (unsigned)(WORD_BITS - 1) - (unsigned)__builtin_clzl(n);
}

/* The largest order of which every run that suits holds a free group: the group at its start if it is aligned so far,
 * and in any case one of half its size. */
static unsigned order_inside(const struct pmm_run_request *request)
{
    unsigned half = floor_log2(request->frames + 1) - 1, whole = floor_log2(request->frames);
    unsigned align = floor_log2(request->align), at_start = align < whole ? align : whole;
    unsigned order = half > at_start ? half : at_start;
    return order < PMM_ORDERS ? order : PMM_ORDERS - 1;
}

/* The first frame of [at, end) that is not free, else `end`: in steps of the largest free groups. */
static size_t free_until(const struct pmm *pmm, size_t at, size_t end)
{
    while (at < end && pmm_set_has(&pmm->free_frames, at)) {
        unsigned order = 0;
        while (order + 1 < PMM_ORDERS && at % ((size_t)2 << order) == 0 &&
               pmm_set_has(&pmm->free_groups[order + 1], at >> (order + 1)))
            order++;
        at += (size_t)1 << order;
    }
    return at < end ? at : end;
}

/* The lowest frame from `low` on such that all from it to `at` are free. */
static size_t free_since(const struct pmm *pmm, size_t low, size_t at)
{
    while (at > low && pmm_set_has(&pmm->free_frames, at - 1)) {
        unsigned order = 0;
        while (order + 1 < PMM_ORDERS && at % ((size_t)2 << order) == 0 &&
               pmm_set_has(&pmm->free_groups[order + 1], (at >> (order + 1)) - 1))
            order++;
        at -= (size_t)1 << order;
    }
    return at > low ? at : low;
}

/* The lowest run inside [low, high), or PMM_SET_NONE. */
static size_t find_run(const struct pmm *pmm, size_t low, size_t high, const struct pmm_run_request *request)
{
    unsigned order = order_inside(request);
    const struct pmm_set *groups = &pmm->free_groups[order];
    for (;;) {
        size_t group = pmm_set_next(groups, low == 0 ? 0 : ((low - 1) >> order) + 1);
        if (group == PMM_SET_NONE)
            return PMM_SET_NONE;
        size_t from = free_since(pmm, low, group << order);
        size_t start = (from + request->align - 1) & ~(request->align - 1);
        if (start >= high || high - start < request->frames)
            return PMM_SET_NONE;
        size_t end = free_until(pmm, group << order, start + request->frames);
        if (end == start + request->frames)
            return start;
        low = end + 1;
    }
}

enum pmm_status pmm_alloc_run(struct pmm *pmm, const struct pmm_run_request *request, paddr_t *base)
{
    size_t at = PMM_SET_NONE, align = request->align;
    ASSERT(request->frames > 0 && align > 0 && (align & (align - 1)) == 0);
    ASSERT(request->from_reserved <= request->frames && request->from_reserved <= pmm->reserved);
    if (!may_take(pmm, request->frames - request->from_reserved) || align > pmm->frames)
        return PMM_NO_MEMORY;
    if (request->zone == PMM_ANY)
        at = find_run(pmm, pmm->direct_frames, pmm->frames, request);
    if (at == PMM_SET_NONE)
        at = find_run(pmm, 0, request->zone == PMM_ANY ? pmm->frames : pmm->direct_frames, request);
    if (at == PMM_SET_NONE)
        return PMM_NO_MEMORY;
    take_run(pmm, at, at + request->frames);
    pmm->reserved -= request->from_reserved;
    *base = frame_of(at);
    return PMM_OK;
}

/* Whether all frames of the run are managed and none is free: many at a time. */
static bool is_all_out(const struct pmm *pmm, paddr_t base, size_t frames)
{
    if (base % FRAME_SIZE != 0 || base / FRAME_SIZE >= pmm->frames || frames > pmm->frames - number_of(base))
        return false;
    size_t from = number_of(base), to = from + frames;
    return pmm_bits_all(pmm->managed, from, to) && pmm_bits_none(pmm->free_frames.level[0], from, to);
}

enum pmm_status pmm_free_run(struct pmm *pmm, paddr_t base, size_t frames)
{
    enum pmm_status status = PMM_OK;
    if (frames == 0)
        return PMM_OK;
    if (is_all_out(pmm, base, frames)) {
        give_run(pmm, number_of(base), number_of(base) + frames);
        return PMM_OK;
    }
    for (size_t i = 0; i < frames && status == PMM_OK; i++)
        status = may_give(pmm, base + frame_of(i));
    ASSERT(status != PMM_OK);
    return status;
}

void pmm_give_back(struct pmm *pmm, paddr_t base, size_t frames)
{
    enum pmm_status status = pmm_free_run(pmm, base, frames);
    if (status != PMM_OK)
        fault_at("pmm", pmm_status_text(status), status == PMM_UNALIGNED ? base : base / FRAME_SIZE);
}

/* ---- reservations ---- */

bool pmm_reserve(struct pmm *pmm, size_t frames)
{
    if (!may_take(pmm, frames))
        return false;
    pmm->reserved += frames;
    return true;
}

void pmm_unreserve(struct pmm *pmm, size_t frames)
{
    ASSERT(frames <= pmm->reserved);
    pmm->reserved -= frames;
}

enum pmm_status pmm_alloc_reserved(struct pmm *pmm, paddr_t *frame)
{
    ASSERT(pmm->reserved > 0 && pmm->reserved <= pmm->free); /* F2 */
    if (inject_hits(pmm->inject))
        return PMM_NO_MEMORY;
    size_t i = find_any(pmm);
    pmm->reserved--;
    take(pmm, i);
    *frame = frame_of(i);
    return PMM_OK;
}

/* ---- check, texts ---- */

static bool check_frames(const struct pmm *pmm)
{
    size_t total = 0, free = 0;
    for (size_t i = 0; i < pmm->frames; i++) {
        bool is_free = pmm_set_has(&pmm->free_frames, i);
        if (is_free && !is_managed(pmm, i)) /* F1 */
            return false;
        total += is_managed(pmm, i);
        free += is_free;
    }
    return total == pmm->total && free == pmm->free && pmm->reserved <= free; /* F2 */
}

static bool check_order(const struct pmm *pmm, unsigned order)
{
    for (size_t i = 0; i < groups_for(pmm->frames, order); i++) {
        if (pmm_set_has(&pmm->free_groups[order], i) != has_free_halves(pmm, order, i)) /* F3 */
            return false;
    }
    return pmm_set_check(&pmm->free_groups[order]);
}

bool pmm_check(const struct pmm *pmm)
{
    bool is_sound = check_frames(pmm) && pmm_set_check(&pmm->free_frames);
    for (unsigned order = 1; order < PMM_ORDERS && is_sound; order++)
        is_sound = check_order(pmm, order);
    return is_sound;
}

const char *pmm_status_text(enum pmm_status status)
{
    static const char *const text[PMM_STATUS_COUNT] = {
        [PMM_OK] = "ok",
        [PMM_NO_MEMORY] = "no frame left",
        [PMM_DOUBLE_FREE] = "double free of frame",
        [PMM_RESERVED] = "free of reserved frame",
        [PMM_FOREIGN] = "free of foreign frame",
        [PMM_UNALIGNED] = "free of unaligned address",
    };
    return status < PMM_STATUS_COUNT ? text[status] : "unknown status";
}
