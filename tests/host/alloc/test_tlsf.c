/* Two-level segregated fit by name: the metadata, the borders of its classes, the order in a list, aligned requests, growth,
 * what the check finds. Random sequences: test_tlsf_model.c. */
#include "fit_heap.h"

enum { SL_MAX = 5, UNITS_LOG2 = sizeof(size_t) == 8 ? 32 : 29 };

#define FIXED (heap_policy_find("tlsf")->fixed)

static enum heap_status init_with(size_t sl, size_t bytes)
{
    const struct region_shape shape = {.limit = bytes, .is_fixed = true, .harden = 1};
    struct heap_setup setup = region_setup(&region, heap_policy_find("tlsf"), &shape);
    setup.options[0] = sl;
    memset(h, REGION_JUNK, sizeof *h);
    return heap_init(h, &setup);
}

/* A heap of `units` A for blocks that cannot grow. */
static void begin_units(size_t sl, size_t units)
{
    assert_int_equal(init_with(sl, FIXED + units * A), HEAP_OK);
    assert_sound(h);
}

/* ---- the region ---- */

static bool find_first_meta(void *context, const struct heap_extent *extent)
{
    assert_int_equal(extent->kind, HEAP_META);
    assert_int_equal(extent->offset, 0);
    *(size_t *)context = extent->size;
    return false;
}

static void heads_lie_in_front_whatever_the_subdivision(void **state)
{
    (void)state;
    const size_t heads = sizeof(size_t) == 8 ? 28 * 32 * 4 : 25 * 32 * 4; /* rows, columns, bytes of a head */
    for (size_t sl = 2; sl <= SL_MAX; sl++) {
        size_t meta = 0;
        begin_units(sl, 10);
        assert_int_equal(heap_fixed(h), heads + A);
        assert_int_equal(heap_origin(h), heads + A);
        assert_int_equal(heap_walk(h, find_first_meta, &meta), HEAP_OK);
        assert_int_equal(meta, heads + A - WORD);
        assert_layout(".10");
        assert_int_equal(offset_in(h, take(2)), heads + A);
    }
}

static void tiny_regions_are_refused_cleanly(void **state)
{
    (void)state;
    for (size_t bytes = 0; bytes < FIXED; bytes += A)
        assert_int_equal(init_with(SL_MAX, bytes), HEAP_BAD_REGION);
    assert_int_equal(init_with(SL_MAX, FIXED), HEAP_OK); /* metadata and nothing else */
    assert_layout("");
    assert_null(heap_alloc(h, 0));
    assert_sound(h);
    assert_int_equal(init_with(SL_MAX, FIXED + A), HEAP_BAD_REGION);
    begin_units(SL_MAX, 2);
    take(2);
    assert_layout("#2");
}

static void subdivisions_out_of_range_are_refused(void **state)
{
    (void)state;
    assert_int_equal(init_with(1, 8192), HEAP_BAD_ARGUMENT);
    assert_int_equal(init_with(SL_MAX + 1, 8192), HEAP_BAD_ARGUMENT);
    assert_int_equal(init_with(SIZE_MAX, 8192), HEAP_BAD_ARGUMENT);
}

/* Heads count in 32 bits: what lies above 64 GiB is left alone. A 32-bit machine has no such region. */
static void region_ends_where_heads_can_reach(void **state)
{
    (void)state;
    if (sizeof(size_t) == 4)
        return;
    const size_t reach = (((size_t)1 << (UNITS_LOG2 - 1)) * 2 - 1) * A;
    const struct region_shape shape = {.limit = 8192, .harden = 0};
    struct heap_setup setup = region_setup(&region, heap_policy_find("tlsf"), &shape);
    setup.region.reserved = reach + A;
    region.limit = reach;
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_int_equal(h->reserved, reach);
    setup.region.reserved = setup.region.committed = reach + A;
    setup.region.grow = NULL;
    assert_int_equal(heap_init(h, &setup), HEAP_BAD_REGION);
}

/* ---- classes ---- */

