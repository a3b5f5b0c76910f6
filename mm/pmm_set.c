/* A set of small numbers: a bitmap under a pyramid of summaries.
 *
 *      level 2   ........................1.......   a bit for each word of level 1 that is not 0
 *      level 1   ....1....  .........  ..1...1..    a bit for each word of level 0 that is not 0
 *      level 0   00010110   00000000   01100000     a bit for each number: set if it is a member
 *
 * The next member from some number on: climb until a word shows a later bit, then descend along lowest set bits. Two
 * steps a level at most, and each level is shorter than the one below by the bits of a word: a million numbers take
 * four levels of 32-bit words. Adding and removing climb only while a word changes between empty and not empty.
 *
 * Invariant:
 *   S1  a bit of level k + 1 is set exactly if the word of level k below it is not 0
 *
 * Source: van Emde Boas, Preserving order in a forest in less than logarithmic time (1975), with the recursion
 * unrolled into levels of one word each.
 */
#include <mm/pmm_set.h>

#include <lib/assert.h>

#include <stdint.h>

enum { WORD_BITS = 8 * sizeof(size_t) };

static size_t words_for(size_t bits)
{
    return bits / WORD_BITS + (bits % WORD_BITS != 0);
}

static size_t bit(size_t i)
{
    return (size_t)1 << (i % WORD_BITS);
}

/* ---- start ---- */

size_t pmm_set_storage_words(size_t limit)
{
    size_t words = words_for(limit), sum = words;
    while (words > 1) {
        words = words_for(words);
        sum += words;
    }
    return sum;
}

size_t *pmm_set_init(struct pmm_set *set, size_t *storage, size_t limit)
{
    size_t words = limit;
    *set = (struct pmm_set){.levels = 0};
    do {
        ASSERT(set->levels < PMM_SET_LEVELS_MAX && words > 0);
        words = words_for(words);
        set->level[set->levels] = storage;
        set->words[set->levels++] = words;
        for (size_t i = 0; i < words; i++)
            *storage++ = 0;
    } while (words > 1);
    return storage;
}

/* ---- stretches of bits ---- */

/* The bits of this word that lie in [from, to), which reaches into it. */
static size_t mask(size_t word, size_t from, size_t to)
{
    size_t first = word * WORD_BITS, behind = first + WORD_BITS;
    size_t low = from > first ? SIZE_MAX << (from - first) : SIZE_MAX;
    return low & (to < behind ? SIZE_MAX >> (behind - to) : SIZE_MAX);
}

void pmm_bits_fill(size_t *words, size_t from, size_t to)
{
    for (size_t i = from / WORD_BITS; i <= (to - 1) / WORD_BITS; i++)
        words[i] |= mask(i, from, to);
}

static void bits_clear(size_t *words, size_t from, size_t to)
{
    for (size_t i = from / WORD_BITS; i <= (to - 1) / WORD_BITS; i++)
        words[i] &= ~mask(i, from, to);
}

bool pmm_bits_all(const size_t *words, size_t from, size_t to)
{
    size_t i = from / WORD_BITS, last = (to - 1) / WORD_BITS;
    while (i <= last && (~words[i] & mask(i, from, to)) == 0)
        i++;
    return i > last;
}

bool pmm_bits_none(const size_t *words, size_t from, size_t to)
{
    size_t i = from / WORD_BITS, last = (to - 1) / WORD_BITS;
    while (i <= last && (words[i] & mask(i, from, to)) == 0)
        i++;
    return i > last;
}

/* ---- members ---- */

/* Every word the range touches gets a bit, so the range's summary is a range of the level above. */
void pmm_set_add_range(struct pmm_set *set, size_t from, size_t to)
{
    for (unsigned k = 0; k < set->levels; k++) {
        pmm_bits_fill(set->level[k], from, to);
        from = from / WORD_BITS;
        to = (to - 1) / WORD_BITS + 1;
    }
}

/* Of the words the range touches only the outer two can keep a member: the others' bits above are a range again. */
void pmm_set_remove_range(struct pmm_set *set, size_t from, size_t to)
{
    for (unsigned k = 0; k < set->levels && from < to; k++) {
        size_t first = from / WORD_BITS, last = (to - 1) / WORD_BITS;
        bits_clear(set->level[k], from, to);
        from = set->level[k][first] ? first + 1 : first;
        to = set->level[k][last] ? last : last + 1;
    }
}

void pmm_set_add(struct pmm_set *set, size_t i)
{
    for (unsigned k = 0; k < set->levels; k++, i /= WORD_BITS) {
        size_t *word = &set->level[k][i / WORD_BITS], before = *word;
        *word |= bit(i);
        if (before != 0) /* S1 holds above already */
            break;
    }
}

void pmm_set_remove(struct pmm_set *set, size_t i)
{
    for (unsigned k = 0; k < set->levels; k++, i /= WORD_BITS) {
        size_t *word = &set->level[k][i / WORD_BITS];
        *word &= ~bit(i);
        if (*word != 0) /* S1 holds above already */
            break;
    }
}

bool pmm_set_has(const struct pmm_set *set, size_t i)
{
    return (set->level[0][i / WORD_BITS] & bit(i)) != 0;
}

/* The lowest set bit of level k that is not below `from` and in the same word; PMM_SET_NONE: the word has none. */
static size_t next_in_word(const struct pmm_set *set, unsigned k, size_t from)
{
    if (from / WORD_BITS >= set->words[k])
        return PMM_SET_NONE;
    size_t rest = set->level[k][from / WORD_BITS] & SIZE_MAX << (from % WORD_BITS);
    return rest ? from / WORD_BITS * WORD_BITS + (size_t)__builtin_ctzl(rest) : PMM_SET_NONE;
}

size_t pmm_set_next(const struct pmm_set *set, size_t from)
{
    unsigned k = 0;
    size_t i = next_in_word(set, 0, from);
    while (i == PMM_SET_NONE) { /* climb: the next word of this level is the next bit of the one above */
        from = from / WORD_BITS + 1;
        if (++k == set->levels)
            return PMM_SET_NONE;
        i = next_in_word(set, k, from);
    }
    while (k-- > 0) /* descend: by S1 the word below has a bit */
        i = next_in_word(set, k, i * WORD_BITS);
    return i;
}

bool pmm_set_check(const struct pmm_set *set)
{
    for (unsigned k = 0; k + 1 < set->levels; k++) {
        for (size_t i = 0; i < set->words[k]; i++) {
            bool is_summarised = (set->level[k + 1][i / WORD_BITS] & bit(i)) != 0;
            if (is_summarised != (set->level[k][i] != 0)) /* S1 */
                return false;
        }
    }
    return true;
}
