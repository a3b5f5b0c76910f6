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

_Noreturn void assertion_failed(const char *expression, const char *file, int line)
{
    heap_assertion_failed(expression, file, line);
}
