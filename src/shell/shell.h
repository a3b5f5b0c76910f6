/* The shell on the console. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "context.h"

/* Reads commands until `exit` or the end of the input. */
void shell_run(struct sh_context *c);

#endif
