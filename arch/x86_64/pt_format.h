/* Page-table format of x86_64: four levels of 512 entries (Intel SDM volume 3, section 4.5).
 *
 *      63    48 47      39 38      30 29      21 20      12 11        0
 *      | sign  | level 0  | level 1  | level 2  | level 3  | offset   |      an address
 *                                     2 MiB leaf  4 KiB leaf
 *
 *      63 62 .. 52 51         12 11 .. 9   8      7     6 5   4       3       2    1     0
 *      |NX| free  | frame       | free | GLOBAL LARGE  - -  NOCACHE THROUGH USER WRITE PRESENT |      an entry
 */
#ifndef ARCH_PT_FORMAT_H
#define ARCH_PT_FORMAT_H

#include <arch/types.h>

#include <stdbool.h>

typedef uint64_t pt_entry;

enum { PT_LEVELS = 4, PT_ENTRIES = 512 };

static const unsigned char pt_shift[PT_LEVELS] = {39, 30, 21, 12};
static const bool pt_has_large[PT_LEVELS] = {false, false, true, false};
static const char *const pt_table_name[PT_LEVELS] = {"PML4", "PDPT", "PD", "PT"};

#define PT_FRAME_MASK ((pt_entry)0x000FFFFFFFFFF000)
#define PT_NX ((pt_entry)1 << 63)

/* Whether the processor translates the addresses first .. last: in each, bits 63 .. 47 must be equal. */
static inline bool pt_is_canonical(vaddr_t first, vaddr_t last)
{
    return first >> 47 == last >> 47 && (first >> 47 == 0 || first >> 47 == 0x1FFFF);
}

#endif
