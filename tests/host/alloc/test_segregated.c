/* Simple segregated storage: its placements against a model, and its borders by name. */
#include "runs_model.h"

/* ---- the model's small blocks ---- */

static size_t classes[64], class_count;

static size_t first_block(void)
{
    return up(5 * WORD + WORD, A) - WORD; /* run header, block size, the first header before an aligned payload */
}

static void make_classes(size_t spacing, size_t chunk)
{
    class_count = 0;
    for (size_t low = 2 * A; low <= chunk; low *= 2) {
        size_t step = up(low / spacing, A);
        for (size_t size = low; size < 2 * low; size += step) {
            if (first_block() + 2 * size <= chunk)
                classes[class_count++] = size;
        }
    }
}

static size_t class_size(size_t bytes)
{
    for (size_t i = 0; i < class_count; i++) {
        if (bytes <= classes[i] - WORD)
            return classes[i];
    }
    return 0;
}

static void list(struct model *own, size_t size, size_t payload)
{
    assert_true(own->listed_count < MODEL_PLACES);
    own->listed[own->listed_count].size = size;
    own->listed[own->listed_count++].payload = payload;
}

static size_t place_listed(struct model *own, size_t size, size_t units)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        for (size_t i = own->listed_count; i-- > 0;) {
            size_t payload = own->listed[i].payload;
            if (own->listed[i].size != size)
                continue;
            own->listed_count--;
            for (; i < own->listed_count; i++)
                own->listed[i] = own->listed[i + 1];
            return payload;
        }
        size_t unit = model_free_unit(units), first = first_block(), count = (own->unit - first) / size;
        if (unit == SIZE_MAX)
            return 0;
        own->taken[unit] = true;
        while (count-- > 0)
            list(own, size, unit * own->unit + first + count * size + WORD);
    }
    return 0;
}

static void give_listed(struct model *own, const struct model_block *b)
{
    list(own, b->size, b->payload);
}

static void set_segregated(const size_t options[2])
{
    make_classes(options[0], options[1]);
    m->small_size = class_size;
    m->small_place = place_listed;
    m->small_give = give_listed;
    m->front = WORD;
}

static void places_are_those_of_the_model(void **state)
{
    (void)state;
    static const size_t chunks[] = {512, 1024, 1536, 4096};
    for (uint64_t seed = 1; seed <= 32; seed++) {
        const size_t options[2] = {1 + (size_t)(seed % 4), chunks[seed / 4 % 4]};
        duel("segregated", options, set_segregated, seed);
    }
}

/* ---- borders ---- */

static void begin(size_t spacing, size_t chunk, size_t limit)
{
    const size_t options[2] = {spacing, chunk};
    const struct region_shape shape = {.limit = limit, .is_fixed = true, .harden = 1};
    begin_with("segregated", options, &shape);
}

static void sizes_are_classes_under_every_option(void **state)
{
    (void)state;
    for (size_t spacing = 1; spacing <= 4; spacing++) {
        for (size_t chunk = 512; chunk <= 65536; chunk += chunk < 2048 ? 512 : 31744) {
            begin(spacing, chunk, 65536);
            make_classes(spacing, chunk);
            for (size_t bytes = 0; bytes < 33000; bytes += bytes < 3000 ? 1 : 37) {
                size_t size = class_size(bytes);
                assert_int_equal(heap_block_size(h, bytes), size ? size : up(bytes + 2 * A, chunk));
            }
        }
    }
    assert_int_equal(heap_block_size(h, SIZE_MAX), 0);
}

static void powers_of_two(void **state)
{
    (void)state;
    begin(1, 1024, 65536);
    for (size_t size = 2 * A; size <= 256; size *= 2) {
        assert_int_equal(heap_block_size(h, size - WORD), size);
        assert_true(heap_block_size(h, size - WORD + 1) >= 2 * size);
    }
}

/* A chunk of 100 bytes' blocks: all of them, then one unit more. */
static void chunk_is_used_up_before_the_next(void **state)
{
    (void)state;
    begin(4, 1024, 65536);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(offset_in(h, take(100)), i / 8 * 1024 + first_block() + WORD + i % 8 * 112);
    assert_int_equal(shape_now().used_blocks, 9);
}

static void freed_block_is_the_next_one(void **state)
{
    (void)state;
    begin(4, 1024, 65536);
    void *a = take(100), *b = take(100);
    give(a);
    give(b);
    assert_ptr_equal(take(97), b);
    assert_ptr_equal(take(104), a);
}

static void chunk_stays_with_its_class(void **state)
{
    (void)state;
    begin(4, 1024, 4096);
    void *blocks[32];
    for (size_t i = 0; i < 32; i++)
        blocks[i] = take(100);
    for (size_t i = 0; i < 32; i++)
        give(blocks[i]);
    assert_int_equal(shape_now().used, 0);
    assert_null(heap_alloc(h, 200));
    assert_null(heap_alloc(h, 24));
    assert_non_null(heap_alloc(h, 100));
}

