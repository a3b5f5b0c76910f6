/* What a run watches while it goes on: costs, damage, checks, observers. */
#include <alloc/heap_ops.h>

#include "world.h"

/* ---- costs ---- */

static struct test_world *slow_world; /* the one whose clock the slow policy pushes on */
static uint64_t slow_cost;            /* of the next allocation; each costs one more */

static void *slow_alloc(struct heap *h, size_t bytes, size_t align)
{
    slow_world->clock += slow_cost;
    return policy("first-fit")->alloc(h, bytes, align);
}

static struct heap_freed slow_free(struct heap *h, void *ptr)
{
    slow_world->clock += 77;
    return policy("first-fit")->free(h, ptr);
}

static struct heap_ops slow_policy(struct test_world *w)
{
    struct heap_ops ops = *policy("first-fit");
    slow_world = w;
    ops.alloc = slow_alloc;
    ops.free = slow_free;
    return ops;
}

static void slower_next_time(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    (void)context, (void)h, (void)index, (void)payload;
    slow_cost += op->kind == LAB_ALLOC;
}

/* 200 allocations that cost 1, 2, ... 200, of which a clock reading is no part. */
static void costs_are_exact(void **state)
{
    struct heap_ops slow = slow_policy(*state);
    struct lab_op ops[400] = {0};
    const struct lab_observer observer = {.done = slower_next_time};
    for (uint32_t i = 0; i < 400; i++)
        ops[i] = i % 2 ? (struct lab_op)F(0) : (struct lab_op)A(0, 10);
    struct lab_run run = run_of(&slow, 65536);
    run.observer = &observer;
    slow_cost = 1;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.cost_alloc.count, 200);
    assert_int_equal(r.cost_alloc.mean, 101); /* 100.5, up */
    assert_int_equal(r.cost_alloc.p50, 100);
    assert_int_equal(r.cost_alloc.p99, 198);
    assert_int_equal(r.cost_alloc.max, 200);
    assert_int_equal(r.cost_free.mean, 77);
    assert_int_equal(r.cost_free.p50, 77);
    assert_int_equal(r.cost_free.max, 77);
    assert_int_equal(r.cost_resize.count + r.cost_resize.max, 0);
    assert_int_equal(r.vm_cost, 0);
}

static uint64_t random_costs[500];
static size_t next_cost;

