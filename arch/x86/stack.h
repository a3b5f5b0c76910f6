/* Inside arch/: a stack for exceptions that cannot use the interrupted one, with its guard page below. */
#ifndef ARCH_X86_STACK_H
#define ARCH_X86_STACK_H

#include <arch/image.h>

/* From boot_common.inc: the stack the kernel runs on. */
extern const unsigned char kernel_stack_guard[], kernel_stack_top[];

/* In the bss; its first page is never mapped once the kernel has its own page tables. Room for a whole panic report. */
struct guarded_stack {
    unsigned char guard[FRAME_SIZE];
    unsigned char bytes[4 * FRAME_SIZE];
} __attribute__((aligned(FRAME_SIZE)));

/* The image_stacks entry, and the address to start at. */
#define GUARDED_STACK(name_, stack)                                                         \
    {                                                                                       \
        .name = (name_), .guard = (stack).guard, .top = (stack).bytes + sizeof(stack).bytes \
    }

static inline uintptr_t stack_top(const struct guarded_stack *stack)
{
    return (uintptr_t)(stack->bytes + sizeof stack->bytes);
}

#endif
