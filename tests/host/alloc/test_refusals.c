/* Failures on purpose at the heap's front-end, under every policy: a request that is refused leaves the heap to the
 * byte as it was and is counted; whatever needs no new place is not asked about; a short trace survives a refusal at
 * each of its calls, once, from then on, and again and again. */
#include "alloc_region.h"

#include <lib/inject.h>

static struct test_region region;
static struct heap heap, *const h = &heap;
static struct inject plan; /* heeded by the heap */

static const struct region_shape growing = {.limit = 65536, .harden = 1};

static bool refuses(void *context)
{
    return inject_hits(context);
}

/* A new heap that heeds the plan. */
static void begin_heap(void **state, struct inject wanted)
{
    struct heap_setup setup = region_setup(&region, policy_of(state), &growing);
    setup.region.refuses = refuses;
    setup.region.refuses_context = &plan;
    memset(h, REGION_JUNK, sizeof *h);
    plan = wanted;
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_int_equal(plan.calls, 0); /* a heap begins without a request */
}

static void plan_next(void)
{
    plan = (struct inject){.nth = 1};
}

/* The last call was asked about once and refused, and nothing has changed. */
static void assert_refused(struct heap_snapshot *before)
{
    assert_true(plan.calls == 1 && plan.failed == 1);
    assert_true(snapshot_holds(before, h));
    assert_true(h->counters.operations == before->heap.counters.operations + 1);
    assert_true(h->counters.refused == before->heap.counters.refused + 1);
    assert_int_equal(h->fault.class, HEAP_FAULT_NONE);
    assert_sound(h);
    snapshot_end(before);
}

/* ---- one request ---- */

static void refused_request_changes_nothing(void **state)
{
    begin_heap(state, (struct inject){0});
    void *kept = heap_alloc(h, 100), *freed = heap_alloc(h, 200), *out = &region;
    assert_non_null(heap_alloc(h, 40));
    assert_int_equal(heap_free(h, freed), HEAP_OK); /* there is a hole, and room at the end */
    memset(kept, 0x11, 100);
    struct heap_snapshot before = snapshot_begin(h);
    plan_next();
    assert_null(heap_alloc(h, 50));
    assert_refused(&before);

    before = snapshot_begin(h);
    plan_next();
    assert_null(heap_calloc(h, 5, 10));
    assert_refused(&before);

    before = snapshot_begin(h);
    plan_next();
    assert_int_equal(heap_alloc_aligned(h, 50, 256, &out), HEAP_NO_MEMORY);
    assert_null(out);
    assert_refused(&before);

    before = snapshot_begin(h);
    plan_next();
    assert_int_equal(heap_resize(h, NULL, 50, &out), HEAP_NO_MEMORY);
    assert_refused(&before);
    assert_true(is_filled(kept, 0x11, 100));
    assert_non_null(heap_alloc(h, 50)); /* the plan is done with */
}

/* The refused request would have grown the heap. */
static void refused_request_does_not_grow(void **state)
{
    begin_heap(state, (struct inject){0});
    assert_non_null(heap_alloc(h, 100));
    size_t grow_calls = region.grow_calls;
    struct heap_snapshot before = snapshot_begin(h);
    plan_next();
    assert_null(heap_alloc(h, 3 * HEAP_GRAIN));
    assert_refused(&before);
    assert_int_equal(region.grow_calls, grow_calls);
    assert_non_null(heap_alloc(h, 3 * HEAP_GRAIN));
    assert_true(region.grow_calls > grow_calls);
}

/* ---- resize ---- */

static void resize_in_place_is_not_asked_about(void **state)
{
    begin_heap(state, (struct inject){0});
    void *ptr = heap_alloc(h, 1000), *out = NULL; /* the last block: every policy that resizes can shrink it */
    plan = (struct inject){.from = 1};
    enum heap_status status = heap_resize(h, ptr, 600, &out);
    if (!h->ops->resize) { /* every resize moves */
        assert_int_equal(status, HEAP_NO_MEMORY);
        assert_int_equal(plan.failed, 1);
        return;
    }
    assert_int_equal(status, HEAP_OK);
    assert_ptr_equal(out, ptr);
    assert_true(plan.calls == 0 && h->counters.refused == 0 && h->counters.resized_in_place == 1);
    assert_sound(h);
}

