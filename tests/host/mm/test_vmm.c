/* Regions over real frames of a small machine: growth and destruction with every frame counted back, refusals at every
 * frame, first touches, guards, physical memory; then random regions against a model.
 *
 * The machine has MACHINE_FRAMES frames of host memory, junk in all that are free. A page is read and written through
 * its translation, as a processor would.
 */
#include "machine.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- addresses ---- */

static void test_addresses_and_guards(void **state)
{
    (void)state;
    const size_t span = pt_table_span;
    struct vmm_region *a = create("a", 1, VMM_DEMAND);
    struct vmm_region *b = create("b", span - FRAME_SIZE, VMM_DEMAND); /* its guard is the span's last page */
    struct vmm_region *c = create("c", span, VMM_DEMAND);              /* its guard needs one span more */
    struct vmm_region *d = create("d", span, VMM_DEMAND);
    assert_int_equal(a->reserve, FRAME_SIZE);
    assert_true(a->base == window_first + span);
    assert_true(b->base == a->base + span);
    assert_true(c->base == b->base + span);
    assert_true(d->base == c->base + 2 * span);
    vmm_region_destroy(b);
    struct vmm_region *large = create("large", span, VMM_DEMAND); /* does not fit where b was */
    assert_true(large->base == d->base + 2 * span);
    assert_true(create("small", 5, VMM_DEMAND)->base == a->base + span);
}

static void test_no_addresses_left(void **state)
{
    (void)state;
    struct vmm_region *region = NULL;
    struct vmm_region_request request = {.name = "whole", .reserve = 63 * pt_table_span, .backing = VMM_DEMAND};
    struct books before = books_now();
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_NO_ADDRESSES);
    request.reserve = SIZE_MAX;
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_NO_ADDRESSES);
    request.reserve = SIZE_MAX - 2 * FRAME_SIZE;
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_NO_ADDRESSES);
    request.reserve = 0;
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_BAD_ARGUMENT);
    request.reserve = 63 * pt_table_span - FRAME_SIZE;
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_OK);
    request.reserve = 1;
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_NO_ADDRESSES);
    expect_books(before);
    assert_string_equal(vmm_status_text(VMM_NO_ADDRESSES), "no range of addresses left");
}

/* A window that ends with the address space does not wrap. */
static void test_window_at_the_top(void **state)
{
    (void)state;
    assert_int_equal(vmm_init(&space, &paging, (vaddr_t)0 - 3 * pt_table_span, UINTPTR_MAX), VMM_OK);
    struct vmm_region *a = create("a", FRAME_SIZE, VMM_IMMEDIATE), *b = create("b", FRAME_SIZE, VMM_IMMEDIATE);
    struct vmm_region *region = NULL;
    struct vmm_region_request request = {.name = "c", .reserve = 1, .backing = VMM_DEMAND};
    assert_true(a->base == (vaddr_t)0 - 2 * pt_table_span && b->base == (vaddr_t)0 - pt_table_span);
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_NO_ADDRESSES);
    assert_int_equal(vmm_region_grow(b, FRAME_SIZE), VMM_OK);
    require_zeros(b->base);
    vmm_region_destroy(b);
}

static void test_no_descriptor_left(void **state)
{
    (void)state;
    struct vmm_region *last = NULL, *region = NULL;
    struct vmm_region_request request = {.name = "one more", .reserve = 1, .backing = VMM_DEMAND};
    for (int i = 0; i < VMM_REGIONS_MAX; i++)
        last = create("region", 1, VMM_DEMAND);
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_NO_DESCRIPTOR);
    assert_string_equal(vmm_status_text(VMM_NO_DESCRIPTOR), "too many regions: raise VMM_REGIONS_MAX (32)");
    vmm_region_destroy(last);
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_OK);
}

/* ---- growth ---- */

