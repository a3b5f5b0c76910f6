/* An exception in words. Reads the tables of stacks and regions and nothing else. */
#include "fault_text.h"

#include <shell/place.h>

#include "memory.h"
#include "trace.h"

/* Bits of a page fault's error code (Intel SDM volume 3, section 4.7) and of one that names a selector (section
 * 6.13). */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };
enum { SELECTOR_EXTERNAL = 1, SELECTOR_IDT = 2, SELECTOR_LDT = 4 };

void fault_text_address(const struct lab_sink *sink, uintptr_t address)
{
    place_print(sink, memory.space.paging ? &memory.space : NULL, address);
}

/* ---- the error code ---- */

static void print_page_fault(const struct lab_sink *sink, uintptr_t error)
{
    lab_print(sink, "%s, %s%s, %s mode",
              error & PF_FETCH   ? "execution"
              : error & PF_WRITE ? "write"
                                 : "read",
              error & PF_PRESENT ? "not permitted" : "not mapped",
              error & PF_RESERVED ? ", a reserved bit set in the tables" : "", error & PF_USER ? "user" : "kernel");
}

static void print_selector(const struct lab_sink *sink, uintptr_t error)
{
    uintptr_t selector = error & 0xFFF8;
    if (error == 0)
        lab_print(sink, "no selector");
    else if (error & SELECTOR_IDT)
        lab_print(sink, "gate of vector %ju", (uintmax_t)(selector >> 3));
    else
        lab_print(sink, "selector 0x%jx of the %s", (uintmax_t)selector, error & SELECTOR_LDT ? "LDT" : "GDT");
    if (error & SELECTOR_EXTERNAL)
        lab_print(sink, ", while an exception was delivered");
}

void fault_text_error(const struct lab_sink *sink, const struct arch_trap *trap)
{
    if (trap->vector == ARCH_TRAP_PAGE_FAULT)
        print_page_fault(sink, trap->error);
    else if (trap->has_selector)
        print_selector(sink, trap->error);
}

/* ---- the whole in one line ---- */

static void print_access(const struct lab_sink *sink, const struct arch_trap *trap)
{
    lab_print(sink, ": %s 0x%jx, %s",
              trap->error & PF_FETCH   ? "execution at"
              : trap->error & PF_WRITE ? "write to"
                                       : "read of",
              (uintmax_t)trap->address,
              memory_faults.verdict == FAULT_NO_FRAME ? "its frame refused on purpose"
              : trap->error & PF_PRESENT              ? "not permitted"
                                                      : "not mapped");
}

void fault_text_message(const struct lab_sink *sink, const struct arch_trap *trap)
{
    const char *stack = trap->has_address ? place_guarded_stack(trap->address) : NULL;
    if (stack)
        lab_print(sink, "%s overflow (%s)", stack, trap->name);
    else
        lab_print(sink, "%s", trap->name);
    if (*trace_function(trap->ip, false)) {
        lab_print(sink, " in ");
        trace_print_place(sink, trap->ip, false);
    }
    if (trap->vector == ARCH_TRAP_PAGE_FAULT)
        print_access(sink, trap);
}
