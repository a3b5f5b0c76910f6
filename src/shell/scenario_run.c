/* Scenarios from the command line: measured where that is possible, else told. */
#include "scenario_run.h"

#include <lib/string.h>

#include "experiment.h"
#include "scenarios.h"
#include "step.h"

/* The options as the scenario changes them: an allocator that the user named stays. */
static const struct options *options_of(struct sh_context *c, const struct options *options,
                                        const struct lab_script *script)
{
    struct lab_use use;
    struct options *own = lab_arena_take(&c->arena, 1, sizeof *own);
    if (!own)
        return NULL;
    lab_script_use(script, &use);
    *own = *options;
    if (use.alloc.policy && !options->is_alloc_given)
        own->allocs[0] = use.alloc;
    if (use.harden >= 0)
        own->harden = (unsigned)use.harden;
    if (use.vm_length > 0)
        options_backing(use.vm, use.vm_length, &own->vm);
    return own;
}

static void measure(struct sh_context *c, const struct options *options, const struct lab_script *script)
{
    struct lab_program program;
    char text[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_print(&sink, "%.*s", (int)options->run.text_length, options->run.text);
    const struct options *own = options_of(c, options, script);
    if (!own || !lab_script_program(script, &c->arena, &program)) {
        sh_error(c, SH_MACHINE, "run", "too little memory for the scenario: give the machine more");
        return;
    }
    c->script = script;
    experiment_run_all(c, own, &program, text, true);
    c->script = NULL;
}

/* `what` cannot be done with the scenario: this step keeps it from that. */
static void refuse(struct sh_context *c, const struct options *options, const struct lab_step *step, const char *what)
{
    char message[SH_MESSAGE_MAX], word[80];
    struct lab_buffer buffer;
    const struct lab_name *name = &options->run.scenario;
    struct lab_sink sink = lab_buffer_sink(&buffer, word, sizeof word);
    lab_print(&sink, "%.*s", (int)name->length, name->text);
    sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "scenario %s cannot be %s: line %u, `%.*s`, needs one heap, step by step: `scenario %s`", word,
              what, (unsigned)step->line, (int)step->text_length, step->text, word);
    sh_error(c, SH_BAD_INPUT, word, message);
}

void scenario_run(struct sh_context *c, const struct options *options)
{
    struct lab_script script;
    size_t mark = c->arena.used;
    bool is_told = false;
    if (scenarios_load(c, &c->arena, options->run.scenario, options->seed, &script) == SH_OK) {
        const struct lab_step *step = lab_script_unmeasurable(&script);
        is_told = step && !options->is_comparison;
        if (step && options->is_comparison)
            refuse(c, options, step, "compared");
        else if (!step)
            measure(c, options, &script);
    }
    lab_arena_release(&c->arena, mark);
    if (is_told)
        step_tell(c, options);
}

bool scenario_program(struct sh_context *c, const struct options *options, struct lab_program *program)
{
    struct lab_script script;
    if (scenarios_load(c, &c->arena, options->run.scenario, options->seed, &script) != SH_OK)
        return false;
    const struct lab_step *step = lab_script_unmeasurable(&script);
    if (step)
        refuse(c, options, step, "a program's work");
    else if (!lab_script_program(&script, &c->arena, program))
        sh_error(c, SH_MACHINE, "run", "too little memory for the scenario: give the machine more");
    else
        return true;
    return false;
}
