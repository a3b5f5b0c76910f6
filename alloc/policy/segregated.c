/* Simple segregated storage: sizes are rounded up to classes, each class has a list of free blocks, never merged.
 *
 *      a chunk, cut into blocks of one class:
 *      | run header | block size | size, USED | payload | size | next free | size, USED | payload | ... | rest |
 *
 *      lists:   32 -> free -> free      48 -> none      64 -> free      ...      over all chunks of the class
 *
 * This is the oldest of the segregated designs, and the one that shows most. Allocating is popping a list, freeing is
 * pushing on it: no search, no split, no merge, and the size in front of a block names its list. The price is paid
 * twice: inside blocks, for the rounding to classes, and outside, because a chunk stays with its class for ever.
 * Designs that split and merge between classes answer that (two-level fit, buddy); slab answers it by giving whole
 * chunks back.
 *
 * Classes: from the smallest block, 2 A, each doubling is divided into `spacing` steps of equal length (at least A). 1
 * gives the powers of two, of which a block wastes up to half; 4 wastes up to a fifth from 4 A on. A class is used if
 * two of its blocks fit a chunk.
 *
 * A larger request, or one with an alignment, cannot wait in a list, where its odd length would be of use to nobody
 * else: it takes whole units from the pool the chunks come from (runs.h), first fit, and its units return there and
 * merge.
 *
 * Invariants, besides R1 to R5 of the pool:
 *   I1  a chunk is cut into blocks of the size in its header, which is a class, as many as fit
 *   I2  a block's header is its size, with the lowest bit set while it is in use
 *   I3  the list of a class holds exactly the free blocks of its chunks
 *
 * Allocating, in steps:
 *   1. round the size up to its class
 *   2. pop the first block of its list
 *   3. there is none: take one unit from the pool, cut it up, put all blocks into the list by ascending address
 *
 * Everything freed: there is no one hole. Of the large blocks the largest is as long as the longest stretch without a
 * chunk; of the others each class gives out again as many as its chunks hold.
 *
 * Cost: O(1) where the list has a block, else O(blocks of a chunk). Free O(1). Large blocks O(free runs), both.
 * Source: Wilson and others 1995, section 3.6; the allocator of 4.2BSD (C. Kingsley, 1982) had the powers of two.
 * Beaten by: phases. What one size has used, no other size ever gets.
 */
#include "../runs.h"

/* A free block; of a used one only the header. */
struct piece {
    size_t header;
    struct piece *next;
};

struct chunk {
    struct run run;
    size_t block; /* whole bytes of each block: its class */
};

#define PIECE_HEADER sizeof(size_t)
#define PIECE_MIN (2 * HEAP_ALIGN)
#define PIECE_USED ((size_t)1)

/* Offset of the first block in a chunk: the one that makes its payload aligned. */
#define CHUNK_FIRST (((sizeof(struct chunk) + PIECE_HEADER + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1)) - PIECE_HEADER)

enum { CLASSES = 48, OPTION_SPACING = 0, OPTION_CHUNK = RUNS_OPTION_UNIT, SPACING_MAX = 4 };

struct seg_state {
    struct runs runs;
    struct piece *free[CLASSES];
};

_Static_assert(sizeof(struct seg_state) <= HEAP_STATE_WORDS * sizeof(uintptr_t), "the state fits the heap's scratch");
/* 2 A doubles at most 11 times below half of the largest chunk. */
_Static_assert((PIECE_MIN << 11) >= RUN_UNIT_MAX / 2 && 11 * SPACING_MAX < CLASSES, "every class has a list");

static struct seg_state *seg_state(struct heap *h)
{
    return heap_state(h);
}

/* ---- classes ---- */

struct seg_class {
    size_t block; /* whole bytes; 0: the size is no class's, but large */
    size_t index; /* of the list */
};

/* The smallest class that holds a block of that size. Lists above `index` are those of the sizes in (low, 2 low]. */
static struct seg_class class_for(const struct heap *h, size_t size)
{
    size_t spacing = h->options[OPTION_SPACING], most = (h->options[OPTION_CHUNK] - CHUNK_FIRST) / 2;
    size_t low = PIECE_MIN, index = 0;
    if (size > most)
        return (struct seg_class){0, 0};
    for (; size > 2 * low; low *= 2)
        index += spacing;
    size_t step, block = low;
    heap_round_up(low / spacing, HEAP_ALIGN, &step);
    for (; block < size; block += step)
        index++;
    if (block > 2 * low) /* the last step is shorter where `spacing` does not divide it */
        block = 2 * low;
    return block <= most ? (struct seg_class){block, index} : (struct seg_class){0, 0};
}

static struct seg_class class_of_request(const struct heap *h, size_t bytes)
{
    size_t size;
    return heap_add(bytes, PIECE_HEADER, &size) ? class_for(h, size) : (struct seg_class){0, 0};
}

static size_t seg_block_size(const struct heap *h, size_t bytes)
{
    size_t block = class_of_request(h, bytes).block;
    return block ? block : runs_large_size(h, bytes);
}

/* ---- chunks ---- */

