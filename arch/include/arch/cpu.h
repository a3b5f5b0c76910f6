/* The processor: start, stop, count. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* "x86_64" or "i386": the word on kfit's command line and in the records. */
extern const char arch_name[];

/* Called by the entry code on the kernel's stack, in the upper half. Sets up segments and traps, then calls kernel_main. */
_Noreturn void arch_start(void);

/* The kernel proper; provided by src/. */
_Noreturn void kernel_main(void);

/* A counter that rises by one for each cycle, or under an emulator's instruction counting by 2^N for each instruction.
 * Serialised against the instructions around it only as far as an in-order count needs. */
uint64_t arch_cycles(void);

/* Leaves the emulator with this status (0 .. 6) through its exit port; returns where there is none. */
void arch_exit(unsigned status);

/* Stops for good, interrupts off; non-maskable ones are let pass. */
_Noreturn void arch_halt(void);

#endif
