/* What came of programs: how they ended, what they asked of the kernel, and what it cost. */
#include "programs_report.h"

#include <arch/cpu.h>
#include <lab/json.h>
#include <lib/string.h>

#include "place.h"

/* ---- how it ended ---- */

static const char *const end_words[] = {
    [USER_RUNS] = "none", [USER_EXITED] = "exit", [USER_FAULTED] = "fault", [USER_OUT_OF_TIME] = "time"};

static void print_page_fault(struct sh_context *c, const struct lab_sink *sink, struct user_program *p)
{
    const struct arch_trap *trap = &p->trap;
    const struct arch_access access = arch_access_of(trap->error);
    bool is_fetch = access.fetch || (trap->ip == trap->address && !access.write); /* not all processors tell */
    const char *what = is_fetch ? "execution at" : access.write ? "write to" : "read of";
    lab_print(sink, ": %s 0x%jx (", what, (uintmax_t)trap->address);
    place_print(sink, trap->address <= p->paging.pt.last ? &p->space : c->world.space, trap->address);
    lab_print(sink, "): %s", fault_verdict_text(p->verdict));
}

static void print_fault(struct sh_context *c, const struct lab_sink *sink, struct user_program *p)
{
    enum { OF_GATES = 2 }; /* in an error code that names a selector: an entry of the interrupt table */
    const struct arch_trap *trap = &p->trap;
    lab_print(sink, "%s at 0x%jx", trap->name, (uintmax_t)trap->ip);
    if (trap->vector == ARCH_TRAP_PAGE_FAULT)
        print_page_fault(c, sink, p);
    else if (trap->has_selector && trap->error & OF_GATES)
        lab_print(sink, ": that interrupt is not for programs");
}

