/* Binary buddy against a model of its rules (buddy_model.h): every answer, every block, every count the same, wherever the region
 * begins and whatever its size. */
#include "buddy_model.h"

#define A HEAP_ALIGN

enum { CAPACITY = 1 << 20, IDS = 128, OPS = 3000 };

static struct test_region region;
static struct heap heap, *const h = &heap;
static struct buddy_model model, *const m = &model;
static void *live[IDS];

/* One heap: its smallest block, and for regions that do not grow how far above a multiple of 2 MiB they begin. */
struct setting {
    size_t smallest, shift;
    struct region_shape shape;
};

static void begin(const struct setting *s)
{
    struct heap_setup setup = region_setup(&region, heap_policy_find("buddy"), &s->shape);
    setup.options[0] = s->smallest;
    if (s->shape.is_fixed) {
        setup.region.base = region.memory + s->shift;
        setup.region.committed = setup.region.reserved = s->shape.limit - s->shift;
    }
    memset(h, REGION_JUNK, sizeof *h);
    memset(live, 0, sizeof live);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    bm_begin(m, h, s->smallest);
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
    const struct bm_block *b = &m->blocks[c->next];
    c->is_same = c->next++ < m->count && b->place - m->base == extent->offset + WORD && b->size == extent->size &&
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
    size_t placed = ptr ? offset_in(h, ptr) : BM_NONE;
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
    size_t old = live[id] ? offset_in(h, live[id]) : 0, offset = BM_NONE;
    void *ptr = NULL;
    if (!live[id]) {
        heap_alloc_aligned(h, bytes, align, &ptr);
        offset = bm_alloc(m, bytes, align);
        assert_int_equal((uintptr_t)ptr % align, 0);
        live[id] = ptr;
    } else if (kind % 3 == 0) {
        heap_resize(h, live[id], bytes + 1, &ptr);
        offset = bm_resize(m, old, (uint64_t)bytes + 1);
        live[id] = ptr ? ptr : live[id];
    } else {
        assert_int_equal(heap_free(h, live[id]), HEAP_OK);
        bm_free(m, old);
        live[id] = NULL;
    }
    if (ptr)
        memset(ptr, 0xFF, heap_usable(h, ptr));
    assert_same(ptr, offset, operation);
}

static size_t random_bytes(uint64_t *random, size_t limit)
{
    static const unsigned shifts[] = {4, 5, 6, 7, 8, 10, 12, 15};
    size_t most = (size_t)1 << shifts[test_random(random) % COUNT(shifts)];
    size_t bytes = (size_t)(test_random(random) % most);
    if (test_random(random) % 4 == 0)
        bytes = most - WORD + bytes % 3 - 1; /* about a power of two */
    return bytes < limit ? bytes : SIZE_MAX - bytes;
}

static void run(const struct setting *s, uint64_t seed)
{
    uint64_t random = seed;
    begin(s);
    size_t free_blocks = m->count;
    for (size_t i = 0; i < OPS; i++) {
        size_t id = (size_t)(test_random(&random) % IDS), bytes = random_bytes(&random, s->shape.limit);
        unsigned kind = (unsigned)(test_random(&random) % 6);
        size_t align = kind == 5 ? A << test_random(&random) % 10 : A;
        step(id, kind, bytes, align, i);
    }
    for (size_t id = 0; id < IDS; id++) {
        if (live[id])
            step(id, 1, 0, A, id);
    }
    assert_same_blocks();
    if (s->shape.is_fixed)
        assert_int_equal(m->count, free_blocks); /* all is joined again */
}

static void random_operations_place_as_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        const struct setting s = {.smallest = 2 * A << seed % 5,
                                  .shape = {.limit = ((size_t)16384 << seed % 6) + (size_t)(seed % 7) * A,
                                            .harden = 1,
                                            .grain = (size_t)(seed % 4) * 4096}};
        run(&s, seed);
    }
}

static void random_operations_in_regions_that_begin_anywhere(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        uint64_t random = 1000 + seed;
        const struct setting s = {.smallest = 2 * A << seed % 4,
                                  .shift = (size_t)(test_random(&random) % 5000) * A,
                                  .shape = {.limit = 100000 / A * A + (size_t)(test_random(&random) % 20000) * A,
                                            .is_fixed = true,
                                            .harden = 1}};
        run(&s, seed);
    }
}

/* Blocks of two sizes, freed and taken in random order: the order within the lists decides every place. */
static void equal_blocks_are_last_in_first_out(void **state)
{
    (void)state;
    const struct setting s = {.smallest = 2 * A, .shape = {.limit = CAPACITY, .harden = 1}};
    uint64_t random = 5;
    begin(&s);
    for (size_t i = 0; i < 4 * OPS; i++)
        step((size_t)(test_random(&random) % IDS), 1, test_random(&random) % 8 ? 4 * A - WORD : 8 * A - WORD, A, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_place_as_the_model),
        cmocka_unit_test(random_operations_in_regions_that_begin_anywhere),
        cmocka_unit_test(equal_blocks_are_last_in_first_out),
    };
    region_begin(&region, CAPACITY);
    int failed = cmocka_run_group_tests_name("buddy: the model", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
