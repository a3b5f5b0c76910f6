/* What lies at an address of the kernel's: in words, for reports and lessons. */
#ifndef SHELL_PLACE_H
#define SHELL_PLACE_H

#include <lab/text.h>
#include <mm/vmm.h>

/* Prints a few words: a region and how far into it, a guard page, a part of the kernel's image, ... Reads the tables of
 * stacks and regions and nothing else. `space` may be NULL: before there are regions. Any context. */
void place_print(const struct lab_sink *sink, struct vmm_space *space, vaddr_t address);

/* The name of the stack whose guard page holds the address, or NULL. */
const char *place_guarded_stack(vaddr_t address);

#endif
