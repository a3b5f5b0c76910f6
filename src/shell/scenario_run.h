/* Scenarios from the command line: measured where that is possible, else told. */
#ifndef SHELL_SCENARIO_RUN_H
#define SHELL_SCENARIO_RUN_H

#include "context.h"

/* Does what run=scenario:NAME asks for: its requests as a program under the allocator or allocators of the options, in a heap as
 * its `use` says. One that cannot be measured is told from its beginning to its end; under compare= that is an error line. */
void scenario_run(struct sh_context *c, const struct options *options);

/* Its requests as a program, in the context's arena. False after an error line: there is none, or it cannot be measured. */
bool scenario_program(struct sh_context *c, const struct options *options, struct lab_program *program);

#endif
