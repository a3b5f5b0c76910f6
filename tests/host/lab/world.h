/* A world for the tests of lab/: one region in an array full of junk, a clock that the test turns, scratch, and programs
 * written as lists of operations. */
#ifndef TESTS_LAB_WORLD_H
#define TESTS_LAB_WORLD_H

#include <stdlib.h>
#include <string.h>

#include <lab/run.h>

#include "support.h"

#define WORLD_BYTES ((size_t)4 << 20)
#define WORLD_SCRATCH ((size_t)4 << 20)

struct test_world {
    struct lab_world world;
    struct lab_arena arena;
    unsigned char *region, *scratch;
    uint8_t *starts;
    uint64_t clock, vm_clock;    /* a test may push them on from inside a policy */
    uint64_t reading_cost;       /* each reading of the clock takes that long */
    uint64_t growth_cost;        /* each growth, told by both clocks */
    size_t opens, closes, limit; /* limit: what open was asked for */
    bool refuses_open, refuses_growth;
    struct lab_memory memory; /* what close will tell */
};

static inline bool test_world_grow(void *context, size_t committed, size_t added)
{
    struct test_world *w = context;
    (void)committed, (void)added;
    w->clock += w->growth_cost;
    w->vm_clock += w->growth_cost;
    return !w->refuses_growth;
}

static inline bool test_world_open(void *context, size_t limit, unsigned harden, struct heap_region *region)
{
    struct test_world *w = context;
    assert_int_equal(w->opens, w->closes);
    assert_true(limit <= WORLD_BYTES);
    if (w->refuses_open)
        return false;
    w->opens++;
    w->limit = limit;
    memset(w->region, 0xA5, WORLD_BYTES);
    memset(w->starts, 0, heap_starts_bytes(WORLD_BYTES));
    *region = (struct heap_region){.base = w->region,
                                   .reserved = limit,
                                   .grow = test_world_grow,
                                   .grow_context = w,
                                   .starts = harden > 0 ? w->starts : NULL};
    return true;
}

static inline void test_world_close(void *context, struct lab_memory *memory)
{
    struct test_world *w = context;
    w->closes++;
    *memory = w->memory;
}

static inline uint64_t test_world_clock(void *context)
{
    struct test_world *w = context;
    return w->clock += w->reading_cost;
}

static inline uint64_t test_world_vm_clock(void *context)
{
    struct test_world *w = context;
    return w->vm_clock;
}

/* To be ended with test_world_end. */
static inline struct test_world *test_world_begin(void)
{
    struct test_world *w = calloc(1, sizeof *w);
    w->region = aligned_alloc(HEAP_REGION_ALIGN, WORLD_BYTES);
    w->scratch = aligned_alloc(16, WORLD_SCRATCH);
    w->starts = malloc(heap_starts_bytes(WORLD_BYTES));
    memset(w->scratch, 0xA5, WORLD_SCRATCH);
    w->arena = (struct lab_arena){.base = w->scratch, .committed = WORLD_SCRATCH, .reserved = WORLD_SCRATCH};
    w->reading_cost = 5;
    w->growth_cost = 1000;
    w->world = (struct lab_world){
        .context = w,
        .open = test_world_open,
        .close = test_world_close,
        .clock = test_world_clock,
        .vm_clock = test_world_vm_clock,
        .clock_unit = "ticks",
        .arch = "host",
        .vm = "array",
        .pages = "4k",
    };
    return w;
}

static inline void test_world_end(struct test_world *w)
{
    assert_int_equal(w->opens, w->closes);
    free(w->region);
    free(w->scratch);
    free(w->starts);
    free(w);
}

/* A program over an array of operations, its kinds counted. */
static inline struct lab_program test_program(const struct lab_op *ops, size_t count, uint32_t slots)
{
    struct lab_program program = {.ops = ops, .count = count, .slots = slots};
    for (size_t i = 0; i < count; i++)
        program.count_of[ops[i].kind]++;
    return program;
}

/* ---- programs as lists ---- */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* One operation each: a ID SIZE, m ID SIZE ALIGN, r ID SIZE, f ID. */
#define A(id, bytes)                                     \
    {                                                    \
        .kind = LAB_ALLOC, .slot = (id), .size = (bytes) \
    }
#define M(id, bytes, log2)                                                       \
    {                                                                            \
        .kind = LAB_ALIGNED, .slot = (id), .size = (bytes), .align_log2 = (log2) \
    }
#define R(id, bytes)                                      \
    {                                                     \
        .kind = LAB_RESIZE, .slot = (id), .size = (bytes) \
    }
#define F(id)                          \
    {                                  \
        .kind = LAB_FREE, .slot = (id) \
    }

static inline const struct heap_ops *policy(const char *name)
{
    const struct heap_ops *ops = heap_policy_find(name);
    assert_non_null(ops);
    return ops;
}

static inline int test_begin(void **state)
{
    *state = test_world_begin();
    return 0;
}

static inline int test_end(void **state)
{
    test_world_end(*state);
    return 0;
}

/* A run under the policy with its options as they are when nobody gives any. */
static inline struct lab_run run_of(const struct heap_ops *ops, size_t heap_limit)
{
    struct lab_run run = {.policy = ops, .harden = 1, .heap_limit = heap_limit, .check_every = 1};
    heap_default_options(ops, run.options);
    return run;
}

/* Runs and demands a status; the arena must be as before. */
static inline struct lab_result run_program(struct test_world *w, const struct lab_program *program,
                                            const struct lab_run *run, enum lab_status expected)
{
    struct lab_result result;
    size_t used = w->arena.used;
    memset(&result, 0xA5, sizeof result);
    assert_int_equal(lab_run_program(&w->world, &w->arena, program, run, &result), expected);
    assert_int_equal(w->arena.used, used);
    assert_int_equal(w->opens, w->closes);
    return result;
}

static inline struct lab_result run_ops(struct test_world *w, const struct lab_op *ops, size_t count,
                                        const struct lab_run *run, enum lab_status expected)
{
    struct lab_program program = test_program(ops, count, 64);
    return run_program(w, &program, run, expected);
}

/* A test with a world of its own as its state. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)

#endif
