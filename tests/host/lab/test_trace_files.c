/* The recorded traces of traces/: each parses, and comes to the figures its provenance states. */
#define _POSIX_C_SOURCE 200809L /* popen */

#include <stdio.h>

#include <lab/trace.h>

#include "scratch.h"

#define TEXT_MAX ((size_t)16 << 20)

struct recorded {
    const char *name;
    size_t ops, allocs, resizes, frees, live_end;
    uint64_t peak_bytes;
    size_t most_live;
};

static const struct recorded recorded[] = {
    {"sqlite", 36091, 17975, 158, 17958, 17, 1218929, 889},
    {"perl", 105272, 44778, 16888, 43606, 1172, 2287158, 23706},
    {"lua", 290818, 145380, 59, 145379, 1, 1240143, 21319},
    {"gcc", 345422, 170793, 8224, 166405, 4388, 3211660, 4868},
    {"redis", 600000, 316499, 11579, 271922, 44577, 2814507, 44585},
};

static size_t read_trace(const char *name, char *text)
{
    char command[1024];
    assert_true(snprintf(command, sizeof command, "gzip -dc '%s/%s.trace.gz'", KFIT_TRACES, name) <
                (int)sizeof command);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t length = fread(text, 1, TEXT_MAX, pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_true(length > 0 && length < TEXT_MAX);
    return length;
}

static void check_recorded(const struct recorded *r, const char *text, size_t length, struct lab_arena *arena)
{
    struct lab_program program;
    struct lab_error error;
    size_t mark = arena->used;
    if (lab_trace_parse(text, length, arena, &program, &error) != LAB_OK)
        fail_msg("%s: %s", r->name, error.message);
    assert_int_equal(arena->used - mark, r->ops * sizeof(struct lab_op));
    struct program_books books = check_program(&program);
    assert_int_equal(program.count, r->ops);
    assert_int_equal(books.count_of[LAB_ALLOC] + books.count_of[LAB_ALIGNED], r->allocs);
    assert_int_equal(books.count_of[LAB_RESIZE], r->resizes);
    assert_int_equal(books.count_of[LAB_FREE], r->frees);
    assert_int_equal(books.live, r->live_end);
    assert_int_equal(books.peak_bytes, r->peak_bytes);
    assert_int_equal(books.most_live, r->most_live);
    assert_int_equal(program.slots, r->most_live);
    lab_arena_release(arena, mark);
}

static void each_recorded_trace(void **state)
{
    (void)state;
    struct lab_arena arena = scratch_begin(SCRATCH_BYTES);
    char *text = malloc(TEXT_MAX);
    for (size_t i = 0; i < sizeof recorded / sizeof *recorded; i++) {
        size_t length = read_trace(recorded[i].name, text);
        char *exact = realloc(text, length);
        check_recorded(&recorded[i], exact, length, &arena);
        text = realloc(exact, TEXT_MAX);
    }
    free(text);
    scratch_end(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_recorded_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
