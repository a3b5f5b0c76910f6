/* The shell's view of interrupts: what came so far, and the timer's rate. */
#ifndef SHELL_INTERRUPTS_H
#define SHELL_INTERRUPTS_H

#include "context.h"

/* Prints how many interrupts have come since the start, line by line. */
void interrupts_print(struct sh_context *c, const char *arguments);

/* Sets the timer to the rate that `text` gives (0: off) and says what came of it. */
void interrupts_set_timer(struct sh_context *c, const char *text);

#endif
