/* The tour: what kfit shows someone who has never seen it. */
#ifndef SHELL_TOUR_H
#define SHELL_TOUR_H

#include "context.h"

/* Two recorded programs under the options' allocators, a bump heap that runs out, and the two series that first-fit and best-fit
 * win by turns, with the map where a request fails. Notes the worst status in the context. */
void tour_run(struct sh_context *c, const struct options *options);

#endif
