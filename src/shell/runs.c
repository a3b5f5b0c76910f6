/* Runs from the shell's lines: `run` and `compare` take the words of the kernel command line. */
#include "runs.h"

#include <lab/report.h>
#include <lab/workload.h>
#include <lib/string.h>

#include "experiment.h"
#include "line.h"
#include "modules.h"

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

/* Whether the word is a scenario's name alone, as step and quiz take it, and no workload's. */
static bool is_scenario(const struct sh_context *c, const char *word, size_t length)
{
    return word[length] != ':' && !lab_workload_find(word, length) &&
           modules_find(c->boot, MODULE_SCENARIO, word, length);
}

/* "run WHAT options" and "compare WHAT options" are the options run=WHAT, and compare=all if no list is given. `kind` goes before
 * WHAT; if it is empty WHAT may be a scenario's name. */
static void run_words(struct sh_context *c, const char *arguments, const char *more, const char *kind)
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
    if (!has_key && !*kind && is_scenario(c, arguments, word))
        kind = "scenario:";
    lab_print(&sink, "%s%s%s %s", has_key || !*arguments ? "" : "run=", kind, arguments, more);
    run_line(c, line);
}

void runs_run(struct sh_context *c, const char *arguments)
{
    run_words(c, arguments, "", "");
}

/* `replay NAME options` is `run trace:NAME options`. */
void runs_replay(struct sh_context *c, const char *arguments)
{
    run_words(c, arguments, "", "trace:");
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

void runs_compare(struct sh_context *c, const char *arguments)
{
    run_words(c, arguments, names_allocators(arguments) ? "" : "compare=all", "");
}

/* ---- the last run ---- */

void runs_show_numbers(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (c->has_result)
        lab_report_run(&c->text, &c->world.lab, &c->last_run, &c->last_result);
    else
        lab_print(&c->text, "Nothing has run yet: try `run trace:sqlite` or `run churn`.\n");
}

void runs_show_map(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (c->has_result)
        lab_print(&c->text, "The heap of %s at the end of %s:\n%s", c->alloc_text, c->run_text, c->map);
    else
        lab_print(&c->text, "Nothing has run yet: try `run trace:sqlite` or `run churn`.\n");
}
