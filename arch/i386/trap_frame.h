/* What a trap leaves on the stack: pushed by isr.asm (vector, error code, pusha, ds, es), above it what the processor pushed. A
 * trap inside the kernel pushes no stack pointer: the interrupted one is the address behind eflags. One in ring 3 does: then
 * esp and ss stand there. */
#ifndef ARCH_TRAP_FRAME_H
#define ARCH_TRAP_FRAME_H

#include <arch/user.h>

#include <stdbool.h>
#include <stdint.h>

#define ARCH_SP "esp" /* the stack pointer's name in assembly */

struct trap_frame {
    uintptr_t es, ds;
    uintptr_t edi, esi, ebp, esp_at_pusha, ebx, edx, ecx, eax;
    uintptr_t vector, error;
    uintptr_t eip, cs, eflags;
};

static inline uintptr_t *trap_frame_ip(struct trap_frame *f)
{
    return &f->eip;
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
    return trap_frame_is_user(f) ? *(const uintptr_t *)(f + 1) : (uintptr_t)(f + 1);
}

/* A system call: its number, its arguments in their order, and where its result goes. */
static inline struct arch_user_call trap_frame_call(const struct trap_frame *f)
{
    return (struct arch_user_call){.number = f->eax, .argument = {f->ebx, f->ecx, f->edx, f->esi}};
}

static inline uintptr_t *trap_frame_result(struct trap_frame *f)
{
    return &f->eax;
}

_Static_assert(sizeof(struct trap_frame) == 15 * 4, "layout shared with isr.asm");

#endif
