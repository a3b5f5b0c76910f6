/* Trees that share the upper addresses of an owner, and large leaves put in place of empty tables. What the owner does
 * up there later must show in every sharer, at level 0 too; below, each tree is alone; no table may be lost.
 *
 * Frame numbers tell whose a mapping is; invalidations are noted by address. */
#include "frames.h"

#include "pt_format.h"

enum { SHARERS = 3, PLACES = 4, PAGES_EACH = 5 };

static struct pt owner, sharers[SHARERS];
static vaddr_t invalidated; /* the address told last */
static size_t invalidations;

static void note_invalidation(void *context, vaddr_t va)
{
    (void)context;
    invalidated = va;
    invalidations++;
}

static const struct pt_world world = {
    .take = pool_take, .give = pool_give, .at = pool_at, .invalidate = note_invalidation};

static const bool is_wide = sizeof(void *) == 8;
static const vaddr_t from = sizeof(void *) == 8 ? 0xFFFF800000000000u & UINTPTR_MAX : 0xC0000000u;
static const vaddr_t root_step =
    sizeof(void *) == 8 ? 0x8000000000u & UINTPTR_MAX : 0x400000u; /* a level-0 entry maps */

static int open_trees(void **state)
{
    (void)state;
    run_begin(1);
    pool_open();
    invalidations = 0;
    assert_int_equal(pt_init(&owner, &world, true), PT_OK);
    return 0;
}

static int close_trees(void **state)
{
    (void)state;
    pool_close();
    return 0;
}

static void share_all(void)
{
    for (size_t i = 0; i < SHARERS; i++)
        assert_int_equal(pt_share(&sharers[i], &world, &owner, from), PT_OK);
}

static bool maps(const struct pt *pt, vaddr_t va, paddr_t *to)
{
    struct pt_leaf leaf;
    bool is_mapped = pt_query(pt, va, &leaf);
    *to = is_mapped ? leaf.frame + (va - leaf.address) : 0;
    return is_mapped;
}

/* Every tree sees the owner's address so. */
static void expect_everywhere(vaddr_t va, paddr_t frame)
{
    const struct pt *trees[] = {&owner, &sharers[0], &sharers[1], &sharers[2]};
    for (size_t i = 0; i < 1 + SHARERS; i++) {
        paddr_t to;
        assert_int_equal(maps(trees[i], va, &to), frame != 0);
        assert_true(to == frame);
    }
}

static void end_all(void)
{
    for (size_t i = 0; i < SHARERS; i++)
        pt_destroy(&sharers[i]);
    pt_destroy(&owner);
    assert_int_equal(pool.taken_count, 0);
}

/* ---- what the owner does shows ---- */

static void test_owner_before_and_after(void **state)
{
    (void)state;
    const size_t both = 2 * pt_table_span;
    assert_int_equal(pt_map(&owner, from, 0x5000, FRAME_SIZE, PT_WRITE), PT_OK);
    share_all();
    expect_everywhere(from, 0x5000);
    vaddr_t same_table = from + FRAME_SIZE, new_entry = from + 3 * root_step;
    assert_int_equal(pt_map(&owner, same_table, 0x6000, FRAME_SIZE, 0), PT_OK);
    assert_int_equal(pt_map(&owner, new_entry, 0x7000, FRAME_SIZE, 0), PT_OK); /* needs a level-0 entry */
    expect_everywhere(same_table, 0x6000);
    expect_everywhere(new_entry, 0x7000);
    assert_int_equal(pt_unmap(&owner, same_table, FRAME_SIZE, NULL, NULL), PT_OK);
    expect_everywhere(same_table, 0);
    assert_int_equal(pt_release(&owner, new_entry, pt_table_span, NULL, NULL), PT_OK); /* takes it away again */
    expect_everywhere(new_entry, 0);
    assert_int_equal(pt_map(&owner, new_entry, pt_table_span, both, PT_LARGE_OK), PT_OK); /* level 0 on i386 */
    expect_everywhere(new_entry + both - FRAME_SIZE, pt_table_span + both - FRAME_SIZE);
    assert_int_equal(pt_protect(&owner, new_entry, pt_table_span, PT_WRITE), PT_OK);
    struct pt_leaf leaf;
    assert_true(pt_query(&sharers[1], new_entry, &leaf) && leaf.flags == PT_WRITE + (is_wide ? 0 : PT_EXEC));
    assert_int_equal(pt_unmap(&owner, new_entry + FRAME_SIZE, FRAME_SIZE, NULL, NULL), PT_OK); /* splits one */
    expect_everywhere(new_entry + FRAME_SIZE, 0);
    expect_everywhere(new_entry + 2 * FRAME_SIZE, pt_table_span + 2 * FRAME_SIZE);
    assert_int_equal(pt_release(&owner, new_entry, both, NULL, NULL), PT_OK);
    expect_everywhere(new_entry + both - FRAME_SIZE, 0);
    assert_int_equal(pt_release(&owner, from, pt_table_span, NULL, NULL), PT_OK);
    end_all();
}

