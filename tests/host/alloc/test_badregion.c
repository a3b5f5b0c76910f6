/* BA-16: regions and settings that do not suit, under every policy: refused, or a sound heap; never a byte touched outside
 * the region. */
#include "alloc_region.h"

#define A HEAP_ALIGN
#define S SIZE_MAX

enum { PAGE = 4096 };

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test */

/* Every small size at every offset: not suitable, or a sound heap whose every byte may be asked for. */
static void every_small_region_is_refused_or_sound(void **state)
{
    enum { MARGIN = 128, BYTES = 1024, OFFSETS = 64 };
    static _Alignas(64) unsigned char memory[MARGIN + OFFSETS + BYTES + MARGIN];
    static uint8_t starts[BYTES];
    const struct heap_ops *ops = policy_of(state);
    for (size_t i = 0; i <= BYTES * OFFSETS; i++) {
        size_t bytes = i / OFFSETS, from = MARGIN + i % OFFSETS, to = from + bytes;
        memset(memory, REGION_JUNK, sizeof memory);
        memset(starts, 0, bytes);
        struct heap_setup setup = {.ops = ops, .harden = 1};
        setup.region =
            (struct heap_region){.base = memory + from, .committed = bytes, .reserved = bytes, .starts = starts};
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
        assert_true(is_filled(memory + to, REGION_JUNK, sizeof memory - to));
    }
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
