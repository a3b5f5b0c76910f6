/* The fit family's common operations: split, merge, resize in place, growth, walk and check over the block format.
 *
 * The picture and invariants I1 to I4 are in block.h. The list of holes adds
 *   I5  the list holds exactly the free blocks, ascending by address, linked both ways
 *   I6  the rover stands at a block's start or at the end mark: whoever forms a block around it moves it to its start
 *
 * Free, in steps:
 *   1. validate the header against its neighbours (a damaged one is reported, not followed)
 *   2. join a hole above, then a hole below: at most two merges, no search
 *   3. a block that touches no hole must be put into the list at its place: look for the nearest hole in three ways at
 *      once, from the first hole up, from the last hole down, and from the freed block up over its neighbours in memory;
 *      the first to arrive wins. Cost: three times the shortest of them.
 */
#include "fit.h"

/* ---- the list of holes ---- */

static struct fit_state *fit_state(struct heap *h)
{
    return heap_state(h);
}

/* Makes b the list's entry between `prev` and `next`; NULL: the list's end. Whatever stood between them is out. */
static void list_link(struct heap *h, struct block *b, struct block *prev, struct block *next)
{
    struct fit_state *s = fit_state(h);
    b->prev_hole = prev;
    b->next_hole = next;
    *(prev ? &prev->next_hole : &s->first_hole) = b;
    *(next ? &next->prev_hole : &s->last_hole) = b;
}

static void list_remove(struct heap *h, struct block *b)
{
    struct fit_state *s = fit_state(h);
    *(b->prev_hole ? &b->prev_hole->next_hole : &s->first_hole) = b->next_hole;
    *(b->next_hole ? &b->next_hole->prev_hole : &s->last_hole) = b->prev_hole;
}

/* The lowest hole above b, NULL if there is none. b itself is not in the list. */
static struct block *next_hole_above(struct heap *h, struct block *b)
{
    struct fit_state *s = fit_state(h);
    struct block *up = s->first_hole, *down = s->last_hole, *beside = b;
    if (!down || down < b)
        return NULL;
    for (;;) {
        if (up > b)
            return up;
        if (!down->prev_hole || down->prev_hole < b)
            return down;
        beside = block_next(beside);
        if (!block_is_used(beside)) /* the end mark is used, and not reached: a hole lies before it */
            return beside;
        up = up->next_hole;
        down = down->prev_hole;
    }
}

/* ---- the rover ---- */

/* Block b has just been formed of several: what lay inside is no block's start any more (I6). */
static void note_formed(struct heap *h, struct block *b)
{
    struct fit_state *s = fit_state(h);
    if ((uintptr_t)s->rover - (uintptr_t)b < block_size(b))
        s->rover = b;
}

void fit_set_rover(struct heap *h, void *payload)
{
    fit_state(h)->rover = block_next(block_of(payload));
}

struct block *fit_hole_from(struct heap *h, struct block *b)
{
    return block_is_used(b) ? next_hole_above(h, b) : b; /* the end mark is used, and above every hole */
}

/* ---- placing ---- */

bool fit_request_for(struct fit_request *request, size_t bytes, size_t align)
{
    request->size = block_size_for(bytes);
    request->align = align;
    return request->size != 0;
}

size_t fit_front_gap(const struct block *b, size_t align)
{
    size_t gap = heap_align_gap((uintptr_t)b + BLOCK_HEADER, align);
    while (gap != 0 && gap < BLOCK_MIN)
        gap += align;
    return gap;
}

/* Cuts `size` bytes off the low end of used block b if what remains can be a block; the rest becomes a hole. Returns the
 * rest, not yet in the list and not yet joined with what lies above, or NULL. */
static struct block *split_tail(struct heap *h, struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;
    if (rest < BLOCK_MIN)
        return NULL;
    block_mark_used(b, size);
    heap_note_split(h);
    struct block *tail = block_next(b);
    block_mark_free(tail, rest);
    return tail;
}

