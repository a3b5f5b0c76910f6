/* Failures on purpose: in each scenario the k-th call of one kind fails, once, from then on, or every k-th, for every k
 * until the scenario passes untouched. Each time somebody must have been told, or a large leaf must have become pages;
 * after cleaning up no frame, reservation or table is lost, and the next run, undisturbed, passes.
 *
 * Scenarios go on after a refusal, and hold each refused call to having changed nothing. */
#include "machine.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- the counter by itself ---- */

/* Which of the calls 1 .. 12 fail, a bit each from bit 1 on. */
static unsigned hits(struct inject inject)
{
    unsigned bits = 0, failed = 0;
    for (unsigned call = 1; call <= 12; call++) {
        bool is_hit = inject_hits(&inject);
        bits |= (unsigned)is_hit << call;
        failed += is_hit;
    }
    assert_true(inject.calls == 12 && inject.failed == failed);
    return bits;
}

static void test_which_calls_fail(void **state)
{
    (void)state;
    assert_false(inject_hits(NULL));
    assert_int_equal(hits((struct inject){.nth = 0}), 0);
    assert_int_equal(hits((struct inject){.nth = 1}), 1 << 1);
    assert_int_equal(hits((struct inject){.nth = 12}), 1 << 12);
    assert_int_equal(hits((struct inject){.nth = 13}), 0);
    assert_int_equal(hits((struct inject){.every = 1}), 0x1FFE);
    assert_int_equal(hits((struct inject){.every = 5}), 1 << 5 | 1 << 10);
    assert_int_equal(hits((struct inject){.from = 11}), 1 << 11 | 1 << 12);
    assert_int_equal(hits((struct inject){.from = 1}), 0x1FFE);
    assert_int_equal(hits((struct inject){.nth = 2, .every = 4, .from = 11}),
                     1 << 2 | 1 << 4 | 1 << 8 | 1 << 11 | 1 << 12);
    struct inject late = {.nth = 3, .calls = 2};
    assert_true(inject_hits(&late) && !inject_hits(&late) && late.failed == 1);
}

/* Every call that takes frames or sets them aside is counted and, refused, changes nothing; giving back is not. */
static void test_what_the_frame_allocator_counts(void **state)
{
    (void)state;
    struct inject plan = {.from = 1};
    const struct pmm_run_request run = {.frames = 3, .align = 1, .zone = PMM_ANY, .from_reserved = 2};
    paddr_t frame = 1, kept;
    assert_int_equal(pmm_alloc(&pmm, PMM_ANY, &kept), PMM_OK);
    assert_true(pmm_reserve(&pmm, 5));
    struct books before = books_now();
    pmm.inject = &plan;
    assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_NO_MEMORY);
    assert_int_equal(pmm_alloc(&pmm, PMM_ANY, &frame), PMM_NO_MEMORY);
    assert_int_equal(pmm_alloc_run(&pmm, &run, &frame), PMM_NO_MEMORY);
    assert_int_equal(pmm_alloc_reserved(&pmm, &frame), PMM_NO_MEMORY);
    assert_false(pmm_reserve(&pmm, 1));
    assert_true(plan.calls == 5 && plan.failed == 5 && frame == 1);
    expect_books(before);
    pmm_unreserve(&pmm, 5);
    assert_int_equal(pmm_free(&pmm, kept), PMM_OK);
    assert_int_equal(plan.calls, 5);
}

/* ---- calls that may be refused, and must then have changed nothing ---- */

static size_t leaves;    /* large ones that the run under way brought */
static size_t no_frames; /* first touches that were refused */

static size_t regions_in(const struct vmm_space *in)
{
    size_t count = 0;
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++)
        count += in->regions[i].name != NULL;
    return count;
}

static struct vmm_region *create_or_null(struct vmm_space *in, enum vmm_backing backing, bool is_large, size_t reserve)
{
    struct vmm_region *r = NULL;
    struct vmm_region_request request = {
        .name = "r", .reserve = reserve, .backing = backing, .writable = true, .is_large = is_large};
    struct books before = books_now();
    enum vmm_status status = vmm_region_create(in, &request, &r);
    REQUIRE(status == VMM_OK || (status == VMM_NO_MEMORY && !r));
    expect_books(before);
    return r;
}

