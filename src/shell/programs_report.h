/* Inside shell/: a program's run, told in text and as a record. */
#ifndef SHELL_PROGRAMS_REPORT_H
#define SHELL_PROGRAMS_REPORT_H

#include <user/program.h>

#include "context.h"

/* One run, over. */
struct program_run {
    const char *name, *word; /* of the program; what it was given, "" for nothing */
    const char *alloc, *run; /* as the user gave them */
    const struct options *options;
    size_t ops; /* operations handed over */
    struct user_program program;
    int64_t frames_leaked; /* known once it is unloaded */
};

/* How it ended: a line, an error line if not well; then SH_FAILED is noted. The program is still loaded. */
void programs_tell_end(struct sh_context *c, struct program_run *run);

/* The figures of 1 or 2 runs, a column each; and one as a record. */
void programs_tell_figures(struct sh_context *c, const struct program_run *const *runs, size_t count);
void programs_record(struct sh_context *c, const struct program_run *run);

#endif
