/* The formatter: all it promises, held against the C library's; buffers that are too small; grouped numbers. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <lab/text.h>

#include "support.h"

static char text[400];
static struct lab_buffer buffer;

#define PRINT(...)                                                          \
    do {                                                                    \
        memset(text, 'x', sizeof text);                                     \
        struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text); \
        lab_print(&sink, __VA_ARGS__);                                      \
    } while (0)

/* The same format and arguments to both formatters. */
#define SAME(...)                                          \
    do {                                                   \
        char expected[sizeof text];                        \
        snprintf(expected, sizeof expected, __VA_ARGS__);  \
        PRINT(__VA_ARGS__);                                \
        assert_string_equal(text, expected);               \
        assert_int_equal(buffer.length, strlen(expected)); \
    } while (0)

static void plain_text(void **state)
{
    (void)state;
    SAME("no conversion at all");
    SAME("100%% of %% and %%d");
    PRINT("%s", "");
    assert_string_equal(text, "");
}

static void numbers_of_every_length(void **state)
{
    (void)state;
    SAME("%d %i %d", INT_MIN, INT_MAX, 0);
    SAME("%u %x %X", UINT_MAX, 0xdeadbeefu, 0xdeadbeefu);
    SAME("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
    SAME("%lld %llu %llX", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
    SAME("%zu %zx", SIZE_MAX, (size_t)0xABC);
    SAME("%jd %ju %jx", INTMAX_MIN, UINTMAX_MAX, (uintmax_t)0);
}

/* A wrong step through the arguments shows in those that follow. */
static void arguments_of_mixed_lengths(void **state)
{
    (void)state;
    SAME("%d %llu %d %ju %zu %s %lu %c", 1, 2ull, 3, (uintmax_t)4, (size_t)5, "six", 7ul, '8');
}

static void widths_and_flags(void **state)
{
    (void)state;
    SAME("[%5d] [%-5d] [%05d] [%2d]", 42, 42, 42, 12345);
    SAME("[%5d] [%-5d] [%05d]", -42, -42, -42);
    SAME("[%8s] [%-8s] [%2s]", "abc", "abc", "abc");
    SAME("[%3c] [%-3c]", 'a', 'b');
    SAME("[%016llx] [%08X]", 0xABCull, 0xABCu);
    SAME("[%*d] [%*d] [%-*d]", 6, 42, -6, 42, 6, 42);
    SAME("[%40d] [%040d]", 7, -7);
}

static void precision_cuts_text(void **state)
{
    (void)state;
    static const char unended[3] = {'a', 'b', 'c'};
    SAME("[%.2s] [%.0s] [%.9s]", "abc", "abc", "abc");
    SAME("[%.*s] [%.*s] [%6.*s] [%-6.2s]", 1, "abc", -1, "abc", 2, "abc", "abc");
    PRINT("%.3s", unended); /* the sanitizer sees a step too far */
    assert_string_equal(text, "abc");
}

static void pointers(void **state)
{
    (void)state;
    PRINT("%p %p", (void *)(uintptr_t)0xBEEF, NULL);
    assert_string_equal(text, "0xbeef 0x0");
}

static void write_pieces(void *context, const char *piece, size_t length)
{
    size_t *calls = context;
    assert_true(length > 0);
    assert_non_null(piece);
    (*calls)++;
}

static void sink_gets_no_empty_pieces(void **state)
{
    (void)state;
    size_t calls = 0;
    const struct lab_sink sink = {.write = write_pieces, .context = &calls};
    lab_print(&sink, "%s%.0s%s", "", "abc", "");
    assert_int_equal(calls, 0);
    lab_print(&sink, "a%sb", "");
    assert_int_equal(calls, 2);
}

static void small_buffer_cuts_and_tells(void **state)
{
    (void)state;
    char room[8];
    memset(room, 'x', sizeof room);
    struct lab_sink sink = lab_buffer_sink(&buffer, room, 4);
    assert_string_equal(room, "");
    lab_print(&sink, "%s", "ab");
    lab_print(&sink, "%s", "cde");
    lab_print(&sink, "%d", 12345);
    assert_memory_equal(room, "abc\0xxxx", 8);
    assert_int_equal(buffer.length, 3);
    assert_int_equal(buffer.wanted, 10);
    sink = lab_buffer_sink(&buffer, room, 1);
    lab_print(&sink, "abc");
    assert_memory_equal(room, "\0bc\0xxxx", 8);
    assert_int_equal(buffer.wanted, 3);
}

static void grouped_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {999, "999"},
                 {1000, "1,000"},
                 {12345, "12,345"},
                 {999999, "999,999"},
                 {1000000, "1,000,000"},
                 {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[27];
        memset(out, 'x', sizeof out);
        assert_ptr_equal(lab_grouped(cases[i].value, out), out);
        assert_string_equal(out, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text),
        cmocka_unit_test(numbers_of_every_length),
        cmocka_unit_test(arguments_of_mixed_lengths),
        cmocka_unit_test(widths_and_flags),
        cmocka_unit_test(precision_cuts_text),
        cmocka_unit_test(pointers),
        cmocka_unit_test(sink_gets_no_empty_pieces),
        cmocka_unit_test(small_buffer_cuts_and_tells),
        cmocka_unit_test(grouped_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