static bool grow(struct vmm_region *r, size_t bytes)
{
    const struct vmm_region was = *r;
    const size_t tables = r->space->paging->pt.tables, leaves_before = r->large_leaves;
    struct books before = books_now();
    enum vmm_status status = vmm_region_grow(r, bytes);
    leaves += r->large_leaves - leaves_before;
    if (status == VMM_OK)
        return true;
    REQUIRE(status == VMM_NO_MEMORY);
    expect_books(before);
    REQUIRE(r->space->paging->pt.tables == tables && r->committed == was.committed && r->covered == was.covered);
    REQUIRE(r->frames == was.frames && r->tables == was.tables && r->large_leaves == was.large_leaves);
    struct pt_leaf leaf;
    REQUIRE(!pt_query(&r->space->paging->pt, r->base + r->covered, &leaf));
    return false;
}

/* A fault at a page of the space in force. */
static bool bring(struct vmm_region *r, vaddr_t page, bool write)
{
    struct pt_leaf was = {0}, is = {0};
    const struct pt *pt = &r->space->paging->pt;
    const struct vmm_region before_r = *r;
    struct books before = books_now();
    pt_query(pt, page, &was);
    enum fault_verdict verdict = touch(page, write);
    leaves += r->large_leaves - before_r.large_leaves;
    pt_query(pt, page, &is);
    if (fault_is_resolved(verdict)) {
        REQUIRE(is.bytes > 0 && (!write || (is.flags & PT_WRITE)));
        return true;
    }
    REQUIRE(verdict == FAULT_NO_FRAME);
    no_frames++;
    expect_books(before);
    REQUIRE(is.frame == was.frame && is.bytes == was.bytes && is.flags == was.flags);
    REQUIRE(r->frames == before_r.frames && r->count.faults == before_r.count.faults);
    REQUIRE(r->count.copies == before_r.count.copies && r->count.zero_hits == before_r.count.zero_hits);
    return false;
}

/* ---- scenarios: true if nothing was refused; nothing is left behind either way ---- */

/* What the kernel does first: page tables, the image, the physical map, the zero page. */
static bool boot_steps(struct paging *p, struct vmm_space *kernel)
{
    const vaddr_t image = window_first + 70 * pt_table_span, physmap = window_first, far = image + 5 * pt_table_span;
    const paddr_t base = 2 * pt_table_span;
    bool is_up =
        pt_map(&p->pt, image, 0x100000, 30 * FRAME_SIZE, PT_EXEC) == PT_OK &&
        pt_map(&p->pt, image + 30 * FRAME_SIZE, 0x200000, 5 * FRAME_SIZE, PT_WRITE) == PT_OK &&
        pt_prepare(&p->pt, far, FRAME_SIZE) == PT_OK &&
        pt_map(&p->pt, physmap + FRAME_SIZE, base + FRAME_SIZE, 2 * pt_table_span, PT_WRITE | PT_LARGE_OK) == PT_OK &&
        vmm_init(kernel, p, window_first, image - 1) == VMM_OK;
    if (is_up)
        REQUIRE(pmm_free(&pmm, kernel->zero_page) == PMM_OK);
    REQUIRE(pt_release(&p->pt, physmap, 4 * pt_table_span, NULL, NULL) == PT_OK);
    REQUIRE(pt_release(&p->pt, image, 6 * pt_table_span, NULL, NULL) == PT_OK);
    REQUIRE(p->pt.tables == 1);
    return is_up;
}

static bool boot(void)
{
    static struct paging p;
    static struct vmm_space kernel;
    if (paging_init(&p, &pmm, &machine) != PT_OK)
        return false;
    bool is_up = boot_steps(&p, &kernel);
    paging_destroy(&p);
    return is_up;
}

static bool physical(void)
{
    struct vmm_region *r = NULL;
    void *address = NULL;
    struct books before = books_now();
    enum vmm_status status =
        vmm_map_physical(&space, "p", 0xB8FF0, pt_table_span, PT_WRITE, &address, &r); /* two last-level tables */
    if (status != VMM_OK) {
        REQUIRE(status == VMM_NO_MEMORY && !r && !address);
        expect_books(before);
        return false;
    }
    vmm_region_destroy(r);
    return true;
}

