/* Large leaves: where one comes and where pages come instead, what it costs and gives back, under every backing; then
 * random regions against a page-by-page model that foretells each leaf.
 *
 * The machine has a few runs of frames that a large leaf can use, on both sides of the direct limit. */
#include "machine.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const enum vmm_backing backings[] = {VMM_IMMEDIATE, VMM_DEMAND, VMM_ZERO};

static size_t leaf_frames(void)
{
    return pt_table_span / FRAME_SIZE;
}

static struct vmm_region *create_large(size_t reserve, enum vmm_backing backing)
{
    struct vmm_region *region = NULL;
    struct vmm_region_request request = {
        .name = "large", .reserve = reserve, .backing = backing, .writable = true, .is_large = true};
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_OK);
    return region;
}

static size_t leaf_bytes(vaddr_t address)
{
    struct pt_leaf leaf;
    return pt_query(&paging.pt, address, &leaf) ? leaf.bytes : 0;
}

/* The bytes of the page at an address, of a large leaf too. */
static unsigned char *bytes_at(vaddr_t page)
{
    struct pt_leaf leaf;
    REQUIRE(pt_query(&paging.pt, page, &leaf));
    return frame_bytes(leaf.frame + (page - leaf.address));
}

static void require_page_of_zeros(vaddr_t page)
{
    const unsigned char *bytes = bytes_at(page);
    REQUIRE(bytes[0] == 0 && memcmp(bytes, bytes + 1, FRAME_SIZE - 1) == 0);
}

/* Commits that much and, where frames come later, touches the last page. */
static void commit_and_touch(struct vmm_region *r, size_t bytes)
{
    assert_int_equal(vmm_region_grow(r, bytes), VMM_OK);
    if (r->backing != VMM_IMMEDIATE)
        assert_int_equal(touch(r->base + bytes - 1, true), FAULT_MAP_FRAME);
}

/* Whether some aligned run of free frames is there. */
static bool has_run(void)
{
    for (size_t first = 0; first + leaf_frames() <= pmm.frames; first += leaf_frames()) {
        size_t i = first;
        while (i < first + leaf_frames() && pmm_set_has(&pmm.free_frames, i))
            i++;
        if (i == first + leaf_frames())
            return true;
    }
    return false;
}

/* Takes a frame out of every run. Returns how many. */
static size_t fragment(paddr_t *frames)
{
    size_t count = 0, kept = 0;
    static paddr_t all[LARGE_MACHINE_FRAMES];
    count = take_all_but(0, all);
    for (size_t i = 0; i < count; i++) {
        if (all[i] / FRAME_SIZE % leaf_frames() == 7)
            frames[kept++] = all[i];
        else
            assert_int_equal(pmm_free(&pmm, all[i]), PMM_OK);
    }
    assert_false(has_run());
    return kept;
}

/* ---- a leaf, and what it costs ---- */

static void expect_leaf(enum vmm_backing backing)
{
    struct books before = books_now();
    struct vmm_region *r = create_large(2 * pt_table_span, backing);
    commit_and_touch(r, 3 * FRAME_SIZE);
    assert_int_equal(leaf_bytes(r->base), pt_table_span);
    assert_int_equal(r->large_leaves, 1);
    assert_int_equal(r->committed, 3 * FRAME_SIZE);
    assert_int_equal(r->covered, pt_table_span);
    assert_int_equal(r->tables, paging.pt.tables - before.tables);
    assert_int_equal(r->tables, sizeof(void *) == 8 ? 2 : 0); /* the last-level table is given back */
    assert_int_equal(r->frames, leaf_frames() + r->tables);
    assert_int_equal(before.free - pmm.free, r->frames);
    assert_int_equal(r->frames_peak, r->frames);
    assert_int_equal(pmm.reserved, 0);
    for (size_t at = 0; at < pt_table_span; at += FRAME_SIZE)
        require_page_of_zeros(r->base + at);
    assert_int_equal(r->count.faults, backing != VMM_IMMEDIATE);

    struct books inside = books_now(); /* growth inside the leaf is free, also to its very end */
    static paddr_t frames[LARGE_MACHINE_FRAMES];
    size_t taken = take_all_but(0, frames);
    assert_int_equal(vmm_region_grow(r, pt_table_span - FRAME_SIZE + 1), VMM_OK);
    assert_int_equal(vmm_region_grow(r, pt_table_span), VMM_OK);
    assert_int_equal(r->committed, pt_table_span);
    assert_int_equal(touch(r->base + pt_table_span - 1, true), FAULT_SPURIOUS);
    assert_int_equal(touch(r->base + pt_table_span, true), FAULT_BEYOND);
    assert_int_equal(vmm_region_grow(r, pt_table_span + 1), VMM_NO_MEMORY);
    give_back(frames, taken);
    expect_books(inside);
    vmm_region_destroy(r);
    expect_books(before);
}

