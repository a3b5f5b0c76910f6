/* Binary buddy by name: halves, neighbours that are no buddies, alignment, growth of any size, the bound when everything
 * is free. That random operations place as the rules say is tested against a model (test_buddy_model.c). */
#include "fit_heap.h"

enum { CAPACITY = 4 << 20 };

/* A heap that cannot grow, over `units` A. It begins at place 0, so its first block is at place 2 A, of 2 A. */
static void begin_units(size_t units)
{
    const struct region_shape shape = {.limit = units * A, .is_fixed = true, .harden = 1};
    begin("buddy", &shape);
}

static void begin_with_min(size_t min, size_t units)
{
    const struct region_shape shape = {.limit = units * A, .is_fixed = true, .harden = 1};
    struct heap_setup setup = region_setup(&region, heap_policy_find("buddy"), &shape);
    setup.options[0] = min;
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_sound(h);
}

/* ---- sizes ---- */

static void sizes_double_at_each_power_of_two(void **state)
{
    (void)state;
    begin_units(64);
    assert_int_equal(heap_block_size(h, 0), 2 * A);
    for (size_t size = 2 * A; size < SIZE_MAX / 2; size *= 2) {
        assert_int_equal(heap_block_size(h, size - WORD), size);
        assert_int_equal(heap_block_size(h, size - WORD + 1), 2 * size);
        assert_int_equal(heap_block_size(h, size), 2 * size); /* the header's price */
    }
    const size_t largest = SIZE_MAX / 2 + 1;
    assert_int_equal(heap_block_size(h, largest - WORD), largest);
    assert_int_equal(heap_block_size(h, largest - WORD + 1), 0);
    assert_int_equal(heap_block_size(h, SIZE_MAX), 0);
    assert_int_equal(h->ops->need(h, largest - WORD, A),
                     SIZE_MAX); /* its place would be its size: it ends behind all addresses */
    assert_int_equal(h->ops->need(h, largest / 2 - WORD, A), largest - 64 * A);
    assert_int_equal(h->ops->need(h, largest - WORD + 1, A), SIZE_MAX);
}

static void smallest_block_is_an_option(void **state)
{
    (void)state;
    begin_with_min(8 * A, 64);
    assert_layout(".8 .16 .32");
    take(1), take(8);
    assert_layout("#8 #8 .8 .32");
    begin_with_min(8 * A - 2 * A, 64); /* rounded up */
    assert_layout(".8 .16 .32");
    assert_int_equal(heap_block_size(h, 0), 8 * A);
    begin_with_min(4096, 4 * 4096 / A);
    assert_int_equal(heap_block_size(h, 4097 - WORD), 8192);
    assert_int_equal(offset_in(h, heap_alloc(h, 1)), 4096);

    const size_t wrong[] = {0, A, 2 * A + 1, 3 * A, 4096 + 2 * A, 8192};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const struct region_shape shape = {.limit = 16384, .is_fixed = true};
        struct heap_setup setup = region_setup(&region, heap_policy_find("buddy"), &shape);
        setup.options[0] = wrong[i];
        assert_int_equal(heap_init(h, &setup), HEAP_BAD_ARGUMENT);
    }
}

/* ---- split and merge ---- */

static void fresh_heap_is_one_block_of_each_size(void **state)
{
    (void)state;
    begin_units(64);
    assert_layout(".2 .4 .8 .16 .32");
    begin_units(63); /* the end of the last block is missing */
    assert_layout(".2 .4 .8 .16 .16 .8 .4 .2");
    begin_units(4);
    assert_layout(".2");
    begin_units(2); /* a payload at 2 A would have no room */
    assert_layout("");
    assert_null(heap_alloc(h, 0));
    assert_cuts_and_joins(0, 0);
}

static void block_is_halved_down_to_the_size(void **state)
{
    (void)state;
    begin_units(64);
    take(2), take(4), take(8), take(16);
    void *p = take(3); /* takes 4 */
    assert_layout("#2 #4 #8 #16 #4 .4 .8 .16");
    assert_cuts_and_joins(3, 0);
    give(p);
    assert_layout("#2 #4 #8 #16 .32");
    assert_cuts_and_joins(3, 3);
}

static void neighbours_of_one_size_that_are_no_buddies_stay_apart(void **state)
{
    (void)state;
    begin_units(32);
    void *p[7];
    take(2), take(4);
    for (size_t i = 0; i < 4; i++)
        p[i] = take(2); /* places 8, 10, 12, 14 */
    take(16);
    give(p[1]), give(p[2]);
    assert_layout("#2 #4 #2 .2 .2 #2 #16");
    assert_null(heap_alloc(h, PAYLOAD(4))); /* 4 are free side by side, but not as one block */
    give(p[0]);
    assert_layout("#2 #4 .4 .2 #2 #16");
    give(p[3]);
    assert_layout("#2 #4 .8 #16");
}

