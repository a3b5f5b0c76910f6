/* The commands that run something, and those that show the last run. */
#ifndef SHELL_RUNS_H
#define SHELL_RUNS_H

#include "context.h"

/* `run WHAT [options]`: as the options run=WHAT. */
void runs_run(struct sh_context *c, const char *arguments);

/* `compare WHAT [options]`: the same with compare=all, unless compare= names some. */
void runs_compare(struct sh_context *c, const char *arguments);

/* `replay NAME [options]`: as the options run=trace:NAME. */
void runs_replay(struct sh_context *c, const char *arguments);

/* `stats` and `map`: the numbers of the last run, and its heap at the end. */
void runs_show_numbers(struct sh_context *c, const char *arguments);
void runs_show_map(struct sh_context *c, const char *arguments);

#endif
