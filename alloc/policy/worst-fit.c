/* Worst fit: the largest hole; among equals the first in the list, the lowest unless told otherwise.
 *
 *      request 24:   | used | 32 | used | 80 | used | 48 |
 *                             fits        ^ largest: taken    its rest, 48, will serve another request
 *
 * Layout, splitting, merging and invariants are the family's: block.h, fit.h. The thought behind it: what a large hole leaves
 * over is large itself, so no slivers arise. The search looks at every hole, in the order of the list, and keeps the largest so
 * far.
 *
 * Cost: alloc O(holes), always all of them; free as in first fit.
 * Beaten by: worst-loses. The large holes are used up by small requests, and then a large request finds none.
 */
#include "../fit.h"

HEAP_TWICE struct block *largest_that_holds(struct heap *h, const struct fit_request *request, bool tells)
{
    struct block *worst = NULL;
    for (struct block *hole = fit_first_hole(h); hole; hole = hole->next_hole) {
        heap_note_probe(h);
        if (!fit_holds(hole, request)) {
            fit_tell(h, tells, hole, fit_why_not(hole, request));
        } else if (worst && block_size(hole) <= block_size(worst)) {
            fit_tell(h, tells, hole, HEAP_NO_BETTER);
        } else {
            fit_tell(h, tells, hole, HEAP_BEST_YET);
            worst = hole;
        }
    }
    return worst;
}

HEAP_APART void *worst_fit_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return fit_alloc(h, bytes, align, largest_that_holds, true);
}

static void *worst_fit_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? worst_fit_alloc_told(h, bytes, align)
                           : fit_alloc(h, bytes, align, largest_that_holds, false);
}

const struct heap_ops heap_policy_worst_fit = {
    .name = "worst-fit",
    .summary = "the largest hole",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Knuth, The Art of Computer Programming 1, section 2.5",
    .complexity = "alloc O(holes), free O(1) beside a hole",
    .family = "a list of holes",
    .rung = 70,
    .state_bytes = sizeof(struct fit_state),
    .options = fit_options,
    .init = fit_init,
    .alloc = worst_fit_alloc,
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
