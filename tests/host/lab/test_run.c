/* One run: its digest, its refusals, its peaks, and what it needs to begin. */
#include <alloc/heap_ops.h>

#include "world.h"

/* ---- the placement digest ---- */

static uint64_t digest_of(const uint64_t *numbers, size_t count)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < 8 * count; i++) {
        hash ^= numbers[i / 8] >> i % 8 * 8 & 255;
        hash *= 1099511628211u;
    }
    return hash;
}

static void digest_of_one_block_is_the_known_one(void **state)
{
    const struct lab_op ops[] = {A(0, 1)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_true(r.placement == 0xA8C7F832281A39C5u); /* FNV-1a 64 of eight zero bytes */
    r = run_ops(*state, ops, 0, &run, LAB_OK);
    assert_true(r.placement == 0xCBF29CE484222325u); /* of nothing */
}

/* Bump places where its sizes, rounded up to A, say. */
static void digest_takes_what_is_returned(void **state)
{
    const struct lab_op ops[] = {A(0, HEAP_ALIGN), A(1, 1), M(2, 5, 8), F(0),     R(2, 3),
                                 R(3, 7),          R(3, 0), F(1),       R(2, 300)};
    const uint64_t offsets[] = {0, HEAP_ALIGN, 256, 256, 256 + HEAP_ALIGN, 256 + 2 * HEAP_ALIGN};
    struct lab_run run = run_of(policy("bump"), 65536);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_true(r.placement == digest_of(offsets, COUNT(offsets)));
}

static void digest_of_a_refusal_is_all_ones(void **state)
{
    const struct lab_op ops[] = {A(0, 100), A(1, SIZE_MAX), R(0, SIZE_MAX), R(2, SIZE_MAX), F(1), F(0)};
    const uint64_t numbers[] = {0, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    struct lab_run run = run_of(policy("best-fit"), 65536);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_true(r.placement == digest_of(numbers, COUNT(numbers)));
    assert_int_equal(r.failed, 3);
    assert_int_equal(r.first_refused, 1);
    assert_int_equal(r.done, COUNT(ops));
    assert_int_equal(r.counters.live, 0);
}

/* ---- requests ---- */

static void refused_allocation_leaves_its_slot_empty(void **state)
{
    const struct lab_op ops[] = {A(0, SIZE_MAX), F(0), R(0, 0), R(0, 64), F(0), F(LAB_NULL_SLOT)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.failed, 1);
    assert_int_equal(r.peak_live, 64);
    assert_int_equal(r.live_end, 0);
    assert_int_equal(r.cost_alloc.count, 2);
    assert_int_equal(r.cost_free.count, 1);
    assert_int_equal(r.cost_resize.count, 0);
}

static void refused_resize_leaves_block_and_size(void **state)
{
    const struct lab_op ops[] = {A(0, 1000), R(0, 1 << 20), R(0, 500)};
    struct lab_run run = run_of(policy("first-fit"), 4096);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.failed, 1);
    assert_int_equal(r.live_end, 500);
    assert_int_equal(r.counters.resized_in_place, 1);
    assert_int_equal(r.counters.resized_moved, 0);
}

static void impossible_alignments_are_refused(void **state)
{
    const struct lab_op ops[] = {M(0, 8, 21), M(1, 8, 22), M(2, 8, 63), M(3, 8, 255), M(4, 8, 0), F(1)};
    struct lab_run run = run_of(policy("first-fit"), WORLD_BYTES);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.failed, 3);
    assert_int_equal(r.counters.live, 2);
}

/* A comb of 1,000-byte blocks in a full heap: half of it is free, and 1,500 bytes find no place. */
static void refusal_despite_room_is_told(void **state)
{
    struct lab_op ops[64] = {0};
    size_t n = 0;
    for (uint32_t i = 0; i < 16; i++)
        ops[n++] = (struct lab_op)A(i, 1000);
    for (uint32_t i = 0; i < 16; i += 2)
        ops[n++] = (struct lab_op)F(i);
    ops[n++] = (struct lab_op)A(0, 1500);  /* refused, though there is room */
    ops[n++] = (struct lab_op)R(1, 7000);  /* the same, as a resize */
    ops[n++] = (struct lab_op)A(2, 20000); /* refused for lack of room */
    struct lab_run run = run_of(policy("first-fit"), 16384);
    struct lab_result r = run_ops(*state, ops, n, &run, LAB_OK);
    assert_int_equal(r.failed, 3);
    assert_int_equal(r.refused_despite_room, 2);
    assert_int_equal(r.first_refused, 24);
    assert_int_equal(r.shape.orphans, 8);
}

