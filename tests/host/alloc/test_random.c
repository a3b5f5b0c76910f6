/* Random operations under every policy, judged by a shadow that knows only what was asked and answered
 * (alloc_shadow.h), and by the heap's own check after each operation. 100,000 operations for each policy, with
 * KFIT_DEEP set ten million: heaps of 4 KiB to 1 MiB, half full or full, sizes that follow a power law, options as
 * they are or anything in their ranges, every hardening level. At an episode's end all is freed; then a policy whose
 * holes come together again must grant the largest request there ever was.
 *
 * A failing episode is shrunk, written to `random-POLICY-WIDTH-SEED.trace` in the current directory, and named with
 * its seed and operation; the same is done, unshrunk, when a sanitizer or an assertion ends the program. The file is a
 * trace that the kernel and the host replay understand; put into tests/corpus/alloc/ it is run by every test run
 * (test_corpus.c). KFIT_TEST_SEED and KFIT_TEST_OPS set another seed and number. */
#include <signal.h>
#include <stdio.h>

#include <sanitizer/common_interface_defs.h>

#include "alloc_region.h"
#include "alloc_shadow.h"

#define A HEAP_ALIGN

enum {
    OPS = 100000, /* operations for each policy */
    OPS_DEEP = 10000000,
    EPISODE = 4096, /* most of them on one heap */
};

