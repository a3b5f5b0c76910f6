/* The line editor key by key: the text, the cursor, the row of the terminal after each, and how much was written. */
#include "typist.h"

static int setup(void **state)
{
    (void)state;
    typist_begin(NULL);
    return 0;
}

static void cursor_keys(void **state)
{
    (void)state;
    typist_types("mem cost");
    typist_key(LEFT);
    typist_has("mem cos|t");
    typist_key(HOME);
    typist_key(LEFT);
    typist_has("|mem cost");
    typist_key(RIGHT);
    typist_types("x");
    typist_has("mx|em cost");
    typist_key(END);
    typist_key(RIGHT);
    typist_has("mxem cost|");
    typist_key("\001");
    typist_has("|mxem cost");
    typist_key("\005");
    typist_has("mxem cost|");
    typist_enters("mxem cost");
}

/* Each key has more than one spelling: vt100 cursor mode, vt220, rxvt; with Shift or Ctrl held. */
static void spellings(void **state)
{
    static const char *const homes[] = {"\033[H", "\033OH", "\033[1~", "\033[7~", "\033[1;5H", "\001"};
    static const char *const ends[] = {"\033[F", "\033OF", "\033[4~", "\033[8~", "\033[1;2F", "\005"};
    (void)state;
    typist_types("ab");
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
        typist_key(homes[i]);
        typist_has("|ab");
        typist_key(ends[i]);
        typist_has("ab|");
    }
    typist_key("\033OD");
    typist_key("\033[1;5D");
    typist_has("|ab");
    typist_key("\033OC");
    typist_has("a|b");
    typist_key("\033[3;5~");
    typist_has("a|");
}

static void erasing_keys(void **state)
{
    (void)state;
    typist_key("\177");
    typist_key("\b");
    typist_key(DELETE);
    typist_key("\027");
    typist_key("\013");
    typist_key("\025");
    typist_has("|");
    typist_types("run churn seed=7  ");
    typist_key("\027");
    typist_has("run churn |");
    typist_key("\b");
    typist_key("\177");
    typist_has("run chur|");
    typist_key(HOME);
    typist_key(DELETE);
    typist_has("|un chur");
    typist_key(RIGHT);
    typist_key(RIGHT);
    typist_key("\013");
    typist_has("un|");
    typist_types("abc");
    typist_key(LEFT);
    typist_key("\025");
    typist_has("|");
    typist_enters("");
}

/* A screen reader speaks what is written: nothing is written twice. */
static void no_more_is_written_than_has_changed(void **state)
{
    static const struct {
        const char *key;
        size_t bytes;
    } steps[] = {
        {"a", 1},    {"b", 1}, {"c", 1},  {LEFT, 1}, {"\b", 5},   {HOME, 1}, {"x", 5},    {END, 2},     {"\b", 3},
        {"\025", 6}, {"d", 1}, {LEFT, 1}, {"\b", 0}, {DELETE, 2}, {LEFT, 0}, {"\033", 0}, {"\033z", 0}, {"\007", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        size_t before = terminal.written;
        typist_key(steps[i].key);
        if (terminal.written - before != steps[i].bytes)
            fail_msg("step %zu wrote %zu bytes", i, terminal.written - before);
    }
}

/* Broken and unknown sequences put nothing into the line; a control character inside one is itself. */
static void sequences(void **state)
{
    static const char *const nothing[] = {"\033[5~", "\033[Z",  "\033[200~",   "\033[15;2~", "\033OP",    "\033x",
                                          "\033",    "\033[12", "\033[999999", "\033\033[Z", "\033[?1;2c"};
    (void)state;
    typist_types("a");
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        typist_key(nothing[i]);
        typist_has("a|");
    }
    typist_key("\033[1\001");
    typist_has("|a");
    typist_key("\033[\005");
    typist_has("a|");
    assert_int_equal(line_feed(&line, '\033'), LINE_GOES_ON);
    assert_int_equal(line_feed(&line, '['), LINE_GOES_ON);
    typist_enters("a");
}

