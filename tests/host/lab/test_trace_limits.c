/* The trace parser at its limits: lines of a megabyte, every byte there is, and memory that ends anywhere. */
#include <stdio.h>

#include "trace_text.h"

#define LONG ((size_t)1 << 20)

static char *long_text;

/* `before`, LONG times `fill`, `after`; parsed. */
static enum lab_status parse_long(const char *before, char fill, const char *after)
{
    size_t length = strlen(before);
    memcpy(long_text, before, length);
    memset(long_text + length, fill, LONG);
    memcpy(long_text + length + LONG, after, strlen(after));
    return parse_bytes(long_text, length + LONG + strlen(after));
}

static void long_good_lines(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        char fill;
        const char *after;
    } lines[] = {
        {"", ' ', "a 5 7\n"},  {"a 5", '\t', "7"},  {"a 5 7", '\r', "\n"}, {"a 5 7 #", '#', "\n"},
        {"#", 'a', "\na 5 7"}, {"", '\n', "a 5 7"}, {"a 5 ", '0', "7\n"},  {"a ", '0', "5 7\n"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (parse_long(lines[i].before, lines[i].fill, lines[i].after) != LAB_OK)
            fail_msg("%zu: %s", i, error.message);
        check_program(&program);
        assert_int_equal(program.count, 1);
        is_op(&program.ops[0], LAB_ALLOC, 0, 7, 0);
    }
}

static void long_bad_lines(void **state)
{
    (void)state;
    char line[64] = "a 0 ", number[64], message[300];
    memset(line + 4, '9', 56);
    memset(number, '9', 60);
    line[60] = number[60] = '\0';
    assert_int_equal(parse_long("\na 0 ", '9', ""), LAB_BAD_INPUT);
    snprintf(message, sizeof message, "line 2: \"%s...\": %s... does not fit 64 bits", line, number);
    assert_string_equal(error.message, message);
    assert_int_equal(parse_long("a 0 5 ", '9', " 1"), LAB_BAD_INPUT);
    assert_non_null(strstr(error.message, "...\": a number too many"));
    assert_int_equal(parse_long("", '\n', "f 1"), LAB_BAD_INPUT);
    assert_string_equal(error.message, "line 1048577: \"f 1\": ID 1 is not live");
}

/* A line of 200,000 numbers is one number too many, as an operation and as a header. */
static void many_fields(void **state)
{
    (void)state;
    long_text[0] = 'a';
    for (size_t i = 0; i < 200000; i++)
        memcpy(long_text + 1 + 2 * i, " 1", 2);
    assert_int_equal(parse_bytes(long_text, 400001), LAB_BAD_INPUT);
    assert_non_null(strstr(error.message, "...\": a number too many"));
    assert_int_equal(parse_bytes(long_text + 1, 400000), LAB_BAD_INPUT);
    assert_non_null(strstr(error.message, "...\": a malloc-lab header is 2 or 4 numbers"));
}

/* ---- every byte ---- */

static bool is_one_of(int byte, const char *bytes)
{
    return byte != '\0' && strchr(bytes, byte);
}

/* Alone, and in place of the blanks of a good line. A NUL ends nothing and separates nothing. */
static void every_byte(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char alone = (char)byte, line[] = {'a', alone, '0', alone, '5'}, comment[] = {'#', alone, 'x'};
        assert_int_equal(parse_bytes(&alone, 1), is_one_of(byte, " \t\r\n#") ? LAB_OK : LAB_BAD_INPUT);
        assert_int_equal(parse_bytes(line, sizeof line), is_one_of(byte, " \t\r") ? LAB_OK : LAB_BAD_INPUT);
        assert_int_equal(parse_bytes(comment, sizeof comment), byte == '\n' ? LAB_BAD_INPUT : LAB_OK);
    }
}

static void nul_bytes(void **state)
{
    (void)state;
    static const char behind[] = "a 0 5\0", between[] = "a 0 5\n\0\nf 0\n", within[] = "a 0 \0005",
                      commented[] = "#\0\na 0 5#\0";
    assert_int_equal(parse_bytes(behind, sizeof behind - 1), LAB_BAD_INPUT);
    assert_string_equal(error.message, "line 1: \"a 0 5?\": '5?' is no unsigned number");
    assert_int_equal(parse_bytes(between, sizeof between - 1), LAB_BAD_INPUT);
    assert_string_equal(error.message, "line 2: \"?\": unknown operation '?': a, r, f or m is expected");
    assert_int_equal(parse_bytes(within, sizeof within - 1), LAB_BAD_INPUT);
    assert_string_equal(error.message, "line 1: \"a 0 ?5\": '?5' is no unsigned number");
    assert_int_equal(parse_bytes(commented, sizeof commented - 1), LAB_OK);
    assert_int_equal(program.count, 1);
}

