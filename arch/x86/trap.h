/* Inside arch/: how the shared trap code and the two widths meet. */
#ifndef ARCH_X86_TRAP_H
#define ARCH_X86_TRAP_H

#include <arch/trap.h>

#include "trap_frame.h"

enum {
    TRAP_EXCEPTIONS = 32, /* vectors of the processor itself */
    TRAP_IRQ_FIRST = 32,  /* then those of the interrupt lines */
    TRAP_VECTORS = 48,
    TRAP_USER_CALL = 0x80, /* a program's system call */
    TRAP_GATES = TRAP_USER_CALL + 1,
};

/* From isr.asm: the entry of each vector. */
extern const uintptr_t trap_stubs[TRAP_VECTORS];
extern const unsigned char trap_user_stub[];

/* Called by the stubs with what they pushed; returns to where the trap happened, or not at all. */
void trap_enter(struct trap_frame *frame);

/* cpu.c: arch_halt was called. */
extern volatile bool cpu_is_stopped;

/* irq.c: an interrupt of a line, and its end: what lies between `entered` and now was not the main code's time. */
void irq_enter(const struct trap_frame *frame);
void irq_leave(uint64_t entered);

/* Fills the interrupt table and loads it, and sets the interrupt controllers up. Once, at start. */
void trap_init(void);

/* Each width: the page tables have a new root, which the double-fault stack must use too. */
void trap_root_changed(uintptr_t root);

/* ring3.c: once, at start: int 0x80 is the only way into the kernel. */
void ring3_init(void);

/* ring3.c: a system call; an exception in ring 3 that nothing has resolved; and the return from arch_user_run in place of one
 * to a ring that is stopped: 3, or 0 for none. */
extern volatile uintptr_t ring3_stopped;
void ring3_call(struct trap_frame *frame);
void ring3_fault(const struct trap_frame *frame);
_Noreturn void ring3_return(void);

/* Each width: where its task segment keeps the stack pointer for entries from ring 3, a word. */
void *ring3_stack_slot(void);

/* Each width: writes one gate; loads the table (and what its double-fault stack needs). */
void gate_set(unsigned vector, uintptr_t stub, bool is_for_users);
void gates_load(void);

/* Lets a probe that faulted go on where it says so (probe.c): true, and *frame leads there. */
bool probe_recover(struct trap_frame *frame);

/* Each width: the registers of its frame into a report. */
void trap_fill(struct arch_trap *trap, const struct trap_frame *frame);

/* Starts a report: vector, name, error code, the address a page fault touched. */
void trap_describe(struct arch_trap *trap, unsigned vector, uintptr_t error);
void trap_add_register(struct arch_trap *trap, const char *name, uintptr_t value);

#endif