static void *random_alloc(struct heap *h, size_t bytes, size_t align)
{
    slow_world->clock += random_costs[next_cost++];
    return policy("first-fit")->alloc(h, bytes, align);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Against a sorted list: nearest rank is the value at ceil(count * percent / 100), counted from 1. */
static void percentiles_are_those_of_the_sorted_list(void **state)
{
    struct heap_ops slow = slow_policy(*state);
    static struct lab_op ops[2 * COUNT(random_costs)];
    uint64_t seed = 5, total = 0;
    slow.alloc = random_alloc;
    for (size_t count = 1; count <= COUNT(random_costs); count = count * 3 / 2 + 1) {
        total = next_cost = 0;
        for (size_t i = 0; i < count; i++) {
            random_costs[i] = test_random(&seed) >> (32 + test_random(&seed) % 31);
            total += random_costs[i];
            ops[2 * i] = (struct lab_op)A(0, 10);
            ops[2 * i + 1] = (struct lab_op)F(0);
        }
        struct lab_run run = run_of(&slow, 65536);
        run.check_every = LAB_CHECK_OFF;
        struct lab_result r = run_ops(*state, ops, 2 * count, &run, LAB_OK);
        qsort(random_costs, count, sizeof random_costs[0], by_size);
        assert_true(r.cost_alloc.p50 == random_costs[(count + 1) / 2 - 1]);
        assert_true(r.cost_alloc.p99 == random_costs[(99 * count + 99) / 100 - 1]);
        assert_true(r.cost_alloc.max == random_costs[count - 1]);
        assert_true(r.cost_alloc.mean == (2 * total + count) / (2 * count));
    }
}

/* Costs beyond 32 bits: mean and maximum are exact, percentiles stop at 2^32 - 1. */
static void enormous_costs_are_not_cut_short(void **state)
{
    struct heap_ops slow = slow_policy(*state);
    const struct lab_op ops[] = {A(0, 10), A(1, 10), A(2, 10)};
    struct lab_run run = run_of(&slow, 65536);
    slow_cost = (uint64_t)1 << 40;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_true(r.cost_alloc.max == (uint64_t)1 << 40);
    assert_true(r.cost_alloc.mean == (uint64_t)1 << 40);
    assert_true(r.cost_alloc.p50 == UINT32_MAX);
}

/* Growth has a clock of its own: it is no part of the allocation's cost, but of vm_cost. */
static void growth_is_not_the_allocators_cost(void **state)
{
    struct test_world *w = *state;
    struct heap_ops slow = slow_policy(w);
    const struct lab_op ops[] = {A(0, 10000), A(1, 10000), A(2, 10)};
    struct lab_run run = run_of(&slow, 65536);
    slow_cost = 20;
    struct lab_result r = run_ops(w, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.counters.grows, 2);
    assert_int_equal(r.vm_cost, 2 * w->growth_cost);
    assert_int_equal(r.vm_alloc.count, 3); /* each call has a memory cost, of which one is nothing */
    assert_int_equal(r.vm_alloc.max, w->growth_cost);
    assert_int_equal(r.vm_alloc.p50, w->growth_cost);
    assert_int_equal(r.vm_free.count, 0);
    assert_int_equal(r.cost_alloc.max, 40); /* tried, grown, tried again */
    assert_int_equal(r.cost_alloc.p50, 40);
}

static void clock_shift_makes_units(void **state)
{
    struct test_world *w = *state;
    struct heap_ops slow = slow_policy(w);
    const struct lab_op ops[] = {A(0, 10000), A(1, 10)};
    struct lab_run run = run_of(&slow, 65536);
    slow_cost = 128 * 50;
    w->world.clock_shift = 7;
    w->growth_cost = 128 * 9;
    struct lab_result r = run_ops(w, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(r.cost_alloc.max, 100);
    assert_int_equal(r.cost_alloc.p50, 50);
    assert_int_equal(r.vm_cost, 9);
    assert_int_equal(r.vm_alloc.max, 9);
}

/* ---- damage is found, and where ---- */

static void *last_payload; /* of the policy that misbehaves */

static void *same_place_alloc(struct heap *h, size_t bytes, size_t align)
{
    if (!last_payload)
        last_payload = policy("first-fit")->alloc(h, bytes, align);
    return last_payload;
}

static struct heap_ops broken_policy(void)
{
    last_payload = NULL;
    return *policy("first-fit");
}

static void two_blocks_in_one_place_are_found(void **state)
{
    struct heap_ops broken = broken_policy();
    const struct lab_op ops[] = {A(0, 100), A(1, 100), F(0), F(1)};
    struct lab_run run = run_of(&broken, 65536);
    run.check_every = LAB_CHECK_OFF;
    broken.alloc = same_place_alloc;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_CORRUPT);
    assert_int_equal(r.fault.class, HEAP_FAULT_NONE);
    assert_ptr_equal(r.fault.address, last_payload);
    assert_int_equal(r.done, 3);
    r = run_ops(*state, ops, 2, &run, LAB_CORRUPT); /* never freed: seen at the end */
    assert_int_equal(r.done, 2);
    assert_int_equal(r.check, HEAP_CORRUPT);
}

static void *outside_alloc(struct heap *h, size_t bytes, size_t align)
{
    policy("first-fit")->alloc(h, bytes, align);
    return h->base + h->committed - HEAP_ALIGN; /* its end lies beyond the heap's */
}

static void block_beyond_the_heap_is_not_written_to(void **state)
{
    struct heap_ops broken = broken_policy();
    const struct lab_op ops[] = {A(0, HEAP_ALIGN + 1)};
    struct lab_run run = run_of(&broken, 4096);
    run.check_every = LAB_CHECK_OFF;
    broken.alloc = outside_alloc;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_BAD_POINTER);
    assert_int_equal(r.done, 1);
}

static void *unaligned_alloc(struct heap *h, size_t bytes, size_t align)
{
    unsigned char *payload = policy("bump")->alloc(h, bytes + 64, align);
    return payload + (align > HEAP_ALIGN ? HEAP_ALIGN : 0);
}

