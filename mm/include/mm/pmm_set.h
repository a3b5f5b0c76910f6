/* A set of small numbers that finds its next member in the same few steps however large it is. Private to the frame
 * allocator in all but name: struct pmm holds one for each order by value. No function here allocates or fails. */
#ifndef MM_PMM_SET_H
#define MM_PMM_SET_H

#include <stdbool.h>
#include <stddef.h>

enum { PMM_SET_LEVELS_MAX = 5 };

#define PMM_SET_NONE ((size_t)-1)

struct pmm_set {
    size_t *level[PMM_SET_LEVELS_MAX]; /* 0: a bit for each number; above: a bit for each word that is not 0 */
    size_t words[PMM_SET_LEVELS_MAX];  /* in each level; 1 in the last */
    unsigned levels;
};

/* Words of storage for a set of numbers below `limit`, which is above 0 and at most (bits of a word) ^ 5. */
size_t pmm_set_storage_words(size_t limit);

/* Makes an empty set of numbers below `limit` in pmm_set_storage_words(limit) words, which stay the caller's to keep.
 * Returns the first word behind them. */
size_t *pmm_set_init(struct pmm_set *set, size_t *storage, size_t limit);

/* Adds or removes all of [from, to); from < to <= limit. A step for each word, not for each number. */
void pmm_set_add_range(struct pmm_set *set, size_t from, size_t to);
void pmm_set_remove_range(struct pmm_set *set, size_t from, size_t to);

/* Adding a member and removing what is none change nothing. i < limit. */
void pmm_set_add(struct pmm_set *set, size_t i);
void pmm_set_remove(struct pmm_set *set, size_t i);
bool pmm_set_has(const struct pmm_set *set, size_t i);

/* The lowest member that is not below `from`, any number; PMM_SET_NONE: there is none. */
size_t pmm_set_next(const struct pmm_set *set, size_t from);

/* Whether the summaries agree with what they summarise. */
bool pmm_set_check(const struct pmm_set *set);

/* The bits [from, to) of a plain bitmap, from < to: sets them; whether all are set; whether none is. */
void pmm_bits_fill(size_t *words, size_t from, size_t to);
bool pmm_bits_all(const size_t *words, size_t from, size_t to);
bool pmm_bits_none(const size_t *words, size_t from, size_t to);

#endif
