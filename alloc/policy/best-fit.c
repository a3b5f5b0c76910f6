/* Best fit: the smallest hole that is large enough; among equals the first in the list, the lowest unless told otherwise.
 *
 *      request 24:   | used | 16 | used | 48 | used | 32 |
 *                             no          fits        ^ fits closer: taken, 8 is too little to remain
 *
 * Layout, splitting, merging and invariants are the family's: block.h, fit.h. The search looks at every hole, in the order of
 * the list, and keeps the smallest so far; only an exact fit ends it early, as nothing can be better and nothing equal came
 * before. With order=size the first that holds the request is the smallest: best fit at first fit's cost, paid for by the frees,
 * which look for their place.
 *
 * Cost: alloc O(holes), nearly always all of them; free as in first fit. With order=size free O(holes) too.
 * Beaten by: first-wins. What a close fit leaves over is too small for anything: slivers.
 */
#include "../fit.h"

HEAP_TWICE struct block *smallest_that_holds(struct heap *h, const struct fit_request *request, bool tells)
{
    struct block *best = NULL;
    const size_t good_enough = fit_order(h) == FIT_ORDER_SIZE ? SIZE_MAX : request->size;
    for (struct block *hole = fit_first_hole(h); hole; hole = hole->next_hole) {
        heap_note_probe(h);
        if (!fit_holds(hole, request)) {
            fit_tell(h, tells, hole, fit_why_not(hole, request));
        } else if (best && block_size(hole) >= block_size(best)) {
            fit_tell(h, tells, hole, HEAP_NO_BETTER);
        } else if (block_size(hole) <= good_enough) {
            fit_tell(h, tells, hole, HEAP_TAKEN);
            return hole;
        } else {
            fit_tell(h, tells, hole, HEAP_BEST_YET);
            best = hole;
        }
    }
    return best;
}

HEAP_APART void *best_fit_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return fit_alloc(h, bytes, align, smallest_that_holds, true);
}

static void *best_fit_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? best_fit_alloc_told(h, bytes, align)
                           : fit_alloc(h, bytes, align, smallest_that_holds, false);
}

const struct heap_ops heap_policy_best_fit = {
    .name = "best-fit",
    .summary = "the smallest hole that is large enough",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Knuth, The Art of Computer Programming 1, section 2.5",
    .complexity = "alloc O(holes), free O(1) beside a hole",
    .family = "a list of holes",
    .rung = 60,
    .state_bytes = sizeof(struct fit_state),
    .options = fit_options,
    .init = fit_init,
    .alloc = best_fit_alloc,
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
