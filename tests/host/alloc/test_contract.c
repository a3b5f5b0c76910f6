/* What heap.h promises of every heap, through the front-end, under every policy in alloc/policy/ and its options. */
#include "alloc_region.h"

static struct test_region region;

static const struct region_shape growing = {.limit = 65536, .harden = 1};
static const struct region_shape fixed = {.limit = 65536, .is_fixed = true, .harden = 1};

/* One heap at a time, over the one region. */
static struct heap *new_heap(void **state, const struct region_shape *shape)
{
    static struct heap h;
    region_heap(&region, &h, policy_of(state), shape);
    return &h;
}

static void table_is_complete(void **state)
{
    const struct heap_ops *ops = policy_of(state);
    assert_ptr_equal(heap_policy_find(ops->name), ops);
    assert_in_range(strlen(ops->summary), 1, 60);
    assert_in_range(strlen(heap_rule(ops)), 1, 56); /* a step's story has one line for it */
    assert_true(!ops->sizing || strlen(ops->sizing) <= 64);
    assert_in_range(strlen(ops->source), 1, 100);
    assert_in_range(strlen(ops->complexity), 1, 100);
    assert_in_range(ops->state_bytes, 0, HEAP_STATE_WORDS * WORD);
    assert_true(ops->init && ops->alloc && ops->free && ops->need && ops->extend && ops->usable && ops->granted);
    assert_true(ops->walk && ops->check && ops->block_size);
    for (const struct heap_ops *const *other = heap_policies; *other; other++)
        assert_true(*other == ops || strcmp((*other)->name, ops->name) != 0);
}

static void option_is_complete(const struct heap_option *o)
{
    assert_in_range(strlen(o->key), 1, 20);
    assert_in_range(strlen(o->help), 1, 80);
    assert_true(o->multiple > 0); /* values are divided by it */
    assert_true(o->min % o->multiple == 0 && o->max % o->multiple == 0 && o->fallback % o->multiple == 0);
    assert_true(o->min <= o->fallback && o->fallback <= o->max);
    for (size_t i = 0; o->words && i <= o->max; i++) {
        assert_in_range(strlen(o->words[i]), 1, 20);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(o->words[i], o->words[other]);
    }
    assert_true(!o->words || (o->min == 0 && o->multiple == 1 && !o->words[o->max + 1]));
}

static void options_are_complete(void **state)
{
    const struct heap_option *o = policy_of(state)->options;
    for (size_t i = 0; o && o[i].key; i++) {
        assert_true(i < HEAP_OPTIONS_MAX);
        option_is_complete(&o[i]);
        assert_string_not_equal(o[i].key, "grow"); /* every allocator's */
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(o[i].key, o[other].key);
    }
}

/* Beyond the ends of its range, or between its multiples, an option is refused. */
static void options_are_held_to_their_range(void **state)
{
    const struct heap_ops *ops = policy_of(state);
    struct heap_setup setup = region_setup(&region, ops, &growing);
    struct heap h;
    for (size_t i = 0; ops->options && ops->options[i].key; i++) {
        const struct heap_option *o = &ops->options[i];
        const size_t beyond[] = {o->min - o->multiple, o->max + o->multiple, o->min + o->multiple / 2};
        size_t kept = setup.options[i];
        for (size_t k = 0; k < COUNT(beyond); k++) {
            setup.options[i] = beyond[k];
            bool is_allowed = beyond[k] >= o->min && beyond[k] <= o->max && beyond[k] % o->multiple == 0;
            assert_true(is_allowed || heap_init(&h, &setup) == HEAP_BAD_ARGUMENT);
        }
        setup.options[i] = kept;
    }
    assert_int_equal(heap_init(&h, &setup), HEAP_OK);
}

static void policies_stand_in_order_of_rung(void **state)
{
    const struct heap_ops *ops = policy_of(state);
    for (size_t i = 0; heap_policies[i + 1]; i++)
        assert_true(heap_policies[i] != ops || ops->rung <= heap_policies[i + 1]->rung);
}

/* ---- a new heap ---- */

static void heap_starts_with_what_is_fixed_by_whole_grains(void **state)
{
    struct heap *h = new_heap(state, &growing);
    size_t grains = (heap_fixed(h) + HEAP_GRAIN - 1) / HEAP_GRAIN;
    assert_int_equal(h->committed, grains * HEAP_GRAIN);
    assert_int_equal(h->counters.grows, 0);

    struct heap_shape shape;
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    assert_int_equal(shape.used + shape.untracked + shape.used_blocks, 0);
    assert_int_equal(shape.meta + shape.free, h->committed);
    assert_true(shape.meta >= heap_fixed(h));
}

