/* Harden 2 to 4 under every policy: zones to the byte, poison, quarantine, the full check; and no false alarm. */
#include "alloc_region.h"
#include "assertion.h"

#define A HEAP_ALIGN
#define FRONT (2 * A) /* of the record before a payload */

enum { LIMIT = 1 << 17, MOST = 256, BACK = 64, FRESH = 0xDB, FREED = 0xDF };

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

static void begin(void **state, unsigned harden)
{
    const struct region_shape shape = {.limit = LIMIT, .harden = harden};
    region_heap(&region, h, policy_of(state), &shape);
}

static unsigned char *filled_block(size_t bytes)
{
    unsigned char *block = heap_alloc(h, bytes);
    assert_non_null(block);
    memset(block, REGION_JUNK, bytes);
    return block;
}

/* A finding: where, about which block. */
static void assert_fault(enum heap_fault_class class, const void *address, const void *block, size_t size)
{
    assert_int_equal(h->fault.class, class);
    assert_ptr_equal(h->fault.address, address);
    assert_ptr_equal(h->fault.block, block);
    assert_int_equal(h->fault.size, size);
}

/* ---- zones ---- */

/* Writes `bytes` bytes from `at` on, no matter what stands there, and back. */
static void scribble(unsigned char *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] ^= 0x5A;
}

/* Check, resize, size query and free all see it, and nothing changes. */
static void assert_seen(unsigned char *block, enum heap_fault_class class, const void *address, size_t size)
{
    void *out;
    size_t live = h->counters.live;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_fault(class, address, block, size);
    assert_int_equal(heap_resize(h, block, 2 * MOST, &out), HEAP_CORRUPT);
    assert_fault(class, address, block, size);
    assert_null(out);
    assert_int_equal(heap_usable(h, block), 0);
    assert_fault(class, address, block, size);
    assert_int_equal(heap_free(h, block), HEAP_CORRUPT);
    assert_fault(class, address, block, size);
    assert_int_equal(h->counters.live, live);
}

static void overflow_is_counted_to_the_byte(void **state)
{
    static const size_t past[] = {1, 2, 8, 63, 64};
    begin(state, 3);
    for (size_t size = 1; size <= MOST; size++) {
        unsigned char *block = filled_block(size);
        uint64_t born = h->counters.operations;
        for (size_t i = 0; i < COUNT(past); i++) {
            scribble(block + size, past[i]);
            assert_seen(block, HEAP_FAULT_OVERFLOW, block + size, size);
            assert_int_equal(h->fault.bytes, past[i]);
            assert_int_equal(h->fault.born_at, born);
            scribble(block + size, past[i]);
        }
        scribble(block + size + 7, 1); /* one byte, and none before it */
        assert_seen(block, HEAP_FAULT_OVERFLOW, block + size, size);
        assert_int_equal(h->fault.bytes, 8);
        scribble(block + size + 7, 1);
        assert_int_equal(heap_free(h, block), HEAP_OK);
    }
    assert_sound(h);
}

static void underflow_is_seen_at_every_byte(void **state)
{
    begin(state, 3);
    for (size_t size = 1; size <= MOST; size += 5) {
        unsigned char *block = filled_block(size);
        for (size_t before = 1; before <= FRONT; before++) {
            scribble(block - before, 1);
            assert_seen(block, HEAP_FAULT_UNDERFLOW, block - 1, 0);
            scribble(block - before, 1);
        }
        scribble(block - 8, 8);
        assert_seen(block, HEAP_FAULT_UNDERFLOW, block - 1, 0);
        scribble(block - 8, 8);
        assert_int_equal(heap_free(h, block), HEAP_OK);
    }
    assert_sound(h);
}

/* Alignments above the record's size leave a pad before it, which is a zone too. */
static void alignment_is_kept_and_its_pad_is_a_zone(void **state)
{
    begin(state, 3);
    for (size_t align = 1; align <= 4096; align *= 2) {
        void *out;
        assert_int_equal(heap_alloc_aligned(h, 100, align, &out), HEAP_OK);
        unsigned char *block = out;
        assert_true(is_placed(h, block, 100, align));
        assert_int_equal(heap_usable(h, block), 100);
        for (size_t before = FRONT + 1; before <= align; before++) {
            scribble(block - before, 1);
            assert_seen(block, HEAP_FAULT_UNDERFLOW, block - before, 0);
            scribble(block - before, 1);
        }
        assert_int_equal(heap_free(h, block), HEAP_OK);
    }
    assert_sound(h);
}

