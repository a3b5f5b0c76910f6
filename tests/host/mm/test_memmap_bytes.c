/* The memory map, to the byte: random maps with ends anywhere, in a universe of a few frames that lies at 0, across
 * 4 GiB or at the very top, against an array that has an element for each byte. 20,000 maps; with KFIT_DEEP=1 in the
 * environment a million. */
#include "random.h"

#include <stdlib.h>
#include <string.h>

#include <mm/memmap.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { FRAMES = 8, BYTES = FRAMES * FRAME_SIZE, ENTRIES_MAX = 10, RESERVED_MAX = 5 };

enum byte_state { NOTHING, AVAILABLE, TAKEN };

static unsigned char map[BYTES];  /* as the entries have it: enum byte_state */
static unsigned char left[BYTES]; /* less what is reserved or beyond the limit */
static uint64_t universe;         /* address of the first byte */

static struct memmap_entry entries[ENTRIES_MAX];
static struct memmap_range reserved[RESERVED_MAX];
static struct memmap_input input;

/* ---- a random map ---- */

/* An offset in [0, BYTES]: anywhere, or near a frame's start. */
static size_t random_offset(void)
{
    size_t offset = random_below(2) ? random_below(BYTES + 1) : random_below(FRAMES + 1) * FRAME_SIZE;
    size_t away = random_below(4);
    return away == 0 && offset > 0 ? offset - 1 : away == 1 && offset < BYTES ? offset + 1 : offset;
}

static void random_span(size_t *from, size_t *to)
{
    size_t a = random_offset(), b = random_below(8) ? random_offset() : a;
    *from = a < b ? a : b;
    *to = a < b ? b : a;
}

static bool is_at_top(void)
{
    return universe + BYTES == 0;
}

/* Marks available bytes first, then the others, so that these win. The last byte of all cannot be named by an end. */
static void draw_entries(void)
{
    memset(map, NOTHING, sizeof map);
    for (int others = 0; others < 2; others++) {
        for (size_t i = 0; i < input.entry_count; i++) {
            size_t from = (size_t)(entries[i].base - universe);
            uint64_t length = entries[i].length < BYTES - from ? entries[i].length : BYTES - from;
            if ((entries[i].type != MEMMAP_AVAILABLE) == others)
                memset(map + from, others ? TAKEN : AVAILABLE, (size_t)length);
        }
    }
    if (is_at_top())
        map[BYTES - 1] = TAKEN;
}

static void draw_reserved(void)
{
    memcpy(left, map, sizeof left);
    for (size_t i = 0; i < input.reserved_count; i++)
        memset(left + (reserved[i].base - universe), TAKEN, (size_t)(reserved[i].end - reserved[i].base));
    size_t kept = input.limit ? (size_t)(input.limit - universe) : BYTES;
    memset(left + kept, TAKEN, BYTES - kept);
}

/* At the top an entry may wrap; an end or a limit of 2^64 is no number. */
static void random_map(void)
{
    static const uint64_t places[] = {0, ((uint64_t)4 << 30) - BYTES / 2, (uint64_t)0 - BYTES};
    size_t from, to;
    universe = places[random_below(LENGTH(places))];
    input = (struct memmap_input){.entries = entries, .reserved = reserved};
    input.entry_count = random_below(ENTRIES_MAX + 1);
    input.reserved_count = random_below(RESERVED_MAX + 1);
    for (size_t i = 0; i < input.entry_count; i++) {
        random_span(&from, &to);
        uint64_t beyond = is_at_top() && from < BYTES && random_below(6) == 0 ? (uint64_t)-1 >> random_below(40) : 0;
        from -= from == BYTES && is_at_top() ? to - from + 1 : 0; /* 2^64 is no base either */
        uint32_t type = random_below(3) ? MEMMAP_AVAILABLE : (uint32_t)random_below(6);
        entries[i] = (struct memmap_entry){universe + from, beyond > to - from ? beyond : to - from, type};
    }
    for (size_t i = 0; i < input.reserved_count; i++) {
        random_span(&from, &to);
        to = to - from > FRAME_SIZE && random_below(4) ? from + random_below(FRAME_SIZE) : to; /* most are short */
        to -= to == BYTES && is_at_top();
        reserved[i] = (struct memmap_range){universe + (from < to ? from : to), universe + to};
    }
    size_t limit = random_offset();
    if (random_below(3) == 0 && universe + limit != 0)
        input.limit = universe + limit;
}

/* ---- what must come of it ---- */

static bool is_whole(const unsigned char *bytes, size_t frame)
{
    const unsigned char *first = bytes + frame * FRAME_SIZE;
    return first[0] == AVAILABLE && memcmp(first, first + 1, FRAME_SIZE - 1) == 0;
}

/* Frames of the ranges are exactly the whole ones; ranges are sorted, and none touches the next. */
static void require_build(void)
{
    struct memmap_range out[MEMMAP_MAX];
    size_t count = 99, at = 0;
    memset(out, 0xA5, sizeof out);
    enum memmap_status status = memmap_build(&input, out, &count);
    for (size_t i = 0; i < count; i++) {
        size_t from = (size_t)(out[i].base - universe), to = (size_t)(out[i].end - universe);
        REQUIRE(out[i].base % FRAME_SIZE == 0 && out[i].end % FRAME_SIZE == 0);
        REQUIRE(from < to && to <= BYTES && (i == 0 || out[i - 1].end < out[i].base));
        for (; at < from / FRAME_SIZE; at++)
            REQUIRE(!is_whole(left, at));
        for (; at < to / FRAME_SIZE; at++)
            REQUIRE(is_whole(left, at));
    }
    REQUIRE(status == (count ? MEMMAP_OK : MEMMAP_NONE));
    for (; at < FRAMES; at++)
        REQUIRE(!is_whole(left, at));
}

static void require_sizes(void)
{
    struct memmap_sizes sizes;
    uint64_t available = 0, usable = 0, beyond = 0;
    for (size_t i = 0; i < BYTES; i++)
        available += map[i] == AVAILABLE;
    for (size_t f = 0; f < FRAMES; f++) {
        bool is_below = !input.limit || universe + (f + 1) * FRAME_SIZE - 1 < input.limit;
        *(is_below ? &usable : &beyond) += is_whole(map, f) ? FRAME_SIZE : 0;
    }
    memset(&sizes, 0xA5, sizeof sizes);
    REQUIRE(memmap_measure(&input, &sizes) == MEMMAP_OK);
    REQUIRE(sizes.available == available);
    REQUIRE(sizes.usable == usable);
    REQUIRE(sizes.beyond == beyond);
}

static void test_random_maps(void **state)
{
    (void)state;
    const char *deep = getenv("KFIT_DEEP");
    uint64_t maps = deep && strcmp(deep, "1") == 0 ? 1000000 : 20000;
    for (uint64_t seed = 1; seed <= maps; seed++) {
        run_begin(seed);
        random_map();
        draw_entries();
        draw_reserved();
        require_build();
        require_sizes();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_maps),
    };
    return cmocka_run_group_tests_name("memmap_bytes", tests, NULL, NULL);
}