/* Growth as a heap's: a bit, a bit more, across a table, and uses in between. */
static bool heap_in(struct vmm_space *in, enum vmm_backing backing, bool is_large)
{
    const size_t far = 2 * pt_table_span; /* two stretches at once: the second may fail when the first has its leaf */
    const size_t sizes[] = {4 * FRAME_SIZE, 7 * FRAME_SIZE, far + 3 * FRAME_SIZE, far + 5 * FRAME_SIZE};
    const size_t last = is_large || backing != VMM_IMMEDIATE ? LENGTH(sizes) : 2;
    struct vmm_region *r = create_or_null(in, backing, is_large, 3 * pt_table_span);
    bool is_ok = r != NULL;
    for (size_t i = 0; r && i < last; i++) {
        is_ok &= grow(r, sizes[i]);
        for (size_t at = 0; at < r->committed && at < 9 * FRAME_SIZE; at += FRAME_SIZE) {
            is_ok &= bring(r, r->base + at, false);
            is_ok &= at % (2 * FRAME_SIZE) ? bring(r, r->base + at, true) : true;
        }
        if (r->committed)
            is_ok &= bring(r, r->base + r->committed - 1, true);
    }
    if (r)
        vmm_region_destroy(r);
    return is_ok;
}

static bool immediate(void)
{
    return heap_in(&space, VMM_IMMEDIATE, false);
}

static bool demand(void)
{
    return heap_in(&space, VMM_DEMAND, false);
}

static bool zero(void)
{
    return heap_in(&space, VMM_ZERO, false);
}

static bool large_immediate(void)
{
    return heap_in(&space, VMM_IMMEDIATE, true);
}

static bool large_demand(void)
{
    return heap_in(&space, VMM_DEMAND, true);
}

static bool large_zero(void)
{
    return heap_in(&space, VMM_ZERO, true);
}

/* ---- scenarios with a second space ---- */

static struct paging other_paging;
static struct vmm_space other;

static bool begin_other(void)
{
    const bool is_wide = sizeof(void *) == 8;
    const struct vmm_window window = {.first = is_wide ? (vaddr_t)1 << 20 << 20 : 0x40000000,
                                      .last = is_wide ? ((vaddr_t)1 << 20 << 21) - 1 : 0xBFFFFFFF,
                                      .kernel_from = is_wide ? 0xFFFF800000000000u & UINTPTR_MAX : 0xC0000000u};
    struct books before = books_now();
    enum vmm_status status = vmm_space_create(&other, &other_paging, &space, &window);
    if (status == VMM_OK)
        return true;
    REQUIRE(status == VMM_NO_MEMORY && !paging.pt.sharers);
    expect_books(before);
    return false;
}

static bool address_space(void)
{
    if (!begin_other())
        return false;
    vmm_switch(&space, &other);
    bool is_ok = heap_in(&other, VMM_DEMAND, false);
    is_ok &= heap_in(&space, VMM_IMMEDIATE, false); /* the kernel grows while it is in force */
    vmm_switch(&space, NULL);
    vmm_space_destroy(&other);
    return is_ok;
}

static bool share_from(struct vmm_region *source)
{
    struct vmm_region *shared = NULL;
    size_t tables = other.paging->pt.tables;
    struct books before = books_now();
    enum vmm_status status = vmm_region_share(&other, "shared", source, true, &shared);
    if (status == VMM_OK)
        return true;
    REQUIRE(status == VMM_NO_MEMORY && !shared && regions_in(&other) == 0 && source->sharers == 0 &&
            other.paging->pt.tables == tables);
    expect_books(before);
    return false;
}

static bool share(void)
{
    struct vmm_region *source = create_or_null(&space, VMM_IMMEDIATE, false, 6 * FRAME_SIZE);
    bool is_ok = source && grow(source, 6 * FRAME_SIZE) && begin_other();
    if (is_ok) {
        is_ok = share_from(source);
        vmm_space_destroy(&other);
    }
    if (source)
        vmm_region_destroy(source);
    return is_ok;
}

/* ---- the sweep ---- */

static const struct scenario {
    const char *name;
    bool (*run)(void);
} scenarios[] = {
    {"boot", boot},
    {"physical", physical},
    {"immediate", immediate},
    {"demand", demand},
    {"zero", zero},
    {"large immediate", large_immediate},
    {"large demand", large_demand},
    {"large zero", large_zero},
    {"address space", address_space},
    {"share", share},
};

static size_t told, fell_back; /* runs in which somebody was told; in which pages came for a large leaf */

static void run_undisturbed(const struct scenario *s)
{
    pmm.inject = space.inject = NULL;
    if (!s->run())
        fail_msg("%s: refused without a reason", s->name);
}

