/* Scratch memory from the bottom up. */
#include <lab/arena.h>

#include <stdint.h>

#define ARENA_ALIGN ((size_t)16)

void *lab_arena_take(struct lab_arena *arena, size_t count, size_t size)
{
    size_t start = (arena->used + (ARENA_ALIGN - 1)) & ~(ARENA_ALIGN - 1);
    if (start < arena->used || start > arena->reserved)
        return NULL;
    size_t room = arena->reserved - start;
    if (size != 0 && count > room / size)
        return NULL;
    size_t end = start + count * size;
    if (end > arena->committed &&
        !(arena->commit && arena->commit(arena->context, end, &arena->committed) && end <= arena->committed))
        return NULL;
    arena->used = end;
    return arena->base + start;
}
