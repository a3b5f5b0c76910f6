/* The shell on the console. */
#ifndef SHELL_SHELL_H
#define SHELL_SHELL_H

#include "context.h"
#include "line.h"

/* Reads commands until `exit` or the end of the input. */
void shell_run(struct sh_context *c);

/* Reads a line for a command that asks. *answer holds it, until the next line is read. LINE_END ends the shell, too. */
enum line_status shell_ask(struct sh_context *c, const char *prompt, const char **answer);

#endif
