/* What the fit family shares: everything except the choice of the hole. Placement rules: docs/block-format.md.
 *
 * The first half needs blocks only (fit_blocks.c). The second keeps the holes in one list (fit.c, fit_list.c), in the order that
 * the option `order` says: a policy with that list is a search over it; it hands the search to fit_alloc, and takes every other
 * operation from here.
 */
#ifndef ALLOC_FIT_H
#define ALLOC_FIT_H

#include "block.h"

/* ---- the family's options: the table, and its values. A table that ends before `order` means the list by address ---- */

enum { FIT_OPTION_MERGE, FIT_OPTION_SPLIT, FIT_OPTION_ORDER };

enum fit_merge {
    FIT_MERGE_EAGER,    /* a freed block joins the holes it touches: I4 holds */
    FIT_MERGE_DEFERRED, /* all holes that touch are joined in one pass, when none will do */
    FIT_MERGE_NEVER,    /* not even growth joins a hole at the region's end */
};

#define FIT_SPLIT_MAX ((size_t)1 << 20)

enum fit_order { FIT_ORDER_ADDRESS, FIT_ORDER_LIFO, FIT_ORDER_FIFO, FIT_ORDER_SIZE };

extern const struct heap_option fit_options[], fit_options_by_address[];

static inline enum fit_merge fit_merge(const struct heap *h)
{
    return (enum fit_merge)h->options[FIT_OPTION_MERGE];
}

/* Least size of a remainder that becomes a hole: a multiple of A, at least BLOCK_MIN. */
static inline size_t fit_split(const struct heap *h)
{
    return h->options[FIT_OPTION_SPLIT];
}

static inline enum fit_order fit_order(const struct heap *h)
{
    return (enum fit_order)h->options[FIT_OPTION_ORDER];
}

/* ---- blocks ---- */

/* A request in the terms of the search. */
struct fit_request {
    size_t size;  /* whole block, a multiple of A, at least BLOCK_MIN */
    size_t align; /* of the payload, at least A */
    size_t split; /* least size of a remainder that becomes a hole, at least BLOCK_MIN */
};

/* The request for an allocation, with a `split` of BLOCK_MIN; false if no heap can ever hold it. */
static inline bool fit_request_for(struct fit_request *request, size_t bytes, size_t align)
{
    *request = (struct fit_request){.size = block_size_for(bytes), .align = align, .split = BLOCK_MIN};
    return request->size != 0;
}

/* Front gap inside a hole at b: bytes from b to the block whose payload is the lowest aligned one with a gap of 0 or at
 * least BLOCK_MIN. */
size_t fit_front_gap(const struct block *b, size_t align);

/* Whether hole b can hold the request. */
static inline bool fit_holds(const struct block *b, const struct fit_request *request)
{
    size_t size = block_size(b);
    if (request->align == HEAP_ALIGN)
        return request->size <= size;
    size_t gap = fit_front_gap(b, request->align);
    return gap <= size && request->size <= size - gap;
}

/* If the search tells: what it thinks of block b, which is a probe already. */
static inline void fit_tell(struct heap *h, bool tells, const struct block *b, enum heap_verdict verdict)
{
    heap_tell_look(h, tells, heap_block_look(b, block_size(b), verdict));
}

/* The verdict on hole b, which does not hold the request. */
static inline enum heap_verdict fit_why_not(const struct block *b, const struct fit_request *request)
{
    return heap_why_not(block_size(b), request->size);
}

/* Makes the low part of `hole`, which holds the request, a used block and returns it. It is not `hole` if a front gap stays
 * below it. *rest: what was cut off above it, a hole, or NULL. */
struct block *fit_cut(struct heap *h, struct block *hole, const struct fit_request *request, struct block **rest);

/* Cuts `size` bytes off the low end of used block b if what remains is at least `least`, itself at least BLOCK_MIN; the rest
 * becomes a hole. Returns the rest, not yet joined with what lies above, or NULL. */
struct block *fit_split_tail(struct heap *h, struct block *b, size_t size, size_t least);

/* Whether the size of b, a block before the end mark, leads to where another block or the end mark can be. */
static inline bool fit_leads_on(const struct block *b, const struct block *end_mark)
{
    size_t room = (size_t)((uintptr_t)end_mark - (uintptr_t)b), size = block_size(b);
    return size >= BLOCK_MIN && size <= room && heap_is_aligned(size, HEAP_ALIGN);
}

/* Whether b's header and those around it agree; false after blaming. b lies in the region, its payload aligned. */
bool fit_is_sound_used(struct heap *h, struct block *b);

/* Whether a hole that ends at b, which lies above the first block, says so at both its ends. */
static inline bool fit_has_hole_below(const struct heap *h, struct block *b)
{
    size_t below = *((size_t *)b - 1);
    return below >= BLOCK_MIN && below <= (size_t)((uintptr_t)b - (uintptr_t)block_first(h)) &&
           heap_is_aligned(below, HEAP_ALIGN) && block_size(block_prev_hole(b)) == below &&
           !block_is_used(block_prev_hole(b));
}

/* Whether b, any address, is a hole as far as its own words and the headers beside it tell (I2 to I4). */
bool fit_is_sound_hole(const struct heap *h, struct block *b, bool may_touch);

/* Whether the end mark is one, and says rightly whether a hole lies below it. */
bool fit_is_sound_end(const struct heap *h, bool has_hole_below);

