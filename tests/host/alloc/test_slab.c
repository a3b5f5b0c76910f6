/* Slabs: their placements against a model, and their borders by name. */
#include "runs_model.h"

/* ---- the model's small blocks ---- */

static size_t grain_now, slab_now;

static bool fits(size_t object, size_t count)
{
    return up(5 * WORD + 8 + 2 * count, A) + count * object <= slab_now; /* header, counts, index, objects */
}

static size_t most_objects(size_t object)
{
    size_t count = 0;
    while (fits(object, count + 1))
        count++;
    return count;
}

static size_t cached_size(size_t bytes)
{
    size_t object = up(bytes ? bytes : 1, grain_now);
    return bytes <= slab_now && object / grain_now <= 48 && fits(object, 2) ? object : 0;
}

static size_t place_object(struct model *own, size_t size, size_t units)
{
    struct model_slab *s = NULL;
    for (size_t u = 0; u < units; u++) { /* that came to the front last */
        struct model_slab *other = &own->slabs[u];
        if (other->used > 0 && other->size == size && other->used < other->count && (!s || other->stamp > s->stamp))
            s = other;
    }
    if (!s) {
        size_t unit = model_free_unit(units);
        if (unit == SIZE_MAX)
            return 0;
        own->taken[unit] = true;
        s = &own->slabs[unit];
        *s = (struct model_slab){.unit = unit, .size = size, .count = most_objects(size), .stamp = ++own->clock};
    }
    size_t number = s->freed_count > 0 ? s->freed[--s->freed_count] : s->fresh++;
    s->used++;
    return (s->unit + 1) * own->unit - (s->count - number) * size;
}

static void give_object(struct model *own, const struct model_block *b)
{
    struct model_slab *s = &own->slabs[b->payload / own->unit];
    if (s->used == s->count)
        s->stamp = ++own->clock;
    s->freed[s->freed_count++] = s->count - ((s->unit + 1) * own->unit - b->payload) / s->size;
    if (--s->used == 0)
        own->taken[s->unit] = false;
}

static void set_slab(const size_t options[2])
{
    grain_now = options[0];
    slab_now = options[1];
    m->small_size = cached_size;
    m->small_place = place_object;
    m->small_give = give_object;
    m->front = 0;
}

static void places_are_those_of_the_model(void **state)
{
    (void)state;
    static const size_t slabs[] = {512, 1024, 1536, 4096}, grains[] = {16, 32, 48, 256};
    for (uint64_t seed = 1; seed <= 32; seed++) {
        const size_t options[2] = {grains[seed % 4], slabs[seed / 4 % 4]};
        duel("slab", options, set_slab, seed);
        assert_int_equal(model_longest_stretch(), m->committed / m->unit); /* everything freed: one hole */
    }
}

/* ---- borders ---- */

static void begin(size_t grain, size_t slab, size_t limit)
{
    const size_t options[2] = {grain, slab};
    const struct region_shape shape = {.limit = limit, .is_fixed = true, .harden = 1};
    begin_with("slab", options, &shape);
    grain_now = grain;
    slab_now = slab;
}

static void sizes_are_cached_or_whole_units(void **state)
{
    (void)state;
    static const size_t grains[] = {16, 64, 80, 1024}, slabs[] = {512, 1024, 2560, 65536};
    for (size_t i = 0; i < COUNT(grains) * COUNT(slabs); i++) {
        begin(grains[i / COUNT(slabs)], slabs[i % COUNT(slabs)], 65536);
        for (size_t bytes = 0; bytes < 52000; bytes += bytes < 3000 ? 1 : 97) {
            size_t object = cached_size(bytes);
            assert_int_equal(heap_block_size(h, bytes), object ? object : up(bytes + 2 * A, slab_now));
        }
        assert_int_equal(heap_block_size(h, SIZE_MAX), 0);
    }
}

/* Every object of a slab, at its end, without gaps; then the next slab. */
static void slab_is_filled_to_its_end(void **state)
{
    (void)state;
    for (size_t size = 16; size <= 480; size += 16) {
        begin(16, 1024, 8192);
        if (!cached_size(size))
            break;
        size_t count = most_objects(size);
        for (size_t i = 0; i <= count; i++)
            assert_int_equal(offset_in(h, take(size)), (i / count + 1) * 1024 - (count - i % count) * size);
        assert_int_equal(shape_now().used, (count + 1) * size);
    }
}

static void largest_slab_holds_thousands(void **state)
{
    (void)state;
    begin(A, 65536, 65536);
    size_t count = most_objects(A);
    assert_in_range(count, 3000, 8000);
    for (size_t i = 0; i < count; i++)
        take(A);
    assert_null(heap_alloc(h, 1));
    assert_sound(h);
}