/* A table at the very top is the owner's as any other; below `from` nothing is shared. */
static void test_both_ends_of_what_is_shared(void **state)
{
    (void)state;
    const vaddr_t top = (vaddr_t)0 - pt_table_span, below = is_wide ? (vaddr_t)0 + root_step : from - pt_table_span;
    paddr_t to;
    share_all();
    assert_true(sharers[0].last == from - 1 && owner.last == UINTPTR_MAX);
    assert_int_equal(pt_map(&owner, top, 0x8000, pt_table_span, 0), PT_OK);
    expect_everywhere(UINTPTR_MAX - (FRAME_SIZE - 1), 0x8000 + pt_table_span - FRAME_SIZE);
    assert_int_equal(pt_map(&owner, below, 0x9000, FRAME_SIZE, 0), PT_OK);
    for (size_t i = 0; i < SHARERS; i++)
        assert_false(maps(&sharers[i], below, &to));
    assert_int_equal(pt_map(&sharers[2], below, 0xA000, FRAME_SIZE, 0), PT_OK);
    assert_true(maps(&sharers[2], below, &to) && to == 0xA000);
    assert_true(maps(&owner, below, &to) && to == 0x9000);
    assert_false(maps(&sharers[1], below, &to));
    assert_int_equal(pt_release(&sharers[2], below, pt_table_span, NULL, NULL), PT_OK);
    assert_true(maps(&owner, below, &to) && to == 0x9000);
    assert_int_equal(pt_release(&owner, below, pt_table_span, NULL, NULL), PT_OK);
    assert_int_equal(pt_release(&owner, top, pt_table_span, NULL, NULL), PT_OK);
    end_all();
}

/* A sharer has no say in what is shared. */
static void test_sharer_keeps_below(void **state)
{
    (void)state;
    struct pt *pt = &sharers[0];
    share_all();
    assert_int_equal(pt_map(&owner, from, 0x5000, FRAME_SIZE, 0), PT_OK);
    assert_int_equal(pt_prepare(&owner, from + root_step, FRAME_SIZE), PT_OK);
    size_t tables = owner.tables, taken = pool.taken_count;
    assert_int_equal(pt_map(pt, from, 0x6000, FRAME_SIZE, 0), PT_BAD_RANGE);
    assert_int_equal(pt_map(pt, from + 2 * root_step, 0x6000, FRAME_SIZE, 0), PT_BAD_RANGE);
    assert_int_equal(pt_prepare(pt, from + pt_table_span, FRAME_SIZE), PT_BAD_RANGE);
    assert_int_equal(pt_protect(pt, from, FRAME_SIZE, PT_WRITE), PT_BAD_RANGE);
    assert_int_equal(pt_unmap(pt, from, FRAME_SIZE, NULL, NULL), PT_BAD_RANGE);
    assert_int_equal(pt_release(pt, from, pt_table_span, NULL, NULL), PT_BAD_RANGE);
    assert_true(pt_can_promote(&owner, from + root_step));
    assert_false(pt_can_promote(pt, from + root_step));
    if (!is_wide) /* on x86_64 the hole lies in between */
        assert_int_equal(pt_map(pt, from - FRAME_SIZE, 0x6000, 2 * FRAME_SIZE, 0), PT_BAD_RANGE);
    expect_everywhere(from, 0x5000);
    assert_int_equal(owner.tables, tables);
    assert_int_equal(pool.taken_count, taken);
    vaddr_t last = is_wide ? root_step * 256 - FRAME_SIZE : from - FRAME_SIZE;
    assert_int_equal(pt_map(pt, last, 0x6000, FRAME_SIZE, 0), PT_OK); /* the last page of its own */
}

