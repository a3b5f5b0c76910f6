/* What a trap leaves on the stack: pushed by isr.asm from the top of this structure's list to its bottom, above it what
 * the processor pushed (Intel SDM volume 3, section 6.14). */
#ifndef ARCH_TRAP_FRAME_H
#define ARCH_TRAP_FRAME_H

#include <stdint.h>

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct trap_frame) == 22 * 8, "layout shared with isr.asm");

#endif
