/* The frame allocator: a bitmap of free frames under a pyramid of summaries.
 *
 *      level 2   ........................1.......   a bit for each word of level 1 that is not 0
 *      level 1   ....1....  .........  ..1...1..    a bit for each word of level 0 that is not 0
 *      level 0   00010110   00000000   01100000     a bit for each frame: set if free
 *
 * Finding the lowest free frame from some number on climbs until a summary shows a later bit, and descends along lowest set
 * bits: two steps a level at most. Each level is 32 times shorter than the one below; five of them end in a single word for
 * up to PMM_LIMIT (128 GiB), so the cost does not depend on the size of the machine.
 *
 * Invariants:
 *   F1  a bit of level k+1 is set exactly if the word of level k below it is not 0
 *   F2  a free frame is managed
 *   F3  reserved <= free <= total; free is the number of bits set in level 0
 */
#include <mm/pmm.h>

#include <lib/assert.h>
#include <lib/string.h>

#define NONE SIZE_MAX

static size_t words_for(size_t bits)
{
    return (bits + 31) / 32;
}

static bool get_bit(const uint32_t *words, size_t i)
{
    return words[i / 32] >> (i % 32) & 1;
}

/* Frame numbers fit a size_t: a 32-bit kernel is given no frame above 4 GiB. */
static size_t number_of(paddr_t frame)
{
    return (size_t)(frame / FRAME_SIZE);
}

static paddr_t frame_of(size_t number)
{
    return (paddr_t)number * FRAME_SIZE;
}

/* ---- the pyramid ---- */

static void mark_free(struct pmm *pmm, size_t i)
{
    for (unsigned k = 0; k < PMM_LEVELS; k++, i /= 32) {
        uint32_t *word = &pmm->level[k][i / 32], before = *word;
        *word |= 1u << (i % 32);
        if (before != 0)                 /* F1 holds above already */
            break;
    }
}

static void mark_taken(struct pmm *pmm, size_t i)
{
    for (unsigned k = 0; k < PMM_LEVELS; k++, i /= 32) {
        uint32_t *word = &pmm->level[k][i / 32];
        *word &= ~(1u << (i % 32));
        if (*word != 0)
            break;
    }
}

/* The lowest set bit of that level at or behind `from`, within its word; NONE if there is none in the word. */
static size_t bit_in_word(const struct pmm *pmm, unsigned k, size_t from)
{
    if (from / 32 >= pmm->words[k])
        return NONE;
    uint32_t rest = pmm->level[k][from / 32] & (UINT32_MAX << (from % 32));
    return rest ? from / 32 * 32 + (unsigned)__builtin_ctz(rest) : NONE;
}

/* The lowest free frame number at or behind `from`. */
static size_t find_free(const struct pmm *pmm, size_t from)
{
    unsigned k = 0;
    size_t i = bit_in_word(pmm, 0, from);
    while (i == NONE) {                  /* climb: the next word of this level is the next bit of the one above */
        from = from / 32 + 1;
        if (++k == PMM_LEVELS)
            return NONE;
        i = bit_in_word(pmm, k, from);
    }
    while (k-- > 0)
        i = bit_in_word(pmm, k, i * 32);
    return i;
}

/* ---- start ---- */

size_t pmm_storage_bytes(paddr_t end)
{
    size_t words = words_for(number_of(end)), sum = words;       /* managed */
    for (unsigned k = 0; k < PMM_LEVELS; k++, words = words_for(words))
        sum += words;
    return sum * sizeof(uint32_t);
}

void pmm_init(struct pmm *pmm, void *storage, const struct memmap_range *ranges, size_t count, paddr_t direct_limit)
{
    paddr_t end = ranges[count - 1].end;
    uint32_t *next = storage;
    *pmm = (struct pmm){.frames = number_of(end), .direct_frames = number_of(direct_limit)};
    memset(storage, 0, pmm_storage_bytes(end));
    size_t words = words_for(pmm->frames);
    pmm->managed = next;
    next += words;
    for (unsigned k = 0; k < PMM_LEVELS; k++, words = words_for(words)) {
        pmm->level[k] = next;
        pmm->words[k] = words;
        next += words;
    }
    ASSERT(pmm->words[PMM_LEVELS - 1] <= 1);
    for (size_t r = 0; r < count; r++) {
        for (size_t i = number_of(ranges[r].base); i < number_of(ranges[r].end); i++) {
            pmm->managed[i / 32] |= 1u << (i % 32);
            mark_free(pmm, i);
            pmm->total++;
        }
    }
    pmm->free = pmm->total;
}

/* ---- alloc, free ---- */

static paddr_t take(struct pmm *pmm, size_t i)
{
    ASSERT(get_bit(pmm->managed, i));    /* F2 */
    mark_taken(pmm, i);
    pmm->free--;
    return frame_of(i);
}

static size_t find_any(const struct pmm *pmm)
{
    size_t i = find_free(pmm, pmm->direct_frames);
    return i != NONE ? i : find_free(pmm, 0);
}

enum pmm_status pmm_alloc(struct pmm *pmm, enum pmm_zone zone, paddr_t *frame)
{
    if (pmm->free == pmm->reserved)
        return PMM_NO_MEMORY;
    size_t i = zone == PMM_DIRECT ? find_free(pmm, 0) : find_any(pmm);
    if (i == NONE || (zone == PMM_DIRECT && i >= pmm->direct_frames))
        return PMM_NO_MEMORY;
    *frame = take(pmm, i);
    return PMM_OK;
}

enum pmm_status pmm_free(struct pmm *pmm, paddr_t frame)
{
    if (frame % FRAME_SIZE != 0)
        return PMM_UNALIGNED;
    if (frame / FRAME_SIZE >= pmm->frames || !get_bit(pmm->managed, number_of(frame)))
        return PMM_NOT_MANAGED;
    if (get_bit(pmm->level[0], number_of(frame)))
        return PMM_DOUBLE_FREE;
    mark_free(pmm, number_of(frame));
    pmm->free++;
    return PMM_OK;
}

/* ---- reservations ---- */

bool pmm_reserve(struct pmm *pmm, size_t frames)
{
    if (frames > pmm->free - pmm->reserved)
        return false;
    pmm->reserved += frames;
    return true;
}

void pmm_unreserve(struct pmm *pmm, size_t frames)
{
    ASSERT(frames <= pmm->reserved);
    pmm->reserved -= frames;
}

paddr_t pmm_alloc_reserved(struct pmm *pmm)
{
    ASSERT(pmm->reserved > 0 && pmm->reserved <= pmm->free); /* F3 */
    pmm->reserved--;
    return take(pmm, find_any(pmm));
}

const char *pmm_status_text(enum pmm_status status)
{
    static const char *const text[] = {
        [PMM_OK] = "ok",
        [PMM_NO_MEMORY] = "no frame left",
        [PMM_DOUBLE_FREE] = "double free of frame",
        [PMM_NOT_MANAGED] = "free of a reserved or foreign frame",
        [PMM_UNALIGNED] = "free of an address that is no frame's start",
    };
    return text[status];
}
