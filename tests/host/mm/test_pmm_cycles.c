/* Frames over many rounds: nothing is lost or counted twice when all memory is taken and given back a thousand times,
 * on maps of odd shape (P-08, P-10). */
#include "random.h"

#include <stdlib.h>
#include <string.h>

#include <mm/pmm.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define FRAME(number) ((paddr_t)(number)*FRAME_SIZE)

enum { CYCLES = 1000, FRAMES_MAX = 1200 };

static struct pmm pmm;
static void *storage;
static paddr_t taken[FRAMES_MAX];
static bool is_out[2 * FRAMES_MAX];

static void open_pmm(const struct memmap_range *ranges, size_t count, paddr_t direct_limit)
{
    size_t bytes = pmm_storage_bytes(ranges[count - 1].end);
    storage = malloc(bytes);
    assert_non_null(storage);
    memset(storage, 0xA5, bytes);
    pmm_init(&pmm, storage, ranges, count, direct_limit);
}

static void close_pmm(void)
{
    free(storage);
    storage = NULL;
}

/* Direct frames first in every other cycle. */
static size_t take_all(size_t cycle)
{
    size_t count = 0;
    while ((cycle % 2 && pmm_alloc(&pmm, PMM_DIRECT, &taken[count]) == PMM_OK) ||
           pmm_alloc(&pmm, PMM_ANY, &taken[count]) == PMM_OK) {
        size_t number = (size_t)(taken[count++] / FRAME_SIZE);
        REQUIRE(number < LENGTH(is_out) && !is_out[number]);
        is_out[number] = true;
        REQUIRE(count < LENGTH(taken));
    }
    return count;
}

/* Upwards, downwards, or anyhow. */
static void give_all(size_t cycle, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t order = cycle % 3, j = order == 0 ? i : order == 1 ? count - 1 - i : i + random_below(count - i);
        paddr_t given = taken[j];
        taken[j] = order == 2 ? taken[i] : given;
        REQUIRE(pmm_free(&pmm, given) == PMM_OK);
        REQUIRE(pmm_free(&pmm, given) == PMM_DOUBLE_FREE);
        is_out[given / FRAME_SIZE] = false;
    }
}

static void run_cycles(const struct memmap_range *ranges, size_t count, paddr_t direct_limit)
{
    open_pmm(ranges, count, direct_limit);
    const size_t total = (size_t)(memmap_bytes(ranges, count) / FRAME_SIZE);
    for (size_t cycle = 0; cycle < CYCLES; cycle++) {
        run_begin(cycle);
        REQUIRE(take_all(cycle) == total);
        REQUIRE(pmm.free == 0 && pmm_used(&pmm) == total);
        REQUIRE(cycle % 100 != 0 || pmm_check(&pmm));
        give_all(cycle, total);
        REQUIRE(pmm.free == total && pmm.total == total);
        REQUIRE(cycle % 100 != 0 || pmm_check(&pmm));
    }
    close_pmm();
}

static void test_two_ranges(void **state)
{
    (void)state;
    const struct memmap_range ranges[] = {{FRAME(511), FRAME(1025)}, {FRAME(1100), FRAME(1101)}};
    run_cycles(ranges, LENGTH(ranges), FRAME(600));
}

/* As GRUB's badram leaves it: every other frame, for as many ranges as a map may have. */
static void test_alternate_frames(void **state)
{
    (void)state;
    struct memmap_range ranges[MEMMAP_MAX];
    struct pmm_run_request pair = {.frames = 2, .align = 1, .zone = PMM_ANY};
    paddr_t base;
    for (size_t i = 0; i < MEMMAP_MAX; i++)
        ranges[i] = (struct memmap_range){FRAME(400 + 2 * i), FRAME(401 + 2 * i)};
    run_cycles(ranges, MEMMAP_MAX, FRAME(500));
    open_pmm(ranges, MEMMAP_MAX, FRAME(500));
    assert_int_equal(pmm_alloc_run(&pmm, &pair, &base), PMM_NO_MEMORY); /* no two lie together */
    assert_int_equal(pmm_free(&pmm, FRAME(401)), PMM_RESERVED);
    close_pmm();
}

/* One frame is a machine, too: all direct, none direct. */
static void test_one_frame(void **state)
{
    (void)state;
    const struct memmap_range low = {0, FRAME(1)}, high = {FRAME(1000), FRAME(1001)};
    run_cycles(&low, 1, FRAME(1));
    run_cycles(&high, 1, 0);
    run_cycles(&high, 1, (paddr_t)1 << 50);
}

/* A limit inside a frame leaves that frame out: its end could not be reached. */
static void test_odd_direct_limit(void **state)
{
    (void)state;
    const struct memmap_range range = {FRAME(10), FRAME(20)};
    paddr_t frame;
    open_pmm(&range, 1, FRAME(12) + FRAME_SIZE - 1);
    assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_OK);
    assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_OK);
    assert_true(frame == FRAME(11));
    assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_NO_MEMORY);
    close_pmm();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_ranges),
        cmocka_unit_test(test_alternate_frames),
        cmocka_unit_test(test_one_frame),
        cmocka_unit_test(test_odd_direct_limit),
    };
    return cmocka_run_group_tests_name("pmm_cycles", tests, NULL, NULL);
}
