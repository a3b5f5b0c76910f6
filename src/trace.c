/* Stack traces of the running kernel: its stacks and its symbol table, handed to the pure parts in lib/. */
#include "trace.h"

#include <arch/image.h>
#include <arch/trap.h>
#include <lib/symbols.h>

enum { STACKS_MAX = 8 };

static size_t list_stacks(struct backtrace_stack *list)
{
    size_t count = image_stack_count < STACKS_MAX ? image_stack_count : STACKS_MAX;
    for (size_t i = 0; i < count; i++)
        list[i] =
            (struct backtrace_stack){(uintptr_t)image_stacks[i].guard + FRAME_SIZE, (uintptr_t)image_stacks[i].top};
    return count;
}

/* Call sites are looked up by a byte of the call: its return address may lie in the next function. */
static const char *find(uintptr_t address, bool is_return, uintptr_t *offset)
{
    const struct symbol_table table = {
        .base = (uintptr_t)image_text,
        .end = (uintptr_t)image_rodata,
        .symbol = image_symbols,
        .count = image_symbol_count,
        .names = image_symbol_names,
    };
    const char *name = symbol_find(&table, address - is_return, offset);
    *offset += is_return;
    return name;
}

static void add(struct trace *trace, const struct backtrace_step *step, bool is_return)
{
    if (trace->count < BACKTRACE_MAX) {
        trace->step[trace->count] = *step;
        trace->is_return[trace->count++] = is_return;
    }
}

/* The return address that no frame pointer leads to yet: of a function interrupted before it has its own frame, and
 * of a wild call, whose target is no function. */
static void add_fresh_caller(struct trace *trace, const struct backtrace_stacks *stacks,
                             const struct trace_start *start)
{
    struct backtrace_step back = {.times = 1};
    uintptr_t offset;
    size_t slot = 0;
    const unsigned char *ip = (const unsigned char *)start->ip;
    if (find(start->ip, false, &offset) && !arch_caller_slot(ip - offset, ip, &slot))
        return;
    if (backtrace_read(stacks, start->sp + slot, &back.address) && find(back.address, true, &offset))
        add(trace, &back, true);
}

void trace_take(struct trace *trace, const struct trace_start *start)
{
    struct backtrace_stack list[STACKS_MAX];
    struct backtrace_stacks stacks = {.stack = list, .count = list_stacks(list)};
    struct backtrace_step callers[BACKTRACE_MAX], first = {.address = start->ip, .times = 1};
    trace->count = 0;
    add(trace, &first, start->is_return);
    if (!start->is_return)
        add_fresh_caller(trace, &stacks, start);
    size_t count = backtrace_walk(&stacks, start->frame_pointer, callers, BACKTRACE_MAX);
    for (size_t i = 0; i < count; i++)
        add(trace, &callers[i], i == 0 || !trace_is_exception(callers[i - 1].address));
}

void trace_print_place(const struct lab_sink *sink, uintptr_t address, bool is_return)
{
    uintptr_t offset;
    const char *name = find(address, is_return, &offset);
    if (name)
        lab_print(sink, "%s+0x%jx", name, (uintmax_t)offset);
    else
        lab_print(sink, "0x%jx", (uintmax_t)address);
}

const char *trace_symbol(const struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        const char *name = trace_function(trace->step[i].address, trace->is_return[i]);
        if (*name)
            return name;
    }
    return "";
}

const char *trace_function(uintptr_t address, bool is_return)
{
    uintptr_t offset;
    const char *name = find(address, is_return, &offset);
    return name ? name : "";
}

bool trace_is_exception(uintptr_t address)
{
    return address == (uintptr_t)image_trap_return;
}
