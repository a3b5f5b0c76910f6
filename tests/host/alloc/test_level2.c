/* From harden 2 on no operation follows damage: each bit of a heap's own bytes is flipped in turn, in the region outside used
 * payloads and in the policy's state, and an allocation, a free and a resize are tried on each. They end, and answer well or with
 * HEAP_CORRUPT; what stays unsaid is counted. Every policy, under every choice of its options' words. */
#include "alloc_region.h"

enum { CAPACITY = 1 << 20, BLOCKS = 14, KEPT = 7, LARGE = 3000 };

static struct test_region region;
static struct heap heap, *const h = &heap;
static void *kept[KEPT];
static int fill; /* every byte of a payload: what a damaged size may take for a header */

/* ---- a heap with used blocks, holes of several sizes, and some to come ---- */

static void *take(size_t bytes)
{
    unsigned char *block = heap_alloc(h, bytes);
    assert_non_null(block);
    memset(block, fill, bytes);
    return block;
}

static void begin(const struct heap_setup *setup)
{
    static const size_t bytes[BLOCKS] = {40, 72, 40, 130, 40, 300, 24, LARGE, 24, 40, 200, LARGE, 24, 40};
    void *blocks[BLOCKS], *waiting[HEAP_QUARANTINE];
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, setup), HEAP_OK);
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = take(bytes[i]);
    for (size_t i = 0; i < HEAP_QUARANTINE && h->harden >= 3; i++)
        waiting[i] = take(24);
    for (size_t i = 1; i < BLOCKS; i += 2)
        assert_int_equal(heap_free(h, blocks[i]), HEAP_OK);
    for (size_t i = 0; i < HEAP_QUARANTINE && h->harden >= 3; i++) /* the holes are the policy's from here on */
        assert_int_equal(heap_free(h, waiting[i]), HEAP_OK);
    for (size_t i = 0; i < KEPT; i++)
        kept[i] = blocks[2 * i];
    assert_sound(h);
}

/* ---- the bytes that are the heap's own ---- */

static unsigned char own[CAPACITY]; /* by offset: whether the byte is to be damaged */

static void spare(const void *from, size_t bytes)
{
    memset(own + offset_in(h, from), 0, bytes);
}

/* Inside a block or a hole only the first and the last words matter; of a block in use its payload is spared afterwards. */
static bool mark(void *context, const struct heap_extent *extent)
{
    (void)context;
    const size_t edge = 4 * WORD;
    memset(own + extent->offset, 1, extent->size);
    if (extent->kind != HEAP_META && extent->size > 2 * edge)
        memset(own + extent->offset + edge, 0, extent->size - 2 * edge);
    return true;
}

static void find_own_bytes(void)
{
    memset(own, 0, sizeof own);
    assert_int_equal(heap_walk(h, mark, NULL), HEAP_OK);
    for (size_t i = 0; i < KEPT; i++)
        spare(kept[i], heap_usable(h, kept[i]));
}

/* ---- one flipped bit, and what comes of it ---- */

static struct tally {
    size_t flips, reported, by_check, harmless;
} tally;

static struct heap_snapshot before;

static void restore(void)
{
    size_t bytes = before.heap.committed;
    if (region.committed > bytes)
        ASAN_POISON_MEMORY_REGION(region.memory + bytes, region.committed - bytes);
    region.committed = bytes;
    *h = before.heap;
    memcpy(h->base, before.bytes, bytes);
    memcpy(h->starts, before.bytes + bytes, heap_starts_bytes(bytes));
}

static bool is_corrupt(enum heap_status status)
{
    if (status == HEAP_CORRUPT)
        assert_int_not_equal(h->fault.class, HEAP_FAULT_NONE);
    else if (status != HEAP_OK)
        fail_msg("%s: status %d, %s", h->ops->name, (int)status, heap_fault_text(h->fault.class));
    return h->fault.class != HEAP_FAULT_NONE;
}

typedef enum heap_status operation_fn(void);

static enum heap_status alloc_small(void)
{
    void *out;
    return heap_alloc_aligned(h, 40, HEAP_ALIGN, &out);
}

static enum heap_status alloc_aligned(void)
{
    void *out;
    return heap_alloc_aligned(h, 100, 256, &out);
}

static enum heap_status alloc_growing(void)
{
    void *out;
    return heap_alloc_aligned(h, 3 * LARGE, HEAP_ALIGN, &out);
}

static enum heap_status free_between(void)
{
    return heap_free(h, kept[2]);
}

static enum heap_status free_large(void)
{
    return heap_free(h, kept[5]);
}

static enum heap_status resize_up(void)
{
    void *out;
    return heap_resize(h, kept[1], 90, &out);
}

static enum heap_status resize_down(void)
{
    void *out;
    return heap_resize(h, kept[5], 10, &out);
}

static enum heap_status resize_far(void)
{
    void *out;
    return heap_resize(h, kept[3], 2 * LARGE, &out);
}

