/* The shell: one line, one command. `run` and `compare` take the words of the kernel command line. */
#include "shell.h"

#include <lab/number.h>
#include <lab/report.h>
#include <lib/string.h>

#include "backing.h"
#include "crash.h"
#include "experiment.h"
#include "frames.h"
#include "interrupts.h"
#include "layout.h"
#include "line.h"
#include "misuse.h"
#include "modules.h"
#include "programs.h"
#include "spaces.h"
#include "traces.h"
#include "translate.h"

struct command {
    const char *name, *usage, *help;
    void (*run)(struct sh_context *c, const char *arguments);
};

enum { COMMANDS = 20 };
static const struct command commands[COMMANDS + 1]; /* ended by an empty one */

static const char *skip_blanks(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

/* ---- help and lists ---- */

static void do_help(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    for (const struct command *command = commands; command->name; command++)
        lab_print(&c->text, "  %-36s %s\n", command->usage, command->help);
    lab_print(&c->text,
              "\nOptions behind run and compare are those of the kernel command line: seed=, vm=, heap=, check=, "
              "...\nAn example: run trace:sqlite alloc=best-fit seed=7\n");
}

/* An option in two lines: what may be written, the default first; and what it does. */
static void print_option(struct sh_context *c, const struct heap_option *o)
{
    lab_print(&c->text, "  :%s=", o->key);
    if (o->words) {
        lab_print(&c->text, "%s", o->words[o->fallback]);
        for (size_t i = 0; o->words[i]; i++) {
            if (i != o->fallback)
                lab_print(&c->text, "|%s", o->words[i]);
        }
        lab_print(&c->text, "\n");
    } else {
        lab_print(&c->text, "%zu, from %zu to %zu", o->fallback, o->min, o->max);
        if (o->multiple > 1)
            lab_print(&c->text, " in steps of %zu", o->multiple);
        lab_print(&c->text, "\n");
    }
    lab_print(&c->text, "      %s\n", o->help);
}

static void print_allocator(struct sh_context *c, const struct heap_ops *ops)
{
    lab_print(&c->text, "%s: %s\n  cost    %s\n  source  %s\n", ops->name, ops->summary, ops->complexity, ops->source);
    lab_print(&c->text, "Options, behind colons, %s:key=value:key=value; the values shown first are the defaults:\n",
              ops->name);
    print_option(c, &lab_grow_option);
    for (const struct heap_option *o = ops->options; o && o->key; o++)
        print_option(c, o);
}

static void do_allocators(struct sh_context *c, const char *arguments)
{
    if (*arguments) {
        struct lab_alloc_spec spec;
        struct lab_error error;
        if (lab_parse_alloc(arguments, strlen(arguments), &spec, &error))
            print_allocator(c, spec.policy);
        else
            sh_error(c, SH_BAD_INPUT, error.word, error.message);
        return;
    }
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++)
        lab_print(&c->text, "  %-16s %s\n", (*ops)->name, (*ops)->summary);
}

static void do_runs(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    lab_print(&c->text, "Workloads:\n");
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        lab_print(&c->text, "  %-20s %s\n", w->name, w->summary);
        for (const struct lab_parameter *p = w->parameters; p->key; p++) {
            lab_print(&c->text, "    :%s=", p->key);
            if (p->words)
                lab_print(&c->text, "%-12s", p->words[p->low]);
            else if (p->is_range)
                lab_print(&c->text, "%ju-%-9ju", (uintmax_t)p->low, (uintmax_t)p->high);
            else
                lab_print(&c->text, "%-12ju", (uintmax_t)p->low);
            lab_print(&c->text, " %s", p->help);
            for (const char *const *word = p->words; word && *word; word++)
                lab_print(&c->text, "%s%s", word == p->words ? ": " : ", ", *word);
            lab_print(&c->text, "\n");
        }
    }
    lab_print(&c->text, "Scenarios:\n");
    for (const struct lab_scenario *s = lab_scenarios; s->name; s++)
        lab_print(&c->text, "  scenario:%-11s %s\n", s->name, s->summary);
    traces_list(c);
}

/* ---- run and compare ---- */

/* A plan of the line's own counts from here and ends with the line; without one that of the boot goes on. */
static void start_with_failures(struct sh_context *c, const struct options *options)
{
    struct injection kept = c->injection;
    if (options->fail.where != INJECTION_NONE)
        injection_arm(&c->injection, &options->fail);
    experiment_start(c, options);
    if (options->fail.where != INJECTION_NONE)
        c->injection = kept;
}

/* Runs a line of options. */
static void run_line(struct sh_context *c, const char *line)
{
    size_t mark = c->arena.used;
    const struct options *options = experiment_options(c, "run", line);
    if (options && options->run.kind == LAB_RUN_NONE)
        sh_error(c, SH_BAD_INPUT, "run", "nothing to run: name a trace, a workload or a scenario; `runs` lists them");
    else if (options)
        start_with_failures(c, options);
    lab_arena_release(&c->arena, mark);
}

/* "run WHAT options" and "compare WHAT options" are the options run=WHAT, and compare=all if no list is given. */
static void run_words(struct sh_context *c, const char *arguments, const char *more)
{
    char line[LINE_MAX_CHARACTERS + 32];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, line, sizeof line);
    size_t word = 0;
    bool has_key = false;
    while (arguments[word] && arguments[word] != ' ') {
        if (arguments[word] == '=')
            has_key = true;
        if (arguments[word] == ':')
            break;
        word++;
    }
    lab_print(&sink, "%s%s %s", has_key || !*arguments ? "" : "run=", arguments, more);
    run_line(c, line);
}

