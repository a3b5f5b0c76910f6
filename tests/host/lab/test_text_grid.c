/* The formatter: every conversion it knows, in every length, width and flag, held against the C library's; and the
 * formats it refuses. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lab/text.h>

#include "support.h"

static char text[200], expected[200];
static struct lab_buffer buffer;
static struct lab_sink sink;

/* The same format and arguments to both formatters. */
#define SAME(format, ...)                                                 \
    do {                                                                  \
        snprintf(expected, sizeof expected, (format), __VA_ARGS__);       \
        sink = lab_buffer_sink(&buffer, text, sizeof text);               \
        lab_print(&sink, (format), __VA_ARGS__);                          \
        if (strcmp(text, expected) != 0)                                  \
            fail_msg("\"%s\": '%s', not '%s'", (format), text, expected); \
    } while (0)

/* A width, written into the format (below STAR) or handed over. */
enum { WIDEST = 26, STAR = WIDEST + 1, WIDTHS = STAR + 2 * WIDEST + 1 };

static bool is_star(int width)
{
    return width >= STAR;
}

static int star_of(int width)
{
    return width - STAR - WIDEST; /* -WIDEST .. WIDEST */
}

/* "[%-12lld]", "[%0*d]" and so on. */
static const char *format_of(const char *flags, int width, const char *conversion)
{
    static char format[40];
    char digits[12] = "*";
    if (!is_star(width))
        snprintf(digits, sizeof digits, "%d", width);
    snprintf(format, sizeof format, "[%%%s%s%s]", flags, width == 0 ? "" : digits, conversion);
    return format;
}

#define SAME_AT(width, format, value)                \
    do {                                             \
        if (is_star(width))                          \
            SAME((format), star_of(width), (value)); \
        else                                         \
            SAME((format), (value));                 \
    } while (0)

static void same_number(const char *flags, int width, const char *length, char letter, uint64_t value)
{
    char conversion[6];
    snprintf(conversion, sizeof conversion, "%s%c", length, letter);
    const char *format = format_of(flags, width, conversion);
    if (strcmp(length, "l") == 0)
        SAME_AT(width, format, (unsigned long)value);
    else if (strcmp(length, "ll") == 0)
        SAME_AT(width, format, (unsigned long long)value);
    else if (strcmp(length, "z") == 0)
        SAME_AT(width, format, (size_t)value);
    else if (strcmp(length, "j") == 0)
        SAME_AT(width, format, (uintmax_t)value);
    else
        SAME_AT(width, format, (unsigned)value);
}

static void numbers(void **state)
{
    (void)state;
    static const char *const flags[] = {"", "-", "0", "-0"}, *const lengths[] = {"", "l", "ll", "z", "j"};
    static const uint64_t values[] = {0,        9,          10,        0xABCDEF,   INT_MAX,    (uint64_t)INT_MAX + 1,
                                      UINT_MAX, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 41};
    for (size_t f = 0; f < sizeof flags / sizeof *flags; f++) {
        for (int width = 0; width < WIDTHS; width++) {
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
                for (const char *letter = "diuxX"; *letter; letter++) {
                    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
                        same_number(flags[f], width, lengths[l], *letter, values[v]);
                }
            }
        }
    }
}

static void texts_and_characters(void **state)
{
    (void)state;
    static const char *const precisions[] = {"", ".", ".0", ".1", ".4", ".5", ".30"};
    static const char *const words[] = {"", "a", "five5", "longer than any of the widths there are"};
    for (int width = 0; width < WIDTHS; width++) {
        for (size_t p = 0; p < sizeof precisions / sizeof *precisions; p++) {
            char conversion[6];
            snprintf(conversion, sizeof conversion, "%ss", precisions[p]);
            for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
                SAME_AT(width, format_of("", width, conversion), words[w]);
                SAME_AT(width, format_of("-", width, conversion), words[w]);
            }
        }
        SAME_AT(width, format_of("", width, "c"), 'x');
        SAME_AT(width, format_of("-", width, "c"), '%');
    }
}

static void pointers(void **state)
{
    (void)state;
    for (int width = 0; width < WIDTHS; width++) {
        SAME_AT(width, format_of("", width, "p"), (void *)(uintptr_t)0xBEEF);
        SAME_AT(width, format_of("-", width, "p"), (void *)UINTPTR_MAX);
    }
}

/* Whether the formatter asserts on it, in a process of its own. */
static bool is_assertion(const char *format)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        sink = lab_buffer_sink(&buffer, text, sizeof text);
        lab_print(&sink, format, 1, 2);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* A format that would print something else than its writer meant. */
static void other_formats_are_assertions(void **state)
{
    (void)state;
    static const char *const formats[] = {"%",   "%5",  "%q",  "%n",   "%o",   "%f",   "%hd",  "%+d",
                                          "% d", "%#x", "%td", "%.3d", "%.8x", "%.0u", "%.2c", "%.4p"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!is_assertion(formats[i]))
            fail_msg("\"%s\" is taken", formats[i]);
    }
    assert_false(is_assertion("%d %3x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts_and_characters),
        cmocka_unit_test(pointers),
        cmocka_unit_test(other_formats_are_assertions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
