/* The backing methods side by side: the same touches of the same pages, and what each of them caused. */
#ifndef SHELL_BACKING_H
#define SHELL_BACKING_H

#include "context.h"

/* `backing`: the table, from regions made for it. */
void backing_show(struct sh_context *c, const char *arguments);

/* Without a word: whether each touch had the effect it must have, memory read as zeros, and every frame came back. */
bool backing_holds(struct sh_context *c);

#endif
