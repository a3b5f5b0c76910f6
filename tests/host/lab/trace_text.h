/* For the tests of the trace parser: a text in, a sound program or an exact message out. */
#ifndef TESTS_LAB_TRACE_TEXT_H
#define TESTS_LAB_TRACE_TEXT_H

#include <lab/trace.h>

#include "scratch.h"

/* Of the test under way. */
static struct lab_arena arena;
static struct lab_program program;
static struct lab_error error;

/* Parses text[0 .. length) from memory that ends with it. */
static inline enum lab_status parse_bytes(const char *text, size_t length)
{
    char *exact = malloc(length ? length : 1);
    memcpy(exact, text, length);
    memset(&program, 0xA5, sizeof program);
    memset(&error, 0xA5, sizeof error);
    memset(arena.base, 0xA5, arena.used + 4096 < arena.committed ? arena.used + 4096 : arena.committed);
    arena.used = 0;
    enum lab_status status = lab_trace_parse(exact, length, &arena, &program, &error);
    free(exact);
    assert_int_equal(arena.used, status == LAB_OK ? program.count * sizeof(struct lab_op) : 0);
    return status;
}

static inline enum lab_status parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* Demands a good trace of so many operations over so many slots. */
static inline const struct lab_op *good(const char *text, size_t count, uint32_t slots)
{
    if (parse(text) != LAB_OK)
        fail_msg("%s: %s", text, error.message);
    check_program(&program);
    assert_int_equal(program.count, count);
    assert_int_equal(program.slots, slots);
    assert_int_equal(program.heap_limit, 0);
    assert_null(program.due);
    assert_int_equal(program.due_count, 0);
    return program.ops;
}

static inline void is_op(const struct lab_op *op, enum lab_op_kind kind, uint32_t slot, size_t size,
                         unsigned align_log2)
{
    assert_int_equal(op->kind, kind);
    assert_int_equal(op->slot, slot);
    assert_int_equal(op->size, size);
    assert_int_equal(op->align_log2, align_log2);
}

/* Demands that nothing is left of a bad trace, and what is said of it. */
static inline void bad(const char *text, const char *message)
{
    static const struct lab_program empty;
    assert_int_equal(parse(text), LAB_BAD_INPUT);
    assert_string_equal(error.message, message);
    assert_memory_equal(&program, &empty, sizeof empty);
}

static inline int trace_begin(void **state)
{
    (void)state;
    arena = scratch_begin((size_t)2 << 20);
    return 0;
}

static inline int trace_end(void **state)
{
    (void)state;
    scratch_end(&arena);
    return 0;
}

/* A test with an arena of its own. */
#define TRACE_TEST(name) cmocka_unit_test_setup_teardown(name, trace_begin, trace_end)

#endif
