/* The ratios: by hand, against definitions in wider arithmetic, and at the ends of the number range. */
#include <lab/metrics.h>

#include "support.h"

/* ---- permille ---- */

static void rounds_to_nearest_halves_up(void **state)
{
    (void)state;
    assert_int_equal(lab_permille(1, 3), 333);
    assert_int_equal(lab_permille(2, 3), 667);
    assert_int_equal(lab_permille(1, 2000), 1); /* 0.5 */
    assert_int_equal(lab_permille(1, 2001), 0);
    assert_int_equal(lab_permille(3, 2000), 2); /* 1.5 */
    assert_int_equal(lab_permille(1999, 2000), 1000);
    assert_int_equal(lab_permille(1998, 2000), 999);
}

static void edges_of_permille(void **state)
{
    (void)state;
    assert_int_equal(lab_permille(0, 0), 0);
    assert_int_equal(lab_permille(5, 0), 0);
    assert_int_equal(lab_permille(0, 5), 0);
    assert_int_equal(lab_permille(5, 5), 1000);
    assert_int_equal(lab_permille(6, 5), 1000);
    assert_int_equal(lab_permille(UINT64_MAX, UINT64_MAX), 1000);
    assert_int_equal(lab_permille(UINT64_MAX / 2, UINT64_MAX), 500);
    assert_int_equal(lab_permille(1, UINT64_MAX), 0);
    assert_int_equal(lab_permille(UINT64_MAX - 1, UINT64_MAX), 1000);
}

static void agrees_with_division_where_that_is_exact(void **state)
{
    (void)state;
    for (uint64_t whole = 1; whole <= 1200; whole++) {
        for (uint64_t part = 0; part <= whole; part++)
            assert_int_equal(lab_permille(part, whole), (2000 * part + whole) / (2 * whole));
    }
}

/* A ratio does not change with its unit; with the largest unit the numbers fill 64 bits. */
static void agrees_with_itself_at_every_scale(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint64_t whole = test_random(&seed) % 100000 + 1, part = test_random(&seed) % (whole + 1);
        uint64_t scale = UINT64_MAX / whole;
        assert_int_equal(lab_permille(part * scale, whole * scale), lab_permille(part, whole));
    }
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 wide;

static void agrees_with_128_bit_division(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 100000; i++) {
        uint64_t whole = (test_random(&seed) >> (test_random(&seed) % 64)) | 1, part = test_random(&seed) % whole;
        wide expected = ((wide)part * 2000 + whole) / ((wide)whole * 2);
        assert_int_equal(lab_permille(part, whole), (unsigned)expected);
    }
}

static void root_agrees_with_its_definition(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < 100000; i++) {
        unsigned drop = (unsigned)(test_random(&seed) % 127);
        wide square = ((wide)test_random(&seed) << 64 | test_random(&seed)) >> drop;
        uint64_t halves[2] = {(uint64_t)square, (uint64_t)(square >> 64)};
        wide root = lab_square_root(halves);
        assert_true(root * root <= square);
        assert_true(root == UINT64_MAX || (root + 1) * (root + 1) > square);
    }
}
#endif

/* ---- square root ---- */

static uint64_t root_of(uint64_t high, uint64_t low)
{
    uint64_t square[2] = {low, high};
    return lab_square_root(square);
}

static void root_of_small_numbers(void **state)
{
    (void)state;
    uint64_t root = 0;
    for (uint64_t n = 0; n < 70000; n++) {
        while ((root + 1) * (root + 1) <= n)
            root++;
        assert_int_equal(root_of(0, n), root);
    }
}

