/* Address spaces beside the kernel's: the same addresses with other frames behind them, the kernel's half in all,
 * faults in the one that is in force, frames that two spaces show, and every frame back whatever comes and goes. */
#include "machine.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { SPACES = 4 };

static struct side {
    struct paging paging;
    struct vmm_space space;
    bool is_there;
} sides[SPACES];

static struct vmm_window window(void)
{
    const bool is_wide = sizeof(void *) == 8;
    return (struct vmm_window){.first = is_wide ? (vaddr_t)1 << 20 << 20 : 0x40000000,
                               .last = is_wide ? ((vaddr_t)1 << 20 << 21) - 1 : 0xBFFFFFFF,
                               .kernel_from = is_wide ? 0xFFFF800000000000u & UINTPTR_MAX : 0xC0000000u};
}

static int open_sides(void **state)
{
    memset(sides, 0xA5, sizeof sides);
    for (size_t i = 0; i < SPACES; i++)
        sides[i].is_there = false;
    return open_machine(state);
}

static struct vmm_space *begin(size_t i)
{
    struct vmm_window w = window();
    assert_int_equal(vmm_space_create(&sides[i].space, &sides[i].paging, &space, &w), VMM_OK);
    sides[i].is_there = true;
    return &sides[i].space;
}

static void end(size_t i)
{
    vmm_space_destroy(&sides[i].space);
    sides[i].is_there = false;
}

static struct vmm_region *create_in(struct vmm_space *in, size_t pages, enum vmm_backing backing)
{
    struct vmm_region *r = NULL;
    struct vmm_region_request request = {
        .name = "r", .reserve = pages * FRAME_SIZE, .backing = backing, .writable = true};
    assert_int_equal(vmm_region_create(in, &request, &r), VMM_OK);
    assert_int_equal(vmm_region_grow(r, pages * FRAME_SIZE), VMM_OK);
    return r;
}

/* Frame and rights of a page as a space sees it; frame 0: not mapped. */
static paddr_t frame_in(const struct vmm_space *in, vaddr_t page, unsigned *flags)
{
    struct pt_leaf leaf;
    bool is_there = pt_query(&in->paging->pt, page, &leaf);
    *flags = is_there ? leaf.flags : 0;
    return is_there ? leaf.frame + (page - leaf.address) : 0;
}

static paddr_t frame_of(const struct vmm_space *in, vaddr_t page)
{
    unsigned flags;
    return frame_in(in, page, &flags);
}

/* ---- same addresses, other frames ---- */

static void test_same_address_other_frame(void **state)
{
    (void)state;
    struct books before = books_now();
    struct vmm_space *a = begin(0), *b = begin(1);
    struct vmm_region *of_a = create_in(a, 3, VMM_IMMEDIATE), *of_b = create_in(b, 3, VMM_DEMAND);
    assert_true(of_a->base == of_b->base && of_a->base >= window().first && of_a->base <= window().last);
    assert_true(frame_of(a, of_a->base) != 0 && frame_of(b, of_a->base) == 0);
    assert_true(frame_of(&space, of_a->base) == 0);
    vmm_switch(&space, b);
    assert_int_equal(touch(of_b->base, true), FAULT_MAP_FRAME);
    assert_true(frame_of(a, of_a->base) != frame_of(b, of_b->base));
    memset(frame_bytes(frame_of(a, of_a->base)), 0xAA, FRAME_SIZE);
    memset(frame_bytes(frame_of(b, of_b->base)), 0xBB, FRAME_SIZE);
    assert_int_equal(frame_bytes(frame_of(a, of_a->base))[9], 0xAA);
    assert_true(a->zero_page == space.zero_page && b->zero_page == space.zero_page);
    end(0);
    assert_int_equal(frame_bytes(frame_of(b, of_b->base))[9], 0xBB);
    vmm_switch(&space, NULL);
    end(1);
    expect_books(before);
    assert_null(paging.pt.sharers);
}

