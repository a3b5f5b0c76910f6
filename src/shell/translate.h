/* An address taken apart as the processor does it. */
#ifndef SHELL_TRANSLATE_H
#define SHELL_TRANSLATE_H

#include "context.h"

/* `translate ADDRESS`: the entry looked at on each level, and where the way ends; what a read and a write would do. */
void translate_run(struct sh_context *c, const char *arguments);

/* The same for an address in a space of one's own. */
void translate_print(struct sh_context *c, struct vmm_space *space, vaddr_t address);

#endif
