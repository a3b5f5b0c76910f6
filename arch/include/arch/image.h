/* The kernel image as the linker laid it out, and what the entry code left in it. */
#ifndef ARCH_IMAGE_H
#define ARCH_IMAGE_H

#include <stdint.h>

/* Addresses of the image's parts; each begins on a page of its own and ends where the next begins. image_start is
 * physical (the boot part runs before paging), the others are virtual: physical + KERNEL_BASE. */
extern const unsigned char image_start[], image_text[], image_rodata[], image_data[], image_end[];

/* The kernel's first stack, and the page below it that is left unmapped. */
extern const unsigned char kernel_stack_guard[], kernel_stack_top[];

/* The boot information, copied before paging. `boot_info_bytes` is the size it claims; above BOOT_INFO_MAX, or with a
 * magic that is not the loader's, nothing was copied. */
#define BOOT_INFO_MAX (128 * 1024)
extern const unsigned char boot_info[];
extern const uint32_t boot_info_bytes, boot_magic;

#endif
