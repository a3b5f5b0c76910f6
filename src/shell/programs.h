/* `program` and `programs`: programs in user mode, one alone or two side by side. */
#ifndef SHELL_PROGRAMS_H
#define SHELL_PROGRAMS_H

#include "context.h"

/* `program`: lists those of this boot. `program NAME [WORD] [options]`: runs one on the operations of run=, tells how it ended,
 * and makes a `program` record. A program that faults, exceeds its time or exits with another status than 0 counts as
 * SH_FAILED. */
void programs_run(struct sh_context *c, const char *arguments);

/* `programs [options]`: own-heap and kernel-heap on the same operations under the same allocator, one table. */
void programs_compare(struct sh_context *c, const char *arguments);

/* For self-tests: a program on a few operations, its memory at once, without a word. */
enum programs_trial {
    PROGRAMS_NONE,    /* this boot has no such program */
    PROGRAMS_WELL,    /* all operations done, none refused */
    PROGRAMS_REFUSED, /* anything else: not loaded, ended, or requests refused */
};
enum programs_trial programs_try(struct sh_context *c, const char *name);

#endif
