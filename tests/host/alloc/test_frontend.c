/* The front-end and the measuring walk by themselves, behind them policies made for the purpose: what no sound policy ever
 * does to them, and exact numbers. */
#include "alloc_region.h"

#define A HEAP_ALIGN

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test */

/* ---- a policy that is nothing but a list of extents ---- */

static const struct heap_extent *extents;
static size_t extent_count;
static bool (*walk_answer)(void); /* what the walk returns at its end */

static bool yes(void)
{
    return true;
}

static bool no(void)
{
    return false;
}

static bool no_with_a_finding(void)
{
    return heap_blame(h, HEAP_FAULT_HEADER, &extents[1]);
}

static bool walk_extents(struct heap *own, heap_visit_fn *visit, void *context)
{
    (void)own;
    for (size_t i = 0; i < extent_count; i++) {
        if (!visit(context, &extents[i]))
            return true;
    }
    return walk_answer();
}

static bool check_nothing(struct heap *own)
{
    (void)own;
    return true;
}

static const struct heap_ops listed = {.name = "listed", .walk = walk_extents, .check = check_nothing};

static void begin_listed(const struct heap_extent *list, size_t count, size_t committed)
{
    static unsigned char nowhere[1];
    *h = (struct heap){.ops = &listed, .base = nowhere, .committed = committed};
    extents = list;
    extent_count = count;
    walk_answer = yes;
}

/* ---- tiling ---- */

static void assert_does_not_tile(const struct heap_extent *list, size_t count, size_t where)
{
    struct heap_shape shape;
    size_t below;
    begin_listed(list, count, 100);
    assert_int_equal(heap_walk(h, NULL, NULL), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_TILING);
    assert_int_equal(offset_in(h, h->fault.address), where);
    assert_int_equal(heap_measure(h, &shape), HEAP_CORRUPT);
    assert_int_equal(heap_free_below(h, 1, &below), HEAP_CORRUPT);
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
}

static void extents_must_tile(void **state)
{
    (void)state;
    static const struct heap_extent late[] = {{HEAP_USED, 8, 92}}, gap[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 48, 52}},
                                    overlap[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 32, 68}},
                                    empty[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 40, 0}, {HEAP_FREE, 40, 60}},
                                    early_end[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 40, 52}},
                                    late_end[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 40, 68}},
                                    wrapping[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 40, SIZE_MAX - 39}};
    assert_does_not_tile(late, COUNT(late), 0);
    assert_does_not_tile(gap, COUNT(gap), 40);
    assert_does_not_tile(overlap, COUNT(overlap), 40);
    assert_does_not_tile(empty, COUNT(empty), 40);
    assert_does_not_tile(early_end, COUNT(early_end), 92);
    assert_does_not_tile(late_end, COUNT(late_end), 40);
    assert_does_not_tile(wrapping, COUNT(wrapping), 40);
    assert_does_not_tile(NULL, 0, 0);
}

static const struct heap_extent whole[] = {{HEAP_USED, 0, 40}, {HEAP_FREE, 40, 60}};

static void walk_that_gives_up_is_corrupt(void **state)
{
    (void)state;
    begin_listed(whole, COUNT(whole), 100);
    assert_int_equal(heap_walk(h, NULL, NULL), HEAP_OK);
    assert_int_equal(h->fault.class, HEAP_FAULT_NONE);
    walk_answer = no;
    assert_int_equal(heap_walk(h, NULL, NULL), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_TILING);
}

