/* What a trap leaves on the stack: pushed by isr.asm (pusha, vector, error code), above it what the processor pushed. A trap
 * inside the kernel pushes no stack pointer: the interrupted one is the address behind eflags. */
#ifndef ARCH_TRAP_FRAME_H
#define ARCH_TRAP_FRAME_H

#include <stdint.h>

struct trap_frame {
    uint32_t edi, esi, ebp, esp_at_pusha, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
};

_Static_assert(sizeof(struct trap_frame) == 13 * 4, "layout shared with isr.asm");

#endif
