/* Exceptions on purpose, as a broken kernel would raise them: for `crash` and for tests. */
#ifndef ARCH_RAISE_H
#define ARCH_RAISE_H

#include <arch/types.h>

void arch_raise_divide(void);     /* divides by zero */
void arch_raise_undefined(void);  /* runs an instruction that is none */
void arch_raise_protection(void); /* loads a segment selector beyond the table */
void arch_raise_breakpoint(void); /* a breakpoint without a debugger */
void arch_raise_nmi(void);        /* the vector of the non-maskable interrupt, by an instruction */

/* A fault with a stack pointer that leaves the processor nowhere to report it. */
void arch_raise_double_fault(void);

/* Runs the code at this address: a data address faults where the processor has a no-execute bit. */
void arch_run_code(vaddr_t address);

#endif
