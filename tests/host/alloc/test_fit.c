/* The fit family to the byte: block format, splitting, merging, resizing, as docs/block-format.md states them. */
#include "fit_heap.h"

/* ---- the block format ---- */

struct size_case {
    size_t bytes, block_32, block_64;
};

static const struct size_case sizes[] = {
    {0, 16, 32},  {1, 16, 32},  {12, 16, 32}, {13, 24, 32}, {20, 24, 32},       {21, 32, 32},       {24, 32, 32},
    {25, 32, 48}, {28, 32, 48}, {29, 40, 48}, {40, 48, 48}, {41, 48, 64},       {56, 64, 64},       {57, 64, 80},
    {60, 64, 80}, {61, 72, 80}, {72, 80, 80}, {73, 80, 96}, {1000, 1008, 1008}, {1001, 1008, 1024}, {4096, 4104, 4112},
};

static void block_sizes_are_header_and_payload_rounded_up(void **state)
{
    begin_fixed(state, 2000);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        size_t expected = WORD == 4 ? sizes[i].block_32 : sizes[i].block_64, before = h->counters.granted;
        assert_int_equal(heap_block_size(h, sizes[i].bytes), expected);
        void *p = heap_alloc(h, sizes[i].bytes);
        assert_int_equal(h->counters.granted - before, expected);
        assert_int_equal(heap_usable(h, p), expected - WORD);
    }
    assert_int_equal(heap_block_size(h, SIZE_MAX), 0);
    assert_int_equal(heap_block_size(h, SIZE_MAX - 2 * A), SIZE_MAX - A + 1);
}

struct place_case {
    size_t bytes, at_32, at_64;
};

static void offsets_by_hand(void **state)
{
    static const struct place_case cases[] = {
        {24, 8, 16}, {25, 40, 48}, {1, 72, 96}, {0, 88, 128}, {100, 104, 160}, {12, 208, 272}, {1, 224, 304},
    };
    begin_fixed(state, 60);
    for (size_t i = 0; i < COUNT(cases); i++) {
        void *p = heap_alloc(h, cases[i].bytes);
        assert_int_equal(offset_in(h, p), WORD == 4 ? cases[i].at_32 : cases[i].at_64);
    }
}

static void pad_and_end_mark_are_all_that_is_fixed(void **state)
{
    begin_fixed(state, 10);
    struct heap_shape shape;
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    assert_int_equal(heap_fixed(h), A);
    assert_int_equal(heap_origin(h), A);
    assert_int_equal(shape.meta, A);
    assert_int_equal(shape.free, 10 * A);
    assert_layout(".10");
}

static void headers_and_tags_to_the_bit(void **state)
{
    enum { USED = 1, PREV_USED = 2 };
    begin_fixed(state, 20);
    void *a = take(2), *b = take(3), *c = take(4);
    assert_int_equal(*header_of(a), 2 * A | USED | PREV_USED);
    assert_int_equal(*header_of(b), 3 * A | USED | PREV_USED);
    give(b);
    assert_int_equal(*header_of(b), 3 * A | PREV_USED);
    assert_int_equal(*tag_of(b, 3), 3 * A);
    assert_int_equal(*header_of(c), 4 * A | USED);
    const size_t *end = (size_t *)(region.memory + 21 * A) - 1;
    assert_int_equal(*end, USED);
    assert_non_null(heap_alloc(h, PAYLOAD(11)));
    assert_int_equal(*end, USED | PREV_USED);
}

static void links_of_holes_to_the_bit(void **state)
{
    begin_fixed(state, 20);
    take(2);
    void *b = take(3), *c = take(4);
    give(b);
    void **links = b; /* next hole, previous hole */
    assert_ptr_equal(links[0], (unsigned char *)header_of(c) + 4 * A);
    assert_null(links[1]);
    links = (void **)((unsigned char *)c + 4 * A);
    assert_null(links[0]);
    assert_ptr_equal(links[1], header_of(b));
}

/* ---- split ---- */

static void remainder_of_a_smallest_block_is_split_off(void **state)
{
    begin_fixed(state, 10);
    take(8);
    assert_layout("#8 .2");
    assert_cuts_and_joins(1, 0);
}

static void remainder_below_a_smallest_block_stays(void **state)
{
    begin_fixed(state, 10);
    void *p = take(9);
    assert_layout("#10");
    assert_cuts_and_joins(0, 0);
    assert_int_equal(heap_usable(h, p), 10 * A - WORD);
    assert_int_equal(h->counters.granted, 10 * A);
}