static void wrong_alignment_is_found(void **state)
{
    struct heap_ops broken = *policy("bump");
    const struct lab_op ops[] = {A(0, 10), M(1, 10, 6)};
    struct lab_run run = run_of(&broken, 65536);
    broken.alloc = unaligned_alloc;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_BAD_POINTER);
    assert_int_equal(r.done, 2);
}

/* Says that a block stays where it is and may be longer, and gives its last byte away. */
static bool forgetful_resize(struct heap *h, void *ptr, size_t bytes)
{
    (void)h;
    ((unsigned char *)ptr)[9] ^= 1;
    return bytes < 100;
}

static void content_lost_in_a_resize_is_found(void **state)
{
    struct heap_ops broken = broken_policy();
    const struct lab_op ops[] = {A(0, 10), R(0, 12)};
    struct lab_run run = run_of(&broken, 65536);
    broken.resize = forgetful_resize;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_CORRUPT);
    assert_int_equal(r.fault.class, HEAP_FAULT_NONE);
    assert_int_equal(r.done, 2);
    const struct lab_op refused[] = {A(0, 10), R(0, SIZE_MAX)};
    r = run_ops(*state, refused, COUNT(refused), &run, LAB_CORRUPT);
    assert_int_equal(r.done, 2);
}

/* A byte in the middle of a large block, where only the pattern of its page is. */
static struct heap_freed smashing_free(struct heap *h, void *ptr)
{
    ((unsigned char *)last_payload)[8192] ^= 1;
    return policy("first-fit")->free(h, ptr);
}

static void *remembering_alloc(struct heap *h, size_t bytes, size_t align)
{
    void *payload = policy("first-fit")->alloc(h, bytes, align);
    if (bytes > 8192)
        last_payload = payload;
    return payload;
}

static void each_page_of_a_block_is_watched(void **state)
{
    struct heap_ops broken = broken_policy();
    const struct lab_op ops[] = {A(0, 20000), A(1, 10), F(1), F(0)};
    struct lab_run run = run_of(&broken, 65536);
    broken.alloc = remembering_alloc;
    broken.free = smashing_free;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_CORRUPT);
    assert_int_equal(r.done, 4);
    assert_ptr_equal(r.fault.address, last_payload);
}

static struct heap_freed blaming_free(struct heap *h, void *ptr)
{
    heap_blame(h, HEAP_FAULT_HEADER, ptr);
    return (struct heap_freed){.status = HEAP_CORRUPT};
}

static void fault_of_a_free_is_the_results(void **state)
{
    struct heap_ops broken = broken_policy();
    const struct lab_op ops[] = {A(0, 10), A(1, 10), F(0), F(1)};
    struct lab_run run = run_of(&broken, 65536);
    broken.free = blaming_free;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_CORRUPT);
    assert_int_equal(r.fault.class, HEAP_FAULT_HEADER);
    assert_int_equal(r.fault.operation, 3);
    assert_int_equal(r.done, 3);
}

static size_t unbelievable_usable(const struct heap *h, const void *ptr)
{
    (void)h, (void)ptr;
    return 0;
}

static void fault_of_a_resize_is_no_refusal(void **state)
{
    struct heap_ops broken = broken_policy();
    const struct lab_op ops[] = {A(0, 10), R(0, 20)};
    struct lab_run run = run_of(&broken, 65536);
    broken.usable = unbelievable_usable;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.check, HEAP_CORRUPT);
    assert_int_equal(r.fault.class, HEAP_FAULT_HEADER);
    assert_int_equal(r.failed, 0);
}

static size_t checks, bad_check;

static bool counting_check(struct heap *h)
{
    return ++checks != bad_check || heap_blame(h, HEAP_FAULT_LIST, h->base);
}

static void checks_come_when_asked_for(void **state)
{
    struct heap_ops counting = broken_policy();
    struct lab_op ops[10] = {0};
    for (uint32_t i = 0; i < 10; i++)
        ops[i] = (struct lab_op)A(i, 10);
    counting.check = counting_check;
    const struct {
        size_t every, expected;
    } cases[] = {{LAB_CHECK_OFF, 0}, {LAB_CHECK_END, 1}, {1, 11}, {3, 4}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lab_run run = run_of(&counting, 65536);
        run.check_every = cases[i].every;
        checks = bad_check = 0;
        struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
        assert_int_equal(checks, cases[i].expected);
        assert_int_equal(r.check_ran, cases[i].expected > 0);
        assert_int_equal(r.check, HEAP_OK);
    }
}