static void usable_bytes_are_those_asked_for(void **state)
{
    begin(state, 3);
    unsigned char *none = heap_alloc(h, 0), *block = filled_block(100);
    void *out;
    assert_non_null(none);
    assert_int_equal(heap_usable(h, none), 1);
    assert_int_equal(heap_usable(h, block), 100);
    assert_int_equal(heap_resize(h, block, 300, &out), HEAP_OK);
    block = out;
    assert_int_equal(heap_usable(h, block), 300);
    assert_true(is_filled(block, REGION_JUNK, 100));
    assert_true(is_filled(block + 100, FRESH, 200));
    scribble(block + 300, 1);
    assert_seen(block, HEAP_FAULT_OVERFLOW, block + 300, 300);
    scribble(block + 300, 1);
    assert_int_equal(heap_resize(h, block, 7, &out), HEAP_OK);
    block = out;
    assert_int_equal(heap_usable(h, block), 7);
    assert_true(is_filled(block, REGION_JUNK, 7));
    scribble(block + 7, 1);
    assert_seen(block, HEAP_FAULT_OVERFLOW, block + 7, 7);
}

static void impossible_sizes_are_refused(void **state)
{
    begin(state, 4);
    for (size_t less = 0; less < 4 * BACK; less++) {
        void *out;
        assert_null(heap_alloc(h, SIZE_MAX - less));
        assert_int_equal(h->fault.class, HEAP_FAULT_NONE);
        assert_int_equal(heap_alloc_aligned(h, SIZE_MAX - less, HEAP_REGION_ALIGN, &out), HEAP_NO_MEMORY);
        if (less < FRONT + BACK)
            assert_int_equal(heap_block_size(h, SIZE_MAX - less), 0);
        unsigned char *block = filled_block(10);
        assert_int_equal(heap_resize(h, block, SIZE_MAX - less, &out), HEAP_NO_MEMORY);
        assert_int_equal(heap_usable(h, block), 10);
        assert_int_equal(heap_free(h, block), HEAP_OK);
    }
}

/* ---- poison and quarantine ---- */

static void fresh_and_freed_bytes_are_poisoned(void **state)
{
    begin(state, 3);
    unsigned char *block = heap_alloc(h, 1000), *zeroed = heap_calloc(h, 10, 10);
    assert_true(is_filled(block, FRESH, 1000));
    assert_true(is_filled(zeroed, 0, 100));
    assert_int_equal(heap_free(h, block), HEAP_OK);
    assert_true(is_filled(block, FREED, 1000));
}

static void write_after_free_is_seen_at_every_byte(void **state)
{
    enum { SIZE = 100 };
    begin(state, 3);
    unsigned char *block = filled_block(SIZE);
    uint64_t born = h->counters.operations;
    assert_int_equal(heap_free(h, block), HEAP_OK);
    uint64_t freed = h->counters.operations;
    for (size_t offset = 0; offset < SIZE; offset++) {
        block[offset] = 0x41;
        assert_int_equal(heap_check(h), HEAP_CORRUPT);
        assert_fault(HEAP_FAULT_LATE_WRITE, block + offset, block, SIZE);
        assert_int_equal(h->fault.bytes, offset);
        assert_int_equal(h->fault.found, 0x41);
        assert_int_equal(h->fault.born_at, born);
        assert_int_equal(h->fault.freed_at, freed);
        block[offset] = FREED;
    }
    assert_sound(h);
}

/* The block that was written to is met when its turn in the quarantine has come: that free is the one refused. */
static void late_write_is_seen_when_the_quarantine_is_full(void **state)
{
    begin(state, 3);
    unsigned char *block = filled_block(24), *others[HEAP_QUARANTINE];
    for (size_t i = 0; i < HEAP_QUARANTINE; i++)
        others[i] = filled_block(24);
    assert_int_equal(heap_free(h, block), HEAP_OK);
    block[3] = 0;
    for (size_t i = 0; i + 1 < HEAP_QUARANTINE; i++)
        assert_int_equal(heap_free(h, others[i]), HEAP_OK);
    size_t live = h->counters.live;
    assert_int_equal(heap_free(h, others[HEAP_QUARANTINE - 1]), HEAP_CORRUPT);
    assert_fault(HEAP_FAULT_LATE_WRITE, block + 3, block, 24);
    assert_int_equal(h->counters.live, live);
    block[3] = FREED;
    assert_int_equal(heap_free(h, others[HEAP_QUARANTINE - 1]), HEAP_OK);
    assert_int_equal(h->counters.live, 0);
}