/* ---- failing frames, coming and going ---- */

static void test_each_failing_frame(void **state)
{
    (void)state;
    const vaddr_t va = is_wide ? 2 * root_step - pt_table_span : 0x40000000; /* across a level-0 entry */
    const size_t needed = is_wide ? 6 : 2;
    assert_int_equal(pt_map(&owner, from, 0x5000, FRAME_SIZE, 0), PT_OK);
    size_t taken = pool.taken_count;
    pool.budget = 0;
    assert_int_equal(pt_share(&sharers[0], &world, &owner, from), PT_NO_MEMORY);
    assert_null(owner.sharers);
    assert_int_equal(pool.taken_count, taken);
    assert_int_equal(pt_map(&owner, from + FRAME_SIZE, 0x6000, FRAME_SIZE, 0), PT_OK); /* nobody is told of it */
    pool.budget = SIZE_MAX;
    share_all();
    taken = pool.taken_count;
    for (size_t budget = 0; budget <= needed; budget++) {
        pool.budget = budget;
        enum pt_status status = pt_map(&sharers[1], va, 0x7000, 2 * pt_table_span, PT_USER);
        assert_int_equal(status, budget < needed ? PT_NO_MEMORY : PT_OK);
        assert_int_equal(pool.taken_count, budget < needed ? taken : taken + needed);
    }
    for (size_t budget = 0; budget <= needed / 2; budget++) { /* the owner's new level-0 entry: refused, then shown */
        vaddr_t there = from + 5 * root_step;
        pool.budget = budget;
        enum pt_status status = pt_map(&owner, there, 0x9000, FRAME_SIZE, 0);
        assert_int_equal(status, budget < needed / 2 ? PT_NO_MEMORY : PT_OK);
        expect_everywhere(there, status == PT_OK ? 0x9000 : 0);
    }
    assert_int_equal(pt_release(&sharers[1], va, 2 * pt_table_span, NULL, NULL), PT_OK);
    assert_int_equal(pt_release(&owner, from, pt_table_span, NULL, NULL), PT_OK);
    assert_int_equal(pt_release(&owner, from + 5 * root_step, pt_table_span, NULL, NULL), PT_OK);
    end_all();
}

/* Whatever the order they go in, those who stay hear of the owner's changes and no other tree is written. */
static void test_destroyed_in_any_order(void **state)
{
    (void)state;
    static const size_t orders[6][SHARERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t o = 0; o < 6; o++) {
        share_all();
        for (size_t gone = 0; gone < SHARERS; gone++) {
            vaddr_t va = from + (o * SHARERS + gone + 1) * root_step; /* an entry that nobody has yet */
            pt_destroy(&sharers[orders[o][gone]]); /* its root is filled with junk: a write to it would be found */
            assert_int_equal(pt_map(&owner, va, 0x5000, FRAME_SIZE, 0), PT_OK);
            for (size_t i = gone + 1; i < SHARERS; i++) {
                paddr_t to;
                assert_true(maps(&sharers[orders[o][i]], va, &to) && to == 0x5000);
            }
            assert_int_equal(pt_release(&owner, va, pt_table_span, NULL, NULL), PT_OK);
        }
        assert_null(owner.sharers);
        assert_int_equal(pool.taken_count, 1);
    }
    pt_destroy(&owner);
    assert_int_equal(pool.taken_count, 0);
}

/* ---- random: a place is a level-0 entry's first pages, above in the owner, below in each sharer ---- */

static struct {
    bool is_there;
    paddr_t below[PLACES][PAGES_EACH];
} model[SHARERS];
static paddr_t above[PLACES][PAGES_EACH]; /* what is mapped there; 0: nothing */

static vaddr_t page_at(vaddr_t base, size_t place, size_t page)
{
    return base + place * root_step + page * FRAME_SIZE;
}

