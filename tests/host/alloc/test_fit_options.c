/* The options of the fit family: where a hole stands in the list, when holes become one, how small a remainder may be. That
 * every choice places as the reference model does is tested with the model; here are the rules one by one, worked out by hand. */
#include "../../../alloc/fit.h"
#include "fit_heap.h"

/* How a heap of the family is to be made: of `units` A that cannot grow, or of a page that can. */
struct terms {
    const char *policy;
    enum fit_order order;
    enum fit_merge merge;
    size_t split; /* in units of A; 0: the smallest block */
    size_t units; /* 0: it begins with a page and may grow to 64 KiB */
};

static void begin_with(const struct terms *terms)
{
    const struct region_shape shape = {.limit = terms->units ? (terms->units + 1) * A : 65536,
                                       .is_fixed = terms->units > 0};
    struct heap_setup setup = region_setup(&region, heap_policy_find(terms->policy), &shape);
    setup.options[FIT_OPTION_MERGE] = terms->merge;
    setup.options[FIT_OPTION_ORDER] = terms->order;
    if (terms->split > 0)
        setup.options[FIT_OPTION_SPLIT] = terms->split * A;
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
}

/* The list in its order, "place:size" in A from the first block on. */
static void assert_list(const char *expected)
{
    char text[512] = "";
    for (const struct block *hole = fit_first_hole(h); hole; hole = hole->next_hole)
        sprintf(text + strlen(text), "%s%zu:%zu", *text ? " " : "", offset_in(h, hole) / A, block_size(hole) / A);
    assert_string_equal(text, expected);
    assert_sound(h);
}

/* ---- order ---- */

/* Holes of 4, 6, 3, 5 and 3 A, kept apart by blocks of 2 A, freed from the fourth one on: 5, 3 (the upper), 4, 3, 6; and 7 A
 * at the end. */
static void begin_with_holes(const char *policy, enum fit_order order, const char *list)
{
    static const size_t sizes[] = {4, 6, 3, 5, 3}, freed[] = {3, 4, 0, 2, 1};
    void *blocks[COUNT(sizes)];
    begin_with(&(struct terms){.policy = policy, .order = order, .units = 38});
    for (size_t i = 0; i < COUNT(sizes); i++) {
        blocks[i] = take(sizes[i]);
        take(2);
    }
    for (size_t i = 0; i < COUNT(sizes); i++)
        give(blocks[freed[i]]);
    assert_list(list);
}

static const char by_address[] = "0:4 6:6 14:3 19:5 26:3 31:7", lifo[] = "6:6 14:3 0:4 26:3 19:5 31:7",
                  fifo[] = "31:7 19:5 26:3 0:4 14:3 6:6", by_size[] = "14:3 26:3 0:4 19:5 6:6 31:7";

static void freed_block_enters_where_the_order_says(void **state)
{
    (void)state;
    begin_with_holes("first-fit", FIT_ORDER_ADDRESS, by_address);
    begin_with_holes("first-fit", FIT_ORDER_LIFO, lifo);
    begin_with_holes("first-fit", FIT_ORDER_FIFO, fifo);
    begin_with_holes("first-fit", FIT_ORDER_SIZE, by_size);
}

/* The same request, four holes: the first of each list that is large enough. */
static void first_fit_takes_the_first_of_the_list(void **state)
{
    (void)state;
    static const char *const lists[] = {by_address, lifo, fifo, by_size};
    static const size_t places[] = {6, 6, 31, 19};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        begin_with_holes("first-fit", order, lists[order]);
        assert_int_equal(offset_in(h, take(5)) / A, 1 + places[order]);
    }
}

/* Two holes of 3 A: by address and by size the lower, lifo the one freed later, fifo the one freed earlier. */
static void ties_go_by_list_order(void **state)
{
    (void)state;
    static const char *const lists[] = {by_address, lifo, fifo, by_size};
    static const size_t places[] = {14, 14, 26, 14};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        begin_with_holes("best-fit", order, lists[order]);
        assert_int_equal(offset_in(h, take(3)) / A, 1 + places[order]);
    }
    static const char *const after[] = {"0:4 6:6 14:3 19:5 26:3", "6:6 14:3 0:4 26:3 19:5", "19:5 26:3 0:4 14:3 6:6",
                                        "14:3 26:3 0:4 19:5 6:6"};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        begin_with_holes("worst-fit", order, lists[order]);
        take(7);
        assert_list(after[order]);
    }
}

