/* Zero backing: the one zero page serves reads until the first write, which takes a frame of its own from what commit
 * set aside. Every count is exact, and the zero page stays what it is whatever happens around it. */
#include "machine.h"

static paddr_t frame_at(vaddr_t page)
{
    struct pt_leaf leaf;
    REQUIRE(pt_query(&paging.pt, page, &leaf) && leaf.bytes == FRAME_SIZE);
    return leaf.frame;
}

static unsigned rights_at(vaddr_t page)
{
    struct pt_leaf leaf;
    REQUIRE(pt_query(&paging.pt, page, &leaf));
    return leaf.flags;
}

static void expect_counts(const struct vmm_region *r, uint64_t faults, uint64_t zero_hits, uint64_t copies)
{
    REQUIRE(r->count.faults == faults && r->count.zero_hits == zero_hits && r->count.copies == copies);
    REQUIRE(space.count.faults == faults && space.count.zero_hits == zero_hits && space.count.copies == copies);
}

/* All zeros, and still allocated. */
static void require_zero_page(void)
{
    const unsigned char *bytes = frame_bytes(space.zero_page);
    REQUIRE(bytes[0] == 0 && memcmp(bytes, bytes + 1, FRAME_SIZE - 1) == 0);
    REQUIRE(!pmm_set_has(&pmm.free_frames, (size_t)(space.zero_page / FRAME_SIZE)));
}

static struct vmm_region *committed(size_t pages)
{
    struct vmm_region *r = create("zero", pages * FRAME_SIZE, VMM_ZERO);
    assert_int_equal(vmm_region_grow(r, pages * FRAME_SIZE), VMM_OK);
    return r;
}

/* ---- one page ---- */

static void test_read_first(void **state)
{
    (void)state;
    struct vmm_region *r = committed(4);
    vaddr_t page = r->base + FRAME_SIZE;
    size_t free_before = pmm.free;
    assert_false(is_mapped(page));
    assert_int_equal(pmm.reserved, 4);
    assert_int_equal(touch(page + 77, false), FAULT_MAP_ZERO);
    assert_true(frame_at(page) == space.zero_page);
    assert_int_equal(rights_at(page) & (PT_WRITE | PT_USER), 0);
    assert_int_equal(pmm.free, free_before); /* no frame of its own, and its reservation stays */
    assert_int_equal(pmm.reserved, 4);
    assert_int_equal(r->frames, r->tables);
    expect_counts(r, 1, 1, 0);
    assert_int_equal(touch(page, false), FAULT_SPURIOUS); /* served already */
    expect_counts(r, 1, 1, 0);
}

static void test_write_after(void **state)
{
    (void)state;
    struct vmm_region *r = committed(4);
    vaddr_t page = r->base + 3 * FRAME_SIZE;
    size_t free_before = pmm.free;
    assert_int_equal(touch(page, false), FAULT_MAP_ZERO);
    size_t invalidated = invalidations;
    assert_int_equal(touch(page + FRAME_SIZE - 1, true), FAULT_COPY);
    assert_true(invalidations > invalidated); /* the zero page's translation is stale */
    assert_true(frame_at(page) != space.zero_page);
    assert_true(rights_at(page) & PT_WRITE);
    require_zeros(page);
    assert_int_equal(pmm.free, free_before - 1);
    assert_int_equal(pmm.reserved, 3);
    assert_int_equal(r->frames, r->tables + 1);
    expect_counts(r, 2, 1, 1);
    page_bytes(page)[5] = 5;
    assert_int_equal(touch(page, true), FAULT_SPURIOUS);
    assert_int_equal(page_bytes(page)[5], 5);
    expect_counts(r, 2, 1, 1);
    require_zero_page();
}

static void test_write_first(void **state)
{
    (void)state;
    struct vmm_region *r = committed(4);
    assert_int_equal(touch(r->base, true), FAULT_MAP_FRAME);
    assert_true(frame_at(r->base) != space.zero_page && (rights_at(r->base) & PT_WRITE));
    require_zeros(r->base);
    assert_int_equal(pmm.reserved, 3);
    assert_int_equal(r->frames, r->tables + 1);
    assert_false(is_mapped(r->base + FRAME_SIZE));
    expect_counts(r, 1, 0, 0);
}

/* ---- what is forbidden ---- */

