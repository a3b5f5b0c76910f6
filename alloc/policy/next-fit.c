/* Next fit: the first hole that is large enough from where the last search ended, around once.
 *
 *      request 24:   | used | 48 | used ^ used | 16 | used | 32 |
 *                             fits      rover    no          taken; the rover moves to its end
 *
 * Layout, splitting, merging and invariants are the family's: block.h, fit.h. The rover stands at the end of the block that was
 * handed out last. The search begins with the hole there or the next one above it, goes up to the last hole, and on from the
 * first to where it began. Only an allocation sets the rover; where a block is formed around it, it moves to that block's
 * start (I6).
 *
 * Where the last search ended is a place in memory here, not in a list: so next fit has no option `order`, its list is always by
 * address. (In a list by age or size the rover's neighbours come and go with every free, and "the next" means little.)
 *
 * Cost: alloc O(holes) at worst, mostly few: it does not walk again over what was just found too small. Free as in first fit.
 * Beaten by: next-roams. Small blocks end up all over the region, and no large hole lasts.
 */
#include "../fit.h"

/* The first hole in [from, to) that holds the request; `to` may be NULL: up to the last. */
HEAP_TWICE struct block *first_between(struct heap *h, struct block *from, const struct block *to,
                                       const struct fit_request *request, bool tells)
{
    for (struct block *hole = from; hole && hole != to; hole = hole->next_hole) {
        heap_note_probe(h);
        bool holds = fit_holds(hole, request);
        fit_tell(h, tells, hole, holds ? HEAP_TAKEN : fit_why_not(hole, request));
        if (holds)
            return hole;
    }
    return NULL;
}

HEAP_TWICE struct block *next_that_holds(struct heap *h, const struct fit_request *request, bool tells)
{
    struct block *start = fit_hole_from(h, fit_rover(h));
    struct block *hole = first_between(h, start, NULL, request, tells);
    return hole ? hole : first_between(h, fit_first_hole(h), start, request, tells);
}

HEAP_TWICE void *search_and_rove(struct heap *h, size_t bytes, size_t align, bool tells)
{
    void *payload = fit_alloc(h, bytes, align, next_that_holds, tells);
    if (payload)
        fit_set_rover(h, payload);
    return payload;
}

HEAP_APART void *next_fit_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return search_and_rove(h, bytes, align, true);
}

static void *next_fit_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? next_fit_alloc_told(h, bytes, align) : search_and_rove(h, bytes, align, false);
}

const struct heap_ops heap_policy_next_fit = {
    .name = "next-fit",
    .summary = "the first large enough from where the last search ended",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Knuth, The Art of Computer Programming 1, section 2.5, exercise 6",
    .complexity = "alloc O(holes), free O(1) beside a hole",
    .family = "a list of holes",
    .rung = 55,
    .state_bytes = sizeof(struct fit_state),
    .options = fit_options_by_address,
    .init = fit_init,
    .alloc = next_fit_alloc,
    .free = fit_free,
    .resize = fit_resize,
    .need = fit_need,
    .extend = fit_extend,
    .usable = fit_usable,
    .granted = fit_granted,
    .walk = fit_walk,
    .list = fit_list,
    .check_free = fit_check_free,
    .check_beside = fit_check_beside,
    .check = fit_check,
    .block_size = fit_block_size,
    .origin = FIT_ORIGIN,
    .fixed = FIT_FIXED,
};
