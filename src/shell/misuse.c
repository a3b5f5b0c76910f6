/* Mistakes with a heap, on purpose: what the hardening level sees of them. */
#include "misuse.h"

#include <lab/misuse.h>
#include <lab/report.h>
#include <lib/string.h>

#include "experiment.h"

static void list_kinds(struct sh_context *c)
{
    for (const struct lab_misuse *m = lab_misuses; m->name; m++)
        lab_print(&c->text, "  misuse %-17s seen from harden=%u on: %s\n", m->name, m->level, m->summary);
}

static void commit(struct sh_context *c, const struct lab_misuse *m, const struct lab_run *run)
{
    struct heap_fault fault;
    enum lab_misuse_outcome outcome;
    char message[SH_MESSAGE_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    enum lab_status status = lab_misuse_run(&c->world.lab, run, m, &outcome, &fault);
    const char *policy = run->policy->name;
    if (status != LAB_OK) {
        lab_print(&sink, "%s (allocator %s): give the machine more memory", lab_status_text(status), policy);
        sh_error(c, SH_MACHINE, policy, message);
    } else if (outcome == LAB_MISUSE_FOUND) {
        lab_print_fault(&sink, heap_fault_text(fault.class), &fault, policy);
        sh_error(c, SH_CORRUPT, policy, message);
    } else if (outcome == LAB_MISUSE_UNSUPPORTED) {
        lab_print(&c->text, "%s: %s has nothing there that could be damaged.\n", m->name, policy);
    } else if (run->harden < m->level) {
        lab_print(&c->text, "%s: unnoticed by %s at harden=%u; it is seen from harden=%u on.\n", m->name, policy,
                  run->harden, m->level);
    } else {
        lab_print(&sink, "%s: unnoticed by %s at harden=%u", m->name, policy, run->harden);
        sh_error(c, SH_FAILED, policy, message);
    }
}

/* What the words behind the kind ask for: a choice of allocators, a level, and nothing to run. */
static void commit_with(struct sh_context *c, const struct lab_misuse *m, const char *words)
{
    struct lab_run run;
    const struct options *options = experiment_options(c, "misuse", words);
    if (!options)
        return;
    if (options->run.text != c->options.run.text || options->fail.where != INJECTION_NONE) {
        sh_error(c, SH_BAD_INPUT, "misuse", "misuse runs nothing: name alloc= or compare=, and harden=");
        return;
    }
    for (size_t i = 0; i < options->alloc_count; i++) {
        if (experiment_prepare(c, options, &options->allocs[i], "misuse", &run))
            commit(c, m, &run);
    }
}

void misuse_run(struct sh_context *c, const char *arguments)
{
    size_t length = 0, mark = c->arena.used;
    while (arguments[length] && arguments[length] != ' ')
        length++;
    const struct lab_misuse *m = lab_misuse_find(arguments, length);
    if (length == 0)
        list_kinds(c);
    else if (!m)
        sh_error(c, SH_BAD_INPUT, arguments, "no such mistake; `misuse` lists them");
    else
        commit_with(c, m, arguments + length);
    lab_arena_release(&c->arena, mark);
}
