/* Addresses and frames, on both widths. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdint.h>

typedef uint64_t paddr_t;  /* physical: 64 bits on both widths */
typedef uintptr_t vaddr_t; /* virtual */

#define FRAME_SIZE 4096 /* bytes of a frame, and of a page */

#endif