static void block_freed_last_is_taken_first(void **state)
{
    (void)state;
    begin_units(64);
    void *p[4];
    take(2), take(4);
    for (size_t i = 0; i < 4; i++)
        p[i] = take(2);
    give(p[0]), give(p[3]);
    assert_ptr_equal(take(2), p[3]);
    assert_ptr_equal(take(2), p[0]);
    give(p[3]), give(p[0]);
    assert_ptr_equal(take(2), p[0]);
}

static void one_list_for_each_power_of_two_is_looked_at(void **state)
{
    (void)state;
    begin_units(256);
    for (size_t units = 2; units <= 64; units *= 2)
        take(units);
    take(2);
    assert_int_equal(h->counters.probes_now, 7); /* 2 to 128 */
    assert_null(heap_alloc(h, PAYLOAD(256)));
    assert_int_equal(h->counters.probes_now, 1);
    assert_null(heap_alloc(h, PAYLOAD(512)));
    assert_int_equal(h->counters.probes_now, 0);
}

/* ---- alignment ---- */

static void payload_is_as_aligned_as_its_block_is_large(void **state)
{
    (void)state;
    begin_units(CAPACITY / A);
    for (size_t size = 2 * A; size <= HEAP_REGION_ALIGN; size *= 2)
        assert_int_equal((uintptr_t)heap_alloc(h, size - WORD) % size, 0);
}

static void aligned_request_keeps_the_low_part_only(void **state)
{
    (void)state;
    begin_units(64);
    void *p = take_aligned(2, 16 * A);
    assert_layout(".2 .4 .8 #2 .2 .4 .8 .32");
    give(p);
    assert_layout(".2 .4 .8 .16 .32");
    assert_cuts_and_joins(3, 3);
    take_aligned(2, 64); /* 64 is 4 A or 8 A */
    assert_sound(h);
}

/* Alignment is of addresses: a region may begin at any multiple of A. */
static void aligned_requests_in_regions_that_begin_anywhere(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 600; shift++) {
        const struct region_shape shape = {.limit = 65536, .is_fixed = true, .harden = 1};
        struct heap_setup setup = region_setup(&region, heap_policy_find("buddy"), &shape);
        setup.region.base = region.memory + shift * A;
        setup.region.committed = setup.region.reserved = 65536 - shift * A;
        assert_int_equal(heap_init(h, &setup), HEAP_OK);
        for (size_t align = A; align <= 16384; align *= 2) {
            void *p;
            assert_int_equal(heap_alloc_aligned(h, 100, align, &p), HEAP_OK);
            assert_true(is_placed(h, p, 100, align));
            memset(p, 0xFF, heap_usable(h, p));
        }
        assert_sound(h);
    }
}

/* ---- resize ---- */

static void shrinking_frees_the_high_halves(void **state)
{
    (void)state;
    begin_units(64);
    void *p = take(32);
    assert_ptr_equal(resize(p, 17), p);
    assert_layout(".2 .4 .8 .16 #32");
    assert_ptr_equal(resize(p, 4), p);
    assert_layout(".2 .4 .8 .16 #4 .4 .8 .16");
    assert_cuts_and_joins(3, 0);
    assert_int_equal(h->counters.resized_in_place, 2);
}

static void growing_takes_the_buddies_above(void **state)
{
    (void)state;
    begin_units(64);
    void *p = take(32);
    assert_ptr_equal(resize(p, 4), p);
    assert_ptr_equal(resize(p, 15), p);
    assert_layout(".2 .4 .8 .16 #16 .16");
    assert_ptr_equal(resize(p, 32), p);
    assert_layout(".2 .4 .8 .16 #32");
    assert_cuts_and_joins(3, 0); /* swallowing is no merge */
}

static void high_half_and_hindered_block_move(void **state)
{
    (void)state;
    begin_units(128);
    take(2), take(4);
    void *low = take(4), *high = take(4); /* 8 and 12 */
    assert_layout("#2 #4 #4 #4 .16 .32 .64");
    void *moved = resize(high, 8);
    assert_layout("#2 #4 #4 .4 #8 .8 .32 .64");
    assert_ptr_equal(resize(low, 8), low);
    assert_layout("#2 #4 #8 #8 .8 .32 .64");
    assert_ptr_not_equal(resize(low, 9), low); /* 8 is the low half of 0 to 16, which is no block; 16 above is free */
    assert_ptr_equal(resize(moved, 16), moved);
    assert_int_equal(h->counters.resized_moved, 2);
    begin_units(128);
    take(2), take(4), low = take(4), high = take(4);
    give(low); /* its buddy is free, but below */
    assert_ptr_not_equal(resize(high, 8), high);
    assert_layout("#2 #4 .8 #8 .8 .32 .64");
}

