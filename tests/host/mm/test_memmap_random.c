/* Random memory maps as firmware might make them at its worst: 0 to 64 entries, unsorted, overlapping, empty, odd-ended,
 * wrapping, at 0, across and above 4 GiB and at the very top; with kernel, boot information and modules anywhere in them.
 * 100,000 maps, with KFIT_DEEP set ten million. A failure names its seed; KFIT_SEED=n repeats that map alone.
 *
 * The oracle is a picture of a universe of 96 frames. Every edge is the start of a quarter of a frame, give or take one
 * byte, so twelve cells tell all of a frame: of each quarter the first byte, those between, the last byte.
 *
 *      quarter   |0               |1               |2               |3               |
 *      cell      |0|      1     |2|3|      4     |5|6|      7     |8|9|     10     |11|12-15: not used
 *
 * A frame is 16 bits of a word, so a word holds four, and an entry is a stretch of bits.
 */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mm/memmap.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define GIB ((uint64_t)1 << 30)

enum {
    FRAMES = 96,
    BYTES = FRAMES * FRAME_SIZE,
    QUARTER = FRAME_SIZE / 4,
    QUARTERS = 4 * FRAMES,
    CELLS = 16 * FRAMES,
    WORDS = CELLS / 64,
    ENTRIES_MAX = 64,
    MODULES_MAX = 8,
    ORDINARY = 100000,
    DEEP = 10000000,
};

struct layer {
    uint64_t cells[WORDS];
};

static struct layer available, others, kept; /* type 1; other types; reservations */
static uint64_t universe;                    /* address of its first byte; at the top BYTES behind it is 0 */

static struct memmap_entry entries[ENTRIES_MAX];
static struct memmap_range reserved[2 + MODULES_MAX];
static struct memmap_input input;

/* ---- the picture ---- */

/* The cell that begins at this offset, the start of a quarter give or take one byte. */
static size_t cell_at(uint64_t offset)
{
    size_t quarter = (size_t)(offset + 1) / QUARTER, away = (size_t)(offset + 1) % QUARTER; /* 0: the byte before */
    size_t cell = quarter / 4 * 16 + quarter % 4 * 3;
    if (away > 0)
        return cell + away - 1;
    return cell % 16 > 0 ? cell - 1 : cell - 16 + 11;
}

static void draw(struct layer *layer, uint64_t from, uint64_t to)
{
    if (from >= to)
        return;
    size_t first = cell_at(from), behind = cell_at(to);
    for (size_t w = first / 64; w * 64 < behind; w++) {
        uint64_t low = first > w * 64 ? UINT64_MAX << (first - w * 64) : UINT64_MAX;
        uint64_t high = behind < w * 64 + 64 ? UINT64_MAX >> (w * 64 + 64 - behind) : UINT64_MAX;
        layer->cells[w] |= low & high;
    }
}

/* Whether all of the frame is type 1, and none of it is anything else. */
static bool is_free(size_t frame, bool with_kept)
{
    uint64_t taken = others.cells[frame / 4] | (with_kept ? kept.cells[frame / 4] : 0);
    uint64_t free = available.cells[frame / 4] & ~taken;
    return (free >> (frame % 4 * 16) & 0xFFF) == 0xFFF;
}

static bool is_below_limit(size_t frame)
{
    return !input.limit || universe + (frame + 1) * FRAME_SIZE - 1 < input.limit;
}

/* ---- a random map ---- */

static bool is_at_top(void)
{
    return universe + BYTES == 0;
}

/* An offset in [0, BYTES]. At the top the last one, 2^64, cannot be said: then it is one less. */
static uint64_t random_edge(void)
{
    uint64_t edge = (uint64_t)random_below(QUARTERS + 1) * QUARTER + random_below(3);
    edge = edge > 0 ? edge - 1 : 0;
    edge = edge > BYTES ? BYTES : edge;
    return is_at_top() && edge == BYTES ? edge - 1 : edge;
}

static void random_span(uint64_t *from, uint64_t *to)
{
    uint64_t a = random_edge(), b = random_below(12) ? random_edge() : a;
    *from = a < b ? a : b;
    *to = a < b ? b : a;
}

/* Shorter than any two edges would make it, so that many together leave something. */
static void random_short_span(uint64_t *from, uint64_t *to)
{
    random_span(from, to);
    uint64_t most = (uint64_t)(1 + random_below(12)) * QUARTER;
    if (*to - *from > most)
        *to = (*from + 1) / QUARTER * QUARTER + most; /* still the start of a quarter */
    *to = *to < BYTES ? *to : BYTES - 1;
    *from = *from < *to ? *from : *to;
}

