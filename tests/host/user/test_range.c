/* What a program may name in a system call: every combination of places around a region, against plain arithmetic. */
#include "../mm/machine.h"

#include <user/copy.h>

static struct vmm_region *open_region(size_t reserve_pages, size_t pages, bool writable, bool is_user)
{
    struct vmm_region *r = NULL;
    struct vmm_region_request request = {.name = "range",
                                         .reserve = reserve_pages * FRAME_SIZE,
                                         .backing = VMM_DEMAND,
                                         .writable = writable,
                                         .is_user = is_user};
    assert_int_equal(vmm_region_create(&space, &request, &r), VMM_OK);
    assert_int_equal(vmm_region_grow(r, pages * FRAME_SIZE), VMM_OK);
    return r;
}

/* Around base and the committed end, lengths that fit exactly, by one too many, and such as wrap. */
static void test_edges(void **state)
{
    (void)state;
    struct vmm_region *r = open_region(8, 3, true, true);
    const size_t committed = 3 * FRAME_SIZE;
    const long near[] = {-4097, -4096, -1, 0, 1, 4095, 4096, 12287, 12288, 12289, 32768, 36865};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        vaddr_t at = r->base + (vaddr_t)near[i];
        bool is_inside = near[i] >= 0 && (size_t)near[i] < committed;
        size_t left = is_inside ? committed - (size_t)near[i] : 0;
        for (int write = 0; write < 2; write++) {
            assert_true(user_may_touch(&space, at, 0, write));
            assert_int_equal(user_may_touch(&space, at, 1, write), is_inside);
            assert_int_equal(user_may_touch(&space, at, left, write), true);
            assert_false(user_may_touch(&space, at, left + 1, write));
            assert_false(user_may_touch(&space, at, SIZE_MAX, write));
            assert_false(user_may_touch(&space, at, SIZE_MAX - at + 1, write)); /* ends at the top */
            assert_false(user_may_touch(&space, at, SIZE_MAX - at + 2, write));
        }
    }
}

static void test_rights(void **state)
{
    (void)state;
    struct vmm_region *readable = open_region(2, 2, false, true), *kernels = open_region(2, 2, true, false);
    assert_true(user_may_touch(&space, readable->base, 2 * FRAME_SIZE, false));
    assert_false(user_may_touch(&space, readable->base, 1, true));
    assert_false(user_may_touch(&space, kernels->base, 1, false));
    vmm_region_protect(readable, PT_WRITE);
    assert_false(user_may_touch(&space, readable->base, 1, false));
    vmm_region_protect(readable, PT_WRITE | PT_USER);
    assert_true(user_may_touch(&space, readable->base, 1, true));
}

/* A range from one region into the next is no range, whatever lies there. */
static void test_nothing_across_regions(void **state)
{
    (void)state;
    const size_t whole = VMM_REGION_ALIGN - FRAME_SIZE;
    struct vmm_region *low = open_region(whole / FRAME_SIZE, whole / FRAME_SIZE, true, true);
    struct vmm_region *high = open_region(1, 1, true, true);
    assert_true(high->base == low->base + VMM_REGION_ALIGN);
    assert_true(user_may_touch(&space, low->base, whole, true));
    assert_false(user_may_touch(&space, low->base, VMM_REGION_ALIGN + 1, true));
    assert_false(user_may_touch(&space, high->base - 1, 2, true));
}

static void test_wild_addresses(void **state)
{
    (void)state;
    open_region(1, 1, true, true);
    const vaddr_t wild[] = {0, 8, FRAME_SIZE, UINTPTR_MAX, UINTPTR_MAX - FRAME_SIZE, UINTPTR_MAX / 2, window_first - 1};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        assert_false(user_may_touch(&space, wild[i], 1, false));
        assert_false(user_may_touch(&space, wild[i], SIZE_MAX, true));
    }
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_machine, close_machine)
    const struct CMUnitTest tests[] = {
        IN_MACHINE(test_edges),
        IN_MACHINE(test_rights),
        IN_MACHINE(test_nothing_across_regions),
        IN_MACHINE(test_wild_addresses),
    };
    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