/* ESC by itself, and then a key: the pause between them tells that they are two. */
static void lone_escape(void **state)
{
    (void)state;
    typist_key("\033");
    typist_key("[");
    typist_types("A");
    typist_has("[A|");
}

static void ends_of_lines(void **state)
{
    (void)state;
    static const char text[] = "a\rb\nc\r\nd\n\re\r\r\n";
    static const char *const lines[] = {"a", "b", "c", "d", "", "e", ""};
    size_t count = 0;
    for (const char *c = text; *c; c++) {
        if (line_feed(&line, (unsigned char)*c) == LINE_GOES_ON)
            continue;
        assert_string_equal(line.text, lines[count++]);
        line_begin(&line);
    }
    assert_int_equal(count, sizeof lines / sizeof *lines);
}

static void cancel_and_end_of_input(void **state)
{
    (void)state;
    typist_types("exit");
    typist_key("\004");
    typist_has("exit|");
    assert_int_equal(line_feed(&line, '\003'), LINE_CANCELLED);
    line_begin(&line);
    typist_key(UP);
    typist_has("|");
    assert_int_equal(line_feed(&line, '\004'), LINE_END);
}

/* No byte outside ASCII passes unseen: "16\xE2\x80\x9364", with a dash, must not read 1664. */
static void other_bytes(void **state)
{
    (void)state;
    typist_key("16\xE2\x80\x93"
               "64");
    typist_has("16???64|");
    typist_key("\007\002\006\013\024\032\037");
    typist_has("16???64|");
    assert_int_equal(line_feed(&line, '\0'), LINE_GOES_ON);
    typist_enters("16???64");
}

static void feed_many(char byte, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(line_feed(&line, (unsigned char)byte), LINE_GOES_ON);
}

static void longest_line(void **state)
{
    (void)state;
    feed_many('a', LINE_MAX_CHARACTERS);
    assert_int_equal(line_feed(&line, '\n'), LINE_READ);
    assert_int_equal(strlen(line.text), LINE_MAX_CHARACTERS);
    line_begin(&line);
    feed_many('b', LINE_MAX_CHARACTERS + 1);
    typist_key(LEFT);
    assert_int_equal(line_feed(&line, '\n'), LINE_TOO_LONG);
    line_begin(&line);
    typist_key(UP);
    assert_int_equal(line.text[0], 'a');
    feed_many('c', 5);
    typist_key("\025");
    typist_types("mem");
    typist_enters("mem");
}

static void a_doubtful_line_is_not_read(void **state)
{
    (void)state;
    typist_types("mem");
    line_doubt(&line);
    assert_int_equal(line_feed(&line, '\r'), LINE_LOST_INPUT);
    line_begin(&line);
    typist_key(UP);
    typist_has("|");
    line_doubt(&line);
    assert_int_equal(line_feed(&line, '\004'), LINE_END);
    assert_true(line.in_doubt);
    line_begin(&line);
    typist_types("mem");
    typist_enters("mem");
}

static void shown_again(void **state)
{
    (void)state;
    typist_types("map");
    typist_key(LEFT);
    size_t row = terminal.row;
    typist_key("\014");
    assert_int_equal(terminal.row, row + 1);
    assert_true(terminal_shows_whole(&terminal, row, "kfit> ", "map"));
    typist_has("ma|p");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(cursor_keys, setup),
        cmocka_unit_test_setup(spellings, setup),
        cmocka_unit_test_setup(erasing_keys, setup),
        cmocka_unit_test_setup(no_more_is_written_than_has_changed, setup),
        cmocka_unit_test_setup(sequences, setup),
        cmocka_unit_test_setup(lone_escape, setup),
        cmocka_unit_test_setup(ends_of_lines, setup),
        cmocka_unit_test_setup(cancel_and_end_of_input, setup),
        cmocka_unit_test_setup(other_bytes, setup),
        cmocka_unit_test_setup(longest_line, setup),
        cmocka_unit_test_setup(a_doubtful_line_is_not_read, setup),
        cmocka_unit_test_setup(shown_again, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
