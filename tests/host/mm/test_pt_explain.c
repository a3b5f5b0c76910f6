/* Translations told step by step: exact steps for addresses taken apart by hand in both formats, then many addresses
 * against pt_query, mapped and not, below large leaves and small ones, canonical and not. */
#include "frames.h"

#include "pt_format.h"

static struct pt pt;

static void forget_nothing(void *context, vaddr_t va)
{
    (void)context;
    (void)va;
}

static const struct pt_world world = {
    .take = pool_take, .give = pool_give, .at = pool_at, .invalidate = forget_nothing};

static const bool is_wide = sizeof(void *) == 8;

static int open_tree(void **state)
{
    (void)state;
    run_begin(1);
    pool_open();
    assert_int_equal(pt_init(&pt, &world, true), PT_OK);
    return 0;
}

static int close_tree(void **state)
{
    (void)state;
    pool_close();
    return 0;
}

/* ---- by hand ---- */

struct by_hand {
    vaddr_t va;
    unsigned levels, index[PT_STEPS_MAX]; /* of a translation down to a page */
    size_t offset;
};

static const struct by_hand *cases(size_t *count)
{
    static const struct by_hand wide[] = {
        {0x7F123456789A & UINTPTR_MAX, 4, {254, 72, 418, 359}, 0x89A},
        {0xFFFF800040201ABC & UINTPTR_MAX, 4, {256, 1, 1, 1}, 0xABC},
        {0xFFFFFFFFFFFFFFFF & UINTPTR_MAX, 4, {511, 511, 511, 511}, 0xFFF},
        {0, 4, {0, 0, 0, 0}, 0},
    };
    static const struct by_hand narrow[] = {
        {0xC0A01ABC, 2, {770, 513}, 0xABC},
        {0x12345678, 2, {72, 837}, 0x678},
        {0xFFFFFFFF, 2, {1023, 1023}, 0xFFF},
        {0, 2, {0, 0}, 0},
    };
    *count = 4;
    return is_wide ? wide : narrow;
}

static const size_t *spans(void)
{
    static const size_t wide[] = {(uint64_t)0x8000000000 & SIZE_MAX, 0x40000000, 0x200000, 0x1000};
    static const size_t narrow[] = {0x400000, 0x1000};
    return is_wide ? wide : narrow;
}

static const char *table_name(unsigned step)
{
    static const char *const wide[] = {"PML4", "PDPT", "PD", "PT"}, *const narrow[] = {"PD", "PT"};
    return is_wide ? wide[step] : narrow[step];
}

/* One step as it stands in memory. Returns the frame its entry leads to. */
static paddr_t expect_step(const struct pt_step *step, const struct by_hand *c, unsigned level, paddr_t table)
{
    assert_string_equal(step->table, table_name(level));
    assert_int_equal(step->index, c->index[level]);
    assert_true(step->at == table + c->index[level] * sizeof(pt_entry));
    assert_true(step->entry == ((const pt_entry *)pool_at(NULL, table))[c->index[level]]);
    assert_true(step->span == spans()[level]);
    assert_int_equal(step->is_present, step->entry & 1);
    return step->entry & PT_FRAME_MASK;
}

static void test_pages_by_hand(void **state)
{
    (void)state;
    size_t count;
    const struct by_hand *c = cases(&count);
    for (size_t i = 0; i < count; i++, c++) {
        struct pt_explanation e;
        paddr_t table = pt.root;
        assert_int_equal(pt_map(&pt, c->va - c->va % FRAME_SIZE, 0x654000, FRAME_SIZE, PT_USER | PT_EXEC), PT_OK);
        memset(&e, 0xA5, sizeof e);
        pt_explain(&pt, c->va, &e);
        assert_true(e.is_canonical && e.is_mapped);
        assert_int_equal(e.count, c->levels);
        for (unsigned level = 0; level < c->levels; level++) {
            bool is_last = level == c->levels - 1;
            table = expect_step(&e.step[level], c, level, table);
            assert_int_equal(e.step[level].is_leaf, is_last);
            assert_int_equal(e.step[level].flags, PT_USER | PT_EXEC | (is_last ? 0 : PT_WRITE));
        }
        assert_true(table == 0x654000 && e.physical == 0x654000 + c->offset);
        assert_int_equal(e.offset, c->offset);
    }
}

/* A large leaf ends the way a step early; the offset is of all of it. */
static void test_large_leaf_by_hand(void **state)
{
    (void)state;
    size_t count;
    const struct by_hand *c = cases(&count);
    struct pt_explanation e;
    vaddr_t va = c->va - c->va % pt_table_span;
    unsigned last = c->levels - 2;
    assert_int_equal(pt_map(&pt, va, 6 * pt_table_span, pt_table_span, PT_WRITE | PT_LARGE_OK), PT_OK);
    pt_explain(&pt, c->va, &e);
    assert_true(e.is_mapped);
    assert_int_equal(e.count, c->levels - 1);
    paddr_t table = pt.root;
    for (unsigned level = 0; level <= last; level++)
        table = expect_step(&e.step[level], c, level, table);
    assert_true(e.step[last].is_leaf && (e.step[last].entry & 0x80));
    assert_int_equal(e.step[last].flags, PT_WRITE | (is_wide ? 0 : PT_EXEC));
    assert_true(e.offset == (is_wide ? 0x16789A : 0x201ABC));
    assert_true(e.physical == 6 * pt_table_span + e.offset);
}

