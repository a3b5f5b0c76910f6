/* The desk: where the shell's session comes from, what it stands on, and what its steps' outcomes mean to the shell. */
#include "desk.h"

#include <lab/report.h>
#include <lib/string.h>

#include "command.h"
#include "current.h"
#include "experiment.h"
#include "line.h"
#include "scenarios.h"
#include "watchdog.h"

enum {
    STEPS_BY_HAND = 4096, /* that may be typed, also into a scenario */
    BLOCKS_BY_HAND = 512,
    ARENA_RESERVE = 16 << 20,
};

struct desk *desk_of(struct sh_context *c)
{
    static struct desk desk;
    (void)c;
    return &desk;
}

/* ---- what a session wants of the kernel ---- */

static bool choose_vm(void *context, const char *word, size_t length)
{
    struct desk *d = desk_of(context);
    enum vmm_backing backing = d->backing;
    if (length > 0 && !options_backing(word, length, &backing))
        return false;
    world_set_memory(&d->world, backing, d->world.is_large);
    return true;
}

static void memory_now(void *context, struct lab_memory *memory)
{
    world_memory(&desk_of(context)->world, memory);
}

/* A command of a scenario: its status is its own, the worst of the shell is kept apart meanwhile. */
static unsigned run_command(void *context, const char *line, size_t length)
{
    struct sh_context *c = context;
    char words[LINE_MAX_CHARACTERS + 1];
    enum sh_status before = c->status;
    if (length > LINE_MAX_CHARACTERS)
        return SH_BAD_INPUT;
    memcpy(words, line, length);
    words[length] = '\0';
    c->status = SH_OK;
    command_execute(c, words);
    enum sh_status own = c->status;
    c->status = before;
    return own;
}

/* ---- clearing and beginning ---- */

void desk_clear(struct sh_context *c)
{
    struct desk *d = desk_of(c);
    if (d->is_begun)
        lab_session_end(&d->session);
    if (d->arena.base)
        world_scratch_end(&d->arena);
    d->is_begun = d->is_loaded = false;
}

static bool too_little_memory(struct sh_context *c)
{
    desk_clear(c);
    sh_error(c, SH_MACHINE, "memory", "too little memory for a heap to work on: give the machine more");
    return false;
}

/* An empty desk with memory of its own. */
static bool clear_for(struct sh_context *c, const struct options *options, const char *what, bool is_loaded)
{
    struct desk *d = desk_of(c);
    struct lab_buffer buffer;
    desk_clear(c);
    world_twin(&d->world, &c->world);
    world_set_memory(&d->world, options->vm, options->has_large_pages);
    d->backing = options->vm;
    d->is_loaded = is_loaded;
    d->quiz = options->quiz;
    d->stage = (struct lab_stage){.context = c, .choose_vm = choose_vm, .memory = memory_now, .command = run_command};
    struct lab_sink sink = lab_buffer_sink(&buffer, d->what, sizeof d->what);
    lab_print(&sink, "%s", what);
    return world_scratch(c->world.space, ARENA_RESERVE, &d->arena) || too_little_memory(c);
}

/* The script is on the desk: the session begins. */
static bool begin_session(struct sh_context *c, const struct options *options, bool is_alloc_asked)
{
    struct desk *d = desk_of(c);
    struct lab_run run;
    if (!experiment_prepare(c, options, &options->allocs[0], d->what, &run))
        return too_little_memory(c);
    run.alloc_text = run.policy->name;
    d->is_begun = lab_session_begin(&d->session, &d->world.lab, &d->stage, &d->arena, &run, is_alloc_asked, &d->script,
                                    &c->text, &c->records);
    return d->is_begun || too_little_memory(c);
}

/* A comparison that the boot began with is none of the desk's, which has one heap. */
static const struct options *for_one_heap(struct sh_context *c, const struct options *options)
{
    static struct options one;
    one = *options;
    options_drop_comparison(&one, &c->options);
    return &one;
}

bool desk_begin(struct sh_context *c)
{
    struct desk *d = desk_of(c);
    size_t mark = c->arena.used;
    const struct options *options = for_one_heap(c, &c->options);
    bool is_begun = clear_for(c, options, "by hand", false) &&
                    (lab_script_start(&d->script, &d->arena, STEPS_BY_HAND, BLOCKS_BY_HAND) || too_little_memory(c)) &&
                    begin_session(c, options, false);
    lab_script_seed(&d->script, c->options.seed);
    lab_arena_release(&c->arena, mark);
    return is_begun;
}