/* ---- growth ---- */

static void growth_that_is_no_power_of_two_joins_as_it_can(void **state)
{
    (void)state;
    static const size_t units[] = {3, 4, 5, 7, 12, 13, 33, 100, 1, 1, 1, 50, 27};
    const struct region_shape shape = {.limit = CAPACITY, .harden = 1};
    begin("buddy", &shape);
    size_t end = h->committed;
    char text[4096], whole[4096];
    for (size_t i = 0; i < COUNT(units); i++) {
        end += units[i] * A;
        region_commit(&region, units[i] * A);
        h->committed = end;
        h->ops->extend(h, units[i] * A);
        assert_sound(h);
    }
    *text = *whole = '\0';
    assert_int_equal(heap_walk(h, append_extent, text), HEAP_OK);
    begin_units(end / A); /* all at once */
    assert_int_equal(heap_walk(h, append_extent, whole), HEAP_OK);
    assert_string_equal(text, whole);
}

static void growth_is_to_the_end_of_the_first_place_that_fits(void **state)
{
    (void)state;
    begin_units(64);
    assert_int_equal(h->ops->need(h, PAYLOAD(64), A), 64 * A);       /* place 64: 0 is none */
    assert_int_equal(h->ops->need(h, PAYLOAD(2), 128 * A), 192 * A); /* place 128 */
    void *p = take(32);
    assert_int_equal(h->ops->need(h, PAYLOAD(32), A), 32 * A);
    begin_units(48 + 64);
    p = take(32);
    assert_layout(".2 .4 .8 .16 .32 #32 .16");
    assert_int_equal(h->ops->need(h, PAYLOAD(64), A), 80 * A); /* place 128 */
    take(32);
    give(p);
    assert_layout(".2 .4 .8 .16 #32 .32 .16");
    assert_int_equal(h->ops->need(h, PAYLOAD(64), A), 16 * A); /* the free end is made whole */
    assert_int_equal(h->ops->need(h, PAYLOAD(128), A), 144 * A);
}

/* Holes of the largest size there can be: half of a region that is a power of two, more than a quarter of any. */
static void all_freed_is_one_allocation_of_the_bound(void **state)
{
    (void)state;
    uint64_t random = 4;
    for (size_t units = 4; units < 3000; units += 1 + units / 16) {
        void *blocks[64] = {NULL};
        size_t largest = 2 * A;
        begin_units(units);
        for (size_t i = 0; i < 200; i++) {
            void **p = &blocks[test_random(&random) % COUNT(blocks)];
            assert_int_equal(heap_free(h, *p), HEAP_OK);
            *p = heap_alloc(h, (size_t)(test_random(&random) % (units * A / 4)));
        }
        for (size_t i = 0; i < COUNT(blocks); i++)
            assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
        while (4 * largest <= units * A)
            largest *= 2;
        assert_true(largest > units * A / 4);
        assert_null(heap_alloc(h, largest - WORD + 1));
        assert_non_null(heap_alloc(h, largest - WORD));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_double_at_each_power_of_two),
        cmocka_unit_test(smallest_block_is_an_option),
        cmocka_unit_test(fresh_heap_is_one_block_of_each_size),
        cmocka_unit_test(block_is_halved_down_to_the_size),
        cmocka_unit_test(neighbours_of_one_size_that_are_no_buddies_stay_apart),
        cmocka_unit_test(block_freed_last_is_taken_first),
        cmocka_unit_test(one_list_for_each_power_of_two_is_looked_at),
        cmocka_unit_test(payload_is_as_aligned_as_its_block_is_large),
        cmocka_unit_test(aligned_request_keeps_the_low_part_only),
        cmocka_unit_test(aligned_requests_in_regions_that_begin_anywhere),
        cmocka_unit_test(shrinking_frees_the_high_halves),
        cmocka_unit_test(growing_takes_the_buddies_above),
        cmocka_unit_test(high_half_and_hindered_block_move),
        cmocka_unit_test(growth_that_is_no_power_of_two_joins_as_it_can),
        cmocka_unit_test(growth_is_to_the_end_of_the_first_place_that_fits),
        cmocka_unit_test(all_freed_is_one_allocation_of_the_bound),
    };
    region_begin(&region, CAPACITY);
    int failed = cmocka_run_group_tests_name("buddy", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
