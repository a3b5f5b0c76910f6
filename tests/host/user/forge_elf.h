/* Program files of this width, made by hand: the fields by name, so that each can be wrong alone. */
#ifndef TESTS_USER_FORGE_ELF_H
#define TESTS_USER_FORGE_ELF_H

#include <stdint.h>
#include <string.h>

enum { FORGE_WIDE = sizeof(void *) == 8, FORGE_HEADER = FORGE_WIDE ? 64 : 52, FORGE_ENTRY = FORGE_WIDE ? 56 : 32 };
enum { FORGE_BYTES = 4096, FORGE_AT = 0x1000000, FORGE_STEP = 0x400000 };
enum { FORGE_X = 1, FORGE_W = 2, FORGE_R = 4 };

/* Offsets of a file header's fields. */
enum {
    FORGE_CLASS = 4,
    FORGE_ORDER = 5,
    FORGE_IDENT_VERSION = 6,
    FORGE_TYPE = 16,
    FORGE_MACHINE = 18,
    FORGE_VERSION = 20,
    FORGE_START = 24,
    FORGE_HEADERS = FORGE_WIDE ? 32 : 28,
    FORGE_HEADER_BYTES = FORGE_WIDE ? 52 : 40,
    FORGE_ENTRY_BYTES = FORGE_WIDE ? 54 : 42,
    FORGE_COUNT = FORGE_WIDE ? 56 : 44,
};

/* Numbers of a program header's fields. */
enum forge_field {
    FORGE_SEGMENT,
    FORGE_OFFSET,
    FORGE_ADDRESS,
    FORGE_IN_FILE,
    FORGE_IN_MEMORY,
    FORGE_RIGHTS,
    FORGE_FIELDS
};

struct forge_elf {
    unsigned char bytes[FORGE_BYTES];
    size_t size;
};

static inline void forge_put(struct forge_elf *f, size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        f->bytes[at + i] = (unsigned char)(value >> 8 * i);
}

static inline void forge_word(struct forge_elf *f, size_t at, uint64_t value)
{
    forge_put(f, at, value, sizeof(void *));
}

/* One field of program header `i`. */
static inline void forge_field(struct forge_elf *f, unsigned i, enum forge_field field, uint64_t value)
{
    static const size_t word[FORGE_FIELDS] = {0, 1, 2, 4, 5, 0};
    size_t at = FORGE_HEADER + i * FORGE_ENTRY;
    if (field == FORGE_SEGMENT)
        forge_put(f, at, value, 4);
    else if (field == FORGE_RIGHTS)
        forge_put(f, at + (FORGE_WIDE ? 4 : 24), value, 4);
    else
        forge_word(f, at + word[field] * sizeof(void *), value);
}

static inline void forge_segment(struct forge_elf *f, unsigned i, uint64_t rights)
{
    forge_field(f, i, FORGE_SEGMENT, 1);
    forge_field(f, i, FORGE_OFFSET, 1024 + 256 * i);
    forge_field(f, i, FORGE_ADDRESS, FORGE_AT + (uint64_t)i * FORGE_STEP);
    forge_field(f, i, FORGE_IN_FILE, 256);
    forge_field(f, i, FORGE_IN_MEMORY, 512);
    forge_field(f, i, FORGE_RIGHTS, rights);
    forge_put(f, FORGE_COUNT, i + 1, 2);
}

/* A good file: text, constants, data. */
static inline void forge_good(struct forge_elf *f)
{
    memset(f, 0, sizeof *f);
    f->size = FORGE_BYTES;
    memcpy(f->bytes, "\177ELF", 4);
    f->bytes[FORGE_CLASS] = FORGE_WIDE ? 2 : 1;
    f->bytes[FORGE_ORDER] = f->bytes[FORGE_IDENT_VERSION] = 1;
    forge_put(f, FORGE_TYPE, 2, 2);
    forge_put(f, FORGE_MACHINE, FORGE_WIDE ? 62 : 3, 2);
    forge_put(f, FORGE_VERSION, 1, 4);
    forge_word(f, FORGE_START, FORGE_AT + 16);
    forge_word(f, FORGE_HEADERS, FORGE_HEADER);
    forge_put(f, FORGE_HEADER_BYTES, FORGE_HEADER, 2);
    forge_put(f, FORGE_ENTRY_BYTES, FORGE_ENTRY, 2);
    forge_segment(f, 0, FORGE_R | FORGE_X);
    forge_segment(f, 1, FORGE_R);
    forge_segment(f, 2, FORGE_R | FORGE_W);
}

#endif
