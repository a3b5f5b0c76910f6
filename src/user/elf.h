/* Program files: ELF executables of the kernel's own width, linked to fixed addresses, checked to the byte before anything of
 * them is believed. Pure; any context. Source: System V ABI, chapter 4, and its supplements for i386 and x86_64. */
#ifndef USER_ELF_H
#define USER_ELF_H

#include <arch/types.h>

#include <stdbool.h>
#include <stddef.h>

enum { ELF_SEGMENTS_MAX = 8, ELF_HEADERS_MAX = 32 };

enum elf_status {
    ELF_OK = 0,
    ELF_NOT_ELF,     /* too short, or without the mark */
    ELF_WRONG_WIDTH, /* 32 bits for a 64-bit kernel, the other way round, another processor or byte order */
    ELF_NOT_STATIC,  /* no executable at fixed addresses, or one that wants a dynamic linker or thread-local storage */
    ELF_BAD_HEADERS, /* headers of another size, too many, none, or not inside the file */
    ELF_BAD_SEGMENT, /* bytes not inside the file, more in the file than in memory, empty in memory, or a size that wraps */
    ELF_BAD_PLACE,   /* not at a multiple of the alignment, outside the window, or not above the segment before */
    ELF_NOT_W_XOR_X, /* a segment, or the stack, that is both writable and executable */
    ELF_BAD_ENTRY,   /* it does not begin in the file's part of an executable segment */
    ELF_TOO_MANY,    /* more than ELF_SEGMENTS_MAX segments */
    ELF_STATUS_COUNT
};

/* Where segments may lie. */
struct elf_window {
    vaddr_t first, last;
    size_t align; /* each begins at a multiple of this, not 0 */
};

/* A part of the file and where it goes; what memory has beyond the file's part is zero. */
struct elf_segment {
    vaddr_t address;
    size_t offset, file_bytes, memory_bytes; /* file_bytes <= memory_bytes, which is not 0 */
    bool is_writable, is_executable;         /* never both */
};

struct elf_plan {
    vaddr_t entry;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* by address, ascending; they do not overlap */
    size_t count;                                  /* not 0 */
};

/* Reads the `bytes` bytes at `file`, any bytes at any alignment. Anything but ELF_OK: *plan is not to be used. */
enum elf_status elf_plan(const void *file, size_t bytes, const struct elf_window *window, struct elf_plan *plan);

/* One line: what is wrong. */
const char *elf_status_text(enum elf_status status);

#endif