/* Whether used block b can hold `bytes` where it stands, alone or with a hole directly above it; *wanted: the whole size that
 * takes. False after blaming if b is damaged. */
static inline bool fit_has_room_for(struct heap *h, struct block *b, size_t bytes, size_t *wanted)
{
    *wanted = block_size_for(bytes);
    if (*wanted == 0 || !fit_is_sound_used(h, b))
        return false;
    const struct block *above = block_next(b);
    size_t size = block_size(b);
    return *wanted <= size || (!block_is_used(above) && *wanted - size <= block_size(above));
}

/* The same as the answer to a free: HEAP_OK and the block's size, or what to refuse it with. */
struct heap_freed fit_judge_free(struct heap *h, struct block *b);

/* Lays out an empty heap: a first hole and the end mark. HEAP_BAD_REGION: there is room, but not for a block. */
enum heap_status fit_lay_out(struct heap *h);

/* Makes the `added` new bytes a hole, or part of the hole that ends there; returns that hole. */
struct block *fit_append_free(struct heap *h, size_t added);

/* Makes them a hole of their own, at least BLOCK_MIN bytes. */
struct block *fit_append_apart(struct heap *h, size_t added);

/* For the pass of FIT_MERGE_DEFERRED, upward from the first block: the lowest hole at b or above with a hole directly above it.
 * NULL: there is none, or the pass has met a damaged header, which it blames. b is a block or the end mark. Each block looked at
 * is a probe, and told. */
struct block *fit_touching_from(struct heap *h, struct block *b);

/* Joins hole b with a hole directly above it and returns that one, whose links may still be read; NULL: nothing to join. */
struct block *fit_join_above(struct heap *h, struct block *b);

/* Whether a search that found no hole is to be followed by that pass: not for a request beyond what the region may reach. */
static inline bool fit_may_join(const struct heap *h, const struct fit_request *request)
{
    return fit_merge(h) == FIT_MERGE_DEFERRED && request->size <= h->reserved;
}

/* Whether a pass that began with that many merges has joined holes, and met no damage: then a search is worth repeating. */
static inline bool fit_has_joined(const struct heap *h, uint64_t merges_before)
{
    return h->counters.merges != merges_before && h->fault.class == HEAP_FAULT_NONE;
}

/* Invariants I1 to I4; false after blaming. The walk has passed. */
bool fit_check_blocks(struct heap *h);

/* The same for a policy with the family's options: I4 under FIT_MERGE_EAGER alone. */
bool fit_check_family(struct heap *h);

/* The operations of heap_ops.h that need no list of holes; fit_need is for policies with the family's options. */
size_t fit_need(const struct heap *h, size_t bytes, size_t align);
size_t fit_usable(const struct heap *h, const void *ptr);
size_t fit_granted(const struct heap *h, const void *ptr);
size_t fit_block_size(const struct heap *h, size_t bytes);
bool fit_walk(struct heap *h, heap_visit_fn *visit, void *context);

/* ---- with the list of holes ---- */

struct fit_state {
    struct block *first_hole, *last_hole; /* NULL: no hole */
    struct block *rover;                  /* next-fit's: a block, or the end mark; never inside a block */
};

static inline struct block *fit_first_hole(const struct heap *h)
{
    return ((const struct fit_state *)heap_state_const(h))->first_hole;
}

static inline struct block *fit_rover(const struct heap *h)
{
    return ((const struct fit_state *)heap_state_const(h))->rover;
}

/* Moves the rover to the end of the block whose payload this is. */
void fit_set_rover(struct heap *h, void *payload);

/* The lowest hole that begins at b or above, NULL: none. b is a block or the end mark. */
struct block *fit_hole_from(struct heap *h, struct block *b);

/* Hands out the low part of `hole`, which holds the request, and returns the payload. */
void *fit_place(struct heap *h, struct block *hole, const struct fit_request *request);

/* Under FIT_MERGE_DEFERRED joins all holes that touch; whether the search for the request is worth repeating. */
bool fit_join_all(struct heap *h, const struct fit_request *request);

/* A search: a hole that holds the request, or NULL. Each hole it looks at is a probe, of which it tells once what it thinks. */
typedef struct block *fit_search_fn(struct heap *h, const struct fit_request *request, bool tells);

/* An allocation of the family: the request, the policy's search, the placing. Inline, so that each policy has its own loops. */
HEAP_TWICE void *fit_alloc(struct heap *h, size_t bytes, size_t align, fit_search_fn *search, bool tells)
{
    struct fit_request request;
    struct block *hole;
    if (!fit_request_for(&request, bytes, align))
        return NULL;
    request.split = fit_split(h);
    do
        hole = search(h, &request, tells);
    while (!hole && fit_join_all(h, &request));
    return hole ? fit_place(h, hole, &request) : NULL;
}

/* The other operations of heap_ops.h; none depends on the search. */
enum heap_status fit_init(struct heap *h);
struct heap_freed fit_free(struct heap *h, void *ptr);
bool fit_resize(struct heap *h, void *ptr, size_t bytes);
void fit_extend(struct heap *h, size_t added);
bool fit_list(struct heap *h, heap_visit_fn *visit, void *context);
bool fit_check(struct heap *h);
bool fit_check_free(struct heap *h);
bool fit_check_beside(struct heap *h, const void *ptr);

/* Lowest payload offset, and the bytes fixed in the region: the pad and the end mark. */
#define FIT_ORIGIN HEAP_ALIGN
#define FIT_FIXED (BLOCK_PAD + BLOCK_HEADER)

#endif