/* Sixteen blocks wait, whatever happens: a second free of any of them is told as what it is, with both operations. */
static void double_free_is_told_with_its_history(void **state)
{
    begin(state, 3);
    unsigned char *blocks[HEAP_QUARANTINE];
    for (size_t i = 0; i < HEAP_QUARANTINE; i++)
        blocks[i] = filled_block(40);
    for (size_t i = 0; i < HEAP_QUARANTINE; i++)
        assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
    assert_non_null(heap_alloc(h, 40)); /* takes no waiting block's place */
    for (size_t i = 0; i < HEAP_QUARANTINE; i++) {
        assert_int_equal(heap_free(h, blocks[i]), HEAP_BAD_POINTER);
        assert_fault(HEAP_FAULT_DOUBLE_FREE, blocks[i], blocks[i], 40);
        assert_int_equal(h->fault.born_at, i + 1);
        assert_int_equal(h->fault.freed_at, HEAP_QUARANTINE + i + 1);
    }
}

/* Whether a freed block can be had again at all. */
static bool gives_back(void **state)
{
    begin(state, 1);
    void *first = heap_alloc(h, 100);
    assert_int_equal(heap_free(h, first), HEAP_OK);
    return heap_alloc(h, 100) == first;
}

/* What waits goes back before the heap grows, and before it refuses. */
static void quarantine_is_released_before_growth(void **state)
{
    enum { SIZE = 40000 };
    bool can_have_it_again = gives_back(state);
    begin(state, 3);
    void *block = heap_alloc(h, SIZE);
    size_t committed = h->committed;
    for (int i = 0; i < 50 && block; i++) {
        assert_int_equal(heap_free(h, block), HEAP_OK);
        assert_int_equal(h->quarantine.count, 1);
        block = heap_alloc(h, SIZE);
    }
    assert_int_equal(block != NULL && h->committed == committed, can_have_it_again);
    assert_sound(h);
}

static void damage_ends_the_release(void **state)
{
    begin(state, 3);
    unsigned char *block = filled_block(LIMIT / 4);
    size_t committed = h->committed;
    assert_int_equal(heap_free(h, block), HEAP_OK);
    block[0] = 0;
    assert_null(heap_alloc(h, LIMIT / 2)); /* would need growth, hence the waiting block */
    assert_fault(HEAP_FAULT_LATE_WRITE, block, block, LIMIT / 4);
    assert_int_equal(h->committed, committed);
    assert_int_equal(h->counters.refused, 0);
}

/* ---- headers, other heaps, the full check ---- */

/* Every bit of the word before the policy's payload: where there is a header, its size is in it. */
static void size_in_a_header_is_held_against_the_record(void **state)
{
    begin(state, 3);
    filled_block(100);
    unsigned char *block = filled_block(100);
    filled_block(100);
    size_t *header = (size_t *)(void *)(block - FRONT) - 1, was = h->ops->granted(h, block - FRONT);
    for (unsigned bit = 0; bit < sizeof(size_t) * 8; bit++) {
        *header ^= (size_t)1 << bit;
        bool lies = h->counters.blocks > 0 && h->ops->granted(h, block - FRONT) != was;
        if (lies && heap_check(h) == HEAP_OK)
            fail_msg("%s: bit %u of a header unnoticed", h->ops->name, bit);
        if (lies)
            assert_int_equal(heap_free(h, block), HEAP_CORRUPT);
        *header ^= (size_t)1 << bit;
    }
    assert_int_equal(heap_free(h, block), HEAP_OK);
}

