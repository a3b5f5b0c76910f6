/* Mistakes with a heap, on purpose. */
#ifndef SHELL_MISUSE_H
#define SHELL_MISUSE_H

#include "context.h"

/* `misuse KIND [options]`: commits it under the allocator and level of the options and says what came of it; status 4 if it was
 * found. Without a kind, the list of them. */
void misuse_run(struct sh_context *c, const char *arguments);

#endif
