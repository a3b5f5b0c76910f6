/* The memory map: named hazards. Random maps: test_memmap_random.c, test_memmap_bytes.c. */
#include "support.h"

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
    static struct memmap_range reserved[MEMMAP_RESERVED_MAX + 1];
    struct memmap_sizes sizes;
    for (size_t i = 0; i <= MEMMAP_MAX; i++)
        entries[i] = (struct memmap_entry){i * MIB, MIB / 2, 1};
    for (size_t i = 0; i <= MEMMAP_RESERVED_MAX; i++)
        reserved[i] = (struct memmap_range){i * MIB + FRAME_SIZE, i * MIB + 2 * FRAME_SIZE};
    struct memmap_input input = {.entries = entries, .entry_count = MEMMAP_MAX, .reserved = reserved};
    assert_int_equal(build(&input), MEMMAP_OK);
    assert_int_equal(count, MEMMAP_MAX);
    input.reserved_count = 1; /* one hole more makes one range more than there is room for */
    assert_int_equal(build(&input), MEMMAP_TOO_MANY);
    input.entry_count = 1;
    input.reserved_count = MEMMAP_RESERVED_MAX;
    assert_int_equal(build(&input), MEMMAP_OK);
    input.reserved_count = MEMMAP_RESERVED_MAX + 1;
    assert_int_equal(build(&input), MEMMAP_TOO_MANY);
    input.entry_count = MEMMAP_MAX + 1;
    input.reserved_count = 0;
    assert_int_equal(build(&input), MEMMAP_TOO_MANY);
    assert_int_equal(memmap_measure(&input, &sizes), MEMMAP_TOO_MANY);
    assert_string_equal(memmap_status_text(MEMMAP_TOO_MANY), "memory map too long: raise MEMMAP_MAX (128)");
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
    };
    return cmocka_run_group_tests_name("memmap", tests, NULL, NULL);
}
