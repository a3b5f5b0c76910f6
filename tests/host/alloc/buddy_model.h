/* Binary buddy as its rules say, for comparison: a plain list of blocks by place, no lists of free ones, no address bits.
 *
 *   - A place is where a payload begins, counted from the multiple of HEAP_REGION_ALIGN at or below the base. The word in front of
 *     it is the header. Blocks are powers of two, at least `smallest`, and stand at multiples of their size.
 *   - A request takes the free block of the smallest size that is enough for it and for its alignment; among equals the one that
 *     became free last. It keeps the lowest part, halving as long as the half is enough, the larger halves first.
 *   - Of two free halves of a block nothing stays but the block.
 *   - A block grows in place over the high halves above it if all are free.
 *   - Growth makes room for a block of the size sought, at the first place behind the last used block where one may stand. New
 *     bytes are freed from low to high, each time the largest block that may stand there and fits.
 *
 * Everything is slow on purpose: searches from the start, sizes by doubling. */
#ifndef TESTS_BUDDY_MODEL_H
#define TESTS_BUDDY_MODEL_H

#include "alloc_region.h"

enum { BM_BLOCKS_MAX = 8192 };

#define BM_NONE SIZE_MAX

struct bm_block {
    uint64_t place, size;
    bool is_used;
    uint64_t freed; /* when it became free: the later, the larger */
};

struct buddy_model {
    uint64_t smallest, base, committed, limit, grain; /* base: the place of the region's first byte */
    uint64_t now, splits, merges, grows;
    size_t count;
    struct bm_block blocks[BM_BLOCKS_MAX]; /* ascending, without gaps */
};

static inline uint64_t bm_first(const struct buddy_model *m)
{
    uint64_t place = m->smallest;
    while (place < m->base + WORD)
        place += m->smallest;
    return place;
}

/* Where the blocks end. */
static inline uint64_t bm_end(const struct buddy_model *m)
{
    return m->count > 0 ? m->blocks[m->count - 1].place + m->blocks[m->count - 1].size : bm_first(m);
}

static inline void bm_insert(struct buddy_model *m, size_t at, struct bm_block b)
{
    assert_true(m->count < BM_BLOCKS_MAX);
    memmove(&m->blocks[at + 1], &m->blocks[at], (m->count++ - at) * sizeof b);
    m->blocks[at] = b;
}

static inline void bm_remove(struct buddy_model *m, size_t at)
{
    memmove(&m->blocks[at], &m->blocks[at + 1], (--m->count - at) * sizeof m->blocks[0]);
}

/* Whether blocks `at` and the next one are the two halves of a block, both free. */
static inline bool bm_are_halves(const struct buddy_model *m, size_t at)
{
    const struct bm_block *low = &m->blocks[at], *high = low + 1;
    return at + 1 < m->count && !low->is_used && !high->is_used && low->size == high->size &&
           low->place % (2 * low->size) == 0;
}

static inline void bm_make_free(struct buddy_model *m, size_t at)
{
    m->blocks[at].is_used = false;
    for (;;) {
        if (at > 0 && bm_are_halves(m, at - 1))
            at--;
        else if (!bm_are_halves(m, at))
            break;
        m->blocks[at].size *= 2;
        bm_remove(m, at + 1);
        m->merges++;
    }
    m->blocks[at].freed = ++m->now;
}

/* Makes blocks of all bytes that are committed and in none yet. */
static inline void bm_append(struct buddy_model *m)
{
    for (uint64_t place = bm_end(m); place - WORD + m->smallest <= m->base + m->committed; place = bm_end(m)) {
        uint64_t size = m->smallest, end = m->base + m->committed + WORD;
        while (place % (2 * size) == 0 && 2 * size <= end - place)
            size *= 2;
        bm_insert(m, m->count, (struct bm_block){.place = place, .size = size, .is_used = true});
        bm_make_free(m, m->count - 1);
    }
}

static inline void bm_begin(struct buddy_model *m, const struct heap *h, size_t smallest)
{
    *m = (struct buddy_model){.smallest = smallest, .committed = h->committed, .limit = h->reserved};
    m->base = (uintptr_t)h->base % HEAP_REGION_ALIGN;
    m->grain = h->grow ? h->grain : 0;
    bm_append(m);
}

