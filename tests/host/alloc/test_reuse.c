/* reuse: its layouts and borders by name, what it wastes, and random operations held to a model of its own. */
#include "alloc_region.h"

#define A HEAP_ALIGN

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

/* ---- layouts as text, in units of A: "#2 .3 -4" is a block in use, a freed one, and the rest, rounded down ---- */

static bool draw(void *context, const struct heap_extent *extent)
{
    char *text = context;
    bool is_rest = extent->kind == HEAP_FREE && extent->offset + extent->size == h->committed;
    char sign = is_rest ? '-' : extent->kind == HEAP_USED ? '#' : '.';
    if (extent->kind != HEAP_META)
        sprintf(text + strlen(text), "%s%c%zu", *text ? " " : "", sign, extent->size / A);
    return true;
}

static void assert_layout(const char *expected)
{
    static char text[4096];
    text[0] = '\0';
    assert_int_equal(heap_walk(h, draw, text), HEAP_OK);
    assert_string_equal(text, expected);
    assert_sound(h);
}

/* A heap that cannot grow, with room for `units` A of blocks. */
static void begin_fixed(size_t units, unsigned harden)
{
    const struct region_shape shape = {.limit = (units + 1) * A, .is_fixed = true, .harden = harden};
    region_heap(&region, h, heap_policy_find("reuse"), &shape);
}

static void *take(size_t units)
{
    void *p = heap_alloc(h, units * A - WORD);
    assert_non_null(p);
    memset(p, 0xFF, units * A - WORD);
    return p;
}

static void give(void *ptr)
{
    assert_int_equal(heap_free(h, ptr), HEAP_OK);
}

static size_t *header_of(void *ptr)
{
    return (size_t *)ptr - 1;
}

/* ---- the format ---- */

static void blocks_stand_behind_one_word(void **state)
{
    (void)state;
    begin_fixed(20, 1);
    unsigned char *p = take(1), *q = take(3);
    assert_int_equal(offset_in(h, p), A);
    assert_ptr_equal(q, p + A);
    assert_int_equal(*header_of(p), A | 1);
    assert_int_equal(*header_of(q), 3 * A | 1);
    give(q);
    assert_int_equal(*header_of(q), 3 * A);
    assert_layout("#1 .3 -16");
}

static void smallest_block_is_one_a(void **state)
{
    (void)state;
    begin_fixed(20, 1);
    assert_int_equal(heap_block_size(h, 0), A);
    assert_int_equal(heap_block_size(h, A - WORD), A);
    assert_int_equal(heap_block_size(h, A - WORD + 1), 2 * A);
    assert_int_equal(heap_block_size(h, SIZE_MAX), 0);
    assert_int_equal(heap_fixed(h), A - WORD);
}

static void last_bytes_of_the_region_serve(void **state)
{
    (void)state;
    begin_fixed(20, 1);
    assert_null(heap_alloc(h, 20 * A - WORD + 1));
    take(20);
    assert_layout("#20 -0"); /* one word remains */
    assert_null(heap_alloc(h, 0));
    assert_sound(h);
}

/* ---- which block ---- */

static void first_that_is_large_enough_is_taken_whole(void **state)
{
    (void)state;
    begin_fixed(40, 1);
    void *a = take(2), *b = take(8), *c = take(4);
    give(a), give(b), give(c);
    assert_layout(".2 .8 .4 -26");
    assert_ptr_equal(take(3), b); /* not the closest */
    assert_layout(".2 #8 .4 -26");
    assert_int_equal(h->counters.granted, 8 * A);
    assert_int_equal(heap_usable(h, b), 8 * A - WORD);
    assert_ptr_equal(take(3), c);
    assert_int_equal(h->counters.splits + h->counters.merges, 0);
}

static void every_block_looked_at_is_a_probe(void **state)
{
    (void)state;
    begin_fixed(40, 1);
    void *a = take(2);
    assert_int_equal(h->counters.probes_now, 0); /* the rest is no block */
    take(2), take(2);
    assert_int_equal(h->counters.probes_now, 2);
    give(a);
    take(2);
    assert_int_equal(h->counters.probes_now, 1);
    take(3);
    assert_int_equal(h->counters.probes_now, 3);
    assert_null(heap_alloc(h, 40 * A));
    assert_int_equal(h->counters.probes_max, 4);
}

