/* Numbers and names as users type them, and error lines. */
#include <stdlib.h>
#include <string.h>

#include <lab/error.h>
#include <lab/number.h>

#include "support.h"

/* Parses a copy without a NUL behind it, so that the sanitizer sees a step too far. */
static enum lab_number_status parse(const char *text, bool with_suffix, uint64_t *value)
{
    size_t length = strlen(text);
    char *exact = malloc(length ? length : 1);
    memcpy(exact, text, length);
    *value = 0xA5A5;
    enum lab_number_status status = lab_parse_number(exact, length, with_suffix, value);
    free(exact);
    assert_true(status == LAB_NUMBER_OK || *value == 0xA5A5);
    return status;
}

static void good_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } cases[] = {
        {"0", 0},
        {"7", 7},
        {"007", 7},
        {"18446744073709551615", UINT64_MAX},
        {"0x0", 0},
        {"0xfF", 255},
        {"0X1f", 31},
        {"0xFFFFFFFFFFFFFFFF", UINT64_MAX},
        {"0x0000000000000000000001", 1},
        {"4K", 4096},
        {"4k", 4096},
        {"3M", 3u << 20},
        {"3m", 3u << 20},
        {"2G", (uint64_t)2 << 30},
        {"2g", (uint64_t)2 << 30},
        {"0x10K", 16384},
        {"0K", 0},
        {"17179869183G", (uint64_t)17179869183u << 30},
        {"18014398509481983K", (uint64_t)18014398509481983u << 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value;
        if (parse(cases[i].text, true, &value) != LAB_NUMBER_OK || value != cases[i].value)
            fail_msg("%s", cases[i].text);
    }
}

static void malformed_numbers(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",     "-1", "+1",  " 1",  "1 ",  "0x",  "0X", "x1",   "12z",   "1.5",
        "1e5",  "K",  "0xK", "0xg", "4KK", "4KB", "4T", "0x-1", "1,000", "99999999999999999999z",
        "\xFF",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value;
        if (parse(cases[i], true, &value) != LAB_NUMBER_MALFORMED)
            fail_msg("'%s'", cases[i]);
    }
}

static void numbers_beyond_64_bits(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "18446744073709551616", "18446744073709551620",  "99999999999999999999999999",
        "0x10000000000000000",  "18014398509481984K",    "17592186044416M",
        "17179869184G",         "18446744073709551615K", "0xFFFFFFFFFFFFFFFFG",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value;
        if (parse(cases[i], true, &value) != LAB_NUMBER_OVERFLOW)
            fail_msg("%s", cases[i]);
    }
}

static void suffix_only_where_meant(void **state)
{
    (void)state;
    uint64_t value;
    assert_int_equal(parse("4K", false, &value), LAB_NUMBER_MALFORMED);
    assert_int_equal(parse("4", false, &value), LAB_NUMBER_OK);
}

static const char *nearest(const char *word)
{
    static const char *const names[] = {
        "first-fit", "best-fit", "bump", "buddy", "a-name-of-more-than-thirty-two-letters", NULL};
    return lab_nearest(word, strlen(word), names);
}

static void nearest_name(void **state)
{
    (void)state;
    assert_string_equal(nearest("first-fit"), "first-fit");
    assert_string_equal(nearest("frist-fit"), "first-fit"); /* swapped */
    assert_string_equal(nearest("firstfit"), "first-fit");  /* a letter missing */
    assert_string_equal(nearest("besst-fit"), "best-fit");  /* one too many */
    assert_string_equal(nearest("best_fit"), "best-fit");   /* another */
    assert_string_equal(nearest("bmup"), "bump");
    assert_string_equal(nearest("bum"), "bump");
    assert_string_equal(nearest("budy"), "buddy");
}

static void nothing_near(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    assert_null(nearest(""));
    assert_null(nearest("bunk")); /* two letters of four */
    assert_null(nearest("slab"));
    assert_null(nearest("worst-case"));
    assert_null(nearest("a-name-of-more-than-thirty-two-letters")); /* longer than any name there is */
    assert_null(lab_nearest("bump", 4, none));
}

/* The first among equals; the word need not end with a NUL. */
static void nearest_is_stable(void **state)
{
    (void)state;
    static const char *const names[] = {"aaxaa", "aayaa", NULL};
    static const char *const closer[] = {"aaxya", "aaaab", NULL};
    static const char word[5] = {'a', 'a', 'a', 'a', 'a'};
    assert_string_equal(lab_nearest(word, 5, names), "aaxaa");
    assert_string_equal(lab_nearest(word, 5, closer), "aaaab");
}

static void error_lines(void **state)
{
    (void)state;
    struct lab_error error;
    memset(&error, 0xA5, sizeof error);
    assert_false(lab_fail(&error, "a\tb\n\x80\0c", 7, "%s %d", "bad\nline\x80", 5));
    assert_string_equal(error.word, "a b???c");
    assert_string_equal(error.message, "bad?line? 5");
    assert_false(lab_fail(NULL, "a", 1, "nobody listens"));
}

static void long_errors_are_cut_and_marked(void **state)
{
    (void)state;
    struct lab_error error;
    char exact[80], all[240], longer[301];
    memset(exact, 'w', sizeof exact);
    memset(all, 'm', sizeof all);
    memset(longer, 'l', sizeof longer);
    all[239] = longer[300] = '\0';
    memset(&error, 0xA5, sizeof error);
    lab_fail(&error, exact, 79, "%s", all);
    assert_int_equal(strlen(error.word), 79);
    assert_string_equal(error.word + 76, "www");
    assert_string_equal(error.message, all);
    lab_fail(&error, exact, 80, "%s", longer);
    assert_int_equal(strlen(error.word), 79);
    assert_string_equal(error.word + 75, "w...");
    assert_int_equal(strlen(error.message), 239);
    assert_string_equal(error.message + 235, "l...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_numbers),
        cmocka_unit_test(malformed_numbers),
        cmocka_unit_test(numbers_beyond_64_bits),
        cmocka_unit_test(suffix_only_where_meant),
        cmocka_unit_test(nearest_name),
        cmocka_unit_test(nothing_near),
        cmocka_unit_test(nearest_is_stable),
        cmocka_unit_test(error_lines),
        cmocka_unit_test(long_errors_are_cut_and_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
