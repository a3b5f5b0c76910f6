/* Expectations held against heaps: each quantity, each relation, whom they concern, how they are written. */
#include <lab/expect.h>
#include <lab/script.h>

#include "lectures.h"
#include "world.h"

/* ---- whom they concern ---- */

static void concerns_those_it_names(void **state)
{
    (void)state;
    struct lab_expect own = {.value = 1}, named = {.under = "best-fit,bump", .under_length = 13};
    struct lab_expect all = {.under = "all", .under_length = 3};
    for (int is_own = 0; is_own < 2; is_own++) {
        for (int is_plain = 0; is_plain < 2; is_plain++) {
            assert_int_equal(lab_expect_concerns(&own, "bump", is_own, is_plain), is_own);
            assert_int_equal(lab_expect_concerns(&named, "bump", is_own, is_plain), is_plain);
            assert_int_equal(lab_expect_concerns(&named, "best-fit", is_own, is_plain), is_plain);
            assert_int_equal(lab_expect_concerns(&all, "bump", is_own, is_plain), is_plain);
            assert_false(lab_expect_concerns(&named, "best", is_own, is_plain));
            assert_false(lab_expect_concerns(&named, "first-fit", is_own, is_plain));
        }
    }
}

/* ---- quantities ---- */

static const void *no_payload(const void *context, uint32_t block)
{
    return ((const void *const *)context)[block];
}

static uint64_t found_in(const struct lab_view *view, enum lab_quantity quantity, uint32_t block)
{
    struct lab_expect expect = {.quantity = quantity, .block = block};
    uint64_t found;
    lab_expect_holds(&expect, view, &found);
    return found;
}

/* Three blocks of 64 bytes in a heap of a page, the middle one freed. */
struct three {
    struct heap heap;
    const void *payloads[4]; /* the last: none */
    size_t block;            /* whole bytes of each */
};

static unsigned char three_bytes[4096] __attribute__((aligned(4096)));

static void three_begin(struct three *t)
{
    static uint8_t starts[4096];
    struct heap_setup setup = {.ops = policy("first-fit"), .harden = 1};
    setup.region = (struct heap_region){.base = three_bytes, .committed = 4096, .reserved = 4096, .starts = starts};
    heap_default_options(setup.ops, setup.options);
    assert_int_equal(heap_init(&t->heap, &setup), HEAP_OK);
    for (size_t i = 0; i < 3; i++)
        t->payloads[i] = heap_alloc(&t->heap, 64);
    t->payloads[3] = NULL;
    assert_int_equal(heap_free(&t->heap, (void *)(uintptr_t)t->payloads[1]), HEAP_OK);
    t->block = 64 + 2 * sizeof(size_t);
}

struct wanted {
    enum lab_quantity quantity;
    uint64_t value;
};

static void is_wanted(const struct lab_view *view, const struct wanted *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t found = found_in(view, wanted[i].quantity, 0);
        if (found != wanted[i].value)
            fail_msg("%s is %zu, not %zu", lab_quantity_names[wanted[i].quantity], (size_t)found,
                     (size_t)wanted[i].value);
    }
}

static void quantities_are_the_heaps(void **state)
{
    (void)state;
    struct three t;
    three_begin(&t);
    const struct heap_counters *c = &t.heap.counters;
    const struct lab_view view = {
        .heap = &t.heap, .refused = 11, .live = 128, .context = t.payloads, .payload = no_payload};
    const struct wanted wanted[] = {
        {LAB_Q_REFUSED, 11},
        {LAB_Q_HEAP, 4096},
        {LAB_Q_USED, 2 * t.block},
        {LAB_Q_FREE, 4096 - HEAP_ALIGN - 2 * t.block},
        {LAB_Q_LARGEST, 4096 - HEAP_ALIGN - 3 * t.block},
        {LAB_Q_META, HEAP_ALIGN},
        {LAB_Q_HOLES, 2},
        {LAB_Q_BLOCKS, 2},
        {LAB_Q_ORPHANS, 1},
        {LAB_Q_LIVE, 128},
        {LAB_Q_SPLITS, 3},
        {LAB_Q_MERGES, c->merges},
        {LAB_Q_GROWS, c->grows},
        {LAB_Q_PROBES, c->probes},
        {LAB_Q_LOOKED, c->probes_now},
        {LAB_Q_AT, HEAP_ALIGN},
        {LAB_Q_SIZE, heap_usable(&t.heap, (void *)(uintptr_t)t.payloads[0])},
    };
    is_wanted(&view, wanted, COUNT(wanted));
    assert_true(found_in(&view, LAB_Q_PROBES, 0) > 0);
    assert_int_equal(found_in(&view, LAB_Q_AT, 2), HEAP_ALIGN + 2 * t.block);
    assert_true(found_in(&view, LAB_Q_AT, 3) == UINT64_MAX && found_in(&view, LAB_Q_SIZE, 3) == UINT64_MAX);
    memset(three_bytes, 0xFF, 64); /* nothing is known of a damaged heap's shape */
    assert_true(found_in(&view, LAB_Q_FREE, 0) == UINT64_MAX);
}

