/* Questions in the shell. */
#ifndef SHELL_QUIZ_H
#define SHELL_QUIZ_H

#include "context.h"

/* `quiz WHAT [options]`: asks where each request of a scenario, workload or trace goes, takes a letter, tells the answer. With
 * `quiz=seed:N` among the options the requests are dealt anew. At the end of the input the questions left are answered untold
 * ones. */
void quiz_run(struct sh_context *c, const char *arguments);

/* The same for the options of the kernel command line, run=WHAT quiz=on. */
void quiz_start(struct sh_context *c, const struct options *options);

#endif