void programs_tell_end(struct sh_context *c, struct program_run *run)
{
    struct user_program *p = &run->program;
    char message[SH_MESSAGE_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    if (p->end == USER_EXITED && p->status == 0) {
        if (p->result.done == 0) /* else its figures speak for it */
            lab_print(&c->text, "Program %s ended well.\n", run->name);
        return;
    }
    lab_print(&sink, "program %s: ", run->name);
    if (p->end == USER_EXITED)
        lab_print(&sink, "it ended with status %ju", (uintmax_t)p->status);
    else if (p->end == USER_OUT_OF_TIME)
        lab_print(&sink, "no end within %d seconds, stopped", USER_SECONDS);
    else
        print_fault(c, &sink, p);
    sh_error(c, SH_FAILED, run->name, message);
}

/* ---- figures ---- */

static uint64_t calls_from_to(const struct user_program *p, enum user_call_number first, enum user_call_number last)
{
    uint64_t sum = 0;
    for (unsigned i = first; i <= (unsigned)last; i++)
        sum += p->count.calls[i];
    return sum;
}

static uint64_t calls_of_all(const struct user_program *p)
{
    return calls_from_to(p, 0, USER_CALLS - 1) + p->count.unknown;
}

static uint64_t calls_for_blocks(const struct user_program *p)
{
    return calls_from_to(p, USER_BLOCK_ALLOC, USER_BLOCK_RESIZE);
}

static uint64_t calls_to_copy(const struct user_program *p)
{
    return calls_from_to(p, USER_PUT, USER_GET);
}

/* What a run is asked for a line of the table. */
typedef uint64_t figure_fn(const struct program_run *run);

static uint64_t fig_ops(const struct program_run *run)
{
    return run->program.result.done;
}

static uint64_t fig_refused(const struct program_run *run)
{
    return run->program.result.refused;
}

static uint64_t fig_calls(const struct program_run *run)
{
    return calls_of_all(&run->program);
}

static uint64_t fig_pages(const struct program_run *run)
{
    return run->program.count.calls[USER_PAGES];
}

static uint64_t fig_blocks(const struct program_run *run)
{
    return calls_for_blocks(&run->program);
}

static uint64_t fig_copies(const struct program_run *run)
{
    return calls_to_copy(&run->program);
}

static uint64_t fig_other(const struct program_run *run)
{
    const struct user_program *p = &run->program;
    return calls_of_all(p) - p->count.calls[USER_PAGES] - calls_for_blocks(p) - calls_to_copy(p);
}

static uint64_t fig_in(const struct program_run *run)
{
    return run->program.count.bytes_in;
}

static uint64_t fig_out(const struct program_run *run)
{
    return run->program.count.bytes_out;
}

static uint64_t fig_faults(const struct program_run *run)
{
    return run->program.count.faults;
}

static uint64_t fig_frames(const struct program_run *run)
{
    return run->program.frames;
}

static uint64_t fig_all(const struct program_run *run)
{
    return run->program.cycles.all;
}

static uint64_t fig_in_calls(const struct program_run *run)
{
    return run->program.cycles.calls;
}

static uint64_t fig_in_faults(const struct program_run *run)
{
    return run->program.cycles.vm;
}

static uint64_t fig_in_program(const struct program_run *run)
{
    const struct user_cycles *cycles = &run->program.cycles;
    return cycles->all - cycles->calls - cycles->vm;
}

static uint64_t fig_each(const struct program_run *run)
{
    return run->program.result.done ? run->program.cycles.all / run->program.result.done : 0;
}

static uint64_t fig_call(const struct program_run *run)
{
    return run->program.cycles.call;
}

static const struct line {
    const char *text, *key; /* in the table; in the record */
    figure_fn *figure;
    bool is_cost; /* in cycles of the processor's counter */
} lines[] = {
    {"operations", "done", fig_ops, false},
    {"requests refused", "refused", fig_refused, false},
    {"system calls", "calls", fig_calls, false},
    {"  for pages", "calls_pages", fig_pages, false},
    {"  for blocks", "calls_blocks", fig_blocks, false},
    {"  to copy into and out of blocks", "calls_copies", fig_copies, false},
    {"  others", "calls_others", fig_other, false},
    {"bytes copied into the kernel", "bytes_in", fig_in, false},
    {"bytes copied out of it", "bytes_out", fig_out, false},
    {"page faults", "faults", fig_faults, false},
    {"page frames at the end", "frames", fig_frames, false},
    {"cost", "cost", fig_all, true},
    {"  in the program", "cost_program", fig_in_program, true},
    {"  in system calls", "cost_calls", fig_in_calls, true},
    {"  in page faults", "cost_faults", fig_in_faults, true},
    {"cost of an operation", "cost_each", fig_each, true},
    {"cost of a call that does nothing", "cost_call", fig_call, true},
};

enum { LINES = sizeof lines / sizeof *lines };

static uint64_t value_of(const struct sh_context *c, const struct line *line, const struct program_run *run)
{
    uint64_t value = line->figure(run);
    return line->is_cost ? value >> c->world.lab.clock_shift : value;
}

void programs_tell_figures(struct sh_context *c, const struct program_run *const *runs, size_t count)
{
    const struct lab_sink *out = &c->text;
    char text[27];
    lab_print(out, "%-34s", "");
    for (size_t i = 0; i < count; i++)
        lab_print(out, "  %16s", runs[i]->name);
    lab_print(out, "\n%-34s", "placement");
    for (size_t i = 0; i < count; i++)
        lab_print(out, "  %016jx", (uintmax_t)runs[i]->program.result.placement);
    lab_print(out, "\n");
    for (size_t l = 0; l < LINES; l++) {
        lab_print(out, "%-34s", lines[l].text);
        for (size_t i = 0; i < count; i++)
            lab_print(out, "  %16s", lab_grouped(value_of(c, &lines[l], runs[i]), text));
        lab_print(out, "\n");
    }
    lab_print(out, "Costs are %s of the processor; what the console took is left out.\n", c->world.lab.clock_unit);
}

static void record_end(struct lab_json *j, const struct user_program *p)
{
    const struct arch_trap *trap = &p->trap;
    lab_json_text(j, "end", end_words[p->end]);
    if (p->end == USER_EXITED)
        lab_json_number(j, "status", p->status);
    if (p->end != USER_FAULTED)
        return;
    lab_json_text(j, "exception", trap->name);
    lab_json_number(j, "vector", trap->vector);
    lab_json_number(j, "error", trap->error);
    lab_json_number(j, "ip", trap->ip);
    if (trap->has_address)
        lab_json_number(j, "address", trap->address);
}

void programs_record(struct sh_context *c, const struct program_run *run)
{
    const struct user_program *p = &run->program;
    const char *policy = run->options->allocs[0].policy->name;
    const char *options = run->alloc + strlen(policy); /* behind the name and its colon */
    char digits[17];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, digits, sizeof digits);
    struct lab_json j;
    lab_print(&sink, "%016jx", (uintmax_t)p->result.placement);
    options += *options == ':';
    lab_json_begin(&j, &c->records, "program");
    lab_json_text(&j, "name", run->name);
    lab_json_text(&j, "word", run->word);
    lab_json_text(&j, "alloc", policy);
    lab_json_long_text(&j, "options", options, strlen(options), 640);
    lab_json_long_text(&j, "run", run->run, strlen(run->run), 640);
    lab_json_number(&j, "seed", run->options->seed);
    lab_json_text(&j, "arch", arch_name);
    lab_json_text(&j, "vm", vmm_backing_text(run->options->vm));
    lab_json_number(&j, "harden", run->options->harden);
    record_end(&j, p);
    lab_json_number(&j, "ops", run->ops);
    lab_json_number(&j, "damaged", p->result.damaged);
    lab_json_text(&j, "placement", p->has_result ? digits : "");
    for (size_t l = 0; l < LINES; l++)
        lab_json_number(&j, lines[l].key, value_of(c, &lines[l], run));
    lab_json_text(&j, "unit", c->world.lab.clock_unit);
    lab_json_signed(&j, "frames_leaked", run->frames_leaked);
    lab_json_end(&j);
}
