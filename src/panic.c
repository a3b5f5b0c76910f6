/* Panic: every exception that was not resolved and every failed assertion ends here. Uses no heap, and no memory but
 * its own.
 *
 * The report is a series of stages. What they read may be damaged, so a stage can fail itself: that panic inside the
 * panic is said in one line, and the report goes on with the stage behind it. So it always ends, with the record of
 * the first panic and the panic's status. A record is written as a whole or not at all.
 */
#include "panic.h"

#include <alloc/heap_ops.h>
#include <arch/cpu.h>
#include <arch/image.h>
#include <arch/irq.h>
#include <arch/trap.h>
#include <console/console.h>
#include <lab/json.h>
#include <lib/assert.h>
#include <lib/ubsan.h>
#include <shell/current.h>

#include "fault_text.h"
#include "memory.h"
#include "trace.h"

enum { STATUS_PANIC = 3, STATUS_HANG = 6, MESSAGE_MAX = 200 };

static struct {
    bool is_under_way;
    const char *class; /* of the record */
    char message[MESSAGE_MAX], second[MESSAGE_MAX];
    bool has_trap;
    struct arch_trap trap; /* if it was an exception */
    struct trace_start start;
    struct trace trace;
    size_t stage;  /* the next one */
    size_t nested; /* panics inside this one */
    unsigned status;
} panic = {.status = STATUS_PANIC};

static const struct lab_sink *record_sink;

static void write_console(void *context, const char *text, size_t length)
{
    (void)context;
    con_write(text, length);
}

static const struct lab_sink console_sink = {.write = write_console};

void panic_set_records(const struct lab_sink *records)
{
    record_sink = records;
}

_Noreturn void leave(const struct lab_sink *records, unsigned status)
{
    struct lab_json j;
    if (records) {
        lab_json_begin(&j, records, "end");
        lab_json_number(&j, "exit", status);
        if (memory.space.paging)
            lab_json_number(&j, "frames_free", memory.pmm.free);
        lab_json_end(&j);
    }
    arch_exit(status);
    arch_halt();
}

/* ---- the stages ---- */

static void print_message(void)
{
    if (panic.has_trap && panic.status == STATUS_PANIC) {
        struct lab_buffer buffer;
        struct lab_sink sink = lab_buffer_sink(&buffer, panic.message, sizeof panic.message);
        fault_text_message(&sink, &panic.trap);
    }
    lab_print(&console_sink, "\nkfit: %s: %s\n\n", panic.status == STATUS_HANG ? "hang" : "panic", panic.message);
}

static void print_exception(void)
{
    const struct arch_trap *trap = &panic.trap;
    if (!panic.has_trap)
        return;
    if (panic.status == STATUS_PANIC) {
        lab_print(&console_sink, "  exception  vector %u, %s; error code 0x%jx", trap->vector, trap->name,
                  (uintmax_t)trap->error);
        lab_print(&console_sink, trap->vector == ARCH_TRAP_PAGE_FAULT || trap->has_selector ? ": " : "");
        fault_text_error(&console_sink, trap);
        lab_print(&console_sink, "\n");
    }
    lab_print(&console_sink, "  at         %p, stack %p, flags 0x%jx\n", (void *)trap->ip, (void *)trap->sp,
              (uintmax_t)trap->flags);
    if (trap->has_address) {
        lab_print(&console_sink, "  address    %p: ", (void *)trap->address);
        fault_text_address(&console_sink, trap->address);
        lab_print(&console_sink, "\n");
    }
    if (trap->vector == ARCH_TRAP_PAGE_FAULT && memory.space.paging && !memory_faults.is_handling)
        lab_print(&console_sink, "  verdict    %s\n", fault_verdict_text(memory_faults.verdict));
    if (memory_faults.is_handling)
        lab_print(&console_sink, "  inside     the page-fault handler\n");
}

