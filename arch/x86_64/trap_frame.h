/* What a trap leaves on the stack: pushed by isr.asm from the top of this structure's list to its bottom, above it what
 * the processor pushed (Intel SDM volume 3, section 6.14). */
#ifndef ARCH_TRAP_FRAME_H
#define ARCH_TRAP_FRAME_H

#include <arch/user.h>

#include <stdbool.h>
#include <stdint.h>

#define ARCH_SP "rsp" /* the stack pointer's name in assembly */

struct trap_frame {
    uintptr_t r15, r14, r13, r12, r11, r10, r9, r8;
    uintptr_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uintptr_t vector, error;
    uintptr_t rip, cs, rflags, rsp, ss;
};

static inline uintptr_t *trap_frame_ip(struct trap_frame *f)
{
    return &f->rip;
}

/* The ring the trap came from: 0 or 3. */
static inline uintptr_t trap_frame_ring(const struct trap_frame *f)
{
    return f->cs & 3;
}

static inline bool trap_frame_is_user(const struct trap_frame *f)
{
    return trap_frame_ring(f) == 3;
}

/* Where the interrupted stack pointer was. */
static inline uintptr_t trap_frame_sp(const struct trap_frame *f)
{
    return f->rsp;
}

/* A system call: its number, its arguments in their order, and where its result goes. */
static inline struct arch_user_call trap_frame_call(const struct trap_frame *f)
{
    return (struct arch_user_call){.number = f->rax, .argument = {f->rbx, f->rcx, f->rdx, f->rsi}};
}

static inline uintptr_t *trap_frame_result(struct trap_frame *f)
{
    return &f->rax;
}

_Static_assert(sizeof(struct trap_frame) == 22 * 8, "layout shared with isr.asm");

#endif
