/* Faults on purpose, to see the reports and the exit statuses. */
#ifndef SHELL_CRASH_H
#define SHELL_CRASH_H

#include "context.h"

/* Raises the fault of that name ("divide", "stack" ...). Panics and hangs do not return; a corrupt heap is reported as an error. Without
 * a name it lists them. */
void crash_run(struct sh_context *c, const char *kind);

/* The names of the faults, from index 0 on; NULL behind the last. */
const char *crash_kind(size_t index);

#endif
