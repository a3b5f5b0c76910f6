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
 * Cost: O(edges * entries), for a few dozen entries once at start.
 */
#include <mm/memmap.h>

#include <stdbool.h>

struct edges {
    uint64_t at[2 * (2 * MEMMAP_MAX) + 1];
    size_t count;
};

static uint64_t entry_end(const struct memmap_entry *entry)
{
    uint64_t end = entry->base + entry->length;
    return end < entry->base ? UINT64_MAX : end;
}

/* Keeps the list sorted and free of duplicates. */
static void edges_add(struct edges *edges, uint64_t address)
{
    size_t i = edges->count;
    while (i > 0 && edges->at[i - 1] > address)
        i--;
    if (i > 0 && edges->at[i - 1] == address)
        return;
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

static bool add_range(struct memmap_range *ranges, size_t *count, uint64_t base, uint64_t end)
{
    const uint64_t mask = FRAME_SIZE - 1;
    if (base > UINT64_MAX - mask)
        return true;
    base = (base + mask) & ~mask;
    end &= ~mask;
    if (base >= end)
        return true;
    if (*count == MEMMAP_MAX)
        return false;
    ranges[(*count)++] = (struct memmap_range){base, end};
    return true;
}

enum memmap_status memmap_build(const struct memmap_input *input, struct memmap_range *ranges, size_t *count)
{
    struct edges edges = {.count = 0};
    *count = 0;
    if (input->entry_count > MEMMAP_MAX || input->reserved_count > MEMMAP_MAX)
        return MEMMAP_TOO_MANY;
    collect_edges(input, &edges);
    for (size_t i = 0; i + 1 < edges.count; i++) {
        uint64_t base = edges.at[i];
        while (i + 1 < edges.count && is_free(input, edges.at[i], edges.at[i + 1]))
            i++;
        if (edges.at[i] > base && !add_range(ranges, count, base, edges.at[i]))
            return MEMMAP_TOO_MANY;
    }
    return *count ? MEMMAP_OK : MEMMAP_NONE;
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
    switch (status) {
    case MEMMAP_OK:
        return "ok";
    case MEMMAP_TOO_MANY:
        return "memory map too long: raise MEMMAP_MAX (128)";
    default:
        return "no usable memory in the firmware's memory map";
    }
}
