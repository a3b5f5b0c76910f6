/* memcpy and its kin for the kernels, a word at a time, at any alignment, in plain C.
 *
 * Each is a loop over whole words and a loop over the bytes that are left. Two things need care:
 *   - A `loose_word` may alias anything and lie at any address; on processors that load and store unaligned words, as
 *     x86 does, it costs nothing.
 *   - A compiler that meets such a loop likes to replace it with a call of memcpy: here, of the function it stands in.
 *     own_loop() in the body is empty, yet the compiler may not look through it.
 */
#include "string.h"

#include <stdint.h>

typedef uintptr_t __attribute__((may_alias, aligned(1))) loose_word;

enum { WORD = sizeof(loose_word), FOUR = 4 * WORD };

static inline void own_loop(void)
{
    __asm__ volatile("" : : : "memory");
}

static inline loose_word load(const unsigned char *from)
{
    return *(const loose_word *)(const void *)from;
}

static inline void store(unsigned char *to, loose_word value)
{
    *(loose_word *)(void *)to = value;
}

/* From the lowest byte up: right for separate areas, and where `to` lies below `from`. */
static void copy_up(unsigned char *to, const unsigned char *from, size_t bytes)
{
    for (; bytes >= FOUR; bytes -= FOUR, to += FOUR, from += FOUR) {
        own_loop();
        store(to, load(from));
        store(to + WORD, load(from + WORD));
        store(to + 2 * WORD, load(from + 2 * WORD));
        store(to + 3 * WORD, load(from + 3 * WORD));
    }
    for (; bytes >= WORD; bytes -= WORD, to += WORD, from += WORD) {
        own_loop();
        store(to, load(from));
    }
    for (; bytes > 0; bytes--) {
        own_loop();
        *to++ = *from++;
    }
}

/* From the highest byte down: where `to` lies above `from`. */
static void copy_down(unsigned char *to, const unsigned char *from, size_t bytes)
{
    for (; bytes >= WORD; bytes -= WORD) {
        own_loop();
        store(to + bytes - WORD, load(from + bytes - WORD));
    }
    for (; bytes > 0; bytes--) {
        own_loop();
        to[bytes - 1] = from[bytes - 1];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    copy_up(to, from, bytes);
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    bool to_begins_inside = (uintptr_t)to - (uintptr_t)from < bytes;
    if (to_begins_inside)
        copy_down(to, from, bytes);
    else
        copy_up(to, from, bytes);
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    unsigned char *at = to;
    loose_word filled = UINTPTR_MAX / 0xFF * (unsigned char)byte; /* the byte in each place of the word */
    for (; bytes >= FOUR; bytes -= FOUR, at += FOUR) {
        own_loop();
        store(at, filled);
        store(at + WORD, filled);
        store(at + 2 * WORD, filled);
        store(at + 3 * WORD, filled);
    }
    for (; bytes > 0; bytes--) {
        own_loop();
        *at++ = (unsigned char)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a, *y = b;
    for (; bytes >= WORD && load(x) == load(y); bytes -= WORD, x += WORD, y += WORD)
        own_loop();
    for (; bytes > 0; bytes--, x++, y++) {
        own_loop();
        if (*x != *y)
            return *x - *y;
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    for (; text[length]; length++)
        own_loop();
    return length;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        own_loop();
    return (unsigned char)*a - (unsigned char)*b;
}
