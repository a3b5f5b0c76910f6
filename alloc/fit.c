/* The fit family's list of holes: what placing, free, resize in place and growth do to it.
 *
 * The blocks themselves are cut, judged and walked over in fit_blocks.c; their picture and invariants I1 to I4 are in
 * block.h. The list of holes adds
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

void *fit_place(struct heap *h, struct block *hole, const struct fit_request *request)
{
    struct block *prev = hole->prev_hole, *next = hole->next_hole, *rest;
    struct block *b = fit_cut(h, hole, request, &rest);
    if (b != hole) /* a front gap: the low part stays a hole, in its place in the list */
        prev = hole;
    if (rest)
        list_link(h, rest, prev, next);
    else if (b == hole)
        list_remove(h, hole);
    return block_payload(b);
}

/* ---- free ---- */

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
    struct heap_freed freed = fit_judge_free(h, b);
    if (freed.status != HEAP_OK)
        return freed;
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
    if (wanted == 0 || !fit_is_sound_used(h, b))
        return false;
    struct block *above = block_next(b);
    size_t size = block_size(b);
    if (wanted <= size) {
        struct block *tail = fit_split_tail(h, b, wanted);
        if (tail)
            settle_tail(h, tail);
        return true;
    }
    if (block_is_used(above) || wanted - size > block_size(above))
        return false;
    struct block *prev = above->prev_hole, *next = above->next_hole;
    block_mark_used(b, size + block_size(above));
    struct block *rest = fit_split_tail(h, b, wanted);
    if (rest)
        list_link(h, rest, prev, next);
    else
        list_remove(h, above);
    note_formed(h, b);
    return true;
}

/* ---- growth ---- */

void fit_extend(struct heap *h, size_t added)
{
    struct block *old_end = (struct block *)((unsigned char *)block_end_mark(h) - added);
    struct block *hole = fit_append_free(h, added);
    if (hole == old_end)
        list_link(h, hole, fit_state(h)->last_hole, NULL);
    else
        note_formed(h, hole);
}

enum heap_status fit_init(struct heap *h)
{
    struct block *first = block_first(h);
    enum heap_status status = fit_lay_out(h);
    fit_state(h)->rover = first;
    if (status == HEAP_OK && !block_is_used(first)) /* without room for a block the end mark stands there */
        list_link(h, first, NULL, NULL);
    return status;
}

/* ---- check ---- */

bool fit_check(struct heap *h)
{
    struct fit_state *s = fit_state(h);
    const struct block *end = block_end_mark(h), *hole = s->first_hole, *prev_hole = NULL;
    if (!fit_check_blocks(h))
        return false;
    bool has_rover = s->rover == end;
    for (struct block *b = block_first(h); b != end; b = block_next(b)) {
        has_rover = has_rover || b == s->rover;
        if (block_is_used(b))
            continue;
        if (b != hole || b->prev_hole != prev_hole) /* I5 */
            return heap_blame(h, HEAP_FAULT_LIST, b);
        prev_hole = b;
        hole = b->next_hole;
    }
    if (hole || s->last_hole != prev_hole) /* I5: nothing behind the last */
        return heap_blame(h, HEAP_FAULT_LIST, s->last_hole);
    return has_rover || heap_blame(h, HEAP_FAULT_LIST, s->rover); /* I6 */
}
