/* Two-level segregated fit as its rules say, for comparison: a plain list of blocks by address, no bits, no lists.
 *
 *   - Sizes count in units of A. The classes, ascending: one for each size below 2 * 2^sl units, then 2^sl equal ones in each
 *     power of two.
 *   - A request takes a hole of the lowest class that has one, of those whose smallest size is large enough; in the class the hole
 *     that was formed last. An aligned one asks for align + A more than its block.
 *   - In the hole, splitting, merging, resizing and growth are those of docs/block-format.md; of two holes that one request
 *     leaves, the front gap is formed before the tail.
 *   - Growth makes the hole at the end as large as the smallest size of the class asked for.
 *
 * Everything is slow on purpose: searches from the start, sizes by stepping. */
#ifndef TESTS_TLSF_MODEL_H
#define TESTS_TLSF_MODEL_H

#include "alloc_region.h"

enum { TM_BLOCKS_MAX = 4096 };

#define TM_MIN (2 * HEAP_ALIGN)
#define TM_NONE SIZE_MAX

struct tm_block {
    size_t start, size; /* of the whole block; start is an offset from the region's base */
    bool is_used;
    uint64_t formed; /* of a hole: the later, the larger */
};

struct tlsf_model {
    unsigned sl;
    size_t committed, limit, grain;
    uint64_t now, splits, merges, grows;
    size_t count;
    struct tm_block blocks[TM_BLOCKS_MAX]; /* ascending, without gaps */
};

/* One class after the other. */
struct tm_class {
    size_t number;
    uint64_t smallest, step, power; /* sizes in units; the width of the class; where the width doubles next */
};

static inline struct tm_class tm_lowest_class(unsigned sl)
{
    return (struct tm_class){.step = 1, .power = (uint64_t)2 << sl};
}

static inline void tm_next_class(struct tm_class *c)
{
    c->number++;
    c->smallest += c->step;
    if (c->smallest == c->power) {
        c->power *= 2;
        c->step *= 2;
    }
}

static inline struct tm_class tm_class_of(unsigned sl, size_t size)
{
    struct tm_class c = tm_lowest_class(sl);
    while (c.smallest + c.step <= size / HEAP_ALIGN)
        tm_next_class(&c);
    return c;
}

/* The smallest size, in bytes, of the lowest class whose holes all have that many bytes. */
static inline uint64_t tm_asked_for(unsigned sl, size_t bytes)
{
    struct tm_class c = tm_lowest_class(sl);
    while (c.smallest < bytes / HEAP_ALIGN)
        tm_next_class(&c);
    return c.smallest * HEAP_ALIGN;
}

static inline size_t tm_block_size(size_t bytes)
{
    size_t size = (bytes + WORD + HEAP_ALIGN - 1) / HEAP_ALIGN * HEAP_ALIGN;
    return size < TM_MIN ? TM_MIN : size;
}

static inline void tm_insert(struct tlsf_model *m, size_t at, struct tm_block b)
{
    assert_true(m->count < TM_BLOCKS_MAX);
    memmove(&m->blocks[at + 1], &m->blocks[at], (m->count++ - at) * sizeof b);
    m->blocks[at] = b;
}

static inline void tm_remove(struct tlsf_model *m, size_t at)
{
    memmove(&m->blocks[at], &m->blocks[at + 1], (--m->count - at) * sizeof m->blocks[0]);
}

/* Block `at` becomes a hole, joined with the holes beside it. */
static inline void tm_make_hole(struct tlsf_model *m, size_t at)
{
    m->blocks[at].is_used = false;
    if (at + 1 < m->count && !m->blocks[at + 1].is_used) {
        m->blocks[at].size += m->blocks[at + 1].size;
        tm_remove(m, at + 1);
        m->merges++;
    }
    if (at > 0 && !m->blocks[at - 1].is_used) {
        at--;
        m->blocks[at].size += m->blocks[at + 1].size;
        tm_remove(m, at + 1);
        m->merges++;
    }
    m->blocks[at].formed = ++m->now;
}

/* Cuts used block `at` down to `size` if the rest can be a block, which becomes a hole. */
static inline void tm_cut(struct tlsf_model *m, size_t at, size_t size)
{
    struct tm_block *b = &m->blocks[at], rest = {.start = b->start + size, .size = b->size - size, .is_used = true};
    if (rest.size < TM_MIN)
        return;
    b->size = size;
    m->splits++;
    tm_insert(m, at + 1, rest);
    tm_make_hole(m, at + 1);
}

