/* The kernel image as the linker laid it out, and what the entry code left in it. */
#ifndef ARCH_IMAGE_H
#define ARCH_IMAGE_H

#include <arch/types.h>

#include <stddef.h>
#include <stdint.h>

/* Addresses of the image's parts; each begins on a page of its own and ends where the next begins. image_start is
 * physical (the boot part runs before paging), the others are virtual: physical + KERNEL_BASE. */
extern const unsigned char image_start[], image_text[], image_rodata[], image_data[], image_end[];

/* The kernel's functions by address, for reports: none in the first of the two links (cmake/kernel.cmake). */
extern const uint32_t image_symbol_count;
extern const struct image_symbol image_symbols[];
extern const char image_symbol_names[];

/* Return address of the call of trap_enter in isr.asm: in a stack trace, the exception itself. */
extern const unsigned char image_trap_return[];

/* Every stack of the kernel. The page at `guard` is left unmapped; the stack begins behind it and ends at `top`. */
struct image_stack {
    const char *name; /* "kernel stack", "double-fault stack" ... */
    const unsigned char *guard, *top;
};
extern const struct image_stack image_stacks[];
extern const size_t image_stack_count;

/* The boot information, copied before paging. `boot_info_bytes` is the size it claims; above BOOT_INFO_MAX, or with a
 * magic that is not the loader's, nothing was copied. */
#define BOOT_INFO_MAX (128 * 1024)
extern const unsigned char boot_info[];
extern const uint32_t boot_info_bytes, boot_magic;

#endif