/* One heap and what is done to it. */
struct episode {
    const struct heap_ops *policy;
    uint64_t seed;
    struct region_shape shape;
    size_t options[HEAP_OPTIONS_MAX];
    size_t count;
    struct shadow_op ops[EPISODE];
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

/* ---- one episode ---- */

static struct episode *running; /* for the trace when the program is ended from outside */
static size_t running_op;

static bool begin_heap(const struct episode *e, const struct region_shape *shape)
{
    struct heap_setup setup = region_setup(&region, e->policy, shape);
    memcpy(setup.options, e->options, sizeof setup.options);
    memset(h, REGION_JUNK, sizeof *h);
    return heap_init(h, &setup) == HEAP_OK;
}

/* Whether a block given back leaves no trace in the shape of the heap: then no series of blocks must. */
static bool comes_together_again(const struct episode *e)
{
    const struct region_shape shape = {.limit = e->shape.limit, .is_fixed = true};
    struct heap_shape before, after;
    void *aligned, *first, *second;
    if (!begin_heap(e, &shape) || heap_measure(h, &before) != HEAP_OK)
        return false;
    heap_alloc_aligned(h, 1, 256, &aligned);
    first = heap_alloc(h, 1);
    second = heap_alloc(h, 100);
    if (!aligned || !first || !second) /* too little room to tell */
        return false;
    if (heap_free(h, aligned) != HEAP_OK || heap_free(h, first) != HEAP_OK || heap_free(h, second) != HEAP_OK ||
        heap_measure(h, &after) != HEAP_OK)
        return false;
    return memcmp(&before, &after, sizeof before) == 0;
}

/* The largest request that a new heap grants. */
static size_t capacity_of(const struct episode *e)
{
    size_t granted = 0, refused = e->shape.limit / A + 1; /* in units of A */
    while (refused - granted > 1) {
        size_t middle = granted + (refused - granted) / 2;
        begin_heap(e, &e->shape);
        *(heap_alloc(h, middle * A - A / 2) ? &granted : &refused) = middle;
    }
    return granted > 0 ? granted * A - A / 2 : 0;
}

/* NULL, or what was wrong; then *operation is the one after which it was (from 0; count: while everything is freed). */
static const char *run_episode(struct episode *e, size_t *operation)
{
    const char *wrong = NULL;
    size_t capacity = comes_together_again(e) ? capacity_of(e) : 0;
    running = e;
    *operation = running_op = 0;
    if (!begin_heap(e, &e->shape))
        return "init failed";
    shadow_begin(h);
    for (; !wrong && *operation < e->count; ++*operation) {
        running_op = *operation;
        wrong = shadow_do(&e->ops[*operation]);
        if (!wrong)
            wrong = shadow_judge(*operation);
        if (!wrong && h->committed != region.committed)
            wrong = "growth miscounted";
        if (wrong)
            return wrong;
    }
    wrong = shadow_drain();
    return wrong || capacity == 0 || heap_alloc(h, capacity) ? wrong
                                                             : "the largest request is refused when all is freed";
}

/* ---- making one up ---- */

static size_t random_below(uint64_t *random, size_t bound)
{
    return (size_t)(test_random(random) % bound);
}

/* A power law: blocks of twice the size are 0.7 times as many. Seldom a size that no heap has. */
static size_t random_bytes(uint64_t *random, size_t limit)
{
    size_t bytes = 8;
    if (random_below(random, 200) == 0)
        return random_below(random, 2) ? SIZE_MAX - random_below(random, 100) : random_below(random, 2 * limit);
    while (bytes < limit / 8 && random_below(random, 1000) < 707)
        bytes *= 2;
    return random_below(random, bytes);
}

/* Sizes of heaps: most of them small, where the check after each operation costs little. */
static size_t random_limit(uint64_t *random, size_t fixed)
{
    size_t limit = 4096, doublings = 8;
    while (limit < 2 * fixed) /* half of the smallest region at least is for blocks */
        limit *= 2;
    for (int dice = 0; dice < 3; dice++) {
        size_t shown = random_below(random, 9);
        doublings = shown < doublings ? shown : doublings;
    }
    limit = limit << doublings < SHADOW_CAPACITY ? limit << doublings : SHADOW_CAPACITY;
    return limit - random_below(random, 2) * random_below(random, 100) * A; /* not always whole grains */
}

/* As they are when nobody gives any, or anything in the ranges. */
static void random_options(uint64_t *random, struct episode *e)
{
    const struct heap_option *o = e->policy->options;
    bool is_usual = random_below(random, 2) == 0;
    for (size_t i = 0; o && o[i].key; i++) {
        size_t steps = (o[i].max - o[i].min) / o[i].multiple;
        e->options[i] = is_usual ? o[i].fallback : o[i].min + random_below(random, steps + 1) * o[i].multiple;
    }
}

/* The levels whose checks cost a multiple come seldom. */
static unsigned random_harden(uint64_t *random)
{
    static const unsigned until[HEAP_HARDEN_MAX] = {11, 23, 27, 31}; /* of 32 */
    size_t die = random_below(random, 32);
    unsigned harden = 0;
    while (harden < HEAP_HARDEN_MAX && die >= until[harden])
        harden++;
    return harden;
}

/* What the maker of an episode believes to be live; refusals are not foreseen. */
struct maker {
    uint64_t random;
    size_t limit, goal; /* of bytes in use */
    size_t bytes;       /* in use */
    size_t size[SHADOW_IDS];
    unsigned id[SHADOW_IDS]; /* the first `live` are live, the others are not */
    size_t live;
};

static void make_op(struct maker *m, struct shadow_op *op)
{
    size_t die = random_below(&m->random, 100);
    bool is_low = m->bytes < m->goal;
    *op = (struct shadow_op){.bytes = random_bytes(&m->random, m->limit),
                             .align = (size_t)1 << random_below(&m->random, 14)};
    if (m->live == 0 || (m->live < SHADOW_IDS && die < (is_low ? 60u : 25u))) {
        op->kind = random_below(&m->random, 10) == 0 ? OP_ALIGNED : OP_ALLOC;
        op->id = m->id[m->live++];
    } else {
        size_t at = random_below(&m->random, m->live);
        op->id = m->id[at];
        op->kind = die >= 85 ? OP_RESIZE : OP_FREE;
        m->bytes -= m->size[op->id];
        if (op->kind == OP_FREE) {
            m->id[at] = m->id[--m->live];
            m->id[m->live] = op->id;
            return;
        }
        op->bytes += op->bytes == 0;
    }
    m->size[op->id] = op->bytes < m->limit ? op->bytes : 0;
    m->bytes += m->size[op->id];
}

static void generate(struct episode *e, const struct heap_ops *policy, uint64_t seed)
{
    static struct maker m;
    m = (struct maker){.random = seed};
    *e = (struct episode){.policy = policy, .seed = seed};
    m.limit = random_limit(&m.random, policy->fixed);
    m.goal = (m.limit - policy->fixed) >> random_below(&m.random, 2);
    e->shape = (struct region_shape){.limit = m.limit, .is_fixed = random_below(&m.random, 2)};
    e->shape.harden = random_harden(&m.random);
    random_options(&m.random, e);
    for (unsigned i = 0; i < SHADOW_IDS; i++)
        m.id[i] = i;
    for (e->count = 512; e->count * e->count < 16 * m.limit; e->count += 64) {
    } /* with these sizes a heap has up to sqrt(limit) blocks */
    for (size_t i = 0; i < e->count; i++)
        make_op(&m, &e->ops[i]);
}

/* ---- a failure: shrunk and written down ---- */

static bool still_fails(struct episode *e)
{
    size_t operation;
    return run_episode(e, &operation) != NULL;
}

/* Leaves out ever smaller stretches as long as the rest still fails, with a bound on the number of tries. */
static void shrink(struct episode *e)
{
    static struct episode less;
    size_t tries = 4000;
    for (size_t stretch = e->count / 2; stretch > 0; stretch /= 2) {
        for (size_t from = 0; from + stretch <= e->count && tries > 0; tries--) {
            less = *e;
            less.count -= stretch;
            memmove(less.ops + from, less.ops + from + stretch, (less.count - from) * sizeof less.ops[0]);
            if (still_fails(&less))
                *e = less;
            else
                from += stretch;
        }
    }
}

static const char *trace_name(const struct episode *e)
{
    static char name[128];
    snprintf(name, sizeof name, "random-%s-m%zu-%llu.trace", e->policy->name, 8 * WORD, (unsigned long long)e->seed);
    return name;
}

/* The allocator as a user would name it, then what test_corpus.c reads: region and hardening level. */
static void write_heading(FILE *file, const struct episode *e, const char *wrong)
{
    const struct heap_option *o = e->policy->options;
    fprintf(file, "# %s", e->policy->name);
    for (size_t i = 0; o && o[i].key; i++)
        fprintf(file, ":%s=%zu", o[i].key, e->options[i]);
    fprintf(file, "\n# region %zu %s harden %u\n# seed %llu at %zu bits: %s\n", e->shape.limit,
            e->shape.is_fixed ? "fixed" : "growing", e->shape.harden, (unsigned long long)e->seed, 8 * WORD, wrong);
}

static void write_trace(const struct episode *e, size_t count, const char *wrong)
{
    FILE *file = fopen(trace_name(e), "w");
    if (!file)
        return;
    write_heading(file, e, wrong);
    for (size_t i = 0; i < count; i++) {
        const struct shadow_op *op = &e->ops[i];
        if (op->is_skipped)
            continue;
        if (op->kind == OP_FREE)
            fprintf(file, "f %u\n", op->id);
        else if (op->kind == OP_ALIGNED)
            fprintf(file, "m %u %zu %zu\n", op->id, op->bytes, op->align);
        else
            fprintf(file, "%c %u %zu\n", op->kind == OP_ALLOC ? 'a' : 'r', op->id, op->bytes);
    }
    fclose(file);
}

static void report_failure(struct episode *e, const char *wrong, size_t operation)
{
    size_t last;
    e->count = operation < e->count ? operation + 1 : e->count;
    shrink(e);
    run_episode(e, &last);
    running = NULL;
    write_trace(e, last < e->count ? last + 1 : last, wrong);
    fail_msg("%s, seed %llu, operation %zu: %s; shrunk to %s", e->policy->name, (unsigned long long)e->seed,
             operation + 1, wrong, trace_name(e));
}

/* The program is about to be ended by a sanitizer or an assertion. */
static void write_last_words(void)
{
    if (!running)
        return;
    write_trace(running, running_op + 1, "ended by a sanitizer or an assertion");
    fprintf(stderr, "%s, seed %llu, operation %zu: see %s\n", running->policy->name, (unsigned long long)running->seed,
            running_op + 1, trace_name(running));
    running = NULL;
}

static void on_abort(int signal)
{
    (void)signal;
    write_last_words();
}

static uint64_t setting(const char *name, uint64_t fallback)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 0) : fallback;
}

