/* The line editor: bytes in, a line out, and a terminal kept in step on the way. It knows neither console nor clock: the caller
 * feeds it and says when nothing more has come. */
#ifndef SHELL_LINE_H
#define SHELL_LINE_H

#include "line_history.h"
#include "line_row.h"

enum line_status {
    LINE_GOES_ON,    /* not at its end yet */
    LINE_READ,       /* the line is there */
    LINE_CANCELLED,  /* Ctrl-C */
    LINE_TOO_LONG,   /* more than LINE_MAX_CHARACTERS: the whole line was taken in and dropped */
    LINE_LOST_INPUT, /* line_doubt was called: the line is not trusted */
    LINE_END, /* Ctrl-D on an empty line: the end of the input; in_doubt tells whether input was lost before it */
};

/* Takes the words that Tab may put in place of line[start .. cursor). */
struct line_offers {
    /* `end`: '=' or ':' belongs to the word; ' ' is set behind it once it is the only one; '\0': nothing follows. `word`
     * need not stay. */
    void (*take)(void *context, const char *word, size_t length, char end);
    void *context;
};

/* Offers every word that may stand at the cursor, each of which begins with line[start .. cursor), and returns start. Called
 * more than once for a Tab: it must offer the same each time. */
typedef size_t line_complete_fn(void *context, const char *line, size_t cursor, const struct line_offers *offers);

/* Set by the caller before line_begin: out, prompt (at most ROW_PROMPT_MAX characters), history, complete (NULL: Tab does
 * nothing) and its context. The rest is the editor's own and zero at first. */
struct line {
    struct lab_sink out;
    const char *prompt;
    struct line_history *history;
    line_complete_fn *complete;
    void *context;

    char text[LINE_MAX_CHARACTERS + 1]; /* ended by NUL once the line is read */
    size_t length, cursor;
    bool too_long, in_doubt, is_typed; /* by hand */
    struct line_row row;
    size_t age;                          /* of the history's line that was called up; 0: none */
    char draft[LINE_MAX_CHARACTERS + 1]; /* the line as it was before one was called up */

    enum { LINE_PLAIN, LINE_ESCAPE, LINE_SEQUENCE } decoding;
    unsigned parameter; /* of the sequence: its first number */
    bool has_parameter;
    unsigned tabs; /* Tabs in a row whose next byte has not come */
    bool after_cr; /* the last line ended in CR: a LF right behind it belongs to it */
};

/* Starts a new line: prints the prompt. */
void line_begin(struct line *l);

/* Takes one byte. Anything but LINE_GOES_ON ends the line: it is shown whole and the cursor stands on a new row; a line that was
 * read goes into the history.
 *
 * Keys: Left, Right, Home (Ctrl-A), End (Ctrl-E), Backspace, Delete, Ctrl-U (clear), Ctrl-K (to the end), Ctrl-W (last word), Up
 * (Ctrl-P) and Down (Ctrl-N) through the history, Tab, Ctrl-L (show again), Ctrl-C, Ctrl-D. Other control characters are
 * ignored; a byte outside ASCII becomes '?', so that a line which held one is not taken for another. */
enum line_status line_feed(struct line *l, unsigned char byte);

/* To be called when no further byte is there: shows what the bytes so far have changed. But a line longer than its row waits for
 * line_rest until it is known to be typed by hand: a paste of it is shown when it ends, once and whole.
 * True: it depends on the next byte what the last was; if none follows at once, line_pause must be called.
 *   A Tab completes; in a paste, where more follows, it is a blank.
 *   An ESC is a key; where more follows, the beginning of one. */
bool line_show(struct line *l);
void line_pause(struct line *l);

/* No byte has come for so long that someone must be typing, if there is anything in the line. */
void line_rest(struct line *l);

/* Bytes were lost somewhere in this line. */
void line_doubt(struct line *l);

/* Puts characters in at the cursor, for the Tab. What finds no room makes the line too long. */
void line_insert(struct line *l, const char *text, size_t length);

#endif
