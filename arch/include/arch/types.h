/* Addresses and frames, on both widths. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdint.h>

typedef uint64_t paddr_t;  /* physical: 64 bits on both widths */
typedef uintptr_t vaddr_t; /* virtual */

/* A function of the kernel image, in the table that the build makes (image.h). */
struct image_symbol {
    uint32_t offset; /* of its first byte, from image_text */
    uint32_t name;   /* offset into image_symbol_names, where it ends with NUL */
};

#define FRAME_SIZE 4096 /* bytes of a frame, and of a page */

#endif
