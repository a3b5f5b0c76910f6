/* For the tests of scripts: a text in, the steps or an exact message out; and the files of lectures/. */
#ifndef TESTS_LAB_SCRIPT_TEXT_H
#define TESTS_LAB_SCRIPT_TEXT_H

#include <stdio.h>

#include <lab/script.h>

#include "scratch.h"

/* Of the test under way. */
static struct lab_arena arena;
static struct lab_script script;
static struct lab_error error;
static char *script_text; /* ends where the script does, so that the sanitizer sees what reads on */

static inline int script_begin(void **state)
{
    (void)state;
    arena = scratch_begin((size_t)32 << 20);
    script_text = NULL;
    return 0;
}

static inline int script_end(void **state)
{
    (void)state;
    free(script_text);
    scratch_end(&arena);
    return 0;
}

/* A test with an arena of its own. */
#define SCRIPT_TEST(name) cmocka_unit_test_setup_teardown(name, script_begin, script_end)

static inline enum lab_status read_bytes(const char *text, size_t length, uint64_t seed)
{
    free(script_text);
    script_text = malloc(length ? length : 1);
    memcpy(script_text, text, length);
    memset(&script, 0xA5, sizeof script);
    memset(&error, 0, sizeof error);
    arena.used = 48;
    enum lab_status status = lab_script_read(script_text, length, seed, &arena, &script, &error);
    if (status != LAB_OK) {
        assert_int_equal(arena.used, 48);
        assert_int_equal(script.count, 0);
    }
    return status;
}

static inline enum lab_status read_text(const char *text)
{
    return read_bytes(text, strlen(text), 1);
}

/* Demands a good script of so many steps. */
static inline const struct lab_step *good(const char *text, size_t count)
{
    if (read_text(text) != LAB_OK)
        fail_msg("%s: %s", text, error.message);
    assert_int_equal(script.count, count);
    return script.steps;
}

/* Demands that message, which the word in it is part of. */
static inline void bad(const char *text, const char *message)
{
    assert_int_equal(read_text(text), LAB_BAD_INPUT);
    assert_string_equal(error.message, message);
}

/* ---- steps as text ---- */

static const char *const step_names[LAB_STEP_KINDS] = {"alloc", "aalloc", "resize", "free",  "write",
                                                       "read",  "check",  "use",    "about", "say",
                                                       "show",  "ask",    "expect", "shell", "adversary"};

static inline void dump_block(const struct lab_sink *sink, const struct lab_step *step)
{
    char name[LAB_BLOCK_TEXT];
    if (step->kind <= LAB_STEP_READ)
        lab_print(sink, " %s", lab_block_text(&script, step->block, name));
}

static inline void dump_numbers(const struct lab_sink *sink, const struct lab_step *step)
{
    if (step->kind <= LAB_STEP_RESIZE || step->kind == LAB_STEP_WRITE || step->kind == LAB_STEP_READ)
        lab_print(sink, " %zu", step->size);
    if (step->kind == LAB_STEP_ALIGNED)
        lab_print(sink, " 2^%u", step->align_log2);
    if (step->kind == LAB_STEP_ADVERSARY)
        lab_print(sink, " %zu %zd", step->size, step->offset);
    else if (step->offset != 0)
        lab_print(sink, " at %zd", step->offset);
    lab_print(sink, "%s%s%s%s", step->is_past ? " past" : "", step->is_rest ? " rest" : "", step->is_misuse ? " !" : "",
              step->is_again ? " again" : "");
}

/* One step, one line: "3 alloc wall[1] 24". */
static inline void dump_step(const struct lab_sink *sink, const struct lab_step *step)
{
    lab_print(sink, "%u %s", step->line, step_names[step->kind]);
    dump_block(sink, step);
    dump_numbers(sink, step);
    if (step->kind == LAB_STEP_SHOW)
        lab_print(sink, " %d", step->show);
    if (step->kind == LAB_STEP_EXPECT) {
        char name[LAB_BLOCK_TEXT];
        bool has_block = step->expect.quantity == LAB_Q_AT || step->expect.quantity == LAB_Q_SIZE;
        lab_print(sink, " ");
        lab_expect_print(sink, &step->expect, has_block ? lab_block_text(&script, step->expect.block, name) : NULL);
        if (step->expect.under_length > 0)
            lab_print(sink, " under %.*s", (int)step->expect.under_length, step->expect.under);
    }
    if (step->kind == LAB_STEP_ABOUT || step->kind == LAB_STEP_SAY || step->kind == LAB_STEP_COMMAND)
        lab_print(sink, " \"%.*s\"", (int)step->text_length, step->text);
    lab_print(sink, "\n");
}

/* Demands that the script expands to these steps. */
static inline void expands(const char *text, const char *steps)
{
    static char dump[1 << 16];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, dump, sizeof dump);
    if (read_text(text) != LAB_OK)
        fail_msg("%s: %s", text, error.message);
    for (size_t i = 0; i < script.count; i++)
        dump_step(&sink, &script.steps[i]);
    assert_string_equal(dump, steps);
}

#endif