/* The smallest size of the lowest class that has none below `units`: from 2 * 2^sl on, multiples of 2, of 4 ... */
static size_t rounded(size_t sl, size_t units)
{
    size_t step = 1;
    while (units > (step << (sl + 1)))
        step *= 2;
    return (units + step - 1) / step * step;
}

/* One hole, every request near its size: taken if and only if the request's class lies no higher. */
static void hole_is_taken_if_the_rounded_request_fits(void **state)
{
    (void)state;
    for (size_t sl = 2; sl <= SL_MAX; sl++) {
        for (size_t hole = 2; hole <= 300; hole++) {
            begin_units(sl, hole);
            for (size_t units = hole > 40 ? hole - 40 : 2; units <= hole; units++) {
                void *p = heap_alloc(h, PAYLOAD(units));
                assert_int_equal(p != NULL, rounded(sl, units) <= hole);
                assert_int_equal(heap_free(h, p), HEAP_OK);
            }
        }
    }
}

static void need_is_the_rounded_class(void **state)
{
    (void)state;
    for (size_t sl = 2; sl <= SL_MAX; sl++) {
        begin_units(sl, 2); /* the hole at the end, which counts */
        for (size_t units = 3; units <= 600; units++) {
            assert_int_equal(h->ops->need(h, PAYLOAD(units), A), (rounded(sl, units) - 2) * A);
            assert_int_equal(h->ops->need(h, PAYLOAD(units), 8 * A), (rounded(sl, units + 9) - 2) * A);
        }
    }
}

/* The size fits the last class, rounded up it would be in one that does not exist. */
static void rounding_past_the_last_class_is_refused(void **state)
{
    (void)state;
    for (size_t sl = 2; sl <= SL_MAX; sl++) {
        begin_units(sl, 20);
        size_t last = (((size_t)2 << sl) - 1) << (UNITS_LOG2 - 1 - sl), units = last;
        assert_int_equal(h->ops->need(h, PAYLOAD(units), A), (last - 20) * A);
        assert_int_equal(h->ops->need(h, PAYLOAD(units) - 16 * A, 8 * A), (last - 20) * A);
        const size_t bytes[] = {PAYLOAD(units) + 1,
                                PAYLOAD(units + 1),
                                PAYLOAD(units) + (last / 8) * A / 8,
                                SIZE_MAX / 2 + 1 > last * A ? SIZE_MAX / 2 + 1 : last * A,
                                SIZE_MAX - 4 * A,
                                SIZE_MAX};
        struct heap_snapshot before = snapshot_begin(h);
        for (size_t i = 0; i < COUNT(bytes); i++) {
            for (size_t align = A; align <= HEAP_REGION_ALIGN; align *= 2) {
                assert_int_equal(h->ops->need(h, bytes[i], align), SIZE_MAX);
                assert_null(h->ops->alloc(h, bytes[i], align));
            }
        }
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
    }
}

/* ---- which hole ---- */

/* Holes of 70, 66, 71 and 68 units between used ones of 2, freed in this order, and 20 used behind. sl=5: 64 to 127 by twos. */
static void begin_with_holes(size_t sl)
{
    static const size_t holes[] = {70, 66, 71, 68};
    void *blocks[COUNT(holes)];
    begin_units(sl, 303);
    for (size_t i = 0; i < COUNT(holes); i++) {
        void *whole = heap_alloc(h, PAYLOAD(holes[i]));
        assert_non_null(whole);
        blocks[i] = whole;
        take(2);
    }
    take(20);
    for (size_t i = 0; i < COUNT(holes); i++)
        give(blocks[i]);
    assert_layout(".70 #2 .66 #2 .71 #2 .68 #2 #20");
}

static void lowest_class_wins_and_in_it_the_last_freed(void **state)
{
    (void)state;
    begin_with_holes(5);
    take(65); /* 66: its own class */
    assert_layout(".70 #2 #66 #2 .71 #2 .68 #2 #20");
    take(69); /* 70 and 71 are one class; 71 was freed last */
    assert_layout(".70 #2 #66 #2 #69 .2 #2 .68 #2 #20");
    take(70);
    assert_layout("#70 #2 #66 #2 #69 .2 #2 .68 #2 #20");
    assert_null(heap_alloc(h, PAYLOAD(69)));
}