/* With the list by size the first hole that is large enough is the smallest: best fit looks no further. */
static void best_fit_stops_early_by_size(void **state)
{
    (void)state;
    begin_with_holes("best-fit", FIT_ORDER_ADDRESS, by_address);
    take(2);
    assert_int_equal(h->counters.probes_now, 6); /* no hole is exact */
    begin_with_holes("best-fit", FIT_ORDER_SIZE, by_size);
    take(2); /* leaves 1 A in the block */
    assert_int_equal(h->counters.probes_now, 1);
    assert_list("26:3 0:4 19:5 6:6 31:7");
    take(5);
    assert_int_equal(h->counters.probes_now, 3);
}

/* A remainder keeps the hole's place, front gap first; in a list by size both go where their sizes belong. */
static void remainder_keeps_the_place(void **state)
{
    (void)state;
    begin_with_holes("worst-fit", FIT_ORDER_LIFO, lifo);
    take(3);
    assert_list("6:6 14:3 0:4 26:3 19:5 34:4");
    take(3);
    assert_list("9:3 14:3 0:4 26:3 19:5 34:4");
    begin_with_holes("worst-fit", FIT_ORDER_SIZE, by_size);
    take(4);
    assert_list("14:3 26:3 35:3 0:4 19:5 6:6");
    take(4);
    assert_list("10:2 14:3 26:3 35:3 0:4 19:5");
}

static void front_gap_comes_before_the_rest(void **state)
{
    (void)state;
    static const char *const before[] = {"0:3 5:10 21:10", "0:3 5:10 21:10", "21:10 5:10 0:3", "0:3 5:10 21:10"};
    static const char *const after[] = {"0:3 5:2 10:5 21:10", "0:3 5:2 10:5 21:10", "21:2 26:5 5:10 0:3",
                                        "5:2 0:3 10:5 21:10"};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        begin_with(&(struct terms){.policy = "first-fit", .order = order, .units = 33});
        void *a = take(3);
        take(2);
        void *b = take(10);
        take(6);
        void *c = take(10);
        take(2);
        give(c), give(b), give(a);
        assert_list(before[order]);
        take_aligned(3, 8 * A); /* payload at 8 or 24 A: a gap of 2 A, 5 A above it */
        assert_list(after[order]);
    }
}

/* What a join makes enters the list anew: in front, or behind all. */
static void joined_hole_enters_anew(void **state)
{
    (void)state;
    static const char *const lists[] = {"0:4 7:13", "7:13 0:4", "0:4 7:13", "0:4 7:13"}, *const joined[] = {
                                                                                             "0:7 10:10", "0:7 10:10",
                                                                                             "10:10 0:7", "0:7 10:10"};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        begin_with(&(struct terms){.policy = "first-fit", .order = order, .units = 20});
        void *a = take(4), *b;
        take(3);
        b = take(3);
        give(a);
        give(b); /* joins the hole above it */
        assert_list(lists[order]);
        begin_with(&(struct terms){.policy = "first-fit", .order = order, .units = 20});
        a = take(4), b = take(3), take(3);
        give(a);
        give(b); /* joins the hole below it */
        assert_list(joined[order]);
    }
}

/* next-fit has declared no order: what stands in its place is not read. */
static void undeclared_option_is_not_read(void **state)
{
    (void)state;
    begin_with(&(struct terms){.policy = "next-fit", .order = FIT_ORDER_LIFO, .units = 14});
    void *a = take(3), *b;
    take(2), b = take(3), take(2);
    give(a), give(b);
    assert_list("0:3 5:3 10:4");
}

/* ---- merge ---- */

static const char *const policies[] = {"first-fit-walk", "first-fit", "next-fit", "best-fit", "worst-fit"};

