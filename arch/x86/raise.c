/* Exceptions on purpose, at both widths alike. In assembly, because to the compiler each of them is undefined
 * behaviour. */
#include <arch/raise.h>

#include "trap.h"

void arch_raise_divide(void)
{
    uint32_t low = 1, high = 0;
    __asm__ volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0) : "cc");
}

void arch_raise_undefined(void)
{
    __asm__ volatile("ud2");
}

void arch_raise_protection(void)
{
    __asm__ volatile("movw %w0, %%es" : : "r"(0xFFF8));
}

void arch_raise_breakpoint(void)
{
    __asm__ volatile("int3");
}

void arch_raise_nmi(void)
{
    __asm__ volatile("int $2");
}

void arch_raise_double_fault(void)
{
    __asm__ volatile("mov %0, %%" ARCH_SP "\n\t"
                     "push %0"
                     :
                     : "r"((uintptr_t)FRAME_SIZE)
                     : "memory");
}

void arch_run_code(vaddr_t address)
{
    __asm__ volatile("call *%0" : : "r"(address) : "memory");
}
