/* Growth under every policy and its options: the promise of need() in heap_ops.h, exactly, and heaps whose growth is refused at any call,
 * once or from then on. */
#include "alloc_region.h"

#define A HEAP_ALIGN

enum { CAPACITY = 8 << 20, START = 32768 };

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

/* ---- need() ---- */

/* What the heap holds before the request that does not fit. */
enum filling { EMPTY, ONE_BLOCK, FREE_END, HOLES, FULL, FILLINGS };

static void fill(enum filling filling)
{
    void *blocks[20];
    if (filling == ONE_BLOCK)
        assert_non_null(heap_alloc(h, 100));
    for (size_t i = 0; i < COUNT(blocks) && (filling == HOLES || filling == FREE_END); i++) {
        blocks[i] = heap_alloc(h, 20 + 7 * i);
        assert_non_null(blocks[i]);
    }
    for (size_t i = 0; i < COUNT(blocks) && filling == HOLES; i += 2)
        assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
    if (filling == FREE_END)
        assert_int_equal(heap_free(h, blocks[COUNT(blocks) - 1]), HEAP_OK);
    if (filling == FULL) {
        for (size_t bytes = 4096; bytes > 0; bytes /= 2) {
            while (heap_alloc(h, bytes)) {
            }
        }
    }
}

static void fill_and_stop_growing(void **state, enum filling filling)
{
    const struct region_shape start = {.limit = START, .is_fixed = true, .harden = 1};
    region_heap(&region, h, policy_of(state), &start);
    fill(filling);
    assert_int_equal(h->committed, START);
}

/* The same heap over a region that may reach `limit`. */
static void fill_with_limit(void **state, enum filling filling, size_t limit)
{
    fill_and_stop_growing(state, filling);
    region.limit = h->reserved = limit;
    h->grow = region_grow;
    h->grow_context = &region;
}

static size_t rounded_need(size_t bytes, size_t align)
{
    size_t need = h->ops->need(h, bytes, align), rounded;
    assert_true(need > 0);
    assert_true(heap_round_up(need, A, &rounded));
    assert_true(rounded <= CAPACITY - START);
    return rounded;
}

/* Through the front-end: a limit that leaves the missing bytes, and one that leaves A less. */
static void assert_limit_decides(void **state, enum filling filling, size_t bytes, size_t align, size_t need)
{
    void *ptr;
    fill_with_limit(state, filling, START + need - A);
    if (merges_late(h)) /* what there is to merge is merged by the first that is refused */
        assert_int_equal(heap_alloc_aligned(h, bytes, align, &ptr), HEAP_NO_MEMORY);
    struct heap_snapshot before = snapshot_begin(h);
    assert_int_equal(heap_alloc_aligned(h, bytes, align, &ptr), HEAP_NO_MEMORY);
    assert_true(snapshot_holds(&before, h));
    assert_int_equal(region.grow_calls, 0);
    assert_sound(h);
    snapshot_end(&before);

    fill_with_limit(state, filling, START + need);
    assert_int_equal(heap_alloc_aligned(h, bytes, align, &ptr), HEAP_OK);
    assert_true(is_placed(h, ptr, bytes, align));
    assert_int_equal(h->committed, START + need);
    memset(ptr, 0xFF, bytes);
    assert_sound(h);
}

/* Without the front-end: extend() by hand. */
static void *alloc_after_extend(void **state, enum filling filling, size_t bytes, size_t align, size_t added)
{
    fill_with_limit(state, filling, CAPACITY);
    region_commit(&region, added);
    h->committed += added;
    h->ops->extend(h, added);
    return h->ops->alloc(h, bytes, align);
}

static void assert_promise(void **state, enum filling filling, size_t bytes, size_t align)
{
    fill_and_stop_growing(state, filling);
    h->reserved = CAPACITY; /* a policy may spare itself work for what the region can never hold */
    if (h->ops->alloc(h, bytes, align))
        return; /* it fits: need() has nothing to say */
    size_t need = rounded_need(bytes, align);
    assert_limit_decides(state, filling, bytes, align, need);
    if (need > A)
        assert_null(alloc_after_extend(state, filling, bytes, align, need - A));
    void *ptr = alloc_after_extend(state, filling, bytes, align, need);
    assert_true(ptr && is_placed(h, ptr, bytes, align));
    memset(ptr, 0xFF, bytes);
    assert_int_equal(heap_walk(h, NULL, NULL), HEAP_OK);
    assert_true(h->ops->check(h));
}

static void need_is_enough_and_a_less_is_not(void **state)
{
    static const size_t sizes[] = {0,    1,           8,          24,        25,    100,
                                   4000, START - 192, START - 42, START - 8, START, START + 11800};
    for (enum filling filling = EMPTY; filling < FILLINGS; filling++) {
        for (size_t i = 0; i < COUNT(sizes); i++)
            assert_promise(state, filling, sizes[i], A);
    }
}