static void test_leaf_under_each_backing(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(backings); i++) {
        expect_leaf(backings[i]);
        junk_free_frames();
    }
}

/* A region of several leaves and a rest: the rest, which the reserve does not reach over, comes as pages. */
static void test_reserve_ends_inside(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(backings); i++) {
        struct books before = books_now();
        size_t reserve = 2 * pt_table_span + 5 * FRAME_SIZE;
        struct vmm_region *r = create_large(reserve, backings[i]);
        assert_int_equal(vmm_region_grow(r, reserve), VMM_OK);
        for (size_t at = 0; at < reserve; at += FRAME_SIZE)
            (void)touch(r->base + at, true);
        assert_int_equal(r->large_leaves, 2);
        assert_int_equal(leaf_bytes(r->base + 2 * pt_table_span - 1), pt_table_span);
        assert_int_equal(leaf_bytes(r->base + 2 * pt_table_span), FRAME_SIZE);
        assert_int_equal(r->covered, reserve);
        assert_int_equal(r->frames, 2 * leaf_frames() + 5 + r->tables);
        assert_int_equal(r->count.faults, backings[i] == VMM_IMMEDIATE ? 0 : 2 + 5);
        assert_int_equal(pmm.reserved, 0);
        vmm_region_destroy(r);
        expect_books(before);
        struct vmm_region *small = create_large(pt_table_span - FRAME_SIZE, backings[i]);
        commit_and_touch(small, pt_table_span - FRAME_SIZE);
        assert_int_equal(leaf_bytes(small->base + pt_table_span - 2 * FRAME_SIZE), FRAME_SIZE);
        assert_int_equal(small->large_leaves, 0);
        vmm_region_destroy(small);
        expect_books(before);
    }
}

/* A region that does not ask for large leaves gets none. */
static void test_only_where_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(backings); i++) {
        struct vmm_region *r = create("small", 2 * pt_table_span, backings[i]);
        commit_and_touch(r, 2 * FRAME_SIZE);
        assert_int_equal(leaf_bytes(r->base + FRAME_SIZE), FRAME_SIZE);
        assert_int_equal(r->covered, 2 * FRAME_SIZE);
    }
}

/* ---- pages instead ---- */

static void test_no_run(void **state)
{
    (void)state;
    static paddr_t frames[64];
    for (size_t i = 0; i < LENGTH(backings); i++) {
        size_t taken = fragment(frames);
        struct books before = books_now();
        struct vmm_region *r = create_large(3 * pt_table_span, backings[i]);
        commit_and_touch(r, 2 * FRAME_SIZE);
        assert_int_equal(leaf_bytes(r->base + FRAME_SIZE), FRAME_SIZE);
        assert_int_equal(r->large_leaves, 0);
        assert_int_equal(r->covered, 2 * FRAME_SIZE);
        size_t own = backings[i] == VMM_IMMEDIATE ? 2 : 1;
        assert_int_equal(r->frames, own + r->tables);
        assert_int_equal(pmm.reserved, 2 - own);
        give_back(frames, taken);
        commit_and_touch(r, 3 * FRAME_SIZE); /* a run is there again, but so are pages in the stretch */
        assert_int_equal(leaf_bytes(r->base + 2 * FRAME_SIZE), FRAME_SIZE);
        commit_and_touch(r, pt_table_span + 1); /* the next stretch is free */
        assert_int_equal(leaf_bytes(r->base + pt_table_span), pt_table_span);
        assert_int_equal(r->large_leaves, 1);
        assert_int_equal(r->covered, 2 * pt_table_span);
        vmm_region_destroy(r);
        before.free += taken;
        expect_books(before);
    }
}

