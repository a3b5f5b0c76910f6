/* The lines that were read, the latest HISTORY_LINES of them. */
#ifndef SHELL_LINE_HISTORY_H
#define SHELL_LINE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

enum { LINE_MAX_CHARACTERS = 1023, HISTORY_LINES = 64 };

/* Zero at first. */
struct line_history {
    char lines[HISTORY_LINES][LINE_MAX_CHARACTERS + 1];
    size_t next, count; /* where the next one goes; how many there are */
};

/* Keeps a copy of the line, in place of the oldest if all places are taken. An empty one, and one that repeats the latest, is left
 * out. */
void history_add(struct line_history *h, const char *line);

/* The line of that age, 1 for the latest; NULL if none is that old. */
const char *history_line(const struct line_history *h, size_t age);

#endif
