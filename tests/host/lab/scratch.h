/* For the tests of lab/'s inputs: an arena of junk, and programs looked through operation by operation. */
#ifndef TESTS_LAB_SCRATCH_H
#define TESTS_LAB_SCRATCH_H

#include <stdlib.h>
#include <string.h>

#include <lab/arena.h>
#include <lab/program.h>

#include "support.h"

#define SCRATCH_BYTES ((size_t)32 << 20)

/* An arena of `bytes` bytes of junk, to be freed with scratch_end. */
static inline struct lab_arena scratch_begin(size_t bytes)
{
    struct lab_arena arena = {.base = aligned_alloc(16, (bytes + 15) / 16 * 16), .committed = bytes, .reserved = bytes};
    assert_non_null(arena.base);
    memset(arena.base, 0xA5, bytes);
    return arena;
}

static inline void scratch_end(struct lab_arena *arena)
{
    free(arena->base);
}

/* What a program comes to if nothing is refused. */
struct program_books {
    size_t live, most_live; /* blocks */
    uint64_t bytes, peak_bytes;
    size_t count_of[LAB_OP_KINDS];
};

/* `sizes` has a place for each slot: the live block's bytes + 1, 0 if the slot is empty. False: no program should say that. */
static inline bool books_add(struct program_books *books, uint64_t *sizes, uint32_t slots, const struct lab_op *op)
{
    books->count_of[op->kind]++;
    if (op->kind == LAB_FREE && op->slot == LAB_NULL_SLOT)
        return op->size == 0;
    if (op->kind >= LAB_OP_KINDS || op->slot >= slots || (op->kind != LAB_ALIGNED && op->align_log2 != 0))
        return false;
    uint64_t *size = &sizes[op->slot], old = *size;
    bool gives_back = op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0);
    if (op->kind == LAB_RESIZE ? old == 0 && gives_back : gives_back != (old != 0))
        return false;
    *size = gives_back ? 0 : (uint64_t)op->size + 1;
    books->live += (size_t)(*size != 0) - (size_t)(old != 0);
    books->bytes += (*size ? *size - 1 : 0) - (old ? old - 1 : 0);
    books->most_live = books->live > books->most_live ? books->live : books->most_live;
    books->peak_bytes = books->bytes > books->peak_bytes ? books->bytes : books->peak_bytes;
    return true;
}

/* Demands that every operation makes sense and that the program counted its kinds right. */
static inline struct program_books check_program(const struct lab_program *program)
{
    struct program_books books = {0};
    uint64_t *sizes = calloc((size_t)program->slots + 1, sizeof *sizes);
    for (size_t i = 0; i < program->count; i++) {
        if (!books_add(&books, sizes, program->slots, &program->ops[i]))
            fail_msg("operation %zu makes no sense", i);
    }
    assert_memory_equal(books.count_of, program->count_of, sizeof books.count_of);
    free(sizes);
    return books;
}

/* FNV-1a 64 over kind, slot, size and alignment of each operation, every one as 8 bytes: the same number at both widths. */
static inline uint64_t digest_program(const struct lab_program *program)
{
    uint64_t digest = 0xCBF29CE484222325u;
    for (size_t i = 0; i < program->count; i++) {
        const struct lab_op *op = &program->ops[i];
        const uint64_t fields[] = {op->kind, op->slot, op->size, op->align_log2};
        for (size_t byte = 0; byte < sizeof fields; byte++)
            digest = (digest ^ (fields[byte / 8] >> byte % 8 * 8 & 255)) * 0x100000001B3u;
    }
    return digest;
}

#endif
