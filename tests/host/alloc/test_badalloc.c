/* Bad requests that need more than one call to judge, under every policy: how far requests of 0 bytes go, resizes by
 * single bytes, growth to the end of the address space in every grain, a thousand refusals in a row. (One call at a
 * time, at every size and alignment that has broken allocators before: test_badalloc_table.c. Regions:
 * test_badregion.c.) */
#include <lab/badalloc.h>

#include "alloc_region.h"

#define A HEAP_ALIGN
#define S SIZE_MAX

enum {
    PAGE = 4096,
    LIMIT = 4 * PAGE,
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

/* ---- a heap in use ---- */

static const struct region_shape shapes[] = {
    {.limit = LIMIT, .is_fixed = true, .harden = 0},
    {.limit = LIMIT, .is_fixed = true, .harden = 1},
    {.limit = LIMIT, .harden = 0},
    {.limit = LIMIT, .harden = 1},
};

/* A few blocks, with holes between them where the policy makes any. */
static void begin(void **state, size_t shape)
{
    void *blocks[6];
    region_heap(&region, h, policy_of(state), &shapes[shape]);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = heap_alloc(h, 40 * i);
        assert_non_null(blocks[i]);
        memset(blocks[i], REGION_JUNK, 40 * i);
    }
    for (size_t i = 0; i < COUNT(blocks); i += 2)
        assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
}

/* ---- BA-05 ---- */

static void zero_bytes_never_run_out_early(void **state)
{
    const struct region_shape small = {.limit = LIMIT, .is_fixed = true, .harden = 1};
    region_heap(&region, h, policy_of(state), &small);
    size_t blocks = 0, room = LIMIT - heap_fixed(h);
    while (heap_alloc(h, 0))
        blocks++;
    assert_int_equal(h->counters.live, blocks);
    assert_true(blocks >= room / heap_block_size(h, 0) / 2);
    assert_sound(h);
}

/* ---- BA-13 ---- */

/* Up and down by single bytes around a block with a hole above it: what is split off must never be an empty block. */
static void resizes_by_single_bytes_beside_a_hole(void **state)
{
    for (size_t bytes = 1; bytes <= 200; bytes++) {
        begin(state, bytes % COUNT(shapes));
        void *block = heap_alloc(h, 100), *above = heap_alloc(h, 60), *moved;
        assert_non_null(heap_alloc(h, 1));
        memset(block, 0x5A, 100);
        assert_int_equal(heap_free(h, above), HEAP_OK);
        assert_int_equal(heap_resize(h, block, bytes, &moved), HEAP_OK);
        assert_true(is_filled(moved, 0x5A, bytes < 100 ? bytes : 100));
        assert_sound(h);
        assert_int_equal(heap_resize(h, moved, 100, &moved), HEAP_OK);
        assert_true(is_filled(moved, 0x5A, bytes < 100 ? bytes : 100));
        assert_sound(h);
    }
}

/* ---- BA-15, BA-19: growth ---- */

static struct lab_bad_sizes sizes;
static size_t growth_asked; /* of the callback below, last */

static bool refuse_growth(void *context, size_t committed, size_t added)
{
    (void)context;
    assert_int_equal(committed, h->committed);
    assert_true(added > 0 && added % A == 0 && added <= h->reserved - committed);
    growth_asked = added;
    return false;
}

/* A heap that may reach the end of the address space, on memory that ends after one page. */
static void huge_growth_is_asked_for_once_and_refused(void **state)
{
    const size_t grains[] = {0, PAGE, 65536, 1 << 20, 0x80000000u, S & ~(size_t)(PAGE - 1)};
    const struct region_shape page = {.limit = PAGE, .is_fixed = true, .harden = 1};
    for (size_t i = 0; i < COUNT(grains); i++) {
        struct heap_setup setup = region_setup(&region, policy_of(state), &page);
        setup.region.reserved = (S - (uintptr_t)setup.region.base) & ~(A - 1);
        setup.region.grow = refuse_growth;
        setup.grain = grains[i];
        if (heap_init(h, &setup) == HEAP_NO_MEMORY)
            continue; /* a coarse grain wants more at once, and was refused */
        lab_bad_sizes(h, &sizes);
        struct heap_snapshot before = snapshot_begin(h);
        for (size_t k = 0; k < sizes.count; k++) {
            growth_asked = 0;
            if (sizes.bytes[k] <= PAGE)
                continue;
            assert_null(heap_alloc(h, sizes.bytes[k]));
            assert_true(growth_asked == 0 || growth_asked >= sizes.bytes[k] - PAGE);
            assert_true(snapshot_holds(&before, h));
            assert_sound(h);
        }
        snapshot_end(&before);
        assert_non_null(heap_alloc(h, 1));
    }
}

/* ---- BA-20 ---- */

static void counters_add_up_after_a_thousand_refusals(void **state)
{
    begin(state, 3);
    const struct heap_counters before = h->counters;
    struct heap_snapshot snapshot = snapshot_begin(h);
    void *ptr;
    for (size_t i = 0; i < 1000; i++) {
        assert_null(heap_alloc(h, S - i));
        assert_null(heap_calloc(h, S - i, 3));
        assert_int_equal(heap_alloc_aligned(h, S - i, 64, &ptr), HEAP_NO_MEMORY);
        assert_int_equal(heap_resize(h, NULL, S - i, &ptr), HEAP_NO_MEMORY);
    }
    assert_true(snapshot_holds(&snapshot, h));
    assert_int_equal(h->counters.operations, before.operations + 4000);
    assert_int_equal(h->counters.refused, before.refused + 4000);
    assert_true(h->counters.probes_max <= h->counters.probes);
    assert_sound(h);
    snapshot_end(&snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_bytes_never_run_out_early),
        cmocka_unit_test(resizes_by_single_bytes_beside_a_hole),
        cmocka_unit_test(huge_growth_is_asked_for_once_and_refused),
        cmocka_unit_test(counters_add_up_after_a_thousand_refusals),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = run_under_policies("bad requests", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
