/* First fit by walking: the lowest hole that is large enough, found by stepping over all blocks. No list of holes.
 *
 *      request 24:   | used | 16 | used | 48 | used | 32 |
 *                      no     no   no     ^ taken: the fourth block looked at
 *
 * The blocks are the family's (block.h, with the invariants), cut and judged by the same code (fit_blocks.c): a header's size
 * leads to the next block, and that chain is the only structure. So the placements are those of first-fit to the byte. The
 * place of the list's links stays empty; without it the smallest block would be smaller, and the placements others.
 *
 * Alloc, in steps:
 *   1. from the first block on, step from header to header to the first hole that holds the request
 *   2. cut a front gap and a rest off it, if they can be blocks
 * Free: join a hole above and a hole below. The boundary tag finds the one below, and there is no list to keep in order, so a
 * free is cheaper here than in any policy with a sorted list. With merge=deferred a free joins nothing; a search that finds no
 * hole is followed by one pass that joins all that touch, and repeated. No list, no option `order`.
 *
 * Invariants: I1 to I4 of block.h (I4 with merge=eager alone), and no others.
 *
 * Cost: alloc O(blocks), used ones included; free and resize in place O(1). Each block looked at is a probe.
 * Source: Knuth, The Art of Computer Programming 1, section 2.5; the name "implicit list" is Bryant and O'Hallaron's (Computer
 * Systems: A Programmer's Perspective, section 9.9).
 * Beaten by: crowd. Many small blocks stay and fill the region's low end; every request walks over all of them.
 */
#include "../fit.h"

/* The blocks are the free structure, and the search judges each of them itself; growth relies on the end mark. */
static bool walk_check_free(struct heap *h)
{
    struct block *end = block_end_mark(h);
    bool has_hole_below = !block_is_prev_used(end);
    bool is_sound = fit_is_sound_end(h, has_hole_below) && (!has_hole_below || fit_has_hole_below(h, end));
    return is_sound || heap_blame(h, HEAP_FAULT_HEADER, end);
}

/* The search trusts no header it steps over: a damaged size would lead it astray, or round in circles. */
HEAP_TWICE struct block *lowest_that_holds(struct heap *h, const struct fit_request *request, bool tells)
{
    const struct block *end = block_end_mark(h);
    for (struct block *b = block_first(h); b != end; b = block_next(b)) {
        heap_note_probe(h);
        if (!fit_leads_on(b, end)) { /* I1 */
            fit_tell(h, tells, b, HEAP_DAMAGED);
            heap_blame(h, HEAP_FAULT_HEADER, b);
            return NULL;
        }
        bool holds = !block_is_used(b) && fit_holds(b, request);
        fit_tell(h, tells, b, holds ? HEAP_TAKEN : block_is_used(b) ? HEAP_IN_USE : fit_why_not(b, request));
        if (holds)
            return b;
    }
    return NULL;
}

/* With merge=deferred joins all holes that touch; whether the search for the request is worth repeating. */
HEAP_TWICE bool join_all(struct heap *h, const struct fit_request *request)
{
    uint64_t merges = h->counters.merges;
    if (!fit_may_join(h, request))
        return false;
    for (struct block *b = block_first(h); (b = fit_touching_from(h, b)) != NULL; b = block_next(b)) {
        while (fit_join_above(h, b)) {
        }
    }
    return fit_has_joined(h, merges);
}

HEAP_TWICE void *search_and_place(struct heap *h, size_t bytes, size_t align, bool tells)
{
    struct fit_request request;
    struct block *hole, *rest;
    if (!fit_request_for(&request, bytes, align))
        return NULL;
    request.split = fit_split(h);
    do
        hole = lowest_that_holds(h, &request, tells);
    while (!hole && join_all(h, &request));
    return hole ? block_payload(fit_cut(h, hole, &request, &rest)) : NULL;
}

HEAP_APART void *walk_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return search_and_place(h, bytes, align, true);
}

static void *walk_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? walk_alloc_told(h, bytes, align) : search_and_place(h, bytes, align, false);
}

/* Above the block lies no hole that only looks like one. */
static bool walk_check_beside(struct heap *h, const void *ptr)
{
    struct block *b = block_of(ptr), *above;
    if (!fit_is_sound_used(h, b))
        return false;
    above = block_next(b);
    return block_is_used(above) || fit_is_sound_hole(h, above, fit_merge(h) != FIT_MERGE_EAGER) ||
           heap_blame(h, HEAP_FAULT_HEADER, above);
}

/* Makes b a hole; with merge=eager joined with one directly above it, and then the block below b is in use. */
static void make_hole(struct heap *h, struct block *b)
{
    struct block *above = block_next(b);
    size_t size = block_size(b);
    if (!block_is_used(above) && fit_merge(h) == FIT_MERGE_EAGER) { /* the end mark is used */
        size += block_size(above);
        heap_note_merge(h);
    }
    block_mark_free_apart(b, size); /* I3, I4 */
}

static struct heap_freed walk_free(struct heap *h, void *ptr)
{
    struct block *b = block_of(ptr);
    struct heap_freed freed = fit_judge_free(h, b);
    if (freed.status != HEAP_OK)
        return freed;
    if (!block_is_prev_used(b) && fit_merge(h) == FIT_MERGE_EAGER) {
        struct block *below = block_prev_hole(b);
        below->header += block_size(b);
        heap_note_merge(h);
        b = below;
    }
    make_hole(h, b);
    return freed;
}

static bool walk_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct block *b = block_of(ptr);
    size_t wanted;
    if (!fit_has_room_for(h, b, bytes, &wanted))
        return false;
    if (wanted <= block_size(b)) {
        struct block *tail = fit_split_tail(h, b, wanted, fit_split(h));
        if (tail)
            make_hole(h, tail);
        return true;
    }
    block_mark_used(b, block_size(b) + block_size(block_next(b)));
    fit_split_tail(h, b, wanted, fit_split(h));
    return true;
}

static void walk_extend(struct heap *h, size_t added)
{
    if (fit_merge(h) == FIT_MERGE_NEVER)
        fit_append_apart(h, added);
    else
        fit_append_free(h, added);
}

const struct heap_ops heap_policy_first_fit_walk = {
    .name = "first-fit-walk",
    .summary = "first-fit's placements, by stepping over all blocks",
    .rule = "the lowest hole that is large enough",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Knuth, The Art of Computer Programming 1, section 2.5, algorithm A",
    .complexity = "alloc O(blocks), free O(1)",
    .family = "a walk over all blocks",
    .rung = 40,
    .state_bytes = 0,
    .options = fit_options_by_address,
    .init = fit_lay_out,
    .alloc = walk_alloc,
    .free = walk_free,
    .resize = walk_resize,
    .need = fit_need,
    .extend = walk_extend,
    .usable = fit_usable,
    .granted = fit_granted,
    .walk = fit_walk,
    .check_free = walk_check_free,
    .check_beside = walk_check_beside,
    .check = fit_check_family,
    .block_size = fit_block_size,
    .origin = FIT_ORIGIN,
    .fixed = FIT_FIXED,
};
