/* Regions for programs: at addresses that are asked for, with rights that change, and what a program may do in them. */
#include "machine.h"

static struct paging user_paging;
static struct vmm_space user;

static struct vmm_window window(void)
{
    const bool is_wide = sizeof(void *) == 8;
    return (struct vmm_window){.first = 0x400000,
                               .last = 0x3FFFFFFF,
                               .kernel_from = is_wide ? 0xFFFF800000000000u & UINTPTR_MAX : 0xC0000000u};
}

static int open_user(void **state)
{
    struct vmm_window w = window();
    open_machine(state);
    assert_int_equal(vmm_space_create(&user, &user_paging, &space, &w), VMM_OK);
    vmm_switch(&space, &user);
    return 0;
}

static int close_user(void **state)
{
    vmm_switch(&space, NULL);
    vmm_space_destroy(&user);
    assert_int_equal(paging.pt.tables, 1);
    return close_machine(state);
}

static enum vmm_status create_at(vaddr_t base, size_t pages, struct vmm_region **r)
{
    struct vmm_region_request request = {.name = "fixed",
                                         .base = base,
                                         .reserve = pages * FRAME_SIZE,
                                         .backing = VMM_DEMAND,
                                         .writable = true,
                                         .is_user = true};
    return vmm_region_create(&user, &request, r);
}

static enum fault_verdict by_user(vaddr_t address, bool write, bool fetch)
{
    struct pt_leaf leaf;
    struct fault_access access = {.user = true, .write = write, .fetch = fetch};
    access.present = pt_query(&user_paging.pt, address, &leaf);
    return vmm_handle_fault(&space, address, &access);
}

static unsigned flags_at(vaddr_t address)
{
    struct pt_leaf leaf;
    return pt_query(&user_paging.pt, address, &leaf) ? leaf.flags : 0;
}

/* ---- places ---- */

static void test_place_asked_for(void **state)
{
    (void)state;
    const vaddr_t unit = VMM_REGION_ALIGN, at = 64 * unit;
    struct vmm_region *r = NULL, *other = NULL;
    assert_int_equal(create_at(at, 3, &r), VMM_OK);
    assert_true(r->base == at);
    assert_int_equal(create_at(at, 1, &other), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(at - unit, unit / FRAME_SIZE, &other),
                     VMM_NO_ADDRESSES); /* its guard page is in the way */
    assert_int_equal(create_at(at - 2 * unit, 3 * unit / FRAME_SIZE, &other), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(at - unit, unit / FRAME_SIZE - 1, &other), VMM_OK);
    assert_int_equal(create_at(at + unit, 1, &other), VMM_OK);
    assert_int_equal(create_at(at + 2 * unit + FRAME_SIZE, 1, &other), VMM_NO_ADDRESSES);
}

/* In the middle of a region that is longer than a table. */
static void test_place_inside_another(void **state)
{
    (void)state;
    const vaddr_t unit = VMM_REGION_ALIGN;
    struct vmm_region *r = NULL, *other = NULL;
    assert_int_equal(create_at(10 * unit, 5 * unit / FRAME_SIZE, &r), VMM_OK);
    for (vaddr_t i = 10; i < 16; i++)
        assert_int_equal(create_at(i * unit, 1, &other), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(16 * unit, 1, &other), VMM_OK);
}

static void test_place_outside_the_space(void **state)
{
    (void)state;
    const vaddr_t unit = VMM_REGION_ALIGN;
    struct vmm_region *r = NULL;
    const vaddr_t lowest = (window().first + unit - 1) / unit * unit + unit;
    assert_int_equal(create_at(lowest - unit, 1, &r), VMM_NO_ADDRESSES); /* no guard below it */
    assert_int_equal(create_at(window().last + 1, 1, &r), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(window_first, 1, &r), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(0 - unit, 1, &r), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(window().last + 1 - unit, unit / FRAME_SIZE, &r), VMM_NO_ADDRESSES);
    assert_int_equal(create_at(window().last + 1 - unit, unit / FRAME_SIZE - 1, &r), VMM_OK);
    assert_int_equal(create_at(lowest, 1, &r), VMM_OK);
}

/* The lowest free range is found around those that were asked for. */
static void test_lowest_beside_fixed(void **state)
{
    (void)state;
    const vaddr_t unit = VMM_REGION_ALIGN, lowest = (window().first + unit - 1) / unit * unit + unit;
    struct vmm_region *r = NULL;
    assert_int_equal(create_at(lowest + 2 * unit, 1, &r), VMM_OK);
    assert_int_equal(create_at(0, 1, &r), VMM_OK);
    assert_true(r->base == lowest);
    assert_int_equal(create_at(0, 2 * unit / FRAME_SIZE, &r), VMM_OK);
    assert_true(r->base == lowest + 3 * unit);
    assert_int_equal(create_at(0, 1, &r), VMM_OK);
    assert_true(r->base == lowest + unit);
}