/* The block size decides: exactly as many bytes as are free counts as room, a byte more does not. */
static void despite_room_compares_block_sizes(void **state)
{
    struct heap h = {.ops = policy("best-fit"), .seam = policy("best-fit")};
    size_t unit = heap_block_size(&h, 1000);
    size_t limit = 4 * unit + heap_fixed(&h);
    const struct lab_op ops[] = {A(0, 1000),
                                 A(1, 1000),
                                 A(2, 1000),
                                 A(3, 1000),
                                 F(0),
                                 F(2),
                                 A(4, 2 * unit - sizeof(size_t)),
                                 A(4, 2 * unit - sizeof(size_t) + 1)};
    struct lab_run run = run_of(policy("best-fit"), limit);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.shape.free, 2 * unit);
    assert_int_equal(r.failed, 2);
    assert_int_equal(r.refused_despite_room, 1);
}

/* F is remembered between refusals, but not beyond a free or an allocation: in each case the second refusal differs. */
static void room_is_known_anew_after_a_free(void **state)
{
    struct lab_op ops[24] = {0};
    size_t n = 0;
    for (uint32_t i = 0; i < 16; i++)
        ops[n++] = (struct lab_op)A(i, 1000);
    ops[n++] = (struct lab_op)F(2);
    ops[n++] = (struct lab_op)F(4);
    ops[n++] = (struct lab_op)A(20, 1500); /* two holes hold it */
    ops[n++] = (struct lab_op)F(6);
    ops[n++] = (struct lab_op)A(20, 2500); /* three do */
    struct lab_run run = run_of(policy("first-fit"), 16384);
    struct lab_result r = run_ops(*state, ops, n, &run, LAB_OK);
    assert_int_equal(r.failed, 2);
    assert_int_equal(r.refused_despite_room, 2);
}

static void room_is_known_anew_after_an_allocation(void **state)
{
    const struct lab_op ops[] = {A(0, 3072), A(1, 2048), A(2, 960), A(3, 512)};
    struct lab_run run = run_of(policy("bump"), 4096);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.failed, 2);
    assert_int_equal(r.refused_despite_room, 0);
}

static size_t walks;

static bool counting_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    walks++;
    return policy("bump-sized")->walk(h, visit, context);
}

/* A small request finds bump-sized full again and again, with frees in between that give nothing back. */
static void refusals_need_no_walk_each(void **state)
{
    struct heap_ops counting = *policy("bump-sized");
    static struct lab_op ops[20002];
    size_t n = 0;
    ops[n++] = (struct lab_op)A(0, 2000);
    ops[n++] = (struct lab_op)A(1, 2000);
    for (uint32_t i = 0; i < 10000; i++) {
        ops[n++] = (struct lab_op)A(2 + i % 2, 100);
        ops[n++] = (struct lab_op)F(i < 2 ? i : 2 + i % 2);
    }
    counting.walk = counting_walk;
    struct lab_run run = run_of(&counting, 4096);
    run.check_every = LAB_CHECK_OFF;
    walks = 0;
    struct lab_result r = run_ops(*state, ops, n, &run, LAB_OK);
    assert_int_equal(r.failed, 10000);
    assert_int_equal(r.refused_despite_room, 0);
    assert_true(walks < 20);
}

static bool counting_fit_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    walks++;
    return policy("first-fit")->walk(h, visit, context);
}

/* What is neither granted nor fixed is too little: no walk can find more. */
static void lack_of_room_needs_no_walk(void **state)
{
    struct heap_ops counting = *policy("first-fit");
    static struct lab_op ops[3000];
    for (uint32_t i = 0; i < COUNT(ops); i += 3) {
        ops[i] = (struct lab_op)A(0, 2000);
        ops[i + 1] = (struct lab_op)A(1, 3000);
        ops[i + 2] = (struct lab_op)F(0);
    }
    counting.walk = counting_fit_walk;
    struct lab_run run = run_of(&counting, 4096);
    run.check_every = LAB_CHECK_OFF;
    walks = 0;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.failed, 1000);
    assert_true(walks < 20);
}

