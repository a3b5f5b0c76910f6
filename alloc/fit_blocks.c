/* What of the fit family needs no list of holes: cutting blocks, judging headers, growth, walk and check over the block format.
 *
 * The picture and invariants I1 to I4 are in block.h. Whoever keeps a list of holes (fit.c) does so beside these; whoever keeps
 * none (first-fit-walk) is done with them.
 */
#include "fit.h"

/* ---- placing ---- */

size_t fit_front_gap(const struct block *b, size_t align)
{
    size_t gap = heap_align_gap((uintptr_t)b + BLOCK_HEADER, align);
    while (gap != 0 && gap < BLOCK_MIN)
        gap += align;
    return gap;
}

struct block *fit_split_tail(struct heap *h, struct block *b, size_t size, size_t least)
{
    size_t rest = block_size(b) - size;
    if (rest < least)
        return NULL;
    block_mark_used(b, size);
    heap_note_split(h);
    struct block *tail = block_next(b);
    block_mark_free(tail, rest);
    return tail;
}

struct block *fit_cut(struct heap *h, struct block *hole, const struct fit_request *request, struct block **rest)
{
    size_t gap = request->align == HEAP_ALIGN ? 0 : fit_front_gap(hole, request->align);
    struct block *b = hole;
    if (gap > 0) {
        size_t size = block_size(hole) - gap;
        block_mark_free_apart(hole, gap);
        heap_note_split(h);
        b = block_next(hole);
        b->header = size;
    }
    block_mark_used(b, block_size(b));
    *rest = fit_split_tail(h, b, request->size, request->split);
    return b;
}

/* ---- judging a header ---- */

bool fit_is_sound_used(struct heap *h, struct block *b)
{
    const struct block *end = block_end_mark(h);
    if (b < block_first(h) || b >= end || !fit_leads_on(b, end)) /* the pad's header would lie below the region */
        return heap_blame(h, HEAP_FAULT_HEADER, b);
    if (!block_is_used(b)) /* the start table has let a live block through: then it is the header that lies */
        return heap_blame(h, h->starts ? HEAP_FAULT_HEADER : HEAP_FAULT_DOUBLE_FREE, block_payload(b));
    if (!block_is_prev_used(block_next(b)))
        return heap_blame(h, HEAP_FAULT_HEADER, block_next(b));
    if (block_is_prev_used(b))
        return true;
    return fit_has_hole_below(h, b) || heap_blame(h, HEAP_FAULT_HEADER, b);
}

bool fit_is_sound_hole(const struct heap *h, struct block *b, bool may_touch)
{
    const struct block *end = block_end_mark(h);
    if (b < block_first(h) || b >= end || !heap_is_aligned((uintptr_t)block_payload(b), HEAP_ALIGN) ||
        !fit_leads_on(b, end) || block_is_used(b) || *block_tag(b) != block_size(b)) /* I3 */
        return false;
    if (block_is_prev_used(block_next(b))) /* I2 */
        return false;
    return may_touch || (block_is_prev_used(b) && block_is_used(block_next(b))); /* I4 */
}

bool fit_is_sound_end(const struct heap *h, bool has_hole_below)
{
    return block_end_mark(h)->header == (BLOCK_USED | (has_hole_below ? 0 : BLOCK_PREV_USED));
}

struct heap_freed fit_judge_free(struct heap *h, struct block *b)
{
    if (fit_is_sound_used(h, b))
        return (struct heap_freed){.status = HEAP_OK, .granted = block_size(b)};
    bool twice = h->fault.class == HEAP_FAULT_DOUBLE_FREE;
    return (struct heap_freed){.status = twice ? HEAP_BAD_POINTER : HEAP_CORRUPT};
}

/* ---- merge=deferred ---- */

/* If the pass tells: what it thinks of block b. */
static inline void tell_passed(struct heap *h, bool tells, const struct block *b, enum heap_verdict verdict)
{
    heap_tell_look(h, tells, (struct heap_look){HEAP_PLACE_PASS, verdict, b, block_size(b), block_size(b)});
}

HEAP_TWICE struct block *touching_from(struct heap *h, struct block *b, bool tells)
{
    const struct block *end = block_end_mark(h);
    for (; b != end; b = block_next(b)) {
        heap_note_probe(h);
        if (!fit_leads_on(b, end)) { /* I1 */
            tell_passed(h, tells, b, HEAP_DAMAGED);
            heap_blame(h, HEAP_FAULT_HEADER, b);
            return NULL;
        }
        bool touches = !block_is_used(b) && !block_is_used(block_next(b)); /* the end mark is used */
        tell_passed(h, tells, b, touches ? HEAP_LEADS_ON : block_is_used(b) ? HEAP_IN_USE : HEAP_NONE_THERE);
        if (touches)
            return b;
    }
    return NULL;
}

HEAP_APART struct block *touching_from_told(struct heap *h, struct block *b)
{
    return touching_from(h, b, true);
}

struct block *fit_touching_from(struct heap *h, struct block *b)
{
    return heap_is_told(h) ? touching_from_told(h, b) : touching_from(h, b, false);
}

struct block *fit_join_above(struct heap *h, struct block *b)
{
    struct block *above = block_next(b);
    if (block_is_used(above) || !fit_leads_on(above, block_end_mark(h)))
        return NULL;
    heap_note_probe(h);
    tell_passed(h, heap_is_told(h), above, HEAP_JOINED);
    heap_note_merge(h);
    block_mark_free_apart(b, block_size(b) + block_size(above));
    return above;
}

/* ---- the region's end ---- */

/* Where a hole at the region's end would begin after growth: with the last hole if it touches the end mark and the two will be
 * joined, else at the end mark itself. */
