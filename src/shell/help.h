/* The shell's help. */
#ifndef SHELL_HELP_H
#define SHELL_HELP_H

#include "context.h"

/* `help`: all commands by group; `help GROUP`: a line for each of its commands; `help COMMAND`: all about one. Less than 80
 * columns. */
void help_show(struct sh_context *c, const char *arguments);

#endif
