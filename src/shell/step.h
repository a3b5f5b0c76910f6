/* Going through what lies on the desk: forward, back, up to a point. Commands; `arguments` as in command.h. */
#ifndef SHELL_STEP_H
#define SHELL_STEP_H

#include "context.h"

void step_scenario(struct sh_context *c, const char *arguments);
void step_step(struct sh_context *c, const char *arguments);
void step_continue(struct sh_context *c, const char *arguments);
void step_until(struct sh_context *c, const char *arguments);
void step_back(struct sh_context *c, const char *arguments);
void step_undo(struct sh_context *c, const char *arguments);
void step_history(struct sh_context *c, const char *arguments);

/* The whole of what the options' run= names, told as `scenario` does. */
void step_tell(struct sh_context *c, const struct options *options);

/* map, holes, blocks, list, stats of the desk's heap, by the word the command was called with; false: there is none. */
bool step_show(struct sh_context *c);

#endif
