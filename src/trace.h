/* Stack traces of the running kernel, with the names of its functions. Uses no heap, never faults; any context. */
#ifndef TRACE_H
#define TRACE_H

#include <lab/text.h>
#include <lib/backtrace.h>

/* Where a trace begins. */
struct trace_start {
    uintptr_t ip, frame_pointer;
    bool is_return; /* ip is a return address: the call stands before it. Else an exception's, and sp counts */
    uintptr_t sp;
};

struct trace {
    struct backtrace_step step[BACKTRACE_MAX];
    bool is_return[BACKTRACE_MAX];
    size_t count;
};

/* Innermost first; the first is where it begins. */
void trace_take(struct trace *trace, const struct trace_start *start);

/* "function+0x12", or the bare address where no function of the kernel lies. */
void trace_print_place(const struct lab_sink *sink, uintptr_t address, bool is_return);

/* The function's name alone, "" where there is none. */
const char *trace_function(uintptr_t address, bool is_return);

/* The innermost function of the kernel in the trace: where it begins, unless that was a jump to nowhere. */
const char *trace_symbol(const struct trace *trace);

/* Whether the exception itself stands between this address and the next of the trace. */
bool trace_is_exception(uintptr_t address);

#endif
