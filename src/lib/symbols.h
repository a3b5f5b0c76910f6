/* Names for addresses: a look-up in the table of functions that the build puts into the kernel image. Pure; any
 * context. */
#ifndef LIB_SYMBOLS_H
#define LIB_SYMBOLS_H

#include <arch/types.h>

#include <stddef.h>

struct symbol_table {
    uintptr_t base, end;               /* the text: functions lie in [base, end) */
    const struct image_symbol *symbol; /* by offset, ascending */
    size_t count;
    const char *names;
};

/* The function that holds `address`: its name, and in *offset the bytes from its start. NULL: none does, *offset is
 * `address`. The bytes behind a function's last instruction up to the next function count as its own. */
const char *symbol_find(const struct symbol_table *table, uintptr_t address, uintptr_t *offset);

#endif
