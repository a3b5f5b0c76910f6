/* Experiments: from options to programs, from programs to results, from results to text and records. */
#include "experiment.h"

#include <lab/json.h>
#include <lab/map.h>
#include <lab/record.h>
#include <lab/report.h>
#include <lib/string.h>

#include "current.h"
#include "quiz.h"
#include "scenario_run.h"
#include "selftest.h"
#include "tour.h"
#include "traces.h"
#include "watchdog.h"

enum { MAP_ROWS = 12 };

static const char too_little[] = "too little memory for the workload: give the machine more, or ask for less";

const struct heap *kfit_current_heap;

enum sh_status sh_error(struct sh_context *c, enum sh_status status, const char *word, const char *message)
{
    struct lab_json j;
    char text[SH_MESSAGE_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_print(&sink, "%s%s", message, status == SH_MACHINE ? injection_hint(&c->injection) : "");
    lab_print(&c->text, "kfit: error: %s\n", text);
    lab_json_begin(&j, &c->records, "error");
    lab_json_text(&j, "message", text);
    lab_json_text(&j, "word", word);
    lab_json_end(&j);
    sh_worsen(c, status);
    return status;
}

/* Copies a text that is not ended by NUL into the arena; NULL: the arena is full. */
static const char *keep_text(struct sh_context *c, const char *text, size_t length)
{
    char *copy = lab_arena_take(&c->arena, length + 1, 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

bool experiment_prepare(struct sh_context *c, const struct options *options, const struct lab_alloc_spec *alloc,
                        const char *run_text, struct lab_run *run)
{
    *run = (struct lab_run){
        .policy = alloc->policy,
        .grain = alloc->grain,
        .harden = options->harden,
        .heap_limit = options->heap_limit,
        .check_every = options->check_every,
        .sample_every = options->sample_every,
        .seed = options->seed,
        .is_foreign = c->script && lab_script_names_other(c->script, alloc),
        .alloc_text = keep_text(c, alloc->text, alloc->text_length),
        .run_text = run_text,
    };
    memcpy(run->options, alloc->options, sizeof run->options);
    world_set_memory(&c->world, options->vm, options->has_large_pages);
    c->world.inject = c->injection.where == INJECTION_HEAP ? &c->injection.heap : NULL;
    return run->alloc_text != NULL;
}

/* ---- while a run goes on ---- */

struct watching {
    struct sh_context *c;
    const struct lab_run *run;
    const struct lab_observer *also; /* the caller's, may be NULL */
};

static void watch_done(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    const struct watching *w = context;
    w->also->done(w->also->context, h, index, op, payload);
}

static void watch_refused(void *context, struct heap *h, size_t index, const struct lab_op *op)
{
    const struct watching *w = context;
    w->also->refused(w->also->context, h, index, op);
}

static void watch_sample(void *context, size_t done, size_t live_bytes, const struct heap_shape *shape)
{
    const struct watching *w = context;
    lab_record_sample(&w->c->records, w->run, done, live_bytes, shape);
}

static void watch_started(void *context, struct heap *h)
{
    const struct watching *w = context;
    kfit_current_heap = h;
    watchdog_arm(h, w->c->world.lab.clock_shift);
}

/* Draws the map while the heap is still there. */
static void watch_finished(void *context, struct heap *h)
{
    const struct watching *w = context;
    watchdog_disarm();
    kfit_current_heap = NULL;
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, w->c->map, sizeof w->c->map);
    lab_map(&sink, h, LAB_MAP_WIDTH_MAX, MAP_ROWS);
}

/* ---- one run ---- */

static bool has_result(const struct experiment_row *row)
{
    return row->status == LAB_OK || row->status == LAB_CORRUPT;
}

static void report_corruption(struct sh_context *c, const struct experiment_row *row)
{
    char message[300];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print_fault(&sink, lab_check_text(&row->result), &row->result.fault, row->run.policy->name);
    sh_error(c, SH_CORRUPT, row->run.policy->name, message);
}

static void report_shortage(struct sh_context *c, const struct experiment_row *row)
{
    char message[200];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "%s (allocator %s): give the machine more memory, or the heap less with heap=",
              lab_status_text(row->status), row->run.policy->name);
    sh_error(c, SH_MACHINE, row->run.policy->name, message);
}

/* scenario:best-wins, line 14: expected refused = 1, found 2 under best-fit */
static void print_broken(const struct sh_context *c, const struct lab_sink *sink, const struct experiment_row *row)
{
    const struct lab_expect *expect = row->result.expectation;
    bool has_block = c->script && (expect->quantity == LAB_Q_AT || expect->quantity == LAB_Q_SIZE);
    char name[LAB_BLOCK_TEXT];
    lab_print(sink, "%s, line %u: expected ", row->run.run_text, (unsigned)expect->line);
    lab_expect_print(sink, expect, has_block ? lab_block_text(c->script, expect->block, name) : NULL);
    lab_print(sink, ", found ");
    lab_quantity_print(sink, expect->quantity, row->result.expectation_found);
    lab_print(sink, " under %s", row->run.policy->name);
}

static void report_failures(struct sh_context *c, const struct experiment_row *row)
{
    char message[200];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    if (row->result.memory.frames_leaked != 0) {
        lab_print(&sink, "%jd frames leaked by the run under %s", (intmax_t)row->result.memory.frames_leaked,
                  row->run.policy->name);
        sh_error(c, SH_FAILED, row->run.policy->name, message);
    } else if (!vmm_zero_page_is_intact(c->world.space)) {
        lab_print(&sink, "the zero page was written to in the run under %s", row->run.policy->name);
        sh_error(c, SH_FAILED, row->run.policy->name, message);
    } else if (row->result.expectation_failed) {
        print_broken(c, &sink, row);
        sh_error(c, SH_FAILED, row->run.policy->name, message);
    }
}

static void keep_last(struct sh_context *c, const struct experiment_row *row)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, c->alloc_text, sizeof c->alloc_text);
    lab_print(&sink, "%s", row->run.alloc_text);
    sink = lab_buffer_sink(&buffer, c->run_text, sizeof c->run_text);
    lab_print(&sink, "%s", row->run.run_text);
    c->last_run = row->run;
    c->last_run.alloc_text = c->alloc_text;
    c->last_run.run_text = c->run_text;
    c->last_run.observer = NULL;
    c->last_result = row->result;
    c->last_result.expectation = NULL; /* it goes with the program */
    c->has_result = true;
    c->is_desk_latest = false;
}

