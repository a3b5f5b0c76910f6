/* Lines from the console. */
#ifndef SHELL_LINE_INPUT_H
#define SHELL_LINE_INPUT_H

#include "line.h"

/* Reads one line from the console's keys into *l, which the caller has set up as line.h says, and shows it there. Returns anything
 * but LINE_GOES_ON; l->text holds the line. */
enum line_status line_input(struct line *l);

#endif
