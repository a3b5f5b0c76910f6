/* Every allocator of the fit family held to the reference model, operation by operation: random sequences, workloads,
 * recorded traces. */
#define _POSIX_C_SOURCE 200809L /* popen */
#include "duel.h"

#include <lab/trace.h>
#include <lab/workload.h>

enum {
    A = HEAP_ALIGN, /* 16 or 8 */
    SLOTS = 24,
    SEQUENCES = 1000, /* random sequences for each policy */
    SEQUENCE_LENGTH = 160,
    REGION_BYTES = 4 << 20,  /* for random sequences: room for an alignment of 2 MiB */
    PROGRAM_HEAP = 16 << 20, /* for workloads and traces */
    PROGRAM_SCRATCH = 64 << 20,
    WALKED = 20000, /* most operations of a program for a policy that walks over all blocks: minutes, else */
};

/* ---- random sequences ---- */

struct maker {
    uint64_t random;
    size_t usual, large; /* sizes asked for: up to `usual`, one in eight up to `large` */
    struct lab_op ops[SEQUENCE_LENGTH];
    size_t sizes[SLOTS]; /* 0: not live */
};

static size_t below(struct maker *m, size_t bound)
{
    return (size_t)(test_random(&m->random) % bound);
}

static size_t random_size(struct maker *m)
{
    switch (below(m, 32)) {
    case 0:
        return 0;
    case 1:
        return SIZE_MAX - below(m, 64);
    case 2:
    case 3:
    case 4:
    case 5:
        return below(m, m->large + 1);
    default:
        return below(m, m->usual + 1);
    }
}

/* Near the old size, to meet the edges of the smallest block, or any. */
static size_t random_new_size(struct maker *m, size_t old)
{
    size_t size = old + below(m, 8 * A);
    if (below(m, 3) == 0)
        return random_size(m);
    return size > 4 * A ? size - 4 * A : size;
}

static struct lab_op random_op(struct maker *m)
{
    uint32_t slot = (uint32_t)below(m, SLOTS);
    struct lab_op op = {.slot = slot};
    if (m->sizes[slot] == 0) {
        bool is_aligned = below(m, 4) == 0;
        op.kind = below(m, 16) == 0 ? LAB_RESIZE : is_aligned ? LAB_ALIGNED : LAB_ALLOC;
        op.align_log2 = (uint8_t)(below(m, 16) == 0 ? 20 + below(m, 3) : below(m, 14));
        op.size = random_size(m);
    } else if (below(m, 5) < 2) {
        op.kind = LAB_RESIZE;
        op.size = random_new_size(m, m->sizes[slot]);
    } else {
        op.kind = LAB_FREE;
    }
    if (op.kind != LAB_ALIGNED)
        op.align_log2 = 0;
    bool is_gone = op.kind == LAB_FREE || (op.kind == LAB_RESIZE && op.size == 0);
    m->sizes[slot] = is_gone ? 0 : op.size == 0 || op.size > m->large ? 1 : op.size;
    return op;
}

/* Everything of a sequence comes from its seed: sizes, limits, grain, operations. */
static struct lab_program random_program(struct maker *m, uint64_t seed, struct duel_terms *terms)
{
    struct lab_program program = {.ops = m->ops, .count = SEQUENCE_LENGTH, .slots = SLOTS};
    memset(m, 0, sizeof *m);
    m->random = seed;
    terms->grain = below(m, 5) == 0 ? 0 : 4096 * (1 + below(m, 3) * below(m, 4));
    terms->limit = 1024 + below(m, 48000) / A * A; /* may be less than a grain */
    if (below(m, 32) == 0)
        terms->limit = REGION_BYTES - below(m, 100) * A;
    terms->harden = (unsigned)below(m, 2);
    terms->is_checked = true;
    m->usual = 8u << below(m, 7);
    m->large = terms->limit / (1 + below(m, 12));
    for (size_t i = 0; i < SEQUENCE_LENGTH; i++) {
        m->ops[i] = random_op(m);
        program.count_of[m->ops[i].kind]++;
    }
    return program;
}

/* What all the sequences together have met: a sequence that never grows tests no growth. */
struct coverage {
    uint64_t refused, splits, merges, grows, in_place, moved, short_grows;
};

static void note_coverage(struct coverage *c, const struct duel *d)
{
    c->refused += d->refused;
    c->splits += d->heap.counters.splits;
    c->merges += d->heap.counters.merges;
    c->grows += d->heap.counters.grows;
    c->in_place += d->heap.counters.resized_in_place;
    c->moved += d->heap.counters.resized_moved;
    c->short_grows += d->terms->grain != 0 && d->heap.committed % d->terms->grain != 0;
}

static void random_sequences(const struct duel_policy *policy)
{
    static struct maker maker;
    struct duel_ground ground;
    struct coverage met = {0};
    struct duel d;
    duel_ground_make(&ground, REGION_BYTES, 65536);
    bool agree = true;
    for (uint64_t seed = 1; seed <= SEQUENCES && agree; seed++) {
        struct duel_terms terms = {.policy = policy};
        struct lab_program program = random_program(&maker, seed, &terms);
        agree = duel_run(&d, &ground, &terms, &program);
        note_coverage(&met, &d);
        if (!agree) {
            printf("seed %llu, operation %zu: %s; shrunk:\n", (unsigned long long)seed, d.failed, d.difference);
            duel_shrink(&d, &ground, &terms, &program);
        }
    }
    duel_ground_free(&ground);
    assert_true(agree);
    assert_true(met.refused > 1000 && met.grows > 1000 && met.short_grows > 100);
    assert_true(met.splits > 10000 && met.merges > 10000 && met.in_place > 1000 && met.moved > 1000);
}

