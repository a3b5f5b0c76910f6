/* What the fit family finds by itself: misuse without a start table, and every flipped bit of its structure. */
#include "fit_heap.h"

static void double_free_is_seen_without_a_start_table(void **state)
{
    const struct region_shape shape = {.limit = 21 * A, .is_fixed = true};
    begin(policy_of(state)->name, &shape);
    take(2);
    void *b = take(3);
    take(4);
    give(b);
    assert_int_equal(heap_free(h, b), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_DOUBLE_FREE);
    assert_ptr_equal(h->fault.address, b);
    assert_layout("#2 .3 #4 .11");
}

static void every_aligned_address_is_judged_without_a_start_table(void **state)
{
    const struct region_shape shape = {.limit = 41 * A, .is_fixed = true};
    begin(policy_of(state)->name, &shape);
    void *a = take(2), *b = take(4), *hole = take(3), *c = take(2);
    give(hole);
    for (size_t offset = 0; offset < h->committed; offset += A) {
        void *ptr = region.memory + offset;
        if (ptr == a || ptr == b || ptr == c)
            continue;
        struct heap_snapshot before = snapshot_begin(h);
        assert_int_not_equal(heap_free(h, ptr), HEAP_OK);
        assert_int_equal(heap_usable(h, ptr), 0);
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
    }
    assert_layout("#2 #4 .3 #2 .29");
}

/* Holes between all used blocks, of sizes such that no single flipped bit makes a block end where another begins. */
static void begin_for_damage(void **state, unsigned harden, void *used[3], void *holes[4])
{
    const struct region_shape shape = {.limit = 51 * A, .is_fixed = true, .harden = harden};
    begin(policy_of(state)->name, &shape);
    holes[0] = take(5);
    used[0] = take(6);
    holes[1] = take(5);
    used[1] = take(9);
    holes[2] = take(7);
    used[2] = take(4);
    holes[3] = (unsigned char *)used[2] + 4 * A;
    for (size_t i = 0; i < 3; i++) {
        memset(used[i], REGION_JUNK, heap_usable(h, used[i]));
        memset(holes[i], REGION_JUNK, heap_usable(h, holes[i]));
        give(holes[i]);
    }
    assert_layout(".5 #6 .5 #9 .7 #4 .14");
}

/* Flips each bit of the word in turn; each time the check must find it, with one of the two classes at least. */
static void assert_flips_found(size_t *word, enum heap_fault_class one, enum heap_fault_class other)
{
    for (size_t bit = 0; bit < 8 * WORD; bit++) {
        *word ^= (size_t)1 << bit;
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        if (h->fault.class != one && h->fault.class != other)
            fail_msg("bit %zu: %s", bit, heap_fault_text(h->fault.class));
        *word ^= (size_t)1 << bit;
    }
    assert_sound(h);
}

static void every_flipped_bit_of_a_header_is_found(void **state)
{
    void *used[3], *holes[4];
    begin_for_damage(state, 1, used, holes);
    for (size_t i = 0; i < 3; i++)
        assert_flips_found(header_of(used[i]), HEAP_FAULT_HEADER, HEAP_FAULT_COUNT);
    for (size_t i = 0; i < 4; i++)
        assert_flips_found(header_of(holes[i]), HEAP_FAULT_HEADER, HEAP_FAULT_COUNT);
    assert_flips_found((size_t *)(region.memory + h->committed) - 1, HEAP_FAULT_HEADER, HEAP_FAULT_HEADER);
}

static void every_flipped_bit_of_a_tag_is_found(void **state)
{
    static const size_t units[] = {5, 5, 7, 14};
    void *used[3], *holes[4];
    begin_for_damage(state, 1, used, holes);
    for (size_t i = 0; i < 4; i++)
        assert_flips_found(tag_of(holes[i], units[i]), HEAP_FAULT_HEADER, HEAP_FAULT_HEADER);
}

static void every_flipped_bit_of_a_link_is_found(void **state)
{
    void *used[3], *holes[4];
    begin_for_damage(state, 1, used, holes);
    for (size_t i = 0; i < 4; i++) {
        assert_flips_found((size_t *)holes[i], HEAP_FAULT_LIST, HEAP_FAULT_LIST);
        assert_flips_found((size_t *)holes[i] + 1, HEAP_FAULT_LIST, HEAP_FAULT_LIST);
    }
}

static void assert_free_refused(void *ptr, const char *what, size_t bit)
{
    struct heap_snapshot before = snapshot_begin(h);
    enum heap_status status = heap_free(h, ptr);
    if (status != HEAP_CORRUPT || h->fault.class != HEAP_FAULT_HEADER)
        fail_msg("%s, bit %zu: status %d, %s", what, bit, (int)status, heap_fault_text(h->fault.class));
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
}

