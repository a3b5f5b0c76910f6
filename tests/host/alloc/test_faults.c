/* Misuse, each kind with its exact status, class and text: what the start table of harden 1 tells apart under every
 * policy, and what is left without it. What single policies find by themselves is in test_fit_damage.c and test_bump.c. */
#include "alloc_region.h"

#define A HEAP_ALIGN

enum { LIMIT = 8192, BLOCK = 200 };

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */
static unsigned char *low, *block, *high;  /* its three live blocks of BLOCK bytes */

static void begin(void **state, unsigned harden)
{
    const struct region_shape shape = {.limit = LIMIT, .harden = harden};
    region_heap(&region, h, policy_of(state), &shape);
    low = heap_alloc(h, BLOCK);
    block = heap_alloc(h, BLOCK);
    high = heap_alloc(h, BLOCK);
    assert_true(low && block && high);
    memset(low, REGION_JUNK, BLOCK);
    memset(block, REGION_JUNK, BLOCK);
    memset(high, REGION_JUNK, BLOCK);
}

static void assert_fault(enum heap_fault_class class, const char *text, const void *address, uint64_t operation)
{
    assert_int_equal(h->fault.class, class);
    assert_string_equal(heap_fault_text(h->fault.class), text);
    assert_ptr_equal(h->fault.address, address);
    assert_int_equal(h->fault.operation, operation);
}

/* A free that must be refused in that way and change nothing. */
static void assert_bad_free(void *ptr, enum heap_fault_class class, const char *text)
{
    struct heap_snapshot before = snapshot_begin(h);
    assert_int_equal(heap_free(h, ptr), HEAP_BAD_POINTER);
    assert_fault(class, text, ptr, before.heap.counters.operations + 1);
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
    assert_sound(h);
}

/* A resize and a size query that must be refused and change nothing. */
static void assert_bad_resize(void *ptr)
{
    struct heap_snapshot before = snapshot_begin(h);
    static const size_t sizes[] = {1, BLOCK, 2 * BLOCK, SIZE_MAX};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        void *moved = h;
        assert_int_equal(heap_resize(h, ptr, sizes[i], &moved), HEAP_BAD_POINTER);
        assert_null(moved);
        assert_fault(HEAP_FAULT_BAD_RESIZE, "invalid realloc", ptr, before.heap.counters.operations + i + 1);
    }
    assert_int_equal(heap_usable(h, ptr), 0);
    assert_fault(HEAP_FAULT_BAD_RESIZE, "invalid realloc", ptr, before.heap.counters.operations + COUNT(sizes));
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
    assert_sound(h);
}

/* ---- harden 1: free ---- */

static void double_free_at_once(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    assert_bad_free(block, HEAP_FAULT_DOUBLE_FREE, "double free");
    assert_bad_free(block, HEAP_FAULT_DOUBLE_FREE, "double free");
}

static void double_free_after_merges(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    assert_int_equal(heap_free(h, low), HEAP_OK);
    assert_int_equal(heap_free(h, high), HEAP_OK);
    assert_bad_free(block, HEAP_FAULT_DOUBLE_FREE, "double free");
    assert_bad_free(low, HEAP_FAULT_DOUBLE_FREE, "double free");
    assert_bad_free(high, HEAP_FAULT_DOUBLE_FREE, "double free");
}

/* A larger block has taken the bytes over and its owner wrote to them. */
static void double_free_inside_a_newer_block(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, low), HEAP_OK);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    unsigned char *large = heap_alloc(h, 2 * BLOCK);
    assert_non_null(large);
    memset(large, 0xFF, 2 * BLOCK);
    assert_bad_free(block, HEAP_FAULT_DOUBLE_FREE, "double free");
    assert_true(is_filled(large, 0xFF, 2 * BLOCK));
}

static void place_given_out_again_may_be_freed_again(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    void *again = heap_alloc(h, BLOCK);
    assert_non_null(again);
    assert_int_equal(heap_free(h, again), HEAP_OK);
    assert_bad_free(again, HEAP_FAULT_DOUBLE_FREE, "double free");
}

static void interior_free(void **state)
{
    begin(state, 1);
    for (size_t offset = A; offset < BLOCK; offset += A)
        assert_bad_free(block + offset, HEAP_FAULT_FREE_INTERIOR, "invalid free: interior");
}

static void unaligned_free(void **state)
{
    begin(state, 1);
    for (size_t offset = 1; offset < 2 * A; offset++) {
        if (offset % A != 0)
            assert_bad_free(block + offset, HEAP_FAULT_FREE_UNALIGNED, "invalid free: unaligned");
    }
}