static void grain_decides_the_first_commit_and_each_growth(void **state)
{
    const struct region_shape coarse = {.limit = 262144, .grain = 16384, .harden = 1};
    struct heap *h = new_heap(state, &coarse);
    assert_int_equal(h->committed, heap_fixed(h) > 0 ? 16384 : 0);
    while (h->committed < 131072) {
        assert_non_null(heap_alloc(h, 1000));
        assert_int_equal(h->committed % 16384, 0);
    }
}

static void fixed_region_is_never_grown(void **state)
{
    struct heap *h = new_heap(state, &fixed);
    assert_int_equal(h->committed, fixed.limit);
    while (heap_alloc(h, 500)) {
    }
    assert_int_equal(h->committed, fixed.limit);
    assert_int_equal(h->counters.grows, 0);
    assert_int_equal(region.grow_calls, 0);
    assert_sound(h);
}

static void many_heaps_live_side_by_side(void **state)
{
    enum { HEAPS = 4, BYTES = 16384 };
    static struct heap heaps[HEAPS];
    static uint8_t starts[HEAPS][BYTES / 4 / 8 + 1];
    memset(starts, 0, sizeof starts);
    const struct region_shape all = {.limit = HEAPS * BYTES, .is_fixed = true};
    struct heap_setup setup = region_setup(&region, policy_of(state), &all);
    for (size_t i = 0; i < HEAPS; i++) {
        setup.harden = 1;
        setup.region = (struct heap_region){
            .base = region.memory + i * BYTES, .committed = BYTES, .reserved = BYTES, .starts = starts[i]};
        assert_int_equal(heap_init(&heaps[i], &setup), HEAP_OK);
    }
    for (size_t k = 0; k < 30 * HEAPS; k++) {
        struct heap *h = &heaps[k % HEAPS];
        void *p = heap_alloc(h, k);
        assert_true(p && is_placed(h, p, k, HEAP_ALIGN));
        memset(p, 0xFF, k);
    }
    for (size_t i = 0; i < HEAPS; i++) {
        assert_int_equal(heaps[i].counters.live, 30);
        assert_sound(&heaps[i]);
    }
}

/* ---- alloc ---- */

static void blocks_are_aligned_apart_and_large_enough(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *blocks[100];
    for (size_t n = 0; n < COUNT(blocks); n++) {
        blocks[n] = heap_alloc(h, n);
        assert_true(blocks[n] && is_placed(h, blocks[n], n, HEAP_ALIGN));
        assert_true(heap_usable(h, blocks[n]) >= n);
        memset(blocks[n], (int)n, n);
        assert_sound(h);
    }
    for (size_t n = 0; n < COUNT(blocks); n++)
        assert_true(is_filled(blocks[n], (int)n, n));
}

static void zero_bytes_get_a_distinct_smallest_block(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *a = heap_alloc(h, 0), *b = heap_alloc(h, 0);
    assert_true(a && b && a != b);
    assert_true(heap_usable(h, a) >= 1 && heap_usable(h, b) >= 1);
    assert_int_equal(heap_block_size(h, 0), heap_block_size(h, 1));
    assert_int_equal(h->counters.refused, 0);
    assert_int_equal(heap_free(h, a), HEAP_OK);
    assert_int_equal(heap_free(h, b), HEAP_OK);
    assert_sound(h);
}

static void block_size_covers_the_request_and_never_wraps(void **state)
{
    struct heap *h = new_heap(state, &growing);
    for (size_t n = 0; n < 5000; n++) {
        size_t size = heap_block_size(h, n);
        assert_true(size >= n && size > 0 && size % HEAP_ALIGN == 0);
        assert_true(n == 0 || size >= heap_block_size(h, n - 1));
        size_t huge = heap_block_size(h, SIZE_MAX - n);
        assert_true(huge == 0 || huge >= SIZE_MAX - n);
    }
}

static void aligned_blocks_stand_where_asked(void **state)
{
    struct heap *h = new_heap(state, &growing);
    for (size_t align = 1; align <= 4096; align *= 2) {
        void *p;
        assert_int_equal(heap_alloc_aligned(h, 40, align, &p), HEAP_OK);
        assert_true(is_placed(h, p, 40, align < HEAP_ALIGN ? HEAP_ALIGN : align));
        memset(p, 0xFF, 40);
        assert_non_null(heap_alloc(h, 1)); /* the next one starts at an odd place */
        assert_sound(h);
    }
}