static void first_finding_stays(void **state)
{
    (void)state;
    begin_listed(whole, COUNT(whole), 100);
    walk_answer = no_with_a_finding;
    h->counters.operations = 77;
    assert_int_equal(heap_walk(h, NULL, NULL), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
    assert_ptr_equal(h->fault.address, &whole[1]);
    assert_int_equal(h->fault.operation, 77);
}

static void empty_heap_tiles(void **state)
{
    (void)state;
    struct heap_shape shape;
    begin_listed(NULL, 0, 0);
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    assert_int_equal(shape.holes + shape.used_blocks + shape.committed, 0);
}

/* ---- shape ---- */

static const struct heap_extent mixed[] = {
    {HEAP_META, 0, 8},    {HEAP_FREE, 8, 32},  {HEAP_USED, 40, 16},       {HEAP_FREE, 56, 64},  {HEAP_USED, 120, 48},
    {HEAP_USED, 168, 24}, {HEAP_FREE, 192, 8}, {HEAP_UNTRACKED, 200, 40}, {HEAP_META, 240, 16},
};

static void shape_to_the_byte(void **state)
{
    (void)state;
    struct heap_shape s;
    begin_listed(mixed, COUNT(mixed), 256);
    assert_int_equal(heap_measure(h, &s), HEAP_OK);
    assert_int_equal(s.committed, 256);
    assert_int_equal(s.used, 88);
    assert_int_equal(s.free, 104);
    assert_int_equal(s.meta, 24);
    assert_int_equal(s.untracked, 40);
    assert_int_equal(s.used_blocks, 3);
    assert_int_equal(s.holes, 3);
    assert_int_equal(s.largest_hole, 64);
    assert_int_equal(s.hole_squares[0], 32 * 32 + 64 * 64 + 8 * 8);
    assert_int_equal(s.hole_squares[1], 0);
    assert_int_equal(s.orphans, 1);
}

static void free_below_counts_smaller_holes_only(void **state)
{
    (void)state;
    static const size_t limits[] = {8, 9, 32, 33, 64, 65, SIZE_MAX}, expected[] = {0, 8, 8, 40, 40, 104, 104};
    begin_listed(mixed, COUNT(mixed), 256);
    for (size_t i = 0; i < COUNT(limits); i++) {
        size_t below = 999;
        assert_int_equal(heap_free_below(h, limits[i], &below), HEAP_OK);
        assert_int_equal(below, expected[i]);
    }
}

/* F free, U used, M anything else, all of 8 bytes. */
static size_t orphans_of(const char *kinds)
{
    static struct heap_extent list[32];
    struct heap_shape shape;
    size_t count = strlen(kinds);
    for (size_t i = 0; i < count; i++)
        list[i] = (struct heap_extent){kinds[i] == 'F' ? HEAP_FREE : kinds[i] == 'U' ? HEAP_USED : HEAP_META, 8 * i, 8};
    begin_listed(list, count, 8 * count);
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    return shape.orphans;
}

static void orphans_have_a_hole_on_both_sides(void **state)
{
    (void)state;
    assert_int_equal(orphans_of("FUF"), 1);
    assert_int_equal(orphans_of("FUFUFUF"), 3);
    assert_int_equal(orphans_of("FUUF"), 0);
    assert_int_equal(orphans_of("UF"), 0);
    assert_int_equal(orphans_of("FU"), 0);
    assert_int_equal(orphans_of("FUUFUUUFUF"), 1);
    assert_int_equal(orphans_of("MUFUM"), 0); /* the region's ends make no neighbour */
    assert_int_equal(orphans_of("UUU"), 0);
    assert_int_equal(orphans_of("FFF"), 0);
}

static void hole_squares_are_exact_beyond_64_bits(void **state)
{
    (void)state;
    struct heap_shape s;
    if (WORD == 4) {
        static const struct heap_extent most[] = {{HEAP_FREE, 0, 0xFFFFFFF8u}};
        begin_listed(most, COUNT(most), 0xFFFFFFF8u);
        assert_int_equal(heap_measure(h, &s), HEAP_OK);
        assert_true(s.hole_squares[0] == 0xFFFFFFF000000040u && s.hole_squares[1] == 0);
        return;
    }
    const size_t size[] = {(size_t)0x100000001u, 0xC0000000u, 0xC0000000u, (size_t)0x123456789ABCDE0u};
    const uint64_t low[] = {0x200000001u, 0x9000000200000001u, 0x2000000200000001u, 0xDA83BFE86ED08401u};
    const uint64_t high[] = {1, 1, 2, 0x14B66DC33F6AEu};
    for (size_t holes = 1; holes <= COUNT(size); holes++) {
        struct heap_extent list[COUNT(size)];
        size_t next = 0;
        for (size_t i = 0; i < holes; i++) {
            list[i] = (struct heap_extent){HEAP_FREE, next, size[i]};
            next += size[i];
        }
        begin_listed(list, holes, next);
        assert_int_equal(heap_measure(h, &s), HEAP_OK);
        assert_true(s.hole_squares[0] == low[holes - 1] && s.hole_squares[1] == high[holes - 1]);
    }
}

static void check_compares_blocks_and_counters(void **state)
{
    (void)state;
    begin_listed(whole, COUNT(whole), 100);
    h->counters.granted = 40;
    h->counters.blocks = 1;
    assert_int_equal(heap_check(h), HEAP_OK);
    h->counters.blocks = 0;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_COUNT);
    h->counters.blocks = 1;
    h->counters.granted = 39;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_COUNT);
}

