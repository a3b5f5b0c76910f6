/* Every scenario file, played: whatever a file promises comes true, at this width, under its own allocator and under each
 * one that it names. What needs a kernel (page faults, frames, commands of the shell) is played by the kernel's tests. */
#include <stdio.h>

#include <lab/quiz.h>

#include "lectures.h"
#include "session_bench.h"

enum { COLUMNS = 78 }; /* of a text: what fits a serial terminal */

static const char *lecture;
static bool has_held[LAB_SCRIPT_STEPS_MAX]; /* expectations, by their step */

/* ---- what is in the files ---- */

static bool needs_kernel(const struct lab_step *step)
{
    if (step->kind == LAB_STEP_USE)
        return step->use.vm_length > 0;
    if (step->kind != LAB_STEP_EXPECT)
        return step->kind == LAB_STEP_COMMAND;
    enum lab_quantity q = step->expect.quantity;
    return (q >= LAB_Q_FAULTS && q <= LAB_Q_FRAMES) || q == LAB_Q_STATUS;
}

static size_t count_if(const struct lab_script *script, bool (*is_one)(const struct lab_step *))
{
    size_t count = 0;
    for (size_t i = 0; i < script->count; i++)
        count += is_one(&script->steps[i]);
    return count;
}

static bool is_expectation(const struct lab_step *step)
{
    return step->kind == LAB_STEP_EXPECT;
}

static bool is_ask(const struct lab_step *step)
{
    return step->kind == LAB_STEP_ASK;
}

static bool is_said_of(const struct lab_script *script, const char *policy)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct lab_step *step = &script->steps[i];
        if (is_expectation(step) && step->expect.under_length > 0 &&
            lab_expect_concerns(&step->expect, policy, false, true))
            return true;
    }
    return false;
}

static void load(struct test_world *w, const char *name)
{
    bench.w = w;
    lecture = name;
    w->arena.used = 0;
    read_lecture(name, &w->arena, &bench.script);
    memset(has_held, 0, sizeof has_held);
}

/* Calls for each file of the folder. */
static void each_lecture(struct test_world *w, void (*visit)(void))
{
    static char names[LECTURES_MAX][LECTURE_NAME_MAX];
    size_t count = lecture_names(names);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        load(w, names[i]);
        visit();
    }
}

/* ---- playing ---- */

/* Under the script's own allocator, or another one (NULL: its own). */
static void begin_lecture(const char *alloc)
{
    struct lab_run asked = run_of(policy(alloc ? alloc : "first-fit"), WORLD_BYTES);
    asked.alloc_text = asked.policy->name;
    begin_session(&asked, alloc != NULL);
}

static bool is_wrong(enum lab_stepped came)
{
    return came == LAB_STEPPED_OTHER || came == LAB_STEPPED_CORRUPT || came == LAB_STEPPED_NO_HEAP ||
           came == LAB_STEPPED_BAD_STEP;
}

static void play_lecture(const char *alloc)
{
    struct lab_session *s = &bench.session;
    size_t mark = bench.w->arena.used;
    enum lab_stepped came = LAB_STEPPED;
    begin_lecture(alloc);
    while (came != LAB_STEPPED_END && !is_wrong(came)) {
        size_t at = s->next, held = s->held;
        bench.told.length = 0;
        came = lab_session_step(s, LAB_TELL_SCRIPT);
        if (came != LAB_STEPPED_END)
            has_held[at] |= s->held > held;
    }
    lab_session_end(s);
    lab_arena_release(&bench.w->arena, mark);
    if (is_wrong(came))
        fail_msg("%s under %s: %s", lecture, alloc ? alloc : "its own allocator", bench.told_text);
}

static void play_under_all(void)
{
    if (count_if(&bench.script, needs_kernel) > 0)
        return;
    play_lecture(NULL);
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        if (is_said_of(&bench.script, (*ops)->name))
            play_lecture((*ops)->name);
    }
    for (size_t i = 0; i < bench.script.count; i++) {
        const struct lab_step *step = &bench.script.steps[i];
        if (is_expectation(step) && !has_held[i])
            fail_msg("%s, line %u: nobody is concerned by this expectation", lecture, step->line);
    }
}

static void promises_come_true(void **state)
{
    each_lecture(*state, play_under_all);
}

/* ---- measured ---- */

static void measure(const struct lab_program *program, struct lab_run *run)
{
    struct lab_result result = run_program(bench.w, program, run, LAB_OK);
    if (result.expectation_failed)
        fail_msg("%s, line %u: not as expected under %s: %ju", lecture, result.expectation->line, run->policy->name,
                 (uintmax_t)result.expectation_found);
}

/* As the script's `use` says. */
static void measure_own(const struct lab_program *program)
{
    struct lab_use use;
    lab_script_use(&bench.script, &use);
    struct lab_run run = run_of(use.alloc.policy ? use.alloc.policy : policy("first-fit"), WORLD_BYTES);
    if (use.alloc.policy) {
        run.grain = use.alloc.grain;
        memcpy(run.options, use.alloc.options, sizeof run.options);
    }
    if (use.harden >= 0)
        run.harden = (unsigned)use.harden;
    measure(program, &run);
}

static void measure_under_all(void)
{
    struct lab_program program;
    if (lab_script_unmeasurable(&bench.script))
        return;
    assert_true(lab_script_program(&bench.script, &bench.w->arena, &program));
    measure_own(&program);
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        struct lab_run run = run_of(*ops, WORLD_BYTES);
        run.check_every = LAB_CHECK_END;
        run.is_foreign = true;
        if (is_said_of(&bench.script, (*ops)->name))
            measure(&program, &run);
    }
}

static void measured_runs_agree(void **state)
{
    each_lecture(*state, measure_under_all);
}

/* ---- what else a file should have ---- */

static void check_form(void)
{
    const struct lab_script *script = &bench.script;
    if (count_if(script, is_expectation) == 0)
        fail_msg("%s promises nothing", lecture);
    for (size_t i = 0; i < script->count; i++) {
        const struct lab_step *step = &script->steps[i];
        bool is_text = step->kind == LAB_STEP_ABOUT || step->kind == LAB_STEP_SAY;
        if (is_text && step->text_length > COLUMNS)
            fail_msg("%s, line %u: more than %d columns", lecture, step->line, COLUMNS);
    }
}

static void files_promise_something(void **state)
{
    each_lecture(*state, check_form);
}

/* Each request marked by `ask` is a question: there is a hole, and no more of them than letters. */
static void ask_all(void)
{
    struct lab_quiz quiz;
    size_t asks = count_if(&bench.script, is_ask);
    if (asks == 0)
        return;
    begin_lecture(NULL);
    lab_quiz_begin(&quiz, &bench.session);
    while (lab_quiz_next(&quiz)) {
        bench.told.length = 0;
        lab_quiz_reveal(&quiz, '\0');
    }
    lab_session_end(&bench.session);
    if (quiz.asked != asks)
        fail_msg("%s: %zu of %zu requests marked by `ask` are questions", lecture, quiz.asked, asks);
}

static void asks_are_questions(void **state)
{
    each_lecture(*state, ask_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_promise_something),
        TEST(promises_come_true),
        TEST(measured_runs_agree),
        TEST(asks_are_questions),
    };
    return cmocka_run_group_tests_name("lectures", tests, NULL, NULL);
}
