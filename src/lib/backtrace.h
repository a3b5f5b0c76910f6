/* The way back through the callers, by the frame pointers that every function of the kernel keeps.
 *
 *      | caller's frame pointer | return address |  caller's frame ...      towards higher addresses
 *      ^ frame pointer
 *
 * Pure, and it never faults: nothing is read but words that lie whole in one of the given stacks. */
#ifndef LIB_BACKTRACE_H
#define LIB_BACKTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BACKTRACE_MAX = 16,      /* steps that a report shows at most */
    BACKTRACE_FRAMES = 8192, /* frames that are looked at: more than one stack holds */
};

struct backtrace_stack {
    uintptr_t low, high; /* readable: [low, high) */
};

/* A return address, and how often in a row it was met: deep recursion is one step. */
struct backtrace_step {
    uintptr_t address;
    size_t times;
};

/* Where a trace may read. */
struct backtrace_stacks {
    const struct backtrace_stack *stack;
    size_t count;
};

/* Reads the word at `address` into *word; false if it is not aligned or lies in no stack. */
bool backtrace_read(const struct backtrace_stacks *stacks, uintptr_t address, uintptr_t *word);

/* Return addresses from this frame pointer on, the innermost first, at most `max` steps; returns how many. Ends at a
 * frame pointer that is not aligned, lies in no stack, or does not lead upward in its stack (it may lead to another
 * one), and at a return address of 0; at the latest after BACKTRACE_FRAMES frames. */
size_t backtrace_walk(const struct backtrace_stacks *stacks, uintptr_t frame_pointer, struct backtrace_step *steps,
                      size_t max);

#endif
