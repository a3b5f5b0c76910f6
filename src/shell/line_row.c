/* One row of a terminal: what it should show is compared with what it shows, and the difference is written. */
#include "line_row.h"

#include <lib/assert.h>
#include <lib/string.h>

static void put(const struct line_row *row, const char *text, size_t length)
{
    if (length > 0)
        row->out.write(row->out.context, text, length);
}

/* ---- the cursor ---- */

/* Back by '\b', or by '\r' and what stands in front, whichever is shorter; forward by writing what is there. */
static void move(struct line_row *row, size_t column)
{
    if (column < row->column && 1 + column < row->column - column) {
        put(row, "\r", 1);
        row->column = 0;
    }
    for (; row->column > column; row->column--)
        put(row, "\b", 1);
    put(row, row->cells + row->column, column - row->column);
    row->column = column;
}

/* ---- which part of the text ---- */

static size_t room(const struct line_row *row)
{
    return ROW_CELLS - row->prompt;
}

bool row_fits(const struct line_row *row, size_t length)
{
    return length <= room(row);
}

/* Whether the cursor stands on a cell of the text itself, not on a '<' or '>'. */
static bool is_in_view(const struct line_row *row, size_t length, size_t cursor)
{
    size_t shown = room(row);
    bool goes_on = length - row->first > shown;
    return cursor >= row->first + (row->first > 0) && cursor <= row->first + shown - (goes_on ? 2 : 0);
}

/* Moves the view by half a row at least, so that typing beyond its edge does not write it anew for each character. */
static void scroll(struct line_row *row, size_t length, size_t cursor)
{
    if (row_fits(row, length))
        row->first = 0;
    else if (row->first > length || !is_in_view(row, length, cursor))
        row->first = cursor > room(row) / 2 ? cursor - room(row) / 2 : 0;
}

/* Fills the cells behind the prompt; returns how many cells are used then. */
static size_t compose(const struct line_row *row, char *cells, const char *text, size_t length)
{
    size_t shown = length - row->first, at = row->prompt;
    bool goes_on = shown > room(row);
    shown = goes_on ? room(row) : shown;
    memcpy(cells + at, text + row->first, shown);
    if (row->first > 0)
        cells[at] = '<';
    if (goes_on)
        cells[at + shown - 1] = '>';
    return at + shown;
}

/* ---- what changes ---- */

/* Cells from the left that are as wanted already. */
static size_t alike(const struct line_row *row, const char *wanted, size_t length)
{
    size_t i = 0;
    while (i < length && i < row->used && row->cells[i] == wanted[i])
        i++;
    return i;
}

/* Where writing may end: behind the last cell that differs. */
static size_t end_of_change(const struct line_row *row, const char *wanted, size_t length)
{
    size_t end = length;
    while (row->used == length && end > 0 && row->cells[end - 1] == wanted[end - 1])
        end--;
    return end;
}

/* Makes the row hold these cells; what it held behind them becomes blank. */
static void update(struct line_row *row, const char *wanted, size_t length)
{
    size_t from = alike(row, wanted, length), end = end_of_change(row, wanted, length);
    if (from == length && row->used == length)
        return;
    move(row, from);
    if (end > from) {
        memcpy(row->cells + from, wanted + from, end - from);
        put(row, wanted + from, end - from);
        row->column = end;
    }
    for (; row->column < row->used && row->used > length; row->column++)
        put(row, " ", 1);
    row->used = length;
}

void row_begin(struct line_row *row, const struct lab_sink *out, const char *prompt)
{
    *row = (struct line_row){.out = *out, .prompt = strlen(prompt)};
    ASSERT(row->prompt <= ROW_PROMPT_MAX);
    update(row, prompt, row->prompt);
}

void row_show(struct line_row *row, const char *text, size_t length, size_t cursor)
{
    char wanted[ROW_CELLS];
    scroll(row, length, cursor);
    memcpy(wanted, row->cells, row->prompt);
    update(row, wanted, compose(row, wanted, text, length));
    move(row, row->prompt + cursor - row->first);
}

void row_end(struct line_row *row, const char *text, size_t length)
{
    if (row_fits(row, length)) {
        row_show(row, text, length, length);
    } else {
        size_t known = 0;
        while (row->prompt + known < row->used && row->cells[row->prompt + known] == text[known])
            known++;
        move(row, row->prompt + known);
        put(row, text + known, length - known);
    }
    put(row, "\n", 1);
    row->used = row->column = 0;
}

void row_leave(struct line_row *row)
{
    move(row, row->used);
    put(row, "\n", 1);
    row->used = row->column = 0;
}