static size_t blocks_of(const struct heap *h, const struct chunk *c)
{
    return (h->options[OPTION_CHUNK] - CHUNK_FIRST) / c->block;
}

static struct piece *piece_at(const struct chunk *c, size_t index)
{
    return (struct piece *)((uintptr_t)c + CHUNK_FIRST + index * c->block);
}

static void *payload_of(struct piece *p)
{
    return (unsigned char *)p + PIECE_HEADER;
}

static struct piece *piece_of(const void *payload)
{
    return (struct piece *)((uintptr_t)payload - PIECE_HEADER);
}

static bool is_used(const struct piece *p)
{
    return (p->header & PIECE_USED) != 0;
}

/* Whether a chunk's size of blocks is a class (I1). */
static bool is_sane_chunk(const struct heap *h, const struct chunk *c)
{
    return c->block >= PIECE_MIN && class_for(h, c->block).block == c->block;
}

static void push(struct heap *h, struct piece *p, size_t index)
{
    p->header &= ~PIECE_USED;
    p->next = seg_state(h)->free[index];
    seg_state(h)->free[index] = p;
}

/* One more chunk for the class; false if the pool has no unit. */
HEAP_TWICE bool cut_chunk(struct heap *h, struct seg_class class, bool tells)
{
    runs_tell_unit(h, tells);
    struct chunk *c = (struct chunk *)runs_take_unit(h);
    if (!c)
        return false;
    c->block = class.block;
    for (size_t i = blocks_of(h, c); i-- > 0;) {
        piece_at(c, i)->header = class.block;
        push(h, piece_at(c, i), class.index);
    }
    return true;
}

/* ---- operations ---- */

static enum heap_status seg_init(struct heap *h)
{
    runs_init(h);
    return HEAP_OK;
}

HEAP_TWICE void *take(struct heap *h, size_t bytes, size_t align, bool tells)
{
    struct seg_class class = class_of_request(h, bytes);
    if (class.block == 0 || align > HEAP_ALIGN)
        return tells ? runs_take_large_told(h, bytes, align) : runs_take_large(h, bytes, align);
    struct piece **list = &seg_state(h)->free[class.index];
    heap_note_look(h, tells, heap_class_look(*list, class.block, class.block));
    if (!*list && !cut_chunk(h, class, tells))
        return NULL;
    struct piece *p = *list;
    *list = p->next;
    p->header |= PIECE_USED;
    return payload_of(p);
}

HEAP_APART void *seg_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return take(h, bytes, align, true);
}

static void *seg_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? seg_alloc_told(h, bytes, align) : take(h, bytes, align, false);
}

static size_t seg_need(const struct heap *h, size_t bytes, size_t align)
{
    bool is_small = class_of_request(h, bytes).block > 0 && align == HEAP_ALIGN;
    return is_small ? runs_need_unit(h) : runs_need_large(h, bytes, align);
}

/* Whether a block of the chunk begins there. */
static bool is_piece_of(const struct heap *h, const struct chunk *c, const struct piece *p)
{
    size_t distance = (size_t)((uintptr_t)p - (uintptr_t)c) - CHUNK_FIRST; /* wraps below the first: too far */
    return is_sane_chunk(h, c) && distance / c->block < blocks_of(h, c) && distance % c->block == 0;
}

static struct heap_freed seg_free(struct heap *h, void *ptr)
{
    struct run *r = runs_find(h, ptr);
    if (!r)
        return runs_refuse(h, HEAP_FAULT_HEADER, ptr);
    struct heap_freed freed = {.status = HEAP_OK, .granted = run_size(r)};
    if (run_kind(r) == RUN_LARGE) {
        runs_give(h, r);
        return freed;
    }
    const struct chunk *c = (const struct chunk *)r;
    struct piece *p = piece_of(ptr);
    if (!is_piece_of(h, c, p))
        return runs_refuse(h, HEAP_FAULT_FREE_INTERIOR, ptr);
    if (p->header != (c->block | PIECE_USED))
        return runs_refuse(h, p->header == c->block ? HEAP_FAULT_DOUBLE_FREE : HEAP_FAULT_HEADER, ptr);
    freed.granted = c->block;
    push(h, p, class_for(h, c->block).index);
    return freed;
}

static bool block_in_chunk(const struct heap *h, const struct run *r, const void *ptr, size_t *size, size_t *front)
{
    const struct chunk *c = (const struct chunk *)r;
    *size = c->block;
    *front = PIECE_HEADER;
    return is_piece_of(h, c, piece_of(ptr)) && piece_of(ptr)->header == (c->block | PIECE_USED);
}

static size_t seg_usable(const struct heap *h, const void *ptr)
{
    return runs_usable(h, ptr, block_in_chunk);
}

static size_t seg_granted(const struct heap *h, const void *ptr)
{
    return runs_granted(h, ptr, block_in_chunk);
}

static bool seg_resize(struct heap *h, void *ptr, size_t bytes)
{
    return runs_resize(h, ptr, bytes, block_in_chunk);
}

/* ---- walk and check ---- */

