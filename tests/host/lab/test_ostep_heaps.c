/* Runs of the OSTEP book's simulator on the real heaps, by their options: -p BEST, FIRST, WORST are best-fit, first-fit, worst-fit;
 * -l ADDRSORT, INSERT-FRONT, INSERT-BACK are order=address, lifo, fifo; -C is merge=eager, without it merge=never.
 *
 * A byte of the simulator is two A here, the smallest block; its header and alignment are counted into the request, as ours are not
 * its. Then these agree after every operation, in place and size, entry by entry in the order of the list:
 *   every run without -C in those three orders; every run with -C and ADDRSORT.
 * In other orders -C joins neighbours in the list only, which our heaps do not do. SIZESORT+ keeps what a split leaves in its
 * place and equal sizes in the order of their frees; order=size sorts at all times. There the sizes of all holes agree, but
 * not which of two equal ones is taken: for BEST and WORST without -C. */
#include "../../../alloc/fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lab/model.h>

#include "support.h"

enum {
    A = HEAP_ALIGN,
    UNIT = 2 * HEAP_ALIGN, /* bytes here for a byte there */
    ALLOCATIONS = 64,      /* most in one run */
    UNITS = 3000,          /* most bytes of a simulated heap */
    SEEDS = 300,
};

/* One run on both sides. */
struct sides {
    struct lab_model model;
    struct heap heap;
    uint32_t handles[ALLOCATIONS];
    void *payloads[ALLOCATIONS];
    unsigned allocations;
    bool sizes_only;    /* what holds for SIZESORT+ */
    uint64_t place_sum; /* of what was handed out: a run that refuses everything shows nothing */
};

static _Alignas(16) unsigned char scratch[65536], memory[UNITS * UNIT + A];

static const char *policy_name(enum lab_model_policy policy)
{
    return policy == LAB_MODEL_BEST ? "best-fit" : policy == LAB_MODEL_WORST ? "worst-fit" : "first-fit";
}

static enum fit_order heap_order(enum lab_model_order order)
{
    switch (order) {
    case LAB_MODEL_BY_ADDRESS:
        return FIT_ORDER_ADDRESS;
    case LAB_MODEL_INSERT_FRONT:
        return FIT_ORDER_LIFO;
    case LAB_MODEL_INSERT_BACK:
        return FIT_ORDER_FIFO;
    default:
        return FIT_ORDER_SIZE;
    }
}

static void start(struct sides *s, const struct lab_model_params *params)
{
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    size_t bytes = params->initial * UNIT + A;
    struct heap_setup setup = {
        .ops = heap_policy_find(policy_name(params->policy)),
        .region = {.base = memory, .committed = bytes, .reserved = bytes},
        .options = {[FIT_OPTION_ORDER] = heap_order(params->order),
                    [FIT_OPTION_MERGE] = params->coalescing == LAB_MODEL_NEVER ? FIT_MERGE_NEVER : FIT_MERGE_EAGER,
                    [FIT_OPTION_SPLIT] = UNIT},
    };
    memset(memory, 0xA5, sizeof memory);
    memset(s, 0, sizeof *s);
    assert_true(params->initial <= UNITS);
    s->sizes_only = params->order == LAB_MODEL_SIZE_UP;
    assert_int_equal(lab_model_init(&s->model, params, &arena, 256), LAB_MODEL_OK);
    assert_int_equal(heap_init(&s->heap, &setup), HEAP_OK);
}

static size_t place_of(const struct sides *s, const void *header)
{
    return (size_t)((const unsigned char *)header - s->heap.base) / UNIT + s->model.params.base;
}

