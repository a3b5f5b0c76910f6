/* What the small programs under the preload library share: checks that name their line, blocks with a pattern. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

static inline _Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s does not hold\n", file, line, condition);
    _Exit(1);
}

/* A block that knows its size and is filled with a byte that follows from it. */
struct filled {
    size_t bytes; /* of the whole block, at least sizeof(struct filled) */
    unsigned char rest[];
};

static inline struct filled *fill(void *block, size_t bytes)
{
    struct filled *f = block;
    CHECK(f);
    f->bytes = bytes;
    memset(f->rest, (int)(bytes % 251), bytes - sizeof *f);
    return f;
}

/* Whether the first `bytes` bytes are as filled. */
static inline void check_filled(const struct filled *f, size_t bytes)
{
    for (size_t i = 0; i + sizeof *f < bytes; i++)
        CHECK(f->rest[i] == f->bytes % 251);
}

/* A small random number generator, one for each thread: xorshift. */
static inline unsigned next_random(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

#endif