static void failing_check_ends_the_run(void **state)
{
    struct heap_ops counting = broken_policy();
    const struct lab_op ops[] = {A(0, 10), A(1, 10), A(2, 10), A(3, 10), F(0)};
    struct lab_run run = run_of(&counting, 65536);
    counting.check = counting_check;
    run.check_every = 2;
    checks = 0;
    bad_check = 2;
    struct lab_result r = run_ops(*state, ops, COUNT(ops), &run, LAB_CORRUPT);
    assert_int_equal(r.done, 4);
    assert_int_equal(r.check, HEAP_CORRUPT);
    assert_int_equal(r.fault.class, HEAP_FAULT_LIST);
    assert_int_equal(r.counters.live, 4);
}

/* ---- observers ---- */

struct seen {
    size_t started, done, refused, samples, finished;
    size_t refused_at, live_at[8], used_at[8];
    const void *payloads[8];
};

static void see_done(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    struct seen *s = context;
    (void)h, (void)op;
    assert_int_equal(index, s->done);
    s->payloads[s->done++] = payload;
}

static void see_refused(void *context, struct heap *h, size_t index, const struct lab_op *op)
{
    struct seen *s = context;
    (void)h;
    assert_true(op->size == SIZE_MAX);
    s->refused++;
    s->refused_at = index;
}

static void see_sample(void *context, size_t done, size_t live_bytes, const struct heap_shape *shape)
{
    struct seen *s = context;
    assert_int_equal(done, 2 * (s->samples + 1));
    s->live_at[s->samples] = live_bytes;
    s->used_at[s->samples++] = shape->used_blocks;
}

static void see_started(void *context, struct heap *h)
{
    struct seen *s = context;
    assert_int_equal(s->done + s->refused + s->finished, 0);
    assert_int_equal(h->counters.operations, 0);
    s->started++;
}

static void see_finished(void *context, struct heap *h)
{
    struct seen *s = context;
    s->finished++;
    assert_int_equal(h->counters.live, 1);
}

static void observers_see_each_operation(void **state)
{
    struct seen seen = {0};
    const struct lab_observer observer = {.context = &seen,
                                          .started = see_started,
                                          .done = see_done,
                                          .refused = see_refused,
                                          .sample = see_sample,
                                          .finished = see_finished};
    const struct lab_op ops[] = {A(0, 100), A(1, SIZE_MAX), R(0, 50), A(2, 30), R(0, SIZE_MAX), F(0)};
    struct lab_run run = run_of(policy("first-fit"), 65536);
    run.observer = &observer;
    run.sample_every = 2;
    run_ops(*state, ops, COUNT(ops), &run, LAB_OK);
    assert_int_equal(seen.done, 6);
    assert_non_null(seen.payloads[0]);
    assert_null(seen.payloads[1]); /* refused */
    assert_ptr_equal(seen.payloads[2], seen.payloads[0]);
    assert_null(seen.payloads[4]); /* refused, though the block stays */
    assert_null(seen.payloads[5]); /* freed */
    assert_int_equal(seen.refused, 2);
    assert_int_equal(seen.refused_at, 4);
    assert_int_equal(seen.samples, 3);
    assert_int_equal(seen.live_at[0], 100);
    assert_int_equal(seen.live_at[1], 80);
    assert_int_equal(seen.used_at[1], 2);
    assert_int_equal(seen.started, 1);
    assert_int_equal(seen.finished, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(costs_are_exact),
        TEST(percentiles_are_those_of_the_sorted_list),
        TEST(enormous_costs_are_not_cut_short),
        TEST(growth_is_not_the_allocators_cost),
        TEST(clock_shift_makes_units),
        TEST(two_blocks_in_one_place_are_found),
        TEST(block_beyond_the_heap_is_not_written_to),
        TEST(wrong_alignment_is_found),
        TEST(content_lost_in_a_resize_is_found),
        TEST(each_page_of_a_block_is_watched),
        TEST(fault_of_a_free_is_the_results),
        TEST(fault_of_a_resize_is_no_refusal),
        TEST(checks_come_when_asked_for),
        TEST(failing_check_ends_the_run),
        TEST(observers_see_each_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