static struct block *end_hole(const struct heap *h)
{
    struct block *end = block_end_mark(h);
    return block_is_prev_used(end) || fit_merge(h) == FIT_MERGE_NEVER ? end : block_prev_hole(end);
}

size_t fit_need(const struct heap *h, size_t bytes, size_t align)
{
    struct fit_request request;
    if (!fit_request_for(&request, bytes, align))
        return SIZE_MAX;
    const struct block *start = end_hole(h);
    size_t gap = align == HEAP_ALIGN ? 0 : fit_front_gap(start, align);
    size_t there = (size_t)((uintptr_t)block_end_mark(h) - (uintptr_t)start), wanted;
    return heap_add(request.size, gap, &wanted) ? wanted - there : SIZE_MAX;
}

struct block *fit_append_apart(struct heap *h, size_t added)
{
    struct block *old_end = (struct block *)((unsigned char *)block_end_mark(h) - added);
    block_end_mark(h)->header = BLOCK_USED;
    block_mark_free_apart(old_end, added);
    return old_end;
}

struct block *fit_append_free(struct heap *h, size_t added)
{
    struct block *hole = fit_append_apart(h, added);
    if (block_is_prev_used(hole))
        return hole;
    struct block *last = block_prev_hole(hole);
    block_mark_free_apart(last, block_size(last) + added);
    heap_note_merge(h);
    return last;
}

enum heap_status fit_lay_out(struct heap *h)
{
    struct block *first = block_first(h), *end = block_end_mark(h);
    size_t room = (size_t)((uintptr_t)end - (uintptr_t)first);
    first->header = BLOCK_PREV_USED;
    end->header = BLOCK_USED | BLOCK_PREV_USED;
    if (room > 0 && room < BLOCK_MIN)
        return HEAP_BAD_REGION;
    if (room > 0)
        block_mark_free(first, room);
    return HEAP_OK;
}

/* ---- questions ---- */

size_t fit_usable(const struct heap *h, const void *ptr)
{
    const struct block *b = block_of(ptr);
    if (b < block_first(h)) /* the pad's header would lie below the region */
        return 0;
    return block_is_used(b) && fit_leads_on(b, block_end_mark(h)) ? block_size(b) - BLOCK_HEADER : 0;
}

size_t fit_granted(const struct heap *h, const void *ptr)
{
    (void)h;
    return block_size(block_of(ptr));
}

size_t fit_block_size(const struct heap *h, size_t bytes)
{
    (void)h;
    return block_size_for(bytes);
}

bool fit_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct block *b = block_first(h);
    const struct block *end = block_end_mark(h);
    struct heap_extent extent = {.kind = HEAP_META, .offset = 0, .size = h->ops->origin - BLOCK_HEADER};
    if (!visit(context, &extent))
        return true;
    while (b != end) { /* I1: every step lands on a block or on the end mark */
        if (!fit_leads_on(b, end))
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        extent.kind = block_is_used(b) ? HEAP_USED : HEAP_FREE;
        extent.offset = (size_t)((unsigned char *)b - h->base);
        extent.size = block_size(b);
        if (!visit(context, &extent))
            return true;
        b = block_next(b);
    }
    extent = (struct heap_extent){.kind = HEAP_META, .offset = h->committed - BLOCK_HEADER, .size = BLOCK_HEADER};
    visit(context, &extent);
    return true;
}

/* Invariants I1 to I3, and I4 unless holes may touch. */
static bool check_blocks(struct heap *h, bool may_touch)
{
    struct block *end = block_end_mark(h), *b = block_first(h);
    bool prev_used = true; /* nothing lies below the first block */
    for (;; b = block_next(b)) {
        if (block_is_prev_used(b) != prev_used) /* I2 */
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        if (b == end)
            break;
        prev_used = block_is_used(b);
        if (prev_used)
            continue;
        if ((!may_touch && !block_is_prev_used(b)) || *block_tag(b) != block_size(b)) /* I4, I3 */
            return heap_blame(h, HEAP_FAULT_HEADER, b);
    }
    return fit_is_sound_end(h, !prev_used) || heap_blame(h, HEAP_FAULT_HEADER, end);
}

bool fit_check_blocks(struct heap *h)
{
    return check_blocks(h, false);
}

bool fit_check_family(struct heap *h)
{
    return check_blocks(h, fit_merge(h) != FIT_MERGE_EAGER);
}

/* ---- the family's options ---- */

static const char *const merge_words[] = {"eager", "deferred", "never", NULL};
static const char *const order_words[] = {"address", "lifo", "fifo", "size", NULL};

static const char merge_help[] = "when touching holes become one: at a free, when no hole will do, not at all",
                  split_help[] = "bytes of the smallest remainder that is split off",
                  order_help[] = "where a new hole enters the list: by address, in front, behind all, by size";

const struct heap_option fit_options[] = {
    {.key = "merge", .help = merge_help, .max = FIT_MERGE_NEVER, .multiple = 1, .words = merge_words},
    {.key = "split",
     .help = split_help,
     .min = BLOCK_MIN,
     .max = FIT_SPLIT_MAX,
     .fallback = BLOCK_MIN,
     .multiple = HEAP_ALIGN},
    {.key = "order", .help = order_help, .max = FIT_ORDER_SIZE, .multiple = 1, .words = order_words},
    {.key = NULL},
};

const struct heap_option fit_options_by_address[] = {
    {.key = "merge", .help = merge_help, .max = FIT_MERGE_NEVER, .multiple = 1, .words = merge_words},
    {.key = "split",
     .help = split_help,
     .min = BLOCK_MIN,
     .max = FIT_SPLIT_MAX,
     .fallback = BLOCK_MIN,
     .multiple = HEAP_ALIGN},
    {.key = NULL},
};