static void test_protection(void **state)
{
    (void)state;
    struct vmm_region *r = NULL, *writable = committed(2);
    struct vmm_region_request request = {.name = "constant", .reserve = 3 * FRAME_SIZE, .backing = VMM_ZERO};
    const struct fault_access fetch = {.fetch = true}, user = {.user = true},
                              user_write = {.user = true, .write = true};
    assert_int_equal(vmm_region_create(&space, &request, &r), VMM_OK);
    assert_int_equal(vmm_region_grow(r, 2 * FRAME_SIZE), VMM_OK);
    size_t free_before = pmm.free;
    for (int round = 0; round < 2; round++) { /* before the zero page is shown, and while it is */
        assert_int_equal(touch(r->base, true), FAULT_PROTECTION);
        assert_int_equal(vmm_handle_fault(&space, r->base, &fetch), FAULT_PROTECTION);
        assert_int_equal(vmm_handle_fault(&space, r->base, &user), FAULT_PROTECTION);
        assert_int_equal(vmm_handle_fault(&space, writable->base, &user_write), FAULT_PROTECTION);
        assert_int_equal(vmm_handle_fault(&space, writable->base, &fetch), FAULT_PROTECTION);
        assert_int_equal(touch(r->base, false), round ? FAULT_SPURIOUS : FAULT_MAP_ZERO);
        assert_int_equal(touch(writable->base, false), round ? FAULT_SPURIOUS : FAULT_MAP_ZERO);
    }
    assert_int_equal(pmm.free, free_before);
    assert_int_equal(touch(r->base + 2 * FRAME_SIZE, false), FAULT_BEYOND);
    assert_int_equal(touch(r->base + 3 * FRAME_SIZE, false), FAULT_GUARD);
    assert_int_equal(r->count.faults, 1);
    assert_int_equal(space.count.faults, 2);
    require_zero_page();
}

/* The zero page's frame may be mapped elsewhere, as in the physical map: there a stale translation is just that. */
static void test_zero_page_mapped_elsewhere(void **state)
{
    (void)state;
    struct vmm_region *r = NULL;
    void *address;
    vaddr_t outside = window_first - 8 * pt_table_span;
    assert_int_equal(pt_map(&paging.pt, outside, space.zero_page, FRAME_SIZE, PT_WRITE), PT_OK);
    assert_int_equal(vmm_map_physical(&space, "p", space.zero_page, FRAME_SIZE, PT_WRITE, &address, &r), VMM_OK);
    struct books before = books_now();
    assert_int_equal(touch(outside, true), FAULT_SPURIOUS);
    assert_int_equal(touch(outside, false), FAULT_SPURIOUS);
    assert_int_equal(touch(r->base, true), FAULT_SPURIOUS);
    expect_books(before);
}

/* ---- all of memory ---- */

/* After commit no touch fails for want of frames, in whatever order pages are read and written. */
static void test_committed_memory_is_there(void **state)
{
    (void)state;
    enum { PAGES = 200 };
    static paddr_t frames[MACHINE_FRAMES];
    struct vmm_region *r = committed(PAGES), *more = create("more", pt_table_span, VMM_ZERO);
    size_t taken = take_all_but(0, frames), copies = 0;
    assert_int_equal(vmm_region_grow(more, FRAME_SIZE), VMM_NO_MEMORY);
    for (size_t i = 0; i < PAGES; i += 2)
        assert_int_equal(touch(r->base + i * FRAME_SIZE, false), FAULT_MAP_ZERO);
    for (size_t i = PAGES; i-- > 0; copies += i % 2 == 0)
        assert_int_equal(touch(r->base + i * FRAME_SIZE, true), i % 2 == 0 ? FAULT_COPY : FAULT_MAP_FRAME);
    assert_int_equal(pmm.free, 0);
    assert_int_equal(pmm.reserved, 0);
    expect_counts(r, PAGES + copies, copies, copies);
    assert_int_equal(r->frames, PAGES + r->tables);
    assert_int_equal(r->frames_peak, r->frames);
    require_zero_page();
    give_back(frames, taken);
}