static void test_immediate_growth(void **state)
{
    (void)state;
    struct books before = books_now();
    struct vmm_region *r = create("heap", 3 * pt_table_span, VMM_IMMEDIATE);
    expect_books(before); /* nothing is committed yet */
    assert_int_equal(vmm_region_grow(r, 5 * FRAME_SIZE + 1), VMM_OK);
    assert_int_equal(r->committed, 6 * FRAME_SIZE);
    for (size_t i = 0; i < 6; i++) {
        require_zeros(r->base + i * FRAME_SIZE);
        memset(page_bytes(r->base + i * FRAME_SIZE), 0xDB, FRAME_SIZE);
    }
    assert_false(is_mapped(r->base + 6 * FRAME_SIZE));
    assert_int_equal(vmm_region_grow(r, 3 * FRAME_SIZE), VMM_OK); /* less than it has */
    assert_int_equal(r->committed, 6 * FRAME_SIZE);
    assert_int_equal(vmm_region_grow(r, 7 * FRAME_SIZE), VMM_OK);
    require_zeros(r->base + 6 * FRAME_SIZE);
    assert_int_equal(page_bytes(r->base)[17], 0xDB); /* what was there is as it was */
    assert_int_equal(r->frames, 7 + r->tables);
    assert_int_equal(r->tables, paging.pt.tables - before.tables);
    assert_int_equal(before.free - pmm.free, r->frames);
    assert_int_equal(r->count.faults, 0);
    assert_int_equal(vmm_region_grow(r, r->reserve + 1), VMM_BAD_ARGUMENT);
    vmm_region_destroy(r);
    expect_books(before);
    assert_true(invalidations > before.invalidations);
}

static void test_demand_growth_and_first_touch(void **state)
{
    (void)state;
    struct books before = books_now();
    struct vmm_region *r = create("heap", pt_table_span, VMM_DEMAND);
    assert_int_equal(vmm_region_grow(r, 10 * FRAME_SIZE), VMM_OK);
    assert_int_equal(pmm.reserved, 10);
    assert_int_equal(r->frames, r->tables);
    assert_false(is_mapped(r->base));
    assert_int_equal(touch(r->base + 3 * FRAME_SIZE + 123, true), FAULT_MAP_FRAME);
    require_zeros(r->base + 3 * FRAME_SIZE);
    assert_false(is_mapped(r->base + 2 * FRAME_SIZE));
    assert_int_equal(touch(r->base, false), FAULT_MAP_FRAME);
    assert_int_equal(r->count.faults, 2);
    assert_int_equal(r->frames, 2 + r->tables);
    assert_int_equal(r->frames_peak, r->frames);
    assert_int_equal(pmm.reserved, 8);
    vmm_region_destroy(r);
    expect_books(before);
}

/* The promise of growth: once committed, a touch succeeds even when nothing else can be had. */
static void test_committed_memory_is_there(void **state)
{
    (void)state;
    static paddr_t frames[MACHINE_FRAMES];
    struct vmm_region *r = create("heap", 2 * pt_table_span, VMM_DEMAND);
    assert_int_equal(vmm_region_grow(r, 40 * FRAME_SIZE), VMM_OK);
    size_t count = take_all_but(0, frames);
    assert_int_equal(vmm_region_grow(r, 41 * FRAME_SIZE), VMM_NO_MEMORY);
    for (size_t i = 40; i-- > 0;)
        assert_int_equal(touch(r->base + i * FRAME_SIZE, true), FAULT_MAP_FRAME);
    assert_int_equal(pmm.free, 0);
    give_back(frames, count);
    vmm_region_destroy(r);
}

/* Growth that needs k frames is refused with each smaller number, and then nothing has changed. */
static void refuse_at_every_frame(enum vmm_backing backing)
{
    static paddr_t frames[MACHINE_FRAMES];
    struct vmm_region *r = create("heap", 4 * pt_table_span, backing);
    const size_t from = pt_table_span - 2 * FRAME_SIZE, bytes = from + 9 * FRAME_SIZE; /* into a second table */
    assert_int_equal(vmm_region_grow(r, from), VMM_OK);
    struct books before = books_now();
    size_t frames_before = r->frames;
    for (size_t left = 0;; left++) {
        size_t taken = take_all_but(left, frames);
        enum vmm_status status = vmm_region_grow(r, bytes);
        if (status == VMM_OK) {
            assert_int_equal(left, 9 + 1); /* data and one table */
            give_back(frames, taken);
            break;
        }
        assert_int_equal(status, VMM_NO_MEMORY);
        give_back(frames, taken);
        expect_books(before);
        assert_int_equal(r->committed, from);
        assert_int_equal(r->frames, frames_before);
        assert_false(is_mapped(r->base + from));
    }
    assert_int_equal(r->committed, bytes);
}

static void test_refused_growth_immediate(void **state)
{
    (void)state;
    refuse_at_every_frame(VMM_IMMEDIATE);
}

static void test_refused_growth_demand(void **state)
{
    (void)state;
    refuse_at_every_frame(VMM_DEMAND);
}