static inline void tm_begin(struct tlsf_model *m, const struct heap *h)
{
    size_t first = heap_origin(h) - WORD;
    *m = (struct tlsf_model){.sl = (unsigned)h->options[0], .committed = h->committed, .limit = h->reserved};
    m->grain = h->grow ? h->grain : 0;
    if (h->committed > heap_fixed(h)) {
        tm_insert(m, 0, (struct tm_block){.start = first, .size = h->committed - heap_fixed(h)});
        m->blocks[0].formed = ++m->now;
    }
}

/* The hole to take, or TM_NONE. */
static inline size_t tm_choose(const struct tlsf_model *m, uint64_t asked_for)
{
    size_t best = TM_NONE, best_class = SIZE_MAX;
    for (size_t i = 0; i < m->count; i++) {
        const struct tm_block *b = &m->blocks[i];
        if (b->is_used)
            continue;
        struct tm_class class = tm_class_of(m->sl, b->size);
        if (class.smallest * HEAP_ALIGN < asked_for || class.number > best_class)
            continue;
        if (class.number < best_class || b->formed > m->blocks[best].formed) {
            best = i;
            best_class = class.number;
        }
    }
    return best;
}

static inline bool tm_grow(struct tlsf_model *m, uint64_t asked_for)
{
    struct tm_block *last = m->count > 0 ? &m->blocks[m->count - 1] : NULL;
    uint64_t missing = asked_for - (last && !last->is_used ? last->size : 0), left = m->limit - m->committed;
    if (m->grain == 0 || missing > left)
        return false;
    uint64_t added = (missing + m->grain - 1) / m->grain * m->grain;
    if (added > left)
        added = left;
    tm_insert(m, m->count, (struct tm_block){.start = m->committed - WORD, .size = (size_t)added, .is_used = true});
    tm_make_hole(m, m->count - 1);
    m->committed += (size_t)added;
    m->grows++;
    return true;
}

/* Offset of the payload, or TM_NONE. Alignments are of offsets: the region begins at a multiple of the largest. */
static inline size_t tm_alloc(struct tlsf_model *m, uint64_t bytes, size_t align)
{
    if (bytes > m->limit)
        return TM_NONE;
    size_t size = tm_block_size((size_t)bytes), gap = 0;
    uint64_t asked_for = tm_asked_for(m->sl, size + (align > HEAP_ALIGN ? align + HEAP_ALIGN : 0));
    size_t at = tm_choose(m, asked_for);
    if (at == TM_NONE && tm_grow(m, asked_for))
        at = tm_choose(m, asked_for);
    if (at == TM_NONE)
        return TM_NONE;
    struct tm_block hole = m->blocks[at];
    while ((hole.start + gap + WORD) % align != 0 || (gap > 0 && gap < TM_MIN))
        gap += HEAP_ALIGN;
    m->blocks[at].is_used = true;
    if (gap > 0) {
        m->blocks[at] = (struct tm_block){.start = hole.start, .size = gap, .formed = ++m->now};
        m->splits++;
        tm_insert(m, ++at, (struct tm_block){.start = hole.start + gap, .size = hole.size - gap, .is_used = true});
    }
    tm_cut(m, at, size);
    return hole.start + gap + WORD;
}

static inline size_t tm_find(const struct tlsf_model *m, size_t payload)
{
    size_t at = 0;
    while (m->blocks[at].start + WORD != payload)
        assert_true(++at < m->count);
    return at;
}

static inline void tm_free(struct tlsf_model *m, size_t payload)
{
    tm_make_hole(m, tm_find(m, payload));
}

/* Where the payload is then, or TM_NONE. */
static inline size_t tm_resize(struct tlsf_model *m, size_t payload, uint64_t bytes)
{
    if (bytes > m->limit)
        return TM_NONE;
    size_t at = tm_find(m, payload), size = tm_block_size((size_t)bytes);
    struct tm_block *b = &m->blocks[at], *above = at + 1 < m->count && !b[1].is_used ? b + 1 : NULL;
    if (size > b->size && above && size - b->size <= above->size) {
        b->size += above->size;
        tm_remove(m, at + 1);
    }
    if (size <= b->size) {
        tm_cut(m, at, size);
        return payload;
    }
    size_t moved = tm_alloc(m, bytes, HEAP_ALIGN);
    if (moved != TM_NONE)
        tm_free(m, payload);
    return moved;
}

#endif