static void never_means_never(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        begin_with(&(struct terms){.policy = policies[i], .merge = FIT_MERGE_NEVER, .units = 12});
        void *a = take(3), *b = take(3), *c = take(3), *d = take(3);
        give(b), give(a), give(d), give(c);
        assert_layout(".3 .3 .3 .3");
        assert_null(heap_alloc(h, PAYLOAD(4))); /* 12 A are free */
        a = take(3), b = take(3);
        assert_layout("#3 #3 .3 .3");
        assert_ptr_equal(resize(b, 5), b); /* takes 2 A of the hole above; 1 A is no hole */
        assert_layout("#3 #6 .3");
        assert_ptr_equal(resize(b, 2), b); /* the tail stays apart from the hole above it */
        assert_layout("#3 #2 .4 .3");
        assert_int_equal(h->counters.merges, 0);
    }
}

/* The end of the region is free, but not large enough: what growth adds becomes a hole of its own, and holds the request. */
static void never_holds_for_growth(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        begin_with(&(struct terms){.policy = policies[i], .merge = FIT_MERGE_NEVER});
        size_t room = HEAP_GRAIN / A - 1;
        take(2);
        void *b = take(room);
        assert_int_equal(offset_in(h, b), HEAP_GRAIN);
        assert_int_equal(h->counters.grows, 1);
        assert_int_equal(h->counters.merges, 0);
        assert_sound(h);
    }
}

static void deferred_joins_when_nothing_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        begin_with(&(struct terms){.policy = policies[i], .merge = FIT_MERGE_DEFERRED, .units = 14});
        void *a = take(3), *b = take(3), *c = take(2), *d = take(3), *e = take(3);
        give(a), give(b), give(e), give(d);
        assert_layout(".3 .3 #2 .3 .3");
        assert_int_equal(h->counters.merges, 0);
        assert_null(heap_alloc(h, PAYLOAD(7))); /* too large for the pair as well: refused, but joined */
        assert_layout(".6 #2 .6");
        assert_int_equal(h->counters.merges, 2);
        give(c);
        assert_layout(".6 .2 .6");
        take(14);
        assert_layout("#14");
        assert_int_equal(h->counters.merges, 4);
    }
}

/* Each block is looked at once in the pass, beside the holes of the two searches. */
static void pass_is_counted_in_probes(void **state)
{
    (void)state;
    begin_with(&(struct terms){.policy = "first-fit", .merge = FIT_MERGE_DEFERRED, .units = 14});
    void *a = take(3), *b = take(3), *d;
    take(2), d = take(3), take(3);
    give(a), give(b), give(d);
    take(6);
    assert_int_equal(h->counters.probes_now, 3 + 5 + 1);
    assert_null(heap_alloc(h, PAYLOAD(4)));
    assert_int_equal(h->counters.probes_now, 1 + 4); /* nothing to join: no second search */
    assert_null(heap_alloc(h, PAYLOAD(20)));
    assert_int_equal(h->counters.probes_now, 1); /* more than the region can ever hold: no pass */
}

/* The pass puts what it joins into the list anew, from the lowest up; other holes keep their places. */
static void pass_leaves_the_list_in_order(void **state)
{
    (void)state;
    static const char *const before[] = {"0:2 2:3 7:4 13:2 15:2 19:3 22:2", "22:2 7:4 19:3 2:3 13:2 0:2 15:2",
                                         "15:2 0:2 13:2 2:3 19:3 7:4 22:2", "0:2 13:2 15:2 22:2 2:3 19:3 7:4"};
    static const char *const after[] = {"0:5 7:4 13:4 19:5", "19:5 13:4 0:5 7:4", "7:4 0:5 13:4 19:5",
                                        "7:4 13:4 0:5 19:5"};
    static const size_t sizes[] = {2, 3, 2, 4, 2, 2, 2, 2, 3, 2}, freed[] = {6, 0, 5, 1, 8, 3, 9};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        void *blocks[COUNT(sizes)];
        begin_with(&(struct terms){.policy = "first-fit", .order = order, .merge = FIT_MERGE_DEFERRED, .units = 24});
        for (size_t i = 0; i < COUNT(sizes); i++)
            blocks[i] = take(sizes[i]);
        for (size_t i = 0; i < COUNT(freed); i++)
            give(blocks[freed[i]]);
        assert_list(before[order]);
        assert_null(heap_alloc(h, PAYLOAD(6)));
        assert_list(after[order]);
    }
}

