/* Self-tests of the running kernel. */
#ifndef SHELL_SELFTEST_H
#define SHELL_SELFTEST_H

#include "context.h"

/* One test: a sentence that holds or not. Leaves the machine as it found it. */
struct selftest {
    const char *name; /* NULL ends a table */
    bool (*holds)(struct sh_context *c);
};

/* What must not be touched (selftest_protection.c). */
extern const struct selftest selftest_protection[];

/* What must hold when memory runs out, at every point where it can (selftest_failures.c). */
extern const struct selftest selftest_failures[];

/* Whether every bad request of the table (lab/badalloc.h) is answered rightly by that allocator; *cases: how many
 * there were. */
bool selftest_bad_requests(struct sh_context *c, const struct heap_ops *policy, unsigned harden, size_t *cases);

/* Tests memory protection, demand memory, frame accounting and every allocator on this machine, or the part that
 * options->run.selftest names; prints a line for each and notes SH_FAILED if one fails. */
void selftest_run(struct sh_context *c, const struct options *options);

#endif
