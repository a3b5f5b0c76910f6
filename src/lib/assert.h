/* Assertions of the kernel's rooms: for the programmer's mistakes, never for bad input. On in every build. */
#ifndef LIB_ASSERT_H
#define LIB_ASSERT_H

#include <stdint.h>

/* Says what failed and does not return: the kernel panics, a host test aborts. */
_Noreturn void assertion_failed(const char *expression, const char *file, int line);

#define ASSERT(expression) ((expression) ? (void)0 : assertion_failed(#expression, __FILE__, __LINE__))

/* The same for a mistake that has a name and a place, for example a page frame freed twice:
 * fault_at("pmm", pmm_status_text(status), frame) says "pmm: double free of frame 0x1f4000". */
_Noreturn void fault_at(const char *room, const char *what, uint64_t where);

#endif