bool desk_is_in_use(struct sh_context *c)
{
    if (desk_of(c)->is_begun)
        return true;
    sh_error(c, SH_BAD_INPUT, "desk",
             "there is no heap to work on: `alloc 100 as a` begins one, `step first-wins` takes a scenario");
    return false;
}

/* ---- loading ---- */

/* A scenario is one; a workload or trace becomes one. */
static bool make_script(struct sh_context *c, const struct options *options)
{
    struct desk *d = desk_of(c);
    struct lab_program program;
    struct lab_error error;
    if (options->run.kind == LAB_RUN_SCENARIO)
        return scenarios_load(c, &d->arena, options->run.scenario, options->seed, &d->script) == SH_OK;
    if (!experiment_program(c, options, &program))
        return false;
    enum lab_status status = lab_script_from_program(&program, &d->arena, &d->script, &error);
    if (status == LAB_BAD_INPUT)
        sh_error(c, SH_BAD_INPUT, error.word, error.message);
    return status == LAB_OK || (status == LAB_NO_SCRATCH && too_little_memory(c));
}

/* The words of `run` from what was typed: a name alone may be a scenario. */
static void print_words(const struct lab_sink *sink, const char *words)
{
    size_t length = 0;
    while (words[length] && words[length] != ' ' && words[length] != ':')
        length++;
    bool is_plain = words[length] != ':' && !lab_workload_find(words, length);
    lab_print(sink, "run=%s%s", is_plain ? "scenario:" : "", words);
}

/* What the options name goes onto the desk; `what`: as it was typed. */
static bool lay(struct sh_context *c, const struct options *options, const char *what)
{
    struct desk *d = desk_of(c);
    if (options->is_comparison || options->fail.where != INJECTION_NONE) {
        sh_error(c, SH_BAD_INPUT, "step", "one heap at a time: neither compare= nor fail= can stand here");
        return false;
    }
    return clear_for(c, options, what, true) && make_script(c, options) &&
           (lab_script_widen(&d->script, &d->arena, STEPS_BY_HAND, BLOCKS_BY_HAND) || too_little_memory(c)) &&
           begin_session(c, options, options->is_alloc_given);
}

static bool load(struct sh_context *c, const char *words)
{
    char line[LINE_MAX_CHARACTERS + 32];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, line, sizeof line);
    print_words(&sink, words);
    const struct options *options = experiment_options(c, c->command, line);
    return options && lay(c, for_one_heap(c, options), words);
}

/* What could not be laid leaves nothing on the desk, and nothing in the arena. */
static bool or_clear(struct sh_context *c, bool is_laid, size_t mark)
{
    if (!is_laid)
        desk_clear(c);
    lab_arena_release(&c->arena, mark);
    return is_laid;
}

bool desk_load(struct sh_context *c, const char *words)
{
    size_t mark = c->arena.used;
    return or_clear(c, load(c, words), mark);
}

bool desk_lay(struct sh_context *c, const struct options *options)
{
    char what[DESK_WHAT_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, what, sizeof what);
    size_t mark = c->arena.used;
    lab_print(&sink, "%.*s", (int)options->run.text_length, options->run.text);
    return or_clear(c, lay(c, options, what), mark);
}

/* ---- steps ---- */

/* What cannot be done, in the words of the step that says it. */
static void refuse_step(struct sh_context *c, const struct lab_step *step)
{
    static const char *const problems[LAB_STEP_KINDS] = {
        [LAB_STEP_ALLOC] = "the block is live: free it first",
        [LAB_STEP_ALIGNED] = "the block is live: free it first",
        [LAB_STEP_WRITE] = "the block was never granted, or these bytes lie outside the heap",
        [LAB_STEP_READ] = "the block was never granted, or these bytes lie outside the heap",
        [LAB_STEP_USE] = "vm= takes demand, immediate or zero",
        [LAB_STEP_ADVERSARY] =
            "LIVE is a multiple of the smallest block, and LARGEST the smallest block times a power of two",
    };
    char message[200];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    const char *problem = problems[step->kind];
    lab_print(&sink, "%.*s: %s", (int)(step->text_length < 80 ? step->text_length : 80), step->text,
              problem ? problem : "this cannot be done");
    sh_error(c, SH_BAD_INPUT, "step", message);
}

static void report_corruption(struct sh_context *c)
{
    const struct lab_session *s = &desk_of(c)->session;
    char message[300];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print_fault(&sink, heap_fault_text(s->fault.class), &s->fault, s->run.policy->name);
    sh_error(c, SH_CORRUPT, s->run.policy->name, message);
}

static void report_expectation(struct sh_context *c, const struct lab_step *step)
{
    char message[200];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    if (step->line > 0)
        lab_print(&sink, "%s, line %u: not as expected", desk_of(c)->what, (unsigned)step->line);
    else
        lab_print(&sink, "not as expected");
    sh_error(c, SH_FAILED, "expect", message);
}

