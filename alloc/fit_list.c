/* The fit family's list of holes: where a hole enters it, but for the usual case, which is in fit.c; and whether it is sound.
 *
 *   address   behind the hole directly below
 *   lifo      in front: no search at all
 *   fifo      behind all: the same
 *   size      from the front past all that are smaller, or as large and lower: O(holes)
 */
#include "fit_list.h"

/* Whether b comes before `other` in a list by size. */
static bool is_smaller(const struct block *b, const struct block *other)
{
    size_t size = block_size(b), other_size = block_size(other);
    return size < other_size || (size == other_size && b < other);
}

/* The entry that hole b must stand in front of; NULL: behind all. By address it must have a hole directly below. */
static struct block *entry_behind(struct heap *h, struct block *b)
{
    struct block *hole = fit_first_hole(h);
    switch (fit_order(h)) {
    case FIT_ORDER_ADDRESS:
        return block_prev_hole(b)->next_hole;
    case FIT_ORDER_LIFO:
        return hole;
    case FIT_ORDER_FIFO:
        return NULL;
    case FIT_ORDER_SIZE:
        break;
    }
    while (hole && is_smaller(hole, b))
        hole = hole->next_hole;
    return hole;
}

void fit_list_insert(struct heap *h, struct block *b)
{
    struct block *next = entry_behind(h, b);
    fit_list_link(h, b, next ? next->prev_hole : fit_state(h)->last_hole, next);
}

void fit_list_reenter(struct heap *h, struct block *b)
{
    fit_list_remove(h, b);
    fit_list_insert(h, b);
}

struct block *fit_list_above(const struct heap *h, const struct block *b)
{
    struct block *hole = fit_first_hole(h);
    while (hole && hole < b)
        hole = hole->next_hole;
    return hole;
}

/* ---- judging ---- */

static bool is_hole(const struct heap *h, struct block *b)
{
    return fit_is_sound_hole(h, b, fit_merge(h) != FIT_MERGE_EAGER);
}

bool fit_list_has(const struct heap *h, struct block *b)
{
    const struct fit_state *s = heap_state_const(h);
    if (!is_hole(h, b))
        return false;
    struct block *prev = b->prev_hole, *next = b->next_hole;
    return (prev ? is_hole(h, prev) && prev->next_hole == b : s->first_hole == b) &&
           (next ? is_hole(h, next) && next->prev_hole == b : s->last_hole == b);
}

/* Whether `hole` may stand behind `prev`; NULL: it is the first. */
static bool is_in_order(const struct heap *h, const struct block *prev, const struct block *hole)
{
    if (!prev || fit_order(h) == FIT_ORDER_LIFO || fit_order(h) == FIT_ORDER_FIFO)
        return true;
    return fit_order(h) == FIT_ORDER_ADDRESS ? prev < hole : is_smaller(prev, hole);
}

/* I6, as far as the list can tell: where the rover sees a hole, the list has one. */
static bool is_sound_rover(const struct heap *h)
{
    struct block *rover = fit_rover(h);
    const struct block *end = block_end_mark(h);
    if (rover == end)
        return true;
    return rover >= block_first(h) && rover < end && heap_is_aligned((uintptr_t)block_payload(rover), HEAP_ALIGN) &&
           (block_is_used(rover) || fit_list_has(h, rover));
}

bool fit_list(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct heap_extent extent = {.kind = HEAP_FREE};
    for (const struct block *hole = fit_first_hole(h); hole; hole = hole->next_hole) {
        extent.offset = (size_t)((uintptr_t)hole - (uintptr_t)h->base);
        extent.size = block_size(hole);
        if (!visit(context, &extent))
            break;
    }
    return true;
}

/* It ends: an entry met twice would need two entries before it. */
bool fit_list_check(struct heap *h, struct fit_holes *listed)
{
    const struct fit_state *s = heap_state_const(h);
    const struct block *end = block_end_mark(h);
    struct block *prev = NULL;
    bool touches_end = false;
    *listed = (struct fit_holes){0};
    for (struct block *hole = s->first_hole; hole; prev = hole, hole = hole->next_hole) { /* I5 */
        if (!is_hole(h, hole) || hole->prev_hole != prev || !is_in_order(h, prev, hole))
            return heap_blame(h, HEAP_FAULT_LIST, prev ? prev : hole);
        touches_end = touches_end || block_next(hole) == end;
        fit_holes_add(h, listed, hole);
    }
    if (s->last_hole != prev) /* I5 */
        return heap_blame(h, HEAP_FAULT_LIST, s->last_hole);
    if (!fit_is_sound_end(h, touches_end))
        return heap_blame(h, HEAP_FAULT_HEADER, end);
    return is_sound_rover(h) || heap_blame(h, HEAP_FAULT_LIST, s->rover);
}