/* What the kernel maps, before and after a space began, every space shows; what it unmaps is gone in all. */
static void test_kernel_half(void **state)
{
    (void)state;
    struct vmm_space *a = begin(0);
    struct vmm_region *early =
        create_in(&space, 2, VMM_IMMEDIATE); /* the kernel's first: new tables from the root on */
    struct vmm_region *late = create_in(&space, pt_table_span / FRAME_SIZE + 3, VMM_IMMEDIATE); /* new tables */
    struct vmm_space *b = begin(1);
    struct vmm_region *demand = create_in(&space, 4, VMM_DEMAND), *zero = create_in(&space, 4, VMM_ZERO);
    vmm_switch(&space, b);
    assert_int_equal(touch(demand->base + FRAME_SIZE, true), FAULT_MAP_FRAME);
    assert_int_equal(touch(zero->base, false), FAULT_MAP_ZERO);
    const vaddr_t pages[] = {early->base, late->base + pt_table_span, demand->base + FRAME_SIZE, zero->base};
    for (size_t i = 0; i < LENGTH(pages); i++) {
        unsigned flags, flags_a;
        paddr_t frame = frame_in(&space, pages[i], &flags);
        assert_true(frame != 0 && frame_in(a, pages[i], &flags_a) == frame && flags_a == flags);
        assert_true(frame_in(b, pages[i], &flags_a) == frame && flags_a == flags);
    }
    vmm_region_destroy(late);
    assert_true(frame_of(a, pages[1]) == 0 && frame_of(b, pages[1]) == 0);
    assert_true(frame_of(a, pages[0]) == frame_of(&space, pages[0]));
}

/* ---- faults ---- */

static void test_faults_go_to_the_space_in_force(void **state)
{
    (void)state;
    struct vmm_space *a = begin(0), *b = begin(1);
    struct vmm_region *of_a = create_in(a, 4, VMM_ZERO), *of_b = create_in(b, 2, VMM_DEMAND);
    struct vmm_region *kernels = create_in(&space, 2, VMM_DEMAND);
    assert_int_equal(touch(of_a->base, true), FAULT_WILD); /* neither is in force */
    vmm_switch(&space, a);
    assert_true(root_in_force == a->paging->pt.root && space.in_force == a);
    assert_int_equal(touch(of_a->base, false), FAULT_MAP_ZERO);
    assert_int_equal(touch(of_a->base + 3 * FRAME_SIZE, true), FAULT_MAP_FRAME);
    assert_int_equal(touch(kernels->base, true), FAULT_MAP_FRAME); /* the kernel's all the same */
    vmm_switch(&space, b);
    assert_true(root_in_force == b->paging->pt.root);
    assert_int_equal(touch(of_b->base, true), FAULT_MAP_FRAME);
    assert_int_equal(touch(of_b->base + 3 * FRAME_SIZE, true), FAULT_WILD); /* in a it is memory */
    assert_int_equal(touch(of_b->base + 2 * FRAME_SIZE, true), FAULT_GUARD);
    assert_int_equal(touch(of_b->base - 1, true), FAULT_GUARD);
    assert_int_equal(touch(kernels->base, true), FAULT_SPURIOUS);
    assert_int_equal(touch(window().kernel_from, true), FAULT_WILD);
    vmm_switch(&space, NULL);
    assert_true(root_in_force == paging.pt.root && !space.in_force);
    assert_int_equal(touch(of_b->base, true), FAULT_WILD);
    assert_true(of_a->count.faults == 2 && a->count.faults == 2 && a->count.zero_hits == 1);
    assert_true(of_b->count.faults == 1 && b->count.faults == 1 && b->count.zero_hits == 0);
    assert_true(kernels->count.faults == 1 && space.count.faults == 1);
    assert_true(frame_of(a, of_a->base) == space.zero_page && frame_of(b, of_b->base) != space.zero_page);
}

/* ---- one frame in two spaces ---- */