static void free_outside_the_heap(void **state)
{
    begin(state, 1);
    int on_stack = 0;
    static int is_static;
    void *outside[] = {&on_stack,
                       &is_static,
                       h,
                       region.memory - 1,
                       region.memory - A,
                       region.memory + h->committed,
                       region.memory + h->committed + A,
                       region.memory + LIMIT,
                       (void *)1,
                       (void *)A,
                       (void *)UINTPTR_MAX,
                       (void *)(UINTPTR_MAX & ~(uintptr_t)(A - 1))};
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_bad_free(outside[i], HEAP_FAULT_FREE_OUTSIDE, "invalid free: not in heap");
}

static void free_of_another_heaps_block(void **state)
{
    static _Alignas(16) unsigned char memory[4096];
    static uint8_t starts[4096];
    begin(state, 1);
    struct heap other;
    memset(starts, 0, sizeof starts);
    struct heap_setup setup = {.ops = policy_of(state), .harden = 1};
    region_options(&setup);
    setup.region =
        (struct heap_region){.base = memory, .committed = sizeof memory, .reserved = sizeof memory, .starts = starts};
    assert_int_equal(heap_init(&other, &setup), HEAP_OK);
    void *theirs = heap_alloc(&other, BLOCK);
    assert_bad_free(theirs, HEAP_FAULT_FREE_OUTSIDE, "invalid free: not in heap");
    assert_int_equal(heap_free(&other, theirs), HEAP_OK);
}

/* Payload bytes that look like blocks of every size convince nobody. */
static void forged_headers_are_not_believed(void **state)
{
    begin(state, 1);
    size_t *words = (size_t *)block;
    for (size_t size = A; size <= BLOCK; size += A) {
        for (size_t flags = 0; flags < 4; flags++) {
            for (size_t i = 0; i < BLOCK / WORD; i++)
                words[i] = size | flags;
            for (size_t offset = A; offset < BLOCK; offset += A)
                assert_bad_free(block + offset, HEAP_FAULT_FREE_INTERIOR, "invalid free: interior");
        }
    }
}

/* Every address in the region: three are right, and of them only those are. */
static void only_starts_of_live_blocks_are_accepted(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    for (size_t offset = 0; offset < h->committed; offset++) {
        unsigned char *ptr = region.memory + offset;
        if (ptr == low || ptr == high) {
            assert_true(heap_usable(h, ptr) >= BLOCK);
            assert_int_equal(h->fault.class, HEAP_FAULT_NONE);
            continue;
        }
        assert_int_equal(heap_usable(h, ptr), 0);
        assert_int_equal(heap_free(h, ptr), HEAP_BAD_POINTER);
        assert_int_equal(h->fault.class, ptr == block      ? HEAP_FAULT_DOUBLE_FREE
                                         : offset % A != 0 ? HEAP_FAULT_FREE_UNALIGNED
                                                           : HEAP_FAULT_FREE_INTERIOR);
    }
    assert_int_equal(h->counters.live, 2);
    assert_sound(h);
}

/* ---- harden 1: resize and size query ---- */

static void resize_of_a_freed_block(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    assert_bad_resize(block);
}

static void resize_of_a_place_left_by_a_resize(void **state)
{
    begin(state, 1);
    void *moved;
    assert_int_equal(heap_resize(h, low, 3 * BLOCK, &moved), HEAP_OK);
    assert_ptr_not_equal(moved, low);
    assert_bad_resize(low);
    assert_bad_free(low, HEAP_FAULT_DOUBLE_FREE, "double free");
}

static void resize_of_a_foreign_pointer(void **state)
{
    begin(state, 1);
    int on_stack = 0;
    assert_bad_resize(block + A);
    assert_bad_resize(block + 1);
    assert_bad_resize(&on_stack);
    assert_bad_resize(region.memory + h->committed);
    assert_bad_resize((void *)UINTPTR_MAX);
}

static void size_query_of_null_is_zero(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_usable(h, NULL), 0);
}

/* ---- the record of a fault ---- */

static void fault_is_of_the_last_call_only(void **state)
{
    begin(state, 1);
    assert_int_equal(heap_free(h, block + A), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_FREE_INTERIOR);
    assert_int_equal(h->fault.operation, 4);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    assert_int_equal(h->fault.class, HEAP_FAULT_NONE);
}

static void every_class_has_its_text(void **state)
{
    (void)state;
    static const char *const texts[HEAP_FAULT_CLASSES] = {
        "ok",
        "double free",
        "invalid free: interior",
        "invalid free: unaligned",
        "invalid free: not in heap",
        "invalid free: other heap",
        "invalid realloc",
        "corrupted block header",
        "corrupted free list",
        "blocks do not tile the region",
        "blocks contradict the counters",
        "buffer overflow",
        "buffer underflow",
        "write after free",
    };
    for (size_t i = 0; i < HEAP_FAULT_CLASSES; i++)
        assert_string_equal(heap_fault_text((enum heap_fault_class)i), texts[i]);
    assert_string_equal(heap_fault_text(HEAP_FAULT_CLASSES), "unknown fault");
}