/* But for PREV_USED set where a hole lies below: then nothing there is looked at. */
static void smashed_header_is_not_followed_by_free(void **state)
{
    void *used[3], *holes[4];
    begin_for_damage(state, 1, used, holes);
    for (size_t i = 0; i < 3; i++) {
        for (size_t bit = 0; bit < 8 * WORD; bit++) {
            if (bit == 1)
                continue;
            *header_of(used[i]) ^= (size_t)1 << bit;
            assert_free_refused(used[i], "header", bit);
            *header_of(used[i]) ^= (size_t)1 << bit;
        }
    }
    for (size_t i = 0; i < 3; i++)
        give(used[i]);
    assert_layout(".50");
}

static void cleared_prev_used_is_not_followed_by_free(void **state)
{
    begin_fixed(state, 30);
    take(3);
    void *b = take(4);
    *header_of(b) &= ~(size_t)2;
    assert_free_refused(b, "PREV_USED", 1);
}

static void smashed_neighbours_are_not_followed_by_free(void **state)
{
    void *used[3], *holes[4];
    begin_for_damage(state, 1, used, holes);
    for (size_t bit = 0; bit < 8 * WORD; bit++) {
        *tag_of(holes[1], 5) ^= (size_t)1 << bit;
        assert_free_refused(used[1], "tag below", bit);
        *tag_of(holes[1], 5) ^= (size_t)1 << bit;
    }
    *header_of(holes[2]) &= ~(size_t)2;
    assert_free_refused(used[1], "PREV_USED above", 1);
    *header_of(holes[2]) |= 2;
    for (size_t bit = 0; bit < 8 * WORD; bit++) {
        if (bit == 1) /* PREV_USED of that hole concerns only what lies below it */
            continue;
        *header_of(holes[1]) ^= (size_t)1 << bit;
        assert_free_refused(used[1], "header of the hole below", bit);
        *header_of(holes[1]) ^= (size_t)1 << bit;
    }
}

/* The new place is found and filled before the old block's header is doubted: then it is given back again. */
static void moving_resize_of_a_damaged_block_leaves_no_trace(void **state)
{
    begin_fixed(state, 60);
    void *a = take(4), *b = take(4), *moved = a;
    take(2);
    *header_of(b) &= ~(size_t)2;
    struct heap_snapshot before = snapshot_begin(h);
    uint64_t live = h->counters.live;
    assert_int_equal(heap_resize(h, b, PAYLOAD(10), &moved), HEAP_CORRUPT);
    assert_null(moved);
    assert_int_equal(h->counters.live, live);
    assert_int_equal(h->counters.granted, before.heap.counters.granted);
    assert_true(is_filled(b, 0xFF, PAYLOAD(4)));
    *header_of(b) |= 2;
    assert_layout("#4 #4 #2 .50");
    snapshot_end(&before);
}

/* A size that ends exactly where a later block does swallows the blocks between: only their number tells. */
static void size_that_swallows_a_neighbour_is_found(void **state)
{
    const struct region_shape shape = {.limit = 21 * A, .is_fixed = true, .harden = 1};
    begin(policy_of(state)->name, &shape);
    void *a = take(2);
    take(4);
    take(2);
    *header_of(a) ^= 4 * A;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_COUNT);
    *header_of(a) ^= 4 * A;
    assert_sound(h);
}

/* A resize in place would write a boundary tag where the damaged size says the block ends: into the neighbour. */
static void damaged_size_is_not_followed_by_resize(void **state)
{
    const struct region_shape shape = {.limit = 41 * A, .is_fixed = true, .harden = 1};
    void *out;
    begin(policy_of(state)->name, &shape);
    void *a = take(6), *next = take(20);
    memset(next, 0, heap_usable(h, next)); /* no header there that could be believed */
    *header_of(a) ^= 8 * A;
    assert_int_equal(heap_resize(h, a, 1, &out), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
    assert_null(out);
    *header_of(a) ^= 8 * A;
    assert_sound(h);
    assert_layout("#6 #20 .14");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_free_is_seen_without_a_start_table),
        cmocka_unit_test(every_aligned_address_is_judged_without_a_start_table),
        cmocka_unit_test(every_flipped_bit_of_a_header_is_found),
        cmocka_unit_test(every_flipped_bit_of_a_tag_is_found),
        cmocka_unit_test(smashed_header_is_not_followed_by_free),
        cmocka_unit_test(cleared_prev_used_is_not_followed_by_free),
        cmocka_unit_test(smashed_neighbours_are_not_followed_by_free),
        cmocka_unit_test(size_that_swallows_a_neighbour_is_found),
        cmocka_unit_test(damaged_size_is_not_followed_by_resize),
        cmocka_unit_test(moving_resize_of_a_damaged_block_leaves_no_trace),
    };
    const struct CMUnitTest of_lists[] = {
        cmocka_unit_test(every_flipped_bit_of_a_link_is_found),
    };
    region_begin(&region, 2 * HEAP_REGION_ALIGN);
    int failed = run_under_policies("fit family: damage", tests, COUNT(tests), is_of_the_fit_family);
    failed += run_under_policies("fit family: damaged lists", of_lists, COUNT(of_lists), has_a_list_of_holes);
    region_end(&region);
    return failed;
}
