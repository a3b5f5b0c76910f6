/* The kernel as a program sees it: one instruction, and a name for each call. */
#ifndef PROGRAMS_SYSTEM_H
#define PROGRAMS_SYSTEM_H

#include <user/calls.h>

/* Every program has one; start.asm calls it. Its result is the program's exit status. */
int program_main(const struct user_arguments *arguments);

/* The letters of the constraints are register names that hold at both widths. */
static inline uintptr_t system_call(enum user_call_number number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)
{
    uintptr_t result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"((uintptr_t)number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}

_Noreturn static inline void system_exit(unsigned status)
{
    for (;;)
        system_call(USER_EXIT, status, 0, 0, 0);
}

/* A text ended by NUL, at most USER_WRITE_MAX bytes of it. */
static inline void system_write(const char *text)
{
    size_t length = 0;
    while (text[length] && length < USER_WRITE_MAX)
        length++;
    system_call(USER_WRITE, (uintptr_t)text, length, 0, 0);
}

#endif
