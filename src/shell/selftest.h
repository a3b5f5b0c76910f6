/* Self-tests of the running kernel. */
#ifndef SHELL_SELFTEST_H
#define SHELL_SELFTEST_H

#include "context.h"

/* Tests memory protection, demand memory, frame accounting and every allocator on this machine; prints a line for each and
 * notes SH_FAILED if one fails. */
void selftest_run(struct sh_context *c, const struct options *options);

#endif
