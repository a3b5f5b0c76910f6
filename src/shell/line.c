/* The line editor: keys change the text; what the terminal shows follows in line_row.c. */
#include "line.h"

#include <lib/string.h>

#include "line_tab.h"

enum {
    KEY_HOME = 0x01,         /* Ctrl-A */
    KEY_CANCEL = 0x03,       /* Ctrl-C */
    KEY_END_OF_INPUT = 0x04, /* Ctrl-D */
    KEY_END = 0x05,          /* Ctrl-E */
    KEY_BACKSPACE = 0x08,
    KEY_CUT = 0x0B,        /* Ctrl-K */
    KEY_SHOW = 0x0C,       /* Ctrl-L */
    KEY_DOWN = 0x0E,       /* Ctrl-N */
    KEY_UP = 0x10,         /* Ctrl-P */
    KEY_CLEAR = 0x15,      /* Ctrl-U */
    KEY_ERASE_WORD = 0x17, /* Ctrl-W */
    KEY_ESCAPE = 0x1B,
    KEY_RUBOUT = 0x7F, /* what most terminals send for Backspace */
    KEY_LEFT = 0x100,  /* decoded escape sequences */
    KEY_RIGHT,
    KEY_DELETE,
    KEY_NONE, /* nothing, or nothing yet */
    PARAMETER_MAX = 1000,
};

/* ---- bytes to keys ---- */

/* The last byte of ESC [ ... or of ESC O. */
static int sequence_key(const struct line *l, unsigned char last)
{
    switch (last) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    case '~':
        break;
    default:
        return KEY_NONE;
    }
    switch (l->parameter) {
    case 1:
    case 7:
        return KEY_HOME;
    case 3:
        return KEY_DELETE;
    case 4:
    case 8:
        return KEY_END;
    default:
        return KEY_NONE;
    }
}

/* Of the numbers in a sequence only the first counts; the others say which of Shift, Alt, Ctrl was held. */
static int sequence_byte(struct line *l, unsigned char byte)
{
    if (byte >= '0' && byte <= '9' && !l->has_parameter) {
        l->parameter = l->parameter < PARAMETER_MAX ? l->parameter * 10 + (byte - '0') : PARAMETER_MAX;
        return KEY_NONE;
    }
    if (byte < '@') {
        l->has_parameter = true;
        return KEY_NONE;
    }
    l->decoding = LINE_PLAIN;
    return sequence_key(l, byte);
}

static int decode(struct line *l, unsigned char byte)
{
    if (byte < ' ' || byte > '~') /* ends any sequence, whole or not */
        l->decoding = LINE_PLAIN;
    if (byte == KEY_ESCAPE) {
        l->decoding = LINE_ESCAPE;
        return KEY_NONE;
    }
    switch (l->decoding) {
    case LINE_SEQUENCE:
        return sequence_byte(l, byte);
    case LINE_ESCAPE:
        l->decoding = byte == '[' || byte == 'O' ? LINE_SEQUENCE : LINE_PLAIN;
        l->parameter = 0;
        l->has_parameter = false;
        return KEY_NONE;
    default:
        return byte;
    }
}

/* ---- the text ---- */

void line_insert(struct line *l, const char *text, size_t length)
{
    if (length > LINE_MAX_CHARACTERS - l->length) {
        l->too_long = true;
        return;
    }
    memmove(l->text + l->cursor + length, l->text + l->cursor, l->length - l->cursor);
    memcpy(l->text + l->cursor, text, length);
    l->cursor += length;
    l->length += length;
}

/* Takes out text[from .. to); the cursor stands at `from` then. */
static void erase(struct line *l, size_t from, size_t to)
{
    memmove(l->text + from, l->text + to, l->length - to);
    l->length -= to - from;
    l->cursor = from;
}

static size_t start_of_word(const struct line *l)
{
    size_t i = l->cursor;
    while (i > 0 && l->text[i - 1] == ' ')
        i--;
    while (i > 0 && l->text[i - 1] != ' ')
        i--;
    return i;
}

static void replace(struct line *l, const char *text)
{
    l->length = l->cursor = 0;
    l->too_long = false;
    line_insert(l, text, strlen(text));
}

