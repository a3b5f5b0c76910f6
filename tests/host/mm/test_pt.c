/* The page-table walker: named cases, then a million random operations against a page-by-page model with failing table
 * frames.
 *
 * The model keeps each page's leaf, which last-level tables exist, and a translation buffer as a processor has it:
 * what was looked up once stays until it is invalidated. A stale entry in the buffer is a failure.
 */
#include "frames.h"

#include "pt_format.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { SLOTS = 4, SLOT_PAGES = PT_ENTRIES, PAGES = SLOTS * SLOT_PAGES, WINDOWS = 3 };
enum { OPERATIONS = 1000000, SEEDS = 400 };

struct page {
    bool is_mapped, is_large;
    paddr_t frame;
    unsigned flags;
};

/* A stretch of addresses that the random operations use: SLOTS last-level tables. */
static struct window {
    vaddr_t base;
    struct page pages[PAGES];
    bool has_table[SLOTS];
    struct pt_leaf small_tlb[PAGES], large_tlb[SLOTS]; /* bytes 0: nothing remembered */
} windows[WINDOWS];

static struct pt pt;
static bool nx;
static size_t promotions;

/* ---- the processor's translation buffer ---- */

static struct window *window_of(vaddr_t va)
{
    for (size_t w = 0; w < WINDOWS; w++) {
        if (va - windows[w].base < (vaddr_t)PAGES * FRAME_SIZE)
            return &windows[w];
    }
    return NULL;
}

static void tlb_invalidate(void *context, vaddr_t va)
{
    (void)context;
    struct window *w = window_of(va);
    if (!w)
        return;
    w->small_tlb[(va - w->base) / FRAME_SIZE].bytes = 0;
    w->large_tlb[(va - w->base) / pt_table_span].bytes = 0;
}

static void tlb_remember(struct window *w, size_t page)
{
    struct pt_leaf leaf;
    if (!pt_query(&pt, w->base + page * FRAME_SIZE, &leaf))
        return;
    if (leaf.bytes == FRAME_SIZE)
        w->small_tlb[page] = leaf;
    else
        w->large_tlb[page / SLOT_PAGES] = leaf;
}

/* A remembered translation may be of a size that was split since; what it says of this page must still be true. */
static void tlb_require_fresh(const struct window *w, size_t page)
{
    const struct pt_leaf *remembered[] = {&w->small_tlb[page], &w->large_tlb[page / SLOT_PAGES]};
    vaddr_t va = w->base + page * FRAME_SIZE;
    for (size_t i = 0; i < 2; i++) {
        if (remembered[i]->bytes == 0)
            continue;
        REQUIRE(w->pages[page].is_mapped);
        REQUIRE(w->pages[page].frame == remembered[i]->frame + (va - remembered[i]->address));
        REQUIRE(w->pages[page].flags == remembered[i]->flags);
    }
}

/* ---- the tree is what the model says ---- */

static const struct pt_world world = {
    .take = pool_take, .give = pool_give, .at = pool_at, .invalidate = tlb_invalidate};

static void open_tree(void)
{
    static const vaddr_t wide[] = {0x00007FFFFF800000u & UINTPTR_MAX, 0xFFFF800000000000u & UINTPTR_MAX,
                                   (0x0000008000000000u - 0x400000) & UINTPTR_MAX};
    static const vaddr_t narrow[] = {0, 0x7F800000, 0xFF000000};
    memset(windows, 0, sizeof windows);
    for (size_t w = 0; w < WINDOWS; w++)
        windows[w].base = sizeof(void *) == 8 ? wide[w] : narrow[w];
    pool_open();
    assert_int_equal(pt_init(&pt, &world, nx), PT_OK);
}

/* Frames that hold tables, found by going over the whole tree: what was taken and is not among them is lost. */
static size_t count_tables(paddr_t table_frame, unsigned level)
{
    const pt_entry *table = pool_at(NULL, table_frame);
    size_t count = 1;
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        bool is_large = (table[i] & 0x80) != 0;
        if ((table[i] & 1) && level < PT_LEVELS - 1 && !is_large)
            count += count_tables(table[i] & PT_FRAME_MASK, level + 1);
    }
    return count;
}