/* In a heap of that limit: behind a block, so that the region's first payload is not at hand. */
static enum heap_status ask_for_largest_alignment(void **state, size_t limit, bool is_fixed, void **p)
{
    const struct region_shape shape = {.limit = limit, .is_fixed = is_fixed, .harden = 1};
    struct heap *h = new_heap(state, &shape);
    assert_non_null(heap_alloc(h, 1));
    enum heap_status status = heap_alloc_aligned(h, 100, HEAP_REGION_ALIGN, p);
    assert_sound(h);
    return status;
}

/* In just the room that the policy says it needs, and not in A less: grown to it, and from the start, where nobody asks
 * need(). */
static void largest_alignment_is_granted(void **state)
{
    const struct region_shape large = {.limit = region.capacity, .harden = 1};
    struct heap *h = new_heap(state, &large);
    void *p;
    assert_non_null(heap_alloc(h, 1));
    size_t need = h->ops->need(h, 100, HEAP_REGION_ALIGN), room;
    assert_true(need <= region.capacity - h->committed && heap_round_up(h->committed + need, HEAP_ALIGN, &room));
    for (int is_fixed = 0; is_fixed < 2; is_fixed++) {
        assert_int_equal(ask_for_largest_alignment(state, room - HEAP_ALIGN, is_fixed, &p), HEAP_NO_MEMORY);
        assert_int_equal(ask_for_largest_alignment(state, room, is_fixed, &p), HEAP_OK);
        assert_int_equal(offset_in(h, p), HEAP_REGION_ALIGN);
        assert_int_equal(heap_free(h, p), HEAP_OK);
        assert_sound(h);
    }
}

static void calloc_zeroes_fresh_and_recycled_bytes(void **state)
{
    struct heap *h = new_heap(state, &growing);
    for (int round = 0; round < 3; round++) {
        unsigned char *p = heap_calloc(h, 7, 91);
        assert_non_null(p);
        assert_true(is_filled(p, 0, (size_t)7 * 91));
        memset(p, 0xFF, (size_t)7 * 91);
        assert_int_equal(heap_free(h, p), HEAP_OK);
    }
    assert_non_null(heap_calloc(h, 0, 100));
    assert_non_null(heap_calloc(h, 100, 0));
    assert_sound(h);
}

static void calloc_zeroes_no_more_than_asked(void **state)
{
    struct heap *h = new_heap(state, &growing);
    unsigned char *below = heap_alloc(h, 64);
    memset(below, 0xFF, 64);
    unsigned char *p = heap_calloc(h, 1, 10), *above = heap_alloc(h, 64);
    memset(above, 0xFF, 64);
    assert_non_null(p);
    assert_true(is_filled(below, 0xFF, 64) && is_filled(above, 0xFF, 64));
    assert_sound(h);
}

/* ---- free ---- */

static void free_of_null_does_nothing(void **state)
{
    struct heap *h = new_heap(state, &growing);
    struct heap before = *h;
    assert_int_equal(heap_free(h, NULL), HEAP_OK);
    assert_memory_equal(h, &before, sizeof before);
}

static void freed_bytes_are_given_back_or_stay_in_use(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *p = heap_alloc(h, 100);
    size_t granted = h->counters.granted;
    assert_true(granted == 0 || granted >= heap_block_size(h, 100));
    assert_int_equal(h->counters.live, 1);
    assert_int_equal(heap_free(h, p), HEAP_OK);
    assert_int_equal(h->counters.live, 0);
    assert_true(h->counters.granted == 0 || h->counters.granted == granted);
    assert_sound(h);
}

static void every_order_of_frees_is_sound(void **state)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct heap *h = new_heap(state, &growing);
        void *blocks[3] = {heap_alloc(h, 10), heap_alloc(h, 200), heap_alloc(h, 3000)};
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(heap_free(h, blocks[orders[i][k]]), HEAP_OK);
            assert_sound(h);
        }
        assert_int_equal(h->counters.live, 0);
    }
}

/* ---- resize ---- */