static void exactly_the_largest_hole_is_granted(void **state)
{
    for (size_t units = 2; units < 40; units++) {
        begin_fixed(state, units);
        assert_null(heap_alloc(h, PAYLOAD(units) + 1));
        assert_sound(h);
        void *p = take(units);
        assert_int_equal(offset_in(h, p), A);
        assert_null(heap_alloc(h, 0));
        give(p);
        take(units);
    }
}

/* ---- free ---- */

static void free_between_used_blocks_merges_nothing(void **state)
{
    begin_fixed(state, 20);
    take(2);
    void *b = take(3);
    take(4);
    give(b);
    assert_layout("#2 .3 #4 .11");
    assert_cuts_and_joins(3, 0);
}

static void free_below_a_hole_merges_once(void **state)
{
    begin_fixed(state, 20);
    take(2);
    void *b = take(3), *c = take(4);
    take(5);
    give(c);
    give(b);
    assert_layout("#2 .7 #5 .6");
    assert_cuts_and_joins(4, 1);
}

static void free_above_a_hole_merges_once(void **state)
{
    begin_fixed(state, 20);
    take(2);
    void *b = take(3), *c = take(4);
    take(5);
    give(b);
    give(c);
    assert_layout("#2 .7 #5 .6");
    assert_cuts_and_joins(4, 1);
}

static void free_between_two_holes_merges_twice(void **state)
{
    begin_fixed(state, 20);
    void *a = take(2), *b = take(3), *c = take(4);
    take(5);
    give(a);
    give(c);
    give(b);
    assert_layout(".9 #5 .6");
    assert_cuts_and_joins(4, 2);
}

static void free_at_both_ends_of_the_region(void **state)
{
    begin_fixed(state, 9);
    void *a = take(3), *b = take(3), *c = take(3);
    give(c);
    assert_layout("#3 #3 .3");
    give(a);
    assert_layout(".3 #3 .3");
    give(b);
    assert_layout(".9");
    assert_cuts_and_joins(2, 2);
}

/* Every order of giving back eight blocks ends in one hole, and the list is right after each step. */
static void holes_are_listed_in_every_order_of_frees(void **state)
{
    uint64_t random = 5;
    for (size_t round = 0; round < 500; round++) {
        void *blocks[8];
        begin_fixed(state, 40);
        for (size_t i = 0; i < COUNT(blocks); i++)
            blocks[i] = take(2 + i % 4);
        for (size_t left = COUNT(blocks); left > 0; left--) {
            size_t i = (size_t)(test_random(&random) % left);
            give(blocks[i]);
            blocks[i] = blocks[left - 1];
            assert_sound(h);
        }
        assert_layout(".40");
        assert_int_equal(h->counters.merges, h->counters.splits);
    }
}

/* ---- resize in place ---- */

static void shrink_splits_off_a_smallest_block(void **state)
{
    begin_fixed(state, 20);
    void *a = take(6);
    take(2);
    assert_ptr_equal(resize(a, 4), a);
    assert_layout("#4 .2 #2 .12");
    assert_cuts_and_joins(3, 0);
}

static void shrink_keeps_a_tail_below_a_smallest_block(void **state)
{
    begin_fixed(state, 20);
    void *a = take(6);
    take(2);
    assert_ptr_equal(resize(a, 5), a);
    assert_layout("#6 #2 .12");
    assert_cuts_and_joins(2, 0);
    assert_int_equal(heap_usable(h, a), 6 * A - WORD);
}

static void shrink_keeps_a_small_tail_even_beside_a_hole(void **state)
{
    begin_fixed(state, 20);
    void *a = take(6);
    assert_ptr_equal(resize(a, 5), a);
    assert_layout("#6 .14");
    assert_cuts_and_joins(1, 0);
}

static void shrink_merges_its_tail_with_a_hole_above(void **state)
{
    begin_fixed(state, 20);
    void *a = take(6), *b = take(3);
    take(2);
    give(b);
    assert_ptr_equal(resize(a, 4), a);
    assert_layout("#4 .5 #2 .9");
    assert_cuts_and_joins(4, 1);
}

static void shrink_at_the_region_end_makes_a_hole_there(void **state)
{
    begin_fixed(state, 10);
    take(2);
    void *b = take(8);
    assert_ptr_equal(resize(b, 3), b);
    assert_layout("#2 #3 .5");
}

