/* The shell's settings: what holds for runs and heaps from now on. Commands; `arguments` as in command.h. */
#ifndef SHELL_SETTINGS_H
#define SHELL_SETTINGS_H

#include "context.h"

/* harden, seed and vm: shows the option of that name, or sets it. */
void settings_set(struct sh_context *c, const char *arguments);

#endif
