/* The tour. Every number in it comes from a run made for it. */
#include "tour.h"

#include <lab/map.h>
#include <lib/string.h>

#include "experiment.h"
#include "scenarios.h"
#include "traces.h"

enum {
    SERIES_OPS_MAX = 64,
    SERIES_ROWS = 2,  /* first-fit and best-fit side by side */
    SERIES_UNIT = 32, /* bytes, as the files say */
    MAP_ROWS = 8,
};

#define REFUSED SIZE_MAX

static void heading(struct sh_context *c, const char *title)
{
    lab_print(&c->text, "\n== %s ==\n\n", title);
}

/* ---- programs ---- */

/* The options without the allocators that step over all blocks for each request: with tens of thousands of them that takes a
 * minute. NULL: too little memory. */
static const struct options *without_walks(struct sh_context *c, const struct options *options)
{
    struct options *o = lab_arena_take(&c->arena, 1, sizeof *o);
    if (!o)
        return NULL;
    *o = *options;
    o->alloc_count = 0;
    for (size_t i = 0; i < options->alloc_count; i++) {
        const char *family = options->allocs[i].policy->family;
        if (!family || strcmp(family, "a walk over all blocks") != 0)
            o->allocs[o->alloc_count++] = options->allocs[i];
    }
    return o;
}

static void show_trace(struct sh_context *c, const struct options *options, const char *name, const char *what,
                       bool explains)
{
    struct lab_name trace = {name, strlen(name)};
    struct lab_program program;
    char run_text[40];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, run_text, sizeof run_text);
    size_t mark = c->arena.used;
    lab_print(&sink, "trace:%s", name);
    lab_print(&c->text, "%s\n\n", what);
    if (traces_load(c, trace, &program) == SH_OK)
        experiment_run_all(c, options, &program, run_text, explains);
    lab_arena_release(&c->arena, mark);
}

/* ---- one scenario under one allocator ---- */

/* Where each operation went, and the map at the first refusal. */
struct series_log {
    size_t offsets[SERIES_OPS_MAX]; /* from the lowest payload; REFUSED */
    char map[SH_MAP_TEXT];
    size_t free_then, largest_then;
    bool is_refused;
};

static void log_done(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    struct series_log *log = context;
    (void)op;
    if (index < SERIES_OPS_MAX)
        log->offsets[index] = payload ? (size_t)((const unsigned char *)payload - h->base) - heap_origin(h) : REFUSED;
}

static void log_refused(void *context, struct heap *h, size_t index, const struct lab_op *op)
{
    struct series_log *log = context;
    struct heap_shape shape;
    struct lab_buffer buffer;
    (void)index, (void)op;
    if (log->is_refused || heap_measure(h, &shape) != HEAP_OK)
        return;
    log->is_refused = true;
    log->free_then = shape.free;
    log->largest_then = shape.largest_hole;
    struct lab_sink sink = lab_buffer_sink(&buffer, log->map, sizeof log->map);
    lab_map(&sink, h, LAB_MAP_WIDTH_MAX, MAP_ROWS);
}

/* Loads a scenario and says what it is about; false after an error line. */
static bool introduce(struct sh_context *c, const char *name, struct lab_program *program)
{
    struct lab_script script;
    struct lab_name wanted = {name, strlen(name)};
    if (scenarios_load(c, &c->arena, wanted, c->options.seed, &script) != SH_OK)
        return false;
    if (lab_script_unmeasurable(&script)) {
        sh_error(c, SH_BAD_INPUT, name, "a scenario of the tour has been replaced by one that cannot be measured");
        return false;
    }
    scenarios_print_about(c, &script);
    lab_print(&c->text, "\n");
    if (lab_script_program(&script, &c->arena, program))
        return true;
    sh_error(c, SH_MACHINE, name, "too little memory for the scenario: give the machine more");
    return false;
}

static bool run_scenario(struct sh_context *c, const struct options *options, const struct heap_ops *policy,
                         const struct lab_program *program, const char *run_text, struct experiment_row *row,
                         struct series_log *log)
{
    struct lab_alloc_spec spec = {.policy = policy, .text = policy->name, .text_length = strlen(policy->name)};
    struct lab_observer observer = {.context = log, .done = log_done, .refused = log_refused};
    heap_default_options(policy, spec.options);
    if (!experiment_prepare(c, options, &spec, run_text, &row->run))
        return false;
    experiment_run_one(c, program, row, log ? &observer : NULL);
    return row->status == LAB_OK;
}

/* ---- the long-lived block ---- */

