/* Programs in user mode: found among the boot modules, given their operations, run, told of.
 *
 * The operations are made as for any run, from run= and seed=, and handed over as they are: so a program's placements can be
 * compared with those of the kernel's own run, to the last digit.
 */
#include "programs.h"

#include <lib/string.h>

#include "experiment.h"
#include "modules.h"
#include "programs_report.h"
#include "traces.h"

#define PREFIX "kfit.program."

static const char default_run[] = "churn:ops=4000:live=200:size=16-256:resize=50";

enum { HEAP_MAX = 64 << 20 }; /* own-heap has a start table for so much */

/* What programs are run on. */
struct job {
    struct options options;
    struct lab_program ops;
    char alloc[128], run[512];
};

/* ---- which ---- */

/* The name of a module that is a program; *length 0: it is none. */
static const char *name_of(const struct mb2_module *m, size_t *length)
{
    const size_t prefix = sizeof PREFIX - 1;
    *length = 0;
    if (m->name_length < prefix || memcmp(m->name, PREFIX, prefix) != 0)
        return NULL;
    while (prefix + *length < m->name_length && m->name[prefix + *length] != ' ')
        ++*length;
    return m->name + prefix;
}

static const struct mb2_module *find(const struct mb2_info *boot, const char *name)
{
    size_t length;
    for (size_t i = 0; i < boot->module_count; i++) {
        const char *found = name_of(&boot->modules[i], &length);
        if (length == strlen(name) && found && memcmp(found, name, length) == 0)
            return &boot->modules[i];
    }
    return NULL;
}

static void list(struct sh_context *c)
{
    size_t length, count = 0;
    for (size_t i = 0; i < c->boot->module_count; i++) {
        const struct mb2_module *m = &c->boot->modules[i];
        const char *name = name_of(m, &length);
        if (length > 0)
            lab_print(&c->text, "  program %-16.*s %8ju bytes\n", (int)length, name, (uintmax_t)(m->end - m->start));
        count += length > 0;
    }
    lab_print(&c->text, count > 0 ? "Options are those of run: alloc=, run=, seed=, heap=, vm=, pages=, harden=.\n"
                                  : "No programs in this boot.\n");
}

/* ---- on what ---- */

static bool refuse(struct sh_context *c, const char *message)
{
    sh_error(c, SH_BAD_INPUT, "program", message);
    return false;
}

static bool is_for_kernel(const struct lab_run_spec *run)
{
    return run->kind == LAB_RUN_SELFTEST || run->kind == LAB_RUN_TOUR || run->trace_count > 1;
}

/* What the kernel command line chose for its own run, and the line does not repeat, is no choice of a program's. */
static void drop_inherited(const struct options *boot, struct options *o)
{
    options_drop_comparison(o, boot);
    bool is_inherited = o->run.text == boot->run.text;
    if (o->run.kind == LAB_RUN_NONE ||
        (is_inherited && (is_for_kernel(&o->run) || o->run.kind == LAB_RUN_SCENARIO))) /* a lecture begins with one */
        lab_parse_run(default_run, sizeof default_run - 1, &o->run, NULL);
}

static bool options_suit(struct sh_context *c, const struct options *o)
{
    if (o->is_comparison)
        return refuse(c, "a program has one allocator: alloc=, not compare=");
    if (o->harden == 0)
        return refuse(
            c, "harden=0: the kernel gives blocks to programs from harden=1 on, as it must not believe their numbers");
    if (o->heap_limit > HEAP_MAX)
        return refuse(c, "heap=: a program's heap takes at most 64M");
    if (o->check_every != c->options.check_every || o->sample_every != c->options.sample_every)
        return refuse(c, "check= and sample= are for the kernel's own runs");
    if (o->fail.where != INJECTION_NONE)
        return refuse(c, "fail= belongs to the kernel command line where programs are run");
    if (is_for_kernel(&o->run))
        return refuse(c, "a program takes one run=: a workload, a scenario, or one trace");
    return true;
}

static void keep(char *room, size_t bytes, const char *text, size_t length)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, room, bytes);
    lab_print(&sink, "%.*s", (int)length, text);
}

static bool prepare(struct sh_context *c, const char *words, struct job *job)
{
    const struct options *given = experiment_options(c, "program", words);
    if (!given)
        return false;
    job->options = *given;
    drop_inherited(&c->options, &job->options);
    if (!options_suit(c, &job->options))
        return false;
    const struct lab_alloc_spec *alloc = &job->options.allocs[0];
    const struct lab_run_spec *run = &job->options.run;
    keep(job->alloc, sizeof job->alloc, alloc->text, alloc->text_length);
    keep(job->run, sizeof job->run, run->text, run->text_length);
    return experiment_program(c, &job->options, &job->ops);
}

