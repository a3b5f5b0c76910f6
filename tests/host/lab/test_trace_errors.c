/* The trace parser: each wrong line with its exact message, and nothing left of its trace. */
#include "trace_text.h"

static void unknown_operation(void **state)
{
    (void)state;
    bad("a 0 5\nx 1 5\n", "line 2: \"x 1 5\": unknown operation 'x': a, r, f or m is expected");
    bad("A 0 5", "line 1: \"A 0 5\": unknown operation 'A': a, r, f or m is expected");
    bad("alloc 0 5", "line 1: \"alloc 0 5\": unknown operation 'alloc': a, r, f or m is expected");
    bad("a0 5", "line 1: \"a0 5\": unknown operation 'a0': a, r, f or m is expected");
    bad("a 0 5\n7 8\n", "line 2: \"7 8\": unknown operation '7': a, r, f or m is expected");
    bad("-1 5", "line 1: \"-1 5\": unknown operation '-1': a, r, f or m is expected");
}

static void missing_number(void **state)
{
    (void)state;
    bad("a", "line 1: \"a\": a number is missing");
    bad("a 0\n", "line 1: \"a 0\": a number is missing");
    bad("r 0\n", "line 1: \"r 0\": a number is missing");
    bad("f\n", "line 1: \"f\": a number is missing");
    bad("m 0 5\n", "line 1: \"m 0 5\": a number is missing");
    bad("a 0 # 5\n", "line 1: \"a 0\": a number is missing");
}

static void surplus_number(void **state)
{
    (void)state;
    bad("a 0 5 6\n", "line 1: \"a 0 5 6\": a number too many");
    bad("r 0 5 6\n", "line 1: \"r 0 5 6\": a number too many");
    bad("a 0 5\nf 0 0\n", "line 2: \"f 0 0\": a number too many");
    bad("m 0 5 8 9\n", "line 1: \"m 0 5 8 9\": a number too many");
    bad("f -1 0\n", "line 1: \"f -1 0\": a number too many");
    bad("a 0 5 6 7 8 9 10\n", "line 1: \"a 0 5 6 7 8 9 10\": a number too many");
}

static void live_id_allocated(void **state)
{
    (void)state;
    bad("a 3 5\na 3 6\n", "line 2: \"a 3 6\": ID 3 is live already");
    bad("a 3 5\nm 3 6 8\n", "line 2: \"m 3 6 8\": ID 3 is live already");
    bad("r 3 5\na 3 6\n", "line 2: \"a 3 6\": ID 3 is live already");
    bad("a 3 5\na 0x3 6\n", "line 2: \"a 0x3 6\": ID 0x3 is live already");
}

static void dead_id_freed(void **state)
{
    (void)state;
    bad("f 3\n", "line 1: \"f 3\": ID 3 is not live");
    bad("a 3 5\nf 3\nf 3\n", "line 3: \"f 3\": ID 3 is not live");
    bad("f 18446744073709551615\n", "line 1: \"f 18446744073709551615\": ID 18446744073709551615 is not live");
}

static void alignment_no_power_of_two(void **state)
{
    (void)state;
    bad("m 0 5 0\n", "line 1: \"m 0 5 0\": alignment 0 is no power of two");
    bad("m 0 5 3\n", "line 1: \"m 0 5 3\": alignment 3 is no power of two");
    bad("m 0 5 18446744073709551615\n",
        "line 1: \"m 0 5 18446744073709551615\": alignment 18446744073709551615 is no power of two");
}

static void malformed_number(void **state)
{
    (void)state;
    bad("a -1 5\n", "line 1: \"a -1 5\": '-1' is no unsigned number");
    bad("a 0 -5\n", "line 1: \"a 0 -5\": '-5' is no unsigned number");
    bad("a 0 5K\n", "line 1: \"a 0 5K\": '5K' is no unsigned number");
    bad("f x\n", "line 1: \"f x\": 'x' is no unsigned number");
    bad("f -2\n", "line 1: \"f -2\": '-2' is no unsigned number");
    bad("m 0 5 8x\n", "line 1: \"m 0 5 8x\": '8x' is no unsigned number");
}