/* Memory filled to the last frame and given back, again and again: the zero page is never among it. */
static void test_everything_filled_and_given_back(void **state)
{
    (void)state;
    struct books before = books_now();
    for (int round = 0; round < 3; round++) {
        struct vmm_region *r = create("all", MACHINE_FRAMES * FRAME_SIZE, VMM_ZERO);
        size_t pages = 0;
        while (vmm_region_grow(r, (pages + 1) * FRAME_SIZE) == VMM_OK) {
            vaddr_t page = r->base + pages++ * FRAME_SIZE;
            if (pages % 3 == 0)
                assert_int_equal(touch(page, false), FAULT_MAP_ZERO);
            if (pages % 5)
                assert_true(fault_is_resolved(touch(page, true)));
            if (pages % 5)
                memset(page_bytes(page), 0xEE, FRAME_SIZE);
        }
        assert_true(pages > 1000);
        assert_int_equal(pmm.free, pages / 5);
        assert_int_equal(pmm.reserved, pages / 5);
        require_zero_page();
        vmm_region_destroy(r);
        expect_books(before);
        require_zero_page();
        junk_free_frames();
    }
}

/* ---- random: reads and writes against a model ---- */

enum { MODEL_PAGES = 300 };

static enum { NOT_MAPPED, ZERO_PAGE, OWN_FRAME } seen[MODEL_PAGES];

static void random_touch(struct vmm_region *r, size_t i, struct vmm_faults *expected)
{
    bool write = random_below(2);
    vaddr_t page = r->base + i * FRAME_SIZE;
    enum fault_verdict verdict = touch(page + random_below(FRAME_SIZE), write);
    if (seen[i] == OWN_FRAME || (seen[i] == ZERO_PAGE && !write)) {
        REQUIRE(verdict == FAULT_SPURIOUS);
        return;
    }
    REQUIRE(verdict == (!write ? FAULT_MAP_ZERO : seen[i] == ZERO_PAGE ? FAULT_COPY : FAULT_MAP_FRAME));
    expected->faults++;
    expected->zero_hits += !write;
    expected->copies += write && seen[i] == ZERO_PAGE;
    require_zeros(page);
    seen[i] = write ? OWN_FRAME : ZERO_PAGE;
    if (write)
        memset(page_bytes(page), (int)(1 + i % 250), FRAME_SIZE);
}

static void require_model(const struct vmm_region *r, size_t pages)
{
    size_t own = 0;
    for (size_t i = 0; i < pages; i++) {
        const unsigned char *bytes = page_bytes(r->base + i * FRAME_SIZE);
        REQUIRE((bytes != NULL) == (seen[i] != NOT_MAPPED));
        REQUIRE(seen[i] != OWN_FRAME || (bytes[0] == 1 + i % 250 && bytes[FRAME_SIZE - 1] == 1 + i % 250));
        REQUIRE(seen[i] != ZERO_PAGE || bytes == frame_bytes(space.zero_page));
        own += seen[i] == OWN_FRAME;
    }
    REQUIRE(r->frames == r->tables + own && pmm.reserved == pages - own);
    require_zero_page();
}

static void test_random_touches(void **state)
{
    (void)state;
    struct books before = books_now();
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct vmm_region *r = create("random", MODEL_PAGES * FRAME_SIZE, VMM_ZERO);
        struct vmm_faults expected = {0};
        run_begin(seed);
        memset(seen, 0, sizeof seen);
        space.count = (struct vmm_faults){0};
        for (size_t pages = 0; pages < MODEL_PAGES;) {
            pages += 1 + random_below(40);
            pages = pages < MODEL_PAGES ? pages : MODEL_PAGES;
            REQUIRE(vmm_region_grow(r, pages * FRAME_SIZE) == VMM_OK);
            for (int i = 0; i < 60; i++)
                random_touch(r, random_below(pages), &expected);
            require_model(r, pages);
        }
        expect_counts(r, expected.faults, expected.zero_hits, expected.copies);
        vmm_region_destroy(r);
        expect_books(before);
        junk_free_frames();
    }
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_machine, close_machine)
    const struct CMUnitTest tests[] = {
        IN_MACHINE(test_read_first),
        IN_MACHINE(test_write_after),
        IN_MACHINE(test_write_first),
        IN_MACHINE(test_protection),
        IN_MACHINE(test_zero_page_mapped_elsewhere),
        IN_MACHINE(test_committed_memory_is_there),
        IN_MACHINE(test_everything_filled_and_given_back),
        IN_MACHINE(test_random_touches),
    };
    return cmocka_run_group_tests_name("vmm_zero", tests, NULL, NULL);
}