static void empty_slab_goes_to_another_cache(void **state)
{
    (void)state;
    begin(16, 1024, 1024);
    void *a = take(100), *b = take(100);
    assert_null(heap_alloc(h, 50));
    give(a);
    assert_null(heap_alloc(h, 50));
    give(b);
    assert_int_equal(shape_now().largest_hole, 1024);
    give(take(50));
    give(take(1024 - 2 * A));
    assert_int_equal(shape_now().meta, 0);
}

static void slab_that_was_full_comes_first(void **state)
{
    (void)state;
    begin(16, 1024, 8192);
    void *low[8], *high;
    for (size_t i = 0; i < 8; i++)
        low[i] = take(112);
    high = take(112);
    give(low[3]);
    give(low[5]);
    assert_ptr_equal(take(112), low[5]);
    assert_ptr_equal(take(112), low[3]);
    assert_ptr_equal(take(112), (unsigned char *)high + 112);
    give(low[0]);
    assert_ptr_equal(take(112), low[0]);
}

static void resize_within_the_object_stays(void **state)
{
    (void)state;
    begin(16, 1024, 65536);
    void *p = take(100), *out;
    assert_int_equal(heap_resize(h, p, 112, &out), HEAP_OK);
    assert_ptr_equal(out, p);
    assert_int_equal(heap_resize(h, p, 1, &out), HEAP_OK);
    assert_ptr_equal(out, p);
    assert_int_equal(heap_resize(h, p, 113, &out), HEAP_OK);
    assert_ptr_not_equal(out, p);
}

static void large_block_grows_and_shrinks_by_units(void **state)
{
    (void)state;
    begin(16, 1024, 8192);
    void *p = take(2048 - 2 * A), *out;
    assert_int_equal(h->counters.granted, 2048);
    assert_int_equal(heap_resize(h, p, 8192 - 2 * A, &out), HEAP_OK);
    assert_ptr_equal(out, p);
    assert_int_equal(heap_resize(h, p, 8192 - 2 * A + 1, &out), HEAP_NO_MEMORY);
    assert_int_equal(heap_resize(h, p, 1024 - 2 * A + 1, &out), HEAP_OK);
    assert_int_equal(h->counters.granted, 2048);
    assert_int_equal(heap_resize(h, p, 1, &out), HEAP_OK);
    assert_ptr_equal(out, p);
    assert_int_equal(h->counters.granted, 1024);
    assert_int_equal(shape_now().largest_hole, 7168);
    assert_int_equal(h->counters.merges, 1); /* the second tail met the first */
    assert_int_equal(h->counters.splits, 3);
}

static void misuse_is_told_without_a_start_table(void **state)
{
    (void)state;
    const size_t options[2] = {16, 1024};
    const struct region_shape shape = {.limit = 16384, .is_fixed = true};
    begin_with("slab", options, &shape);
    unsigned char *p = take(100), *q = take(100), *large = take(2000);
    assert_bad_free(p + A, HEAP_BAD_POINTER, HEAP_FAULT_FREE_INTERIOR);
    assert_bad_free(q + 112, HEAP_BAD_POINTER, HEAP_FAULT_DOUBLE_FREE);
    assert_bad_free(large + A, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    give(p);
    assert_bad_free(p, HEAP_BAD_POINTER, HEAP_FAULT_DOUBLE_FREE);
    give(q); /* the slab is gone */
    assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    give(large);
    assert_sound(h);
}

static void every_flipped_bit_of_the_structure_is_found(void **state)
{
    (void)state;
    begin(16, 1024, 16384);
    unsigned char *blocks[4], *large = take(2000);
    for (size_t i = 0; i < 4; i++)
        blocks[i] = take(100);
    give(blocks[1]);
    give(blocks[2]);
    unsigned char *slab = region.memory + 2048;
    assert_int_equal(flips_found(slab, 5 * WORD + 8 + 8), 8 * (5 * WORD + 16)); /* header, counts, four of the index */
    assert_int_equal(flips_found(large - 2 * A, 2 * WORD), 16 * WORD);
    assert_int_equal(flips_found(slab + 1024, 4 * WORD), 32 * WORD); /* a free run */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_those_of_the_model),
        cmocka_unit_test(sizes_are_cached_or_whole_units),
        cmocka_unit_test(slab_is_filled_to_its_end),
        cmocka_unit_test(largest_slab_holds_thousands),
        cmocka_unit_test(empty_slab_goes_to_another_cache),
        cmocka_unit_test(slab_that_was_full_comes_first),
        cmocka_unit_test(resize_within_the_object_stays),
        cmocka_unit_test(large_block_grows_and_shrinks_by_units),
        cmocka_unit_test(misuse_is_told_without_a_start_table),
        cmocka_unit_test(every_flipped_bit_of_the_structure_is_found),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = cmocka_run_group_tests_name("slab", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
