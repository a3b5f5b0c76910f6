/* No false alarm: correct programs at harden 2 to 4 under every policy. A million operations at each width, ten million with
 * KFIT_DEEP, shared out among policies and levels; content is checked too. */
#include "alloc_region.h"

enum { CAPACITY = 1 << 20, SLOTS = 24, ORDINARY = 1000000, DEEP = 10000000, ROUND = 4000 };

static struct test_region region;
static struct heap heap, *const h = &heap;

static struct slot {
    unsigned char *block;
    size_t size;
    unsigned char fill;
} slots[SLOTS];

static size_t below(uint64_t *random, size_t limit)
{
    return (size_t)(test_random(random) % limit);
}

/* Mostly small ones: each power of two half as often as the one before. */
static size_t any_size(uint64_t *random)
{
    size_t most = 16;
    while (most < 4096 && below(random, 2))
        most *= 2;
    return below(random, most);
}

static void assert_quiet(uint64_t seed, const char *doing)
{
    if (h->fault.class != HEAP_FAULT_NONE)
        fail_msg("%s, harden %u, seed %ju, operation %ju, %s: %s", h->ops->name, h->harden, (uintmax_t)seed,
                 (uintmax_t)h->counters.operations, doing, heap_fault_text(h->fault.class));
}

static void occupy(struct slot *s, void *block, size_t size, uint64_t *random)
{
    *s = (struct slot){.block = block, .size = block ? size : 0, .fill = (unsigned char)test_random(random)};
    if (block)
        memset(block, s->fill, size);
}

static void allocate(struct slot *s, uint64_t *random)
{
    size_t size = any_size(random);
    void *block = NULL;
    switch (below(random, 4)) {
    case 0:
        heap_alloc_aligned(h, size, (size_t)1 << below(random, 9), &block);
        break;
    case 1:
        block = heap_calloc(h, 1, size);
        assert_true(!block || is_filled(block, 0, size));
        break;
    default:
        block = heap_alloc(h, size);
        break;
    }
    occupy(s, block, size, random);
}

static void resize(struct slot *s, uint64_t *random)
{
    size_t size = 1 + any_size(random), kept = size < s->size ? size : s->size;
    void *block;
    if (heap_resize(h, s->block, size, &block) != HEAP_OK)
        return;
    assert_true(is_filled(block, s->fill, kept));
    occupy(s, block, size, random);
}

static void operate(uint64_t seed, uint64_t *random)
{
    struct slot *s = &slots[below(random, SLOTS)];
    if (!s->block) {
        allocate(s, random);
        assert_quiet(seed, "alloc");
        return;
    }
    assert_true(is_filled(s->block, s->fill, s->size));
    if (below(random, 3) == 0) {
        resize(s, random);
        assert_quiet(seed, "resize");
    } else if (below(random, 4) == 0) {
        assert_true(heap_usable(h, s->block) >= s->size);
        assert_quiet(seed, "usable");
    } else {
        assert_int_equal(heap_free(h, s->block), HEAP_OK);
        assert_quiet(seed, "free");
        *s = (struct slot){0};
    }
}

/* One heap's life: growing or of fixed size, often full. */
static void live_through(const struct heap_ops *policy, unsigned harden, uint64_t seed)
{
    uint64_t random = seed;
    struct region_shape shape = {.limit = (size_t)16384 << below(&random, 3), .harden = harden};
    while (shape.limit < 4 * policy->fixed)
        shape.limit *= 2;
    shape.is_fixed = below(&random, 2);
    region_heap(&region, h, policy, &shape);
    memset(slots, 0, sizeof slots);
    for (size_t i = 0; i < ROUND; i++)
        operate(seed, &random);
    assert_sound(h);
}

static void correct_programs_raise_no_alarm(void **state)
{
    size_t policies = 0, operations = getenv("KFIT_DEEP") ? DEEP : ORDINARY;
    while (heap_policies[policies])
        policies++;
    size_t rounds = operations / (policies * 3 * ROUND) + 1;
    for (unsigned harden = 2; harden <= HEAP_HARDEN_MAX; harden++) {
        for (size_t round = 0; round < rounds; round++)
            live_through(policy_of(state), harden, harden * 1000 + round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(correct_programs_raise_no_alarm)};
    region_begin(&region, CAPACITY);
    int failed = run_under_policies("guards_clean", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
