/* Requests that have broken allocators before: sizes whose rounding wraps, "negative" sizes, products that overflow, bad
 * alignments. Every policy, both kinds of region, with and without a start table. (Regions: test_badregion.c.)
 *
 * Whatever is asked, the answer is a documented one; a refusal changes nothing, and a small request succeeds after it. */
#include <limits.h>

#include "alloc_region.h"

#define A HEAP_ALIGN
#define S SIZE_MAX

enum {
    PAGE = 4096,
    LIMIT = 4 * PAGE,
    VALUES_MAX = 1024,
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */
static size_t cases;

/* ---- the values ---- */

struct values {
    size_t count;
    size_t at[VALUES_MAX];
};

static void add(struct values *v, size_t value)
{
    assert_true(v->count < VALUES_MAX);
    v->at[v->count++] = value;
}

/* BA-01: just below the largest size there is. */
static void add_largest(struct values *v)
{
    const size_t more[] = {S - WORD,      S - WORD + 1, S - WORD - A + 1, S - A,       S - A + 1,
                           S & ~(A - 1u), S - PAGE,     S - PAGE + 1,     S - 2 * PAGE};
    for (size_t i = 0; i <= 64; i++)
        add(v, S - i);
    for (size_t i = 0; i < COUNT(more); i++)
        add(v, more[i]);
}

/* BA-02: sizes that are negative, or become so, in a signed type. */
static void add_negative(struct values *v)
{
    const size_t half = (size_t)1 << (8 * WORD - 1), half_32 = 0x80000000u;
    add(v, (size_t)-1);
    add(v, (size_t)-2);
    add(v, -WORD);
    add(v, -A);
    add(v, (size_t)INT_MIN);
    for (size_t i = 0; i <= 2 * WORD; i++) {
        add(v, half_32 - WORD + i);
        add(v, half - WORD + i);
    }
}

/* BA-03: around every power of two. */
static void add_powers(struct values *v)
{
    const size_t near[] = {0, 1, WORD - 1, WORD, WORD + 1, A};
    for (size_t k = 0; k < 8 * WORD; k++) {
        for (size_t i = 0; i < COUNT(near); i++) {
            add(v, ((size_t)1 << k) + near[i]);
            add(v, ((size_t)1 << k) - near[i]);
        }
    }
}

/* BA-04: around the region's size and the largest hole of the heap under test. */
static void add_near_the_heap(struct values *v)
{
    const size_t near[] = {0, 1, WORD, A, PAGE};
    struct heap_shape shape;
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    for (size_t i = 0; i < COUNT(near); i++) {
        add(v, LIMIT + near[i]);
        add(v, LIMIT - near[i]);
        add(v, shape.largest_hole + near[i]);
        add(v, shape.largest_hole > near[i] ? shape.largest_hole - near[i] : 0);
    }
}

static struct values *all_sizes(void)
{
    static struct values v;
    v.count = 0;
    add_largest(&v);
    add_negative(&v);
    add_powers(&v);
    add_near_the_heap(&v);
    return &v;
}

/* ---- a heap in use, and what every case must leave behind ---- */

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

static void assert_untouched(const struct heap_snapshot *before, size_t bytes, size_t align)
{
    if (!snapshot_holds(before, h))
        fail_msg("a refused request of %zu, alignment %zu, changed the heap", bytes, align);
    assert_int_equal(h->counters.operations, before->heap.counters.operations + 1);
    assert_int_equal(h->counters.refused, before->heap.counters.refused + 1);
    assert_sound(h);
    void *small = heap_alloc(h, 1);
    assert_non_null(small);
    assert_int_equal(heap_free(h, small), HEAP_OK);
}

/* What a granted request must look like, and that it can be given back. */
static void assert_granted(void *ptr, size_t bytes, size_t align)
{
    if (!is_placed(h, ptr, bytes, align < A ? A : align))
        fail_msg("a request of %zu, alignment %zu, was granted out of place", bytes, align);
    memset(ptr, 0xFF, bytes);
    assert_sound(h);
    assert_int_equal(heap_free(h, ptr), HEAP_OK);
    assert_sound(h);
}

static void try_alloc(void **state, size_t shape, size_t bytes)
{
    begin(state, shape);
    struct heap_snapshot before = snapshot_begin(h);
    void *ptr = heap_alloc(h, bytes);
    if (ptr)
        assert_granted(ptr, bytes, A);
    else
        assert_untouched(&before, bytes, A);
    snapshot_end(&before);
    cases++;
}

static void impossible_sizes_are_refused(void **state)
{
    for (size_t shape = 0; shape < COUNT(shapes); shape++) {
        begin(state, shape);
        const struct values *v = all_sizes();
        for (size_t i = 0; i < v->count; i++)
            try_alloc(state, shape, v->at[i]);
    }
}

/* The same without the front-end in front. */
static void policy_itself_refuses_impossible_sizes(void **state)
{
    for (size_t shape = 0; shape < COUNT(shapes); shape++) {
        begin(state, shape);
        const struct values *v = all_sizes();
        struct heap_snapshot before = snapshot_begin(h);
        for (size_t i = 0; i < v->count; i++) {
            size_t bytes = v->at[i];
            if (bytes < LIMIT)
                continue;
            for (size_t align = A; align <= HEAP_REGION_ALIGN; align *= 2) {
                assert_null(h->ops->alloc(h, bytes, align));
                size_t need = h->ops->need(h, bytes, align);
                assert_true(need >= bytes - h->committed);
                cases++;
            }
            assert_true(heap_block_size(h, bytes) == 0 || heap_block_size(h, bytes) >= bytes);
        }
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
    }
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

/* ---- BA-06 ---- */

static void try_calloc(void **state, size_t shape, size_t count, size_t size)
{
    begin(state, shape);
    struct heap_snapshot before = snapshot_begin(h);
    size_t product;
    bool overflows = __builtin_mul_overflow(count, size, &product);
    unsigned char *ptr = heap_calloc(h, count, size);
    assert_true(!ptr || !overflows);
    if (ptr) {
        assert_true(is_filled(ptr, 0, product));
        assert_granted(ptr, product, A);
    } else {
        assert_untouched(&before, overflows ? S : product, A);
    }
    snapshot_end(&before);
    cases++;
}

static void calloc_products_that_overflow_are_refused(void **state)
{
    const size_t factors[] = {0,     1,           2,           A,     WORD,      65535, 65536,
                              65537, 0x80000000u, 0xFFFFFFFFu, S / 2, S / 2 + 1, S - 1, S};
    for (size_t shape = 0; shape < COUNT(shapes); shape++) {
        for (size_t i = 0; i < COUNT(factors) * COUNT(factors); i++)
            try_calloc(state, shape, factors[i / COUNT(factors)], factors[i % COUNT(factors)]);
        try_calloc(state, shape, 0x10000, 0x10000);
        try_calloc(state, shape, 0x40000001, 4);
        try_calloc(state, shape, ((size_t)1 << (4 * WORD)) + 1, (size_t)1 << (4 * WORD));
    }
}

/* ---- BA-07, BA-08 ---- */

static void try_aligned(void **state, size_t shape, size_t bytes, size_t align)
{
    begin(state, shape);
    struct heap_snapshot before = snapshot_begin(h);
    void *ptr = h;
    enum heap_status status = heap_alloc_aligned(h, bytes, align, &ptr);
    if (align > HEAP_REGION_ALIGN) {
        assert_int_equal(status, HEAP_BAD_ARGUMENT);
        assert_null(ptr);
        assert_true(snapshot_holds(&before, h));
    } else if (status == HEAP_OK) {
        assert_granted(ptr, bytes, align);
    } else {
        assert_int_equal(status, HEAP_NO_MEMORY);
        assert_null(ptr);
        assert_untouched(&before, bytes, align);
    }
    snapshot_end(&before);
    cases++;
}

static void impossible_aligned_requests_are_refused(void **state)
{
    static const size_t aligns[] = {1, 2, 4, 8, 16, 64, PAGE, 2 * PAGE, 1 << 20, 2 << 20, 1 << 30, 0x80000000u};
    static struct values sizes;
    sizes.count = 0;
    add_largest(&sizes);
    for (size_t bytes = 0; bytes <= 64; bytes += 16)
        add(&sizes, bytes);
    for (size_t i = 0; i < sizes.count; i++) {
        for (size_t k = 0; k < COUNT(aligns); k++)
            try_aligned(state, (i + k) % COUNT(shapes), sizes.at[i], aligns[k]);
    }
    for (size_t shape = 0; shape < COUNT(shapes); shape++)
        try_aligned(state, shape, 0x80000000u, 0x80000000u);
}

static void bad_alignments_are_refused(void **state)
{
    const size_t aligns[] = {0, 3, 5, 6, 12, 24, 100, PAGE - 1, PAGE + 1, S, S - 1, (size_t)-8, S / 2, S / 2 + 1};
    const size_t sizes[] = {0, 1, 100, S};
    for (size_t i = 0; i < COUNT(aligns) * COUNT(sizes); i++) {
        begin(state, i % COUNT(shapes));
        struct heap before = *h;
        void *ptr = h;
        assert_int_equal(heap_alloc_aligned(h, sizes[i % COUNT(sizes)], aligns[i / COUNT(sizes)], &ptr),
                         HEAP_BAD_ARGUMENT);
        assert_null(ptr);
        assert_memory_equal(h, &before, sizeof before);
        assert_non_null(heap_alloc(h, 1));
        assert_sound(h);
        cases++;
    }
}

/* ---- BA-10, BA-13 ---- */

static void try_resize(void **state, size_t shape, size_t old, size_t bytes)
{
    begin(state, shape);
    if (heap_block_size(h, old) >= LIMIT)
        old /= 2; /* rounded to a block that is the whole heap */
    unsigned char *block = heap_alloc(h, old);
    assert_non_null(block);
    assert_non_null(heap_alloc(h, 1)); /* keeps it from growing where it stands */
    memset(block, 0x5A, old);
    size_t usable = heap_usable(h, block);
    struct heap_snapshot before = snapshot_begin(h);
    void *moved = h;
    enum heap_status status = heap_resize(h, block, bytes, &moved);
    if (status == HEAP_OK) {
        assert_true(is_filled(moved, 0x5A, old < bytes ? old : bytes));
        assert_granted(moved, bytes, A);
    } else {
        assert_int_equal(status, bytes == 0 ? HEAP_BAD_ARGUMENT : HEAP_NO_MEMORY);
        assert_null(moved);
        assert_true(snapshot_holds(&before, h));
        assert_int_equal(heap_usable(h, block), usable);
        assert_int_equal(heap_free(h, block), HEAP_OK);
        assert_sound(h);
    }
    snapshot_end(&before);
    cases++;
}

static void impossible_resizes_leave_the_block(void **state)
{
    const size_t olds[] = {1, A, PAGE, LIMIT / 2};
    begin(state, 3);
    const struct values *v = all_sizes();
    for (size_t i = 0; i < v->count; i++) {
        for (size_t k = 0; k < COUNT(olds); k++)
            try_resize(state, (i + k) % COUNT(shapes), olds[k], v->at[i]);
    }
}

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
        cases++;
    }
}