static void need_is_exact_for_every_size_near_the_room(void **state)
{
    for (size_t bytes = START - 20 * A; bytes < START + 4 * A; bytes++)
        assert_promise(state, bytes % FILLINGS, bytes, A);
}

static void need_is_exact_for_aligned_requests(void **state)
{
    static const size_t sizes[] = {1, 100, 5000, START};
    for (enum filling filling = EMPTY; filling < FILLINGS; filling++) {
        for (size_t align = 2 * A; align <= HEAP_REGION_ALIGN; align *= 2) {
            for (size_t i = 0; i < COUNT(sizes); i++)
                assert_promise(state, filling, sizes[i], align);
        }
    }
}

static void need_of_the_impossible_is_never_small(void **state)
{
    for (enum filling filling = EMPTY; filling < FILLINGS; filling++) {
        fill_and_stop_growing(state, filling);
        for (size_t less = 0; less < 5000; less++) {
            for (size_t align = A; align <= HEAP_REGION_ALIGN; align *= 64)
                assert_true(h->ops->need(h, SIZE_MAX - less, align) >= SIZE_MAX - less - START);
        }
    }
}

/* ---- growth refused ---- */

struct refused_run {
    size_t grow_calls; /* asked for in it, the first commit included */
    size_t refused, granted_after;
};

/* A program of 150 operations that grows the heap often, checked after each, its blocks full of their own number. */
static struct refused_run run_program(void)
{
    struct refused_run run = {0};
    struct {
        unsigned char *ptr;
        size_t bytes;
    } live[24] = {{NULL, 0}};
    uint64_t random = 3;
    for (size_t i = 0; i < 150; i++) {
        size_t slot = (size_t)(test_random(&random) % COUNT(live)), bytes = (size_t)(test_random(&random) % 3000) + 1;
        bool is_resize = test_random(&random) % 3 == 0;
        void *ptr = NULL;
        if (live[slot].ptr && !is_resize) {
            assert_int_equal(heap_free(h, live[slot].ptr), HEAP_OK);
            live[slot].ptr = NULL;
        } else if (heap_resize(h, live[slot].ptr, bytes, &ptr) == HEAP_OK) {
            size_t kept = live[slot].ptr && live[slot].bytes < bytes ? live[slot].bytes : bytes;
            assert_true(is_placed(h, ptr, bytes, A));
            assert_true(!live[slot].ptr || is_filled(ptr, (int)slot, kept));
            memset(ptr, (int)slot, bytes);
            live[slot].ptr = ptr;
            live[slot].bytes = bytes;
            run.granted_after += run.refused > 0;
        } else {
            run.refused++;
        }
        assert_sound(h);
        for (size_t k = 0; k < COUNT(live); k++)
            assert_true(!live[k].ptr || is_filled(live[k].ptr, (int)k, live[k].bytes));
    }
    assert_int_equal(h->counters.refused, run.refused);
    run.grow_calls = region.grow_calls;
    return run;
}

static const struct region_shape growing = {.limit = 512 << 10, .harden = 1};

static struct refused_run run_refusing(void **state, size_t call, bool refuses_on)
{
    struct heap_setup setup = region_setup(&region, policy_of(state), &growing);
    struct refused_run run = {0};
    region.refuse_call = call;
    region.refuses_on = refuses_on;
    enum heap_status status = heap_init(h, &setup);
    if (status == HEAP_OK)
        run = run_program();
    else
        assert_true(status == HEAP_NO_MEMORY && call == 1 && policy_of(state)->fixed > 0);
    region.refuse_call = 0;
    region.refuses_on = false;
    return run;
}

static void growth_refused_once_at_every_call(void **state)
{
    size_t calls = run_refusing(state, 0, false).grow_calls;
    assert_true(calls >= 5);
    for (size_t call = 2; call <= calls; call++) {
        struct refused_run run = run_refusing(state, call, false);
        assert_int_equal(run.refused, 1);
        assert_true(run.granted_after > 0 || call == calls);
        assert_true(run.grow_calls >= call);
    }
    run_refusing(state, 1, false);
}

static void growth_refused_from_every_call_on(void **state)
{
    size_t calls = run_refusing(state, 0, false).grow_calls;
    for (size_t call = 2; call <= calls; call++) {
        struct refused_run run = run_refusing(state, call, true);
        assert_true(run.refused >= 1);
        assert_int_equal(run.grow_calls - (call - 1), run.refused);
        assert_int_equal(h->committed, region.committed);
    }
    run_refusing(state, 1, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(need_is_enough_and_a_less_is_not),
        cmocka_unit_test(need_is_exact_for_every_size_near_the_room),
        cmocka_unit_test(need_is_exact_for_aligned_requests),
        cmocka_unit_test(need_of_the_impossible_is_never_small),
        cmocka_unit_test(growth_refused_once_at_every_call),
        cmocka_unit_test(growth_refused_from_every_call_on),
    };
    region_begin(&region, CAPACITY);
    int failed = run_under_policies("growth", tests, COUNT(tests), is_any_policy);
    failed += run_under_choices(tests, COUNT(tests));
    region_end(&region);
    return failed;
}