/* The first growth of a region: with k frames too few, for each k. All tables are missing, on both widths. */
static void test_refused_first_growth(void **state)
{
    (void)state;
    static paddr_t frames[MACHINE_FRAMES];
    struct vmm_region *r = create("heap", 4 * pt_table_span, VMM_IMMEDIATE);
    struct books before = books_now();
    size_t tables = sizeof(void *) == 8 ? 3 : 1, left = 0;
    for (;; left++) {
        size_t taken = take_all_but(left, frames);
        enum vmm_status status = vmm_region_grow(r, 20 * FRAME_SIZE);
        give_back(frames, taken);
        if (status == VMM_OK)
            break;
        assert_int_equal(status, VMM_NO_MEMORY);
        expect_books(before);
        assert_int_equal(r->committed, 0);
        assert_int_equal(r->frames, 0);
    }
    assert_int_equal(left, 20 + tables);
}

/* Frames enough, but none that a table may use. */
static void test_no_direct_frame_for_tables(void **state)
{
    (void)state;
    paddr_t frame;
    struct vmm_region *r = create("heap", pt_table_span, VMM_DEMAND);
    while (pmm_alloc(&pmm, PMM_DIRECT, &frame) == PMM_OK)
        ;
    struct books before = books_now();
    assert_true(pmm.free > 100);
    assert_int_equal(vmm_region_grow(r, 3 * FRAME_SIZE), VMM_NO_MEMORY);
    expect_books(before);
    assert_int_equal(r->committed, 0);
    assert_string_equal(vmm_status_text(VMM_NO_MEMORY), "too few page frames");
}

/* ---- faults ---- */

static void test_guards_and_edges(void **state)
{
    (void)state;
    struct vmm_region *r = create("heap", 8 * FRAME_SIZE, VMM_DEMAND);
    assert_int_equal(vmm_region_grow(r, 2 * FRAME_SIZE), VMM_OK);
    assert_int_equal(touch(r->base - 1, true), FAULT_GUARD);
    assert_int_equal(touch(r->base - FRAME_SIZE, false), FAULT_GUARD);
    assert_int_equal(touch(r->base - FRAME_SIZE - 1, true), FAULT_WILD);
    assert_int_equal(touch(r->base + 2 * FRAME_SIZE, true), FAULT_BEYOND);
    assert_int_equal(touch(r->base + 8 * FRAME_SIZE - 1, true), FAULT_BEYOND);
    assert_int_equal(touch(r->base + 8 * FRAME_SIZE, true), FAULT_GUARD);
    assert_int_equal(touch(r->base + 9 * FRAME_SIZE - 1, true), FAULT_GUARD);
    assert_int_equal(touch(r->base + 9 * FRAME_SIZE, true), FAULT_WILD);
    assert_int_equal(touch(0, true), FAULT_WILD);
    assert_int_equal(touch(UINTPTR_MAX, true), FAULT_WILD);
    assert_int_equal(r->count.faults, 0);
    assert_ptr_equal(vmm_region_at(&space, r->base + 5), r);
    assert_ptr_equal(vmm_region_at(&space, r->base - 5), r);
    assert_null(vmm_region_at(&space, r->base + 9 * FRAME_SIZE));
    assert_int_equal(touch(r->base + 2 * FRAME_SIZE - 1, true), FAULT_MAP_FRAME);
}

/* One page is the upper guard of one region and the lower one of the next; it is nobody's memory. */
static void test_shared_guard_page(void **state)
{
    (void)state;
    struct vmm_region *a = create("a", pt_table_span - FRAME_SIZE, VMM_DEMAND), *b = create("b", 1, VMM_DEMAND);
    assert_true(b->base == a->base + a->reserve + FRAME_SIZE);
    assert_int_equal(touch(b->base - 1, true), FAULT_GUARD);
    assert_ptr_equal(vmm_region_at(&space, b->base), b);
    assert_ptr_equal(vmm_region_at(&space, b->base - FRAME_SIZE - 1), a);
}

static void test_forbidden_accesses(void **state)
{
    (void)state;
    struct vmm_region *r = NULL;
    struct vmm_region_request request = {.name = "constant", .reserve = FRAME_SIZE, .backing = VMM_DEMAND};
    struct fault_access fetch = {.fetch = true}, user = {.user = true}, damaged = {.present = true, .reserved = true};
    assert_int_equal(vmm_region_create(&space, &request, &r), VMM_OK);
    assert_int_equal(vmm_region_grow(r, FRAME_SIZE), VMM_OK);
    assert_int_equal(touch(r->base, true), FAULT_PROTECTION); /* before the first read, and after it */
    assert_int_equal(vmm_handle_fault(&space, r->base, &fetch), FAULT_PROTECTION);
    assert_int_equal(vmm_handle_fault(&space, r->base, &user), FAULT_PROTECTION);
    assert_int_equal(vmm_handle_fault(&space, r->base, &damaged), FAULT_BAD_ENTRY);
    assert_false(is_mapped(r->base));
    assert_int_equal(touch(r->base, false), FAULT_MAP_FRAME);
    assert_int_equal(touch(r->base, true), FAULT_PROTECTION);
    assert_int_equal(r->count.faults, 1);
}