static operation_fn *const operations[] = {alloc_small, alloc_aligned, alloc_growing, free_between,
                                           free_large,  resize_up,     resize_down,   resize_far};

static void try_one(unsigned char *byte, unsigned bit, operation_fn *operate)
{
    *byte ^= (unsigned char)(1u << bit);
    tally.flips++;
    if (is_corrupt(operate()))
        tally.reported++;
    else if (heap_check(h) != HEAP_OK)
        tally.by_check++;
    else
        tally.harmless++;
    restore();
}

/* Ordinary: each bit meets one of the operations, by turns; KFIT_DEEP: all of them. */
static void try_byte(unsigned char *byte)
{
    static size_t turn;
    bool is_deep = getenv("KFIT_DEEP") != NULL;
    for (unsigned bit = 0; bit < 8; bit++, turn++) {
        for (size_t i = 0; i < (is_deep ? COUNT(operations) : 1); i++)
            try_one(byte, bit, operations[(turn + i) % COUNT(operations)]);
    }
}

typedef void byte_fn(unsigned char *byte);

/* Every byte of the heap's own, in the region and in the policy's state; `before` holds the heap as it is. */
static void for_each_own_byte(byte_fn *visit)
{
    find_own_bytes();
    before = snapshot_begin(h);
    for (size_t i = 0; i < before.heap.committed; i++) {
        if (own[i])
            visit(h->base + i);
    }
    for (size_t i = 0; i < h->ops->state_bytes; i++)
        visit((unsigned char *)h->state + i);
    snapshot_end(&before);
}

static void no_flipped_bit_is_followed(void **state)
{
    memset(&tally, 0, sizeof tally);
    static const struct {
        unsigned harden;
        int fill;
    } rounds[] = {{2, 0x00}, {2, 0x22}, {2, REGION_JUNK}, {4, 0x22}};
    for (size_t i = 0; i < COUNT(rounds); i++) {
        const struct region_shape shape = {.limit = CAPACITY, .harden = rounds[i].harden};
        fill = rounds[i].fill;
        struct heap_setup setup = region_setup(&region, policy_of(state), &shape);
        begin(&setup);
        for_each_own_byte(try_byte);
    }
    print_message("%s: %zu flips, %zu reported by the operation, %zu by a check after it, %zu of no consequence\n",
                  policy_of(state)->name, tally.flips, tally.reported, tally.by_check, tally.harmless);
}

/* What check_free finds is told before anything is done, and finding it changes nothing. */
static void tell_byte(unsigned char *byte)
{
    for (unsigned bit = 0; bit < 8; bit++) {
        *byte ^= (unsigned char)(1u << bit);
        struct heap_snapshot damaged = snapshot_begin(h);
        if (!h->ops->check_free(h)) {
            assert_true(snapshot_holds(&damaged, h));
            assert_null(heap_alloc(h, 40));
            assert_int_not_equal(h->fault.class, HEAP_FAULT_NONE);
            assert_true(snapshot_holds(&damaged, h));
            tally.reported++;
        }
        snapshot_end(&damaged);
        restore();
    }
}

static void damaged_structure_is_told_first(void **state)
{
    const struct region_shape shape = {.limit = CAPACITY, .harden = 2};
    struct heap_setup setup = region_setup(&region, policy_of(state), &shape);
    memset(&tally, 0, sizeof tally);
    begin(&setup);
    for_each_own_byte(tell_byte);
    assert_true(tally.reported > 0);
}

/* ---- a policy that asks for too little growth ---- */

static size_t need_one_unit(const struct heap *any, size_t bytes, size_t align)
{
    (void)any, (void)bytes, (void)align;
    return HEAP_ALIGN;
}

/* As if the region's end had been damaged between the checks: an answer, no assertion. */
static void growth_that_does_not_help_is_corruption(void **state)
{
    struct heap_ops liar = *policy_of(state);
    const struct region_shape shape = {.limit = CAPACITY, .harden = 2};
    void *out;
    liar.need = need_one_unit;
    struct heap_setup setup = region_setup(&region, &liar, &shape);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_int_equal(heap_alloc_aligned(h, 10 * HEAP_GRAIN, HEAP_ALIGN, &out), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
    assert_null(out);
    assert_int_equal(h->counters.refused, 0);
    assert_sound(h);
}

static bool has_free_structure(const struct heap_ops *ops)
{
    return ops->check_free != NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_flipped_bit_is_followed)};
    const struct CMUnitTest of_structures[] = {cmocka_unit_test(damaged_structure_is_told_first)};
    const struct CMUnitTest of_growth[] = {cmocka_unit_test(growth_that_does_not_help_is_corruption)};
    region_begin(&region, CAPACITY);
    int failed = run_under_policies("level 2", tests, COUNT(tests), is_any_policy);
    failed += run_under_choices(tests, COUNT(tests));
    failed += run_under_policies("level 2: told first", of_structures, COUNT(of_structures), has_free_structure);
    failed += run_under_policies("level 2: growth", of_growth, COUNT(of_growth), is_any_policy);
    region_end(&region);
    return failed;
}
