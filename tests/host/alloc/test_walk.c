/* first-fit-walk: what sets it apart from the other heaps of the fit family. Format, splitting, merging and placing are tested
 * with the family; that its placements are those of the reference model, with the model. */
#include "fit_heap.h"

static void begin_walk(size_t units)
{
    const struct region_shape shape = {.limit = (units + 1) * A, .is_fixed = true, .harden = 1};
    begin("first-fit-walk", &shape);
}

static void every_block_looked_at_is_a_probe(void **state)
{
    (void)state;
    begin_walk(30);
    void *a = take(3);
    assert_int_equal(h->counters.probes_now, 1); /* the one hole */
    take(2), take(2);
    assert_int_equal(h->counters.probes_now, 3);
    give(a);
    take(4);
    assert_int_equal(h->counters.probes_now, 4); /* too small, used, used, the hole */
    take(3);
    assert_int_equal(h->counters.probes_now, 1);
    assert_null(heap_alloc(h, PAYLOAD(30)));
    assert_int_equal(h->counters.probes_now, 5); /* the end mark is no block */
    assert_layout("#3 #2 #2 #4 .19");
}

static void lowest_hole_is_taken(void **state)
{
    (void)state;
    begin_walk(20);
    void *a = take(4);
    take(2);
    void *b = take(3);
    take(2);
    give(a), give(b);
    take(3);
    assert_layout("#4 #2 .3 #2 .9"); /* not the closest fit; 1 A cannot be a hole */
    take(4);
    assert_layout("#4 #2 .3 #2 #4 .5");
}

static void holes_hold_no_links(void **state)
{
    (void)state;
    begin_walk(20);
    take(2);
    unsigned char *b = take(4);
    take(2);
    give(b);
    assert_true(is_filled(b, 0xFF, PAYLOAD(4) - WORD)); /* all but the boundary tag */
    assert_int_equal(h->ops->state_bytes, 0);
}

/* A damaged size ends the search, and is no reason to grow. */
static void damaged_size_ends_the_search(void **state)
{
    static const size_t sizes[] = {0, A, A + 1, 600 * A, SIZE_MAX & ~(A - 1)};
    const struct region_shape shape = {.limit = 16 * HEAP_GRAIN, .harden = 1};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        begin("first-fit-walk", &shape);
        void *a = take(2), *out;
        take(2);
        size_t header = *header_of(a);
        *header_of(a) = sizes[i];
        struct heap_snapshot before = snapshot_begin(h);
        assert_null(heap_alloc(h, 1));
        assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
        assert_ptr_equal(h->fault.address, header_of(a));
        assert_int_equal(heap_alloc_aligned(h, 1, 64, &out), HEAP_CORRUPT);
        assert_int_equal(heap_resize(h, NULL, 1, &out), HEAP_CORRUPT);
        assert_null(heap_alloc(h, 2 * HEAP_GRAIN)); /* the hole at the end is too small for that */
        assert_int_equal(h->counters.grows, 0);
        assert_int_equal(h->counters.refused, 0);
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
        *header_of(a) = header;
        assert_sound(h);
        assert_non_null(heap_alloc(h, 1));
    }
}

/* One program, the same addresses, whatever the search walks over. */
static void places_where_first_fit_places(void **state)
{
    static size_t places[2][4000];
    const struct region_shape shape = {.limit = 1 << 20, .harden = 1};
    uint64_t probes[2], splits[2], merges[2];
    (void)state;
    for (size_t policy = 0; policy < 2; policy++) {
        uint64_t random = 9;
        void *live[200] = {NULL};
        begin(policy ? "first-fit-walk" : "first-fit", &shape);
        for (size_t i = 0; i < COUNT(places[0]); i++) {
            void **p = &live[test_random(&random) % COUNT(live)], *out = NULL;
            size_t bytes = (size_t)(test_random(&random) % 800) + 1;
            uint64_t kind = test_random(&random) % 4;
            if (kind == 0 && *p)
                heap_resize(h, *p, bytes, &out);
            else if (*p)
                give(*p);
            else
                heap_alloc_aligned(h, bytes, kind == 1 ? 64 : A, &out);
            *p = out;
            places[policy][i] = out ? offset_in(h, out) : 0;
        }
        assert_sound(h);
        probes[policy] = h->counters.probes;
        splits[policy] = h->counters.splits;
        merges[policy] = h->counters.merges;
    }
    assert_memory_equal(places[0], places[1], sizeof places[0]);
    assert_true(splits[0] == splits[1] && merges[0] == merges[1]);
    assert_true(probes[1] > 2 * probes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_looked_at_is_a_probe),
        cmocka_unit_test(lowest_hole_is_taken),
        cmocka_unit_test(holes_hold_no_links),
        cmocka_unit_test(damaged_size_ends_the_search),
        cmocka_unit_test(places_where_first_fit_places),
    };
    region_begin(&region, 1 << 20);
    int failed = cmocka_run_group_tests_name("first-fit-walk", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