/* One page comes or goes in a tree, or all pages of a place with their tables. */
static void change(struct pt *pt, vaddr_t base, paddr_t (*pages)[PAGES_EACH])
{
    size_t place = random_below(PLACES), page = random_below(PAGES_EACH);
    paddr_t frame = (paddr_t)(1 + random_below(1000)) * FRAME_SIZE, *was = &pages[place][page];
    vaddr_t va = page_at(base, place, page);
    if (random_below(6) == 0) {
        REQUIRE(pt_release(pt, page_at(base, place, 0), pt_table_span, NULL, NULL) == PT_OK);
        memset(pages[place], 0, sizeof pages[place]);
    } else if (*was) {
        REQUIRE(pt_unmap(pt, va, FRAME_SIZE, NULL, NULL) == PT_OK);
        *was = 0;
    } else {
        pool.budget = random_below(4) ? SIZE_MAX : random_below(3);
        enum pt_status status = pt_map(pt, va, frame, FRAME_SIZE, 0);
        REQUIRE(status == PT_OK || (status == PT_NO_MEMORY && pool.budget < 3));
        *was = status == PT_OK ? frame : 0;
        pool.budget = SIZE_MAX;
    }
}

static void come_or_go(size_t i)
{
    if (!model[i].is_there) {
        REQUIRE(pt_share(&sharers[i], &world, &owner, from) == PT_OK);
        memset(&model[i], 0, sizeof model[i]);
        model[i].is_there = true;
        return;
    }
    for (size_t place = 0; place < PLACES; place++)
        REQUIRE(pt_release(&sharers[i], page_at(0, place, 0), pt_table_span, NULL, NULL) == PT_OK);
    pt_destroy(&sharers[i]);
    model[i].is_there = false;
}

static void require_place(const struct pt *pt, vaddr_t base, size_t place, const paddr_t *pages)
{
    for (size_t page = 0; page < PAGES_EACH; page++) {
        paddr_t to;
        maps(pt, page_at(base, place, page), &to);
        REQUIRE(to == pages[page]);
    }
}

static void require_all(void)
{
    size_t tables = owner.tables;
    for (size_t place = 0; place < PLACES; place++)
        require_place(&owner, from, place, above[place]);
    for (size_t i = 0; i < SHARERS; i++) {
        for (size_t place = 0; place < PLACES && model[i].is_there; place++) {
            require_place(&sharers[i], from, place, above[place]);
            require_place(&sharers[i], 0, place, model[i].below[place]);
        }
        tables += model[i].is_there ? sharers[i].tables : 0;
    }
    REQUIRE(pool.taken_count == tables);
}

static void test_random_sharing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        run_begin(seed);
        for (int operation = 0; operation < 1000; operation++) {
            size_t i = random_below(SHARERS);
            if (random_below(12) == 0)
                come_or_go(i);
            else if (random_below(2))
                change(&owner, from, above);
            else if (model[i].is_there)
                change(&sharers[i], 0, model[i].below);
            require_all();
        }
    }
    for (size_t i = 0; i < SHARERS; i++) {
        if (model[i].is_there)
            come_or_go(i);
    }
    for (size_t place = 0; place < PLACES; place++)
        assert_int_equal(pt_release(&owner, page_at(from, place, 0), pt_table_span, NULL, NULL), PT_OK);
    pt_destroy(&owner);
    assert_int_equal(pool.taken_count, 0);
}

/* ---- large leaves in place of tables ---- */

static void test_what_can_be_promoted(void **state)
{
    (void)state;
    const size_t span = pt_table_span;
    const vaddr_t va = from + 7 * span;
    assert_false(pt_can_promote(&owner, va)); /* no table */
    assert_int_equal(pt_map(&owner, va + span, 0x5000, FRAME_SIZE, 0), PT_OK);
    assert_false(pt_can_promote(&owner, va));        /* the tables above are there, it is not */
    assert_false(pt_can_promote(&owner, va + span)); /* a page in it */
    assert_false(pt_can_promote(&owner, va + 2 * span - 1));
    assert_int_equal(pt_unmap(&owner, va + span, FRAME_SIZE, NULL, NULL), PT_OK);
    assert_true(pt_can_promote(&owner, va + span));
    assert_true(pt_can_promote(&owner, va + 2 * span - 1)); /* any address in it */
    assert_false(pt_can_promote(&owner, va + 2 * span));
    if (is_wide) /* the same low 48 bits, but no address */
        assert_false(pt_can_promote(&owner, (va + span) & (((vaddr_t)1 << 24 << 24) - 1)));
    assert_int_equal(pt_map(&owner, va, span, span, PT_LARGE_OK), PT_OK);
    assert_false(pt_can_promote(&owner, va)); /* a large leaf already */
    assert_int_equal(pt_map(&owner, va + 3 * span - FRAME_SIZE, 0x5000, FRAME_SIZE, 0), PT_OK);
    assert_false(pt_can_promote(&owner, va + 2 * span)); /* the last entry counts */
}