static void coarse_classes_take_what_was_freed_last(void **state)
{
    (void)state;
    begin_with_holes(2); /* 64 to 79 are one class */
    take(10);
    assert_layout(".70 #2 .66 #2 .71 #2 #10 .58 #2 #20");
    take(60); /* 64 and up */
    assert_layout(".70 #2 .66 #2 #60 .11 #2 #10 .58 #2 #20");
}

/* A hole of just the size: not looked at, unless that is the smallest of its class. */
static void exact_hole_inside_a_class_is_missed(void **state)
{
    (void)state;
    begin_with_holes(5);
    struct heap_snapshot before = snapshot_begin(h);
    assert_null(heap_alloc(h, PAYLOAD(71))); /* asks for 72 */
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
    take(70);
    assert_layout(
        ".70 #2 .66 #2 #71 #2 .68 #2 #20"); /* 70 asked for, and what is left of 71 is too little for a hole */
}

/* The same size comes and goes: the search by class finds what the cut by size left, for ever. */
static void freed_blocks_are_found_again(void **state)
{
    (void)state;
    for (size_t sl = 2; sl <= SL_MAX; sl++) {
        begin_units(sl, 2000);
        for (size_t units = 2; units < 1600; units++) {
            void *a = heap_alloc(h, PAYLOAD(units)), *b = heap_alloc(h, PAYLOAD(3));
            assert_true(a && b);
            give(a);
            give(b);
            assert_layout(".2000");
        }
    }
}

/* ---- aligned requests ---- */

/* A hole must have align + A more than the block, wherever it lies; of that the payload takes the lowest aligned place. */
static void aligned_request_asks_for_the_worst_place(void **state)
{
    (void)state;
    for (size_t align = 2; align <= 16; align *= 2) {
        void *p;
        begin_units(SL_MAX, 3 + align + 1 - 1);
        assert_int_equal(heap_alloc_aligned(h, PAYLOAD(3), align * A, &p), HEAP_NO_MEMORY);
        begin_units(SL_MAX, 3 + align + 1);
        p = take_aligned(3, align * A);
        assert_int_equal(offset_in(h, p) % (align * A), 0);
        assert_sound(h);
    }
}

/* The front gap joins its list before the tail does: of one class, the tail is taken first. */
static void front_gap_and_tail_join_their_lists_in_this_order(void **state)
{
    (void)state;
    size_t lead = 16 - heap_policy_find("tlsf")->origin / A % 16; /* to the first multiple of 16 A */
    if (lead < 4)
        lead += 16;
    begin_units(SL_MAX, lead + 3 + lead + 20);
    take(lead - 2);
    void *p = take_aligned(3, 16 * A), *end = take(2 + 18);
    assert_ptr_equal((unsigned char *)p + 3 * A, end);
    char text[64];
    sprintf(text, "#%zu .2 #3 #20 .%zu", lead - 2, lead);
    assert_layout(text);
    assert_cuts_and_joins(4, 0);
}

/* ---- resize and growth ---- */

static void resize_in_place_moves_the_border(void **state)
{
    (void)state;
    begin_units(SL_MAX, 40);
    void *a = take(10), *b = take(10);
    take(2);
    assert_ptr_equal(resize(a, 6), a);
    assert_layout("#6 .4 #10 #2 .18");
    assert_ptr_equal(resize(a, 5), a); /* a tail of 1 is too little, even beside a hole */
    assert_layout("#6 .4 #10 #2 .18");
    assert_ptr_equal(resize(a, 4), a);
    assert_layout("#4 .6 #10 #2 .18");
    assert_ptr_equal(resize(a, 8), a);
    assert_layout("#8 .2 #10 #2 .18");
    assert_ptr_equal(resize(a, 9), a); /* what is left of the hole is too little */
    assert_layout("#10 #10 #2 .18");
    give(a);
    assert_ptr_not_equal(resize(b, 15), b);
    assert_layout(".20 #2 #15 .3");
}