/* One run with these failures. Returns how many there were. */
static uint64_t run_disturbed(const struct scenario *s, struct inject **where, struct inject plan)
{
    struct books before = books_now();
    leaves = 0;
    run_undisturbed(s);
    expect_books(before);
    size_t leaves_undisturbed = leaves;
    leaves = 0;
    *where = &plan;
    bool is_ok = s->run();
    *where = NULL;
    bool is_told = !is_ok, has_fallen_back = leaves < leaves_undisturbed;
    if (plan.failed ? !is_told && !has_fallen_back : is_told || has_fallen_back)
        fail_msg("%s, nth %u every %u from %u: %u of %u failed, told %d", s->name, (unsigned)plan.nth,
                 (unsigned)plan.every, (unsigned)plan.from, (unsigned)plan.failed, (unsigned)plan.calls, is_told);
    expect_books(before);
    REQUIRE(regions_in(&space) == 0);
    told += is_told;
    fell_back += !is_told && has_fallen_back;
    return plan.failed;
}

/* Returns the calls that the undisturbed scenario makes. */
static uint64_t sweep(const struct scenario *s, struct inject **where)
{
    uint64_t calls = 0;
    while (run_disturbed(s, where, (struct inject){.nth = calls + 1}))
        calls++;
    for (uint64_t k = 1; k <= calls + 1; k++) {
        REQUIRE((run_disturbed(s, where, (struct inject){.from = k}) > 0) == (k <= calls));
        REQUIRE((run_disturbed(s, where, (struct inject){.every = k}) > 0) == (k <= calls));
    }
    run_undisturbed(s);
    return calls;
}

static void test_failing_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(scenarios); i++) {
        uint64_t calls = sweep(&scenarios[i], &pmm.inject);
        assert_true(calls >= (sizeof(void *) == 8 ? 3 : 2));
        junk_free_frames();
    }
    assert_true(told > 100 && fell_back > 3 && no_frames > 100);
}

static void test_failing_regions(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(scenarios); i++) {
        uint64_t calls = sweep(&scenarios[i], &space.inject);
        assert_true(scenarios[i].run == boot ? calls == 0 : calls > 0);
    }
}

/* ---- giving back cannot be refused ---- */

static void test_giving_back_never_fails(void **state)
{
    (void)state;
    struct books before = books_now();
    struct inject all = {.from = 1}, none = {0};
    void *address;
    struct vmm_region *given = NULL, *shared = NULL;
    assert_true(begin_other());
    vmm_switch(&space, &other);
    for (int is_large = 0; is_large < 2; is_large++) {
        for (enum vmm_backing backing = VMM_IMMEDIATE; backing <= VMM_ZERO; backing++) {
            struct vmm_region *r = create_or_null(is_large ? &space : &other, backing, is_large, 2 * pt_table_span);
            assert_true(grow(r, 5 * FRAME_SIZE) && bring(r, r->base, false) && bring(r, r->base + FRAME_SIZE, true));
        }
    }
    assert_int_equal(vmm_map_physical(&space, "p", 0x5000, 9, 0, &address, &given), VMM_OK);
    assert_int_equal(vmm_region_share(&space, "s", &other.regions[0], true, &shared), VMM_OK);
    vmm_switch(&space, NULL);
    pmm.inject = &all;
    space.inject = other.inject = &none;
    vmm_region_destroy(shared);
    vmm_space_destroy(&other);
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        if (space.regions[i].name)
            vmm_region_destroy(&space.regions[i]);
    }
    assert_true(all.calls == 0 && none.calls == 0);
    expect_books(before);
}

/* A space heeds the plan that the kernel's had when it began. */
static void test_plan_of_other_spaces(void **state)
{
    (void)state;
    struct inject plan = {.nth = 3};
    space.inject = &plan;
    assert_true(begin_other());
    struct vmm_region *r = create_or_null(&other, VMM_DEMAND, false, FRAME_SIZE);
    assert_non_null(r);
    assert_int_equal(vmm_region_grow(r, FRAME_SIZE), VMM_NO_MEMORY);
    assert_int_equal(vmm_region_grow(r, FRAME_SIZE), VMM_OK);
    assert_int_equal(vmm_region_grow(r, 1), VMM_OK);                        /* nothing to do: */
    assert_int_equal(vmm_region_grow(r, 2 * FRAME_SIZE), VMM_BAD_ARGUMENT); /* not counted, nor is this */
    assert_true(plan.calls == 4 && plan.failed == 1);
    vmm_space_destroy(&other);
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_large_machine, close_machine)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_calls_fail),  IN_MACHINE(test_what_the_frame_allocator_counts),
        IN_MACHINE(test_failing_frames),          IN_MACHINE(test_failing_regions),
        IN_MACHINE(test_giving_back_never_fails), IN_MACHINE(test_plan_of_other_spaces),
    };
    return cmocka_run_group_tests_name("injection", tests, NULL, NULL);
}
