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

/* Whether an entry lies where a block can lie and looks like a hole. */
static bool is_hole(const struct heap *h, struct block *b)
{
    const struct block *end = block_end_mark(h);
    return b >= block_first(h) && b < end && heap_is_aligned((uintptr_t)block_payload(b), HEAP_ALIGN) &&
           fit_leads_on(b, end) && !block_is_used(b) && *block_tag(b) == block_size(b);
}

/* Whether `hole` may stand behind `prev`; NULL: it is the first. */
static bool is_in_order(const struct heap *h, const struct block *prev, const struct block *hole)
{
    if (!prev || fit_order(h) == FIT_ORDER_LIFO || fit_order(h) == FIT_ORDER_FIFO)
        return true;
    return fit_order(h) == FIT_ORDER_ADDRESS ? prev < hole : is_smaller(prev, hole);
}

bool fit_list_check(struct heap *h, size_t holes, uintptr_t offsets)
{
    const struct fit_state *s = heap_state_const(h);
    struct block *prev = NULL;
    for (struct block *hole = s->first_hole; hole; prev = hole, hole = hole->next_hole) { /* I5 */
        if (holes-- == 0 || !is_hole(h, hole) || hole->prev_hole != prev || !is_in_order(h, prev, hole))
            return heap_blame(h, HEAP_FAULT_LIST, prev ? prev : hole);
        offsets -= (uintptr_t)hole - (uintptr_t)h->base;
    }
    return (holes == 0 && offsets == 0 && s->last_hole == prev) || heap_blame(h, HEAP_FAULT_LIST, s->last_hole);
}