static void growing_takes_what_it_needs_of_the_hole_above(void **state)
{
    begin_fixed(state, 20);
    void *a = take(3), *b = take(6);
    take(2);
    give(b);
    assert_ptr_equal(resize(a, 5), a);
    assert_layout("#5 .4 #2 .9");
    assert_cuts_and_joins(4, 0);
    assert_int_equal(h->counters.granted, 7 * A);
}

static void growing_takes_the_whole_hole_if_too_little_would_remain(void **state)
{
    for (size_t units = 8; units <= 9; units++) {
        begin_fixed(state, 20);
        void *a = take(3), *b = take(6);
        take(2);
        give(b);
        assert_ptr_equal(resize(a, units), a);
        assert_layout("#9 #2 .9");
        assert_cuts_and_joins(3, 0);
    }
}

static void growing_beyond_the_hole_above_moves(void **state)
{
    begin_fixed(state, 30);
    unsigned char *a = take(3), *b = take(6);
    take(2);
    give(b);
    unsigned char *moved = resize(a, 10);
    assert_ptr_not_equal(moved, a);
    assert_true(is_filled(moved, 0xFF, PAYLOAD(3)));
    assert_layout(".9 #2 #10 .9");
    assert_int_equal(h->counters.resized_moved, 1);
}

/* The old block and the hole beside it would do together, but the old one is still in use while a place is sought. */
static void moving_resize_never_overlaps_the_old_block(void **state)
{
    begin_fixed(state, 20);
    void *a = take(4), *b = take(4), *moved;
    take(12);
    give(a);
    assert_int_equal(heap_resize(h, b, PAYLOAD(7), &moved), HEAP_NO_MEMORY);
    assert_layout(".4 #4 #12");
}

static void resize_never_grows_the_region_in_place(void **state)
{
    const struct region_shape shape = {.limit = 16 * HEAP_GRAIN, .harden = 1};
    begin(policy_of(state)->name, &shape);
    size_t all = HEAP_GRAIN / A - 1;
    void *a = take(all);
    void *moved = resize(a, all + 4);
    assert_int_equal(offset_in(h, moved), HEAP_GRAIN);
    assert_int_equal(h->counters.grows, 1);
    assert_int_equal(h->counters.resized_moved, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_sizes_are_header_and_payload_rounded_up),
        cmocka_unit_test(offsets_by_hand),
        cmocka_unit_test(pad_and_end_mark_are_all_that_is_fixed),
        cmocka_unit_test(headers_and_tags_to_the_bit),
        cmocka_unit_test(remainder_of_a_smallest_block_is_split_off),
        cmocka_unit_test(remainder_below_a_smallest_block_stays),
        cmocka_unit_test(exactly_the_largest_hole_is_granted),
        cmocka_unit_test(free_between_used_blocks_merges_nothing),
        cmocka_unit_test(free_below_a_hole_merges_once),
        cmocka_unit_test(free_above_a_hole_merges_once),
        cmocka_unit_test(free_between_two_holes_merges_twice),
        cmocka_unit_test(free_at_both_ends_of_the_region),
        cmocka_unit_test(holes_are_listed_in_every_order_of_frees),
        cmocka_unit_test(shrink_splits_off_a_smallest_block),
        cmocka_unit_test(shrink_keeps_a_tail_below_a_smallest_block),
        cmocka_unit_test(shrink_keeps_a_small_tail_even_beside_a_hole),
        cmocka_unit_test(shrink_merges_its_tail_with_a_hole_above),
        cmocka_unit_test(shrink_at_the_region_end_makes_a_hole_there),
        cmocka_unit_test(growing_takes_what_it_needs_of_the_hole_above),
        cmocka_unit_test(growing_takes_the_whole_hole_if_too_little_would_remain),
        cmocka_unit_test(growing_beyond_the_hole_above_moves),
        cmocka_unit_test(moving_resize_never_overlaps_the_old_block),
        cmocka_unit_test(resize_never_grows_the_region_in_place),
    };
    const struct CMUnitTest of_lists[] = {
        cmocka_unit_test(links_of_holes_to_the_bit),
    };
    region_begin(&region, 2 * HEAP_REGION_ALIGN);
    int failed = run_under_policies("fit family", tests, COUNT(tests), is_of_the_fit_family);
    failed += run_under_policies("fit family: lists", of_lists, COUNT(of_lists), has_a_list_of_holes);
    region_end(&region);
    return failed;
}
