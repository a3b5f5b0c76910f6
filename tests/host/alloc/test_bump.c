/* The two bump heaps to the byte: where the frontier goes, what stays untracked, what a size word buys. */
#include "alloc_region.h"

#define A HEAP_ALIGN

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

static void begin(const char *policy, size_t limit, unsigned harden)
{
    const struct region_shape shape = {.limit = limit, .is_fixed = true, .harden = harden};
    const struct heap_ops *ops = heap_policy_find(policy);
    assert_non_null(ops);
    region_heap(&region, h, ops, &shape);
}

static void *take(size_t bytes)
{
    void *p = heap_alloc(h, bytes);
    assert_non_null(p);
    memset(p, 0xFF, bytes);
    return p;
}

static void *take_aligned(size_t bytes, size_t align)
{
    void *p;
    assert_int_equal(heap_alloc_aligned(h, bytes, align, &p), HEAP_OK);
    memset(p, 0xFF, bytes);
    return p;
}

/* Every extent as a letter and its bytes: "u32 .4064". */
static bool append_extent(void *context, const struct heap_extent *extent)
{
    static const char letters[] = {[HEAP_META] = 'm', [HEAP_USED] = '#', [HEAP_FREE] = '.', [HEAP_UNTRACKED] = 'u'};
    char *text = context;
    sprintf(text + strlen(text), "%s%c%zu", *text ? " " : "", letters[extent->kind], extent->size);
    return true;
}

static void assert_layout(const char *at_32, const char *at_64)
{
    char text[512] = "";
    assert_int_equal(heap_walk(h, append_extent, text), HEAP_OK);
    assert_string_equal(text, WORD == 4 ? at_32 : at_64);
    assert_sound(h);
}

static void assert_offset(const void *ptr, size_t at_32, size_t at_64)
{
    assert_int_equal(offset_in(h, ptr), WORD == 4 ? at_32 : at_64);
}

/* ---- bump ---- */

static void bump_moves_its_frontier_by_whole_a(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    assert_layout(".4096", ".4096");
    assert_offset(take(1), 0, 0);
    assert_offset(take(8), 8, 16);
    assert_offset(take(17), 16, 32);
    assert_offset(take(0), 40, 64);
    assert_offset(take(100), 48, 80);
    assert_layout("u152 .3944", "u192 .3904");
    assert_int_equal(heap_fixed(h), 0);
    assert_int_equal(heap_origin(h), 0);
    assert_int_equal(h->counters.granted, 0);
    assert_int_equal(h->counters.live, 5);
}

static void bump_leaves_the_gap_of_an_aligned_request_behind(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    take(1);
    assert_offset(take_aligned(40, 64), 64, 64);
    assert_offset(take(1), 104, 112);
    assert_layout("u112 .3984", "u128 .3968");
}

static void bump_hands_out_the_last_byte(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    take(96);
    assert_null(heap_alloc(h, 4001));
    assert_offset(take(4000), 96, 96);
    assert_null(heap_alloc(h, 0));
    assert_layout("u4096", "u4096");
}

static void bump_gives_nothing_back(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    void *p = take(64);
    assert_int_equal(heap_free(h, p), HEAP_OK);
    assert_layout("u64 .4032", "u64 .4032");
    assert_offset(take(64), 64, 64);
}

static void bump_resizes_only_its_last_block_in_place(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    void *a = take(64), *b = take(64), *moved;
    assert_int_equal(heap_resize(h, b, 200, &moved), HEAP_OK);
    assert_ptr_equal(moved, b);
    assert_layout("u264 .3832", "u272 .3824");
    assert_int_equal(heap_resize(h, b, 10, &moved), HEAP_OK);
    assert_ptr_equal(moved, b);
    assert_layout("u80 .4016", "u80 .4016");
    assert_int_equal(heap_resize(h, a, 32, &moved), HEAP_OK);
    assert_offset(moved, 80, 80);
    assert_true(is_filled(moved, 0xFF, 32));
    assert_int_equal(h->counters.resized_in_place, 2);
    assert_int_equal(h->counters.resized_moved, 1);
}