void *fit_place(struct heap *h, struct block *hole, const struct fit_request *request)
{
    size_t gap = request->align == HEAP_ALIGN ? 0 : fit_front_gap(hole, request->align);
    struct block *prev = hole->prev_hole, *next = hole->next_hole, *b = hole;
    if (gap > 0) { /* the low part stays a hole, in its place in the list */
        size_t size = block_size(hole) - gap;
        block_mark_free(hole, gap);
        heap_note_split(h);
        b = block_next(hole);
        b->header = size;
        prev = hole;
    }
    block_mark_used(b, block_size(b));
    struct block *rest = split_tail(h, b, request->size);
    if (rest)
        list_link(h, rest, prev, next);
    else if (gap == 0)
        list_remove(h, hole);
    return block_payload(b);
}

/* ---- free ---- */

/* Whether b's header and those around it agree; false after blaming. b lies in the region, its payload aligned. */
static bool is_sound_used(struct heap *h, struct block *b)
{
    const struct block *end = block_end_mark(h);
    if (b < block_first(h) || b >= end) /* the pad's header would lie below the region */
        return heap_blame(h, HEAP_FAULT_HEADER, b);
    size_t room = (size_t)((uintptr_t)end - (uintptr_t)b), size = block_size(b);
    if (size < BLOCK_MIN || size > room || !heap_is_aligned(size, HEAP_ALIGN))
        return heap_blame(h, HEAP_FAULT_HEADER, b);
    if (!block_is_used(b)) /* the start table has let a live block through: then it is the header that lies */
        return heap_blame(h, h->starts ? HEAP_FAULT_HEADER : HEAP_FAULT_DOUBLE_FREE, block_payload(b));
    if (!block_is_prev_used(block_next(b)))
        return heap_blame(h, HEAP_FAULT_HEADER, block_next(b));
    if (block_is_prev_used(b))
        return true;
    size_t below = *((size_t *)b - 1);
    if (below < BLOCK_MIN || below > (size_t)((uintptr_t)b - (uintptr_t)block_first(h)) ||
        !heap_is_aligned(below, HEAP_ALIGN) || block_size(block_prev_hole(b)) != below ||
        block_is_used(block_prev_hole(b)))
        return heap_blame(h, HEAP_FAULT_HEADER, b);
    return true;
}

/* Joins the hole `tail`, not in the list, with a hole above it and puts it into the list. */
static void settle_tail(struct heap *h, struct block *tail)
{
    struct block *above = block_next(tail);
    if (block_is_used(above)) { /* the end mark is used too */
        struct block *next = next_hole_above(h, tail);
        list_link(h, tail, next ? next->prev_hole : fit_state(h)->last_hole, next);
        return;
    }
    struct block *prev = above->prev_hole, *next = above->next_hole;
    block_mark_free(tail, block_size(tail) + block_size(above));
    heap_note_merge(h);
    note_formed(h, tail);
    list_link(h, tail, prev, next);
}

struct heap_freed fit_free(struct heap *h, void *ptr)
{
    struct block *b = block_of(ptr);
    if (!is_sound_used(h, b)) {
        bool twice = h->fault.class == HEAP_FAULT_DOUBLE_FREE;
        return (struct heap_freed){.status = twice ? HEAP_BAD_POINTER : HEAP_CORRUPT};
    }
    struct heap_freed freed = {.status = HEAP_OK, .granted = block_size(b)};
    if (block_is_prev_used(b)) {
        block_mark_free(b, block_size(b));
        settle_tail(h, b);
        return freed;
    }
    struct block *below = block_prev_hole(b), *above = block_next(b);
    size_t size = block_size(below) + block_size(b);
    heap_note_merge(h);
    if (!block_is_used(above)) {
        list_remove(h, above);
        size += block_size(above);
        heap_note_merge(h);
    }
    block_mark_free(below, size); /* its place in the list stays */
    note_formed(h, below);
    return freed;
}

/* ---- resize in place ---- */

bool fit_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct block *b = block_of(ptr);
    size_t wanted = block_size_for(bytes);
    if (wanted == 0 || !is_sound_used(h, b))
        return false;
    struct block *above = block_next(b);
    size_t size = block_size(b);
    if (wanted <= size) {
        struct block *tail = split_tail(h, b, wanted);
        if (tail)
            settle_tail(h, tail);
        return true;
    }
    if (block_is_used(above) || wanted - size > block_size(above))
        return false;
    struct block *prev = above->prev_hole, *next = above->next_hole;
    block_mark_used(b, size + block_size(above));
    struct block *rest = split_tail(h, b, wanted);
    if (rest)
        list_link(h, rest, prev, next);
    else
        list_remove(h, above);
    note_formed(h, b);
    return true;
}

