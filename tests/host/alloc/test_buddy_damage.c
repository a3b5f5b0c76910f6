/* Binary buddy over damaged metadata: what check finds, what free, resize and alloc refuse, what growth does not build on; and that
 * nothing of it leads outside the region. */
#include "fit_heap.h"

enum { CAPACITY = 1 << 20 };

static void begin_units(size_t units)
{
    const struct region_shape shape = {.limit = units * A, .is_fixed = true, .harden = 1};
    begin("buddy", &shape);
}

/* ---- one damaged word ---- */

/* Used blocks and free ones of several sizes, two of them of one size. */
static void begin_for_damage(void *free_ones[3], unsigned char **used)
{
    begin_units(64);
    void *p[8];
    take(2), take(4);
    for (size_t i = 0; i < 4; i++)
        p[i] = take(2);
    *used = take(16);
    give(p[1]), give(p[2]);
    free_ones[0] = p[1], free_ones[1] = p[2];
    free_ones[2] = (unsigned char *)*used + 16 * A; /* the rest, of 32 */
    assert_layout("#2 #4 #2 .2 .2 #2 #16 .32");
}

/* Every bit of every header, free blocks' links and the lists themselves: none can flip unseen. */
static void every_flipped_bit_of_metadata_is_found(void **state)
{
    (void)state;
    void *free_ones[3];
    unsigned char *used;
    begin_for_damage(free_ones, &used);
    static const size_t places[] = {2, 4, 8, 10, 12, 14, 16, 32};
    unsigned char *parts[COUNT(places) + COUNT(free_ones) + 1];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(places); i++)
        parts[count++] = region.memory + places[i] * A - WORD;
    for (size_t i = 0; i < COUNT(free_ones); i++)
        parts[count++] = free_ones[i];
    parts[count++] = (unsigned char *)h->state;
    for (size_t i = 0; i < count; i++) {
        size_t words = i < COUNT(places) ? 1 : i < count - 1 ? 2 : h->ops->state_bytes / WORD;
        for (size_t bit = 0; bit < 8 * WORD * words; bit++) {
            parts[i][bit / 8] ^= (unsigned char)(1u << bit % 8);
            assert_int_equal(heap_check(h), HEAP_CORRUPT);
            parts[i][bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
    }
    assert_sound(h);
}

static void two_free_buddies_are_found(void **state)
{
    (void)state;
    begin_units(64);
    size_t *low = header_of(take(32)), *high = low + 16 * A / WORD;
    struct pair {
        void *next, *prev;
    } * links[] = {(void *)(low + 1), (void *)(high + 1)};
    void **lists = (void **)h->state;
    give(low + 1);
    assert_layout(".2 .4 .8 .16 .32");
    size_t order = 0; /* of 32 A */
    while ((size_t)1 << order < 32 * A)
        order++;
    *low = *high = 16 * A; /* a true list, but of halves */
    void *sixteen = lists[order - 1];
    *links[0] = (struct pair){.next = high};
    *links[1] = (struct pair){.next = sixteen, .prev = low};
    ((struct pair *)((size_t *)sixteen + 1))->prev = high;
    lists[order - 1] = low;
    lists[order] = NULL;
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
}

static void assert_refused_untouched(void *ptr, enum heap_status status, enum heap_fault_class class)
{
    struct heap_snapshot before = snapshot_begin(h);
    assert_int_equal(heap_free(h, ptr), status);
    assert_int_equal(h->fault.class, class);
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
}

static void smashed_header_is_not_followed(void **state)
{
    (void)state;
    void *free_ones[3], *out;
    unsigned char *used;
    begin_for_damage(free_ones, &used);
    for (size_t bit = 0; bit < 8 * WORD; bit++) {
        *header_of(used) ^= (size_t)1 << bit;
        assert_refused_untouched(used, HEAP_CORRUPT, HEAP_FAULT_HEADER);
        assert_int_equal(heap_resize(h, used, 1, &out), HEAP_CORRUPT);
        *header_of(used) ^= (size_t)1 << bit;
    }
    give(used);
    assert_sound(h);
}

/* The buddy that a block would be joined with has links that lead nowhere, or elsewhere. */
static void damaged_links_stop_a_free(void **state)
{
    (void)state;
    void *free_ones[3];
    unsigned char *used;
    begin_for_damage(free_ones, &used);
    unsigned char *below = region.memory + 8 * A; /* the used buddy of free_ones[0] */
    void **links = free_ones[0];
    void *const bad[] = {(void *)1, (void *)UINTPTR_MAX, below, region.memory, region.memory + 64 * A,
                         used,      header_of(links)};
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (size_t k = 0; k < 2; k++) {
            void *good = links[k];
            links[k] = bad[i];
            assert_refused_untouched(below, HEAP_CORRUPT, HEAP_FAULT_LIST);
            links[k] = good;
        }
    }
    give(below);
    assert_layout("#2 #4 .4 .2 #2 #16 .32");
}