static void bump_calls_the_way_to_its_frontier_usable(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    void *a = take(64), *b = take(32);
    assert_int_equal(heap_usable(h, a), 96);
    assert_int_equal(heap_usable(h, b), 32);
}

static void bump_without_a_start_table_knows_only_its_frontier(void **state)
{
    (void)state;
    begin("bump", 4096, 0);
    unsigned char *p = take(64);
    assert_int_equal(heap_free(h, p + A), HEAP_OK);
    assert_int_equal(heap_free(h, p), HEAP_OK);
    assert_int_equal(h->counters.live, 0);
    assert_int_equal(heap_free(h, p + 64), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_FREE_INTERIOR);
    assert_int_equal(heap_usable(h, p + 64), 0);
    assert_int_equal(heap_free(h, p + 1), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_FREE_UNALIGNED);
}

static void bump_check_finds_a_frontier_that_makes_no_sense(void **state)
{
    (void)state;
    begin("bump", 4096, 1);
    take(64);
    uintptr_t *frontier = h->state;
    assert_int_equal(*frontier, 64);
    const uintptr_t wrong[] = {65, 4096 + A, UINTPTR_MAX, 8 * 4096};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        *frontier = wrong[i];
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
    }
    *frontier = 64;
    assert_sound(h);
}

/* ---- bump-sized ---- */

static void sized_puts_a_size_before_each_block(void **state)
{
    (void)state;
    begin("bump-sized", 4096, 1);
    assert_layout("m4 .4092", "m8 .4088");
    void *a = take(1), *b = take(12), *c = take(25);
    assert_offset(a, 8, 16);
    assert_offset(b, 16, 32);
    assert_offset(c, 32, 64);
    assert_int_equal(((size_t *)c)[-1], WORD == 4 ? 32 : 48);
    assert_layout("m4 #8 #16 #32 .4036", "m8 #16 #32 #48 .3992");
    assert_int_equal(heap_usable(h, c), WORD == 4 ? 28 : 40);
    assert_int_equal(h->counters.granted, WORD == 4 ? 56 : 96);
    assert_int_equal(heap_block_size(h, 0), A);
}

static void sized_reports_the_gap_of_an_aligned_request(void **state)
{
    (void)state;
    begin("bump-sized", 4096, 1);
    take(1);
    assert_offset(take_aligned(40, 64), 64, 64);
    assert_layout("m4 #8 m48 #48 .3988", "m8 #16 m32 #48 .3992");
    assert_offset(take_aligned(1, 64), 128, 128);
}

static void sized_keeps_freed_blocks_in_use(void **state)
{
    (void)state;
    begin("bump-sized", 4096, 1);
    void *p = take(24);
    assert_int_equal(heap_free(h, p), HEAP_OK);
    assert_layout("m4 #32 .4060", "m8 #32 .4056");
    assert_int_equal(h->counters.live, 0);
    assert_int_equal(h->counters.granted, 32);
}

static void sized_hands_out_the_last_byte(void **state)
{
    (void)state;
    begin("bump-sized", 4096, 1);
    assert_null(heap_alloc(h, 4096 - A - WORD + 1));
    take(4096 - A - WORD); /* a block must end one header before a multiple of A */
    assert_null(heap_alloc(h, 0));
    assert_layout("m4 #4088 .4", "m8 #4080 .8");
}

static void sized_resizes_its_last_block_and_shrinks_any(void **state)
{
    (void)state;
    begin("bump-sized", 4096, 1);
    void *a = take(56), *b = take(56), *moved;
    assert_int_equal(heap_resize(h, b, 120, &moved), HEAP_OK);
    assert_ptr_equal(moved, b);
    assert_layout("m4 #64 #128 .3900", "m8 #64 #128 .3896");
    assert_int_equal(heap_resize(h, a, 1, &moved), HEAP_OK);
    assert_ptr_equal(moved, a);
    assert_int_equal(heap_usable(h, a), 64 - WORD);
    assert_layout("m4 #64 #128 .3900", "m8 #64 #128 .3896");
    assert_int_equal(heap_resize(h, b, 1, &moved), HEAP_OK);
    assert_ptr_equal(moved, b);
    assert_layout("m4 #64 #8 .4020", "m8 #64 #16 .4008");
    assert_int_equal(heap_resize(h, a, 64, &moved), HEAP_OK);
    assert_offset(moved, 80, 96);
    assert_true(is_filled(moved, 0xFF, 56));
    assert_int_equal(h->counters.granted, WORD == 4 ? 144 : 160);
}