/* The reservation of others is not for the part of a leaf that nobody committed. */
static void test_reserved_frames_are_not_taken(void **state)
{
    (void)state;
    static paddr_t frames[LARGE_MACHINE_FRAMES];
    struct vmm_region *r = create_large(pt_table_span, VMM_DEMAND);
    assert_int_equal(vmm_region_grow(r, 10 * FRAME_SIZE), VMM_OK);
    size_t rest = leaf_frames() - 10;
    assert_true(pmm_reserve(&pmm, pmm.free - pmm.reserved - (rest - 1)));
    assert_true(has_run());
    assert_int_equal(touch(r->base, true), FAULT_MAP_FRAME);
    assert_int_equal(leaf_bytes(r->base), FRAME_SIZE); /* one frame too few */
    size_t others = pmm.reserved - 9;
    struct vmm_region *last = create_large(pt_table_span, VMM_DEMAND);
    pmm_unreserve(&pmm, others);
    assert_int_equal(vmm_region_grow(last, 10 * FRAME_SIZE), VMM_OK);
    assert_true(pmm_reserve(&pmm, pmm.free - pmm.reserved - rest));
    assert_int_equal(touch(last->base, true), FAULT_MAP_FRAME);
    assert_int_equal(leaf_bytes(last->base), pt_table_span); /* exactly enough */
    assert_int_equal(take_all_but(0, frames), 1);            /* the table that the leaf replaced */
    assert_true(pmm_check(&pmm));
}

/* A page that shows the zero page is something mapped. */
static void test_zero_page_in_the_stretch(void **state)
{
    (void)state;
    struct vmm_region *r = create_large(2 * pt_table_span, VMM_ZERO);
    assert_int_equal(vmm_region_grow(r, pt_table_span + 2 * FRAME_SIZE), VMM_OK);
    assert_int_equal(touch(r->base + FRAME_SIZE, false), FAULT_MAP_ZERO);
    assert_int_equal(touch(r->base, true), FAULT_MAP_FRAME);
    assert_int_equal(leaf_bytes(r->base), FRAME_SIZE);
    assert_int_equal(touch(r->base + FRAME_SIZE, true), FAULT_COPY);
    assert_int_equal(leaf_bytes(r->base + FRAME_SIZE), FRAME_SIZE);
    assert_int_equal(touch(r->base + pt_table_span + FRAME_SIZE, true), FAULT_MAP_FRAME);
    assert_int_equal(leaf_bytes(r->base + pt_table_span), pt_table_span);
    assert_int_equal(touch(r->base + pt_table_span, false), FAULT_SPURIOUS);
    assert_int_equal(r->frames, leaf_frames() + 2 + r->tables);
    assert_int_equal(r->count.zero_hits, 1);
    assert_int_equal(r->count.copies, 1);
}

/* Immediate growth that is refused has brought nothing: here behind a leaf, for want of frames to set aside. */
static void test_refused_growth(void **state)
{
    (void)state;
    static paddr_t frames[LARGE_MACHINE_FRAMES];
    struct vmm_region *r = create_large(4 * pt_table_span, VMM_IMMEDIATE);
    assert_int_equal(vmm_region_grow(r, FRAME_SIZE), VMM_OK);
    size_t taken = take_all_but(leaf_frames() + 1, frames); /* a table is needed too */
    struct books before = books_now();
    assert_int_equal(vmm_region_grow(r, 2 * pt_table_span + 2 * FRAME_SIZE), VMM_NO_MEMORY);
    expect_books(before);
    assert_int_equal(r->committed, FRAME_SIZE);
    assert_int_equal(r->covered, pt_table_span);
    assert_int_equal(vmm_region_grow(r, 2 * pt_table_span), VMM_OK);
    give_back(frames, taken);
}

/* ---- random regions against a model, page by page ---- */