/* A damaged front ends the search, and is no reason to grow. */
static void damaged_front_of_a_list_is_not_handed_out(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 16 * HEAP_GRAIN, .harden = 1};
    void *out;
    begin("buddy", &shape);
    void *p = take(2);
    take(2), give(p);
    *header_of(p) = 4 * A;
    assert_null(heap_alloc(h, 1));
    assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
    assert_int_equal(heap_alloc_aligned(h, 1, A, &out), HEAP_CORRUPT);
    assert_int_equal(h->counters.grows, 0);
    *header_of(p) = 2 * A;
    *(void **)p = p;
    assert_null(heap_alloc(h, 1));
    assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
    *(void **)p = NULL;
    assert_ptr_equal(take(2), p);
}

/* A free end with damaged links is not counted on: the promise of need() holds without it. */
static void growth_does_not_build_on_a_damaged_end(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 1 << 20, .harden = 1};
    begin("buddy", &shape);
    size_t end = HEAP_GRAIN / A;
    void **rest = (void **)(void *)(region.memory + end / 2 * A); /* a free block of half the grain */
    assert_int_equal(h->ops->need(h, PAYLOAD(end), A), HEAP_GRAIN);
    take(end / 4);
    region_commit(&region, HEAP_GRAIN / 2); /* now from half a grain to one and a half, in two blocks */
    h->committed += HEAP_GRAIN / 2;
    h->ops->extend(h, HEAP_GRAIN / 2);
    void **last = (void **)(void *)(region.memory + HEAP_GRAIN);
    assert_int_equal(h->ops->need(h, PAYLOAD(end), A), HEAP_GRAIN / 2);
    last[0] = rest + 2;
    assert_int_equal(h->ops->need(h, PAYLOAD(end), A), HEAP_GRAIN + HEAP_GRAIN / 2);
    void *p = heap_alloc(h, PAYLOAD(end));
    assert_int_equal(offset_in(h, p), 2 * HEAP_GRAIN);
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, HEAP_FAULT_LIST);
}

/* The blocks that growth makes are joined even where they come to stand in a list with a damaged front. */
static void growth_does_without_a_damaged_list(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 2 * HEAP_GRAIN, .harden = 1};
    begin("buddy", &shape);
    region_commit(&region, HEAP_GRAIN / 4); /* a quarter of a grain; with the next one it makes a half */
    h->committed += HEAP_GRAIN / 4;
    h->ops->extend(h, HEAP_GRAIN / 4);
    assert_sound(h);
    *header_of(region.memory + HEAP_GRAIN / 2) ^= 1; /* the only free half */
    void *p = heap_alloc(h, HEAP_GRAIN - WORD);
    assert_int_equal(offset_in(h, p), HEAP_GRAIN);
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
}