/* Everything freed: the longest stretch without a chunk is one hole, and each class has all its blocks again. */
static void everything_freed_leaves_chunks_where_they_are(void **state)
{
    (void)state;
    begin(4, 1024, 16384);
    void *blocks[8], *low = take(3072 - 2 * A), *small = take(200), *high = take(5120 - 2 * A);
    for (size_t i = 0; i < COUNT(blocks); i++)
        blocks[i] = take(100);
    give(low);
    give(high);
    give(small);
    for (size_t i = 0; i < COUNT(blocks); i++)
        give(blocks[i]);
    assert_int_equal(offset_in(h, blocks[0]), 9 * 1024 + first_block() + WORD);
    assert_stretch_is_one_hole(6); /* units 10 to 15; 3 is a chunk, and 9 */
    void *large = take(6144 - 2 * A);
    for (size_t i = 0; i < COUNT(blocks); i++)
        assert_int_equal(offset_in(h, take(100)) / 1024, 9);
    assert_int_equal(offset_in(h, take(200)) / 1024, 3);
    give(large);
}

static void large_blocks_return_to_the_pool(void **state)
{
    (void)state;
    begin(4, 1024, 4096);
    void *p = take(4096 - 2 * A);
    assert_int_equal(offset_in(h, p), 2 * A);
    assert_null(heap_alloc(h, 1));
    give(p);
    assert_non_null(heap_alloc(h, 1));
    assert_null(heap_alloc(h, 4096 - 2 * A));
    assert_non_null(heap_alloc(h, 3072 - 2 * A));
}

static void resize_within_the_class_stays(void **state)
{
    (void)state;
    begin(4, 1024, 65536);
    void *p = take(97), *out;
    static const size_t stays[] = {112 - WORD, 97, 1};
    for (size_t i = 0; i < COUNT(stays); i++) {
        assert_int_equal(heap_resize(h, p, stays[i], &out), HEAP_OK);
        assert_ptr_equal(out, p);
    }
    assert_int_equal(heap_resize(h, p, 112 - WORD + 1, &out), HEAP_OK);
    assert_ptr_not_equal(out, p);
}

static void misuse_is_told_without_a_start_table(void **state)
{
    (void)state;
    const size_t options[2] = {4, 1024};
    const struct region_shape shape = {.limit = 16384, .is_fixed = true};
    begin_with("segregated", options, &shape);
    unsigned char *p = take(100), *large = take(2000);
    assert_bad_free(p + A, HEAP_BAD_POINTER, HEAP_FAULT_FREE_INTERIOR);
    assert_bad_free(p + 112, HEAP_BAD_POINTER, HEAP_FAULT_DOUBLE_FREE);
    assert_bad_free(large + A, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    ((size_t *)p)[-1] ^= 64;
    assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    ((size_t *)p)[-1] ^= 64;
    give(p);
    assert_bad_free(p, HEAP_BAD_POINTER, HEAP_FAULT_DOUBLE_FREE);
    give(large);
    assert_sound(h);
}

static void every_flipped_bit_of_the_structure_is_found(void **state)
{
    (void)state;
    begin(4, 1024, 16384);
    unsigned char *p = take(100), *q = take(100), *large = take(2000);
    give(q);
    unsigned char *chunk = region.memory, *free_run = large - 2 * A + 2048;
    assert_int_equal(flips_found(chunk, 2 * WORD), 16 * WORD);         /* size, below */
    assert_int_equal(flips_found(chunk + 4 * WORD, WORD), 8 * WORD);   /* size of the blocks */
    assert_int_equal(flips_found(p - WORD, WORD), 8 * WORD);           /* headers */
    assert_int_equal(flips_found(q - WORD, 2 * WORD), 16 * WORD);      /* header and link */
    assert_int_equal(flips_found(large - 2 * A, 2 * WORD), 16 * WORD); /* a large block */
    assert_int_equal(flips_found(free_run, 4 * WORD), 32 * WORD);      /* a free run */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_those_of_the_model),
        cmocka_unit_test(sizes_are_classes_under_every_option),
        cmocka_unit_test(powers_of_two),
        cmocka_unit_test(chunk_is_used_up_before_the_next),
        cmocka_unit_test(freed_block_is_the_next_one),
        cmocka_unit_test(chunk_stays_with_its_class),
        cmocka_unit_test(everything_freed_leaves_chunks_where_they_are),
        cmocka_unit_test(large_blocks_return_to_the_pool),
        cmocka_unit_test(resize_within_the_class_stays),
        cmocka_unit_test(misuse_is_told_without_a_start_table),
        cmocka_unit_test(every_flipped_bit_of_the_structure_is_found),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = cmocka_run_group_tests_name("segregated", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