static void require_no_leak(void)
{
    REQUIRE(pt.tables == pool.taken_count);
    REQUIRE(pt.tables == count_tables(pt.root, 0));
    REQUIRE(pt.tables <= pt.tables_peak);
}

static void require_page(const struct window *w, size_t page)
{
    const struct page *p = &w->pages[page];
    vaddr_t va = w->base + page * FRAME_SIZE;
    struct pt_leaf leaf;
    bool is_mapped = pt_query(&pt, va + random_below(FRAME_SIZE), &leaf);
    REQUIRE(is_mapped == p->is_mapped);
    if (is_mapped) {
        REQUIRE(leaf.bytes == (p->is_large ? pt_table_span : FRAME_SIZE));
        REQUIRE(leaf.address == va - va % leaf.bytes);
        REQUIRE(leaf.frame + (va - leaf.address) == p->frame);
        REQUIRE(leaf.flags == p->flags);
    }
    tlb_require_fresh(w, page);
}

static void require_everything(void)
{
    for (size_t w = 0; w < WINDOWS; w++) {
        for (size_t page = 0; page < PAGES; page++)
            require_page(&windows[w], page);
    }
    require_no_leak();
}

/* ---- random operations ---- */

struct range {
    struct window *w;
    size_t first, end; /* pages */
    vaddr_t va;
    size_t bytes;
};

static struct range random_range(void)
{
    struct range r = {.w = &windows[random_below(WINDOWS)]};
    if (random_below(6) == 0) { /* whole tables */
        r.first = random_below(SLOTS) * SLOT_PAGES;
        r.end = r.first + SLOT_PAGES * (1 + random_below(2));
    } else if (random_below(8) == 0) {
        r.first = random_below(PAGES);
        r.end = r.first + 1 + random_below(2 * SLOT_PAGES);
    } else {
        r.first = random_below(PAGES);
        r.end = r.first + 1 + random_below(12);
    }
    r.end = r.end > PAGES ? PAGES : r.end;
    r.va = r.w->base + r.first * FRAME_SIZE;
    r.bytes = (r.end - r.first) * FRAME_SIZE;
    return r;
}

/* The rights as pt_query will tell them. */
static unsigned seen_flags(unsigned flags)
{
    return (flags & ~(unsigned)PT_LARGE_OK) | (nx && PT_NX ? 0 : PT_EXEC);
}

static bool any_in(const struct range *r, bool large_only)
{
    for (size_t page = r->first; page < r->end; page++) {
        if (r->w->pages[page].is_mapped && (!large_only || r->w->pages[page].is_large))
            return true;
    }
    return false;
}

static bool all_tables_there(const struct range *r)
{
    for (size_t page = r->first; page < r->end; page++) {
        if (!r->w->has_table[page / SLOT_PAGES])
            return false;
    }
    return true;
}

/* A refused frame is allowed only where one was needed and the budget ran out. */
static bool is_refused(enum pt_status status, bool needs_none)
{
    if (status == PT_NO_MEMORY) {
        REQUIRE(!needs_none);
        REQUIRE(pool.budget < POOL_FRAMES);
        return true;
    }
    return false;
}

static void random_map(void)
{
    struct range r = random_range();
    unsigned flags = (unsigned)random_below(64);
    paddr_t pa = (paddr_t)(1 + random_below(900000)) * FRAME_SIZE;
    if (random_below(2)) /* in step with the addresses, so that large leaves fit */
        pa = pa / pt_table_span * pt_table_span + r.va % pt_table_span;
    enum pt_status status = pt_map(&pt, r.va, pa, r.bytes, flags);
    if (any_in(&r, false)) {
        REQUIRE(status == PT_BUSY);
        return;
    }
    if (is_refused(status, all_tables_there(&r)))
        return;
    REQUIRE(status == PT_OK);
    for (size_t page = r.first; page < r.end; page++) {
        size_t slot = page / SLOT_PAGES, into = page - r.first;
        bool covers = slot * SLOT_PAGES >= r.first && (slot + 1) * SLOT_PAGES <= r.end;
        bool in_step = (pa - r.va) % pt_table_span == 0;
        bool is_large = (flags & PT_LARGE_OK) && covers && in_step && !r.w->has_table[slot];
        r.w->pages[page] = (struct page){true, is_large, pa + (paddr_t)into * FRAME_SIZE, seen_flags(flags)};
    }
    for (size_t page = r.first; page < r.end; page++)
        r.w->has_table[page / SLOT_PAGES] |= !r.w->pages[page].is_large;
}

