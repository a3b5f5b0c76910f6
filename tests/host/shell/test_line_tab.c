/* The Tab key: what is added, what is listed, and when it is a blank. */
#include "typist.h"

#include <string.h>

static struct {
    const char *word;
    char end;
} words[32];
static size_t word_count;

/* Completes the word before the cursor, behind a blank or a ':', from the table. */
static size_t complete(void *context, const char *text, size_t cursor, const struct line_offers *offers)
{
    size_t start = cursor;
    (void)context;
    assert_int_equal(text[line.length], '\0');
    while (start > 0 && text[start - 1] != ' ' && text[start - 1] != ':')
        start--;
    for (size_t i = 0; i < word_count; i++) {
        if (strncmp(words[i].word, text + start, cursor - start) == 0)
            offers->take(offers->context, words[i].word, strlen(words[i].word), words[i].end);
    }
    return start;
}

static void offer(const char *word, char end)
{
    words[word_count].word = word;
    words[word_count++].end = end;
}

static int setup(void **state)
{
    (void)state;
    word_count = 0;
    offer("run", ' ');
    offer("runs", '\0');
    offer("compare", ' ');
    offer("alloc", '=');
    offer("allocators", ' ');
    offer("trace", ':');
    typist_begin(complete);
    return 0;
}

static void expect_row(size_t row, const char *text)
{
    char now[81];
    size_t length = 80;
    memcpy(now, terminal.cells[row], length);
    while (length > 0 && now[length - 1] == ' ')
        length--;
    now[length] = '\0';
    assert_string_equal(now, text);
}

static void the_only_word(void **state)
{
    (void)state;
    typist_types("co");
    typist_key("\t");
    typist_has("compare |");
    typist_types("tr");
    typist_key("\t");
    typist_has("compare trace:|");
    typist_key("\025");
    typist_types("runs");
    typist_key("\t");
    typist_has("runs|");
    assert_int_equal(terminal.row, 0);
}

static void the_longest_common_beginning(void **state)
{
    (void)state;
    typist_types("a");
    typist_key("\t");
    typist_has("alloc|");
    assert_int_equal(terminal.row, 0);
    typist_key("\t");
    typist_has("alloc|");
    expect_row(0, "kfit> alloc");
    expect_row(1, "alloc=      allocators");
    expect_row(2, "kfit> alloc");
    typist_types("a");
    typist_key("\t");
    typist_has("allocators |");
}

static void nothing_to_add_lists_at_once(void **state)
{
    (void)state;
    typist_key("\t");
    expect_row(1, "run         runs        compare     alloc=      allocators  trace:");
    expect_row(2, "kfit>");
    typist_types("x");
    typist_key("\t");
    typist_has("x|");
    assert_int_equal(terminal.row, 2);
}

static void two_tabs_at_once(void **state)
{
    (void)state;
    typist_types("a");
    typist_key("\t\t");
    typist_has("alloc|");
    expect_row(1, "alloc=      allocators");
}

static void in_the_middle(void **state)
{
    (void)state;
    typist_types("run coxx seed=7");
    for (size_t i = 0; i < 7; i++)
        typist_key(LEFT);
    typist_key("\t");
    typist_has("run coxx| seed=7");
    typist_key(LEFT);
    typist_key(LEFT);
    typist_key("\t");
    typist_has("run compare |xx seed=7");
    typist_key("\177");
    typist_key("\t");
    typist_has("run compare |xx seed=7");
    typist_key("\025");
    typist_types("alloc= x");
    for (size_t i = 0; i < 3; i++)
        typist_key(LEFT);
    typist_key("\t");
    typist_has("alloc|= x");
    typist_key("\025");
    typist_types("comp x");
    for (size_t i = 0; i < 2; i++)
        typist_key(LEFT);
    typist_key("\t");
    typist_has("compare| x");
}

/* In a paste a Tab is a blank, wherever it stands. */
static void in_a_paste(void **state)
{
    static const char paste[] = "\tco\trun\t\tal";
    (void)state;
    for (const char *c = paste; *c; c++)
        assert_int_equal(line_feed(&line, (unsigned char)*c), LINE_GOES_ON);
    assert_false(line_show(&line));
    typist_has(" co run  al|");
    assert_int_equal(line_feed(&line, '\t'), LINE_GOES_ON);
    typist_enters(" co run  al ");
}

static void a_word_for_which_there_is_no_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < LINE_MAX_CHARACTERS - 4; i++)
        assert_int_equal(line_feed(&line, 'x'), LINE_GOES_ON);
    assert_int_equal(line_feed(&line, ' '), LINE_GOES_ON);
    typist_key("c");
    typist_key("\t");
    assert_int_equal(line.length, LINE_MAX_CHARACTERS - 2);
    assert_false(line.too_long);
}

/* Thirty words: rows of whole words, none wider than 79 columns. */
static void many_words(void **state)
{
    static char names[30][24];
    (void)state;
    word_count = 0;
    for (size_t i = 0; i < 30; i++) {
        memset(names[i], 'a' + (int)(i % 26), 3 + i % 9);
        offer(names[i], i % 2 ? '=' : '\0');
    }
    typist_key("\t");
    assert_int_equal(terminal.row, 1 + 30 / 5);
    expect_row(1, "aaa           bbbb=         ccccc         dddddd=       eeeeeee");
    expect_row(4, "ppppppppp=    qqqqqqqqqq    rrrrrrrrrrr=  sss           tttt=");
}

static void without_a_completer(void **state)
{
    (void)state;
    typist_begin(NULL);
    typist_types("co");
    typist_key("\t");
    typist_has("co|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_only_word, setup),
        cmocka_unit_test_setup(the_longest_common_beginning, setup),
        cmocka_unit_test_setup(nothing_to_add_lists_at_once, setup),
        cmocka_unit_test_setup(two_tabs_at_once, setup),
        cmocka_unit_test_setup(in_the_middle, setup),
        cmocka_unit_test_setup(in_a_paste, setup),
        cmocka_unit_test_setup(a_word_for_which_there_is_no_room, setup),
        cmocka_unit_test_setup(many_words, setup),
        cmocka_unit_test_setup(without_a_completer, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
