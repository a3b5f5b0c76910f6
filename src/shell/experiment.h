/* Experiments: the runs that the options ask for, their results printed and recorded. */
#ifndef SHELL_EXPERIMENT_H
#define SHELL_EXPERIMENT_H

#include "context.h"

/* One allocator's part of a run. */
struct experiment_row {
    struct lab_run run;
    struct lab_result result;
    enum lab_status status;
};

/* The options of a shell line, in the arena: those of this boot, changed by `words` for this line alone. NULL after an error
 * line: a bad word, too little memory, or an option that belongs to the kernel command line. */
const struct options *experiment_options(struct sh_context *c, const char *command, const char *words);

/* Makes the program of the workload, scenario or one trace that the options name, in the context's arena. False after an error line. */
bool experiment_program(struct sh_context *c, const struct options *options, struct lab_program *program);

/* Does what `options` ask for and notes the worst status in the context. */
void experiment_start(struct sh_context *c, const struct options *options);

/* Fills *run from the options for one allocator; its texts stand in the arena. False: the arena is full. */
bool experiment_prepare(struct sh_context *c, const struct options *options, const struct lab_alloc_spec *alloc,
                        const char *run_text, struct lab_run *run);

/* Runs a program under one allocator: the result is recorded, corruption and leaks are reported, the last run is kept for
 * `stats` and `map`. `observer` may be NULL. */
void experiment_run_one(struct sh_context *c, const struct lab_program *program, struct experiment_row *row,
                        const struct lab_observer *observer);

/* Runs a program under every allocator of the options, each in a fresh region, and prints one table, or for a single
 * allocator its report. `run_text` is what ran, ended by NUL; `explains` puts the formulas beneath a table. */
void experiment_run_all(struct sh_context *c, const struct options *options, const struct lab_program *program,
                        const char *run_text, bool explains);

#endif