/* Runs `test` for each allocator of the family that this build has. */
static void for_each_policy(void (*test)(const struct duel_policy *policy))
{
    size_t found = 0;
    for (size_t i = 0; i < DUEL_POLICIES; i++) {
        if (heap_policy_find(duel_policies[i].name)) {
            found++;
            test(&duel_policies[i]);
        }
    }
    assert_true(found >= 2); /* first-fit and best-fit are always there */
}

static void random_sequences_agree(void **state)
{
    (void)state;
    for_each_policy(random_sequences);
}

/* ---- programs ---- */

/* Plays one program on each allocator of the family; `name` is for the message. */
static void agree_on_program(struct duel_ground *ground, const char *name, const struct lab_program *program)
{
    size_t limit = program->heap_limit ? program->heap_limit - program->heap_limit % A : PROGRAM_HEAP;
    for (size_t i = 0; i < DUEL_POLICIES; i++) {
        struct duel_terms terms = {.policy = &duel_policies[i], .grain = HEAP_GRAIN, .limit = limit};
        struct lab_program part = *program;
        struct duel d;
        if (!heap_policy_find(terms.policy->name))
            continue;
        if (strstr(terms.policy->name, "-walk") && part.count > WALKED)
            part.count = WALKED;
        if (!duel_run(&d, ground, &terms, &part))
            fail_msg("%s, %s, operation %zu: %s", name, terms.policy->name, d.failed, d.difference);
    }
}

static void workloads_agree(void **state)
{
    (void)state;
    struct duel_ground ground;
    duel_ground_make(&ground, PROGRAM_HEAP, PROGRAM_SCRATCH);
    for (const struct lab_workload *workload = lab_workloads; workload->name; workload++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct lab_values values;
            struct lab_program program;
            size_t mark = ground.arena.used;
            assert_true(lab_workload_values(workload, "", 0, seed, &values, NULL));
            assert_true(workload->make(&values, &ground.arena, &program));
            agree_on_program(&ground, workload->name, &program);
            lab_arena_release(&ground.arena, mark);
        }
    }
    duel_ground_free(&ground);
}

/* What a scenario promises for a policy is what the model says, also where this build has no such allocator. */
static void expect_refusals(struct duel_ground *ground, const char *name, const struct lab_program *program)
{
    for (size_t i = 0; i < DUEL_POLICIES * program->expectation_count; i++) {
        const struct duel_policy *policy = &duel_policies[i % DUEL_POLICIES];
        const struct lab_expectation *expected = &program->expectations[i / DUEL_POLICIES];
        struct lab_model_params params =
            lab_model_kfit(policy->model, lab_model_format_here(), HEAP_GRAIN, PROGRAM_HEAP);
        struct lab_model_outcome outcome;
        if (strcmp(policy->name, expected->policy) != 0)
            continue;
        assert_int_equal(lab_model_run(&params, program, &ground->arena, &outcome), LAB_MODEL_OK);
        if (outcome.refused != expected->refused)
            fail_msg("%s, %s: %zu refused, %u promised", name, policy->name, outcome.refused, expected->refused);
    }
}

static void scenarios_agree(void **state)
{
    (void)state;
    struct duel_ground ground;
    duel_ground_make(&ground, PROGRAM_HEAP, PROGRAM_SCRATCH);
    for (const struct lab_scenario *scenario = lab_scenarios; scenario->name; scenario++) {
        struct lab_program program;
        size_t mark = ground.arena.used;
        assert_true(scenario->make(&ground.arena, &program));
        agree_on_program(&ground, scenario->name, &program);
        expect_refusals(&ground, scenario->name, &program);
        lab_arena_release(&ground.arena, mark);
    }
    duel_ground_free(&ground);
}

/* The unpacked text of traces/NAME.trace.gz; to be freed. */
static char *read_trace(const char *name, size_t *length)
{
    char command[512];
    size_t capacity = 16 << 20;
    char *text = malloc(capacity);
    snprintf(command, sizeof command, "gzip -dc '%s/%s.trace.gz'", KFIT_TRACES, name);
    FILE *pipe = popen(command, "r");
    assert_true(text && pipe);
    *length = fread(text, 1, capacity, pipe);
    assert_true(*length > 0 && *length < capacity);
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static void parse_trace(struct duel_ground *ground, const char *name, struct lab_program *program)
{
    size_t length;
    char *text = read_trace(name, &length);
    struct lab_error error;
    assert_int_equal(lab_trace_parse(text, length, &ground->arena, program, &error), LAB_OK);
    free(text);
}

static void trace_agrees(void **state)
{
    struct duel_ground ground;
    struct lab_program program;
    duel_ground_make(&ground, PROGRAM_HEAP, PROGRAM_SCRATCH);
    parse_trace(&ground, *state, &program);
    agree_on_program(&ground, *state, &program);
    duel_ground_free(&ground);
}

#define TRACE_TEST(trace)                                                                         \
    {                                                                                             \
        .name = "trace_agrees: " trace, .test_func = trace_agrees, .initial_state = (void *)trace \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_agree),
        cmocka_unit_test(workloads_agree),
        cmocka_unit_test(scenarios_agree),
        TRACE_TEST("sqlite"),
        TRACE_TEST("perl"),
        TRACE_TEST("lua"),
        TRACE_TEST("gcc"),
        TRACE_TEST("redis"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
