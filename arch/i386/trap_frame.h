/* What a trap leaves on the stack: pushed by isr.asm (pusha, vector, error code), above it what the processor pushed. A trap
 * inside the kernel pushes no stack pointer: the interrupted one is the address behind eflags. */
#ifndef ARCH_TRAP_FRAME_H
#define ARCH_TRAP_FRAME_H

#include <stdint.h>

#define ARCH_SP "esp" /* the stack pointer's name in assembly */

struct trap_frame {
    uintptr_t edi, esi, ebp, esp_at_pusha, ebx, edx, ecx, eax;
    uintptr_t vector, error;
    uintptr_t eip, cs, eflags;
};

static inline uintptr_t *trap_frame_ip(struct trap_frame *f)
{
    return &f->eip;
}

/* Where the interrupted stack pointer was. */
static inline uintptr_t trap_frame_sp(const struct trap_frame *f)
{
    return (uintptr_t)(f + 1);
}

_Static_assert(sizeof(struct trap_frame) == 13 * 4, "layout shared with isr.asm");

#endif
