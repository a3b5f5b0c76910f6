/* The start table: two bits for each A bytes of a region, kept outside it, that say what began there.
 *
 *     byte 0:  | A3 | A2 | A1 | A0 |      2 bits each: START_NONE, START_LIVE, START_FREED
 *
 * A freed start stays marked until a new block begins at the same place, so that a second free at once is told from a
 * pointer into the middle of something. All functions do nothing without a table (harden 0).
 */
#ifndef ALLOC_STARTS_H
#define ALLOC_STARTS_H

#include <alloc/heap.h>

enum start_mark { START_NONE = 0, START_LIVE = 1, START_FREED = 2 };

static inline size_t starts_index(const struct heap *h, const void *ptr)
{
    return (size_t)((uintptr_t)ptr - (uintptr_t)h->base) / HEAP_ALIGN;
}

/* The mark at ptr, an aligned address in the committed region. The table must be there. */
static inline enum start_mark starts_get(const struct heap *h, const void *ptr)
{
    size_t i = starts_index(h, ptr);
    return (enum start_mark)(h->starts[i / 4] >> (i % 4 * 2) & 3);
}

static inline void starts_set(struct heap *h, const void *ptr, enum start_mark mark)
{
    if (!h->starts)
        return;
    size_t i = starts_index(h, ptr);
    unsigned shift = (unsigned)(i % 4 * 2);
    h->starts[i / 4] = (uint8_t)((h->starts[i / 4] & ~(3u << shift)) | (unsigned)mark << shift);
}

/* The first live start at or behind `from`, an aligned address in the committed region or its end; NULL: there is none. The
 * table must be there. A word of it without a live one is passed over at once: START_LIVE alone has the lower bit. */
static inline void *starts_next_live(const struct heap *h, const void *from)
{
    const size_t lower_bits = SIZE_MAX / 3, per_word = sizeof(size_t) * 4;
    size_t i = starts_index(h, from), end = h->committed / HEAP_ALIGN, word;
    while (i < end) {
        if (i % per_word == 0 && end - i >= per_word) {
            __builtin_memcpy(&word, &h->starts[i / 4], sizeof word);
            if ((word & lower_bits) == 0) {
                i += per_word;
                continue;
            }
        }
        if ((h->starts[i / 4] >> (i % 4 * 2) & 3) == START_LIVE)
            return h->base + i * HEAP_ALIGN;
        i++;
    }
    return NULL;
}

#endif