/* ---- init ---- */

static size_t inits;

static enum heap_status record_init(struct heap *own)
{
    inits++;
    assert_true(is_filled(own->state, 0, sizeof own->state));
    assert_true(own->committed >= own->ops->fixed);
    return HEAP_OK;
}

static const struct heap_option two_options[] = {
    {.key = "classes", .min = 1, .max = 64, .fallback = 8, .multiple = 1},
    {.key = "slab", .min = 4096, .max = 65536, .fallback = 8192, .multiple = 4096},
    {.key = NULL},
};

/* A policy that needs 5,000 bytes for itself. */
static const struct heap_ops demanding = {
    .name = "demanding", .init = record_init, .options = two_options, .state_bytes = 32, .fixed = 5000};

static enum heap_status init_demanding(size_t limit, size_t first, size_t second)
{
    const struct region_shape shape = {.limit = limit};
    struct heap_setup setup = region_setup(&region, &demanding, &shape);
    setup.options[0] = first;
    setup.options[1] = second;
    memset(h, REGION_JUNK, sizeof *h);
    inits = 0;
    return heap_init(h, &setup);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    assert_int_equal(init_demanding(65536, 8, 8192), HEAP_OK);
    assert_int_equal(h->options[0], 8);
    assert_int_equal(h->options[1], 8192);
    assert_int_equal(inits, 1);
    static const size_t bad[][2] = {{0, 8192}, {65, 8192}, {8, 0}, {8, 69632}, {8, 8193}, {8, 6000}, {SIZE_MAX, 4096}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(init_demanding(65536, bad[i][0], bad[i][1]), HEAP_BAD_ARGUMENT);
        assert_int_equal(inits, 0);
        assert_int_equal(region.grow_calls, 0);
    }
    assert_int_equal(init_demanding(65536, 1, 4096), HEAP_OK);
    assert_int_equal(init_demanding(65536, 64, 65536), HEAP_OK);
}

static void first_commit_covers_what_is_fixed(void **state)
{
    (void)state;
    assert_int_equal(init_demanding(65536, 8, 8192), HEAP_OK);
    assert_int_equal(h->committed, 8192);
    assert_int_equal(init_demanding(6000 / A * A, 8, 8192), HEAP_OK);
    assert_int_equal(h->committed, 6000 / A * A);
    assert_int_equal(init_demanding(4096, 8, 8192), HEAP_BAD_REGION);
    assert_int_equal(region.grow_calls, 0);
    assert_int_equal(h->counters.grows, 0);
}

static void more_committed_than_the_start_stays(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 65536};
    struct heap_setup setup = region_setup(&region, heap_policies[0], &shape);
    region_commit(&region, 20480);
    setup.region.committed = 20480;
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_int_equal(h->committed, 20480);
    assert_int_equal(region.grow_calls, 0);
}

/* ---- finding a policy ---- */

static void policies_are_found_by_their_whole_name(void **state)
{
    (void)state;
    char longer[64];
    snprintf(longer, sizeof longer, "%sx", heap_policies[0]->name);
    assert_ptr_equal(heap_policy_find(heap_policies[0]->name), heap_policies[0]);
    assert_null(heap_policy_find(longer));
    assert_null(heap_policy_find(""));
    assert_null(heap_policy_find("-"));
    longer[strlen(heap_policies[0]->name) - 1] = '\0';
    assert_null(heap_policy_find(longer));
}

/* ---- probes ---- */

static size_t probes_to_make;

static void *probing_alloc(struct heap *own, size_t bytes, size_t align)
{
    for (size_t i = 0; i < probes_to_make; i++)
        heap_note_probe(own);
    return heap_policy_find("bump")->alloc(own, bytes, align);
}