static void neighbours_are_never_merged(void **state)
{
    (void)state;
    begin_fixed(8, 1);
    void *blocks[4];
    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = take(2);
    for (size_t i = 0; i < COUNT(blocks); i++)
        give(blocks[i]);
    assert_layout(".2 .2 .2 .2 -0");
    assert_null(heap_alloc(h, 3 * A - WORD));
    for (size_t i = 0; i < COUNT(blocks); i++)
        assert_ptr_equal(take(2), blocks[i]);
}

/* A freed block at the frontier is not made larger: growth is by a whole new block. */
static void freed_last_block_does_not_help(void **state)
{
    const struct region_shape shape = {.limit = 4 * HEAP_GRAIN, .harden = 1};
    (void)state;
    region_heap(&region, h, heap_policy_find("reuse"), &shape);
    void *p = take(HEAP_GRAIN / A - 1);
    give(p);
    assert_int_equal(h->ops->need(h, HEAP_GRAIN - WORD, A), HEAP_GRAIN - WORD);
    void *q = take(HEAP_GRAIN / A);
    assert_int_equal(offset_in(h, q), HEAP_GRAIN);
    assert_int_equal(h->committed, 2 * HEAP_GRAIN);
}

/* ---- aligned requests ---- */

static void gap_of_an_aligned_block_is_found_again(void **state)
{
    void *p;
    (void)state;
    begin_fixed(40, 1);
    assert_int_equal(heap_alloc_aligned(h, 1, 8 * A, &p), HEAP_OK);
    assert_int_equal(offset_in(h, p), 8 * A);
    assert_layout(".7 #1 -32");
    assert_int_equal(h->counters.splits, 0);
    assert_int_equal(offset_in(h, take(2)), A);
    assert_layout("#7 #1 -32");
    assert_int_equal(heap_alloc_aligned(h, 1, 2 * A, &p), HEAP_OK); /* a gap of the smallest size */
    assert_int_equal(offset_in(h, p), 10 * A);
    assert_layout("#7 #1 .1 #1 -30");
}

static void freed_block_serves_aligned_if_it_stands_so(void **state)
{
    void *p;
    (void)state;
    begin_fixed(40, 1);
    void *a = take(3), *b = take(2); /* payloads at 1 A and 4 A */
    give(a), give(b);
    assert_int_equal(heap_alloc_aligned(h, 1, 4 * A, &p), HEAP_OK);
    assert_ptr_equal(p, b);
    assert_layout(".3 #2 -35");
}

/* ---- resize ---- */

static void last_block_grows_into_the_rest(void **state)
{
    void *moved;
    (void)state;
    begin_fixed(20, 1);
    void *low = take(2), *last = take(2);
    assert_int_equal(heap_resize(h, last, 18 * A - WORD, &moved), HEAP_OK);
    assert_ptr_equal(moved, last);
    assert_layout("#2 #18 -0");
    assert_int_equal(heap_resize(h, last, 18 * A - WORD + 1, &moved), HEAP_NO_MEMORY);
    assert_int_equal(heap_resize(h, low, 3 * A - WORD, &moved), HEAP_NO_MEMORY);
    assert_layout("#2 #18 -0");
}

static void shrink_keeps_the_size(void **state)
{
    void *moved;
    (void)state;
    begin_fixed(20, 1);
    void *p = take(9);
    assert_int_equal(heap_resize(h, p, 1, &moved), HEAP_OK);
    assert_ptr_equal(moved, p);
    assert_layout("#9 -11");
    assert_int_equal(heap_resize(h, p, 9 * A - WORD, &moved), HEAP_OK);
    assert_ptr_equal(moved, p);
}

static void growing_below_another_block_moves_into_a_freed_one(void **state)
{
    void *moved;
    (void)state;
    begin_fixed(20, 1);
    void *large = take(6), *p = take(2);
    take(2);
    give(large);
    assert_int_equal(heap_resize(h, p, 4 * A - WORD, &moved), HEAP_OK);
    assert_ptr_equal(moved, large);
    assert_layout("#6 .2 #2 -10");
}

/* ---- damage ---- */

static void double_free_is_seen_without_a_start_table(void **state)
{
    (void)state;
    begin_fixed(20, 0);
    void *p = take(2);
    give(p);
    assert_int_equal(heap_free(h, p), HEAP_BAD_POINTER);
    assert_int_equal(h->fault.class, HEAP_FAULT_DOUBLE_FREE);
    assert_int_equal(heap_usable(h, p), 0);
}