static void growth_makes_the_last_hole_as_large_as_its_class(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 16 * HEAP_GRAIN, .harden = 1};
    begin("tlsf", &shape);
    size_t there = HEAP_GRAIN - FIXED, units = HEAP_GRAIN / A + 1;
    assert_int_equal(h->committed, HEAP_GRAIN);
    size_t asked = rounded(SL_MAX, units) * A;
    assert_true(asked > units * A);
    assert_int_equal(h->ops->need(h, PAYLOAD(units), A), asked - there);
    void *p = heap_alloc(h, PAYLOAD(units));
    assert_int_equal(offset_in(h, p), heap_origin(h));
    assert_int_equal(h->committed, 2 * HEAP_GRAIN);
    assert_cuts_and_joins(1, 1);
    assert_sound(h);
}

/* ---- damage ---- */

enum { HOLES = 4 };

/* Used blocks and holes in turn, the first two holes of one class. */
static void begin_for_damage(size_t sl, void *holes[HOLES])
{
    static const size_t units[HOLES] = {5, 5, 7, 66};
    begin_units(sl, 150);
    for (size_t i = 0; i < HOLES; i++) {
        holes[i] = heap_alloc(h, PAYLOAD(units[i]));
        take(2 + i);
    }
    for (size_t i = 0; i < HOLES; i++) {
        assert_non_null(holes[i]);
        memset(holes[i], REGION_JUNK, heap_usable(h, holes[i]));
        give(holes[i]);
    }
    assert_layout(".5 #2 .5 #3 .7 #4 .66 #5 .53");
}

static void assert_flips_found(void *word, size_t bits)
{
    unsigned char *bytes = word;
    for (size_t bit = 0; bit < bits; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    assert_sound(h);
}

static void every_flipped_bit_of_lists_and_bitmaps_is_found(void **state)
{
    (void)state;
    for (size_t sl = 2; sl <= SL_MAX; sl++) {
        void *holes[HOLES];
        begin_for_damage(sl, holes);
        assert_flips_found(h->state, 8 * h->ops->state_bytes); /* rows and columns */
        assert_flips_found(region.memory, 8 * (FIXED - A));    /* heads, also those of no class */
        for (size_t i = 0; i < HOLES; i++)
            assert_flips_found(holes[i], 2 * 8 * WORD); /* both links */
    }
}

static void assert_list_fault(void)
{
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
}

/* Links as a hole has them. */
static void link_holes(void *low, void *high)
{
    ((void **)low)[0] = (unsigned char *)high - WORD;
    ((void **)high)[1] = (unsigned char *)low - WORD;
}

/* Lists that hold together, of true holes, but of the wrong class, or not all of them, or a ring. */
static void consistent_lies_are_found(void **state)
{
    (void)state;
    void *holes[HOLES];
    uint32_t *heads = (uint32_t *)(void *)region.memory, *bits = (uint32_t *)(void *)h->state;
    const size_t large = 32 + 66 / 2; /* the class of 66 units: row 2, by twos */
    begin_for_damage(SL_MAX, holes);
    uint32_t swapped = heads[7];
    heads[7] = heads[large];
    heads[large] = swapped;
    assert_list_fault();

    begin_for_damage(SL_MAX, holes); /* the list of 5 is holes[1], holes[0] */
    void **first = holes[1], **second = holes[0];
    first[0] = second[1] = NULL;
    assert_list_fault();

    begin_for_damage(SL_MAX, holes);
    first[0] = NULL;
    link_holes(holes[2], second); /* behind the hole of 7 */
    assert_list_fault();

    begin_for_damage(SL_MAX, holes);
    link_holes(second, first);
    assert_list_fault();
    heads[5] = 0; /* and nobody leads there */
    bits[1] &= ~(1u << 5);
    assert_list_fault();
}

/* What looks like a hole of 5 in a used payload of 10. */
static void *forge_hole(unsigned char *payload)
{
    size_t *forged = (size_t *)(void *)(payload + 2 * A - WORD);
    forged[0] = 5 * A | 2;
    forged[1] = forged[2] = 0;
    return payload + 2 * A;
}

static void forged_hole_in_a_payload_is_found(void **state)
{
    (void)state;
    uint32_t *heads = (uint32_t *)(void *)region.memory, *bits = (uint32_t *)(void *)h->state;
    begin_units(SL_MAX, 40);
    heads[5] = (uint32_t)(offset_in(h, forge_hole(take(10))) / A);
    bits[0] |= 1; /* the row of 5 and its column */
    bits[1] |= 1u << 5;
    assert_list_fault();

    begin_units(SL_MAX, 60); /* in the place of a true one */
    unsigned char *p = take(10), *second = take(5);
    take(2);
    unsigned char *first = take(5);
    take(2);
    give(second);
    give(first);
    link_holes(first, forge_hole(p));
    assert_list_fault();
}

static void every_aligned_address_is_judged_without_a_start_table(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = FIXED + 40 * A, .is_fixed = true};
    begin("tlsf", &shape);
    void *a = take(2), *b = take(4), *hole = take(3), *c = take(2);
    give(hole);
    assert_int_equal(heap_free(h, hole), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_DOUBLE_FREE);
    for (size_t offset = 0; offset < h->committed; offset += A) {
        void *ptr = region.memory + offset;
        struct heap_snapshot before = snapshot_begin(h);
        bool is_live = ptr == a || ptr == b || ptr == c;
        assert_int_equal(heap_usable(h, ptr) > 0, is_live);
        assert_true(is_live || heap_free(h, ptr) != HEAP_OK);
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
    }
    assert_layout("#2 #4 .3 #2 .29");
}