/* ---- the tests ---- */

static void random_operations_are_answered_rightly(void **state)
{
    static struct episode e;
    uint64_t ops = setting("KFIT_TEST_OPS", getenv("KFIT_DEEP") ? OPS_DEEP : OPS), done = 0;
    for (uint64_t seed = setting("KFIT_TEST_SEED", 1); done < ops; seed++) {
        size_t operation;
        generate(&e, policy_of(state), seed);
        const char *wrong = run_episode(&e, &operation);
        if (wrong)
            report_failure(&e, wrong, operation);
        done += shadow.operations;
    }
    running = NULL;
}

/* ---- the detector itself: a policy with a fault in it is caught, shrunk and written down ---- */

/* Below the guards, which assert what a policy promises before the shadow can judge it. */
static void generate_unguarded(struct episode *e, const struct heap_ops *policy, uint64_t seed)
{
    generate(e, policy, seed);
    e->shape.harden %= 3;
}

static const struct heap_ops *sound;
static size_t allocs;

/* Every fiftieth block begins one A too early. */
static void *overlapping_alloc(struct heap *own, size_t bytes, size_t align)
{
    unsigned char *ptr = sound->alloc(own, bytes, align);
    return ptr && ++allocs % 50 == 0 && align == A && offset_in(own, ptr) > 8 * A ? ptr - A : ptr;
}