/* Calls up the history's line of that age; 0 is the line that was typed. A change stays with the line at hand. */
static void call_up(struct line *l, size_t age)
{
    const char *line = age == 0 ? l->draft : history_line(l->history, age);
    if (!line)
        return;
    if (l->age == 0) {
        memcpy(l->draft, l->text, l->length);
        l->draft[l->length] = '\0';
    }
    l->age = age;
    replace(l, line);
}

static void type(struct line *l, int byte)
{
    char character = (char)byte;
    if (byte > KEY_RUBOUT)
        character = '?';
    if (byte >= ' ')
        line_insert(l, &character, 1);
}

/* ---- keys ---- */

static void edit_around_cursor(struct line *l, int key)
{
    switch (key) {
    case KEY_BACKSPACE:
    case KEY_RUBOUT:
        erase(l, l->cursor - (l->cursor > 0), l->cursor);
        break;
    case KEY_DELETE:
        erase(l, l->cursor, l->cursor + (l->cursor < l->length));
        break;
    case KEY_ERASE_WORD:
        erase(l, start_of_word(l), l->cursor);
        break;
    case KEY_CUT:
        erase(l, l->cursor, l->length);
        break;
    case KEY_LEFT:
        l->cursor -= l->cursor > 0;
        break;
    case KEY_RIGHT:
        l->cursor += l->cursor < l->length;
        break;
    default:
        type(l, key);
    }
}

static void edit(struct line *l, int key)
{
    switch (key) {
    case KEY_NONE:
        break;
    case KEY_HOME:
        l->cursor = 0;
        break;
    case KEY_END:
        l->cursor = l->length;
        break;
    case KEY_CLEAR:
        replace(l, "");
        break;
    case KEY_UP:
        call_up(l, l->age + 1);
        break;
    case KEY_DOWN:
        if (l->age > 0)
            call_up(l, l->age - 1);
        break;
    case KEY_SHOW:
        row_leave(&l->row);
        row_begin(&l->row, &l->out, l->prompt);
        break;
    default:
        edit_around_cursor(l, key);
    }
}

/* Tabs that more followed at once were blanks. */
static void settle_tabs(struct line *l)
{
    for (; l->tabs > 0; l->tabs--)
        line_insert(l, " ", 1);
}

/* ---- the line from outside ---- */

void line_begin(struct line *l)
{
    l->length = l->cursor = l->age = 0;
    l->too_long = l->in_doubt = l->is_typed = false;
    row_begin(&l->row, &l->out, l->prompt);
}

static enum line_status end(struct line *l, enum line_status status)
{
    l->text[l->length] = '\0';
    row_end(&l->row, l->text, l->length);
    if (l->in_doubt && status != LINE_END)
        return LINE_LOST_INPUT;
    if (l->too_long)
        return LINE_TOO_LONG;
    if (status == LINE_READ)
        history_add(l->history, l->text);
    return status;
}

enum line_status line_feed(struct line *l, unsigned char byte)
{
    bool ends_crlf = l->after_cr && byte == '\n';
    l->after_cr = byte == '\r';
    if (ends_crlf)
        return LINE_GOES_ON;
    int key = decode(l, byte);
    if (key == '\t') {
        l->tabs++;
        return LINE_GOES_ON;
    }
    settle_tabs(l);
    if (key == '\r' || key == '\n')
        return end(l, LINE_READ);
    if (key == KEY_CANCEL)
        return end(l, LINE_CANCELLED);
    if (key == KEY_END_OF_INPUT && l->length == 0)
        return end(l, LINE_END);
    edit(l, key);
    return LINE_GOES_ON;
}

bool line_show(struct line *l)
{
    if (l->is_typed || row_fits(&l->row, l->length))
        row_show(&l->row, l->text, l->length, l->cursor);
    return l->tabs > 0 || l->decoding != LINE_PLAIN;
}

void line_pause(struct line *l)
{
    l->decoding = LINE_PLAIN;
    for (; l->tabs > 0; l->tabs--) {
        l->is_typed = true;
        line_tab(l);
    }
    line_show(l);
}

void line_rest(struct line *l)
{
    l->is_typed = l->length > 0;
    line_show(l);
}

void line_doubt(struct line *l)
{
    l->in_doubt = true;
}
