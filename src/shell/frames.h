/* What the shell's `mem` shows: frames and regions, the firmware's map, and what the frame allocator costs. */
#ifndef SHELL_FRAMES_H
#define SHELL_FRAMES_H

#include "context.h"

/* `mem` with its arguments: none, `map` or `cost`; anything else is an error. `cost` takes frames and gives them back. */
void frames_show(struct sh_context *c, const char *arguments);

/* `faults`: page faults since the start, and those of each region. */
void frames_show_faults(struct sh_context *c, const char *arguments);

#endif