/* ---- peaks and shape ---- */

static void peak_is_where_it_was_reached_first(void **state)
{
    /* 600 live bytes twice: first in two blocks, then in six. */
    const struct lab_op ops[] = {A(0, 300), A(1, 300), F(0),      F(1),      A(0, 100), A(1, 100),
                                 A(2, 100), A(3, 100), A(4, 100), A(5, 100), F(2)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    struct heap h = {.ops = policy("first-fit"), .seam = policy("first-fit")};
    assert_int_equal(r.peak_live, 600);
    assert_int_equal(r.peak_live_used, 2 * heap_block_size(&h, 300));
    assert_int_equal(r.live_end, 500);
    assert_int_equal(r.shape.committed, 4096);
    assert_int_equal(r.heap_peak, 4096);
    assert_int_equal(r.shape.used_blocks, 5);
    assert_int_equal(r.shape.holes, 2);
    assert_int_equal(r.shape.used + r.shape.free + r.shape.meta + r.shape.untracked, 4096);
    assert_int_equal(r.util, 146); /* 600 / 4096 */
    assert_int_equal(r.fixed, heap_fixed(&h));
    assert_int_equal(r.ops, COUNT(ops));
}

static void growth_shows_in_the_peak(void **state)
{
    const struct lab_op ops[] = {A(0, 10000), F(0)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.counters.grows, 1);
    assert_int_equal(r.heap_peak, 12288);
    run.grain = 16384;
    r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.heap_peak, 16384);
}

static void program_limit_comes_first(void **state)
{
    struct test_world *w = *state;
    const struct lab_op ops[] = {A(0, 10000)};
    struct lab_program program = test_program(ops, COUNT(ops), 1);
    struct lab_run run = run_of(policy("first-fit"), 65536);
    program.heap_limit = 8192 + 3; /* rounded down to A */
    struct lab_result r = run_program(w, &program, &run, LAB_OK);
    assert_int_equal(w->limit, 8192);
    assert_int_equal(r.failed, 1);
}

/* ---- what a run needs ---- */