static void random_prepare(void)
{
    struct range r = random_range();
    enum pt_status status = pt_prepare(&pt, r.va, r.bytes);
    if (any_in(&r, true)) {
        REQUIRE(status == PT_BUSY);
        return;
    }
    if (is_refused(status, all_tables_there(&r)))
        return;
    REQUIRE(status == PT_OK);
    for (size_t page = r.first; page < r.end; page++)
        r.w->has_table[page / SLOT_PAGES] = true;
}

/* Whether a large leaf sticks out of the range; on `apply` the model splits it. */
static bool sticks_out(const struct range *r, bool apply)
{
    bool does = false;
    const size_t ends[] = {r->first, r->end - 1};
    for (size_t i = 0; i < 2; i++) {
        size_t slot = ends[i] / SLOT_PAGES, first = slot * SLOT_PAGES;
        if (!r->w->pages[ends[i]].is_large || (first >= r->first && first + SLOT_PAGES <= r->end))
            continue;
        does = true;
        for (size_t page = first; apply && page < first + SLOT_PAGES; page++)
            r->w->pages[page].is_large = false;
        r->w->has_table[slot] |= apply;
    }
    return does;
}

struct visits {
    const struct range *range;
    size_t pages;
};

static void visit(void *context, const struct pt_leaf *leaf)
{
    struct visits *v = context;
    size_t page = (leaf->address - v->range->w->base) / FRAME_SIZE;
    REQUIRE(leaf->address - v->range->va < v->range->bytes && leaf->bytes <= v->range->bytes);
    REQUIRE(v->range->w->pages[page].frame == leaf->frame && v->range->w->pages[page].flags == leaf->flags);
    v->pages += leaf->bytes / FRAME_SIZE;
}

static void model_unmap(const struct range *r, size_t visited)
{
    size_t mapped = 0;
    for (size_t page = r->first; page < r->end; page++) {
        mapped += r->w->pages[page].is_mapped;
        r->w->pages[page] = (struct page){0};
    }
    REQUIRE(visited == mapped);
}

static void random_unmap(void)
{
    struct range r = random_range();
    struct visits v = {.range = &r};
    bool with_visitor = random_below(8) > 0;
    enum pt_status status = pt_unmap(&pt, r.va, r.bytes, with_visitor ? visit : NULL, &v);
    if (is_refused(status, !sticks_out(&r, false)))
        return;
    REQUIRE(status == PT_OK);
    sticks_out(&r, true);
    if (!with_visitor) {
        for (size_t page = r.first; page < r.end; page++)
            v.pages += r.w->pages[page].is_mapped;
    }
    model_unmap(&r, v.pages);
}

static void random_protect(void)
{
    struct range r = random_range();
    unsigned flags = (unsigned)random_below(64);
    enum pt_status status = pt_protect(&pt, r.va, r.bytes, flags);
    if (is_refused(status, !sticks_out(&r, false)))
        return;
    REQUIRE(status == PT_OK);
    sticks_out(&r, true);
    for (size_t page = r.first; page < r.end; page++) {
        if (r.w->pages[page].is_mapped)
            r.w->pages[page].flags = seen_flags(flags);
    }
}

static void random_release(void)
{
    struct range r = random_range();
    struct visits v = {.range = &r};
    enum pt_status status = pt_release(&pt, r.va, r.bytes, visit, &v);
    if (r.first % SLOT_PAGES || r.end % SLOT_PAGES) {
        REQUIRE(status == PT_BAD_RANGE);
        return;
    }
    REQUIRE(status == PT_OK);
    model_unmap(&r, v.pages);
    for (size_t slot = r.first / SLOT_PAGES; slot < r.end / SLOT_PAGES; slot++)
        r.w->has_table[slot] = false;
}

