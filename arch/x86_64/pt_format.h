/* Page-table format of x86_64: four levels of 512 entries (Intel SDM volume 3, section 4.5).
 *
 *      63    48 47      39 38      30 29      21 20      12 11        0
 *      | sign  | level 0  | level 1  | level 2  | level 3  | offset   |
 *                                     2 MiB leaf  4 KiB leaf
 */
#ifndef ARCH_PT_FORMAT_H
#define ARCH_PT_FORMAT_H

#include <stdint.h>

typedef uint64_t pt_entry;

enum { PT_LEVELS = 4, PT_ENTRIES = 512 };

static const unsigned char pt_shift[PT_LEVELS] = {39, 30, 21, 12};
static const unsigned char pt_has_large[PT_LEVELS] = {0, 0, 1, 0};

#define PT_FRAME_MASK 0x000FFFFFFFFFF000
#define PT_NX ((pt_entry)1 << 63)

#endif
