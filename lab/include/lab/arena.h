/* Scratch memory of lab/: handed in by the caller, used from the bottom up, given back to a mark.
 * The heaps under test live elsewhere; nothing here is counted in a result. */
#ifndef LAB_ARENA_H
#define LAB_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct lab_arena {
    unsigned char *base;                 /* aligned to 16 */
    size_t used, committed, reserved;    /* bytes; used <= committed <= reserved */
    /* Makes at least `bytes` bytes from base usable (0 < bytes <= reserved) and sets *committed, or returns false. NULL:
     * committed is all there is. */
    bool (*commit)(void *context, size_t bytes, size_t *committed);
    void *context;
};

/* count * size bytes aligned to 16, content undefined; NULL if the arena (or a size_t) cannot hold them. */
void *lab_arena_take(struct lab_arena *arena, size_t count, size_t size);

/* Everything taken after `used` was `mark` is given back. */
static inline void lab_arena_release(struct lab_arena *arena, size_t mark)
{
    arena->used = mark;
}

#endif