static void test_shared_frames(void **state)
{
    (void)state;
    struct books before = books_now();
    struct vmm_space *a = begin(0), *b = begin(1);
    struct vmm_region *source = create_in(a, 5, VMM_IMMEDIATE), *first = NULL, *second = NULL, *third = NULL;
    assert_int_equal(vmm_region_share(b, "read", source, false, &first), VMM_OK);
    size_t data_before = pmm_used(&pmm) - b->paging->pt.tables;
    assert_int_equal(vmm_region_share(b, "write", source, true, &second), VMM_OK);
    assert_int_equal(vmm_region_share(&space, "kernel's", source, true, &third), VMM_OK);
    assert_int_equal(pmm_used(&pmm) - b->paging->pt.tables - third->tables, data_before); /* tables only */
    assert_true(first->backing == VMM_SHARED && first->shared == source && source->sharers == 3);
    assert_true(first->reserve == 5 * FRAME_SIZE && first->committed == first->reserve);
    assert_int_equal(first->frames, first->tables);
    for (size_t at = 0; at < 5 * FRAME_SIZE; at += FRAME_SIZE) {
        unsigned flags;
        paddr_t frame = frame_of(a, source->base + at);
        assert_true(frame_in(b, first->base + at, &flags) == frame && !(flags & PT_WRITE));
        assert_true(frame_in(b, second->base + at, &flags) == frame && (flags & PT_WRITE));
        assert_true(frame_in(&space, third->base + at, &flags) == frame && (flags & PT_WRITE));
    }
    vmm_switch(&space, b);
    assert_int_equal(touch(first->base, true), FAULT_PROTECTION);
    assert_int_equal(touch(first->base, false), FAULT_SPURIOUS);
    assert_int_equal(touch(second->base, true), FAULT_SPURIOUS);
    assert_int_equal(touch(first->base + 5 * FRAME_SIZE, false), FAULT_GUARD);
    vmm_switch(&space, NULL);
    assert_int_equal(vmm_region_grow(first, FRAME_SIZE), VMM_BAD_ARGUMENT);
    size_t free_before = pmm.free, tables = second->tables;
    vmm_region_destroy(second);
    assert_int_equal(pmm.free, free_before + tables); /* the frames stay the source's */
    assert_int_equal(source->sharers, 2);
    end(1); /* with the first share in it */
    assert_int_equal(source->sharers, 1);
    memset(frame_bytes(frame_of(a, source->base)), 0x77, FRAME_SIZE);
    assert_int_equal(page_bytes(third->base)[3], 0x77);
    vmm_region_destroy(third);
    end(0);
    expect_books(before);
}

/* Only what an immediate region has committed can be shared; a refusal holds nothing. */
static void test_sharing_refused(void **state)
{
    (void)state;
    static paddr_t frames[MACHINE_FRAMES];
    struct vmm_space *a = begin(0), *b = begin(1);
    struct vmm_region *source = create_in(a, 2, VMM_IMMEDIATE), *shared = NULL, *given = NULL;
    void *address;
    assert_int_equal(vmm_map_physical(a, "given", 0x5000, 1, 0, &address, &given), VMM_OK);
    assert_int_equal(vmm_region_share(b, "s", create_in(a, 2, VMM_DEMAND), true, &shared), VMM_BAD_ARGUMENT);
    assert_int_equal(vmm_region_share(b, "s", create_in(a, 2, VMM_ZERO), true, &shared), VMM_BAD_ARGUMENT);
    assert_int_equal(vmm_region_share(b, "s", given, true, &shared), VMM_BAD_ARGUMENT);
    struct vmm_region_request request = {.name = "empty", .reserve = FRAME_SIZE, .backing = VMM_IMMEDIATE};
    struct vmm_region *empty = NULL;
    assert_int_equal(vmm_region_create(a, &request, &empty), VMM_OK);
    assert_int_equal(vmm_region_share(b, "s", empty, true, &shared), VMM_BAD_ARGUMENT);
    struct books before = books_now();
    for (size_t left = 0; left < (sizeof(void *) == 8 ? 3 : 1); left++) {
        size_t taken = take_all_but(left, frames);
        assert_int_equal(vmm_region_share(b, "s", source, true, &shared), VMM_NO_MEMORY);
        give_back(frames, taken);
        expect_books(before);
    }
    assert_null(shared);
    assert_true(source->sharers == 0 && b->paging->pt.tables == 1);
    assert_int_equal(vmm_region_share(b, "s", source, true, &shared), VMM_OK);
    vmm_region_destroy(shared);
}

