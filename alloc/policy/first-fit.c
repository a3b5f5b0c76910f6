/* First fit: the lowest hole that is large enough, or the first of the list in another order.
 *
 *      request 24:   | used | 16 | used | 48 | used | 32 |
 *                             no          ^ taken: 24 of it, 24 remain a hole
 *
 * Layout, splitting, merging and invariants are the family's: block.h, fit.h. The search follows the list of holes, upward by
 * address unless `order` says otherwise, and stops at the first that holds the request.
 *
 * Cost: alloc O(holes) up to the hole taken, often near the start; free O(1) beside a hole, else the way to the nearest one.
 * Beaten by: best-wins. Small requests nibble at the large low hole that a later large request would have needed whole.
 */
#include "../fit.h"

HEAP_TWICE struct block *first_that_holds(struct heap *h, const struct fit_request *request, bool tells)
{
    for (struct block *hole = fit_first_hole(h); hole; hole = hole->next_hole) {
        heap_note_probe(h);
        bool holds = fit_holds(hole, request);
        fit_tell(h, tells, hole, holds ? HEAP_TAKEN : fit_why_not(hole, request));
        if (holds)
            return hole;
    }
    return NULL;
}

HEAP_APART void *first_fit_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return fit_alloc(h, bytes, align, first_that_holds, true);
}

static void *first_fit_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? first_fit_alloc_told(h, bytes, align)
                           : fit_alloc(h, bytes, align, first_that_holds, false);
}

/* The first of its list is the lowest only if the list is by address. */
static const char *first_fit_rule(const struct heap *h)
{
    if (fit_order(h) == FIT_ORDER_ADDRESS)
        return heap_rule(h->ops);
    if (fit_order(h) == FIT_ORDER_SIZE)
        return "the first in its list, the smallest that is large enough";
    return "the first hole in its list that is large enough";
}

const struct heap_ops heap_policy_first_fit = {
    .name = "first-fit",
    .summary = "the lowest hole that is large enough",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Knuth, The Art of Computer Programming 1, section 2.5, algorithm A",
    .complexity = "alloc O(holes), free O(1) beside a hole",
    .family = "a list of holes",
    .rung = 50,
    .state_bytes = sizeof(struct fit_state),
    .options = fit_options,
    .init = fit_init,
    .alloc = first_fit_alloc,
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
    .rule_of = first_fit_rule,
    .origin = FIT_ORIGIN,
    .fixed = FIT_FIXED,
};
