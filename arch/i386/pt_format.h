/* Page-table format of i386: two levels of 1024 entries (Intel SDM volume 3, section 4.3). No bit forbids execution.
 *
 *      31        22 21        12 11        0
 *      | level 0   | level 1    | offset   |      an address
 *        4 MiB leaf  4 KiB leaf
 *
 *      31                     12 11 .. 9   8      7     6 5   4       3       2    1     0
 *      | frame                  | free | GLOBAL LARGE  - -  NOCACHE THROUGH USER WRITE PRESENT |      an entry
 */
#ifndef ARCH_PT_FORMAT_H
#define ARCH_PT_FORMAT_H

#include <arch/types.h>

#include <stdbool.h>

typedef uint32_t pt_entry;

enum { PT_LEVELS = 2, PT_ENTRIES = 1024 };

static const unsigned char pt_shift[PT_LEVELS] = {22, 12};
static const bool pt_has_large[PT_LEVELS] = {true, false};
static const char *const pt_table_name[PT_LEVELS] = {"PD", "PT"};

#define PT_FRAME_MASK ((pt_entry)0xFFFFF000)
#define PT_NX ((pt_entry)0)

/* Whether the processor translates the addresses first .. last: all of them. */
static inline bool pt_is_canonical(vaddr_t first, vaddr_t last)
{
    (void)first;
    (void)last;
    return true;
}

#endif
