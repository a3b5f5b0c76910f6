/* Processor exceptions, told in terms that hold for both widths. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCH_TRAP_REGISTERS 16

/* Exceptions whose error code a report can decode further. */
enum { ARCH_TRAP_DOUBLE_FAULT = 8, ARCH_TRAP_PAGE_FAULT = 14 };

/* What happened, for a report. */
struct arch_trap {
    unsigned vector;   /* 0 .. 47 */
    const char *name;  /* "page fault", "divide error" ... */
    uintptr_t error;   /* the processor's error code, 0 where it pushes none */
    bool has_selector; /* the error code names an entry of a descriptor table */
    uintptr_t ip, sp, flags, frame_pointer;
    bool has_address;  /* page fault, or a double fault that came of one */
    uintptr_t address; /* then: the address touched */
    unsigned register_count;
    const char *register_name[ARCH_TRAP_REGISTERS];
    uintptr_t register_value[ARCH_TRAP_REGISTERS];
};

/* A page fault's error code, decoded. */
struct arch_access {
    bool present; /* the page was mapped: a rights violation */
    bool write, user, fetch;
    bool reserved; /* a reserved bit was set in an entry */
};

/* The error code of a page fault, decoded. */
struct arch_access arch_access_of(uintptr_t error);

/* For stack traces, about an exception at `ip` in the function that begins at `function`: whether the caller's return
 * address is not to be found by the frame pointer yet, because the function has not saved and set its own. Then it
 * lies *slot bytes above the stack pointer. */
bool arch_caller_slot(const unsigned char *function, const unsigned char *ip, size_t *slot);

/* How many exceptions and interrupts are under way: counted up at the entry of each, down at its end. No heap may be called
 * while it is above 0. */
extern volatile unsigned arch_trap_depth;

/* Provided by the kernel: tries to resolve a page fault; true: go on where it happened. Runs with interrupts off and
 * must not use any heap. `entered` is arch_cycles() at the first instruction after entry. */
bool kernel_page_fault(uintptr_t address, const struct arch_access *access, uint64_t entered);

/* Provided by the kernel: every other exception, and page faults that were not resolved. */
_Noreturn void kernel_trap(const struct arch_trap *trap);

/* Provided by the kernel: a run hangs; `trap` is where the timer's interrupt found the processor. Called from its handler. */
_Noreturn void kernel_hang(const struct arch_trap *trap);
#endif