void experiment_run_one(struct sh_context *c, const struct lab_program *program, struct experiment_row *row,
                        const struct lab_observer *observer)
{
    struct watching w = {.c = c, .run = &row->run, .also = observer};
    struct lab_observer watch = {
        .context = &w,
        .started = watch_started,
        .done = observer && observer->done ? watch_done : NULL,
        .refused = observer && observer->refused ? watch_refused : NULL,
        .sample = row->run.sample_every ? watch_sample : NULL,
        .finished = watch_finished,
    };
    row->run.observer = &watch;
    row->status = lab_run_program(&c->world.lab, &c->arena, program, &row->run, &row->result);
    row->run.observer = NULL;
    if (!has_result(row)) {
        report_shortage(c, row);
        return;
    }
    keep_last(c, row);
    lab_record_result(&c->records, &c->world.lab, &row->run, &row->result);
    if (row->status == LAB_CORRUPT)
        report_corruption(c, row);
    report_failures(c, row);
}

/* ---- a program under every allocator ---- */

/* The frames behind the heaps, counted back. */
static void report_frames(struct sh_context *c, const struct experiment_row *rows, size_t count)
{
    uint64_t most = 0;
    int64_t leaked = 0;
    char text[27];
    for (size_t i = 0; i < count; i++) {
        const struct lab_memory *m = &rows[i].result.memory;
        if (!has_result(&rows[i]))
            continue;
        most = m->frames_peak > most ? m->frames_peak : most;
        leaked += m->frames_leaked;
    }
    lab_print(&c->text, "Page frames: at most %s behind one heap, page tables included; %jd not given back.\n",
              lab_grouped(most, text), (intmax_t)leaked);
}

static void print_rows(struct sh_context *c, const struct experiment_row *rows, size_t count, bool explains)
{
    struct lab_row table[LAB_COMPARE_MAX];
    for (size_t i = 0; i < count; i++)
        table[i] =
            (struct lab_row){rows[i].run.alloc_text, rows[i].status, &rows[i].result, rows[i].run.policy->family};
    lab_report_comparison(&c->text, &c->world.lab, &rows[0].run, table, count, explains);
}

