/* The fit family's operations on blocks and list together: what placing, free, resize in place and growth do to both.
 *
 * The blocks themselves are cut, judged and walked over in fit_blocks.c; their picture and invariants I1 to I4 are in
 * block.h. The list of holes (fit_list.c) adds
 *   I5  the list holds exactly the free blocks, linked both ways; order=address: ascending by address; order=size: ascending
 *       by size, among equals by address
 *   I6  the rover stands at a block's start or at the end mark: whoever forms a block around it moves it to its start
 *
 * Free, in steps:
 *   1. validate the header against its neighbours (a damaged one is reported, not followed)
 *   2. merge=eager: join a hole above, then a hole below: at most two merges, no search
 *   3. put what comes of it into the list. By address, a hole that swallowed another stands where that one stood; a block that
 *      touches no hole is put at its place: look for the nearest hole in three ways at once, from the first hole up, from the
 *      last hole down, and from the freed block up over its neighbours in memory; the first to arrive wins. Cost: three
 *      times the shortest of them.
 *
 * merge=deferred leaves step 2 to the next search that finds no hole: then one pass over all blocks joins those that touch, and
 * the search is repeated. merge=never leaves it out: holes only get smaller, until the region grows.
 */
#include "fit_list.h"

/* ---- the list of holes ---- */

/* The lowest hole above b, NULL if there is none. b itself is not in the list, which is by address. From harden 2 on the headers
 * of used blocks are not believed on the way: the list, which has been checked, is enough. */
static struct block *next_hole_above(struct heap *h, struct block *b)
{
    struct fit_state *s = fit_state(h);
    if (h->harden >= 2)
        return fit_list_above(h, b);
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

/* Puts hole b, its header written, into the list where the order wants it. */
static void list_insert(struct heap *h, struct block *b)
{
    if (fit_order(h) != FIT_ORDER_ADDRESS || !block_is_prev_used(b)) {
        fit_list_insert(h, b);
        return;
    }
    struct block *next = next_hole_above(h, b);
    fit_list_link(h, b, next ? next->prev_hole : fit_state(h)->last_hole, next);
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
    if (rest) {
        fit_list_link(h, rest, prev, next);
        fit_list_shrunk(h, rest);
    } else if (b == hole) {
        fit_list_remove(h, hole);
    }
    if (b != hole)
        fit_list_shrunk(h, hole);
    return block_payload(b);
}

/* From harden 2 on: whether what lies above b is in the list if it is a hole; false after blaming. */
static bool is_above_sound(struct heap *h, struct block *b)
{
    struct block *above = block_next(b);
    return h->harden < 2 || block_is_used(above) || fit_list_has(h, above) || heap_blame(h, HEAP_FAULT_HEADER, above);
}

bool fit_join_all(struct heap *h, const struct fit_request *request)
{
    uint64_t merges = h->counters.merges;
    if (!fit_may_join(h, request))
        return false;
    struct block *b = fit_touching_from(h, block_first(h)), *gone;
    for (; b; b = fit_touching_from(h, block_next(b))) {
        if (h->harden >= 2 && !fit_list_has(h, b))
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        while (is_above_sound(h, b) && (gone = fit_join_above(h, b)) != NULL)
            fit_list_remove(h, gone);
        note_formed(h, b);
        fit_list_joined(h, b);
    }
    return fit_has_joined(h, merges);
}

/* ---- free ---- */

/* Puts hole b, not in the list, into it; if it may join a hole above, joined. */
static void settle(struct heap *h, struct block *b)
{
    struct block *above = block_next(b);
    if (block_is_used(above) || fit_merge(h) != FIT_MERGE_EAGER) { /* the end mark is used too */
        list_insert(h, b);
        return;
    }
    block_mark_free(b, block_size(b) + block_size(above));
    heap_note_merge(h);
    note_formed(h, b);
    fit_list_link(h, b, above->prev_hole, above->next_hole);
    fit_list_joined(h, b);
}

struct heap_freed fit_free(struct heap *h, void *ptr)
{
    struct block *b = block_of(ptr);
    struct heap_freed freed = fit_judge_free(h, b);
    if (freed.status != HEAP_OK)
        return freed;
    if (block_is_prev_used(b) || fit_merge(h) != FIT_MERGE_EAGER) {
        block_mark_free_apart(b, block_size(b));
        settle(h, b);
        return freed;
    }
    struct block *below = block_prev_hole(b), *above = block_next(b);
    size_t size = block_size(below) + block_size(b);
    heap_note_merge(h);
    if (!block_is_used(above)) {
        fit_list_remove(h, above);
        size += block_size(above);
        heap_note_merge(h);
    }
    block_mark_free(below, size);
    note_formed(h, below);
    fit_list_joined(h, below);
    return freed;
}

/* ---- resize in place ---- */

bool fit_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct block *b = block_of(ptr);
    size_t wanted;
    if (!fit_has_room_for(h, b, bytes, &wanted))
        return false;
    struct block *above = block_next(b);
    if (wanted <= block_size(b)) {
        struct block *tail = fit_split_tail(h, b, wanted, fit_split(h));
        if (tail)
            settle(h, tail);
        return true;
    }
    struct block *prev = above->prev_hole, *next = above->next_hole;
    block_mark_used(b, block_size(b) + block_size(above));
    struct block *rest = fit_split_tail(h, b, wanted, fit_split(h));
    if (rest) {
        fit_list_link(h, rest, prev, next);
        fit_list_shrunk(h, rest);
    } else {
        fit_list_remove(h, above);
    }
    note_formed(h, b);
    return true;
}