/* Within a space, too; and a large leaf's pages are found one by one. */
static void test_share_of_a_large_leaf(void **state)
{
    close_machine(state);
    open_large_machine(state);
    struct books before = books_now();
    struct vmm_space *a = begin(0);
    struct vmm_region *source = NULL, *shared = NULL;
    struct vmm_region_request request = {
        .name = "large", .reserve = 2 * pt_table_span, .backing = VMM_IMMEDIATE, .writable = true, .is_large = true};
    assert_int_equal(vmm_region_create(a, &request, &source), VMM_OK);
    assert_int_equal(vmm_region_grow(source, pt_table_span - 3 * FRAME_SIZE), VMM_OK);
    assert_int_equal(source->large_leaves, 1);
    assert_int_equal(vmm_region_share(a, "shared", source, true, &shared), VMM_OK);
    assert_int_equal(shared->reserve, source->committed);
    for (size_t at = 0; at < shared->reserve; at += FRAME_SIZE)
        REQUIRE(frame_of(a, shared->base + at) == frame_of(a, source->base + at));
    assert_true(frame_of(a, shared->base + shared->reserve) == 0);
    end(0); /* the sharer first, whichever comes first in the pool */
    expect_books(before);
}

/* ---- no memory for a space ---- */

static void test_space_refused(void **state)
{
    (void)state;
    static paddr_t frames[MACHINE_FRAMES];
    struct books before = books_now();
    struct vmm_window w = window();
    size_t taken = take_all_but(0, frames);
    assert_int_equal(vmm_space_create(&sides[0].space, &sides[0].paging, &space, &w), VMM_NO_MEMORY);
    give_back(frames, taken);
    assert_null(paging.pt.sharers);
    create_in(&space, 1, VMM_IMMEDIATE); /* nobody is told of it who is not there */
    vmm_region_destroy(&space.regions[0]);
    expect_books(before);
}

/* ---- random ---- */

static struct vmm_region *random_region(struct vmm_space *in)
{
    struct vmm_region *r = &in->regions[random_below(VMM_REGIONS_MAX / 4)];
    return r->name ? r : NULL;
}

static void random_create(struct vmm_space *in)
{
    struct vmm_region *r = NULL;
    struct vmm_region_request request = {.name = "random",
                                         .reserve = 1 + random_below(40 * FRAME_SIZE),
                                         .backing = (enum vmm_backing)random_below(3),
                                         .writable = true};
    REQUIRE(vmm_region_create(in, &request, &r) == VMM_OK);
    enum vmm_status status = vmm_region_grow(r, r->reserve);
    REQUIRE(status == VMM_OK || status == VMM_NO_MEMORY);
}

static bool is_full(const struct vmm_space *in)
{
    return in->regions[VMM_REGIONS_MAX - 1].name != NULL;
}

/* A sharer of another space's region, or of the kernel's. */
static void random_share(struct vmm_space *in)
{
    size_t i = random_below(SPACES + 1);
    struct vmm_space *from = i < SPACES && sides[i].is_there ? &sides[i].space : &space;
    struct vmm_region *source = random_region(from), *shared = NULL;
    if (!source)
        return;
    enum vmm_status status = vmm_region_share(in, "shared", source, random_below(2), &shared);
    if (source->backing != VMM_IMMEDIATE || source->committed == 0)
        REQUIRE(status == VMM_BAD_ARGUMENT);
    else
        REQUIRE(status == VMM_OK || status == VMM_NO_MEMORY);
    for (size_t at = 0; status == VMM_OK && at < shared->reserve; at += FRAME_SIZE)
        REQUIRE(frame_of(in, shared->base + at) == frame_of(from, source->base + at));
}

