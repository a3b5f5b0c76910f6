/* What alloc/ asks of whoever it is linked with. */
#include <alloc/heap_ops.h>

#include "system.h"

enum { STATUS_ASSERTION = 3 };

_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line)
{
    (void)line;
    system_write("assertion failed: ");
    system_write(expression);
    system_write(", ");
    system_write(file);
    system_write("\n");
    system_exit(STATUS_ASSERTION);
}
