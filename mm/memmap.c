/* From the firmware's memory map to free frames: cut the address space at every edge, keep the pieces that are free.
 *
 *      entries     [---- type 1 ----]   [-- type 1 --]
 *                        [--- type 2 ---]
 *      reserved      [-]
 *      edges       | | | |          |   |            |
 *      free        [ ] [ ]               [            ]      then inwards to whole frames
 *
 *   1. collect the two ends of every entry and reservation, sort them
 *   2. a piece between two neighbouring edges is free if some type 1 entry holds it and nothing else touches it
 *   3. free pieces that touch are one range; its ends are rounded inwards to frames
 *
 * Cost: O(edges * entries), for a few dozen entries a few times at start.
 *
 * Invariants:
 *   M1  the edges are sorted, no two are equal; so between two neighbours every entry covers all or nothing
 */
#include <mm/memmap.h>

#include <lib/assert.h>

#include <stdbool.h>

enum { EDGES_MAX = 2 * (MEMMAP_MAX + MEMMAP_RESERVED_MAX) + 1 }; /* two of each entry and reservation, and the limit */

struct edges {
    uint64_t at[EDGES_MAX];
    size_t count;
};

/* A length that wraps is cut at the last byte but one that 64 bits can name. */
static uint64_t entry_end(const struct memmap_entry *entry)
{
    uint64_t end = entry->base + entry->length;
    return end < entry->base ? UINT64_MAX : end;
}

/* Keeps M1. */
static void edges_add(struct edges *edges, uint64_t address)
{
    size_t i = edges->count;
    while (i > 0 && edges->at[i - 1] > address)
        i--;
    if (i > 0 && edges->at[i - 1] == address)
        return;
    ASSERT(edges->count < EDGES_MAX);
    for (size_t j = edges->count++; j > i; j--)
        edges->at[j] = edges->at[j - 1];
    edges->at[i] = address;
}

static void collect_edges(const struct memmap_input *input, struct edges *edges)
{
    for (size_t i = 0; i < input->entry_count; i++) {
        edges_add(edges, input->entries[i].base);
        edges_add(edges, entry_end(&input->entries[i]));
    }
    for (size_t i = 0; i < input->reserved_count; i++) {
        edges_add(edges, input->reserved[i].base);
        edges_add(edges, input->reserved[i].end);
    }
    if (input->limit)
        edges_add(edges, input->limit);
}

/* Whether the piece [base, end), which no edge cuts, is free. */
static bool is_free(const struct memmap_input *input, uint64_t base, uint64_t end)
{
    bool is_available = false;
    if (input->limit && base >= input->limit)
        return false;
    for (size_t i = 0; i < input->entry_count; i++) {
        const struct memmap_entry *entry = &input->entries[i];
        if (entry->base > base || end > entry_end(entry))
            continue;
        if (entry->type != MEMMAP_AVAILABLE)
            return false;
        is_available = true;
    }
    for (size_t i = 0; i < input->reserved_count; i++) {
        if (input->reserved[i].base <= base && end <= input->reserved[i].end)
            return false;
    }
    return is_available;
}

/* The next free range of bytes at or behind edge *i, as long as it goes; *i moves behind it. */
static bool next_free(const struct memmap_input *input, const struct edges *edges, size_t *i,
                      struct memmap_range *range)
{
    while (*i + 1 < edges->count) {
        range->base = edges->at[*i];
        while (*i + 1 < edges->count && is_free(input, edges->at[*i], edges->at[*i + 1]))
            ++*i;
        range->end = edges->at[(*i)++];
        if (range->base < range->end)
            return true;
    }
    return false;
}

/* Inwards, to whole frames; what holds none becomes empty. */
static struct memmap_range whole_frames(struct memmap_range range)
{
    const uint64_t mask = FRAME_SIZE - 1;
    range.end &= ~mask;
    range.base = range.base > UINT64_MAX - mask ? range.end : (range.base + mask) & ~mask;
    if (range.base > range.end)
        range.base = range.end;
    return range;
}

static bool is_too_long(const struct memmap_input *input)
{
    return input->entry_count > MEMMAP_MAX || input->reserved_count > MEMMAP_RESERVED_MAX;
}

enum memmap_status memmap_build(const struct memmap_input *input, struct memmap_range *ranges, size_t *count)
{
    struct edges edges = {.count = 0};
    struct memmap_range range;
    *count = 0;
    if (is_too_long(input))
        return MEMMAP_TOO_MANY;
    collect_edges(input, &edges);
    for (size_t i = 0; next_free(input, &edges, &i, &range);) {
        range = whole_frames(range);
        if (range.base == range.end)
            continue;
        if (*count == MEMMAP_MAX)
            return MEMMAP_TOO_MANY;
        ranges[(*count)++] = range;
    }
    return *count ? MEMMAP_OK : MEMMAP_NONE;
}

enum memmap_status memmap_measure(const struct memmap_input *input, struct memmap_sizes *sizes)
{
    struct memmap_input entries = {.entries = input->entries, .entry_count = input->entry_count};
    struct edges edges = {.count = 0};
    struct memmap_range range;
    *sizes = (struct memmap_sizes){0};
    if (is_too_long(&entries))
        return MEMMAP_TOO_MANY;
    collect_edges(&entries, &edges);
    for (size_t i = 0; next_free(&entries, &edges, &i, &range);) {
        sizes->available += range.end - range.base;
        range = whole_frames(range);
        uint64_t limit = input->limit ? input->limit / FRAME_SIZE * FRAME_SIZE : UINT64_MAX;
        uint64_t cut = limit < range.base ? range.base : limit < range.end ? limit : range.end;
        sizes->usable += cut - range.base;
        sizes->beyond += range.end - cut;
    }
    return MEMMAP_OK;
}

uint64_t memmap_bytes(const struct memmap_range *ranges, size_t count)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += ranges[i].end - ranges[i].base;
    return bytes;
}

const char *memmap_status_text(enum memmap_status status)
{
    static const char *const text[MEMMAP_STATUS_COUNT] = {
        [MEMMAP_OK] = "ok",
        [MEMMAP_TOO_MANY] = "memory map too long: raise MEMMAP_MAX (128)",
        [MEMMAP_NONE] = "no usable memory in the firmware's memory map",
    };
    return status < MEMMAP_STATUS_COUNT ? text[status] : "unknown status";
}