static void print_registers(void)
{
    const struct arch_trap *trap = &panic.trap;
    for (unsigned i = 0; panic.has_trap && i < trap->register_count; i++)
        lab_print(&console_sink, "%s  %3s %0*jx", i % 4 ? "" : "\n", trap->register_name[i],
                  (int)(2 * sizeof(uintptr_t)), (uintmax_t)trap->register_value[i]);
    lab_print(&console_sink, panic.has_trap ? "\n\n" : "");
}

static void print_trace(void)
{
    trace_take(&panic.trace, &panic.start);
    lab_print(&console_sink, "  stack trace, the innermost function first\n");
    for (size_t i = 0; i < panic.trace.count; i++) {
        const struct backtrace_step *step = &panic.trace.step[i];
        lab_print(&console_sink, "    ");
        if (trace_is_exception(step->address))
            lab_print(&console_sink, "-- exception --");
        else
            trace_print_place(&console_sink, step->address, panic.trace.is_return[i]);
        if (step->times > 1)
            lab_print(&console_sink, "  (%zu times)", step->times);
        lab_print(&console_sink, "\n");
    }
    lab_print(&console_sink, "\n");
}

/* A policy's table lies among the constants: any other pointer is not followed. */
static const char *policy_name(const struct heap_ops *ops)
{
    const unsigned char *at = (const unsigned char *)ops;
    return at >= image_rodata && at < image_data ? ops->name : "unknown allocator";
}

/* Fields as they stand: the heap may be damaged, so nothing is walked. */
static void print_heap(void)
{
    const struct heap *h = kfit_current_heap;
    char text[2][27];
    if (!h) {
        lab_print(&console_sink, "  heap       none: no run is under way\n");
        return;
    }
    lab_print(&console_sink, "  heap       %s, operation %ju, blocks live: %zu\n", policy_name(h->ops),
              (uintmax_t)h->counters.operations, h->counters.live);
    lab_print(&console_sink, "             %s of %s bytes committed at %p\n", lab_grouped(h->committed, text[0]),
              lab_grouped(h->reserved, text[1]), (const void *)h->base);
}

static void print_frames(void)
{
    const struct pmm *pmm = &memory.pmm;
    char text[4][27];
    if (memory.space.paging)
        lab_print(&console_sink, "  frames     %s of %s free, %s set aside, %s hold page tables\n",
                  lab_grouped(pmm->free, text[0]), lab_grouped(pmm->total, text[1]),
                  lab_grouped(pmm->reserved, text[2]), lab_grouped(memory.paging.pt.tables, text[3]));
}

static void fill_record(const struct lab_sink *sink)
{
    const struct arch_trap *trap = &panic.trap;
    struct lab_json j;
    lab_json_begin(&j, sink, "panic");
    lab_json_text(&j, "class", panic.class);
    lab_json_text(&j, "message", panic.message);
    lab_json_number(&j, "vector", trap->vector);
    lab_json_number(&j, "error", trap->error);
    lab_json_number(&j, "address", trap->has_address ? trap->address : 0);
    lab_json_number(&j, "ip", panic.start.ip);
    lab_json_text(&j, "symbol", trace_symbol(&panic.trace));
    lab_json_open_array(&j, "trace");
    for (size_t i = 0; i < panic.trace.count; i++)
        lab_json_text(&j, NULL, trace_function(panic.trace.step[i].address, panic.trace.is_return[i]));
    lab_json_close_array(&j);
    if (panic.nested > 0)
        lab_json_text(&j, "second", panic.second);
    lab_json_end(&j);
}

static void write_record(void)
{
    static char text[LAB_RECORD_MAX + 1];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    if (!record_sink)
        return;
    fill_record(&sink);
    record_sink->write(record_sink->context, text, buffer.length);
}

static void end(void)
{
    leave(record_sink, panic.status);
}

static void (*const stages[])(void) = {print_message, print_exception, print_registers, print_trace,
                                       print_heap,    print_frames,    write_record,    end};