static void resize_keeps_content_at_every_pair_of_sizes(void **state)
{
    static const size_t sizes[] = {1, 7, 8, 9, 24, 25, 100, 1000, 4096};
    for (size_t i = 0; i < COUNT(sizes) * COUNT(sizes); i++) {
        size_t from = sizes[i / COUNT(sizes)], to = sizes[i % COUNT(sizes)];
        struct heap *h = new_heap(state, &growing);
        void *low = heap_alloc(h, 50), *p = heap_alloc(h, from), *high = i % 2 ? heap_alloc(h, 50) : NULL, *moved;
        memset(low, 0x11, 50);
        memset(p, 0x22, from);
        if (high)
            memset(high, 0x33, 50);
        assert_int_equal(heap_resize(h, p, to, &moved), HEAP_OK);
        assert_true(is_placed(h, moved, to, HEAP_ALIGN) && heap_usable(h, moved) >= to);
        assert_true(is_filled(moved, 0x22, from < to ? from : to));
        memset(moved, 0x44, to);
        assert_true(is_filled(low, 0x11, 50) && (!high || is_filled(high, 0x33, 50)));
        assert_int_equal(h->counters.live, high ? 3 : 2);
        assert_int_equal(h->counters.resized_in_place + h->counters.resized_moved, 1);
        assert_int_equal(h->counters.resized_moved, moved != p);
        assert_sound(h);
    }
}

static void resize_to_the_same_size_stays_if_the_policy_resizes_at_all(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *p = heap_alloc(h, 100), *moved;
    assert_int_equal(heap_resize(h, p, 100, &moved), HEAP_OK);
    assert_int_equal(moved == p, h->ops->resize != NULL);
    assert_int_equal(h->counters.resized_in_place, h->ops->resize != NULL);
}

static void resize_of_null_allocates(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *p = NULL;
    assert_int_equal(heap_resize(h, NULL, 100, &p), HEAP_OK);
    assert_true(p && is_placed(h, p, 100, HEAP_ALIGN));
    assert_int_equal(h->counters.live, 1);
    assert_int_equal(h->counters.resized_in_place + h->counters.resized_moved, 0);
}

static void resize_to_zero_is_an_error_and_the_block_stays(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *p = heap_alloc(h, 100), *moved = h;
    memset(p, 0x22, 100);
    struct heap_snapshot before = snapshot_begin(h);
    assert_int_equal(heap_resize(h, p, 0, &moved), HEAP_BAD_ARGUMENT);
    assert_null(moved);
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
    assert_int_equal(heap_free(h, p), HEAP_OK);
}

static void refused_resize_leaves_the_block(void **state)
{
    struct heap *h = new_heap(state, &fixed);
    void *p = heap_alloc(h, 100), *q = heap_alloc(h, 100), *moved = h;
    memset(p, 0x22, 100);
    memset(q, 0x33, 100);
    struct heap_snapshot before = snapshot_begin(h);
    assert_int_equal(heap_resize(h, p, fixed.limit, &moved), HEAP_NO_MEMORY);
    assert_null(moved);
    assert_true(snapshot_holds(&before, h));
    assert_int_equal(h->counters.refused, 1);
    snapshot_end(&before);
}

/* ---- counters and shape ---- */

static void each_call_that_reached_the_heap_is_counted(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *p = heap_alloc(h, 10), *q;
    assert_int_equal(heap_alloc_aligned(h, 10, 64, &q), HEAP_OK);
    void *r = heap_calloc(h, 1, 10);
    assert_int_equal(heap_resize(h, p, 20, &p), HEAP_OK);
    assert_int_equal(heap_free(h, r), HEAP_OK);
    assert_int_equal(h->counters.operations, 5);
    assert_int_equal(h->counters.refused, 0);

    assert_null(heap_alloc(h, SIZE_MAX));
    assert_null(heap_calloc(h, SIZE_MAX, 2));
    assert_int_equal(heap_alloc_aligned(h, SIZE_MAX, 64, &q), HEAP_NO_MEMORY);
    assert_int_equal(h->counters.operations, 8);
    assert_int_equal(h->counters.refused, 3);

    assert_int_equal(heap_alloc_aligned(h, 1, 3, &q), HEAP_BAD_ARGUMENT);
    assert_int_equal(heap_resize(h, p, 0, &q), HEAP_BAD_ARGUMENT);
    assert_int_equal(heap_free(h, NULL), HEAP_OK);
    assert_int_equal(h->counters.operations, 8);
    assert_int_equal(h->counters.live, 2);
}

