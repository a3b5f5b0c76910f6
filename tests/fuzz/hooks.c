/* The assertion hooks for the fuzz targets: a failed assertion is a finding. */
#include <stdlib.h>

#include <alloc/heap_ops.h>
#include <lib/assert.h>

_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line)
{
    (void)expression, (void)file, (void)line;
    abort();
}

_Noreturn void fault_at(const char *room, const char *what, uint64_t where)
{
    (void)room, (void)what, (void)where;
    abort();
}

_Noreturn void assertion_failed(const char *expression, const char *file, int line)
{
    heap_assertion_failed(expression, file, line);
}