static void memory_of_the_world_is_reported(void **state)
{
    struct test_world *w = *state;
    const struct lab_op ops[] = {A(0, 100)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    w->memory = (struct lab_memory){.faults = 3, .frames_peak = 5, .frames_leaked = -1};
    struct lab_result r = run_ops(w, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.memory.faults, 3);
    assert_int_equal(r.memory.frames_peak, 5);
    assert_true(r.memory.frames_leaked == -1);
}

static void no_region_no_run(void **state)
{
    struct test_world *w = *state;
    const struct lab_op ops[] = {A(0, 100)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    w->refuses_open = true;
    run_ops(w, ops, COUNT(ops), &run, LAB_NO_REGION);
    w->refuses_open = false;
    w->refuses_growth = true; /* not even the first pages */
    run_ops(w, ops, COUNT(ops), &run, LAB_NO_REGION);
    w->refuses_growth = false;
    run.grain = 1000;
    run_ops(w, ops, COUNT(ops), &run, LAB_BAD_INPUT);
}

static void too_little_scratch_is_told(void **state)
{
    struct test_world *w = *state;
    struct lab_op ops[100] = {0};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    for (uint32_t i = 0; i < 100; i++)
        ops[i] = (struct lab_op)A(i % 64, 10), ops[i].kind = i < 64 ? LAB_ALLOC : LAB_FREE;
    size_t least = 0;
    for (;; least += 16) {
        struct lab_result result;
        struct lab_program program = test_program(ops, COUNT(ops), 64);
        w->arena.committed = w->arena.reserved = least;
        enum lab_status status = lab_run_program(&w->world, &w->arena, &program, &run, &result);
        assert_int_equal(w->arena.used, 0);
        if (status == LAB_OK)
            break;
        assert_int_equal(status, LAB_NO_SCRATCH);
    }
    assert_in_range(least, 100 * 4, 100 * 4 + 64 * 32 + 64);
}

static void empty_program_runs(void **state)
{
    struct lab_program program = test_program(NULL, 0, 0);
    struct lab_run run = run_of(policy("bump"), 65536);
    struct lab_result r = run_program(*state, &program, &run, LAB_OK);
    assert_int_equal(r.done, 0);
    assert_int_equal(r.util, 0);
    assert_true(r.first_refused == SIZE_MAX);
    assert_true(r.check_ran);
}

static void expectations_hold_for_their_policy(void **state)
{
    const struct lab_op ops[] = {A(0, 100), A(1, SIZE_MAX)};
    const struct lab_due due[] = {{2, {.value = 1, .under = "first-fit", .under_length = 9}},
                                  {2, {.value = 2, .under = "best-fit", .under_length = 8}}};
    struct lab_program program = test_program(ops, COUNT(ops), 2);
    program.due = due;
    program.due_count = COUNT(due);
    struct lab_run run = run_of(policy("first-fit"), 65536);
    assert_false(run_program(*state, &program, &run, LAB_OK).expectation_failed);
    run.policy = policy("best-fit");
    assert_true(run_program(*state, &program, &run, LAB_OK).expectation_failed);
    run.options[0]++; /* another choice than the one it is promised of */
    assert_false(run_program(*state, &program, &run, LAB_OK).expectation_failed);
    run.policy = policy("bump");
    assert_false(run_program(*state, &program, &run, LAB_OK).expectation_failed);
}

/* ---- every policy, the same program ---- */

static void random_programs_run_clean_and_repeat(void **state)
{
    static struct lab_op ops[3000];
    for (const struct heap_ops *const *p = heap_policies; *p; p++) {
        bool is_live[64] = {0};
        uint64_t seed = 11;
        size_t frees = 0;
        for (size_t i = 0; i < COUNT(ops); i++) {
            uint32_t slot = (uint32_t)(test_random(&seed) % 64);
            size_t size = (size_t)(test_random(&seed) % 6000 * (test_random(&seed) % 2));
            unsigned choice = (unsigned)(test_random(&seed) % 8);
            ops[i] = (struct lab_op)A(slot, size);
            if (!is_live[slot] && choice < 2)
                ops[i] = (struct lab_op)M(slot, size, (uint8_t)(choice * 6));
            else if (is_live[slot])
                ops[i].kind = choice < 3 ? LAB_RESIZE : LAB_FREE;
            is_live[slot] = ops[i].kind != LAB_FREE && (ops[i].kind != LAB_RESIZE || size > 0);
            frees += ops[i].kind == LAB_FREE;
        }
        struct lab_run run = run_of(*p, 200000);
        run.check_every = 50;
        struct lab_result a = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
        run.harden = 0;
        struct lab_result b = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
        assert_true(a.placement == b.placement);
        assert_int_equal(a.failed, b.failed);
        assert_int_equal(a.done, COUNT(ops));
        assert_true(a.peak_live > 0 && a.util <= 1000);
        assert_true(frees > 0 && a.cost_free.count > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(digest_of_one_block_is_the_known_one),
        TEST(digest_takes_what_is_returned),
        TEST(digest_of_a_refusal_is_all_ones),
        TEST(refused_allocation_leaves_its_slot_empty),
        TEST(refused_resize_leaves_block_and_size),
        TEST(impossible_alignments_are_refused),
        TEST(refusal_despite_room_is_told),
        TEST(despite_room_compares_block_sizes),
        TEST(room_is_known_anew_after_a_free),
        TEST(room_is_known_anew_after_an_allocation),
        TEST(refusals_need_no_walk_each),
        TEST(lack_of_room_needs_no_walk),
        TEST(peak_is_where_it_was_reached_first),
        TEST(growth_shows_in_the_peak),
        TEST(program_limit_comes_first),
        TEST(memory_of_the_world_is_reported),
        TEST(no_region_no_run),
        TEST(too_little_scratch_is_told),
        TEST(empty_program_runs),
        TEST(expectations_hold_for_their_policy),
        TEST(random_programs_run_clean_and_repeat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
