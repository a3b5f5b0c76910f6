/* Lines longer than their row: what is shown while typing, what a paste shows, what is left on the screen. */
#include "typist.h"

static int setup(void **state)
{
    (void)state;
    typist_begin(NULL);
    return 0;
}

static const char long_text[] =
    "compare churn:ops=20000:live=500:size=16-512:resize=50 compare=first-fit,best-fit,worst-fit "
    "seed=7 vm=immediate";

static void expect_row(size_t row, const char *text)
{
    char now[TERMINAL_COLUMNS_MAX + 1];
    size_t length = terminal.columns;
    memcpy(now, terminal.cells[row], length);
    while (length > 0 && now[length - 1] == ' ')
        length--;
    now[length] = '\0';
    assert_string_equal(now, text);
}

/* Typed with pauses: the row scrolls by half, and is the only row that is touched until Enter. */
static void typed(void **state)
{
    (void)state;
    typist_types(long_text);
    assert_int_equal(terminal.row, 0);
    expect_row(0, "kfit> <6-512:resize=50 compare=first-fit,best-fit,worst-fit seed=7 vm=immediate");
    typist_key(HOME);
    expect_row(0, "kfit> compare churn:ops=20000:live=500:size=16-512:resize=50 compare=first-fit>");
    typist_key(END);
    typist_enters(long_text);
    assert_true(terminal_shows_whole(&terminal, 0, "kfit> ", long_text));
    assert_int_equal(terminal.row, 2);
}

/* Pasted: it stands there once, character for character, as a log of the session has it. */
static void pasted(void **state)
{
    (void)state;
    size_t before = terminal.written;
    for (const char *c = long_text; *c; c++) {
        assert_int_equal(line_feed(&line, (unsigned char)*c), LINE_GOES_ON);
        if ((c - long_text) % 10 == 0)
            assert_false(line_show(&line)); /* nothing there for a moment, but not for long */
    }
    assert_int_equal(line_feed(&line, '\n'), LINE_READ);
    assert_int_equal(terminal.written - before, sizeof long_text);
    assert_true(terminal_shows_whole(&terminal, 0, "kfit> ", long_text));
}

/* Once someone has paused in it, or used Tab, each key is seen at once. */
static void typed_without_haste(void **state)
{
    (void)state;
    typist_types("run ");
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(line_feed(&line, 'x'), LINE_GOES_ON);
        assert_false(line_show(&line));
        typist_look();
    }
    assert_int_equal(line_feed(&line, '\r'), LINE_READ);
    line_begin(&line);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(line_feed(&line, 'x'), LINE_GOES_ON);
    assert_false(line_show(&line));
    assert_int_equal(terminal.column, 6);
    assert_int_equal(line_feed(&line, '\t'), LINE_GOES_ON);
    assert_true(line_show(&line));
    line_pause(&line);
    typist_look();
}

static void short_lines_are_shown_at_once(void **state)
{
    (void)state;
    assert_int_equal(line_feed(&line, 'm'), LINE_GOES_ON);
    assert_false(line_show(&line));
    typist_look();
    assert_int_equal(line_feed(&line, '\033'), LINE_GOES_ON);
    assert_true(line_show(&line));
}

/* Step by step through the whole line and back: typist_key looks at the row each time. */
static void walked_through(void **state)
{
    (void)state;
    typist_types(long_text);
    for (size_t i = sizeof long_text; i > 0; i--)
        typist_key(LEFT);
    assert_int_equal(line.cursor, 0);
    for (size_t i = sizeof long_text; i > 0; i--)
        typist_key(RIGHT);
    assert_int_equal(line.cursor, sizeof long_text - 1);
    for (size_t i = sizeof long_text; i > 0; i--)
        typist_key("\b");
    assert_int_equal(line.length, 0);
}

/* 73 characters fit behind the prompt; the cursor stands in the last column then. */
static void at_the_edge(void **state)
{
    (void)state;
    for (size_t i = 0; i < 73; i++)
        typist_key("x");
    assert_int_equal(terminal.column, 79);
    assert_int_equal(terminal.cells[0][78], 'x');
    typist_key("y");
    assert_int_equal(terminal.cells[0][6], '<');
    typist_key("\b");
    assert_int_equal(terminal.cells[0][6], 'x');
    assert_int_equal(terminal.row, 0);
    assert_int_equal(terminal.column, 79);
}

/* Scrolling by half a row: far less than a row for each character. */
static void scrolling_is_cheap(void **state)
{
    (void)state;
    size_t before = terminal.written;
    for (size_t i = 0; i < LINE_MAX_CHARACTERS; i++)
        typist_key("z");
    assert_true(terminal.written - before < (size_t)4 * LINE_MAX_CHARACTERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(typed, setup),
        cmocka_unit_test_setup(pasted, setup),
        cmocka_unit_test_setup(typed_without_haste, setup),
        cmocka_unit_test_setup(short_lines_are_shown_at_once, setup),
        cmocka_unit_test_setup(walked_through, setup),
        cmocka_unit_test_setup(at_the_edge, setup),
        cmocka_unit_test_setup(scrolling_is_cheap, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
