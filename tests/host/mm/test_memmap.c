/* The memory map: named hazards, then random maps against an oracle with a byte-exact picture of a small universe. */
#include "random.h"

#include <string.h>

#include <mm/memmap.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

static struct memmap_range out[MEMMAP_MAX];
static size_t count;

static enum memmap_status build(const struct memmap_input *input)
{
    memset(out, 0xA5, sizeof out);
    count = 12345;
    return memmap_build(input, out, &count);
}

static void expect_ranges(const struct memmap_range *ranges, size_t n)
{
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(out[i].base == ranges[i].base);
        assert_true(out[i].end == ranges[i].end);
    }
}

/* P-01: unsorted, overlapping, duplicate and touching entries give each frame once. */
static void test_unsorted_overlapping(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {
        {8 * MIB, 8 * MIB, 1}, {1 * MIB, 4 * MIB, 1}, {2 * MIB, 4 * MIB, 1},
        {8 * MIB, 8 * MIB, 1}, {6 * MIB, 1 * MIB, 1},
    };
    struct memmap_input input = {.entries = entries, .entry_count = LENGTH(entries)};
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{1 * MIB, 7 * MIB}, {8 * MIB, 16 * MIB}}, 2);
    assert_true(memmap_bytes(out, count) == 14 * MIB);
}

/* P-01: another type wins over type 1, wherever it stands in the list. */
static void test_other_types_win(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {
        {3 * MIB, 1 * MIB, 2}, {1 * MIB, 8 * MIB, 1},    {5 * MIB, 1 * MIB, 3},
        {7 * MIB, 1 * MIB, 0}, {8 * MIB, 1, 0xFFFFFFFF},
    };
    struct memmap_input input = {.entries = entries, .entry_count = LENGTH(entries)};
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges(
        (struct memmap_range[]){
            {1 * MIB, 3 * MIB}, {4 * MIB, 5 * MIB}, {6 * MIB, 7 * MIB}, {8 * MIB + FRAME_SIZE, 9 * MIB}},
        4);
}

/* P-01: empty entries are nothing; wrapping ones end at the top. */
static void test_empty_and_wrapping(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {
        {1 * MIB, 0, 1}, {2 * MIB, 2 * MIB, 1}, {3 * MIB, 0, 2}, {5 * MIB, UINT64_MAX, 2}, {UINT64_MAX - 5, 100, 1},
    };
    struct memmap_input input = {.entries = entries, .entry_count = LENGTH(entries)};
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{2 * MIB, 4 * MIB}}, 1);

    const struct memmap_entry top = {(uint64_t)0 - 8 * FRAME_SIZE, UINT64_MAX, 1};
    struct memmap_input wrapping = {.entries = &top, .entry_count = 1};
    assert_int_equal(build(&wrapping), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{(uint64_t)0 - 8 * FRAME_SIZE, (uint64_t)0 - FRAME_SIZE}}, 1);

    const struct memmap_entry last_bytes = {UINT64_MAX - 5, 100, 1};
    struct memmap_input tiny = {.entries = &last_bytes, .entry_count = 1};
    assert_int_equal(build(&tiny), MEMMAP_NONE);
}

/* P-02: usable rounds inwards, reserved outwards. */
static void test_odd_ends(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {{0x1001, 0x9FFE, 1}, {0x4FFF, 2, 2}};
    const struct memmap_range reserved[] = {{0x7800, 0x7801}, {0x7900, 0x7900}, {0x9000, 0x8000}};
    struct memmap_input input = {.entries = entries, .entry_count = 2};
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{0x2000, 0x4000}, {0x6000, 0xA000}}, 2);
    input.reserved = reserved;
    input.reserved_count = LENGTH(reserved);
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{0x2000, 0x4000}, {0x6000, 0x7000}, {0x8000, 0xA000}}, 3);
}

/* A frame put together from two touching entries is whole; one with a byte missing is not. */
static void test_touching_within_a_frame(void **state)
{
    (void)state;
    const struct memmap_entry touching[] = {{0x1000, 0x1800, 1}, {0x2800, 0x1800, 1}};
    const struct memmap_entry apart[] = {{0x1000, 0x1800, 1}, {0x2801, 0x17FF, 1}};
    struct memmap_input input = {.entries = touching, .entry_count = 2};
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{0x1000, 0x4000}}, 1);
    input.entries = apart;
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{0x1000, 0x2000}, {0x3000, 0x4000}}, 2);
}

