/* A terminal for the tests of the line editor: rows and columns, '\b', '\r', '\n', wrapping, and what a row must show. */
#ifndef TESTS_SHELL_TERMINAL_H
#define TESTS_SHELL_TERMINAL_H

#include <stdlib.h>
#include <string.h>

#include <shell/line.h>

enum { TERMINAL_ROWS = 400, TERMINAL_COLUMNS_MAX = 132 };

/* A screen that never scrolls away: after its last row it starts over. */
struct terminal {
    size_t columns;
    bool
        waits_to_wrap; /* a full row wraps before the next character, not behind the last: both kinds of terminal are sold */
    char cells[TERMINAL_ROWS][TERMINAL_COLUMNS_MAX];
    size_t row, column;
    size_t written; /* bytes so far */
    bool is_plain;  /* nothing but what every terminal understands has come */
};

static inline void terminal_clear(struct terminal *t, size_t columns, bool waits_to_wrap)
{
    t->columns = columns;
    t->waits_to_wrap = waits_to_wrap;
    t->row = t->column = t->written = 0;
    t->is_plain = true;
    memset(t->cells[0], ' ', sizeof t->cells[0]); /* the others are cleared when the cursor comes to them */
}

static inline void terminal_next_row(struct terminal *t)
{
    t->row = (t->row + 1) % TERMINAL_ROWS;
    t->column = 0;
    memset(t->cells[t->row], ' ', sizeof t->cells[t->row]);
}

static inline void terminal_byte(struct terminal *t, char byte)
{
    t->written++;
    if (byte == '\b') {
        t->column -= t->column > 0; /* never to the row above */
    } else if (byte == '\r') {
        t->column = 0;
    } else if (byte == '\n') {
        terminal_next_row(t); /* the console makes CR LF of it */
    } else if (byte >= ' ' && byte <= '~') {
        if (t->column == t->columns)
            terminal_next_row(t);
        t->cells[t->row][t->column++] = byte;
        if (t->column == t->columns && !t->waits_to_wrap)
            terminal_next_row(t);
    } else {
        t->is_plain = false;
    }
}

static inline void terminal_write(void *context, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        terminal_byte(context, text[i]);
}

/* The character that cell `i` behind the prompt must show if the text is shown from `first` on. */
static inline char terminal_expected(const struct line *l, size_t first, size_t i, size_t room)
{
    size_t at = first + i;
    if (i == 0 && first > 0)
        return '<';
    if (i == room - 1 && l->length - first > room)
        return '>';
    return (char)(i < room && at < l->length ? l->text[at] : ' ');
}

/* NULL if the cursor's row shows the prompt and the text around the cursor, and the cursor stands where it must; else what is
 * wrong. */
static inline const char *terminal_differs(const struct terminal *t, const struct line *l)
{
    size_t prompt = strlen(l->prompt), room = t->columns < 80 ? 0 : 79 - prompt;
    const char *row = t->cells[t->row];
    if (!t->is_plain)
        return "a byte that not every terminal understands";
    if (memcmp(row, l->prompt, prompt) != 0)
        return "the prompt is not there";
    if (t->column < prompt || t->column - prompt > l->cursor)
        return "the cursor stands left of the text";
    size_t first = l->cursor - (t->column - prompt);
    if (first > 0 && l->length <= room)
        return "a text that fits is not shown whole";
    if (first > 0 && t->column == prompt)
        return "the cursor stands on the mark of the left edge";
    if (l->length - first > room && t->column - prompt >= room - 1)
        return "the cursor stands on the mark of the right edge";
    for (size_t i = 0; prompt + i < t->columns; i++) {
        if (row[prompt + i] != terminal_expected(l, first, i, room))
            return "a cell is not as the text has it";
    }
    return NULL;
}

/* Whether the rows from `row` on show the prompt and the whole text, and nothing stands behind it. */
static inline bool terminal_shows_whole(const struct terminal *t, size_t row, const char *prompt, const char *text)
{
    size_t length = strlen(prompt) + strlen(text), column = 0;
    for (size_t i = 0; i < length; i++, column++) {
        char expected = i < strlen(prompt) ? prompt[i] : text[i - strlen(prompt)];
        if (column == t->columns) {
            row = (row + 1) % TERMINAL_ROWS;
            column = 0;
        }
        if (t->cells[row][column] != expected)
            return false;
    }
    for (; column < t->columns; column++) {
        if (t->cells[row][column] != ' ')
            return false;
    }
    return true;
}

#endif