/* One large leaf in place of an empty table: takes no frame. */
static void random_promote(void)
{
    struct window *w = &windows[random_below(WINDOWS)];
    size_t slot = random_below(SLOTS);
    struct range r = {.w = w, .first = slot * SLOT_PAGES, .end = (slot + 1) * SLOT_PAGES};
    r.va = w->base + slot * pt_table_span;
    bool can = w->has_table[slot] && !any_in(&r, false);
    REQUIRE(pt_can_promote(&pt, r.va + random_below(pt_table_span)) == can);
    if (!can)
        return;
    unsigned flags = (unsigned)random_below(64);
    paddr_t pa = (paddr_t)(1 + random_below(900)) * pt_table_span;
    pt_promote(&pt, r.va, pa, flags);
    for (size_t page = r.first; page < r.end; page++)
        w->pages[page] = (struct page){true, true, pa + (paddr_t)(page - r.first) * FRAME_SIZE, seen_flags(flags)};
    w->has_table[slot] = false;
    promotions++;
}

static void random_operation(void)
{
    pool.budget = random_below(3) ? SIZE_MAX : random_below(6);
    size_t kind = random_below(22);
    if (kind < 7)
        random_map();
    else if (kind < 10)
        random_prepare();
    else if (kind < 14)
        random_unmap();
    else if (kind < 18)
        random_protect();
    else if (kind < 20)
        random_release();
    else
        random_promote();
    pool.budget = SIZE_MAX;
    REQUIRE(pt.tables == pool.taken_count && pt.spare == 0);
    for (int i = 0; i < 6; i++) {
        struct window *w = &windows[random_below(WINDOWS)];
        size_t page = random_below(PAGES);
        require_page(w, page);
        tlb_remember(w, page);
    }
}

static void release_everything(void)
{
    for (size_t w = 0; w < WINDOWS; w++)
        REQUIRE(pt_release(&pt, windows[w].base, SLOTS * pt_table_span, NULL, NULL) == PT_OK);
    REQUIRE(pt.tables == 1 && pool.taken_count == 1); /* the root */
    REQUIRE(pt.tables_peak > 1);
}

static void test_random_operations(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        run_begin(seed);
        nx = seed & 1;
        open_tree();
        for (int op = 0; op < OPERATIONS / SEEDS; op++) {
            random_operation();
            if (op % 1000 == 0)
                require_everything();
        }
        require_everything();
        release_everything();
        pool_close();
    }
    assert_true(promotions > OPERATIONS / 500);
}

/* ---- named cases ---- */

static int open_named(void **state)
{
    (void)state;
    run_begin(1);
    nx = true;
    open_tree();
    return 0;
}

static int close_named(void **state)
{
    (void)state;
    pool_close();
    return 0;
}

static void test_bad_ranges(void **state)
{
    (void)state;
    struct pt_leaf leaf;
    vaddr_t va = windows[0].base;
    assert_int_equal(pt_map(&pt, va, 0x1000, 0, 0), PT_BAD_RANGE);
    assert_int_equal(pt_map(&pt, va + 1, 0x1000, FRAME_SIZE, 0), PT_BAD_RANGE);
    assert_int_equal(pt_map(&pt, va, 0x1001, FRAME_SIZE, 0), PT_BAD_RANGE);
    assert_int_equal(pt_map(&pt, va, 0x1000, FRAME_SIZE + 1, 0), PT_BAD_RANGE);
    assert_int_equal(pt_map(&pt, (vaddr_t)0 - FRAME_SIZE, 0x1000, 2 * FRAME_SIZE, 0), PT_BAD_RANGE);
    assert_int_equal(pt_prepare(&pt, va, FRAME_SIZE - 1), PT_BAD_RANGE);
    assert_int_equal(pt_protect(&pt, va + 8, FRAME_SIZE, 0), PT_BAD_RANGE);
    assert_int_equal(pt_unmap(&pt, va, 0, NULL, NULL), PT_BAD_RANGE);
    assert_int_equal(pt_release(&pt, va, FRAME_SIZE, NULL, NULL), PT_BAD_RANGE);
    assert_int_equal(pool.taken_count, 1);
    if (sizeof(void *) == 8) { /* V-10: the hole at 2^47 */
        vaddr_t hole = (vaddr_t)((uint64_t)1 << 47);
        assert_int_equal(pt_map(&pt, hole, 0x1000, FRAME_SIZE, 0), PT_BAD_RANGE);
        assert_int_equal(pt_map(&pt, hole - FRAME_SIZE, 0x1000, 2 * FRAME_SIZE, 0), PT_BAD_RANGE);
        assert_int_equal(pt_map(&pt, hole - FRAME_SIZE, 0x1000, FRAME_SIZE, 0), PT_OK);
        assert_true(pt_query(&pt, hole - 1, &leaf));
        assert_false(pt_query(&pt, 2 * hole + (hole - 1), &leaf)); /* the same low 48 bits, but no address */
    }
}