static void probes_are_added_up_operation_by_operation(void **state)
{
    (void)state;
    static const size_t probes[] = {3, 9, 0, 4};
    struct heap_ops probing = *heap_policy_find("bump");
    probing.alloc = probing_alloc;
    const struct region_shape shape = {.limit = 4096, .is_fixed = true};
    region_heap(&region, h, &probing, &shape);
    for (size_t i = 0; i < COUNT(probes); i++) {
        probes_to_make = probes[i];
        assert_non_null(heap_alloc(h, 1));
        assert_int_equal(h->counters.probes_now, probes[i]);
    }
    assert_int_equal(h->counters.probes, 16);
    assert_int_equal(h->counters.probes_max, 9);
    probes_to_make = 20;
    assert_null(heap_alloc(h, 5000)); /* a refused search counts too */
    assert_int_equal(h->counters.probes, 36);
    assert_int_equal(h->counters.probes_max, 20);
}

/* ---- what a policy is told ---- */

static size_t told_align;

static void *listening_alloc(struct heap *own, size_t bytes, size_t align)
{
    told_align = align;
    return heap_policy_find("bump")->alloc(own, bytes, align);
}

static void policy_is_told_alignments_from_a_up(void **state)
{
    (void)state;
    struct heap_ops listening = *heap_policy_find("bump");
    listening.alloc = listening_alloc;
    const struct region_shape shape = {.limit = 4096, .is_fixed = true};
    region_heap(&region, h, &listening, &shape);
    for (size_t align = 1; align <= HEAP_REGION_ALIGN; align *= 2) {
        void *ptr;
        heap_alloc_aligned(h, 1, align, &ptr);
        assert_int_equal(told_align, align < A ? A : align);
    }
    heap_alloc(h, 1);
    assert_int_equal(told_align, A);
}

/* ---- the moving resize ---- */

/* A policy that cannot resize in place: every resize moves, and exactly min(old usable, new) bytes go along. */
static void moving_resize_copies_exactly(void **state)
{
    (void)state;
    struct heap_ops moving = *heap_policy_find("first-fit");
    moving.resize = NULL;
    static const size_t sizes[] = {1, 15, 16, 24, 25, 99, 100, 101, 500};
    for (size_t i = 0; i < COUNT(sizes) * COUNT(sizes); i++) {
        size_t from = sizes[i / COUNT(sizes)], to = sizes[i % COUNT(sizes)];
        const struct region_shape shape = {.limit = 4096, .is_fixed = true, .harden = 1};
        region_heap(&region, h, &moving, &shape);
        unsigned char *p = heap_alloc(h, from);
        size_t usable = heap_usable(h, p), copied = usable < to ? usable : to;
        memset(p, 0x5A, usable);
        void *moved;
        assert_int_equal(heap_resize(h, p, to, &moved), HEAP_OK);
        assert_ptr_not_equal(moved, p);
        assert_true(is_filled(moved, 0x5A, copied));
        for (size_t k = copied; k < heap_usable(h, moved); k++)
            assert_int_not_equal(((unsigned char *)moved)[k], 0x5A);
        assert_int_equal(h->counters.resized_moved, 1);
        assert_int_equal(h->counters.live, 1);
        assert_sound(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extents_must_tile),
        cmocka_unit_test(walk_that_gives_up_is_corrupt),
        cmocka_unit_test(first_finding_stays),
        cmocka_unit_test(empty_heap_tiles),
        cmocka_unit_test(shape_to_the_byte),
        cmocka_unit_test(free_below_counts_smaller_holes_only),
        cmocka_unit_test(orphans_have_a_hole_on_both_sides),
        cmocka_unit_test(hole_squares_are_exact_beyond_64_bits),
        cmocka_unit_test(check_compares_blocks_and_counters),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(first_commit_covers_what_is_fixed),
        cmocka_unit_test(more_committed_than_the_start_stays),
        cmocka_unit_test(policies_are_found_by_their_whole_name),
        cmocka_unit_test(probes_are_added_up_operation_by_operation),
        cmocka_unit_test(policy_is_told_alignments_from_a_up),
        cmocka_unit_test(moving_resize_copies_exactly),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = cmocka_run_group_tests_name("front-end", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