static void note_outcome(struct sh_context *c, const struct lab_step *step, enum lab_stepped came)
{
    switch (came) {
    case LAB_STEPPED_CORRUPT:
        report_corruption(c);
        break;
    case LAB_STEPPED_OTHER:
        report_expectation(c, step);
        break;
    case LAB_STEPPED_NO_HEAP:
        sh_error(c, SH_MACHINE, "heap",
                 "too little memory for the heap: give the machine more, or the heap less with heap=");
        break;
    case LAB_STEPPED_BAD_STEP:
        refuse_step(c, step);
        break;
    case LAB_STEPPED_FAILED:
        sh_worsen(c, (enum sh_status)desk_of(c)->session.status);
        break;
    default:
        break;
    }
}

void desk_work_begin(struct sh_context *c)
{
    struct desk *d = desk_of(c);
    if (d->session.is_open) {
        kfit_current_heap = &d->session.heap;
        watchdog_arm(&d->session.heap, d->world.lab.clock_shift);
    }
}

void desk_work_end(struct sh_context *c)
{
    (void)c;
    watchdog_disarm();
    kfit_current_heap = NULL;
}

enum lab_stepped desk_step(struct sh_context *c, enum lab_telling telling)
{
    struct lab_session *s = &desk_of(c)->session;
    size_t at = s->next;
    c->is_desk_latest = true;
    desk_work_begin(c);
    enum lab_stepped came = lab_session_step(s, telling);
    desk_work_end(c);
    if (came != LAB_STEPPED_END)
        note_outcome(c, &s->script->steps[at], came);
    return came;
}

const void *desk_block(struct sh_context *c, const char *name)
{
    const struct desk *d = desk_of(c);
    uint32_t block = d->is_begun ? lab_block_find(&d->script, name, strlen(name)) : LAB_NO_INDEX;
    return block != LAB_NO_INDEX && d->session.blocks[block].is_live ? d->session.blocks[block].payload : NULL;
}

const char *desk_block_name(struct sh_context *c, uint32_t number, char *name)
{
    const struct desk *d = desk_of(c);
    return d->is_begun && number < d->script.block_count ? lab_block_text(&d->script, number, name) : NULL;
}

/* The step that was added last goes where the session stands. */
static void move_to_next(struct lab_script *script, size_t next)
{
    struct lab_step added = script->steps[script->count - 1];
    added.line = 0; /* of no file */
    memmove(&script->steps[next + 1], &script->steps[next], (script->count - 1 - next) * sizeof added);
    script->steps[next] = added;
}

void desk_drop(struct sh_context *c, size_t step)
{
    struct lab_script *script = &desk_of(c)->script;
    script->count--;
    memmove(&script->steps[step], &script->steps[step + 1], (script->count - step) * sizeof *script->steps);
    lab_script_forget_blocks(script);
}

static void add_and_do(struct sh_context *c, const char *line, size_t length)
{
    struct desk *d = desk_of(c);
    struct lab_session *s = &d->session;
    struct lab_error error;
    size_t count = d->script.count;
    for (uint32_t i = 0; i < d->script.block_count; i++)
        d->script.is_live[i] = s->blocks[i].is_live;
    if (lab_script_add(&d->script, line, length, &error) != LAB_OK) {
        sh_error(c, SH_BAD_INPUT, error.word, error.message);
        return;
    }
    if (d->script.count == count)
        return;
    move_to_next(&d->script, s->next);
    enum lab_stepped came = desk_step(c, LAB_TELL_STEPS);
    if (came == LAB_STEPPED_BAD_STEP || came == LAB_STEPPED_NO_HEAP)
        desk_drop(c, s->next);
}

void desk_statement(struct sh_context *c, const char *arguments)
{
    struct desk *d = desk_of(c);
    size_t room = strlen(c->command) + strlen(arguments) + 2;
    if (!d->is_begun && !desk_begin(c))
        return;
    char *line = lab_arena_take(&d->arena, room, 1);
    struct lab_buffer buffer;
    if (!line) {
        sh_error(c, SH_MACHINE, c->command, "too little memory for more steps: `use` begins anew");
        return;
    }
    struct lab_sink sink = lab_buffer_sink(&buffer, line, room);
    lab_print(&sink, "%s %s", c->command, arguments);
    add_and_do(c, line, buffer.length);
}

void desk_use(struct sh_context *c, const char *arguments)
{
    if (desk_of(c)->is_loaded || desk_begin(c))
        desk_statement(c, arguments);
}
