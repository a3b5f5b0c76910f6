/* Inside shell/: one row of a terminal, kept in step with a line of text. Needs of the terminal nothing but '\b', '\r', '\n' and
 * printable characters, and 80 columns or more.
 *
 *   kfit> run churn alloc=fi_                     a line that fits
 *   kfit> <lloc=best-fit:order=lifo seed=7 vm=>   one that does not: '<' and '>' stand for what is left and right of it
 *
 * The last column is never written to: terminals do not agree where the cursor stands after that. */
#ifndef SHELL_LINE_ROW_H
#define SHELL_LINE_ROW_H

#include <lab/text.h>

#include <stdbool.h>

enum { ROW_CELLS = 79, ROW_PROMPT_MAX = 32 };

struct line_row {
    struct lab_sink out;
    char cells[ROW_CELLS]; /* what stands in the row now */
    size_t used, column;   /* cells that are not empty; where the cursor stands, 0 to ROW_CELLS */
    size_t prompt;         /* characters of the prompt in front */
    size_t first;          /* the character of the text that the first cell behind the prompt stands for */
};

/* Prints the prompt in an empty row. */
void row_begin(struct line_row *row, const struct lab_sink *out, const char *prompt);

/* Whether a text of that length fits behind the prompt. */
bool row_fits(const struct line_row *row, size_t length);

/* Makes the row show the part of the text around the cursor, and writes no more than has changed. */
void row_show(struct line_row *row, const char *text, size_t length, size_t cursor);

/* Shows the whole text, on several rows if it must be, and leaves the cursor at the start of a new row. */
void row_end(struct line_row *row, const char *text, size_t length);

/* Leaves what is shown and goes to a new row. */
void row_leave(struct line_row *row);

#endif
