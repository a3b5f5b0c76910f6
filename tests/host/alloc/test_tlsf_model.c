/* Two-level segregated fit against a model of its rules (tlsf_model.h): every answer, every block, every count the same. And
 * the bound: whatever the heap looks like, a search reads four words at most. */
#include "tlsf_model.h"

#define A HEAP_ALIGN

enum {
    CAPACITY = 1 << 20,
    IDS = 128,
    OPS = 3000,
    PROBES_SEARCH = 4,    /* a row, the rows, a row, a head */
    PROBES_OPERATION = 6, /* a search that finds nothing has two; then growth, and one that does */
};

static struct test_region region;
static struct heap heap, *const h = &heap;
static struct tlsf_model model, *const m = &model;
static void *live[IDS];

/* ---- the two side by side ---- */

static void begin(size_t sl, const struct region_shape *shape)
{
    struct heap_setup setup = region_setup(&region, heap_policy_find("tlsf"), shape);
    setup.options[0] = sl;
    memset(h, REGION_JUNK, sizeof *h);
    memset(live, 0, sizeof live);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    tm_begin(m, h);
}

struct comparison {
    size_t next; /* block of the model */
    bool is_same;
};

static bool compare_extent(void *context, const struct heap_extent *extent)
{
    struct comparison *c = context;
    if (extent->kind == HEAP_META)
        return true;
    const struct tm_block *b = &m->blocks[c->next];
    c->is_same = c->next++ < m->count && b->start == extent->offset && b->size == extent->size &&
                 b->is_used == (extent->kind == HEAP_USED);
    return c->is_same;
}

static void assert_same_blocks(void)
{
    struct comparison c = {.is_same = true};
    assert_int_equal(heap_walk(h, compare_extent, &c), HEAP_OK);
    assert_true(c.is_same);
    assert_int_equal(c.next, m->count);
}

static void assert_same(const void *ptr, size_t offset, size_t operation)
{
    size_t placed = ptr ? offset_in(h, ptr) : TM_NONE;
    if (placed != offset)
        fail_msg("operation %zu: placed at %zd, the model says %zd", operation, placed, offset);
    assert_int_equal(h->committed, m->committed);
    assert_int_equal(h->counters.splits, m->splits);
    assert_int_equal(h->counters.merges, m->merges);
    assert_int_equal(h->counters.grows, m->grows);
    if (operation % 16 == 0) {
        assert_same_blocks();
        assert_sound(h);
    }
}

static void step(size_t id, unsigned kind, size_t bytes, size_t align, size_t operation)
{
    size_t old = live[id] ? offset_in(h, live[id]) : 0, offset;
    uint64_t grows = h->counters.grows;
    void *ptr = NULL;
    if (!live[id]) {
        heap_alloc_aligned(h, bytes, align, &ptr);
        offset = tm_alloc(m, bytes, align);
        live[id] = ptr;
    } else if (kind % 3 == 0) {
        heap_resize(h, live[id], bytes + 1, &ptr);
        offset = tm_resize(m, old, bytes + 1);
        live[id] = ptr ? ptr : live[id];
    } else {
        assert_int_equal(heap_free(h, live[id]), HEAP_OK);
        tm_free(m, old);
        live[id] = NULL;
        offset = TM_NONE;
    }
    assert_true(h->counters.probes_now <= (h->counters.grows > grows ? PROBES_OPERATION : PROBES_SEARCH));
    assert_same(ptr, offset, operation);
}

static size_t random_bytes(uint64_t *random, size_t limit)
{
    static const unsigned shifts[] = {4, 6, 6, 8, 10, 12, 16};
    size_t most = (size_t)1 << shifts[test_random(random) % COUNT(shifts)];
    size_t bytes = (size_t)(test_random(random) % most);
    return bytes < limit ? bytes : SIZE_MAX - bytes;
}