/* Physical addresses that an entry cannot hold are refused, never cut. */
static void test_unreachable_memory(void **state)
{
    (void)state;
    const paddr_t limit = sizeof(pt_entry) == 4 ? (paddr_t)1 << 32 : (paddr_t)1 << 52;
    vaddr_t va = windows[1].base;
    assert_int_equal(pt_map(&pt, va, limit, FRAME_SIZE, 0), PT_UNREACHABLE);
    assert_int_equal(pt_map(&pt, va, limit - FRAME_SIZE, 2 * FRAME_SIZE, 0), PT_UNREACHABLE);
    assert_int_equal(pt_map(&pt, va, limit + 0x5000, FRAME_SIZE, PT_LARGE_OK), PT_UNREACHABLE);
    assert_int_equal(pool.taken_count, 1);
    assert_int_equal(pt_map(&pt, va, limit - FRAME_SIZE, FRAME_SIZE, 0), PT_OK);
}

/* The last page of the address space is an address like any other. */
static void test_last_page(void **state)
{
    (void)state;
    struct pt_leaf leaf;
    vaddr_t last = (vaddr_t)0 - FRAME_SIZE;
    assert_int_equal(pt_map(&pt, last, 0x7000, FRAME_SIZE, PT_WRITE), PT_OK);
    assert_true(pt_query(&pt, UINTPTR_MAX, &leaf));
    assert_true(leaf.frame == 0x7000 && leaf.address == last);
    assert_int_equal(pt_release(&pt, (vaddr_t)0 - pt_table_span, pt_table_span, NULL, NULL), PT_OK);
    assert_false(pt_query(&pt, last, &leaf));
    assert_int_equal(pool.taken_count, 1);
}

/* The bits themselves, as the processor's manual has them. */
static void test_entry_bits(void **state)
{
    (void)state;
    vaddr_t va = windows[0].base;
    assert_int_equal(pt_map(&pt, va, 0x5000, FRAME_SIZE, PT_WRITE | PT_USER), PT_OK);
    paddr_t frame = pt.root;
    for (unsigned level = 0; level < PT_LEVELS - 1; level++) {
        pt_entry entry = ((const pt_entry *)pool_at(NULL, frame))[va >> pt_shift[level] & (PT_ENTRIES - 1)];
        assert_int_equal(entry & 0xFFF, 7); /* tables: present, writable, user; no NX */
        assert_true((entry & PT_NX) == 0);
        frame = entry & PT_FRAME_MASK;
    }
    const pt_entry *leaf = (const pt_entry *)pool_at(NULL, frame) + (va / FRAME_SIZE & (PT_ENTRIES - 1));
    assert_true(*leaf == (0x5007 | PT_NX));
    assert_int_equal(pt_protect(&pt, va, FRAME_SIZE, PT_EXEC | PT_GLOBAL | PT_NOCACHE), PT_OK);
    assert_true(*leaf == 0x5119);
}

/* V-12, and the rule of pt.h: what was prepared survives the neighbours' coming and going. */
static void test_prepared_tables_survive_neighbours(void **state)
{
    (void)state;
    vaddr_t mine = windows[1].base, theirs = mine + pt_table_span;
    assert_int_equal(pt_prepare(&pt, mine, pt_table_span), PT_OK);
    size_t prepared = pool.taken_count;
    assert_int_equal(pt_map(&pt, theirs, 0x9000, 3 * FRAME_SIZE, 0), PT_OK);
    assert_int_equal(pool.taken_count, prepared + 1);
    assert_int_equal(pt_unmap(&pt, theirs, pt_table_span, NULL, NULL), PT_OK);
    assert_int_equal(pool.taken_count, prepared + 1); /* an unmapped range keeps its table, too */
    assert_int_equal(pt_release(&pt, theirs, pt_table_span, NULL, NULL), PT_OK);
    assert_int_equal(pool.taken_count, prepared);
    pool.budget = 0;
    assert_int_equal(pt_map(&pt, mine, 0x9000, pt_table_span, 0), PT_OK);
    pool.budget = SIZE_MAX;
    assert_int_equal(pt_release(&pt, mine, pt_table_span, NULL, NULL), PT_OK);
    assert_int_equal(pool.taken_count, 1);
}

