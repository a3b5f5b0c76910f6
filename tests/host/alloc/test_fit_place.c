/* Where the fit family places: aligned gaps, growth and the limit, and which hole each policy takes. */
#include "fit_heap.h"

/* ---- aligned requests ---- */

static void front_gap_becomes_a_hole(void **state)
{
    begin_fixed(state, 40);
    void *p = take_aligned(3, 8 * A);
    assert_int_equal(offset_in(h, p), 8 * A);
    assert_layout(".7 #3 .30");
    assert_cuts_and_joins(2, 0);
    give(p);
    assert_layout(".40");
    assert_cuts_and_joins(2, 2);
}

static void front_gap_below_a_smallest_block_moves_on(void **state)
{
    begin_fixed(state, 40);
    void *p = take_aligned(3, 2 * A); /* the first multiple of 2 A would leave 1 A */
    assert_int_equal(offset_in(h, p), 4 * A);
    assert_layout(".3 #3 .34");
}

static void aligned_by_nature_has_no_gap(void **state)
{
    begin_fixed(state, 40);
    take(3);
    void *p = take_aligned(3, 4 * A);
    assert_int_equal(offset_in(h, p), 4 * A);
    assert_layout("#3 #3 .34");
    assert_cuts_and_joins(2, 0);
}

static void aligned_block_may_fill_its_hole_to_the_end(void **state)
{
    begin_fixed(state, 11);
    take_aligned(4, 8 * A);
    assert_layout(".7 #4");
    assert_cuts_and_joins(1, 0);
}

static void alignment_below_a_is_a(void **state)
{
    for (size_t align = 1; align <= A; align *= 2) {
        begin_fixed(state, 20);
        assert_int_equal(offset_in(h, take_aligned(3, align)), A);
        assert_layout("#3 .17");
    }
}

/* Where an aligned payload goes in a hole that begins at that many units, by trying every place. */
static size_t lowest_aligned(size_t hole_units, size_t align)
{
    size_t hole = hole_units * A; /* of the payload that a block at the hole's start would have */
    for (size_t payload = hole;; payload += A) {
        size_t gap = payload - hole;
        if (payload % align == 0 && (gap == 0 || gap >= 2 * A))
            return payload;
    }
}

static void gaps_for_every_alignment_and_start(void **state)
{
    for (size_t align = A; align <= 64 * A; align *= 2) {
        for (size_t used = 2; used <= 70; used++) {
            begin_fixed(state, 250);
            take(used);
            void *p = take_aligned(2, align);
            assert_int_equal(offset_in(h, p), lowest_aligned(used + 1, align));
            assert_sound(h);
        }
    }
}

/* ---- growth ---- */

static void begin_growing(void **state, size_t limit, size_t grain)
{
    const struct region_shape shape = {.limit = limit, .grain = grain, .harden = 1};
    region_heap(&region, h, policy_of(state), &shape);
}

enum { GRAIN = 4096 };

static void growth_merges_with_a_free_last_block(void **state)
{
    begin_growing(state, 16 * GRAIN, 0);
    size_t units = GRAIN / A;
    take(10);
    void *p = take(units); /* 11 A more than the hole at the end has */
    assert_int_equal(offset_in(h, p), 11 * A);
    assert_int_equal(h->committed, 2 * GRAIN);
    assert_int_equal(h->counters.grows, 1);
    assert_cuts_and_joins(2, 1);
}

static void growth_behind_a_used_block_makes_a_hole(void **state)
{
    begin_growing(state, 16 * GRAIN, 0);
    take(GRAIN / A - 1);
    void *p = take(10);
    assert_int_equal(offset_in(h, p), GRAIN);
    assert_int_equal(h->committed, 2 * GRAIN);
    assert_cuts_and_joins(1, 0);
}

/* With the missing bytes one grain exactly, one grain is added; with A more, two. */
static void growth_is_the_missing_bytes_rounded_to_the_grain(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        begin_growing(state, 64 * GRAIN, 2 * GRAIN);
        assert_int_equal(h->committed, 2 * GRAIN);
        take(2 * GRAIN / A - 1 + 2 * GRAIN / A + more);
        assert_int_equal(h->committed, (4 + 2 * more) * GRAIN);
        assert_int_equal(h->counters.grows, 1);
    }
}

static void near_the_limit_growth_takes_what_is_left(void **state)
{
    begin_growing(state, GRAIN + 5 * A, 0);
    take(GRAIN / A - 1);
    assert_null(heap_alloc(h, PAYLOAD(6)));
    assert_int_equal(h->committed, GRAIN);
    take(2);
    assert_int_equal(h->committed, GRAIN + 5 * A);
    take(3);
    assert_null(heap_alloc(h, 0));
    assert_sound(h);
}

static void near_the_limit_the_hole_at_the_end_counts(void **state)
{
    for (size_t units = 14; units <= 15; units++) {
        begin_growing(state, GRAIN + 5 * A, 0);
        take(GRAIN / A - 1 - 9);
        if (units == 14)
            take(14);
        else
            assert_null(heap_alloc(h, PAYLOAD(15)));
        assert_int_equal(h->committed, units == 14 ? GRAIN + 5 * A : GRAIN);
        assert_sound(h);
    }
}

static void first_commit_stops_at_a_limit_below_the_grain(void **state)
{
    begin_growing(state, 100 * A, 0);
    assert_int_equal(h->committed, 100 * A);
    assert_int_equal(h->counters.grows, 0);
    take(99);
    assert_layout("#99");
}

static void refused_growth_changes_nothing(void **state)
{
    begin_growing(state, 16 * GRAIN, 0);
    take(10);
    region.refuse_call = region.grow_calls + 1;
    struct heap_snapshot before = snapshot_begin(h);
    assert_null(heap_alloc(h, GRAIN));
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
    assert_non_null(heap_alloc(h, GRAIN));
    region.refuse_call = 0;
    assert_sound(h);
}

