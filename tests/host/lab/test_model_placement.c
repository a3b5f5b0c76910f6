/* Every allocator of the fit family held to the reference model, operation by operation: workloads, scenarios, recorded
 * traces. With KFIT_DEEP=1 in the environment the whole of each; else as many operations of each as take seconds. */
#define _POSIX_C_SOURCE 200809L /* popen */
#include "duel.h"

#include <lab/trace.h>
#include <lab/workload.h>

#include "lectures.h"

enum {
    A = HEAP_ALIGN, /* 16 or 8 */
    PROGRAM_HEAP = 16 << 20,
    PROGRAM_SCRATCH = 64 << 20,
    WALKED = 20000,   /* most operations of a program for a policy that walks over all blocks: minutes, else */
    ORDINARY = 40000, /* most for the others, but with KFIT_DEEP */
};

static bool is_deep(void)
{
    const char *deep = getenv("KFIT_DEEP");
    return deep && *deep;
}

static size_t most_operations(const struct duel_policy *policy)
{
    if (strstr(policy->name, "-walk"))
        return WALKED;
    return is_deep() ? SIZE_MAX : ORDINARY;
}

/* ---- programs ---- */

/* Plays one program on each allocator of the family; `name` is for the message. */
static void agree_on_program(struct duel_ground *ground, const char *name, const struct lab_program *program)
{
    size_t limit = program->heap_limit ? program->heap_limit - program->heap_limit % A : PROGRAM_HEAP;
    for (size_t i = 0; i < DUEL_POLICIES; i++) {
        struct duel_terms terms = duel_defaults(&duel_policies[i]);
        struct lab_program part = *program;
        struct duel d;
        terms.grain = HEAP_GRAIN;
        terms.limit = limit;
        if (!heap_policy_find(terms.policy->name))
            continue;
        if (part.count > most_operations(terms.policy))
            part.count = most_operations(terms.policy);
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

static size_t promises; /* kept */

/* How many requests the model refuses under a policy. */
static size_t refused_by_model(struct duel_ground *ground, const struct duel_policy *policy,
                               const struct lab_program *program)
{
    struct lab_model_params params = lab_model_kfit(policy->model, lab_model_format_here(), HEAP_GRAIN, PROGRAM_HEAP);
    struct lab_model_outcome outcome;
    assert_int_equal(lab_model_run(&params, program, &ground->arena, &outcome), LAB_MODEL_OK);
    return outcome.refused;
}

/* What a scenario promises for a policy at its end is what the model says, also where this build has no such allocator. */
static void expect_refusals(struct duel_ground *ground, const char *name, const struct lab_program *program)
{
    for (size_t i = 0; i < DUEL_POLICIES * program->due_count; i++) {
        const struct duel_policy *policy = &duel_policies[i % DUEL_POLICIES];
        const struct lab_due *due = &program->due[i / DUEL_POLICIES];
        const struct lab_expect *expect = &due->expect;
        if (expect->quantity != LAB_Q_REFUSED || expect->relation != LAB_EQUAL || due->after != program->count ||
            !lab_expect_concerns(expect, policy->name, false, true))
            continue;
        size_t refused = refused_by_model(ground, policy, program);
        if (refused != expect->value)
            fail_msg("%s, line %u, %s: %zu refused, %zu promised", name, expect->line, policy->name, refused,
                     (size_t)expect->value);
        promises++;
    }
}

static void scenarios_agree(void **state)
{
    (void)state;
    static char names[LECTURES_MAX][LECTURE_NAME_MAX];
    struct duel_ground ground;
    size_t count = lecture_names(names);
    promises = 0;
    duel_ground_make(&ground, PROGRAM_HEAP, PROGRAM_SCRATCH);
    for (size_t i = 0; i < count; i++) {
        struct lab_script script;
        struct lab_program program;
        size_t mark = ground.arena.used;
        read_lecture(names[i], &ground.arena, &script);
        if (!lab_script_unmeasurable(&script)) {
            assert_true(lab_script_program(&script, &ground.arena, &program));
            agree_on_program(&ground, names[i], &program);
            expect_refusals(&ground, names[i], &program);
        }
        lab_arena_release(&ground.arena, mark);
    }
    assert_true(promises >= 20);
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
