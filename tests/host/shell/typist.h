/* Someone who types at the line editor: keys by name, each shown and looked at before the next. */
#ifndef TESTS_SHELL_TYPIST_H
#define TESTS_SHELL_TYPIST_H

#include "support.h"

#include "terminal.h"

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define HOME "\033[H"
#define END "\033[F"
#define DELETE "\033[3~"

static struct terminal terminal;
static struct line_history history;
static struct line line;

static void typist_begin(line_complete_fn *complete)
{
    terminal_clear(&terminal, 80, true);
    memset(&history, 0, sizeof history);
    line = (struct line){.out = {.write = terminal_write, .context = &terminal},
                         .prompt = "kfit> ",
                         .history = &history,
                         .complete = complete};
    line_begin(&line);
}

static inline void typist_look(void)
{
    const char *problem = terminal_differs(&terminal, &line);
    if (problem)
        fail_msg("%s: text '%.*s', cursor %zu, row '%.80s'", problem, (int)line.length, line.text, line.cursor,
                 terminal.cells[terminal.row]);
}

/* Types these bytes with a pause behind the last; the row must be right then. */
static inline void typist_key(const char *bytes)
{
    for (; *bytes; bytes++)
        assert_int_equal(line_feed(&line, (unsigned char)*bytes), LINE_GOES_ON);
    if (line_show(&line))
        line_pause(&line);
    line_rest(&line);
    typist_look();
}

/* Types a text, a pause behind each character. */
static inline void typist_types(const char *text)
{
    char key[2] = "";
    for (; *text; text++) {
        key[0] = *text;
        typist_key(key);
    }
}

/* The line so far, with '|' where the cursor is. */
static inline void typist_has(const char *with_cursor)
{
    char now[LINE_MAX_CHARACTERS + 2];
    memcpy(now, line.text, line.cursor);
    now[line.cursor] = '|';
    memcpy(now + line.cursor + 1, line.text + line.cursor, line.length - line.cursor);
    now[line.length + 1] = '\0';
    assert_string_equal(now, with_cursor);
}

/* Enter: the line must read so. */
static inline void typist_enters(const char *text)
{
    assert_int_equal(line_feed(&line, '\r'), LINE_READ);
    assert_string_equal(line.text, text);
    line_begin(&line);
}

#endif