/* Every call that needs k frames fails cleanly with each smaller number. */
static void test_each_failing_frame(void **state)
{
    (void)state;
    vaddr_t va = windows[2].base; /* on x86_64 across the span of a root entry: two tables of each level */
    size_t bytes = 4 * pt_table_span, needed = 0;
    while (pool.budget = needed, pt_prepare(&pt, va, bytes) != PT_OK) {
        assert_int_equal(pool.taken_count, 1);
        require_everything();
        needed++;
    }
    assert_int_equal(pool.taken_count, 1 + needed);
    assert_int_equal(needed, sizeof(void *) == 8 ? 4 + 2 + 2 : 4);
}

static void test_split_needs_one_frame(void **state)
{
    (void)state;
    struct pt_leaf leaf;
    vaddr_t va = windows[0].base;
    assert_int_equal(pt_map(&pt, va, pt_table_span, pt_table_span, PT_WRITE | PT_LARGE_OK), PT_OK);
    assert_true(pt_query(&pt, va, &leaf) && leaf.bytes == pt_table_span);
    pool.budget = 0;
    assert_int_equal(pt_unmap(&pt, va + FRAME_SIZE, FRAME_SIZE, NULL, NULL), PT_NO_MEMORY);
    assert_int_equal(pt_protect(&pt, va, FRAME_SIZE, 0), PT_NO_MEMORY);
    assert_true(pt_query(&pt, va, &leaf) && leaf.bytes == pt_table_span && leaf.flags & PT_WRITE);
    assert_int_equal(pt_protect(&pt, va, pt_table_span, 0), PT_OK); /* the whole leaf needs no split */
    pool.budget = 1;
    assert_int_equal(pt_unmap(&pt, va + FRAME_SIZE, FRAME_SIZE, NULL, NULL), PT_OK);
    assert_false(pt_query(&pt, va + FRAME_SIZE, &leaf));
    assert_true(pt_query(&pt, va + 2 * FRAME_SIZE, &leaf) && leaf.frame == pt_table_span + 2 * FRAME_SIZE);
}

/* A table that is empty again does not stand in the way of a mapping that would like a large leaf. */
static void test_large_over_an_empty_table(void **state)
{
    (void)state;
    struct pt_leaf leaf;
    vaddr_t va = windows[0].base;
    assert_int_equal(pt_prepare(&pt, va, FRAME_SIZE), PT_OK);
    assert_int_equal(pt_map(&pt, va, 0, 2 * pt_table_span, PT_LARGE_OK), PT_OK);
    assert_true(pt_query(&pt, va, &leaf) && leaf.bytes == FRAME_SIZE);
    assert_true(pt_query(&pt, va + pt_table_span, &leaf) && leaf.bytes == pt_table_span);
}

static void test_no_frame_for_the_root(void **state)
{
    (void)state;
    struct pt other;
    pool.budget = 0;
    assert_int_equal(pt_init(&other, &world, nx), PT_NO_MEMORY);
    assert_string_equal(pt_status_text(PT_NO_MEMORY), "no frame for a page table");
    assert_string_equal(pt_status_text(PT_BUSY), "something is mapped there already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bad_ranges, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_unreachable_memory, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_last_page, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_entry_bits, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_prepared_tables_survive_neighbours, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_each_failing_frame, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_split_needs_one_frame, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_large_over_an_empty_table, open_named, close_named),
        cmocka_unit_test_setup_teardown(test_no_frame_for_the_root, open_named, close_named),
        cmocka_unit_test(test_random_operations),
    };
    return cmocka_run_group_tests_name("pt", tests, NULL, NULL);
}