static void test_promotion(void **state)
{
    (void)state;
    const vaddr_t va = from + root_step;
    struct pt_leaf leaf;
    share_all();
    assert_int_equal(pt_prepare(&owner, va, FRAME_SIZE), PT_OK);
    size_t taken = pool.taken_count, tables = owner.tables, before = invalidations;
    pool.budget = 0; /* takes no frame */
    pt_promote(&owner, va, 3 * pt_table_span, PT_WRITE | PT_GLOBAL);
    assert_int_equal(pool.taken_count, taken - 1);
    assert_int_equal(owner.tables, tables - 1);
    assert_true(invalidations == before + 1 && invalidated - va < pt_table_span);
    assert_true(pt_query(&owner, va + 0x1234, &leaf));
    assert_true(leaf.address == va && leaf.bytes == pt_table_span && leaf.frame == 3 * pt_table_span);
    assert_int_equal(leaf.flags, PT_WRITE | PT_GLOBAL | (is_wide ? 0 : PT_EXEC));
    expect_everywhere(va + 5 * FRAME_SIZE, 3 * pt_table_span + 5 * FRAME_SIZE);
    assert_false(pt_can_promote(&owner, va));
    pool.budget = SIZE_MAX;
    assert_int_equal(pt_release(&owner, va, pt_table_span, NULL, NULL), PT_OK);
    expect_everywhere(va + 5 * FRAME_SIZE, 0);
    end_all();
}

/* A part of a promoted leaf needs the table back. */
static void test_promoted_leaf_is_split(void **state)
{
    (void)state;
    const vaddr_t va = from + root_step, middle = va + pt_table_span / 2;
    struct pt_leaf leaf;
    share_all();
    for (int protects = 0; protects < 2; protects++) {
        assert_int_equal(pt_prepare(&owner, va, FRAME_SIZE), PT_OK);
        pt_promote(&owner, va, 2 * pt_table_span, PT_WRITE);
        size_t taken = pool.taken_count;
        for (pool.budget = 0; pool.budget < 2 && pool.taken_count == taken;) {
            size_t budget = pool.budget;
            enum pt_status status = protects ? pt_protect(&owner, middle, 2 * FRAME_SIZE, 0)
                                             : pt_unmap(&owner, middle, 2 * FRAME_SIZE, NULL, NULL);
            assert_int_equal(status, budget == 0 ? PT_NO_MEMORY : PT_OK);
            assert_true(pt_query(&owner, va, &leaf));
            assert_int_equal(leaf.bytes, budget == 0 ? pt_table_span : FRAME_SIZE);
            pool.budget = budget + (status != PT_OK);
        }
        pool.budget = SIZE_MAX;
        assert_int_equal(pool.taken_count, taken + 1);
        expect_everywhere(middle + FRAME_SIZE, protects ? 5 * pt_table_span / 2 + FRAME_SIZE : 0);
        expect_everywhere(middle - FRAME_SIZE, 5 * pt_table_span / 2 - FRAME_SIZE);
        assert_true(pt_query(&sharers[0], middle + 2 * FRAME_SIZE, &leaf) && (leaf.flags & PT_WRITE));
        assert_true(!protects || (pt_query(&sharers[0], middle, &leaf) && !(leaf.flags & PT_WRITE)));
        assert_int_equal(pt_release(&owner, va, pt_table_span, NULL, NULL), PT_OK);
    }
    end_all();
}

int main(void)
{
#define WITH_TREES(test) cmocka_unit_test_setup_teardown(test, open_trees, close_trees)
    const struct CMUnitTest tests[] = {
        WITH_TREES(test_owner_before_and_after), WITH_TREES(test_both_ends_of_what_is_shared),
        WITH_TREES(test_sharer_keeps_below),     WITH_TREES(test_each_failing_frame),
        WITH_TREES(test_destroyed_in_any_order), WITH_TREES(test_random_sharing),
        WITH_TREES(test_what_can_be_promoted),   WITH_TREES(test_promotion),
        WITH_TREES(test_promoted_leaf_is_split),
    };
    return cmocka_run_group_tests_name("pt_share", tests, NULL, NULL);
}