/* ---- what it says ---- */

struct speaker {
    const struct lab_sink *out;
    const char *name;
    bool is_inside_line;
};

/* Behind its name on each line, so that nothing it says can pass for something else; what no terminal should get is a `?`. */
static void speak(void *context, const char *text, size_t bytes)
{
    struct speaker *s = context;
    for (size_t i = 0; i < bytes; i++) {
        const char byte = text[i];
        if (!s->is_inside_line)
            lab_print(s->out, "%s: ", s->name);
        s->is_inside_line = byte != '\n';
        lab_print(s->out, "%c", byte == '\n' || (byte >= ' ' && byte <= '~') ? byte : '?');
    }
}

/* ---- one run ---- */

static struct user_request request_of(struct sh_context *c, const struct job *job, struct speaker *speaker)
{
    const struct lab_alloc_spec *alloc = &job->options.allocs[0];
    size_t limit = job->ops.heap_limit ? job->ops.heap_limit : job->options.heap_limit;
    struct user_request r = {
        .input = job->ops.ops,
        .input_bytes = job->ops.count * sizeof *job->ops.ops,
        .policy = alloc->policy,
        .backing = job->options.vm,
        .is_large = job->options.has_large_pages,
        .slowdown = c->world.lab.clock_shift,
        .write = speak,
        .write_context = speaker,
        .vm_clock = c->world.lab.vm_clock,
        .vm_clock_context = c->world.lab.context,
        .arguments = {.grain = alloc->grain,
                      .harden = job->options.harden,
                      .heap_limit = limit / HEAP_ALIGN * HEAP_ALIGN,
                      .slots = job->ops.slots},
    };
    memcpy(r.arguments.options, alloc->options, sizeof r.arguments.options);
    keep(r.arguments.allocator, sizeof r.arguments.allocator, alloc->policy->name, strlen(alloc->policy->name));
    return r;
}

_Static_assert((int)USER_OPTIONS == (int)HEAP_OPTIONS_MAX, "a program gets all options of its allocator");