enum { STAGES = sizeof stages / sizeof *stages };

/* ---- the flow ---- */

static _Noreturn void leave_silently(void)
{
    arch_exit(panic.status);
    arch_halt();
}

/* First of all in every panic: counts those inside another. When each stage may have failed once, nothing is said any
 * more. */
static void enter(void)
{
    arch_irq_disable();
    if (panic.is_under_way && ++panic.nested > STAGES)
        leave_silently();
}

static _Noreturn void report(void)
{
    while (panic.stage < STAGES)
        stages[panic.stage++]();
    leave_silently();
}

/* The first panic fills the report; one inside it is noted, and the report goes on. `trap` may be NULL; `message` may
 * be panic.second itself. */
static _Noreturn void begin(const char *class, const char *message, const struct arch_trap *trap,
                            const struct trace_start *start)
{
    struct lab_buffer buffer;
    if (panic.is_under_way) {
        lab_print(&console_sink, "\nkfit: panic inside the panic: %s\n", message);
        report();
    }
    panic.is_under_way = true;
    panic.class = class;
    panic.start = *start;
    if (trap)
        panic.trap = *trap;
    panic.has_trap = trap != NULL;
    struct lab_sink sink = lab_buffer_sink(&buffer, panic.message, sizeof panic.message);
    lab_print(&sink, "%s", message);
    report();
}

_Noreturn void kernel_trap(const struct arch_trap *trap)
{
    struct trace_start start = {.ip = trap->ip, .sp = trap->sp, .frame_pointer = trap->frame_pointer};
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, panic.second, sizeof panic.second);
    enter();
    if (panic.is_under_way)
        fault_text_message(&sink, trap);
    begin("exception", panic.is_under_way ? panic.second : trap->name, trap, &start);
}

/* The caller of the function that this stands in: who called it, and that one's frame. */
#define CALLER                                                                             \
    ((struct trace_start){.ip = (uintptr_t)__builtin_return_address(0),                    \
                          .frame_pointer = *(const uintptr_t *)__builtin_frame_address(0), \
                          .is_return = true})

static const char *assertion_text(const char *whose, const char *expression, const char *file, int line)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, panic.second, sizeof panic.second);
    lab_print(&sink, "%sassertion failed: %s, %s:%d", whose, expression, file, line);
    return panic.second;
}

_Noreturn void assertion_failed(const char *expression, const char *file, int line)
{
    struct trace_start start = CALLER;
    enter();
    begin("assertion", assertion_text("", expression, file, line), NULL, &start);
}

/* Of alloc/ and lab/. */
_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line)
{
    struct trace_start start = CALLER;
    enter();
    begin("assertion", assertion_text("engine: ", expression, file, line), NULL, &start);
}

_Noreturn void fault_at(const char *room, const char *what, uint64_t where)
{
    struct trace_start start = CALLER;
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, panic.second, sizeof panic.second);
    enter();
    lab_print(&sink, "%s: %s 0x%jx", room, what, (uintmax_t)where);
    begin("misuse", panic.second, NULL, &start);
}

_Noreturn void ubsan_found(const struct ubsan_finding *finding)
{
    struct trace_start start = {.ip = finding->ip, .frame_pointer = finding->frame_pointer, .is_return = true};
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, panic.second, sizeof panic.second);
    enter();
    lab_print(&sink, "undefined behaviour: %s, %s:%u", finding->kind, finding->file, (unsigned)finding->line);
    begin("undefined", panic.second, NULL, &start);
}

_Noreturn void kernel_hang(const struct arch_trap *trap)
{
    struct trace_start start = {.ip = trap->ip, .sp = trap->sp, .frame_pointer = trap->frame_pointer};
    enter();
    if (!panic.is_under_way)
        panic.status = STATUS_HANG;
    begin("hang", "the run makes no progress", trap, &start);
}