static void number_beyond_64_bits(void **state)
{
    (void)state;
    bad("a 0 18446744073709551616\n",
        "line 1: \"a 0 18446744073709551616\": 18446744073709551616 does not fit 64 bits");
    bad("a 18446744073709551616 5\n",
        "line 1: \"a 18446744073709551616 5\": 18446744073709551616 does not fit 64 bits");
    bad("m 0 5 0x10000000000000000\n",
        "line 1: \"m 0 5 0x10000000000000000\": 0x10000000000000000 does not fit 64 bits");
}

static void header_of_another_length(void **state)
{
    (void)state;
#define HEADER "a malloc-lab header is 2 or 4 numbers before the first operation"
    bad("7\na 0 5\n", "line 1: \"7\": " HEADER);
    bad("1\n2\n\n 3\na 0 5\n", "line 4: \" 3\": " HEADER);
    bad("1 2\n3 4\n5 6\na 0 5\n", "line 3: \"5 6\": " HEADER);
    bad("1 2 3 4 5 6 7 8", "line 1: \"1 2 3 4 5 6 7 8\": " HEADER);
}

static void header_that_is_none(void **state)
{
    (void)state;
    bad("0 a 5 6\na 0 5\n", "line 1: \"0 a 5 6\": 'a' is no unsigned number");
    bad("1\n2e3\na 0 5\n", "line 2: \"2e3\": '2e3' is no unsigned number");
    bad("99999999999999999999 1\n", "line 1: \"99999999999999999999 1\": 99999999999999999999 does not fit 64 bits");
}

static void line_numbers_count_every_line(void **state)
{
    (void)state;
    bad("# a\r\n\r\n20000\n1\n2\n1\n\na 0 5\n# b\nf 1", "line 10: \"f 1\": ID 1 is not live");
}

static void shown_line_is_cut(void **state)
{
    (void)state;
#define SIXTY "x23456789 123456789 123456789 123456789 123456789 123456789 "
    bad("a 0 5\n" SIXTY "1", "line 2: \"" SIXTY "...\": unknown operation 'x23456789': a, r, f or m is expected");
    bad("x2345678901234567890123456789012345678901234567890123456789",
        "line 1: \"x2345678901234567890123456789012345678901234567890123456789\": "
        "unknown operation 'x2345678901234567890123456789012345678901234567890123456789': a, r, f or m is expected");
    assert_string_equal(error.word, "x2345678901234567890123456789012345678901234567890123456789");
}

/* The longest message there can be keeps its end. */
static void longest_message_is_whole(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'z', sizeof text);
    assert_int_equal(parse_bytes(text, sizeof text), LAB_BAD_INPUT);
    assert_non_null(strstr(error.message, "...': a, r, f or m is expected"));
    assert_int_equal(strlen(error.word), sizeof error.word - 1);
    assert_non_null(strstr(error.word, "z..."));
}

static void shown_line_is_printable(void **state)
{
    (void)state;
    bad("\ta\t0\x1b[2J", "line 1: \" a 0?[2J\": a number is missing");
    assert_string_equal(error.word, " a 0?[2J");
    static const char binary[] = "\x1f\x8b\0\x08 1\n";
    assert_int_equal(parse_bytes(binary, sizeof binary - 1), LAB_BAD_INPUT);
    assert_string_equal(error.message, "line 1: \"???? 1\": unknown operation '???\?': a, r, f or m is expected");
}

static void nobody_reads_the_error(void **state)
{
    (void)state;
    assert_int_equal(lab_trace_parse("x", 1, &arena, &program, NULL), LAB_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRACE_TEST(unknown_operation),
        TRACE_TEST(missing_number),
        TRACE_TEST(surplus_number),
        TRACE_TEST(live_id_allocated),
        TRACE_TEST(dead_id_freed),
        TRACE_TEST(alignment_no_power_of_two),
        TRACE_TEST(malformed_number),
        TRACE_TEST(number_beyond_64_bits),
        TRACE_TEST(header_of_another_length),
        TRACE_TEST(header_that_is_none),
        TRACE_TEST(line_numbers_count_every_line),
        TRACE_TEST(shown_line_is_cut),
        TRACE_TEST(longest_message_is_whole),
        TRACE_TEST(shown_line_is_printable),
        TRACE_TEST(nobody_reads_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