/* ---- BA-15, BA-19: growth ---- */

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
        const struct values *v = all_sizes();
        struct heap_snapshot before = snapshot_begin(h);
        for (size_t k = 0; k < v->count; k++) {
            growth_asked = 0;
            if (v->at[k] <= PAGE)
                continue;
            assert_null(heap_alloc(h, v->at[k]));
            assert_true(growth_asked == 0 || growth_asked >= v->at[k] - PAGE);
            assert_true(snapshot_holds(&before, h));
            assert_sound(h);
            cases++;
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
    cases += 4000;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(policy_itself_refuses_impossible_sizes),
        cmocka_unit_test(zero_bytes_never_run_out_early),
        cmocka_unit_test(calloc_products_that_overflow_are_refused),
        cmocka_unit_test(impossible_aligned_requests_are_refused),
        cmocka_unit_test(bad_alignments_are_refused),
        cmocka_unit_test(impossible_resizes_leave_the_block),
        cmocka_unit_test(resizes_by_single_bytes_beside_a_hole),
        cmocka_unit_test(huge_growth_is_asked_for_once_and_refused),
        cmocka_unit_test(counters_add_up_after_a_thousand_refusals),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = run_under_policies("bad requests", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    print_message("%zu cases\n", cases);
    return failed;
}
