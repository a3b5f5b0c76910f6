/* The boot information, as a Multiboot2 loader leaves it: parsed, bounds-checked, copied out.
 * Pure: no state, no allocation, any context. Nothing in the block is believed, and no byte outside it is read.
 * Source: Multiboot2 Specification version 2.0, section 3.6. */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include <mm/memmap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MB2_MAGIC 0x36D76289u
#define MB2_BLOCK_MAX ((size_t)128 * 1024) /* bytes of the largest block that is taken */
#define MB2_MODULES_MAX 128

enum mb2_status {
    MB2_OK = 0,
    MB2_BAD_MAGIC,        /* not started by a Multiboot2 loader */
    MB2_BAD_SIZE,         /* total size below 16, above what was kept, or above MB2_BLOCK_MAX */
    MB2_BAD_TAG,          /* a tag's size is below what its type needs, or beyond the end */
    MB2_NO_END,           /* the tags run to the end without an end tag */
    MB2_BAD_STRING,       /* a string is not ended inside its tag */
    MB2_BAD_MAP,          /* entry size below 24, or the entries do not fill the tag */
    MB2_MAP_TOO_LONG,     /* more than MEMMAP_MAX entries */
    MB2_NO_MAP,           /* no memory map, or one without a single entry */
    MB2_TOO_MANY_MODULES, /* more than MB2_MODULES_MAX */
    MB2_BAD_MODULE,       /* a module ends before it begins */
    MB2_NO_MEMORY,        /* the memory map has no byte of type MEMMAP_AVAILABLE */
    MB2_STATUS_COUNT
};

struct mb2_module {
    paddr_t start, end; /* bytes [start, end), not page-aligned at the end */
    const char *name;   /* its command line: the first word names it; ended by NUL */
    size_t name_length;
};

struct mb2_screen {
    paddr_t address;
    uint32_t pitch, width, height; /* of a text screen: bytes a row, columns, rows */
    uint8_t bits, type;            /* type 0: palette, 1: colour, 2: text */
};

enum { MB2_SCREEN_TEXT = 2 };

/* Strings point into the block, which stays as long as they are used. A string is as long as its tag says, NULs at its
 * end not counted; one with a NUL inside is handed out whole (what prints it stops there, cmdline_next() refuses it).
 * Of the command line, the loader's name, the map and the screen the first tag counts; further ones are passed over, as
 * unknown tags are. */
struct mb2_info {
    const char *command_line; /* never cut; "" if there is none */
    size_t command_line_length;
    const char *loader; /* "" if it does not say */
    struct memmap_entry map[MEMMAP_MAX];
    size_t map_count;
    struct mb2_module modules[MB2_MODULES_MAX];
    size_t module_count;
    bool has_screen; /* false also where the tag describes none: type above 2, empty, rows longer than the pitch, ... */
    struct mb2_screen screen;
    bool is_efi; /* started by UEFI firmware: there is an EFI system table or memory map tag */
};

/* Parses the `bytes` bytes at `block` (any alignment; not read if bytes is below 16 or above MB2_BLOCK_MAX); `magic` is
 * what the loader left in EAX. Anything but MB2_OK: *info is not to be used. struct mb2_info is large (8 KiB). */
enum mb2_status mb2_parse(const void *block, size_t bytes, uint32_t magic, struct mb2_info *info);

/* One line: what is wrong and what to do. */
const char *mb2_status_text(enum mb2_status status);

#endif
