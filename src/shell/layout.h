/* The address space drawn from the constants that make it. */
#ifndef SHELL_LAYOUT_H
#define SHELL_LAYOUT_H

#include "context.h"

/* `layout`: what lies where in the kernel's address space, from the top down. */
void layout_show(struct sh_context *c, const char *arguments);

#endif