static void refused_move_keeps_the_block(void **state)
{
    begin_heap(state, (struct inject){0});
    unsigned char *ptr = heap_alloc(h, 100), *out = ptr;
    assert_non_null(heap_alloc(h, 10)); /* no room behind it */
    memset(ptr, 0x22, 100);
    struct heap_snapshot before = snapshot_begin(h);
    plan_next();
    assert_int_equal(heap_resize(h, ptr, 5000, (void **)&out), HEAP_NO_MEMORY);
    assert_null(out);
    assert_refused(&before);
    assert_true(is_filled(ptr, 0x22, 100));
    assert_int_equal(heap_resize(h, ptr, 5000, (void **)&out), HEAP_OK);
    assert_true(out != ptr && is_filled(out, 0x22, 100));
    assert_int_equal(h->counters.resized_moved, 1);
    assert_int_equal(heap_free(h, out), HEAP_OK);
}

/* What is wrong anyway, and what gives back, is no request for a place. */
static void only_places_are_asked_about(void **state)
{
    void *out;
    begin_heap(state, (struct inject){0});
    void *ptr = heap_alloc(h, 100);
    plan = (struct inject){.from = 1};
    assert_int_equal(heap_alloc_aligned(h, 8, 3, &out), HEAP_BAD_ARGUMENT);
    assert_null(heap_calloc(h, SIZE_MAX, 2));
    assert_int_equal(heap_resize(h, ptr, 0, &out), HEAP_BAD_ARGUMENT);
    assert_int_equal(heap_resize(h, (char *)ptr + 1, 8, &out), HEAP_BAD_POINTER);
    assert_true(heap_usable(h, ptr) >= 100);
    assert_int_equal(heap_free(h, ptr), HEAP_OK);
    assert_int_equal(heap_free(h, NULL), HEAP_OK);
    assert_int_equal(heap_check(h), HEAP_OK);
    assert_int_equal(plan.calls, 0);
}

/* ---- a short trace, refused at each call ---- */

enum { IDS = 8 };

static const struct op {
    enum { ALLOC, ALIGNED, CALLOC, RESIZE, FREE } kind;
    size_t id, bytes;
} trace[] = {
    {ALLOC, 0, 100},   {ALLOC, 1, 3000}, {CALLOC, 2, 64}, {FREE, 0, 0},       {ALLOC, 3, 40},    {RESIZE, 1, 5000},
    {ALIGNED, 4, 300}, {ALLOC, 5, 9000}, {FREE, 2, 0},    {RESIZE, 3, 20},    {RESIZE, 5, 4000}, {ALLOC, 6, 1},
    {FREE, 1, 0},      {CALLOC, 7, 700}, {ALLOC, 0, 48},  {RESIZE, 4, 12000}, {FREE, 5, 0},      {ALLOC, 2, 2500},
    {RESIZE, 6, 900},  {FREE, 7, 0},     {FREE, 3, 0},    {ALLOC, 1, 80},     {RESIZE, 2, 2501}, {FREE, 4, 0},
};

static struct block {
    unsigned char *ptr; /* NULL: not live */
    size_t bytes;
} blocks[IDS];

static void keep(size_t id, void *ptr, size_t bytes)
{
    blocks[id] = (struct block){ptr, bytes};
    if (ptr)
        memset(ptr, (int)(1 + id), bytes);
}

/* Carries an operation out. Returns whether it was refused. */
static bool carry_out(const struct op *op)
{
    struct block *b = &blocks[op->id];
    void *ptr = NULL;
    if (op->kind == FREE) {
        assert_int_equal(heap_free(h, b->ptr), HEAP_OK);
        b->ptr = NULL;
        return false;
    }
    if (op->kind == RESIZE) {
        enum heap_status status = heap_resize(h, b->ptr, op->bytes, &ptr);
        size_t kept = b->bytes < op->bytes ? b->bytes : op->bytes;
        assert_true(ptr ? status == HEAP_OK : status == HEAP_NO_MEMORY);
        if (!ptr)
            return true;
        assert_true(!b->ptr || is_filled(ptr, (int)(1 + op->id), kept));
        keep(op->id, ptr, op->bytes);
        return false;
    }
    if (op->kind == ALIGNED) {
        enum heap_status status = heap_alloc_aligned(h, op->bytes, 512, &ptr);
        assert_int_equal(status, ptr ? HEAP_OK : HEAP_NO_MEMORY);
    } else {
        ptr = op->kind == CALLOC ? heap_calloc(h, op->bytes, 1) : heap_alloc(h, op->bytes);
    }
    assert_true(!ptr || op->kind != CALLOC || is_filled(ptr, 0, op->bytes));
    keep(op->id, ptr, op->bytes);
    return !ptr;
}

static void assert_blocks_intact(void)
{
    size_t live = 0;
    for (size_t id = 0; id < IDS; id++) {
        live += blocks[id].ptr != NULL;
        assert_true(!blocks[id].ptr || is_filled(blocks[id].ptr, (int)(1 + id), blocks[id].bytes));
    }
    assert_int_equal(h->counters.live, live);
    assert_sound(h);
}