/* Also the freed blocks', whose number no counter knows: but for sizes that step onto junk by chance, there are none here. */
static void every_flipped_bit_of_a_header_is_found(void **state)
{
    void *blocks[6];
    (void)state;
    begin_fixed(60, 1);
    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = take(2 + i);
        memset(blocks[i], REGION_JUNK, heap_usable(h, blocks[i]));
    }
    for (size_t i = 0; i < COUNT(blocks); i += 2)
        give(blocks[i]);
    give(blocks[3]); /* 2, 3, 4 are freed neighbours */
    for (size_t i = 0; i < COUNT(blocks); i++) {
        for (size_t bit = 0; bit < 8 * WORD; bit++) {
            *header_of(blocks[i]) ^= (size_t)1 << bit;
            if (heap_check(h) != HEAP_CORRUPT)
                fail_msg("block %zu, bit %zu is not found", i, bit);
            *header_of(blocks[i]) ^= (size_t)1 << bit;
        }
    }
    assert_sound(h);
}

/* A size that swallows a freed neighbour exactly: only the number of blocks tells. */
static void swallowed_freed_block_is_found(void **state)
{
    (void)state;
    begin_fixed(20, 1);
    void *a = take(2), *b = take(4);
    take(1);
    give(a), give(b);
    *header_of(a) ^= 4 * A;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
    *header_of(a) ^= 4 * A;
    assert_sound(h);
}

static void damaged_size_is_not_followed(void **state)
{
    static const size_t sizes[] = {0, 1, A / 2, 15 * A, SIZE_MAX};
    void *out;
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        begin_fixed(20, 1);
        void *p = take(2), *q = take(2);
        *header_of(p) = sizes[i];
        struct heap_snapshot before = snapshot_begin(h);
        assert_null(heap_alloc(h, 1));
        assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
        assert_int_equal(heap_alloc_aligned(h, 1, 64, &out), HEAP_CORRUPT);
        assert_int_equal(heap_free(h, p), HEAP_CORRUPT);
        assert_int_equal(heap_resize(h, p, 100 * A, &out), HEAP_CORRUPT);
        assert_int_equal(heap_resize(h, q, 100 * A, &out), HEAP_CORRUPT);
        assert_int_equal(h->counters.refused, before.heap.counters.refused);
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
    }
}

/* ---- the model: a row of blocks with a size and a state, on numbers alone ---- */

enum { MODEL_BLOCKS = 4096, SEQUENCES = 300, LENGTH = 300, SLOTS = 32, REFUSED = -1 };

struct model {
    size_t count, limit, committed; /* bytes; the region's start counts as 0 */
    struct model_block {
        size_t payload, size; /* where its payload begins; the whole block, header included */
        bool in_use;
    } blocks[MODEL_BLOCKS];
};

static struct model model;

static size_t model_size(size_t bytes)
{
    size_t size = A;
    while (size - WORD < bytes)
        size += A;
    return size;
}

static size_t model_next_payload(void)
{
    if (model.count == 0)
        return A;
    const struct model_block *last = &model.blocks[model.count - 1];
    return last->payload + last->size;
}

/* Brings the region to `end` bytes at least: by grains, near the limit by what is left. */
static bool model_commit(size_t end)
{
    size_t target = model.committed;
    if (end > model.limit)
        return false;
    while (target < end)
        target += HEAP_GRAIN;
    model.committed = target < model.limit ? target : model.limit;
    return true;
}

static void model_append(size_t payload, size_t size, bool in_use)
{
    assert_true(model.count < MODEL_BLOCKS);
    model.blocks[model.count++] = (struct model_block){payload, size, in_use};
}

/* The number of the block handed out, or REFUSED. */
static int model_alloc(size_t bytes, size_t align)
{
    size_t size, payload = model_next_payload(), start = payload;
    if (bytes > model.limit)
        return REFUSED;
    size = model_size(bytes);
    for (size_t i = 0; i < model.count; i++) {
        struct model_block *b = &model.blocks[i];
        if (!b->in_use && b->size >= size && b->payload % align == 0) {
            b->in_use = true;
            return (int)i;
        }
    }
    while (start % align != 0)
        start += A;
    if (!model_commit(start - WORD + size))
        return REFUSED;
    if (start > payload)
        model_append(payload, start - payload, false);
    model_append(start, size, true);
    return (int)model.count - 1;
}

static int model_resize(int block, size_t bytes)
{
    struct model_block *b = &model.blocks[block];
    if (bytes <= b->size - WORD)
        return block;
    bool is_last = block == (int)model.count - 1;
    if (is_last && bytes <= model.limit && b->payload - WORD + model_size(bytes) <= model.committed) {
        b->size = model_size(bytes);
        return block;
    }
    int moved = model_alloc(bytes, A);
    if (moved != REFUSED)
        model.blocks[block].in_use = false;
    return moved;
}

