/* BA-16: regions and settings that do not suit, under every policy: refused, or a sound heap; never a byte touched outside
 * the region. */
#include "alloc_region.h"

#define A HEAP_ALIGN
#define S SIZE_MAX

enum { PAGE = 4096 };

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test */

enum { MARGIN = 128, BYTES = 1024, OFFSETS = 64, FIXED_MAX = 8192 };

/* A region of that many bytes at that offset. Returns whether it suits. */
static bool try_small_region(const struct heap_ops *ops, size_t bytes, size_t offset)
{
    static _Alignas(64) unsigned char memory[MARGIN + OFFSETS + FIXED_MAX + BYTES + MARGIN];
    static uint8_t starts[FIXED_MAX + BYTES];
    size_t from = MARGIN + offset, to = from + bytes;
    memset(memory, REGION_JUNK, to + MARGIN);
    memset(starts, 0, heap_starts_bytes(bytes));
    struct heap_setup setup = {.ops = ops, .harden = 1};
    region_options(&setup);
    setup.region = (struct heap_region){.base = memory + from, .committed = bytes, .reserved = bytes, .starts = starts};
    enum heap_status status = heap_init(h, &setup);
    if (from % A != 0 || bytes % A != 0 || bytes < ops->fixed)
        assert_int_equal(status, HEAP_BAD_REGION);
    assert_true(status == HEAP_OK || status == HEAP_BAD_REGION);
    if (status == HEAP_OK) {
        assert_sound(h);
        while (heap_alloc(h, 1)) {
        }
        assert_sound(h);
    }
    assert_true(is_filled(memory, REGION_JUNK, from));
    assert_true(is_filled(memory + to, REGION_JUNK, MARGIN));
    return status == HEAP_OK;
}

/* Every small size at every offset, and every size little above what the policy keeps for itself: not suitable, or a sound
 * heap whose every byte may be asked for. */
static void every_small_region_is_refused_or_sound(void **state)
{
    const struct heap_ops *ops = policy_of(state);
    size_t fixed = ops->fixed / A * A, suited = 0;
    assert_true(fixed <= FIXED_MAX);
    for (size_t i = 0; i < (BYTES + 1) * OFFSETS; i++)
        suited += try_small_region(ops, i / OFFSETS, i % OFFSETS);
    for (size_t i = 0; i < (BYTES + 1) * OFFSETS && fixed >= BYTES; i++)
        suited += try_small_region(ops, fixed + i / OFFSETS, i % OFFSETS);
    assert_true(suited > BYTES / A * (OFFSETS / A) / 2); /* the sweep met more than refusals */
}

static void unsuitable_regions_are_refused(void **state)
{
    const struct region_shape shape = {.limit = PAGE, .is_fixed = true, .harden = 1};
    const struct heap_setup good = region_setup(&region, policy_of(state), &shape);
    struct heap_region bad[9];
    for (size_t i = 0; i < COUNT(bad); i++)
        bad[i] = good.region;
    bad[0].base = NULL;
    bad[1].base = (unsigned char *)bad[1].base + 1;
    bad[2].committed += A; /* more than reserved */
    bad[3].committed |= 1;
    bad[4].reserved |= 1;
    bad[5].committed = bad[5].reserved = 1;
    bad[6].reserved = S & ~(A - 1); /* wraps */
    bad[7].reserved = S;
    bad[8].reserved = S - (uintptr_t)bad[8].base + 1;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct heap_setup setup = good;
        setup.region = bad[i];
        memset(h, REGION_JUNK, sizeof *h);
        assert_int_equal(heap_init(h, &setup), HEAP_BAD_REGION);
    }
}

static void unsuitable_settings_are_refused(void **state)
{
    const size_t grains[] = {1, 2048, PAGE - 1, PAGE + 1, S, PAGE + A};
    const struct region_shape shape = {.limit = PAGE, .is_fixed = true, .harden = 1};
    struct heap_setup setup = region_setup(&region, policy_of(state), &shape);
    for (size_t i = 0; i < COUNT(grains); i++) {
        setup.grain = grains[i];
        assert_int_equal(heap_init(h, &setup), HEAP_BAD_ARGUMENT);
    }
    setup.grain = 0;
    setup.harden = HEAP_HARDEN_MAX + 1;
    assert_int_equal(heap_init(h, &setup), HEAP_BAD_ARGUMENT);
    setup.harden = 1;
    setup.region.starts = NULL;
    assert_int_equal(heap_init(h, &setup), HEAP_BAD_ARGUMENT);
    setup.harden = 0;
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
}

static void first_commit_may_be_refused(void **state)
{
    const struct region_shape shape = {.limit = 4 * PAGE, .harden = 1};
    struct heap_setup setup = region_setup(&region, policy_of(state), &shape);
    region.refuse_call = 1;
    enum heap_status status = heap_init(h, &setup);
    assert_int_equal(status, policy_of(state)->fixed > 0 ? HEAP_NO_MEMORY : HEAP_OK);
    region.refuse_call = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_region_is_refused_or_sound),
        cmocka_unit_test(unsuitable_regions_are_refused),
        cmocka_unit_test(unsuitable_settings_are_refused),
        cmocka_unit_test(first_commit_may_be_refused),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = run_under_policies("bad regions", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
