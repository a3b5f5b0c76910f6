/* The heap of the run under way: for the panic report and for a debugger. */
#ifndef SHELL_CURRENT_H
#define SHELL_CURRENT_H

#include <alloc/heap.h>

/* NULL between runs. Who reads it after a fault must expect anything in it. */
extern const struct heap *kfit_current_heap;

#endif