/* Entries that wrap reach beyond the universe: the available ones only where nothing is beyond it. */
static void random_entry(struct memmap_entry *entry, bool is_short)
{
    uint64_t from, to, length;
    uint32_t type = random_below(3) ? MEMMAP_AVAILABLE : (uint32_t)random_below(7);
    bool wraps = random_below(40) == 0 && (type != MEMMAP_AVAILABLE || is_at_top());
    is_short ? random_short_span(&from, &to) : random_span(&from, &to);
    length = wraps ? UINT64_MAX - random_below(1000) : to - from;
    if (wraps)
        to = is_at_top() ? BYTES - 1 : BYTES;
    if (wraps && universe + from < 1000)
        length = UINT64_MAX - (universe + from); /* from so low it ends at the top without wrapping */
    *entry = (struct memmap_entry){universe + from, length, type};
    draw(type == MEMMAP_AVAILABLE ? &available : &others, from, to);
}

/* The kernel, the boot information, up to eight modules: anywhere. */
static void random_reservations(void)
{
    input.reserved_count = random_below(4) ? 2 + random_below(MODULES_MAX + 1) : 0;
    for (size_t i = 0; i < input.reserved_count; i++) {
        uint64_t from, to;
        random_short_span(&from, &to);
        reserved[i] = (struct memmap_range){universe + from, universe + to};
        draw(&kept, from, to);
    }
}

static void random_map(void)
{
    static const uint64_t places[] = {0, 4 * GIB - BYTES / 2, 64 * GIB, (uint64_t)0 - BYTES};
    universe = places[random_below(LENGTH(places))];
    available = others = kept = (struct layer){{0}};
    input = (struct memmap_input){.entries = entries, .reserved = reserved};
    input.entry_count = random_below(random_below(4) ? 17 : ENTRIES_MAX + 1); /* long ones cost the most by far */
    bool is_short = random_below(4) > 0;
    for (size_t i = 0; i < input.entry_count; i++)
        random_entry(&entries[i], is_short);
    random_reservations();
    uint64_t limit = universe + random_edge();
    input.limit = random_below(3) ? 0 : limit;
}

/* ---- what must come of it ---- */

/* Sorted, separate ranges of whole frames, in which are exactly the free frames below the limit. */
static size_t require_build(void)
{
    struct memmap_range out[MEMMAP_MAX];
    size_t count = 99, frame = 0;
    enum memmap_status status = memmap_build(&input, out, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t from = out[i].base - universe, to = out[i].end - universe;
        REQUIRE(from % FRAME_SIZE == 0 && to % FRAME_SIZE == 0 && from < to && to <= BYTES);
        REQUIRE(from / FRAME_SIZE >= frame && (i == 0 || out[i - 1].end < out[i].base));
        for (; frame < to / FRAME_SIZE; frame++) {
            bool is_inside = frame >= from / FRAME_SIZE;
            REQUIRE((is_free(frame, true) && is_below_limit(frame)) == is_inside);
        }
    }
    for (; frame < FRAMES; frame++)
        REQUIRE(!is_free(frame, true) || !is_below_limit(frame));
    REQUIRE(status == (count ? MEMMAP_OK : MEMMAP_NONE));
    return count;
}

static void require_sizes(void)
{
    struct memmap_sizes sizes;
    uint64_t usable = 0, beyond = 0;
    for (size_t frame = 0; frame < FRAMES; frame++)
        *(is_below_limit(frame) ? &usable : &beyond) += is_free(frame, false) ? FRAME_SIZE : 0;
    REQUIRE(memmap_measure(&input, &sizes) == MEMMAP_OK);
    REQUIRE(sizes.usable == usable && sizes.beyond == beyond);
    REQUIRE(sizes.available >= usable + beyond && sizes.available <= BYTES);
}

/* Free ranges of this map. */
static size_t check_seed(uint64_t seed)
{
    run_begin(seed);
    random_map();
    require_sizes();
    return require_build();
}

static void test_random_maps(void **state)
{
    (void)state;
    const char *deep = getenv("KFIT_DEEP"), *only = getenv("KFIT_SEED");
    uint64_t last = deep && *deep ? DEEP : ORDINARY, rich = 0;
    if (only) {
        check_seed(strtoull(only, NULL, 0));
        return;
    }
    print_message("seeds 1 to %llu; KFIT_SEED=n repeats one\n", (unsigned long long)last);
    for (uint64_t seed = 1; seed <= last; seed++)
        rich += check_seed(seed) >= 3;
    assert_true(rich > last / 4); /* most maps hold something to get wrong */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_maps),
    };
    return cmocka_run_group_tests_name("memmap_random", tests, NULL, NULL);
}