static void quantities_of_what_is_around(void **state)
{
    (void)state;
    const struct lab_memory memory = {.faults = 7, .zero_hits = 3, .cow = 2, .frames = 9, .tables = 4};
    struct lab_view view = {.fault = HEAP_FAULT_LIST, .status = 2, .high = 500, .bound = 400, .memory = &memory};
    const struct wanted wanted[] = {
        {LAB_Q_FAULTS, 7}, {LAB_Q_ZERO_HITS, 3}, {LAB_Q_COW, 2},    {LAB_Q_FRAMES, 5}, {LAB_Q_FAULT, HEAP_FAULT_LIST},
        {LAB_Q_STATUS, 2}, {LAB_Q_HIGH, 500},    {LAB_Q_BOUND, 400}};
    is_wanted(&view, wanted, COUNT(wanted));
    view.memory = NULL;
    assert_int_equal(found_in(&view, LAB_Q_FAULTS, 0), 0);
}

/* ---- relations ---- */

static void relations_are_what_they_say(void **state)
{
    (void)state;
    static const bool holds[][3] = {/* of 4, 5, 6 against 5 */
                                    {false, true, false}, {true, false, true},  {true, false, false},
                                    {true, true, false},  {false, false, true}, {false, true, true}};
    for (unsigned relation = LAB_EQUAL; relation <= LAB_GREATER_EQUAL; relation++) {
        for (unsigned value = 4; value <= 6; value++) {
            struct lab_expect e = {.quantity = LAB_Q_REFUSED, .relation = (enum lab_relation)relation, .value = 5};
            struct lab_view view = {.refused = value, .bound = 5};
            uint64_t found;
            assert_int_equal(lab_expect_holds(&e, &view, &found), holds[relation][value - 4]);
            assert_int_equal(found, value);
            e.is_bound = true;
            e.value = 0;
            assert_int_equal(lab_expect_holds(&e, &view, &found), holds[relation][value - 4]);
        }
    }
}

static void what_is_not_live_is_nowhere(void **state)
{
    (void)state;
    const void *payloads[1] = {NULL};
    struct lab_view view = {.context = payloads, .payload = no_payload};
    for (unsigned relation = LAB_EQUAL; relation <= LAB_GREATER_EQUAL; relation++) {
        struct lab_expect e = {.quantity = LAB_Q_AT, .relation = (enum lab_relation)relation, .value = UINT64_MAX};
        uint64_t found;
        assert_int_equal(lab_expect_holds(&e, &view, &found), relation == LAB_NOT_EQUAL);
        assert_true(found == UINT64_MAX);
    }
}

/* ---- in a run ---- */

/* Runs a text under an allocator; foreign: not as the script itself says. */
static struct lab_result run_text(struct test_world *w, const char *text, const char *alloc, bool is_foreign)
{
    struct lab_script script;
    struct lab_program program;
    struct lab_error error;
    size_t mark = w->arena.used;
    if (lab_script_read(text, strlen(text), 1, &w->arena, &script, &error) != LAB_OK)
        fail_msg("%s", error.message);
    assert_true(lab_script_program(&script, &w->arena, &program));
    struct lab_run settings = run_of(policy(alloc), WORLD_BYTES);
    settings.is_foreign = is_foreign;
    struct lab_result result = run_program(w, &program, &settings, LAB_OK);
    lab_arena_release(&w->arena, mark);
    return result;
}

