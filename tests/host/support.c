/* The assertion hooks of the rooms under test: say what failed and abort, so that the test run fails. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include <alloc/heap_ops.h>
#include <lib/assert.h>

_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    abort();
}

_Noreturn void fault_at(const char *room, const char *what, uint64_t where)
{
    fprintf(stderr, "%s: %s 0x%jx\n", room, what, (uintmax_t)where);
    abort();
}

_Noreturn void assertion_failed(const char *expression, const char *file, int line)
{
    heap_assertion_failed(expression, file, line);
}