/* An error line if it cannot be loaded. */
static bool load(struct sh_context *c, struct program_run *run, const struct user_request *request)
{
    char message[SH_MESSAGE_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    enum elf_status why;
    switch (user_load(&run->program, c->world.space, request, &why)) {
    case USER_OK:
        return true;
    case USER_BAD_FILE:
        lab_print(&sink, "program %s: %s", run->name, elf_status_text(why));
        sh_error(c, SH_BAD_INPUT, run->name, message);
        return false;
    default:
        lab_print(&sink, "too little memory for program %s: give the machine more", run->name);
        sh_error(c, SH_MACHINE, run->name, message);
        return false;
    }
}

/* Loads and runs it; false after an error line that says why not. What the program did wrong is told too. */
static bool run_loaded(struct sh_context *c, struct program_run *run, struct user_request *request)
{
    struct speaker *speaker = request->write_context;
    const struct pmm *pmm = c->world.space->paging->pmm;
    const size_t free_before = pmm->free;
    if (!load(c, run, request))
        return false;
    user_run(&run->program);
    if (speaker->is_inside_line)
        lab_print(&c->text, "\n");
    programs_tell_end(c, run);
    user_unload(&run->program);
    run->frames_leaked = (int64_t)free_before - (int64_t)pmm->free;
    programs_record(c, run);
    if (run->frames_leaked != 0)
        sh_error(c, SH_FAILED, run->name, "a program's page frames did not all come back");
    return true;
}

static bool run_named(struct sh_context *c, struct program_run *run, const struct job *job)
{
    struct speaker speaker = {.out = &c->text, .name = run->name};
    struct modules_mapped file;
    const struct mb2_module *module = find(c->boot, run->name);
    if (!module)
        return refuse(c, "no such program in this boot; `program` lists them");
    if (!c->timer->await_tick()) {
        sh_error(c, SH_MACHINE, "program",
                 "no timer tick comes, and without one a program that does not end cannot be stopped");
        return false;
    }
    if (!modules_map(c->world.space, module, &file)) {
        sh_error(c, SH_MACHINE, run->name, "too little memory to map a module: give the machine more");
        return false;
    }
    struct user_request request = request_of(c, job, &speaker);
    request.file = file.text;
    request.file_bytes = file.length;
    keep(request.arguments.word, sizeof request.arguments.word, run->word, strlen(run->word));
    run->alloc = job->alloc;
    run->run = job->run;
    run->options = &job->options;
    run->ops = job->ops.count;
    bool has_run = run_loaded(c, run, &request);
    modules_unmap(&file);
    return has_run;
}

/* ---- for self-tests ---- */

static void say_nothing(void *context, const char *text, size_t bytes)
{
    (void)context, (void)text, (void)bytes;
}

static const char trial_run[] = "churn:ops=16:live=5:size=100-3000:resize=200";

static bool try_loaded(struct sh_context *c, struct user_program *p, struct user_request *request)
{
    enum elf_status why;
    request->backing = VMM_IMMEDIATE; /* a page fault of the kernel's that finds no frame is a panic, as it must be */
    request->write = say_nothing;
    if (user_load(p, c->world.space, request, &why) != USER_OK)
        return false;
    user_run(p);
    user_unload(p);
    return p->end == USER_EXITED && p->status == 0 && p->result.done == request->input_bytes / sizeof(struct lab_op) &&
           p->result.refused == 0;
}

enum programs_trial programs_try(struct sh_context *c, const char *name)
{
    static struct job job;
    static struct user_program program;
    struct modules_mapped file;
    enum programs_trial trial = PROGRAMS_REFUSED;
    const struct mb2_module *module = find(c->boot, name);
    size_t mark = c->arena.used;
    if (!module)
        return PROGRAMS_NONE;
    options_default(&job.options);
    lab_parse_run(trial_run, sizeof trial_run - 1, &job.options.run, NULL);
    job.options.run.values.seed = 1;
    if (job.options.run.workload->make(&job.options.run.values, &c->arena, &job.ops) &&
        modules_map(c->world.space, module, &file)) {
        struct user_request request = request_of(c, &job, NULL);
        request.file = file.text;
        request.file_bytes = file.length;
        trial = try_loaded(c, &program, &request) ? PROGRAMS_WELL : PROGRAMS_REFUSED;
        modules_unmap(&file);
    }
    lab_arena_release(&c->arena, mark);
    return trial;
}

/* ---- commands ---- */

/* The next word of a line into `room`, unless it is an option; the rest of the line. NULL: too long. */
static const char *take_word(const char *line, char *room, size_t bytes)
{
    size_t length = 0;
    bool is_option = false;
    while (*line == ' ')
        line++;
    for (; line[length] && line[length] != ' '; length++)
        is_option = is_option || line[length] == '=';
    *room = '\0';
    if (is_option)
        return line;
    if (length >= bytes)
        return NULL;
    keep(room, bytes, line, length);
    return line + length;
}

static void tell_job(struct sh_context *c, const struct job *job)
{
    char text[27];
    lab_print(&c->text, "%s operations of %s, allocator %s\n", lab_grouped(job->ops.count, text), job->run, job->alloc);
}

void programs_run(struct sh_context *c, const char *arguments)
{
    static struct program_run run;
    static char name[USER_WORD_MAX], word[USER_WORD_MAX];
    static struct job job;
    const struct program_run *const column = &run;
    size_t mark = c->arena.used;
    const char *rest = take_word(arguments, name, sizeof name);
    rest = rest ? take_word(rest, word, sizeof word) : NULL;
    run = (struct program_run){.name = name, .word = word};
    if (!rest)
        refuse(c, "a name or a word of more than 31 characters");
    else if (!*name)
        list(c);
    else if (prepare(c, rest, &job) && run_named(c, &run, &job) && run.program.result.done > 0) {
        tell_job(c, &job);
        programs_tell_figures(c, &column, 1);
    }
    lab_arena_release(&c->arena, mark);
}

void programs_compare(struct sh_context *c, const char *arguments)
{
    static struct program_run own, kernels;
    static struct job job;
    const struct program_run *const columns[] = {&own, &kernels};
    size_t mark = c->arena.used;
    own = (struct program_run){.name = "own-heap", .word = ""};
    kernels = (struct program_run){.name = "kernel-heap", .word = ""};
    if (prepare(c, arguments, &job) && run_named(c, &own, &job) && run_named(c, &kernels, &job)) {
        tell_job(c, &job);
        programs_tell_figures(c, columns, 2);
        if (own.program.result.placement != kernels.program.result.placement)
            sh_error(c, SH_FAILED, "placement", "the same allocator placed the same operations in two ways");
    }
    lab_arena_release(&c->arena, mark);
}
