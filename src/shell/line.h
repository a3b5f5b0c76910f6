/* Reading one line from the console, with editing. */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include <stddef.h>

#define LINE_MAX_CHARACTERS 1023

enum line_status {
    LINE_READ,       /* text holds the line, without its end */
    LINE_CANCELLED,  /* Ctrl-C */
    LINE_TOO_LONG,   /* more than LINE_MAX_CHARACTERS: the whole line was taken in and dropped */
    LINE_LOST_INPUT, /* the serial port overran: the line is not trusted and dropped */
    LINE_END,        /* Ctrl-D on an empty line: the end of the input */
};

/* Prints `prompt`, reads up to the next end of line (CR, LF or CR LF) and echoes it. Keys: Backspace, Ctrl-U (clear),
 * Ctrl-W (last word), Left, Right, Home, End, Ctrl-A, Ctrl-E, Ctrl-C, Ctrl-D. Other control characters are ignored. */
enum line_status line_read(const char *prompt, char text[LINE_MAX_CHARACTERS + 1]);

#endif
