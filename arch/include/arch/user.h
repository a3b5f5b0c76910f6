/* User mode: one program at a time runs in ring 3 of the processor, in the address space in force.
 *
 *      arch_user_run ---------> program ---- int 0x80 ----> kernel_user_call ----> program, or stopped
 *                               program ---- a fault -----> kernel_page_fault, else kernel_user_fault and stopped
 *                               program ---- interrupt ---> its handler ---------> program, or stopped
 *      arch_user_run returns <----------------------------- stopped
 *
 * The program's way into the kernel is the same at both widths, and teaching comes before speed: an `int` instruction. Its
 * entries use the kernel's own stack, below the frame of arch_user_run.
 */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <arch/trap.h>
#include <arch/types.h>

/* Where a program begins. Its registers are 0 but for these three; interrupts are on, and stay on whatever it does. */
struct arch_user_start {
    vaddr_t ip, sp;     /* its first instruction; its stack pointer */
    uintptr_t argument; /* in register A (eax, rax) */
};

enum { ARCH_USER_ARGUMENTS = 4 };

/* A system call: number in register A, arguments in B, C, D and SI. The result goes back in A; every other register is
 * kept. */
struct arch_user_call {
    uintptr_t number;
    uintptr_t argument[ARCH_USER_ARGUMENTS];
};

/* Lets a program run until it is stopped. What it may touch are pages with PT_USER in the space in force. Not in a handler,
 * and not while another program runs. Interrupts afterwards are on or off as they were. */
void arch_user_run(const struct arch_user_start *start);

/* Stops the program under way: instead of returning to it, the kernel returns from arch_user_run. In any context; from
 * kernel_user_call and kernel_user_fault, too, which go on to their end first. */
void arch_user_stop(void);

/* Provided by the kernel: one system call, on behalf of the program under way. Interrupts are on. This is no fault context:
 * heaps may be used. Any arguments. */
uintptr_t kernel_user_call(const struct arch_user_call *call);

/* Provided by the kernel: the program under way did what it may not. Fault context; the program is stopped afterwards. */
void kernel_user_fault(const struct arch_trap *trap);

#endif