/* A stale translation is forgotten once and costs no frame. */
static void test_spurious_fault(void **state)
{
    (void)state;
    struct vmm_region *r = create("heap", FRAME_SIZE, VMM_IMMEDIATE);
    struct fault_access access = {.write = true};
    assert_int_equal(vmm_region_grow(r, 1), VMM_OK);
    struct books before = books_now();
    assert_int_equal(vmm_handle_fault(&space, r->base, &access), FAULT_SPURIOUS);
    assert_int_equal(invalidations, before.invalidations + 1);
    assert_int_equal(r->count.faults, 0);
    expect_books(before);
    assert_int_equal(pt_unmap(&paging.pt, r->base, FRAME_SIZE, NULL, NULL), PT_OK); /* damage */
    assert_int_equal(vmm_handle_fault(&space, r->base, &access), FAULT_BAD_ENTRY);
}

/* Outside all regions (the kernel image, the physical map) the mapping itself says what is permitted. */
static void test_faults_outside_regions(void **state)
{
    (void)state;
    vaddr_t image = window_first - 8 * pt_table_span;
    assert_int_equal(pt_map(&paging.pt, image, 0x200000, FRAME_SIZE, PT_EXEC), PT_OK);
    assert_int_equal(pt_map(&paging.pt, image + FRAME_SIZE, 0x201000, FRAME_SIZE, PT_WRITE), PT_OK);
    assert_int_equal(touch(image, true), FAULT_PROTECTION);
    assert_int_equal(touch(image, false), FAULT_SPURIOUS);
    assert_int_equal(touch(image + FRAME_SIZE, true), FAULT_SPURIOUS);
    assert_int_equal(touch(image + 2 * FRAME_SIZE, true), FAULT_WILD);
}

/* ---- physical memory ---- */

static void test_physical_memory(void **state)
{
    (void)state;
    struct vmm_region *r = NULL;
    struct pt_leaf leaf;
    void *address = NULL;
    struct books before = books_now();
    enum vmm_status status = vmm_map_physical(&space, "module", 0xB8FF0, 0x1020, PT_NOCACHE, &address, &r);
    assert_int_equal(status, VMM_OK);
    assert_true((vaddr_t)address == r->base + 0xFF0);
    assert_int_equal(r->reserve, 3 * FRAME_SIZE); /* 16 bytes of the first page, one page, 16 bytes of the last */
    for (size_t i = 0; i < 3; i++) {
        assert_true(pt_query(&paging.pt, r->base + i * FRAME_SIZE, &leaf));
        assert_true(leaf.frame == 0xB8000 + i * FRAME_SIZE);
        assert_true((leaf.flags & (PT_WRITE | PT_NOCACHE)) == PT_NOCACHE);
    }
    assert_int_equal(vmm_region_grow(r, 1), VMM_BAD_ARGUMENT);
    assert_int_equal(touch(r->base + 3 * FRAME_SIZE, false), FAULT_GUARD);
    assert_int_equal(touch(r->base, true), FAULT_PROTECTION);
    vmm_region_destroy(r);
    expect_books(before); /* the frames are not ours to give */
}

static void test_physical_memory_refused(void **state)
{
    (void)state;
    static paddr_t frames[MACHINE_FRAMES];
    struct vmm_region *r = NULL;
    void *address = NULL;
    struct books before = books_now();
    assert_int_equal(vmm_map_physical(&space, "x", 0x5000, 0, 0, &address, &r), VMM_BAD_ARGUMENT);
    assert_int_equal(vmm_map_physical(&space, "x", 0x5010, SIZE_MAX, 0, &address, &r), VMM_BAD_ARGUMENT);
    assert_int_equal(vmm_map_physical(&space, "x", (paddr_t)1 << 60, 1, 0, &address, &r), VMM_BAD_ARGUMENT);
    size_t taken = take_all_but(0, frames);
    assert_int_equal(vmm_map_physical(&space, "x", 0x5000, 1, 0, &address, &r), VMM_NO_MEMORY);
    give_back(frames, taken);
    expect_books(before);
    assert_null(r);
    for (int i = 0; i < VMM_REGIONS_MAX; i++) /* no descriptor was lost */
        create("region", 1, VMM_DEMAND);
}