/* ---- rights ---- */

static struct vmm_region *region_of(size_t pages, enum vmm_backing backing, bool is_user)
{
    struct vmm_region *r = NULL;
    struct vmm_region_request request = {
        .name = "rights", .reserve = pages * FRAME_SIZE, .backing = backing, .writable = true, .is_user = is_user};
    assert_int_equal(vmm_region_create(&user, &request, &r), VMM_OK);
    assert_int_equal(vmm_region_grow(r, pages * FRAME_SIZE), VMM_OK);
    return r;
}

static void test_only_user_pages_are_the_users(void **state)
{
    (void)state;
    struct vmm_region *mine = region_of(2, VMM_DEMAND, true), *kernels = region_of(2, VMM_DEMAND, false);
    struct vmm_region *high = create("kernel", FRAME_SIZE, VMM_DEMAND);
    assert_int_equal(vmm_region_grow(high, FRAME_SIZE), VMM_OK);
    assert_int_equal(by_user(mine->base, true, false), FAULT_MAP_FRAME);
    assert_true(flags_at(mine->base) & PT_USER);
    assert_int_equal(by_user(kernels->base, false, false), FAULT_PROTECTION); /* before it was ever touched */
    assert_int_equal(by_user(high->base, false, false), FAULT_PROTECTION);
    assert_int_equal(touch(high->base, true), FAULT_MAP_FRAME);
    assert_int_equal(by_user(high->base, false, false), FAULT_PROTECTION);
    assert_int_equal(by_user(mine->base - 1, false, false), FAULT_GUARD);
    assert_int_equal(by_user(mine->base + 2 * FRAME_SIZE, false, false), FAULT_GUARD);
    assert_int_equal(by_user(8, true, false), FAULT_WILD);
    vmm_region_destroy(high);
}

/* What is there and what comes later. The entries of the narrow format cannot forbid execution. */
static void test_protect(void **state)
{
    const bool forbids_exec = sizeof(void *) == 8;
    (void)state;
    struct vmm_region *r = region_of(4, VMM_DEMAND, true);
    assert_int_equal(by_user(r->base, true, false), FAULT_MAP_FRAME);
    size_t before = invalidations;
    vmm_region_protect(r, PT_USER | PT_EXEC);
    assert_true(invalidations > before);
    assert_true(flags_at(r->base) == (PT_USER | PT_EXEC));
    assert_int_equal(by_user(r->base, true, false), FAULT_PROTECTION);
    assert_int_equal(by_user(r->base + FRAME_SIZE, true, false), FAULT_PROTECTION);
    assert_int_equal(by_user(r->base + FRAME_SIZE, false, true), FAULT_MAP_FRAME);
    assert_true(flags_at(r->base + FRAME_SIZE) == (PT_USER | PT_EXEC));
    vmm_region_protect(r, PT_USER);
    assert_int_equal(by_user(r->base, false, true), forbids_exec ? FAULT_PROTECTION : FAULT_SPURIOUS);
    assert_true(flags_at(r->base + FRAME_SIZE) == (forbids_exec ? PT_USER : PT_USER | PT_EXEC));
    assert_true(flags_at(r->base + 2 * FRAME_SIZE) == 0);
}

static void test_protect_keeps_the_zero_page(void **state)
{
    (void)state;
    struct vmm_region *r = region_of(2, VMM_ZERO, true);
    vmm_region_protect(r, PT_USER);
    assert_int_equal(by_user(r->base, false, false), FAULT_MAP_ZERO);
    vmm_region_protect(r, PT_USER | PT_WRITE);
    assert_false(flags_at(r->base) & PT_WRITE);
    assert_int_equal(by_user(r->base, true, false), FAULT_COPY);
    assert_true(flags_at(r->base) & PT_WRITE);
    assert_true(vmm_zero_page_is_intact(&space));
}

int main(void)
{
#define FOR_USER(test) cmocka_unit_test_setup_teardown(test, open_user, close_user)
    const struct CMUnitTest tests[] = {
        FOR_USER(test_place_asked_for),
        FOR_USER(test_place_inside_another),
        FOR_USER(test_place_outside_the_space),
        FOR_USER(test_lowest_beside_fixed),
        FOR_USER(test_only_user_pages_are_the_users),
        FOR_USER(test_protect),
        FOR_USER(test_protect_keeps_the_zero_page),
    };
    return cmocka_run_group_tests_name("user_regions", tests, NULL, NULL);
}