/* A hole that was at the region's end before a pass is joined by growth as by default. */
static void deferred_growth_joins_the_last_hole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        begin_with(&(struct terms){.policy = policies[i], .merge = FIT_MERGE_DEFERRED});
        size_t room = HEAP_GRAIN / A - 1;
        take(2);
        void *b = take(10), *c = take(room - 12);
        give(b), give(c);
        assert_int_equal(offset_in(h, take(room)), 3 * A);
        assert_int_equal(h->committed, 2 * HEAP_GRAIN);
        assert_int_equal(h->counters.merges, 2);
        assert_sound(h);
    }
}

/* A damaged header in the pass's way, of a block in use or of a hole that touches another: no joining on, no second search
 * though what was joined would do, no growth; and the request says so. */
static void pass_trusts_no_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(policies); i++) {
        void *out, *blocks[6];
        begin_with(&(struct terms){.policy = policies[i / 2], .merge = FIT_MERGE_DEFERRED});
        for (size_t k = 0; k < COUNT(blocks); k++)
            blocks[k] = take(3);
        take(HEAP_GRAIN / A - 19);
        give(blocks[0]), give(blocks[1]), give(blocks[3]), give(blocks[4]);
        size_t *damaged = header_of(blocks[i % 2 ? 4 : 5]);
        *damaged = i % 2 ? A : (size_t)1 << 30 | BLOCK_USED; /* too small for a block; beyond the region */
        size_t grow_calls = region.grow_calls;
        enum heap_status status = heap_alloc_aligned(h, PAYLOAD(6), A, &out);
        assert_int_equal(status, HEAP_CORRUPT);
        assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
        assert_ptr_equal(h->fault.address, damaged);
        assert_int_equal(region.grow_calls, grow_calls);
    }
}

/* ---- split ---- */

static void smaller_remainders_stay_in_the_block(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        begin_with(&(struct terms){.policy = policies[i], .split = 5, .units = 30});
        void *a = take(10), *b = take(10), *c = take(10);
        give(a);
        a = take(6); /* 4 A more than asked for */
        assert_layout("#10 #10 #10");
        give(c);
        assert_ptr_equal(resize(a, 6), a);
        assert_layout("#10 #10 .10");
        assert_ptr_equal(resize(a, 5), a);
        assert_layout("#5 .5 #10 .10");
        assert_ptr_equal(resize(b, 16), b); /* the hole above has 4 A to spare */
        assert_layout("#5 .5 #20");
        assert_ptr_equal(resize(b, 15), b);
        assert_layout("#5 .5 #15 .5");
        assert_sound(h);
    }
}

/* A front gap is not a remainder: the smallest block is enough for it. */
static void front_gap_needs_the_smallest_block_only(void **state)
{
    (void)state;
    begin_with(&(struct terms){.policy = "first-fit", .split = 8, .units = 30});
    take(5); /* the next payload would be at 6 A */
    take_aligned(16, 8 * A);
    assert_layout("#5 .2 #23");
}

/* ---- the check ---- */

/* Two entries change places in the list, links and all. */
static void swap_first_two(void)
{
    struct fit_state *s = heap_state(h);
    struct block *a = s->first_hole, *b = a->next_hole, *c = b->next_hole;
    s->first_hole = b;
    b->prev_hole = NULL;
    b->next_hole = a;
    a->prev_hole = b;
    a->next_hole = c;
    c->prev_hole = a;
}