enum { REGIONS = 5, STRETCHES = 3, PAGES_MAX = STRETCHES * 1024 };

static struct model {
    struct vmm_region *r;
    size_t pages, reserve_pages; /* committed; reserve */
    enum { NONE, SHOWS_ZEROS, OWN, LARGE } page[PAGES_MAX];
    struct vmm_faults count;
} models[REGIONS];

static size_t leaves_seen, pages_instead;

static unsigned char mark_of(const struct model *m, size_t i)
{
    return (unsigned char)(1 + (i * REGIONS + (size_t)(m - models)) % 251);
}

static size_t covered_pages(const struct model *m)
{
    size_t covered = m->pages;
    while (covered < m->reserve_pages && m->page[covered] == LARGE)
        covered++;
    return covered;
}

/* Whether bringing memory to page i now brings a large leaf. */
static bool foretell_leaf(const struct model *m, size_t i, size_t covered)
{
    size_t first = i - i % leaf_frames(), here = covered - first;
    if (!m->r->is_large || first + leaf_frames() > m->reserve_pages)
        return false;
    for (size_t k = first; k < first + leaf_frames(); k++) {
        if (m->page[k] != NONE)
            return false;
    }
    here = here < leaf_frames() ? here : leaf_frames();
    return leaf_frames() - here <= pmm.free - pmm.reserved && has_run();
}

static void model_bring(struct model *m, size_t i, bool is_leaf)
{
    size_t first = i - i % leaf_frames();
    for (size_t k = first; is_leaf && k < first + leaf_frames(); k++)
        m->page[k] = LARGE;
    if (!is_leaf)
        m->page[i] = OWN;
    leaves_seen += is_leaf;
    pages_instead += !is_leaf && m->r->is_large;
}

static void random_touch(struct model *m)
{
    size_t i = random_below(m->pages);
    bool write = random_below(2), is_leaf = foretell_leaf(m, i, covered_pages(m));
    vaddr_t page = m->r->base + i * FRAME_SIZE;
    enum fault_verdict verdict = touch(page, write), expected = FAULT_SPURIOUS;
    if (m->page[i] == NONE)
        expected = m->r->backing == VMM_ZERO && !write ? FAULT_MAP_ZERO : FAULT_MAP_FRAME;
    else if (m->page[i] == SHOWS_ZEROS && write)
        expected = FAULT_COPY;
    REQUIRE(verdict == expected);
    if (verdict == FAULT_MAP_ZERO)
        m->page[i] = SHOWS_ZEROS;
    else if (verdict != FAULT_SPURIOUS)
        model_bring(m, i, is_leaf && verdict == FAULT_MAP_FRAME);
    m->count.faults += verdict != FAULT_SPURIOUS;
    m->count.zero_hits += verdict == FAULT_MAP_ZERO;
    m->count.copies += verdict == FAULT_COPY;
    unsigned char *bytes = bytes_at(page);
    REQUIRE(bytes[0] == 0 || bytes[0] == mark_of(m, i));
    if (m->page[i] != SHOWS_ZEROS)
        bytes[0] = mark_of(m, i);
}

/* An immediate region brings its pages at once; a leaf that fits one page fits them in the order they come. */
static void random_grow(struct model *m)
{
    size_t pages = m->pages + 1 + random_below(random_below(3) ? 60 : 2 * leaf_frames());
    enum vmm_status status = vmm_region_grow(m->r, pages * FRAME_SIZE - random_below(FRAME_SIZE));
    REQUIRE(pages > m->reserve_pages ? status == VMM_BAD_ARGUMENT : status == VMM_OK || status == VMM_NO_MEMORY);
    if (status != VMM_OK)
        return;
    for (size_t i = m->pages; i < pages && m->r->backing == VMM_IMMEDIATE; i++) {
        if (m->page[i] == NONE)
            model_bring(m, i, leaf_bytes(m->r->base + i * FRAME_SIZE) > FRAME_SIZE);
    }
    m->pages = pages;
}

