/* Inside lab/: making a program operation by operation. */
#ifndef LAB_BUILDER_H
#define LAB_BUILDER_H

#include <lab/arena.h>
#include <lab/program.h>

#include <stdbool.h>

struct builder {
    struct lab_program *program;
    struct lab_op *ops;
    size_t capacity;
};

/* Room for at most `capacity` operations over slots below `slots`. False: the arena is too small. */
static inline bool builder_start(struct builder *b, struct lab_arena *arena, struct lab_program *program, size_t capacity,
                                 uint32_t slots)
{
    *program = (struct lab_program){.slots = slots};
    *b = (struct builder){.program = program, .capacity = capacity};
    b->ops = lab_arena_take(arena, capacity, sizeof *b->ops);
    program->ops = b->ops;
    return b->ops != NULL;
}

static inline bool builder_is_full(const struct builder *b)
{
    return b->program->count == b->capacity;
}

static inline void builder_add(struct builder *b, enum lab_op_kind kind, uint32_t slot, size_t size, unsigned align_log2)
{
    b->ops[b->program->count++] =
        (struct lab_op){.size = size, .slot = slot, .kind = (uint8_t)kind, .align_log2 = (uint8_t)align_log2};
    b->program->count_of[kind]++;
}

static inline void builder_alloc(struct builder *b, uint32_t slot, size_t size)
{
    builder_add(b, LAB_ALLOC, slot, size, 0);
}

static inline void builder_free(struct builder *b, uint32_t slot)
{
    builder_add(b, LAB_FREE, slot, 0, 0);
}

#endif
