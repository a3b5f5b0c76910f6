/* What there is to choose from: allocators, workloads, scenarios, traces. */
#ifndef SHELL_CATALOGUE_H
#define SHELL_CATALOGUE_H

#include "context.h"

/* `allocators`: one line each; `allocators NAME`: its cost, source and options. */
void catalogue_allocators(struct sh_context *c, const char *arguments);

/* `runs`: workloads with their parameters, scenarios, traces. */
void catalogue_runs(struct sh_context *c, const char *arguments);

#endif
