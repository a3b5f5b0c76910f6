/* heap_list: the holes in the policy's own order. Under every policy each hole of the walk once, and an end on any content. The orders
 * themselves are in test_searches.c. */
#include "alloc_region.h"

#define A HEAP_ALIGN

enum {
    LIMIT = 32768,
    IDS = 64,
    OPS = 300,
    LISTS = 40,      /* heaps of random options for each policy */
    DAMAGES = 20000, /* damaged words for each policy */
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

/* ---- the walk's holes, and the list's ---- */

struct holes {
    struct heap_extent extents[LIMIT / HEAP_ALIGN + 1];
    size_t count, most; /* more than `most` are not kept: the list does not end */
};

static struct holes walked, listed;

static bool add_hole(void *context, const struct heap_extent *extent)
{
    struct holes *holes = context;
    if (extent->kind == HEAP_FREE && holes->count < holes->most)
        holes->extents[holes->count] = *extent;
    holes->count += extent->kind == HEAP_FREE;
    return holes->count <= holes->most;
}

static bool add_listed(void *context, const struct heap_extent *extent)
{
    assert_int_equal(extent->kind, HEAP_FREE);
    return add_hole(context, extent);
}

static void walk_and_list(void)
{
    walked.count = listed.count = 0;
    walked.most = listed.most = COUNT(walked.extents);
    assert_int_equal(heap_walk(h, add_hole, &walked), HEAP_OK);
    assert_int_equal(heap_list(h, add_listed, &listed), HEAP_OK);
}

static int by_offset(const void *a, const void *b)
{
    size_t x = ((const struct heap_extent *)a)->offset, y = ((const struct heap_extent *)b)->offset;
    return (x > y) - (x < y);
}

/* The list has what the walk shows, but for what ends the region and is too short for a unit of the pool of runs; and in the walk's
 * order if the policy has none of its own. */
static void assert_same_holes(void)
{
    size_t n = walked.count;
    if (h->ops->list)
        qsort(listed.extents, listed.count, sizeof listed.extents[0], by_offset);
    bool has_rest = listed.count + 1 == n && h->ops->list &&
                    walked.extents[n - 1].offset + walked.extents[n - 1].size == h->committed &&
                    walked.extents[n - 1].size < h->options[1]; /* RUNS_OPTION_UNIT */
    assert_int_equal(listed.count, has_rest ? n - 1 : n);
    for (size_t i = 0; i < listed.count; i++) {
        assert_int_equal(listed.extents[i].offset, walked.extents[i].offset);
        assert_int_equal(listed.extents[i].size, walked.extents[i].size);
    }
}

/* ---- random heaps ---- */

static size_t random_below(uint64_t *random, size_t bound)
{
    return (size_t)(test_random(random) % bound);
}

static void begin_random(const struct heap_ops *ops, uint64_t *random)
{
    const struct region_shape shape = {
        .limit = LIMIT, .is_fixed = random_below(random, 2), .harden = (unsigned)random_below(random, 5)};
    struct heap_setup setup = region_setup(&region, ops, &shape);
    for (size_t i = 0; random_below(random, 3) && ops->options && ops->options[i].key; i++) {
        const struct heap_option *o = &ops->options[i];
        setup.options[i] = o->min + random_below(random, (o->max - o->min) / o->multiple + 1) * o->multiple;
    }
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
}

/* One random operation on one of IDS blocks. */
static void do_something(void **ptr, uint64_t *random)
{
    void **p = &ptr[random_below(random, IDS)];
    if (*p) {
        assert_int_equal(heap_free(h, *p), HEAP_OK);
        *p = NULL;
    } else {
        heap_alloc_aligned(h, random_below(random, random_below(random, 4) ? 200 : 2000), A << random_below(random, 6),
                           p);
    }
}

static void each_hole_is_listed_once(void **state)
{
    size_t holes = 0;
    for (uint64_t seed = 0; seed < LISTS; seed++) {
        uint64_t random = seed;
        void *ptr[IDS] = {NULL};
        begin_random(policy_of(state), &random);
        for (size_t i = 0; i < OPS; i++) {
            do_something(ptr, &random);
            walk_and_list();
            holes += listed.count;
            assert_same_holes();
        }
    }
    assert_true(holes > 0);
}

static bool stop_at_third(void *context, const struct heap_extent *extent)
{
    (void)extent;
    return ++*(size_t *)context < 3;
}

static void visitor_ends_it(void **state)
{
    uint64_t random = 2;
    void *ptr[IDS] = {NULL};
    begin_random(policy_of(state), &random);
    for (size_t i = 0; i < OPS; i++) {
        do_something(ptr, &random);
        size_t visited = 0;
        walk_and_list();
        assert_int_equal(heap_list(h, stop_at_third, &visited), HEAP_OK);
        assert_int_equal(visited, listed.count < 3 ? listed.count : 3);
    }
}

/* A value that may look right in its place: another word of the heap, something near, an address in the region. */
static uintptr_t damaged(uintptr_t was, uint64_t *random)
{
    switch (random_below(random, 4)) {
    case 0:
        return was ^ (uintptr_t)1 << random_below(random, 8 * WORD);
    case 1:
        return (uintptr_t)h->base + random_below(random, h->committed);
    case 2:
        return (uintptr_t)h->base + random_below(random, h->committed / A) * A +
               (random_below(random, 2) ? A - WORD : 0);
    default:
        return random_below(random, 2) ? 0 : was + random_below(random, 5) * A - 2 * A;
    }
}

/* It ends, reads nothing but what is committed (the sanitizer sees to that), and shows no more holes than can be. */
static void it_ends_on_any_content(void **state)
{
    uint64_t random = 3;
    size_t found = 0;
    void *ptr[IDS] = {NULL};
    begin_random(policy_of(state), &random);
    for (size_t i = 0; i < DAMAGES; i++) {
        if (i % 100 == 0) {
            memset(ptr, 0, sizeof ptr);
            begin_random(policy_of(state), &random);
            for (size_t n = 0; n < 100; n++)
                do_something(ptr, &random);
        }
        bool in_state = h->ops->state_bytes > 0 && random_below(&random, 4) == 0;
        size_t words = (in_state ? h->ops->state_bytes : h->committed) / WORD;
        if (h->committed == 0)
            continue;
        uintptr_t *word = (in_state ? h->state : (uintptr_t *)(void *)h->base) + random_below(&random, words),
                  was = *word;
        *word = damaged(was, &random);
        listed.count = 0;
        listed.most = h->committed / A;
        enum heap_status status = heap_list(h, add_listed, &listed);
        assert_true(listed.count <= listed.most);
        assert_true(status == HEAP_OK || (status == HEAP_CORRUPT && h->fault.class != HEAP_FAULT_NONE));
        found += status == HEAP_CORRUPT;
        *word = was;
    }
    assert_true(found > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hole_is_listed_once),
        cmocka_unit_test(visitor_ends_it),
        cmocka_unit_test(it_ends_on_any_content),
    };
    region_begin(&region, LIMIT);
    int failed = run_under_policies("list", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