/* Blocks of sizes such that no flipped bit makes one end where another begins. */
static void sized_check_finds_every_flipped_bit_of_a_size(void **state)
{
    (void)state;
    static const size_t units[] = {3, 5, 9, 6};
    void *blocks[COUNT(units)];
    begin("bump-sized", 64 * A, 1);
    for (size_t i = 0; i < COUNT(units); i++) {
        blocks[i] = take(units[i] * A - WORD);
        memset(blocks[i], REGION_JUNK, units[i] * A - WORD);
    }
    for (size_t i = 0; i < COUNT(units) * 8 * WORD; i++) {
        size_t *word = (size_t *)blocks[i / (8 * WORD)] - 1, bit = (size_t)1 << i % (8 * WORD);
        *word ^= bit;
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        *word ^= bit;
    }
    assert_sound(h);
}

static void sized_check_finds_a_state_that_makes_no_sense(void **state)
{
    (void)state;
    begin("bump-sized", 64 * A, 1);
    uintptr_t *frontier = &h->state[0], *last = &h->state[1];
    *frontier += A; /* no block was handed out, and still it moved */
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    *frontier -= A;
    void *p = take(5 * A);
    take(1);
    uintptr_t right = *last;
    *last = offset_in(h, p) - WORD; /* not the block that ends at the frontier */
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    *last = right;
    assert_sound(h);
}

static void sized_free_does_not_follow_a_smashed_size(void **state)
{
    (void)state;
    const size_t wrong[] = {0, 1, A + 1, A - 1, 64 * A, SIZE_MAX, SIZE_MAX - A + 1};
    for (unsigned harden = 0; harden < 2; harden++) {
        begin("bump-sized", 64 * A, harden);
        void *p = take(40), *moved = p;
        for (size_t i = 0; i < COUNT(wrong); i++) {
            ((size_t *)p)[-1] = wrong[i];
            struct heap_snapshot before = snapshot_begin(h);
            assert_int_equal(heap_free(h, p), HEAP_CORRUPT);
            assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
            assert_int_equal(heap_usable(h, p), 0);
            assert_int_not_equal(heap_resize(h, p, 100, &moved), HEAP_OK);
            assert_true(snapshot_holds(&before, h));
            snapshot_end(&before);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bump_moves_its_frontier_by_whole_a),
        cmocka_unit_test(bump_leaves_the_gap_of_an_aligned_request_behind),
        cmocka_unit_test(bump_hands_out_the_last_byte),
        cmocka_unit_test(bump_gives_nothing_back),
        cmocka_unit_test(bump_resizes_only_its_last_block_in_place),
        cmocka_unit_test(bump_calls_the_way_to_its_frontier_usable),
        cmocka_unit_test(bump_without_a_start_table_knows_only_its_frontier),
        cmocka_unit_test(bump_check_finds_a_frontier_that_makes_no_sense),
        cmocka_unit_test(sized_puts_a_size_before_each_block),
        cmocka_unit_test(sized_reports_the_gap_of_an_aligned_request),
        cmocka_unit_test(sized_keeps_freed_blocks_in_use),
        cmocka_unit_test(sized_hands_out_the_last_byte),
        cmocka_unit_test(sized_resizes_its_last_block_and_shrinks_any),
        cmocka_unit_test(sized_check_finds_every_flipped_bit_of_a_size),
        cmocka_unit_test(sized_check_finds_a_state_that_makes_no_sense),
        cmocka_unit_test(sized_free_does_not_follow_a_smashed_size),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = cmocka_run_group_tests_name("bump", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