/* A damaged header: refused, nothing followed. PREV_USED set over a hole is trusted, as in the fit family. */
static void smashed_header_is_not_followed(void **state)
{
    (void)state;
    begin_units(SL_MAX, 40);
    void *low = take(5), *p = take(6), *above = take(4);
    give(low);
    memset(p, REGION_JUNK, PAYLOAD(6)); /* junk that is no header */
    memset(above, REGION_JUNK, PAYLOAD(4));
    for (size_t bit = 0; bit < 8 * WORD; bit++) {
        if (bit == 1)
            continue;
        *header_of(p) ^= (size_t)1 << bit;
        struct heap_snapshot before = snapshot_begin(h);
        assert_int_equal(heap_free(h, p), HEAP_CORRUPT);
        assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
        *header_of(p) ^= (size_t)1 << bit;
    }
    give(p);
    assert_layout(".11 #4 .25");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_lie_in_front_whatever_the_subdivision),
        cmocka_unit_test(tiny_regions_are_refused_cleanly),
        cmocka_unit_test(subdivisions_out_of_range_are_refused),
        cmocka_unit_test(region_ends_where_heads_can_reach),
        cmocka_unit_test(hole_is_taken_if_the_rounded_request_fits),
        cmocka_unit_test(need_is_the_rounded_class),
        cmocka_unit_test(rounding_past_the_last_class_is_refused),
        cmocka_unit_test(lowest_class_wins_and_in_it_the_last_freed),
        cmocka_unit_test(coarse_classes_take_what_was_freed_last),
        cmocka_unit_test(exact_hole_inside_a_class_is_missed),
        cmocka_unit_test(freed_blocks_are_found_again),
        cmocka_unit_test(aligned_request_asks_for_the_worst_place),
        cmocka_unit_test(front_gap_and_tail_join_their_lists_in_this_order),
        cmocka_unit_test(resize_in_place_moves_the_border),
        cmocka_unit_test(growth_makes_the_last_hole_as_large_as_its_class),
        cmocka_unit_test(every_flipped_bit_of_lists_and_bitmaps_is_found),
        cmocka_unit_test(consistent_lies_are_found),
        cmocka_unit_test(forged_hole_in_a_payload_is_found),
        cmocka_unit_test(every_aligned_address_is_judged_without_a_start_table),
        cmocka_unit_test(smashed_header_is_not_followed),
    };
    region_begin(&region, 2 * HEAP_REGION_ALIGN);
    int failed = cmocka_run_group_tests_name("tlsf", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