/* ---- everything ---- */

/* Each page's first byte is a mark of its own, so that a frame with two owners shows. */
static unsigned char mark_of(vaddr_t page)
{
    return (unsigned char)(1 + page / FRAME_SIZE % 251);
}

static void touch_and_mark(struct vmm_region *r, size_t page)
{
    vaddr_t address = r->base + page * FRAME_SIZE;
    if (!is_mapped(address)) {
        REQUIRE(r->backing == VMM_DEMAND);
        REQUIRE(touch(address + random_below(FRAME_SIZE), random_below(2)) == FAULT_MAP_FRAME);
        require_zeros(address);
    }
    unsigned char *bytes = page_bytes(address);
    REQUIRE(bytes[0] == 0 || bytes[0] == mark_of(address));
    bytes[0] = mark_of(address);
    bytes[FRAME_SIZE - 1] = 0xEE;
}

static size_t refusals;

static void random_step(struct vmm_region **regions, size_t count)
{
    struct vmm_region **r = &regions[random_below(count)];
    if (!*r) {
        *r = create("random", 1 + random_below(2 * pt_table_span), random_below(2) ? VMM_DEMAND : VMM_IMMEDIATE);
        return;
    }
    size_t kind = random_below(10), pages = (*r)->committed / FRAME_SIZE;
    if (kind == 0) {
        vmm_region_destroy(*r);
        *r = NULL;
    } else if (kind < 4) {
        size_t bytes = (*r)->committed + random_below(80 * FRAME_SIZE);
        enum vmm_status status = vmm_region_grow(*r, bytes);
        REQUIRE(bytes > (*r)->reserve ? status == VMM_BAD_ARGUMENT : status == VMM_OK || status == VMM_NO_MEMORY);
        REQUIRE(status != VMM_OK || (*r)->committed >= bytes);
        refusals += status == VMM_NO_MEMORY;
        REQUIRE(status == VMM_OK || (*r)->committed == pages * FRAME_SIZE);
    } else if (pages > 0) {
        touch_and_mark(*r, random_below(pages));
    }
}

static void test_random_regions(void **state)
{
    (void)state;
    struct vmm_region *regions[8] = {NULL};
    struct books before = books_now();
    for (uint64_t seed = 0; seed < 20; seed++) {
        run_begin(seed);
        for (int step = 0; step < 600; step++) {
            random_step(regions, LENGTH(regions));
            size_t owed = 0;
            for (size_t i = 0; i < LENGTH(regions); i++) {
                const struct vmm_region *r = regions[i];
                if (r && r->backing == VMM_DEMAND)
                    owed += r->committed / FRAME_SIZE - (r->frames - r->tables);
            }
            REQUIRE(pmm.reserved == owed);
        }
        for (size_t i = 0; i < LENGTH(regions); i++) {
            if (regions[i])
                vmm_region_destroy(regions[i]);
            regions[i] = NULL;
        }
        expect_books(before);
        junk_free_frames();
    }
    assert_true(refusals > 20);
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_machine, close_machine)
    const struct CMUnitTest tests[] = {
        IN_MACHINE(test_addresses_and_guards),
        IN_MACHINE(test_no_addresses_left),
        IN_MACHINE(test_window_at_the_top),
        IN_MACHINE(test_no_descriptor_left),
        IN_MACHINE(test_immediate_growth),
        IN_MACHINE(test_demand_growth_and_first_touch),
        IN_MACHINE(test_committed_memory_is_there),
        IN_MACHINE(test_refused_growth_immediate),
        IN_MACHINE(test_refused_growth_demand),
        IN_MACHINE(test_refused_first_growth),
        IN_MACHINE(test_no_direct_frame_for_tables),
        IN_MACHINE(test_guards_and_edges),
        IN_MACHINE(test_shared_guard_page),
        IN_MACHINE(test_forbidden_accesses),
        IN_MACHINE(test_spurious_fault),
        IN_MACHINE(test_faults_outside_regions),
        IN_MACHINE(test_physical_memory),
        IN_MACHINE(test_physical_memory_refused),
        IN_MACHINE(test_random_regions),
    };
    return cmocka_run_group_tests_name("vmm", tests, NULL, NULL);
}