static void random_touch(struct vmm_space *in)
{
    struct vmm_region *r = random_region(in);
    if (!r || r->committed == 0)
        return;
    vmm_switch(&space, in == &space ? NULL : in);
    enum fault_verdict verdict = touch(r->base + random_below(r->committed), random_below(2));
    REQUIRE(fault_is_resolved(verdict) || (verdict == FAULT_PROTECTION && r->backing == VMM_SHARED));
}

/* Whether another space shows frames of this one's. */
static bool is_needed(size_t s)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &sides[s].space.regions[i];
        size_t inside = 0;
        for (size_t k = 0; k < VMM_REGIONS_MAX; k++)
            inside += sides[s].space.regions[k].name && sides[s].space.regions[k].shared == r;
        if (r->name && r->sharers > inside)
            return true;
    }
    return false;
}

static void random_step(void)
{
    size_t i = random_below(SPACES + 1), kind = random_below(20);
    struct vmm_space *in = i < SPACES ? &sides[i].space : &space;
    if (i < SPACES && !sides[i].is_there) {
        begin(i);
    } else if (kind == 0 && i < SPACES && !is_needed(i)) {
        vmm_switch(&space, NULL);
        end(i);
    } else if (kind < 5 && !is_full(in)) {
        random_create(in);
    } else if (kind < 8 && !is_full(in)) {
        random_share(in);
    } else if (kind < 11) {
        struct vmm_region *r = random_region(in);
        if (r && r->sharers == 0)
            vmm_region_destroy(r);
    } else {
        random_touch(in);
    }
}

/* Every table and frame is counted in a region or a tree, once. */
static void require_books(void)
{
    size_t data = 1, owed = 0, tables = paging.pt.tables; /* the zero page */
    for (size_t s = 0; s <= SPACES; s++) {
        const struct vmm_space *in = s < SPACES ? &sides[s].space : &space;
        if (s < SPACES && !sides[s].is_there)
            continue;
        tables += s < SPACES ? in->paging->pt.tables : 0;
        for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
            const struct vmm_region *r = &in->regions[i];
            if (!r->name || r->backing > VMM_ZERO)
                continue;
            data += r->frames - r->tables;
            owed += r->covered / FRAME_SIZE - (r->frames - r->tables);
        }
    }
    REQUIRE(pmm_used(&pmm) == data + tables && pmm.reserved == owed);
}

static void destroy_shares(struct vmm_space *in)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        if (in->regions[i].name && in->regions[i].backing == VMM_SHARED)
            vmm_region_destroy(&in->regions[i]);
    }
}

static void destroy_everything(void)
{
    vmm_switch(&space, NULL);
    destroy_shares(&space);
    for (size_t i = 0; i < SPACES; i++) {
        if (sides[i].is_there)
            destroy_shares(&sides[i].space);
    }
    for (size_t i = 0; i < SPACES; i++) {
        if (sides[i].is_there)
            end(i);
    }
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        if (space.regions[i].name)
            vmm_region_destroy(&space.regions[i]);
    }
}

static void test_random_spaces(void **state)
{
    (void)state;
    struct books before = books_now();
    for (uint64_t seed = 1; seed <= 15; seed++) {
        run_begin(seed);
        for (int step = 0; step < 500; step++) {
            random_step();
            require_books();
        }
        destroy_everything();
        expect_books(before);
        assert_null(paging.pt.sharers);
        junk_free_frames();
    }
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_sides, close_machine)
    const struct CMUnitTest tests[] = {
        IN_MACHINE(test_same_address_other_frame),
        IN_MACHINE(test_kernel_half),
        IN_MACHINE(test_faults_go_to_the_space_in_force),
        IN_MACHINE(test_shared_frames),
        IN_MACHINE(test_sharing_refused),
        IN_MACHINE(test_share_of_a_large_leaf),
        IN_MACHINE(test_space_refused),
        IN_MACHINE(test_random_spaces),
    };
    return cmocka_run_group_tests_name("spaces", tests, NULL, NULL);
}
