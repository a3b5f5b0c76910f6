/* Assertions of the kernel's rooms: for the programmer's mistakes, never for bad input. On in every build. */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

/* Says what failed and does not return: the kernel panics, a host test aborts. */
_Noreturn void assertion_failed(const char *expression, const char *file, int line);

#define ASSERT(expression) ((expression) ? (void)0 : assertion_failed(#expression, __FILE__, __LINE__))

#endif