/* ---- growth ---- */

void fit_extend(struct heap *h, size_t added)
{
    struct block *old_end = (struct block *)((unsigned char *)block_end_mark(h) - added);
    bool stays_apart = fit_merge(h) == FIT_MERGE_NEVER;
    struct block *hole = stays_apart ? fit_append_apart(h, added) : fit_append_free(h, added);
    if (hole == old_end) {
        list_insert(h, hole);
    } else {
        note_formed(h, hole);
        fit_list_joined(h, hole);
    }
}

enum heap_status fit_init(struct heap *h)
{
    struct block *first = block_first(h);
    enum heap_status status = fit_lay_out(h);
    fit_state(h)->rover = first;
    if (status == HEAP_OK && !block_is_used(first)) /* without room for a block the end mark stands there */
        fit_list_link(h, first, NULL, NULL);
    return status;
}

/* ---- check ---- */

bool fit_check_beside(struct heap *h, const void *ptr)
{
    struct block *b = block_of(ptr);
    if (!fit_is_sound_used(h, b) || !is_above_sound(h, b))
        return false;
    return block_is_prev_used(b) || fit_list_has(h, block_prev_hole(b)) || heap_blame(h, HEAP_FAULT_HEADER, b);
}

bool fit_check_free(struct heap *h)
{
    struct fit_holes listed;
    return fit_list_check(h, &listed);
}

bool fit_check(struct heap *h)
{
    const struct fit_state *s = fit_state(h);
    const struct block *end = block_end_mark(h);
    struct fit_holes listed, found = {0};
    if (!fit_check_family(h))
        return false;
    bool has_rover = s->rover == end;
    for (struct block *b = block_first(h); b != end; b = block_next(b)) {
        has_rover = has_rover || b == s->rover;
        if (!block_is_used(b))
            fit_holes_add(h, &found, b);
    }
    if (!fit_list_check(h, &listed))
        return false;
    if (listed.count != found.count || listed.offsets != found.offsets) /* I5 */
        return heap_blame(h, HEAP_FAULT_LIST, s->last_hole);
    return has_rover || heap_blame(h, HEAP_FAULT_LIST, s->rover); /* I6 */
}