/* Runs the trace under a plan. Returns the requests that the plan let fail. */
static uint64_t run_trace(void **state, struct inject wanted)
{
    uint64_t refused = 0;
    begin_heap(state, wanted);
    memset(blocks, 0, sizeof blocks);
    for (size_t i = 0; i < COUNT(trace); i++) {
        uint64_t failed = plan.failed;
        struct heap_snapshot before = snapshot_begin(h);
        bool is_refused = carry_out(&trace[i]);
        assert_int_equal(is_refused, plan.failed > failed); /* one is the other: there is room for all */
        assert_true(!is_refused || snapshot_holds(&before, h));
        snapshot_end(&before);
        assert_blocks_intact();
        refused += is_refused;
    }
    assert_true(refused == plan.failed && h->counters.refused == refused);
    for (size_t id = 0; id < IDS; id++)
        assert_int_equal(heap_free(h, blocks[id].ptr), HEAP_OK);
    assert_int_equal(h->counters.live, 0);
    assert_sound(h);
    return plan.failed;
}

static void short_trace_survives_every_refusal(void **state)
{
    uint64_t k = 1;
    while (run_trace(state, (struct inject){.nth = k}) == 1)
        k++;
    assert_true(k > 12 && k <= COUNT(trace)); /* as many requests for a place as the trace has, at least */
    for (uint64_t i = 1; i <= k; i++) {
        run_trace(state, (struct inject){.from = i});
        run_trace(state, (struct inject){.every = i});
    }
    assert_int_equal(run_trace(state, (struct inject){0}), 0);
}

/* ---- the same trace, with growth refused ---- */

/* Sets up a heap whose growth of that number is refused, and with `from_then_on` each later one. False: the heap
 * itself needed it, and was refused. */
static bool begin_refusing(void **state, size_t call, bool from_then_on)
{
    struct heap_setup setup = region_setup(&region, policy_of(state), &growing);
    memset(h, REGION_JUNK, sizeof *h);
    memset(blocks, 0, sizeof blocks);
    plan = (struct inject){0};
    region.refuse_call = call;
    region.refuses_on = from_then_on;
    enum heap_status status = heap_init(h, &setup);
    assert_int_equal(status, call == 1 && region.grow_calls == 1 ? HEAP_NO_MEMORY : HEAP_OK);
    return status == HEAP_OK;
}

/* A refused operation has changed nothing, and succeeds once growth does. */
static void carry_out_with_growth_refused(const struct op *op)
{
    size_t grow_calls = region.grow_calls, call = region.refuse_call;
    struct heap_snapshot before = snapshot_begin(h);
    uint64_t refused = h->counters.refused;
    bool is_refused = carry_out(op);
    bool is_due =
        region.grow_calls > grow_calls && (region.refuses_on ? region.grow_calls >= call : region.grow_calls == call);
    assert_int_equal(is_refused, is_due);
    assert_int_equal(h->counters.refused, refused + is_refused);
    assert_true(!is_refused || snapshot_holds(&before, h));
    assert_blocks_intact();
    if (is_refused) {
        region.refuse_call = 0;
        assert_false(carry_out(op));
        assert_blocks_intact();
        region.refuse_call = call;
    }
    snapshot_end(&before);
}

/* Returns the growths asked for. */
static size_t run_trace_with_growth_refused(void **state, size_t call, bool from_then_on)
{
    if (begin_refusing(state, call, from_then_on)) {
        for (size_t i = 0; i < COUNT(trace); i++)
            carry_out_with_growth_refused(&trace[i]);
        for (size_t id = 0; id < IDS; id++)
            assert_int_equal(heap_free(h, blocks[id].ptr), HEAP_OK);
        assert_sound(h);
    }
    region.refuse_call = 0;
    region.refuses_on = false;
    return region.grow_calls;
}

static void short_trace_survives_every_refused_growth(void **state)
{
    size_t calls = run_trace_with_growth_refused(state, 0, false);
    assert_true(calls > 2);
    for (size_t call = 1; call <= calls + 1; call++) {
        run_trace_with_growth_refused(state, call, false);
        run_trace_with_growth_refused(state, call, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_request_changes_nothing),
        cmocka_unit_test(refused_request_does_not_grow),
        cmocka_unit_test(resize_in_place_is_not_asked_about),
        cmocka_unit_test(refused_move_keeps_the_block),
        cmocka_unit_test(only_places_are_asked_about),
        cmocka_unit_test(short_trace_survives_every_refusal),
        cmocka_unit_test(short_trace_survives_every_refused_growth),
    };
    region_begin(&region, growing.limit);
    int failed = run_under_policies("refusals", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