struct live {
    unsigned char *ptr;
    int block; /* in the model */
};

static void assert_same(const void *ptr, int block)
{
    assert_int_equal(ptr == NULL, block == REFUSED);
    if (ptr) {
        assert_int_equal(offset_in(h, ptr), model.blocks[block].payload);
        assert_int_equal(h->ops->granted(h, ptr), model.blocks[block].size);
    }
    assert_int_equal(h->committed, model.committed);
}

static size_t random_bytes(uint64_t *random)
{
    uint64_t kind = test_random(random) % 16;
    size_t most = kind == 0 ? model.limit + 100 : kind < 5 ? 2000 : 150;
    return (size_t)(test_random(random) % most);
}

static void do_random_operation(struct live *live, uint64_t *random)
{
    size_t bytes = random_bytes(random);
    void *ptr = NULL;
    int block;
    if (!live->ptr) {
        size_t align = test_random(random) % 4 == 0 ? A << test_random(random) % 8 : A;
        heap_alloc_aligned(h, bytes, align, &ptr);
        block = model_alloc(bytes, align);
    } else if (test_random(random) % 3 == 0) {
        heap_resize(h, live->ptr, bytes + 1, &ptr);
        block = model_resize(live->block, bytes + 1);
        if (!ptr) {
            assert_same(ptr, block);
            return;
        }
    } else {
        give(live->ptr);
        model.blocks[live->block].in_use = false;
        live->ptr = NULL;
        return;
    }
    assert_same(ptr, block);
    *live = (struct live){ptr, block};
}

/* The whole row: every block of the model in the heap's walk, in order, and nothing else but the pad and the rest. */
static bool compare_extent(void *context, const struct heap_extent *extent)
{
    size_t *i = context;
    if (extent->kind == HEAP_META || *i == model.count)
        return true;
    const struct model_block *b = &model.blocks[(*i)++];
    assert_int_equal(extent->offset, b->payload - WORD);
    assert_int_equal(extent->size, b->size);
    assert_int_equal(extent->kind, b->in_use ? HEAP_USED : HEAP_FREE);
    return true;
}

static void random_operations_agree_with_the_model(void **state)
{
    uint64_t refused = 0, moved = 0, in_place = 0, grows = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEQUENCES; seed++) {
        uint64_t random = seed;
        struct live live[SLOTS] = {{NULL, 0}};
        size_t limit = 4096 + (size_t)(test_random(&random) % 4000) * A;
        const struct region_shape shape = {.limit = limit, .harden = (unsigned)(seed % 2)};
        region_heap(&region, h, heap_policy_find("reuse"), &shape);
        model = (struct model){.limit = limit, .committed = 4096};
        for (size_t i = 0; i < LENGTH; i++) {
            size_t row = 0;
            do_random_operation(&live[test_random(&random) % SLOTS], &random);
            assert_int_equal(heap_walk(h, compare_extent, &row), HEAP_OK);
            assert_int_equal(row, model.count);
            assert_sound(h);
        }
        refused += h->counters.refused;
        moved += h->counters.resized_moved;
        in_place += h->counters.resized_in_place;
        grows += h->counters.grows;
    }
    assert_true(refused > 500 && moved > 1000 && in_place > 1000 && grows > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_stand_behind_one_word),
        cmocka_unit_test(smallest_block_is_one_a),
        cmocka_unit_test(last_bytes_of_the_region_serve),
        cmocka_unit_test(first_that_is_large_enough_is_taken_whole),
        cmocka_unit_test(every_block_looked_at_is_a_probe),
        cmocka_unit_test(neighbours_are_never_merged),
        cmocka_unit_test(freed_last_block_does_not_help),
        cmocka_unit_test(gap_of_an_aligned_block_is_found_again),
        cmocka_unit_test(freed_block_serves_aligned_if_it_stands_so),
        cmocka_unit_test(last_block_grows_into_the_rest),
        cmocka_unit_test(shrink_keeps_the_size),
        cmocka_unit_test(growing_below_another_block_moves_into_a_freed_one),
        cmocka_unit_test(double_free_is_seen_without_a_start_table),
        cmocka_unit_test(every_flipped_bit_of_a_header_is_found),
        cmocka_unit_test(swallowed_freed_block_is_found),
        cmocka_unit_test(damaged_size_is_not_followed),
        cmocka_unit_test(random_operations_agree_with_the_model),
    };
    region_begin(&region, 128 << 10);
    int failed = cmocka_run_group_tests_name("reuse", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