static void every_aligned_address_is_judged_without_a_start_table(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 64 * A, .is_fixed = true};
    begin("buddy", &shape);
    void *a = take(2), *b = take(4), *hole = take(8), *c = take(16);
    give(hole);
    assert_refused_untouched(hole, HEAP_BAD_POINTER, HEAP_FAULT_DOUBLE_FREE);
    for (size_t offset = 0; offset < h->committed; offset += A) {
        void *ptr = region.memory + offset;
        struct heap_snapshot before = snapshot_begin(h);
        bool is_live = ptr == a || ptr == b || ptr == c;
        assert_int_equal(heap_usable(h, ptr) > 0, is_live);
        assert_true(is_live || heap_free(h, ptr) != HEAP_OK);
        assert_true(snapshot_holds(&before, h));
        snapshot_end(&before);
    }
    assert_layout("#2 #4 .8 #16 .32");
}

/* ---- any damage ---- */

enum { BLOCKS = 32 };

static void *blocks[BLOCKS];

/* One operation on a heap that may be damaged: whatever is answered lies in the region. */
static void operate(uint64_t *random)
{
    void **p = &blocks[test_random(random) % BLOCKS], *out = NULL;
    size_t bytes = (size_t)(test_random(random) % ((size_t)16 << test_random(random) % 9));
    uint64_t kind = test_random(random) % 4;
    if (!*p)
        heap_alloc_aligned(h, bytes, kind == 0 ? 256 : A, p);
    else if (kind == 0 && heap_resize(h, *p, bytes + 1, &out) == HEAP_OK)
        *p = out;
    else if (heap_free(h, *p) == HEAP_OK)
        *p = NULL;
    if (*p)
        memset(*p, (int)bytes, heap_usable(h, *p));
    assert_true(!*p || is_placed(h, *p, heap_usable(h, *p), A));
}

struct places {
    size_t count, at[4096];
};

static bool note_block(void *context, const struct heap_extent *extent)
{
    struct places *p = context;
    if (extent->kind != HEAP_META && p->count < COUNT(p->at))
        p->at[p->count++] = extent->offset;
    return true;
}

/* Overwrites a header or a link of some block: with nothing, another block, another size, or one bit. */
static void damage(uint64_t *random, const struct places *blocks_there)
{
    size_t block = blocks_there->at[test_random(random) % blocks_there->count];
    size_t *word = (size_t *)(void *)(region.memory + block) + test_random(random) % 3;
    size_t other = blocks_there->at[test_random(random) % blocks_there->count];
    switch (test_random(random) % 4) {
    case 0:
        *word = 0;
        break;
    case 1:
        *word = (uintptr_t)region.memory + other;
        break;
    case 2:
        *word = ((size_t)2 * A << test_random(random) % 8) | test_random(random) % 2;
        break;
    default:
        *word ^= (size_t)1 << test_random(random) % (8 * WORD);
    }
}

static void no_damage_leads_outside_the_region(void **state)
{
    (void)state;
    size_t found = 0;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        const struct region_shape shape = {.limit = 65536, .harden = seed % 2};
        static struct places there;
        uint64_t random = seed;
        begin("buddy", &shape);
        memset(blocks, 0, sizeof blocks);
        for (size_t i = 0; i < 60; i++)
            operate(&random);
        there.count = 0;
        assert_int_equal(heap_walk(h, note_block, &there), HEAP_OK);
        for (size_t i = 0; i < 1 + seed % 3 && there.count > 0; i++)
            damage(&random, &there);
        found += heap_check(h) != HEAP_OK;
        for (size_t i = 0; i < 60; i++)
            operate(&random);
        heap_check(h); /* ends, and answers */
    }
    assert_true(found > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_bit_of_metadata_is_found),
        cmocka_unit_test(two_free_buddies_are_found),
        cmocka_unit_test(smashed_header_is_not_followed),
        cmocka_unit_test(damaged_links_stop_a_free),
        cmocka_unit_test(damaged_front_of_a_list_is_not_handed_out),
        cmocka_unit_test(growth_does_not_build_on_a_damaged_end),
        cmocka_unit_test(growth_does_without_a_damaged_list),
        cmocka_unit_test(every_aligned_address_is_judged_without_a_start_table),
        cmocka_unit_test(no_damage_leads_outside_the_region),
    };
    region_begin(&region, CAPACITY);
    int failed = cmocka_run_group_tests_name("buddy: damage", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