static void another_heap_of_the_owner_is_named(void **state)
{
    static _Alignas(16) unsigned char memory[1 << 16];
    static uint8_t starts[1 << 14];
    static struct heap other;
    int outside;
    memset(starts, 0, sizeof starts);
    struct heap_setup setup = {.ops = policy_of(state), .harden = 1};
    region_options(&setup);
    setup.region = (struct heap_region){
        .base = memory, .committed = sizeof memory, .reserved = sizeof memory, .starts = starts, .other = h};
    assert_int_equal(heap_init(&other, &setup), HEAP_OK);
    const struct region_shape shape = {.limit = LIMIT, .harden = 1};
    struct heap_setup own = region_setup(&region, policy_of(state), &shape);
    own.region.other = &other;
    assert_int_equal(heap_init(h, &own), HEAP_OK);
    void *theirs = heap_alloc(&other, 100);
    assert_int_equal(heap_free(h, theirs), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_FREE_OTHER);
    assert_string_equal(heap_fault_text(h->fault.class), "invalid free: other heap");
    assert_int_equal(heap_free(h, &outside), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_FREE_OUTSIDE);
    assert_int_equal(heap_free(&other, theirs), HEAP_OK);
}

/* At harden 4 the next operation finds what harden 3 leaves to the block's own end; its result stands. */
static void full_check_follows_every_operation(void **state)
{
    for (unsigned harden = 3; harden <= 4; harden++) {
        begin(state, harden);
        unsigned char *block = filled_block(10), *other = filled_block(10), *third;
        scribble(block + 10, 1);
        enum heap_fault_class expected = harden == 4 ? HEAP_FAULT_OVERFLOW : HEAP_FAULT_NONE;
        third = heap_alloc(h, 10);
        assert_non_null(third);
        assert_int_equal(h->fault.class, expected);
        assert_int_equal(heap_free(h, other), HEAP_OK);
        assert_int_equal(h->fault.class, expected);
        assert_int_equal(h->counters.live, 2);
    }
}

/* ---- the policy's promise, on which the zone behind a payload stands ---- */

static const struct heap_ops *sound;

/* A bytes too few: less than was asked for where the rest is not made up for by rounding. */
static void *stingy_alloc(struct heap *own, size_t bytes, size_t align)
{
    return sound->alloc(own, bytes - A, align);
}

static bool lying_resize(struct heap *own, void *ptr, size_t bytes)
{
    return own && ptr && bytes > 0;
}

static void allocate_some(void)
{
    for (size_t bytes = 1; bytes <= 16 * A; bytes++)
        heap_alloc(h, bytes);
}

static void resize_far(void)
{
    void *out, *block = heap_alloc(h, 10);
    heap_resize(h, block, 5000, &out);
}

static void begin_guarded(const struct heap_ops *ops)
{
    const struct region_shape shape = {.limit = LIMIT, .harden = 3};
    region_heap(&region, h, ops, &shape);
}

static void less_than_was_asked_for_is_an_assertion(void **state)
{
    sound = policy_of(state);
    struct heap_ops stingy = *sound, liar = *sound;
    stingy.alloc = stingy_alloc;
    liar.resize = lying_resize;
    begin_guarded(&stingy);
    assert_true(is_assertion(allocate_some));
    begin_guarded(&liar);
    assert_true(is_assertion(resize_far));
    begin_guarded(sound);
    assert_false(is_assertion(allocate_some));
    assert_false(is_assertion(resize_far));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overflow_is_counted_to_the_byte),
        cmocka_unit_test(underflow_is_seen_at_every_byte),
        cmocka_unit_test(alignment_is_kept_and_its_pad_is_a_zone),
        cmocka_unit_test(usable_bytes_are_those_asked_for),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(fresh_and_freed_bytes_are_poisoned),
        cmocka_unit_test(write_after_free_is_seen_at_every_byte),
        cmocka_unit_test(late_write_is_seen_when_the_quarantine_is_full),
        cmocka_unit_test(double_free_is_told_with_its_history),
        cmocka_unit_test(quarantine_is_released_before_growth),
        cmocka_unit_test(damage_ends_the_release),
        cmocka_unit_test(size_in_a_header_is_held_against_the_record),
        cmocka_unit_test(another_heap_of_the_owner_is_named),
        cmocka_unit_test(full_check_follows_every_operation),
        cmocka_unit_test(less_than_was_asked_for_is_an_assertion),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = run_under_policies("guards", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