static void show_long_lived(struct sh_context *c, const struct options *options)
{
    static const char name[] = "long-lived", run_text[] = "scenario:long-lived";
    struct lab_program program;
    struct experiment_row row;
    char text[2][27];
    size_t mark = c->arena.used;
    if (introduce(c, name, &program)) {
        size_t requests = program.count_of[LAB_ALLOC];
        for (const struct heap_ops *const *policy = heap_policies; *policy; policy++) {
            if (!run_scenario(c, options, *policy, &program, run_text, &row, NULL))
                continue;
            if (row.result.failed > 0)
                lab_print(&c->text, "  %-14s runs out: refuses %s of %s requests\n", (*policy)->name,
                          lab_grouped(row.result.failed, text[0]), lab_grouped(requests, text[1]));
            else
                lab_print(&c->text, "  %-14s serves all %s requests\n", (*policy)->name,
                          lab_grouped(requests, text[1]));
        }
    }
    lab_arena_release(&c->arena, mark);
}

/* ---- the two series ---- */

static void print_place(struct sh_context *c, size_t offset)
{
    if (offset == REFUSED)
        lab_print(&c->text, "  %12s", "REFUSED");
    else
        lab_print(&c->text, "  %12zu", offset / SERIES_UNIT);
}

/* The requests behind the last free, where each allocator put them. */
static void print_places(struct sh_context *c, const struct lab_program *program,
                         const struct heap_ops *const *policies, const struct series_log *logs)
{
    size_t first = program->count;
    while (first > 0 && program->ops[first - 1].kind == LAB_ALLOC)
        first--;
    lab_print(&c->text, "  request        placed by  %s   placed by  %s   (in units of %d bytes)\n", policies[0]->name,
              policies[1]->name, SERIES_UNIT);
    for (size_t i = first; i < program->count && i < SERIES_OPS_MAX; i++) {
        lab_print(&c->text, "  %4zu units    ", (program->ops[i].size + sizeof(size_t)) / SERIES_UNIT);
        for (int p = 0; p < SERIES_ROWS; p++) {
            lab_print(&c->text, "      ");
            print_place(c, logs[p].offsets[i]);
        }
        lab_print(&c->text, "\n");
    }
}

static void print_refusal(struct sh_context *c, const struct heap_ops *policy, const struct series_log *log)
{
    if (!log->is_refused) {
        lab_print(&c->text, "\n%s serves every request.\n", policy->name);
        return;
    }
    lab_print(&c->text,
              "\n%s refuses a request although %zu units are free: the largest hole has %zu.\n"
              "Its heap at that moment:\n\n%s",
              policy->name, log->free_then / SERIES_UNIT, log->largest_then / SERIES_UNIT, log->map);
}

static void show_series(struct sh_context *c, const struct options *options, const char *name)
{
    const struct heap_ops *policies[SERIES_ROWS] = {heap_policy_find("first-fit"), heap_policy_find("best-fit")};
    struct lab_program program;
    struct experiment_row row;
    char run_text[40];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, run_text, sizeof run_text);
    size_t mark = c->arena.used;
    struct series_log *logs = lab_arena_take(&c->arena, SERIES_ROWS, sizeof *logs);
    lab_print(&sink, "scenario:%s", name);
    bool is_shown = logs && policies[0] && policies[1] && introduce(c, name, &program);
    if (logs)
        memset(logs, 0, SERIES_ROWS * sizeof *logs);
    for (int p = 0; is_shown && p < SERIES_ROWS; p++)
        is_shown = run_scenario(c, options, policies[p], &program, run_text, &row, &logs[p]);
    if (is_shown) {
        print_places(c, &program, policies, logs);
        for (int p = 0; p < SERIES_ROWS; p++)
            print_refusal(c, policies[p], &logs[p]);
    }
    lab_arena_release(&c->arena, mark);
}

void tour_run(struct sh_context *c, const struct options *options)
{
    lab_print(&c->text, "A heap gives out memory in blocks. Each time, it must decide which of its holes to use.\n"
                        "kfit replays what real programs asked for, under one allocator after the other,\n"
                        "and counts what each decision cost: in memory, in refused requests, in work.\n");
    heading(c, "1. Two real programs");
    show_trace(c, options, "sqlite", "sqlite3 running a script of inserts, joins and updates:", false);
    lab_print(&c->text, "\n");
    size_t mark = c->arena.used;
    const struct options *quick = without_walks(c, options);
    if (quick && quick->alloc_count > 0)
        show_trace(
            c, quick, "perl",
            "perl running a script of hashes, arrays and strings (walks over all blocks left out: a minute):", true);
    lab_arena_release(&c->arena, mark);
    heading(c, "2. What kills a bump heap");
    show_long_lived(c, options);
    heading(c, "3. Best fit wins");
    show_series(c, options, "best-wins");
    heading(c, "4. First fit wins");
    show_series(c, options, "first-wins");
    heading(c, "What next");
    lab_print(&c->text,
              "  ./kfit menu                                             choose in GRUB's menu, stay in the shell\n"
              "  ./kfit run 'compare=all run=comb heap=80K then=exit'    half of the heap is free, and nothing fits\n"
              "  ./kfit run 'alloc=best-fit run=trace:gcc then=exit'     one allocator, one program, all numbers\n");
}
