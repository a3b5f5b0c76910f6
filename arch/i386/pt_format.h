/* Page-table format of i386: two levels of 1024 entries (Intel SDM volume 3, section 4.3). No bit forbids execution.
 *
 *      31        22 21        12 11        0
 *      | level 0   | level 1    | offset   |
 *        4 MiB leaf  4 KiB leaf
 */
#ifndef ARCH_PT_FORMAT_H
#define ARCH_PT_FORMAT_H

#include <stdint.h>

typedef uint32_t pt_entry;

enum { PT_LEVELS = 2, PT_ENTRIES = 1024 };

static const unsigned char pt_shift[PT_LEVELS] = {22, 12};
static const unsigned char pt_has_large[PT_LEVELS] = {1, 0};

#define PT_FRAME_MASK 0xFFFFF000
#define PT_NX ((pt_entry)0)

#endif