static int by_size(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void assert_same_list(const struct sides *s)
{
    size_t sizes[2][256], count = 0;
    for (const struct block *hole = fit_first_hole(&s->heap); hole; hole = hole->next_hole, count++) {
        const struct lab_model_block *entry = lab_model_hole(&s->model, count);
        assert_true(count < s->model.hole_count);
        assert_true(s->sizes_only || place_of(s, hole) == entry->address);
        assert_true(s->sizes_only || block_size(hole) / UNIT == entry->size);
        sizes[0][count] = block_size(hole) / UNIT;
        sizes[1][count] = entry->size;
    }
    assert_int_equal(count, s->model.hole_count);
    qsort(sizes[0], count, sizeof sizes[0][0], by_size);
    qsort(sizes[1], count, sizeof sizes[1][0], by_size);
    assert_memory_equal(sizes[0], sizes[1], count * sizeof sizes[0][0]);
}

static void allocate(struct sides *s, size_t bytes)
{
    size_t block = lab_model_block_size(&s->model, bytes);
    struct lab_model_result result = lab_model_alloc(&s->model, bytes, 1);
    unsigned char *payload = heap_alloc(&s->heap, block * UNIT - BLOCK_HEADER);
    assert_int_equal(payload != NULL, result.status == LAB_MODEL_OK);
    assert_true(!payload || s->sizes_only || place_of(s, payload - BLOCK_HEADER) == result.address);
    assert_true(s->allocations < ALLOCATIONS);
    s->handles[s->allocations] = result.block;
    s->payloads[s->allocations++] = payload;
    s->place_sum += payload ? result.address : 0;
}

static void release(struct sides *s, size_t number)
{
    assert_true(number < s->allocations);
    assert_int_equal(lab_model_free(&s->model, s->handles[number]).status, LAB_MODEL_OK);
    assert_int_equal(heap_free(&s->heap, s->payloads[number]), HEAP_OK);
    s->payloads[number] = NULL;
}

/* Plays "+5,-0" on both, compared after each operation; `last` is where the last allocation stands on both, 0: it was refused, or freed. */
static void play(struct sides *s, const char *text, size_t last)
{
    while (*text) {
        char *end, letter = *text;
        size_t number = strtoul(text + 1, &end, 10);
        if (letter == '+')
            allocate(s, number);
        else
            release(s, number);
        assert_same_list(s);
        text = *end == ',' ? end + 1 : end;
    }
    const unsigned char *payload = s->payloads[s->allocations - 1];
    assert_int_equal(payload ? place_of(s, payload - BLOCK_HEADER) : 0, last);
    assert_int_equal(heap_check(&s->heap), HEAP_OK);
}

/* ---- the published runs ---- */

/* The README's: with headers of 4 and sizes rounded up to 4. */
static void readme_example(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    struct sides s;
    params.header = params.align = 4;
    start(&s, &params);
    play(&s, "+3,-0,+5,-1,+8", 1008);
    params.coalescing = LAB_MODEL_LIST_PASS;
    start(&s, &params);
    play(&s, "+3,-0,+5,-1,+8", 1000);
}

static void book_question_one(void **state)
{
    (void)state;
    static const char run[] = "+3,-0,+5,-1,+8,-2,+8,-3,+2,+7";
    static const enum lab_model_policy policies[] = {LAB_MODEL_BEST, LAB_MODEL_FIRST, LAB_MODEL_WORST};
    static const size_t last[] = {1008, 1008, 1026};
    for (size_t i = 0; i < 3; i++) {
        struct lab_model_params params = lab_model_ostep();
        struct sides s;
        params.policy = policies[i];
        start(&s, &params);
        play(&s, run, last[i]);
    }
}

/* Four holes kept apart by blocks of one byte; then the series that first fit serves and best fit does not, and the other. */
static void paradoxes(void **state)
{
    (void)state;
    static const struct {
        enum lab_model_policy policy;
        const char *requests;
        size_t last;
    } runs[] = {
        {LAB_MODEL_FIRST, "+600,+650,+900,+500,+100", 2101},
        {LAB_MODEL_BEST, "+600,+650,+900,+500,+100", 0},
        {LAB_MODEL_WORST, "+600,+650,+900", 0},
        {LAB_MODEL_FIRST, "+600,+500,+700,+900", 0},
        {LAB_MODEL_BEST, "+600,+500,+700,+900", 2853},
        {LAB_MODEL_WORST, "+600,+500,+700", 0},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct lab_model_params params = lab_model_ostep();
        struct sides s;
        params.policy = runs[i].policy;
        params.initial = params.limit = 2753;
        start(&s, &params);
        play(&s, "+500,+1,+700,+1,+650,+1,+900", 2853);
        play(&s, "-0,-2,-4,-6", 0);
        play(&s, runs[i].requests, runs[i].last);
    }
}

/* ---- runs as the simulator's random mode makes them ---- */

static void random_run(const struct lab_model_params *params, uint64_t seed, uint64_t *places)
{
    struct sides s;
    unsigned live[ALLOCATIONS], count = 0;
    start(&s, params);
    while (s.allocations < ALLOCATIONS) {
        if (test_random(&seed) % 2 == 0) {
            allocate(&s, (size_t)(test_random(&seed) % 10) + 1);
            if (s.payloads[s.allocations - 1])
                live[count++] = s.allocations - 1;
        } else if (count > 0) {
            unsigned at = (unsigned)(test_random(&seed) % count);
            release(&s, live[at]);
            memmove(&live[at], &live[at + 1], (--count - at) * sizeof live[0]);
        }
        assert_same_list(&s);
    }
    assert_int_equal(heap_check(&s.heap), HEAP_OK);
    *places += s.place_sum;
}

/* Plays runs under each policy; what has been handed out in all of them must not be the same for two. */
static void random_runs(enum lab_model_order order, enum lab_model_coalescing coalescing, size_t policies)
{
    static const enum lab_model_policy all[] = {LAB_MODEL_BEST, LAB_MODEL_WORST, LAB_MODEL_FIRST};
    uint64_t places[3] = {0};
    for (size_t i = 0; i < policies; i++) {
        struct lab_model_params params = lab_model_ostep();
        params.policy = all[i];
        params.order = order;
        params.coalescing = coalescing;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            params.header = (size_t)(seed % 3);
            params.align = (size_t)(1 + seed % 4);
            random_run(&params, seed, &places[i]);
        }
        for (size_t other = 0; other < i; other++)
            assert_true(places[i] != places[other]);
    }
}

static void every_run_by_address(void **state)
{
    (void)state;
    random_runs(LAB_MODEL_BY_ADDRESS, LAB_MODEL_NEVER, 3);
    random_runs(LAB_MODEL_BY_ADDRESS, LAB_MODEL_LIST_PASS, 3);
}

static void every_run_by_age_without_coalescing(void **state)
{
    (void)state;
    random_runs(LAB_MODEL_INSERT_FRONT, LAB_MODEL_NEVER, 3);
    random_runs(LAB_MODEL_INSERT_BACK, LAB_MODEL_NEVER, 3);
}

static void sizes_of_runs_by_size_without_coalescing(void **state)
{
    (void)state;
    random_runs(LAB_MODEL_SIZE_UP, LAB_MODEL_NEVER, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readme_example),
        cmocka_unit_test(book_question_one),
        cmocka_unit_test(paradoxes),
        cmocka_unit_test(every_run_by_address),
        cmocka_unit_test(every_run_by_age_without_coalescing),
        cmocka_unit_test(sizes_of_runs_by_size_without_coalescing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