/* (2^k)^2 = 2^2k, and one less than that has a root one less; (2^64 - 1)^2 = 2^128 - 2^65 + 1. */
static void root_of_wide_numbers(void **state)
{
    (void)state;
    for (unsigned k = 33; k < 64; k++) {
        uint64_t high = (uint64_t)1 << (2 * k - 64);
        assert_true(root_of(high, 0) == (uint64_t)1 << k);
        assert_true(root_of(high - 1, UINT64_MAX) == ((uint64_t)1 << k) - 1);
    }
    assert_true(root_of(UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(root_of(UINT64_MAX - 1, 1) == UINT64_MAX);
    assert_true(root_of(UINT64_MAX - 1, 0) == UINT64_MAX - 1);
}

/* ---- fragmentation ---- */

static struct heap_shape shape_of_holes(const size_t *holes, size_t count)
{
    struct heap_shape shape = {.holes = count};
    for (size_t i = 0; i < count; i++) {
        shape.free += holes[i];
        shape.hole_squares[0] += (uint64_t)holes[i] * holes[i];
        if (holes[i] > shape.largest_hole)
            shape.largest_hole = holes[i];
    }
    return shape;
}

static void fragmentation_by_hand(void **state)
{
    (void)state;
    const size_t one[] = {4096}, two[] = {1000000, 1000000}, small[] = {32, 32}, mixed[] = {500, 300, 150};
    struct heap_shape shape = shape_of_holes(NULL, 0);
    assert_int_equal(lab_ext_frag(&shape), 0); /* nothing free */
    assert_int_equal(lab_rms_frag(&shape), 0);
    shape = shape_of_holes(one, 1);
    assert_int_equal(lab_ext_frag(&shape), 0);
    assert_int_equal(lab_rms_frag(&shape), 0);
    shape = shape_of_holes(two, 2); /* r = 1414213: 585787 / 2000000 = 0.2928935 */
    assert_int_equal(lab_ext_frag(&shape), 500);
    assert_int_equal(lab_rms_frag(&shape), 293);
    shape = shape_of_holes(small, 2); /* r = 45 (45.25): 19 / 64 = 0.296875 */
    assert_int_equal(lab_rms_frag(&shape), 297);
    shape = shape_of_holes(mixed, 3); /* L 500, F 950; r = 602 (602.08): 348 / 950 */
    assert_int_equal(lab_ext_frag(&shape), 474);
    assert_int_equal(lab_rms_frag(&shape), 366);
}

/* Two holes of 3 * 2^29 bytes: neither F nor the squares fit 32 bits signed, the sum of squares is above 2^62. */
static void fragmentation_of_large_holes(void **state)
{
    (void)state;
    struct heap_shape shape = {.free = (size_t)3 << 30, .largest_hole = (size_t)3 << 29, .holes = 2};
    shape.hole_squares[0] = (uint64_t)9 << 59; /* 2 * (3 * 2^29)^2 */
    assert_int_equal(lab_ext_frag(&shape), 500);
    assert_int_equal(lab_rms_frag(&shape), 293);
}

/* ---- the ratios of a result ---- */

static void rates_of_a_result(void **state)
{
    (void)state;
    struct lab_result result = {.peak_live = 3000, .peak_live_used = 3200, .live_end = 1000};
    result.shape = (struct heap_shape){.committed = 4096,
                                       .used = 1100,
                                       .free = 2980,
                                       .meta = 16,
                                       .largest_hole = 2980,
                                       .hole_squares = {(uint64_t)2980 * 2980}};
    lab_rate_result(&result);
    assert_int_equal(result.util, 732);    /* 3000 / 4096 = 0.73242 */
    assert_int_equal(result.int_frag, 63); /* 200 / 3200 = 0.0625, a half: up */
    assert_int_equal(result.overhead, 28); /* (4096 - 1000 - 2980) / 4096 = 0.0283 */
    assert_int_equal(result.ext_frag, 0);
    assert_int_equal(result.rms_frag, 0);
}

static void rates_at_the_edges(void **state)
{
    (void)state;
    struct lab_result result = {0};
    lab_rate_result(&result);
    assert_int_equal(result.util + result.int_frag + result.overhead, 0); /* H = 0, U = 0 */
    result = (struct lab_result){.peak_live = 100, .live_end = 100};      /* a headerless bump: no used blocks */
    result.shape = (struct heap_shape){.committed = 4096, .untracked = 160, .free = 3936, .largest_hole = 3936};
    lab_rate_result(&result);
    assert_int_equal(result.int_frag, 0);
    assert_int_equal(result.overhead, 0); /* X > 0 */
    assert_int_equal(result.util, 24);
    result.peak_live_used = 99; /* a policy that says less than was asked for */
    lab_rate_result(&result);
    assert_int_equal(result.int_frag, 0);
}

/* ---- unusable ---- */

static const struct heap_extent *extents; /* of the heap under test, ended by size 0 */

static bool walk_extents(struct heap *h, heap_visit_fn *visit, void *context)
{
    (void)h;
    for (const struct heap_extent *e = extents; e->size > 0; e++) {
        if (!visit(context, e))
            break;
    }
    return true;
}

static size_t block_of_sixteen_more(const struct heap *own, size_t bytes)
{
    (void)own;
    return bytes + 16;
}

static const struct heap_ops fixed_extents = {
    .name = "fixed", .walk = walk_extents, .block_size = block_of_sixteen_more};

/* A hole of exactly the block's size is large enough; one byte less is not. */
static void unusable_by_hand(void **state)
{
    (void)state;
    static const struct heap_extent holes[] = {{HEAP_FREE, 0, 32},  {HEAP_USED, 32, 32},   {HEAP_FREE, 64, 47},
                                               {HEAP_USED, 111, 1}, {HEAP_FREE, 112, 321}, {0}};
    struct heap h = {.ops = &fixed_extents, .seam = &fixed_extents, .committed = 433};
    unsigned unusable[LAB_UNUSABLE_COUNT];
    extents = holes;
    assert_int_equal(lab_rate_unusable(&h, unusable), HEAP_OK);
    assert_int_equal(unusable[0], 0);   /* 16 bytes, block 32: all suit */
    assert_int_equal(unusable[1], 198); /* 32 bytes, block 48: 79 of 400 */
    assert_int_equal(unusable[2], 198);
    assert_int_equal(unusable[4], 198);  /* 256 bytes, block 272 */
    assert_int_equal(unusable[5], 1000); /* 512 bytes: none */
    assert_int_equal(unusable[LAB_UNUSABLE_COUNT - 1], 1000);
}

static void unusable_without_holes(void **state)
{
    (void)state;
    static const struct heap_extent full[] = {{HEAP_USED, 0, 64}, {0}};
    struct heap h = {.ops = &fixed_extents, .seam = &fixed_extents, .committed = 64};
    unsigned unusable[LAB_UNUSABLE_COUNT];
    extents = full;
    assert_int_equal(lab_rate_unusable(&h, unusable), HEAP_OK);
    for (size_t i = 0; i < LAB_UNUSABLE_COUNT; i++)
        assert_int_equal(unusable[i], 0);
}

static void unusable_of_a_damaged_heap(void **state)
{
    (void)state;
    static const struct heap_extent gap[] = {{HEAP_USED, 0, 16}, {HEAP_FREE, 32, 32}, {0}};
    struct heap h = {.ops = &fixed_extents, .seam = &fixed_extents, .committed = 64};
    unsigned unusable[LAB_UNUSABLE_COUNT];
    extents = gap;
    assert_int_equal(lab_rate_unusable(&h, unusable), HEAP_CORRUPT);
    assert_int_equal(h.fault.class, HEAP_FAULT_TILING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_to_nearest_halves_up),
        cmocka_unit_test(edges_of_permille),
        cmocka_unit_test(agrees_with_division_where_that_is_exact),
        cmocka_unit_test(agrees_with_itself_at_every_scale),
#ifdef __SIZEOF_INT128__
        cmocka_unit_test(agrees_with_128_bit_division),
        cmocka_unit_test(root_agrees_with_its_definition),
#endif
        cmocka_unit_test(root_of_small_numbers),
        cmocka_unit_test(root_of_wide_numbers),
        cmocka_unit_test(fragmentation_by_hand),
        cmocka_unit_test(fragmentation_of_large_holes),
        cmocka_unit_test(rates_of_a_result),
        cmocka_unit_test(rates_at_the_edges),
        cmocka_unit_test(unusable_by_hand),
        cmocka_unit_test(unusable_without_holes),
        cmocka_unit_test(unusable_of_a_damaged_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