/* P-03: what lies beyond the limit is left out, and told. */
static void test_limit(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {{1 * MIB, 3 * GIB - 1 * MIB, 1}, {4 * GIB - 2 * MIB, 3 * GIB, 1}};
    struct memmap_input input = {.entries = entries, .entry_count = 2, .limit = 4 * GIB};
    struct memmap_sizes sizes;
    assert_int_equal(build(&input), MEMMAP_OK);
    expect_ranges((struct memmap_range[]){{1 * MIB, 3 * GIB}, {4 * GIB - 2 * MIB, 4 * GIB}}, 2);
    assert_int_equal(memmap_measure(&input, &sizes), MEMMAP_OK);
    assert_true(sizes.available == 6 * GIB - 1 * MIB);
    assert_true(sizes.usable == 3 * GIB + 1 * MIB);
    assert_true(sizes.beyond == 3 * GIB - 2 * MIB);
}

/* Sizes are those of the map itself: odd ends count as available, not as usable; reservations do not count. */
static void test_measure(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {{0x1800, 0x3000, 1}, {0x1800, 0x1000, 1}, {0x4000, 0x100, 2}};
    const struct memmap_range reserved[] = {{0, MIB}};
    struct memmap_input input = {.entries = entries, .entry_count = 3, .reserved = reserved, .reserved_count = 1};
    struct memmap_sizes sizes;
    assert_int_equal(memmap_measure(&input, &sizes), MEMMAP_OK);
    assert_true(sizes.available == 0x2F00);
    assert_true(sizes.usable == 0x2000);
    assert_true(sizes.beyond == 0);
    assert_int_equal(build(&input), MEMMAP_NONE);
}

/* K-06: nothing usable is said, not survived. */
static void test_nothing_usable(void **state)
{
    (void)state;
    const struct memmap_entry entries[] = {{1 * MIB, 16 * MIB, 2}, {0x1001, 0x1FFE, 1}};
    struct memmap_input input = {.entries = entries, .entry_count = 2};
    assert_int_equal(build(&input), MEMMAP_NONE);
    assert_int_equal(count, 0);
    input.entry_count = 0;
    assert_int_equal(build(&input), MEMMAP_NONE);
    assert_string_equal(memmap_status_text(MEMMAP_NONE), "no usable memory in the firmware's memory map");
}

static void test_too_many(void **state)
{
    (void)state;
    static struct memmap_entry entries[MEMMAP_MAX + 1];
    static struct memmap_range reserved[MEMMAP_MAX + 1];
    struct memmap_sizes sizes;
    for (size_t i = 0; i <= MEMMAP_MAX; i++) {
        entries[i] = (struct memmap_entry){i * MIB, MIB / 2, 1};
        reserved[i] = (struct memmap_range){i * MIB + FRAME_SIZE, i * MIB + 2 * FRAME_SIZE};
    }
    struct memmap_input input = {.entries = entries, .entry_count = MEMMAP_MAX, .reserved = reserved};
    assert_int_equal(build(&input), MEMMAP_OK);
    assert_int_equal(count, MEMMAP_MAX);
    input.reserved_count = 1; /* one hole more makes one range more than there is room for */
    assert_int_equal(build(&input), MEMMAP_TOO_MANY);
    input.entry_count = 1;
    input.reserved_count = MEMMAP_MAX;
    assert_int_equal(build(&input), MEMMAP_OK);
    input.reserved_count = MEMMAP_MAX + 1;
    assert_int_equal(build(&input), MEMMAP_TOO_MANY);
    input.entry_count = MEMMAP_MAX + 1;
    input.reserved_count = 0;
    assert_int_equal(build(&input), MEMMAP_TOO_MANY);
    assert_int_equal(memmap_measure(&input, &sizes), MEMMAP_TOO_MANY);
    assert_string_equal(memmap_status_text(MEMMAP_TOO_MANY), "memory map too long: raise MEMMAP_MAX (128)");
}

/* ---- the oracle ---- */

/* A universe of FRAMES frames in quarters. All random edges are the starts of quarters, give or take one byte, so
 * three parts of each quarter tell everything: its first byte, those between, its last byte. */
enum { FRAMES = 96, QUARTER = FRAME_SIZE / 4, QUARTERS = 4 * FRAMES };

struct picture {
    bool in_type1[QUARTERS][3];
    bool in_other[QUARTERS][3];
    bool reserved[QUARTERS][3];
};

static struct picture picture;
static uint64_t random_edge(void)
{
    return (uint64_t)random_below(QUARTERS + 1) * QUARTER + random_below(3) - 1;
}