static void shape_adds_up_to_the_committed_bytes(void **state)
{
    struct heap *h = new_heap(state, &growing);
    void *blocks[40];
    struct heap_shape shape;
    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = heap_alloc(h, i * 13);
    for (size_t i = 0; i < COUNT(blocks); i += 2)
        assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    assert_int_equal(shape.committed, h->committed);
    assert_int_equal(shape.used + shape.free + shape.meta + shape.untracked, h->committed);
    assert_int_equal(shape.used, h->counters.granted);
    assert_true(shape.untracked > 0 || shape.used_blocks >= h->counters.live);
    assert_true(shape.largest_hole <= shape.free && shape.holes <= shape.free / WORD);

    size_t below = 0;
    assert_int_equal(heap_free_below(h, SIZE_MAX, &below), HEAP_OK);
    assert_int_equal(below, shape.free);
    assert_int_equal(heap_free_below(h, 0, &below), HEAP_OK);
    assert_int_equal(below, 0);
}

struct stopping {
    size_t visits, last; /* ended at the visit of that number */
};

static bool stop_at_last(void *context, const struct heap_extent *extent)
{
    struct stopping *s = context;
    (void)extent;
    return ++s->visits < s->last;
}

static void visitor_may_end_the_walk_at_any_extent(void **state)
{
    struct heap *h = new_heap(state, &growing);
    struct stopping all = {.last = SIZE_MAX};
    for (size_t i = 0; i < 3; i++)
        assert_non_null(heap_alloc(h, 10));
    assert_int_equal(heap_walk(h, stop_at_last, &all), HEAP_OK);
    for (size_t last = 1; last <= all.visits; last++) {
        struct stopping s = {.last = last};
        assert_int_equal(heap_walk(h, stop_at_last, &s), HEAP_OK);
        assert_int_equal(s.visits, last);
    }
}

static void heap_hardened_or_not_places_the_same(void **state)
{
    uintptr_t offsets[2][200];
    for (unsigned harden = 0; harden < 2; harden++) {
        const struct region_shape shape = {.limit = 65536, .harden = harden};
        struct heap *h = new_heap(state, &shape);
        uint64_t random = 7;
        void *live[16] = {NULL};
        for (size_t i = 0; i < 200; i++) {
            void **p = &live[test_random(&random) % COUNT(live)];
            assert_int_equal(heap_free(h, *p), HEAP_OK);
            *p = heap_alloc(h, (size_t)(test_random(&random) % 500));
            offsets[harden][i] = (uintptr_t)*p;
        }
    }
    assert_memory_equal(offsets[0], offsets[1], sizeof offsets[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_complete),
        cmocka_unit_test(options_are_complete),
        cmocka_unit_test(options_are_held_to_their_range),
        cmocka_unit_test(policies_stand_in_order_of_rung),
        cmocka_unit_test(heap_starts_with_what_is_fixed_by_whole_grains),
        cmocka_unit_test(grain_decides_the_first_commit_and_each_growth),
        cmocka_unit_test(fixed_region_is_never_grown),
        cmocka_unit_test(many_heaps_live_side_by_side),
        cmocka_unit_test(blocks_are_aligned_apart_and_large_enough),
        cmocka_unit_test(zero_bytes_get_a_distinct_smallest_block),
        cmocka_unit_test(block_size_covers_the_request_and_never_wraps),
        cmocka_unit_test(aligned_blocks_stand_where_asked),
        cmocka_unit_test(largest_alignment_is_granted),
        cmocka_unit_test(calloc_zeroes_fresh_and_recycled_bytes),
        cmocka_unit_test(calloc_zeroes_no_more_than_asked),
        cmocka_unit_test(free_of_null_does_nothing),
        cmocka_unit_test(freed_bytes_are_given_back_or_stay_in_use),
        cmocka_unit_test(every_order_of_frees_is_sound),
        cmocka_unit_test(resize_keeps_content_at_every_pair_of_sizes),
        cmocka_unit_test(resize_to_the_same_size_stays_if_the_policy_resizes_at_all),
        cmocka_unit_test(resize_of_null_allocates),
        cmocka_unit_test(resize_to_zero_is_an_error_and_the_block_stays),
        cmocka_unit_test(refused_resize_leaves_the_block),
        cmocka_unit_test(each_call_that_reached_the_heap_is_counted),
        cmocka_unit_test(shape_adds_up_to_the_committed_bytes),
        cmocka_unit_test(visitor_may_end_the_walk_at_any_extent),
        cmocka_unit_test(heap_hardened_or_not_places_the_same),
    };
    region_begin(&region, 2 * HEAP_REGION_ALIGN);
    int failed = run_under_policies("contract", tests, COUNT(tests), is_any_policy);
    failed += run_under_choices(tests, COUNT(tests));
    region_end(&region);
    return failed;
}
