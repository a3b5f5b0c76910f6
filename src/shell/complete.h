/* Completion for the shell's line. */
#ifndef SHELL_COMPLETE_H
#define SHELL_COMPLETE_H

#include "line.h"

/* The completer of the shell (see line.h); `context` is its struct sh_context. The first word is a command; what stands behind it
 * is as the command's row in its table says. */
size_t complete_line(void *context, const char *line, size_t cursor, const struct line_offers *offers);

#endif
