/* The block format of the fit family: a header in front, and in a free block its size once more at the end.
 *
 *      used block                               free block (a hole)
 *      +--------------------------+             +--------------------------+
 *      | size | PREV_USED | USED  |  header     | size | PREV_USED |   0   |  header
 *      +--------------------------+             +--------------------------+
 *      | payload                  |             | next hole                |
 *      | (A-aligned)              |             | previous hole            |
 *      |                          |             | ...                      |
 *      |                          |             | size                     |  boundary tag
 *      +--------------------------+             +--------------------------+
 *
 *      region:  | pad | block | block | ... | block | end mark |
 *                     ^ A - header (mod A)            ^ a header alone: size 0, USED
 *
 * The header is one word. Sizes are multiples of A = HEAP_ALIGN, so the low bits are free for the two flags:
 *   USED        the block is in use
 *   PREV_USED   the block below it in memory is in use (the first block's too: nothing lies below)
 * The boundary tag lets a freed block find the start of a hole below it: D. Knuth, The Art of Computer Programming,
 * volume 1, section 2.5, algorithm C.
 *
 * Invariants (checked by fit_walk and fit_check_blocks in fit_blocks.c):
 *   I1  blocks tile the region from the first block to the end mark
 *   I2  PREV_USED of a block equals USED of the block below
 *   I3  a free block's boundary tag equals its size
 *   I4  no two free blocks touch (where free blocks are merged at once; see `merge` in fit.h)
 */
#ifndef ALLOC_BLOCK_H
#define ALLOC_BLOCK_H

#include <alloc/heap_ops.h>

struct block {
    size_t header;
    /* The payload begins here. In a hole it begins with the list links: */
    struct block *next_hole, *prev_hole;
};

enum {
    BLOCK_USED = 1,
    BLOCK_PREV_USED = 2,
    BLOCK_FLAGS = BLOCK_USED | BLOCK_PREV_USED,
};

#define BLOCK_HEADER sizeof(size_t)
#define BLOCK_PAD (HEAP_ALIGN - BLOCK_HEADER)             /* before the first header */
#define BLOCK_MIN (sizeof(struct block) + sizeof(size_t)) /* header, two links, boundary tag */

_Static_assert(offsetof(struct block, next_hole) == BLOCK_HEADER, "the payload follows the header");
_Static_assert(BLOCK_MIN == 2 * HEAP_ALIGN, "smallest block: 32 bytes on 64-bit machines, 16 on 32-bit ones");

static inline size_t block_size(const struct block *b)
{
    return b->header & ~(size_t)BLOCK_FLAGS;
}

static inline bool block_is_used(const struct block *b)
{
    return (b->header & BLOCK_USED) != 0;
}

static inline bool block_is_prev_used(const struct block *b)
{
    return (b->header & BLOCK_PREV_USED) != 0;
}

static inline void *block_payload(struct block *b)
{
    return (unsigned char *)b + BLOCK_HEADER;
}

static inline struct block *block_of(const void *payload)
{
    return (struct block *)((uintptr_t)payload - BLOCK_HEADER);
}

static inline struct block *block_at(struct block *b, size_t distance)
{
    return (struct block *)((unsigned char *)b + distance);
}

static inline struct block *block_next(struct block *b)
{
    return block_at(b, block_size(b));
}

/* The last word of a block: where a hole repeats its size. */
static inline size_t *block_tag(struct block *b)
{
    return (size_t *)block_at(b, block_size(b) - sizeof(size_t));
}

/* The hole below b. Only if b is not PREV_USED. */
static inline struct block *block_prev_hole(struct block *b)
{
    size_t below = *((size_t *)b - 1);
    return (struct block *)((unsigned char *)b - below);
}

/* Its payload is the lowest of all. What lies below its header is the policy's own, the pad at least. */
static inline struct block *block_first(const struct heap *h)
{
    return (struct block *)(h->base + h->ops->origin - BLOCK_HEADER);
}

static inline struct block *block_end_mark(const struct heap *h)
{
    return (struct block *)(h->base + h->committed - BLOCK_HEADER);
}

/* Writes a hole's header and tag; the block below it is in use (I4), and the block above learns of it (I2). */
static inline void block_mark_free(struct block *b, size_t size)
{
    b->header = size | BLOCK_PREV_USED;
    *block_tag(b) = size;
    block_next(b)->header &= ~(size_t)BLOCK_PREV_USED;
}

/* The same where the block below it may be free: the flag about it stays as it is. */
static inline void block_mark_free_apart(struct block *b, size_t size)
{
    b->header = size | (b->header & BLOCK_PREV_USED);
    *block_tag(b) = size;
    block_next(b)->header &= ~(size_t)BLOCK_PREV_USED;
}

/* Writes a used block's header, the flag about the block below it unchanged. */
static inline void block_mark_used(struct block *b, size_t size)
{
    b->header = size | BLOCK_USED | (b->header & BLOCK_PREV_USED);
    block_next(b)->header |= BLOCK_PREV_USED;
}

/* Block size for a request: max(BLOCK_MIN, round_up(bytes + header, A)); 0 if that does not fit a size_t. */
static inline size_t block_size_for(size_t bytes)
{
    size_t size;
    if (!heap_add(bytes, BLOCK_HEADER, &size) || !heap_round_up(size, HEAP_ALIGN, &size))
        return 0;
    return size < BLOCK_MIN ? BLOCK_MIN : size;
}

#endif