static void expectations_are_due_in_their_place(void **state)
{
    struct test_world *w = *state;
    static const char text[] = "use heap=64K\n"
                               "expect live = 0\nexpect holes = 1\n"
                               "alloc 100 as a\nexpect live = 100\nexpect at a = align\nexpect size a >= 100\n"
                               "alloc 100 as b\nalloc 100 as c\nfree b\nexpect holes = 2\nexpect orphans = 1\n"
                               "alloc 1M as d\nexpect refused = 1\nexpect at d != 0\n"
                               "free a\nexpect merges = 1\nexpect live = 100";
    struct lab_result r = run_text(w, text, "first-fit", false);
    if (r.expectation_failed)
        fail_msg("line %u: %zu", r.expectation->line, (size_t)r.expectation_found);
    assert_null(r.expectation);
}

/* Each wrong in one line: it is that line, the first of them, and what was there instead. */
static void broken_expectations_are_told(void **state)
{
    struct test_world *w = *state;
    static const struct {
        const char *text;
        uint32_t line;
        uint64_t found;
    } broken[] = {
        {"expect live = 1\nalloc 5 as a\nexpect live = 6", 1, 0},
        {"alloc 5 as a\nexpect live = 6", 2, 5},
        {"alloc 5 as a\nfree a\nexpect at a = align", 3, UINT64_MAX},
        {"alloc 5 as a\nexpect live = 5\nfree a\nexpect live > 0", 4, 0},
        {"alloc 5 as a\nexpect live > 5 under all", 2, 5},
    };
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct lab_script script;
        struct lab_program program;
        struct lab_run settings = run_of(policy("best-fit"), WORLD_BYTES);
        size_t mark = w->arena.used;
        assert_int_equal(lab_script_read(broken[i].text, strlen(broken[i].text), 1, &w->arena, &script, NULL), LAB_OK);
        assert_true(lab_script_program(&script, &w->arena, &program));
        struct lab_result r = run_program(w, &program, &settings, LAB_OK);
        assert_true(r.expectation_failed);
        assert_int_equal(r.expectation->line, broken[i].line);
        assert_true(r.expectation_found == broken[i].found);
        lab_arena_release(&w->arena, mark);
    }
}

static void own_expectations_are_not_for_others(void **state)
{
    struct test_world *w = *state;
    assert_true(run_text(w, "alloc 5\nexpect live = 6", "first-fit", false).expectation_failed);
    assert_false(run_text(w, "alloc 5\nexpect live = 6", "first-fit", true).expectation_failed);
    assert_true(run_text(w, "alloc 5\nexpect live = 6 under all", "first-fit", true).expectation_failed);
    assert_false(run_text(w, "alloc 5\nexpect live = 6 under best-fit", "first-fit", false).expectation_failed);
}

/* ---- in words ---- */

static void written_as(const struct lab_expect *expect, const char *block, const char *text)
{
    char out[100];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, out, sizeof out);
    lab_expect_print(&sink, expect, block);
    assert_string_equal(out, text);
}

static void they_are_written_as_they_are_read(void **state)
{
    (void)state;
    written_as(&(struct lab_expect){.quantity = LAB_Q_REFUSED, .value = 1}, NULL, "refused = 1");
    written_as(&(struct lab_expect){.quantity = LAB_Q_AT, .relation = LAB_NOT_EQUAL, .value = 64}, "b[3]",
               "at b[3] != 0x40");
    written_as(&(struct lab_expect){.quantity = LAB_Q_SIZE, .relation = LAB_LESS, .value = 64}, "b", "size b < 64");
    written_as(&(struct lab_expect){.quantity = LAB_Q_FAULT, .value = HEAP_FAULT_DOUBLE_FREE}, NULL,
               "fault = double free");
    written_as(&(struct lab_expect){.quantity = LAB_Q_FAULT, .relation = LAB_LESS_EQUAL}, NULL, "fault <= none");
    written_as(&(struct lab_expect){.quantity = LAB_Q_HIGH, .relation = LAB_GREATER_EQUAL, .is_bound = true}, NULL,
               "high >= bound");
    written_as(&(struct lab_expect){.quantity = LAB_Q_ZERO_HITS, .relation = LAB_GREATER, .value = UINT64_MAX}, NULL,
               "zero-hits > nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(concerns_those_it_names),           TEST(quantities_are_the_heaps),
        TEST(quantities_of_what_is_around),      TEST(relations_are_what_they_say),
        TEST(what_is_not_live_is_nowhere),       TEST(expectations_are_due_in_their_place),
        TEST(broken_expectations_are_told),      TEST(own_expectations_are_not_for_others),
        TEST(they_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