static enum heap_status counting_init(struct heap *own)
{
    allocs = 0;
    return sound->init(own);
}

static void fault_in_a_policy_is_caught_and_shrunk(void **state)
{
    (void)state;
    static struct episode e;
    sound = heap_policies[0];
    struct heap_ops faulty = *sound;
    faulty.init = counting_init;
    faulty.alloc = overlapping_alloc;
    faulty.name = "faulty";
    size_t operation;
    uint64_t seed = 0;
    do
        generate_unguarded(&e, &faulty, ++seed);
    while (!run_episode(&e, &operation) && seed < 100);
    assert_true(seed < 100);
    shrink(&e);
    assert_true(still_fails(&e));
    assert_true(e.count < 200); /* 50 allocations, and what it takes to make room for them */
    write_trace(&e, e.count, "two blocks overlap");
    FILE *file = fopen(trace_name(&e), "r");
    assert_non_null(file);
    assert_int_equal(fgetc(file), '#');
    fclose(file);
    assert_int_equal(remove(trace_name(&e)), 0);
    running = NULL;
}

/* Frees that give nothing back: the end of an episode must notice. */
static struct heap_freed forgetful_free(struct heap *own, void *ptr)
{
    (void)own, (void)ptr;
    return (struct heap_freed){.status = HEAP_OK};
}

static struct heap_freed sometimes_forgetful_free(struct heap *own, void *ptr)
{
    return ++allocs % 5 == 0 ? forgetful_free(own, ptr) : sound->free(own, ptr);
}

/* More than one policy must be of the kind that comes together again, or the end condition would be empty; a registry with
 * one policy may have none. */
static void block_that_is_lost_is_caught(void **state)
{
    (void)state;
    static struct episode e;
    size_t operation, kinds = 0;
    for (size_t i = 0; heap_policies[i]; i++) {
        const char *wrong = NULL;
        sound = heap_policies[i];
        struct heap_ops faulty = *sound;
        faulty.init = counting_init;
        faulty.free = sometimes_forgetful_free;
        generate(&e, &faulty, 3);
        if (!comes_together_again(&e))
            continue;
        kinds++;
        wrong = run_episode(&e, &operation);
        assert_non_null(wrong);
    }
    running = NULL;
    if (kinds == 0 && !heap_policies[1])
        skip();
    assert_true(kinds > 1 || !heap_policies[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_are_answered_rightly),
    };
    const struct CMUnitTest detector[] = {
        cmocka_unit_test(fault_in_a_policy_is_caught_and_shrunk),
        cmocka_unit_test(block_that_is_lost_is_caught),
    };
    shadow_make_pattern();
    signal(SIGABRT, on_abort);
    __sanitizer_set_death_callback(write_last_words);
    region_begin(&region, SHADOW_CAPACITY);
    int failed = run_under_policies("random", tests, COUNT(tests), is_any_policy);
    failed += cmocka_run_group_tests_name("random: the detector", detector, NULL, NULL);
    region_end(&region);
    return failed;
}