/* ---- growth ---- */

/* Where a hole at the region's end would begin: the last hole if it touches the end mark, else the end mark itself. */
static struct block *end_hole(const struct heap *h)
{
    struct block *end = block_end_mark(h);
    return block_is_prev_used(end) ? end : block_prev_hole(end);
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

void fit_extend(struct heap *h, size_t added)
{
    struct block *old_end = (struct block *)((unsigned char *)block_end_mark(h) - added);
    block_end_mark(h)->header = BLOCK_USED;
    if (block_is_prev_used(old_end)) {
        block_mark_free(old_end, added);
        list_link(h, old_end, fit_state(h)->last_hole, NULL);
    } else {
        struct block *last = block_prev_hole(old_end);
        block_mark_free(last, block_size(last) + added);
        heap_note_merge(h);
        note_formed(h, last);
    }
}

enum heap_status fit_init(struct heap *h)
{
    struct block *first = block_first(h), *end = block_end_mark(h);
    size_t room = (size_t)((uintptr_t)end - (uintptr_t)first);
    fit_state(h)->rover = first;
    first->header = BLOCK_PREV_USED;
    end->header = BLOCK_USED | BLOCK_PREV_USED;
    if (room > 0 && room < BLOCK_MIN)
        return HEAP_BAD_REGION;
    if (room > 0) {
        block_mark_free(first, room);
        list_link(h, first, NULL, NULL);
    }
    return HEAP_OK;
}

/* ---- questions ---- */

size_t fit_usable(const struct heap *h, const void *ptr)
{
    const struct block *b = block_of(ptr);
    if (b < block_first(h)) /* the pad's header would lie below the region */
        return 0;
    size_t room = (size_t)((uintptr_t)block_end_mark(h) - (uintptr_t)b), size = block_size(b);
    bool is_sound = block_is_used(b) && size >= BLOCK_MIN && size <= room && heap_is_aligned(size, HEAP_ALIGN);
    return is_sound ? size - BLOCK_HEADER : 0;
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
    struct heap_extent extent = {.kind = HEAP_META, .offset = 0, .size = BLOCK_PAD};
    if (!visit(context, &extent))
        return true;
    while (b != end) { /* I1: every step lands on a block or on the end mark */
        size_t room = (size_t)((uintptr_t)end - (uintptr_t)b), size = block_size(b);
        if (size < BLOCK_MIN || size > room || !heap_is_aligned(size, HEAP_ALIGN))
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        extent.kind = block_is_used(b) ? HEAP_USED : HEAP_FREE;
        extent.offset = (size_t)((unsigned char *)b - h->base);
        extent.size = size;
        if (!visit(context, &extent))
            return true;
        b = block_next(b);
    }
    extent = (struct heap_extent){.kind = HEAP_META, .offset = h->committed - BLOCK_HEADER, .size = BLOCK_HEADER};
    visit(context, &extent);
    return true;
}

bool fit_check(struct heap *h)
{
    struct fit_state *s = fit_state(h);
    struct block *end = block_end_mark(h), *hole = s->first_hole, *prev_hole = NULL;
    bool prev_used = true, has_rover = false; /* nothing lies below the first block */
    for (struct block *b = block_first(h);; b = block_next(b)) {
        if (block_is_prev_used(b) != prev_used) /* I2 */
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        has_rover = has_rover || b == s->rover;
        if (b == end)
            break;
        prev_used = block_is_used(b);
        if (prev_used)
            continue;
        if (!block_is_prev_used(b) || *block_tag(b) != block_size(b)) /* I4, I3 */
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        if (b != hole || b->prev_hole != prev_hole) /* I5 */
            return heap_blame(h, HEAP_FAULT_LIST, b);
        prev_hole = b;
        hole = b->next_hole;
    }
    if (hole || s->last_hole != prev_hole) /* I5: nothing behind the last */
        return heap_blame(h, HEAP_FAULT_LIST, s->last_hole);
    if (!has_rover) /* I6 */
        return heap_blame(h, HEAP_FAULT_LIST, s->rover);
    return end->header == (BLOCK_USED | (end->header & BLOCK_PREV_USED)) || heap_blame(h, HEAP_FAULT_HEADER, end);
}