static bool walk_chunk(struct heap *h, const struct run *r, struct runs_walk *w)
{
    const struct chunk *c = (const struct chunk *)r;
    size_t offset = (size_t)((uintptr_t)c - (uintptr_t)h->base), next = offset + CHUNK_FIRST;
    if (!is_sane_chunk(h, c)) /* I1 */
        return heap_blame(h, HEAP_FAULT_HEADER, c);
    runs_visit(w, HEAP_META, offset, CHUNK_FIRST);
    for (size_t i = 0; i < blocks_of(h, c); i++, next += c->block) {
        const struct piece *p = piece_at(c, i);
        if ((p->header & ~PIECE_USED) != c->block) /* I2 */
            return heap_blame(h, HEAP_FAULT_HEADER, p);
        if (!runs_visit(w, is_used(p) ? HEAP_USED : HEAP_FREE, next, c->block))
            return true;
    }
    runs_visit(w, HEAP_META, next, offset + run_size(r) - next);
    return true;
}

static bool seg_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    return runs_walk(h, visit, context, walk_chunk);
}

/* Whether p, any address, is a free block of that class. */
static bool is_free_piece(const struct heap *h, const struct piece *p, size_t index)
{
    const struct run *r = runs_find(h, (const void *)((uintptr_t)p + PIECE_HEADER));
    const struct chunk *c = (const struct chunk *)r;
    return r && run_kind(r) == RUN_CUT && is_piece_of(h, c, p) && p->header == c->block &&
           class_for(h, c->block).index == index;
}

/* The free blocks class after class, then the free runs, of which new chunks are cut. */
static bool seg_list(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct runs_walk w = {.visit = visit, .context = context};
    for (size_t i = 0; i < CLASSES; i++) {
        for (const struct piece *p = seg_state(h)->free[i]; p; p = p->next)
            runs_visit(&w, HEAP_FREE, (size_t)((uintptr_t)p - (uintptr_t)h->base), p->header);
    }
    runs_list(h, &w);
    return true;
}

/* I3 from the side of the lists; *listed: how many blocks they have together. No list can have more than all that fit the region:
 * so a circle ends. */
static bool check_lists(struct heap *h, size_t *listed)
{
    const size_t most = h->committed / PIECE_MIN;
    *listed = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        for (const struct piece *p = seg_state(h)->free[i]; p; p = p->next) {
            if (!is_free_piece(h, p, i) || ++*listed > most)
                return heap_blame(h, HEAP_FAULT_LIST, p);
        }
    }
    return true;
}

static bool seg_check_free(struct heap *h)
{
    size_t listed;
    return runs_check_free(h) && check_lists(h, &listed);
}

/* Only runs are joined and cut; where no run can be believed to be, free and resize refuse. */
static bool seg_check_beside(struct heap *h, const void *ptr)
{
    const struct run *r = runs_find(h, ptr);
    return !r || run_kind(r) == RUN_CUT || runs_check_beside(h, r);
}

static bool seg_check(struct heap *h)
{
    size_t waiting = 0, listed;
    if (!runs_check(h) || !check_lists(h, &listed))
        return false;
    for (const struct run *r = runs_first(h); r; r = runs_above(h, r)) {
        const struct chunk *c = (const struct chunk *)r;
        for (size_t i = 0; run_kind(r) == RUN_CUT && i < blocks_of(h, c); i++)
            waiting += !is_used(piece_at(c, i));
    }
    return listed == waiting || heap_blame(h, HEAP_FAULT_LIST, h->base); /* I3 */
}

static const struct heap_option seg_options[] = {
    [OPTION_SPACING] = {.key = "spacing",
                        .help = "classes for each doubling of the size; 1: powers of two",
                        .min = 1,
                        .max = SPACING_MAX,
                        .fallback = 4,
                        .multiple = 1},
    [OPTION_CHUNK] = {.key = "chunk",
                      .help = "bytes that a class gets at once, and the unit of large blocks",
                      .min = RUN_UNIT_MIN,
                      .max = RUN_UNIT_MAX,
                      .fallback = 1024,
                      .multiple = RUN_UNIT_MIN},
    {.key = NULL},
};

const struct heap_ops heap_policy_segregated = {
    .name = "segregated",
    .summary = "a list of free blocks for each size class, never merged",
    .rule = "a free block of the class, else a new chunk's first",
    .sizing = "up to the next class; beyond the classes up to whole units",
    .source = "Wilson, Johnstone, Neely and Boles, Dynamic Storage Allocation, 1995, section 3.6",
    .complexity = "alloc and free O(1), O(chunk) for a new one, O(free runs) if large",
    .family = "classes of sizes",
    .rung = 90,
    .state_bytes = sizeof(struct seg_state),
    .options = seg_options,
    .init = seg_init,
    .alloc = seg_alloc,
    .free = seg_free,
    .resize = seg_resize,
    .need = seg_need,
    .extend = runs_extend,
    .usable = seg_usable,
    .granted = seg_granted,
    .walk = seg_walk,
    .list = seg_list,
    .check_free = seg_check_free,
    .check_beside = seg_check_beside,
    .check = seg_check,
    .block_size = seg_block_size,
    .origin = RUN_HEADER,
    .fixed = 0,
};