static void random_step(struct model *m)
{
    size_t kind = random_below(12);
    if (!m->r) {
        memset(m, 0, sizeof *m);
        m->reserve_pages = 1 + random_below(STRETCHES * leaf_frames());
        size_t bytes = m->reserve_pages * FRAME_SIZE;
        enum vmm_backing backing = backings[random_below(LENGTH(backings))];
        m->r = random_below(4) ? create_large(bytes, backing) : create("pages", bytes, backing);
    } else if (kind == 0) {
        vmm_region_destroy(m->r);
        m->r = NULL;
    } else if (kind < 4) {
        random_grow(m);
    } else if (m->pages > 0) {
        random_touch(m);
    }
}

/* The region's page i is mapped as the model has it. */
static void require_page(const struct model *m, size_t i)
{
    struct pt_leaf leaf;
    bool is_there = pt_query(&paging.pt, m->r->base + i * FRAME_SIZE, &leaf);
    REQUIRE(is_there == (m->page[i] != NONE));
    REQUIRE(!is_there || (leaf.bytes > FRAME_SIZE) == (m->page[i] == LARGE));
    REQUIRE(!is_there || (leaf.frame == space.zero_page) == (m->page[i] == SHOWS_ZEROS));
    REQUIRE(!is_there || ((leaf.flags & PT_WRITE) != 0) == (m->page[i] != SHOWS_ZEROS));
}

/* Returns the region's frames without tables. */
static size_t require_region(const struct model *m, bool every_page)
{
    const struct vmm_region *r = m->r;
    size_t own = 0, large = 0;
    for (size_t i = 0; i < m->reserve_pages; i++) {
        own += m->page[i] == OWN;
        large += m->page[i] == LARGE;
        if (every_page)
            require_page(m, i);
    }
    REQUIRE(r->committed == m->pages * FRAME_SIZE);
    REQUIRE(r->covered == covered_pages(m) * FRAME_SIZE);
    REQUIRE(r->large_leaves * leaf_frames() == large);
    REQUIRE(r->frames - r->tables == own + large);
    REQUIRE(r->count.faults == m->count.faults && r->count.zero_hits == m->count.zero_hits);
    REQUIRE(r->count.copies == m->count.copies && r->frames_peak >= r->frames);
    return own + large;
}

static void require_everything(size_t taken, bool every_page)
{
    size_t data = taken, owed = 0;
    for (size_t i = 0; i < REGIONS; i++) {
        if (!models[i].r)
            continue;
        size_t own = require_region(&models[i], every_page);
        data += own;
        owed += covered_pages(&models[i]) - own;
    }
    REQUIRE(pmm.reserved == owed);
    REQUIRE(pmm_used(&pmm) == data + paging.pt.tables + 1); /* the zero page */
    REQUIRE(pmm_check(&pmm));
}

static void test_random_regions(void **state)
{
    (void)state;
    struct books before = books_now();
    for (uint64_t seed = 1; seed <= 8; seed++) {
        static paddr_t frames[LARGE_MACHINE_FRAMES];
        run_begin(seed);
        size_t taken = take_all_but((2 + random_below(5)) * leaf_frames(), frames); /* so that runs go short */
        for (int step = 0; step < 600; step++) {
            random_step(&models[random_below(REGIONS)]);
            require_everything(taken, step % 25 == 0);
        }
        for (size_t i = 0; i < REGIONS; i++) {
            if (models[i].r)
                vmm_region_destroy(models[i].r);
            models[i].r = NULL;
        }
        give_back(frames, taken);
        expect_books(before);
        junk_free_frames();
    }
    assert_true(leaves_seen > 30 && pages_instead > 30);
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_large_machine, close_machine)
    const struct CMUnitTest tests[] = {
        IN_MACHINE(test_leaf_under_each_backing),
        IN_MACHINE(test_reserve_ends_inside),
        IN_MACHINE(test_only_where_asked_for),
        IN_MACHINE(test_no_run),
        IN_MACHINE(test_reserved_frames_are_not_taken),
        IN_MACHINE(test_zero_page_in_the_stretch),
        IN_MACHINE(test_refused_growth),
        IN_MACHINE(test_random_regions),
    };
    return cmocka_run_group_tests_name("vmm_large", tests, NULL, NULL);
}