static void do_run(struct sh_context *c, const char *arguments)
{
    run_words(c, arguments, "");
}

static bool names_allocators(const char *arguments)
{
    static const char key[] = "compare=";
    for (const char *p = arguments; strlen(p) >= sizeof key - 1; p++) {
        bool is_word_start = p == arguments || p[-1] == ' ';
        if (is_word_start && memcmp(p, key, sizeof key - 1) == 0)
            return true;
    }
    return false;
}

static void do_compare(struct sh_context *c, const char *arguments)
{
    run_words(c, arguments, names_allocators(arguments) ? "" : "compare=all");
}

/* ---- the last run, the machine ---- */

static void do_stats(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (c->has_result)
        lab_report_run(&c->text, &c->world.lab, &c->last_run, &c->last_result);
    else
        lab_print(&c->text, "Nothing has run yet: try `run trace:sqlite` or `run churn`.\n");
}

static void do_map(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (c->has_result)
        lab_print(&c->text, "The heap of %s at the end of %s:\n%s", c->alloc_text, c->run_text, c->map);
    else
        lab_print(&c->text, "Nothing has run yet: try `run trace:sqlite` or `run churn`.\n");
}

static void do_exit(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    c->is_asked_to_end = true;
}

static const struct command commands[COMMANDS + 1] = {
    {"help", "help", "this list", do_help},
    {"allocators", "allocators [NAME]", "the allocators, or one with its cost, source and options", do_allocators},
    {"runs", "runs", "what can be run: workloads, scenarios, traces", do_runs},
    {"run", "run WHAT [options]", "run it under one allocator (alloc=)", do_run},
    {"compare", "compare WHAT [compare=A,B] [options]", "run it under all allocators, or those named", do_compare},
    {"stats", "stats", "the numbers of the last run", do_stats},
    {"map", "map", "the heap at the end of the last run", do_map},
    {"mem", "mem [map|cost]", "frames and regions; the firmware's map; what a frame costs", frames_show},
    {"backing", "backing", "what a touch of a page brings, method by method", backing_show},
    {"layout", "layout", "what lies where in the kernel's address space", layout_show},
    {"translate", "translate ADDRESS", "an address taken apart, level by level", translate_run},
    {"space", "space", "two address spaces: what is apart, what is shared", spaces_show},
    {"program", "program [NAME [WORD]] [options]", "a program in user mode; without a name, which there are",
     programs_run},
    {"programs", "programs [options]", "a heap of the program's own, and the kernel's: the same blocks",
     programs_compare},
    {"modules", "modules", "what the loader brought beside the kernel, with checksums", modules_list},
    {"irq", "irq", "interrupts since the start", interrupts_print},
    {"timer", "timer HZ", "the timer's ticks a second: 18 to 10000, 0 for off", interrupts_set_timer},
    {"misuse", "misuse [KIND] [options]", "a mistake with a heap, and what hardening sees of it (harden=)", misuse_run},
    {"crash", "crash [KIND]", "a fault on purpose, to see the report", crash_run},
    {"exit", "exit", "leave", do_exit},
    {NULL, NULL, NULL, NULL},
};

/* ---- the loop ---- */

static void unknown_command(struct sh_context *c, const char *line, size_t length)
{
    const char *names[sizeof commands / sizeof *commands];
    char message[160], word[40];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, word, sizeof word);
    lab_print(&sink, "%.*s", (int)(length < 36 ? length : 36), line);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        names[i] = commands[i].name;
    const char *nearest = lab_nearest(line, length, names);
    sink = lab_buffer_sink(&buffer, message, sizeof message);
    if (nearest)
        lab_print(&sink, "unknown command '%s': did you mean %s?", word, nearest);
    else
        lab_print(&sink, "unknown command '%s'; `help` lists them", word);
    sh_error(c, SH_BAD_INPUT, word, message);
}

static void refuse_arguments(struct sh_context *c, const struct command *command)
{
    char message[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "%s takes no argument", command->name);
    sh_error(c, SH_BAD_INPUT, command->name, message);
}

static void execute(struct sh_context *c, const char *line)
{
    size_t length = 0;
    line = skip_blanks(line);
    while (line[length] && line[length] != ' ')
        length++;
    if (length == 0)
        return;
    for (const struct command *command = commands; command->name; command++) {
        if (strlen(command->name) == length && memcmp(command->name, line, length) == 0) {
            const char *arguments = skip_blanks(line + length);
            bool takes_none = strcmp(command->usage, command->name) == 0;
            if (takes_none && *arguments)
                refuse_arguments(c, command);
            else
                command->run(c, arguments);
            return;
        }
    }
    unknown_command(c, line, length);
}

void shell_run(struct sh_context *c)
{
    static char line[LINE_MAX_CHARACTERS + 1];
    lab_print(&c->text, "The shell: `help` lists the commands, `exit` leaves.\n");
    while (!c->is_asked_to_end) {
        switch (line_read("kfit> ", line)) {
        case LINE_READ:
            execute(c, line);
            break;
        case LINE_TOO_LONG:
            sh_error(c, SH_BAD_INPUT, "line", "the line is longer than 1023 characters: nothing was done");
            break;
        case LINE_LOST_INPUT:
            sh_error(c, SH_BAD_INPUT, "line", "overrun: input was lost, nothing was done; send it slower");
            break;
        case LINE_CANCELLED:
            break;
        case LINE_END:
            return;
        }
    }
}