/* Marks the bytes [base, end), both within a byte of a quarter's start. */
static void mark(bool (*bits)[3], uint64_t base, uint64_t end)
{
    for (uint64_t q = 0; q < QUARTERS; q++) {
        const uint64_t first = q * QUARTER, last = first + QUARTER - 1;
        bits[q][0] |= base <= first && first < end;
        bits[q][1] |= base <= first + 1 && last <= end;
        bits[q][2] |= base <= last && last < end;
    }
}

static bool frame_is_free(uint64_t frame, uint64_t limit, bool with_reserved)
{
    if (limit && (frame + 1) * FRAME_SIZE > limit)
        return false;
    for (uint64_t q = 4 * frame; q < 4 * frame + 4; q++) {
        for (int part = 0; part < 3; part++) {
            if (!picture.in_type1[q][part] || picture.in_other[q][part] || (with_reserved && picture.reserved[q][part]))
                return false;
        }
    }
    return true;
}

/* Edges of random maps lie inside [0, FRAMES frames]: the one below 0 is taken back to 0. */
static void random_span(uint64_t *base, uint64_t *end)
{
    uint64_t a = random_edge(), b = random_edge();
    a = a == UINT64_MAX ? 0 : a;
    b = b == UINT64_MAX ? 0 : b;
    *base = a < b ? a : b;
    *end = a < b ? b : a;
}

static void check_against_picture(uint64_t limit)
{
    bool got[FRAMES] = {false};
    for (size_t i = 0; i < count; i++) {
        REQUIRE(out[i].base < out[i].end && out[i].end <= (uint64_t)FRAMES * FRAME_SIZE);
        REQUIRE(out[i].base % FRAME_SIZE == 0 && out[i].end % FRAME_SIZE == 0);
        REQUIRE(i == 0 || out[i - 1].end <= out[i].base);
        for (uint64_t f = out[i].base / FRAME_SIZE; f < out[i].end / FRAME_SIZE; f++)
            got[f] = true;
    }
    for (uint64_t f = 0; f < FRAMES; f++)
        REQUIRE(got[f] == frame_is_free(f, limit, true));
}

static void check_sizes(const struct memmap_input *input)
{
    struct memmap_sizes sizes;
    uint64_t usable = 0, beyond = 0;
    for (uint64_t f = 0; f < FRAMES; f++) {
        bool is_usable = frame_is_free(f, input->limit, false);
        usable += is_usable;
        beyond += !is_usable && frame_is_free(f, 0, false);
    }
    REQUIRE(memmap_measure(input, &sizes) == MEMMAP_OK);
    REQUIRE(sizes.usable == usable * FRAME_SIZE);
    REQUIRE(sizes.beyond == beyond * FRAME_SIZE);
}

static void one_random_map(void)
{
    struct memmap_entry entries[12];
    struct memmap_range reserved[6];
    size_t n = random_below(LENGTH(entries) + 1), m = random_below(LENGTH(reserved) + 1);
    memset(&picture, 0, sizeof picture);
    for (size_t i = 0; i < n; i++) {
        uint64_t base, end;
        random_span(&base, &end);
        uint32_t type = random_below(3) ? 1 : (uint32_t)random_below(6);
        entries[i] = (struct memmap_entry){base, end - base, type};
        mark(type == 1 ? picture.in_type1 : picture.in_other, base, end);
    }
    for (size_t i = 0; i < m; i++) {
        random_span(&reserved[i].base, &reserved[i].end);
        if (random_below(2)) /* most are short, or nothing would be left */
            reserved[i].end = reserved[i].base;
        mark(picture.reserved, reserved[i].base, reserved[i].end);
    }
    struct memmap_input input = {.entries = entries, .entry_count = n, .reserved = reserved, .reserved_count = m};
    input.limit = random_below(3) ? 0 : (uint64_t)random_below(QUARTERS) * QUARTER;
    enum memmap_status status = build(&input);
    REQUIRE(status == (count ? MEMMAP_OK : MEMMAP_NONE));
    check_against_picture(input.limit);
    check_sizes(&input);
}

static void test_random_maps(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 25000; i++) {
        run_begin(i);
        one_random_map();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsorted_overlapping),
        cmocka_unit_test(test_other_types_win),
        cmocka_unit_test(test_empty_and_wrapping),
        cmocka_unit_test(test_odd_ends),
        cmocka_unit_test(test_touching_within_a_frame),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_measure),
        cmocka_unit_test(test_nothing_usable),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_random_maps),
    };
    return cmocka_run_group_tests_name("memmap", tests, NULL, NULL);
}