static void aligned_growth_is_exactly_what_the_payload_needs(void **state)
{
    begin_growing(state, 64 * GRAIN, 0);
    take(10);
    void *p = take_aligned(2, 4 * GRAIN); /* at 4 grains, whose block and end mark reach into the fifth */
    assert_int_equal(offset_in(h, p), 4 * GRAIN);
    assert_int_equal(h->committed, 5 * GRAIN);
    assert_sound(h);
}

/* ---- which hole ---- */

/* Holes of 4, 3, 6, 3 and 5 units, each between used ones of 2, and none behind. */
static void begin_with_holes(const char *policy)
{
    static const size_t holes[] = {4, 3, 6, 3, 5};
    const struct region_shape shape = {.limit = (33 + 1) * A, .is_fixed = true, .harden = 1};
    void *blocks[COUNT(holes)];
    begin(policy, &shape);
    for (size_t i = 0; i < COUNT(holes); i++) {
        take(2);
        blocks[i] = take(holes[i]);
    }
    take(2);
    for (size_t i = 0; i < COUNT(holes); i++)
        give(blocks[i]);
    assert_layout("#2 .4 #2 .3 #2 .6 #2 .3 #2 .5 #2");
}

static void first_fit_takes_the_lowest(void **state)
{
    (void)state;
    begin_with_holes("first-fit");
    take(3);
    assert_layout("#2 #4 #2 .3 #2 .6 #2 .3 #2 .5 #2");
    take(3);
    assert_layout("#2 #4 #2 #3 #2 .6 #2 .3 #2 .5 #2");
    take(3);
    assert_layout("#2 #4 #2 #3 #2 #3 .3 #2 .3 #2 .5 #2");
    take(5);
    assert_layout("#2 #4 #2 #3 #2 #3 .3 #2 .3 #2 #5 #2");
    assert_int_equal(h->counters.probes_max, 3);
}

static void best_fit_takes_the_smallest_and_lowest_among_equals(void **state)
{
    (void)state;
    begin_with_holes("best-fit");
    take(2);
    assert_layout("#2 .4 #2 #3 #2 .6 #2 .3 #2 .5 #2");
    take(2);
    assert_layout("#2 .4 #2 #3 #2 .6 #2 #3 #2 .5 #2");
    take(3);
    assert_layout("#2 #4 #2 #3 #2 .6 #2 #3 #2 .5 #2");
    take(4);
    assert_layout("#2 #4 #2 #3 #2 .6 #2 #3 #2 #5 #2");
}

static void exact_fit_ends_the_search_of_best_fit(void **state)
{
    (void)state;
    begin_with_holes("best-fit");
    take(3);
    assert_int_equal(h->counters.probes_now, 2);
    take(5);
    assert_int_equal(h->counters.probes_now, 4); /* 4 6 3 5: the last one fits exactly */
}

/* The policy ranks whole holes: an exact fit that the alignment spoils is no candidate. */
static void aligned_best_fit_ranks_the_holes_that_can_hold_it(void **state)
{
    (void)state;
    begin_with_holes("best-fit"); /* payloads of the holes at 3, 9, 14, 22 and 27 units */
    void *p = take_aligned(2, 8 * A);
    assert_int_equal(offset_in(h, p), 16 * A);
    assert_layout("#2 .4 #2 .3 #2 .2 #2 .2 #2 .3 #2 .5 #2");
    give(p);
    p = take_aligned(3, 4 * A); /* 14 -> 16 needs 5 of 6; 3 -> 8 and 27 -> 32 are too far */
    assert_int_equal(offset_in(h, p), 16 * A);
    give(p);
    p = take_aligned(2, 2 * A); /* 22 needs no gap: exactly as many as 9 -> 12 would */
    assert_int_equal(offset_in(h, p), 22 * A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(front_gap_becomes_a_hole),
        cmocka_unit_test(front_gap_below_a_smallest_block_moves_on),
        cmocka_unit_test(aligned_by_nature_has_no_gap),
        cmocka_unit_test(aligned_block_may_fill_its_hole_to_the_end),
        cmocka_unit_test(alignment_below_a_is_a),
        cmocka_unit_test(gaps_for_every_alignment_and_start),
        cmocka_unit_test(growth_merges_with_a_free_last_block),
        cmocka_unit_test(growth_behind_a_used_block_makes_a_hole),
        cmocka_unit_test(growth_is_the_missing_bytes_rounded_to_the_grain),
        cmocka_unit_test(near_the_limit_growth_takes_what_is_left),
        cmocka_unit_test(near_the_limit_the_hole_at_the_end_counts),
        cmocka_unit_test(first_commit_stops_at_a_limit_below_the_grain),
        cmocka_unit_test(refused_growth_changes_nothing),
        cmocka_unit_test(aligned_growth_is_exactly_what_the_payload_needs),
    };
    const struct CMUnitTest choices[] = {
        cmocka_unit_test(first_fit_takes_the_lowest),
        cmocka_unit_test(best_fit_takes_the_smallest_and_lowest_among_equals),
        cmocka_unit_test(exact_fit_ends_the_search_of_best_fit),
        cmocka_unit_test(aligned_best_fit_ranks_the_holes_that_can_hold_it),
    };
    region_begin(&region, 2 * HEAP_REGION_ALIGN);
    int failed = run_under_policies("fit family: placing", tests, COUNT(tests), is_of_the_fit_family);
    failed += cmocka_run_group_tests_name("fit: which hole", choices, NULL, NULL);
    region_end(&region);
    return failed;
}