static void check_knows_the_order(void **state)
{
    (void)state;
    static const char *const lists[] = {by_address, lifo, fifo, by_size};
    for (enum fit_order order = FIT_ORDER_ADDRESS; order <= FIT_ORDER_SIZE; order++) {
        begin_with_holes("first-fit", order, lists[order]);
        swap_first_two();
        bool is_sorted = order == FIT_ORDER_ADDRESS || order == FIT_ORDER_SIZE;
        assert_int_equal(heap_check(h),
                         is_sorted ? HEAP_CORRUPT : HEAP_OK); /* who came first is written nowhere else */
        assert_int_equal(h->fault.class, is_sorted ? HEAP_FAULT_LIST : HEAP_FAULT_NONE);
    }
}

/* In every order: a hole left out, one entered that is none, a link back that leads elsewhere, a list that goes round. */
static void check_finds_a_wrong_list(void **state)
{
    (void)state;
    static const char *const lists[] = {by_address, lifo, fifo, by_size};
    for (size_t i = 0; i < 4 * 5; i++) {
        begin_with_holes("first-fit", i / 5, lists[i / 5]);
        struct fit_state *s = heap_state(h);
        struct block *second = s->first_hole->next_hole, *third = second->next_hole;
        if (i % 5 == 0) {
            s->first_hole->next_hole = third;
            third->prev_hole = s->first_hole;
        } else if (i % 5 == 1) {
            third->prev_hole = s->first_hole;
        } else if (i % 5 == 2) {
            s->last_hole->next_hole = s->first_hole;
        } else if (i % 5 == 3) {
            s->last_hole->next_hole = block_end_mark(h);
        } else {
            s->last_hole = second;
        }
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
    }
}

/* A payload that looks like a hole stands in the list in place of one. */
static void check_finds_a_forged_entry(void **state)
{
    (void)state;
    for (enum fit_order order = FIT_ORDER_LIFO; order <= FIT_ORDER_FIFO; order++) {
        begin_with(&(struct terms){.policy = "first-fit", .order = order, .units = 20});
        unsigned char *p = take(8);
        struct fit_state *s = heap_state(h);
        struct block *forged = block_of(p + 2 * A);
        assert_ptr_equal(s->first_hole, s->last_hole);
        *forged = (struct block){.header = 3 * A | BLOCK_PREV_USED};
        *block_tag(forged) = 3 * A;
        s->first_hole = s->last_hole = forged;
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
    }
}

/* Holes that touch are damage if they should have been joined, and none if not. */
static void check_allows_touching_holes_where_they_may_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(policies); i++) {
        begin_with(&(struct terms){.policy = policies[i], .merge = FIT_MERGE_NEVER, .units = 12});
        void *a = take(3), *b = take(3);
        give(a), give(b);
        assert_sound(h);
        h->options[FIT_OPTION_MERGE] = FIT_MERGE_EAGER;
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freed_block_enters_where_the_order_says),
        cmocka_unit_test(first_fit_takes_the_first_of_the_list),
        cmocka_unit_test(ties_go_by_list_order),
        cmocka_unit_test(best_fit_stops_early_by_size),
        cmocka_unit_test(remainder_keeps_the_place),
        cmocka_unit_test(front_gap_comes_before_the_rest),
        cmocka_unit_test(joined_hole_enters_anew),
        cmocka_unit_test(undeclared_option_is_not_read),
        cmocka_unit_test(never_means_never),
        cmocka_unit_test(never_holds_for_growth),
        cmocka_unit_test(deferred_joins_when_nothing_fits),
        cmocka_unit_test(pass_is_counted_in_probes),
        cmocka_unit_test(pass_leaves_the_list_in_order),
        cmocka_unit_test(deferred_growth_joins_the_last_hole),
        cmocka_unit_test(pass_trusts_no_header),
        cmocka_unit_test(smaller_remainders_stay_in_the_block),
        cmocka_unit_test(front_gap_needs_the_smallest_block_only),
        cmocka_unit_test(check_knows_the_order),
        cmocka_unit_test(check_finds_a_wrong_list),
        cmocka_unit_test(check_finds_a_forged_entry),
        cmocka_unit_test(check_allows_touching_holes_where_they_may_be),
    };
    region_begin(&region, 65536);
    int failed = cmocka_run_group_tests_name("fit_options", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