/* All is one hole again: of it the smallest size of its class is granted, and not the next above. */
static void assert_one_hole_again(size_t sl)
{
    assert_same_blocks();
    assert_true(m->count == 1 && !m->blocks[0].is_used);
    size_t units = m->blocks[0].size / A, step = 1;
    while (units / step >= (size_t)2 << sl)
        step *= 2;
    units -= units % step;
    assert_null(h->ops->alloc(h, units * A - WORD + 1, A));
    assert_non_null(h->ops->alloc(h, units * A - WORD, A));
}

static void run(size_t sl, const struct region_shape *shape, uint64_t seed)
{
    uint64_t random = seed;
    begin(sl, shape);
    for (size_t i = 0; i < OPS; i++) {
        size_t id = (size_t)(test_random(&random) % IDS), bytes = random_bytes(&random, shape->limit);
        unsigned kind = (unsigned)(test_random(&random) % 6);
        size_t align = kind == 5 ? A << test_random(&random) % 8 : A;
        step(id, kind, bytes, align, i);
    }
    for (size_t id = 0; id < IDS; id++) {
        if (live[id])
            step(id, 1, 0, A, id);
    }
    assert_one_hole_again(sl);
}

static void random_operations_place_as_the_model(void **state)
{
    (void)state;
    for (size_t sl = 2; sl <= 5; sl++) {
        for (uint64_t seed = 1; seed <= 12; seed++) {
            const struct region_shape shape = {.limit = (size_t)16384 << seed % 6,
                                               .is_fixed = seed % 3 == 0,
                                               .harden = 1,
                                               .grain = seed % 4 == 0 ? 16384 : 0};
            run(sl, &shape, 100 * sl + seed);
        }
    }
}

/* Blocks of one class only, freed and taken in random order: the order within the list decides every place. */
static void one_crowded_class_is_last_in_first_out(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = CAPACITY, .harden = 1};
    for (size_t sl = 2; sl <= 5; sl++) {
        uint64_t random = sl;
        begin(sl, &shape);
        for (size_t i = 0; i < 2 * OPS; i++) {
            bool is_pin = i < IDS && i % 2 == 1; /* used blocks between all others */
            size_t id = i < IDS ? i : (size_t)(test_random(&random) % (IDS / 2)) * 2;
            step(id, 1, is_pin ? 1 : 128 * A - WORD - (size_t)(test_random(&random) % 3) * A, A, i);
        }
    }
}

/* ---- the bound ---- */

/* Holes of every class that the region can have, and requests for every size. */
static void probes_are_bounded_in_a_heap_of_many_holes(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = CAPACITY, .is_fixed = true, .harden = 1};
    uint64_t most = 0;
    for (size_t sl = 2; sl <= 5; sl++) {
        size_t holes = 0;
        void *blocks[1024];
        begin(sl, &shape);
        for (size_t units = 2; holes < COUNT(blocks) && units < CAPACITY / A; units += 1 + units / 64) {
            blocks[holes] = heap_alloc(h, units * A - WORD);
            if (!blocks[holes] || !heap_alloc(h, 1))
                break;
            holes++;
        }
        while (holes > 0)
            assert_int_equal(heap_free(h, blocks[--holes]), HEAP_OK);
        for (size_t bytes = 0; bytes < CAPACITY; bytes += 1 + bytes / 100) {
            void *ptr = heap_alloc(h, bytes);
            assert_true(h->counters.probes_now <= PROBES_SEARCH);
            assert_int_equal(heap_free(h, ptr), HEAP_OK);
            assert_true(!ptr || h->counters.probes_now == 0);
        }
        most = h->counters.probes_max > most ? h->counters.probes_max : most;
    }
    assert_int_equal(most, PROBES_SEARCH); /* the bound is reached */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_place_as_the_model),
        cmocka_unit_test(one_crowded_class_is_last_in_first_out),
        cmocka_unit_test(probes_are_bounded_in_a_heap_of_many_holes),
    };
    region_begin(&region, CAPACITY);
    int failed = cmocka_run_group_tests_name("tlsf: the model", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
