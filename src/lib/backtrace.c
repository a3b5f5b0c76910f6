/* The way back through the callers. A damaged chain ends the trace; it cannot lead it astray or make it endless. */
#include <lib/backtrace.h>

enum { WORD = sizeof(uintptr_t) };

/* The stack that holds the aligned word at `address`, or NULL. */
static const struct backtrace_stack *stack_of(const struct backtrace_stacks *stacks, uintptr_t address)
{
    if (address % WORD != 0)
        return NULL;
    for (size_t i = 0; i < stacks->count; i++) {
        const struct backtrace_stack *s = &stacks->stack[i];
        if (address >= s->low && address < s->high && WORD <= s->high - address)
            return s;
    }
    return NULL;
}

bool backtrace_read(const struct backtrace_stacks *stacks, uintptr_t address, uintptr_t *word)
{
    if (!stack_of(stacks, address))
        return false;
    *word = *(const uintptr_t *)address;
    return true;
}

/* Whether the caller's frame may lie at `next` when the callee's lies at `frame`. */
static bool leads_on(const struct backtrace_stacks *stacks, uintptr_t frame, uintptr_t next)
{
    return next > frame || stack_of(stacks, next) != stack_of(stacks, frame);
}

/* False: there is no room for another step. */
static bool note(struct backtrace_step *steps, size_t max, size_t *count, uintptr_t address)
{
    if (*count > 0 && steps[*count - 1].address == address) {
        steps[*count - 1].times++;
        return true;
    }
    if (*count == max)
        return false;
    steps[(*count)++] = (struct backtrace_step){.address = address, .times = 1};
    return true;
}

size_t backtrace_walk(const struct backtrace_stacks *stacks, uintptr_t frame_pointer, struct backtrace_step *steps,
                      size_t max)
{
    uintptr_t frame = frame_pointer, next, back;
    size_t count = 0;
    for (size_t i = 0; i < BACKTRACE_FRAMES; i++) {
        if (!backtrace_read(stacks, frame, &next) || !backtrace_read(stacks, frame + WORD, &back) || back == 0 ||
            !note(steps, max, &count, back) || !leads_on(stacks, frame, next))
            break;
        frame = next;
    }
    return count;
}
