/* Fuzz target: the trace parser on any bytes. A program it makes is sound and reads the same when written down again; a text it
 * refuses leaves nothing behind but one printable line. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lab/trace.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())
#define ARENA_BYTES ((size_t)256 << 10)

/* Parses a copy with nothing behind it, in an arena of junk of which some is taken already. */
static enum lab_status parse(const void *text, size_t length, struct lab_arena *arena, struct lab_program *program,
                             struct lab_error *error)
{
    char *exact = malloc(length ? length : 1);
    memcpy(exact, text, length);
    *arena = (struct lab_arena){.base = aligned_alloc(16, ARENA_BYTES), .used = 32};
    arena->committed = arena->reserved = ARENA_BYTES;
    memset(arena->base, 0xA5, ARENA_BYTES);
    memset(program, 0xA5, sizeof *program);
    memset(error, 0, sizeof *error);
    enum lab_status status = lab_trace_parse(exact, length, arena, program, error);
    free(exact);
    return status;
}

/* Every operation names a slot it may name, as tests/host/lab/scratch.h says it too. */
static void check_operations(const struct lab_program *program)
{
    size_t count_of[LAB_OP_KINDS] = {0};
    bool *is_live = calloc((size_t)program->slots + 1, sizeof *is_live);
    for (size_t i = 0; i < program->count; i++) {
        const struct lab_op *op = &program->ops[i];
        MUST(op->kind < LAB_OP_KINDS && op->align_log2 < 64);
        count_of[op->kind]++;
        if (op->slot == LAB_NULL_SLOT) {
            MUST(op->kind == LAB_FREE);
            continue;
        }
        MUST(op->slot < program->slots);
        bool gives_back = op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0);
        MUST(!gives_back || is_live[op->slot]);
        MUST(op->kind == LAB_RESIZE || gives_back == is_live[op->slot]);
        is_live[op->slot] = !gives_back;
    }
    for (size_t kind = 0; kind < LAB_OP_KINDS; kind++)
        MUST(count_of[kind] == program->count_of[kind]);
    free(is_live);
}

static size_t write_operation(char *out, const struct lab_op *op)
{
    unsigned long long size = op->size;
    switch (op->kind) {
    case LAB_ALLOC:
        return (size_t)sprintf(out, "a %u %llu\n", op->slot, size);
    case LAB_ALIGNED:
        return (size_t)sprintf(out, "m %u %llu %llu\n", op->slot, size, 1ull << op->align_log2);
    case LAB_RESIZE:
        return (size_t)sprintf(out, "r %u %llu\n", op->slot, size);
    default:
        return (size_t)(op->slot == LAB_NULL_SLOT ? sprintf(out, "f -1\n") : sprintf(out, "f %u\n", op->slot));
    }
}

static void check_again(const struct lab_program *program)
{
    struct lab_arena arena;
    struct lab_program again;
    struct lab_error error;
    size_t length = 0;
    char *text = malloc(program->count * 64 + 1);
    for (size_t i = 0; i < program->count; i++)
        length += write_operation(text + length, &program->ops[i]);
    MUST(parse(text, length, &arena, &again, &error) == LAB_OK);
    MUST(again.count == program->count && again.slots == program->slots);
    for (size_t i = 0; i < again.count; i++) {
        const struct lab_op *a = &program->ops[i], *b = &again.ops[i];
        MUST(a->kind == b->kind && a->slot == b->slot && a->size == b->size && a->align_log2 == b->align_log2);
    }
    free(arena.base);
    free(text);
}

static void check_refusal(const struct lab_program *program, const struct lab_error *error)
{
    MUST(program->ops == NULL && program->count == 0 && program->slots == 0);
    MUST(strncmp(error->message, "line ", 5) == 0 && strlen(error->message) < sizeof error->message - 1);
    for (const char *c = error->message; *c; c++)
        MUST(*c >= ' ' && *c <= '~');
    for (const char *c = error->word; *c; c++)
        MUST(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lab_arena arena;
    struct lab_program program;
    struct lab_error error;
    enum lab_status status = parse(data, size, &arena, &program, &error);
    if (status == LAB_OK) {
        MUST(arena.used == 32 + program.count * sizeof(struct lab_op));
        check_operations(&program);
        check_again(&program);
    } else {
        MUST(arena.used == 32 && (status == LAB_BAD_INPUT || size > 10000));
    }
    if (status == LAB_BAD_INPUT)
        check_refusal(&program, &error);
    free(arena.base);
    return 0;
}