/* What is missing ends the way at the level where it is missing. */
static void test_missing_entries(void **state)
{
    (void)state;
    size_t count;
    const struct by_hand *c = cases(&count);
    for (unsigned level = 0; level < c->levels; level++) {
        struct pt_explanation e;
        pt_explain(&pt, c->va, &e);
        assert_true(e.is_canonical && !e.is_mapped);
        assert_int_equal(e.count, level + 1);
        const struct pt_step *end = &e.step[level];
        assert_true(!end->is_present && !end->is_leaf && end->flags == 0 && end->entry == 0);
        assert_int_equal(end->index, c->index[level]);
        assert_true(e.physical == 0 && e.offset == 0);
        if (level < c->levels - 1) { /* the nearest neighbour that brings a table more to this way */
            vaddr_t next = c->va ^ (spans()[level + 1]);
            assert_int_equal(pt_map(&pt, next - next % FRAME_SIZE, 0x5000, FRAME_SIZE, 0), PT_OK);
        }
    }
}

static void test_no_address(void **state)
{
    (void)state;
    struct pt_explanation e;
    static const uint64_t none[] = {(uint64_t)1 << 47, 0xFFFF7FFFFFFFFFFF, 0x8000000000000000, 0xFFFF000000000000};
    assert_int_equal(pt_map(&pt, 0, 0x5000, FRAME_SIZE, 0), PT_OK);
    for (size_t i = 0; is_wide && i < sizeof none / sizeof *none; i++) {
        memset(&e, 0xA5, sizeof e);
        pt_explain(&pt, (vaddr_t)none[i], &e);
        assert_true(!e.is_canonical && !e.is_mapped);
        assert_int_equal(e.count, 0);
    }
    pt_explain(&pt, UINTPTR_MAX, &e); /* the last address is one on both widths */
    assert_true(e.is_canonical && !e.is_mapped && e.count == 1);
}

/* ---- against pt_query ---- */

static vaddr_t random_address(void)
{
    static const vaddr_t wide[] = {0, 0x7F1234400000 & UINTPTR_MAX, 0xFFFF800000000000 & UINTPTR_MAX};
    static const vaddr_t narrow[] = {0, 0xC0800000, 0xFFC00000};
    vaddr_t base = is_wide ? wide[random_below(3)] : narrow[random_below(3)];
    vaddr_t va = base + random_below(2 * pt_table_span);
    return random_below(4) ? va : va ^ ((vaddr_t)1 << random_below(8 * sizeof va)); /* one wrong bit now and then */
}

static void map_something(void)
{
    vaddr_t va = random_address();
    unsigned flags = (unsigned)random_below(64);
    if (random_below(3) == 0) {
        va -= va % pt_table_span;
        pt_map(&pt, va, (paddr_t)random_below(500) * pt_table_span, pt_table_span, flags | PT_LARGE_OK);
    } else {
        va -= va % FRAME_SIZE;
        pt_map(&pt, va, (paddr_t)random_below(500000) * FRAME_SIZE, FRAME_SIZE, flags);
    }
}

/* The steps put together are the address again. */
static vaddr_t put_together(const struct pt_explanation *e)
{
    uint64_t va = e->offset;
    for (unsigned i = 0; i < e->count; i++)
        va += (uint64_t)e->step[i].index * e->step[i].span;
    return (vaddr_t)(is_wide && va >> 47 ? va | 0xFFFF000000000000 : va);
}

static void require_same(vaddr_t va)
{
    struct pt_leaf leaf;
    struct pt_explanation e;
    bool is_mapped = pt_query(&pt, va, &leaf);
    pt_explain(&pt, va, &e);
    REQUIRE(e.is_mapped == is_mapped);
    REQUIRE(e.is_canonical == (e.count > 0) && (e.is_canonical || !is_mapped));
    for (unsigned i = 0; i + 1 < e.count; i++)
        REQUIRE(e.step[i].is_present && !e.step[i].is_leaf && e.step[i + 1].span < e.step[i].span);
    if (e.count > 0)
        REQUIRE(e.step[e.count - 1].is_leaf == is_mapped && e.step[e.count - 1].is_present == is_mapped);
    if (!is_mapped)
        return;
    REQUIRE(e.physical == leaf.frame + (va - leaf.address) && e.offset == va - leaf.address);
    REQUIRE(e.step[e.count - 1].span == leaf.bytes && e.step[e.count - 1].flags == leaf.flags);
    REQUIRE(put_together(&e) == va);
}

static void test_many_addresses(void **state)
{
    (void)state;
    size_t mapped = 0, large = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        pool_close();
        open_tree(state);
        run_begin(seed);
        for (int i = 0; i < 20000; i++) {
            struct pt_leaf leaf;
            if (i < 4000 && pool.taken_count < POOL_FRAMES - 4)
                map_something();
            vaddr_t va = random_address();
            require_same(va);
            if (pt_query(&pt, va, &leaf)) {
                mapped++;
                large += leaf.bytes > FRAME_SIZE;
            }
        }
    }
    assert_true(mapped > 10000 && mapped < 8 * 20000 - 10000 && large > 1000 && mapped - large > 1000);
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, open_tree, close_tree)
    const struct CMUnitTest tests[] = {
        IN_TREE(test_pages_by_hand), IN_TREE(test_large_leaf_by_hand), IN_TREE(test_missing_entries),
        IN_TREE(test_no_address),    IN_TREE(test_many_addresses),
    };
    return cmocka_run_group_tests_name("pt_explain", tests, NULL, NULL);
}