static inline uint64_t bm_block_size(const struct buddy_model *m, uint64_t bytes)
{
    uint64_t size = m->smallest;
    while (size < bytes + WORD)
        size *= 2;
    return size;
}

static inline size_t bm_choose(const struct buddy_model *m, uint64_t wanted)
{
    size_t best = BM_NONE;
    for (size_t i = 0; i < m->count; i++) {
        const struct bm_block *b = &m->blocks[i], *other = &m->blocks[best == BM_NONE ? i : best];
        if (b->is_used || b->size < wanted)
            continue;
        if (best == BM_NONE || b->size < other->size || (b->size == other->size && b->freed > other->freed))
            best = i;
    }
    return best;
}

static inline bool bm_grow(struct buddy_model *m, uint64_t wanted)
{
    uint64_t place = bm_first(m);
    for (size_t i = 0; i < m->count; i++) {
        if (m->blocks[i].is_used)
            place = m->blocks[i].place + m->blocks[i].size;
    }
    place = (place + wanted - 1) / wanted * wanted;
    uint64_t missing = place + wanted - m->base - m->committed, left = m->limit - m->committed;
    if (m->grain == 0 || missing > left)
        return false;
    uint64_t added = (missing + m->grain - 1) / m->grain * m->grain;
    m->committed += added > left ? left : added;
    bm_append(m);
    m->grows++;
    return true;
}

/* Halves block `at` as long as half of it is enough; it is in use then. */
static inline void bm_cut(struct buddy_model *m, size_t at, uint64_t enough)
{
    m->blocks[at].is_used = true;
    while (m->blocks[at].size / 2 >= enough) {
        uint64_t half = m->blocks[at].size /= 2;
        bm_insert(m, at + 1, (struct bm_block){.place = m->blocks[at].place + half, .size = half, .freed = ++m->now});
        m->splits++;
    }
}

/* A payload's offset from the base, or BM_NONE. */
static inline size_t bm_alloc(struct buddy_model *m, uint64_t bytes, uint64_t align)
{
    if (bytes > m->limit)
        return BM_NONE;
    uint64_t size = bm_block_size(m, bytes), wanted = size > align ? size : align;
    size_t at = bm_choose(m, wanted);
    if (at == BM_NONE && bm_grow(m, wanted))
        at = bm_choose(m, wanted);
    if (at == BM_NONE)
        return BM_NONE;
    bm_cut(m, at, size);
    return (size_t)(m->blocks[at].place - m->base);
}

static inline size_t bm_find(const struct buddy_model *m, size_t offset)
{
    size_t at = 0;
    while (m->blocks[at].place - m->base != offset)
        assert_true(++at < m->count);
    return at;
}

static inline void bm_free(struct buddy_model *m, size_t offset)
{
    bm_make_free(m, bm_find(m, offset));
}

/* How many blocks above `at` it would swallow to have that size; BM_NONE: it cannot. */
static inline size_t bm_swallowed(const struct buddy_model *m, size_t at, uint64_t wanted)
{
    size_t above = 0;
    for (uint64_t size = m->blocks[at].size; size < wanted; size *= 2, above++) {
        const struct bm_block *b = &m->blocks[at + above + 1];
        if (m->blocks[at].place % (2 * size) != 0 || at + above + 1 >= m->count || b->is_used || b->size != size)
            return BM_NONE;
    }
    return above;
}

/* Where the payload is then, or BM_NONE. */
static inline size_t bm_resize(struct buddy_model *m, size_t offset, uint64_t bytes)
{
    if (bytes > m->limit)
        return BM_NONE;
    size_t at = bm_find(m, offset), above = bm_swallowed(m, at, bm_block_size(m, bytes));
    if (above != BM_NONE) {
        for (; above > 0; above--) {
            m->blocks[at].size += m->blocks[at + 1].size;
            bm_remove(m, at + 1);
        }
        bm_cut(m, at, bm_block_size(m, bytes));
        return offset;
    }
    size_t moved = bm_alloc(m, bytes, HEAP_ALIGN);
    if (moved != BM_NONE)
        bm_free(m, offset);
    return moved;
}

#endif