/* ---- harden 0 ---- */

static void outside_and_unaligned_are_seen_without_a_start_table(void **state)
{
    begin(state, 0);
    int on_stack = 0;
    assert_bad_free(&on_stack, HEAP_FAULT_FREE_OUTSIDE, "invalid free: not in heap");
    assert_bad_free(region.memory + h->committed, HEAP_FAULT_FREE_OUTSIDE, "invalid free: not in heap");
    assert_bad_free(region.memory - A, HEAP_FAULT_FREE_OUTSIDE, "invalid free: not in heap");
    assert_bad_free(block + 1, HEAP_FAULT_FREE_UNALIGNED, "invalid free: unaligned");
    assert_bad_resize(block + 1);
    assert_bad_resize(&on_stack);
}

/* Any address of the region, over junk: accepted or refused, but then nothing has changed, and nothing outside the region
 * was looked at (the sanitizer stands guard there). */
static void any_pointer_is_survived_without_a_start_table(void **state)
{
    begin(state, 0);
    for (size_t offset = 0; offset < h->committed; offset += A) {
        struct heap_snapshot before = snapshot_begin(h);
        heap_usable(h, region.memory + offset);
        if (heap_free(h, region.memory + offset) != HEAP_OK)
            assert_true(snapshot_holds(&before, h));
        else
            begin(state, 0);
        snapshot_end(&before);
    }
    assert_sound(h);
}

/* ---- damage ---- */

/* Flips each bit of the region in turn. The check must end and answer, and once the bit is right again, so is the heap. */
static void check_survives_any_flipped_bit(void **state)
{
    const size_t fixed = policy_of(state)->fixed / A * A; /* 64 A for blocks, and what the policy keeps for itself */
    const struct region_shape shape = {.limit = 64 * A + fixed, .is_fixed = true, .harden = 1};
    region_heap(&region, h, policy_of(state), &shape);
    void *blocks[6];
    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = heap_alloc(h, 30 + 10 * i);
    for (size_t i = 0; i < COUNT(blocks); i += 2)
        assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
    size_t found = 0;
    for (size_t i = 0; i < 8 * h->committed; i++) {
        unsigned char bit = (unsigned char)(1u << i % 8);
        region.memory[i / 8] ^= bit;
        enum heap_status status = heap_check(h);
        assert_true(status == HEAP_OK || status == HEAP_CORRUPT);
        assert_int_equal(status == HEAP_OK, h->fault.class == HEAP_FAULT_NONE);
        found += status == HEAP_CORRUPT;
        region.memory[i / 8] ^= bit;
    }
    assert_sound(h);
    struct heap_shape measured;
    assert_int_equal(heap_measure(h, &measured), HEAP_OK);
    assert_true(found > 0 || measured.used == 0); /* only a policy without records has nothing to lose */
}

/* Structure drowned in any byte: still an answer. */
static void check_survives_a_region_overwritten(void **state)
{
    for (int byte = 0; byte < 256; byte++) {
        begin(state, 1);
        memset(region.memory, byte, h->committed);
        enum heap_status status = heap_check(h);
        assert_true(status == HEAP_OK || status == HEAP_CORRUPT);
        struct heap_shape shape;
        heap_measure(h, &shape);
    }
}

static void check_finds_wrong_counters(void **state)
{
    begin(state, 1);
    h->counters.granted += A;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_string_equal(heap_fault_text(h->fault.class), "blocks contradict the counters");
    h->counters.granted -= A;
    assert_sound(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_free_at_once),
        cmocka_unit_test(double_free_after_merges),
        cmocka_unit_test(double_free_inside_a_newer_block),
        cmocka_unit_test(place_given_out_again_may_be_freed_again),
        cmocka_unit_test(interior_free),
        cmocka_unit_test(unaligned_free),
        cmocka_unit_test(free_outside_the_heap),
        cmocka_unit_test(free_of_another_heaps_block),
        cmocka_unit_test(forged_headers_are_not_believed),
        cmocka_unit_test(only_starts_of_live_blocks_are_accepted),
        cmocka_unit_test(resize_of_a_freed_block),
        cmocka_unit_test(resize_of_a_place_left_by_a_resize),
        cmocka_unit_test(resize_of_a_foreign_pointer),
        cmocka_unit_test(size_query_of_null_is_zero),
        cmocka_unit_test(fault_is_of_the_last_call_only),
        cmocka_unit_test(every_class_has_its_text),
        cmocka_unit_test(outside_and_unaligned_are_seen_without_a_start_table),
        cmocka_unit_test(any_pointer_is_survived_without_a_start_table),
        cmocka_unit_test(check_survives_any_flipped_bit),
        cmocka_unit_test(check_survives_a_region_overwritten),
        cmocka_unit_test(check_finds_wrong_counters),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = run_under_policies("faults", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
