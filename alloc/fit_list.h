/* The fit family's list of holes, in the order of the option `order`. Between fit.c and fit_list.c; policies see fit.h alone.
 *
 * Where a hole stands (docs/block-format.md has the same rules):
 *
 *                                          address     lifo, fifo             size
 *   a block freed, cut off or added        its place   in front, behind all   its place: by size, then by address
 *   a hole joined with such a block        its place   enters anew            its place
 *   what is left of a hole handed out      its place   the hole's place       its place
 */
#ifndef ALLOC_FIT_LIST_H
#define ALLOC_FIT_LIST_H

#include "fit.h"

static inline struct fit_state *fit_state(struct heap *h)
{
    return heap_state(h);
}

/* Makes b the list's entry between `prev` and `next`; NULL: the list's end. Whatever stood between them is out. */
static inline void fit_list_link(struct heap *h, struct block *b, struct block *prev, struct block *next)
{
    struct fit_state *s = fit_state(h);
    b->prev_hole = prev;
    b->next_hole = next;
    *(prev ? &prev->next_hole : &s->first_hole) = b;
    *(next ? &next->prev_hole : &s->last_hole) = b;
}

static inline void fit_list_remove(struct heap *h, struct block *b)
{
    struct fit_state *s = fit_state(h);
    *(b->prev_hole ? &b->prev_hole->next_hole : &s->first_hole) = b->next_hole;
    *(b->next_hole ? &b->next_hole->prev_hole : &s->last_hole) = b->prev_hole;
}

/* Puts hole b, its header written, into the list where the order wants it; by address only if a hole lies directly below. */
void fit_list_insert(struct heap *h, struct block *b);

/* Hole b leaves the list and enters it again. Not by address: there it stands where it must. */
void fit_list_reenter(struct heap *h, struct block *b);

/* Hole b, in the list, has been joined with what became free beside it: by address it stays, else it enters anew. */
static inline void fit_list_joined(struct heap *h, struct block *b)
{
    if (fit_order(h) != FIT_ORDER_ADDRESS)
        fit_list_reenter(h, b);
}

/* Hole b, in the list, is what is left of a larger one in its place: by size it moves, else it stays. */
static inline void fit_list_shrunk(struct heap *h, struct block *b)
{
    if (fit_order(h) == FIT_ORDER_SIZE)
        fit_list_reenter(h, b);
}

/* The lowest hole above b in a list by address, found by the list alone; NULL: there is none. */
struct block *fit_list_above(const struct heap *h, const struct block *b);

/* Holes, by number and by the sum of their offsets from the base. */
struct fit_holes {
    size_t count;
    uintptr_t offsets;
};

static inline void fit_holes_add(const struct heap *h, struct fit_holes *holes, const struct block *b)
{
    holes->count++;
    holes->offsets += (uintptr_t)b - (uintptr_t)h->base;
}

/* Whether the list holds together, in its order, with sound holes alone, and tells them; false after blaming. Each entry is judged
 * before it is followed. */
bool fit_list_check(struct heap *h, struct fit_holes *listed);

/* Whether b, any address, is a sound hole and its neighbours in the list know it. */
bool fit_list_has(const struct heap *h, struct block *b);

#endif