void experiment_run_all(struct sh_context *c, const struct options *options, const struct lab_program *program,
                        const char *run_text, bool explains)
{
    size_t count = options->alloc_count;
    struct experiment_row *rows = lab_arena_take(&c->arena, count, sizeof *rows);
    bool is_ready = rows != NULL;
    for (size_t i = 0; is_ready && i < count; i++)
        is_ready = experiment_prepare(c, options, &options->allocs[i], run_text, &rows[i].run);
    if (!is_ready) {
        sh_error(c, SH_MACHINE, "run", "too little memory for the run: give the machine more");
        return;
    }
    for (size_t i = 0; i < count; i++)
        experiment_run_one(c, program, &rows[i], NULL);
    if (options->is_comparison)
        print_rows(c, rows, count, explains);
    else if (has_result(&rows[0]))
        lab_report_run(&c->text, &c->world.lab, &rows[0].run, &rows[0].result);
    if (options->is_comparison)
        report_frames(c, rows, count);
}

/* ---- what the options ask for ---- */

const struct options *experiment_options(struct sh_context *c, const char *command, const char *words)
{
    struct lab_error error;
    size_t length = strlen(words);
    struct options *options = lab_arena_take(&c->arena, 1, sizeof *options);
    char *room = lab_arena_take(&c->arena, 2 * length + 1, 1);
    if (!options || !room) {
        sh_error(c, SH_MACHINE, command, "too little memory for the options");
        return NULL;
    }
    *options = c->options;
    options->fail = (struct injection_plan){.where = INJECTION_NONE};
    if (!options_parse(options, words, length, room, &error)) {
        sh_error(c, SH_BAD_INPUT, error.word, error.message);
        return NULL;
    }
    if (options->then == c->options.then && options->out == c->options.out && options->console == c->options.console)
        return options;
    sh_error(c, SH_BAD_INPUT, command,
             "then=, out= and console= belong to the kernel command line, not behind a command");
    return NULL;
}

static void run_traces(struct sh_context *c, const struct options *options)
{
    for (size_t i = 0; i < options->run.trace_count; i++) {
        struct lab_name name = options->run.traces[i];
        struct lab_program program;
        char text[80];
        struct lab_buffer buffer;
        struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
        size_t mark = c->arena.used;
        lab_print(&sink, "trace:%.*s", (int)name.length, name.text);
        if (traces_load(c, name, &program) == SH_OK)
            experiment_run_all(c, options, &program, text, true);
        lab_arena_release(&c->arena, mark);
    }
}

static bool make_workload(struct sh_context *c, const struct options *options, struct lab_program *program)
{
    struct lab_values values = options->run.values;
    values.seed = options->seed;
    return options->run.workload->make(&values, &c->arena, program);
}

bool experiment_program(struct sh_context *c, const struct options *options, struct lab_program *program)
{
    const struct lab_run_spec *spec = &options->run;
    if (spec->kind == LAB_RUN_TRACES && spec->trace_count == 1)
        return traces_load(c, spec->traces[0], program) == SH_OK;
    if (spec->kind == LAB_RUN_WORKLOAD)
        return make_workload(c, options, program) || sh_error(c, SH_MACHINE, "run", too_little) == SH_OK;
    if (spec->kind == LAB_RUN_SCENARIO)
        return scenario_program(c, options, program);
    sh_error(c, SH_BAD_INPUT, "run", "name one scenario, workload or trace; `runs` lists them");
    return false;
}

static void run_workload(struct sh_context *c, const struct options *options)
{
    const struct lab_run_spec *spec = &options->run;
    struct lab_program program;
    size_t mark = c->arena.used;
    const char *text = keep_text(c, spec->text, spec->text_length);
    if (text && make_workload(c, options, &program))
        experiment_run_all(c, options, &program, text, true);
    else
        sh_error(c, SH_MACHINE, "run", too_little);
    lab_arena_release(&c->arena, mark);
}

void experiment_start(struct sh_context *c, const struct options *options)
{
    if (options->quiz.is_on) {
        quiz_start(c, options);
        return;
    }
    switch (options->run.kind) {
    case LAB_RUN_TRACES:
        run_traces(c, options);
        break;
    case LAB_RUN_WORKLOAD:
        run_workload(c, options);
        break;
    case LAB_RUN_SCENARIO:
        scenario_run(c, options);
        break;
    case LAB_RUN_SELFTEST:
        selftest_run(c, options);
        break;
    case LAB_RUN_TOUR:
        tour_run(c, options);
        break;
    case LAB_RUN_NONE:
        return;
    }
    injection_report(c);
}