/* From one byte on an unknown ID is allocated. */
static void smallest_resize_of_unknown_id(void **state)
{
    (void)state;
    is_op(good("r 9 1\nf 9\n", 2, 1), LAB_RESIZE, 0, 1, 0);
}

/* The line as it stands in the message, from the first printable character to the last. */
static void printable_bytes_are_shown(void **state)
{
    (void)state;
    bad("x !\"~\x1f\x7f", "line 1: \"x !\"~??\": unknown operation 'x': a, r, f or m is expected");
}

static void first_bad_line_is_told(void **state)
{
    (void)state;
    bad("a 0 5\nf 1\nx\na\n", "line 2: \"f 1\": ID 1 is not live");
    bad("m 0 5 3\nm 0 5 5\n", "line 1: \"m 0 5 3\": alignment 3 is no power of two");
}

/* ---- memory ---- */

enum { LIVE = 1100 }; /* the IDs' tables are made twice and once more */

static size_t write_live(char *text)
{
    size_t length = 0;
    for (int i = 0; i < LIVE; i++)
        length += (size_t)sprintf(text + length, "a %d 8\n", i);
    return length;
}

struct commits {
    size_t left, limit; /* calls that will be granted; most bytes */
};

static bool commit(void *context, size_t bytes, size_t *committed)
{
    struct commits *c = context;
    if (c->left == 0 || bytes > c->limit)
        return false;
    c->left--;
    *committed = bytes;
    return true;
}

/* Parses in an arena whose memory comes through `commits`; demands all of the program or nothing of it. */
static bool fits(const char *text, size_t length, struct commits commits)
{
    static const struct lab_program empty;
    const size_t taken = 48;
    struct lab_arena scarce = arena;
    scarce.used = scarce.committed = taken;
    scarce.commit = commit;
    scarce.context = &commits;
    memset(&program, 0xA5, sizeof program);
    enum lab_status status = lab_trace_parse(text, length, &scarce, &program, &error);
    if (status == LAB_OK) {
        assert_int_equal(program.count, LIVE);
        assert_int_equal(program.slots, LIVE);
        assert_int_equal(scarce.used, taken + LIVE * sizeof(struct lab_op));
        return true;
    }
    assert_int_equal(status, LAB_NO_SCRATCH);
    assert_int_equal(scarce.used, taken);
    assert_memory_equal(&program, &empty, sizeof empty);
    return false;
}

/* The operations, then three times two tables. */
static void memory_refused_at_each_call(void **state)
{
    (void)state;
    size_t length = write_live(long_text);
    for (size_t granted = 0; granted < 7; granted++)
        assert_false(fits(long_text, length, (struct commits){.left = granted, .limit = SIZE_MAX}));
    assert_true(fits(long_text, length, (struct commits){.left = 7, .limit = SIZE_MAX}));
}

static void memory_ends_at_each_size(void **state)
{
    (void)state;
    size_t length = write_live(long_text), bytes = 0;
    while (!fits(long_text, length, (struct commits){.left = SIZE_MAX, .limit = bytes}))
        bytes += 48;
    assert_in_range(bytes, LIVE * (sizeof(struct lab_op) + 60),
                    LIVE * (sizeof(struct lab_op) + 144)); /* as trace.h says */
    assert_true(fits(long_text, length, (struct commits){.left = SIZE_MAX, .limit = bytes + 48}));
}

static int limits_begin(void **state)
{
    long_text = malloc(2 * LONG);
    return trace_begin(state);
}

static int limits_end(void **state)
{
    free(long_text);
    return trace_end(state);
}

#define LIMITS_TEST(name) cmocka_unit_test_setup_teardown(name, limits_begin, limits_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIMITS_TEST(long_good_lines),
        LIMITS_TEST(long_bad_lines),
        LIMITS_TEST(many_fields),
        LIMITS_TEST(every_byte),
        LIMITS_TEST(nul_bytes),
        LIMITS_TEST(smallest_resize_of_unknown_id),
        LIMITS_TEST(printable_bytes_are_shown),
        LIMITS_TEST(first_bad_line_is_told),
        LIMITS_TEST(memory_refused_at_each_call),
        LIMITS_TEST(memory_ends_at_each_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
