/* The line editor: a buffer, a cursor in it, and the screen kept in step by redrawing from the cursor on.
 * Bytes come one at a time from the console, so a paste of many lines is read line by line and none is lost. */
#include "line.h"

#include <console/console.h>
#include <lib/string.h>

#include <stdbool.h>

enum {
    KEY_HOME = 0x01,         /* Ctrl-A */
    KEY_CANCEL = 0x03,       /* Ctrl-C */
    KEY_END_OF_INPUT = 0x04, /* Ctrl-D */
    KEY_END = 0x05,          /* Ctrl-E */
    KEY_BACKSPACE = 0x08,
    KEY_CLEAR = 0x15,      /* Ctrl-U */
    KEY_ERASE_WORD = 0x17, /* Ctrl-W */
    KEY_ESCAPE = 0x1B,
    KEY_DELETE = 0x7F,
    KEY_LEFT = 0x100, /* decoded escape sequences */
    KEY_RIGHT,
    KEY_OTHER,
    ESCAPE_WAIT = 100000, /* polls for the rest of an escape sequence */
};

struct line {
    char *text;
    size_t length, cursor;
    bool too_long;
};

static bool after_cr; /* the last line ended in CR: a LF right behind it belongs to it */

static int next_byte(void)
{
    int byte;
    while ((byte = con_read()) < 0)
        con_wait();
    return byte;
}

static int byte_soon(void)
{
    int byte = -1;
    for (unsigned i = 0; i < ESCAPE_WAIT && byte < 0; i++)
        byte = con_read();
    return byte;
}

/* ESC [ letter, or ESC [ digits ~ : the sequences a terminal sends for its cursor keys. */
static int decode_escape(void)
{
    if (byte_soon() != '[')
        return KEY_OTHER;
    int byte = byte_soon();
    while (byte >= '0' && byte <= '9')
        byte = byte_soon();
    switch (byte) {
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    default:
        return KEY_OTHER;
    }
}

static void step_back(size_t count)
{
    while (count-- > 0)
        con_write("\b", 1);
}

/* Shows the text from `from` on, wipes `wiped` cells behind its end, and puts the cursor back. */
static void redraw(const struct line *l, size_t from, size_t wiped)
{
    con_write(l->text + from, l->length - from);
    for (size_t i = 0; i < wiped; i++)
        con_write(" ", 1);
    step_back(l->length - l->cursor + wiped);
}

static void insert(struct line *l, char character)
{
    if (l->length == LINE_MAX_CHARACTERS) {
        l->too_long = true;
        return;
    }
    memmove(l->text + l->cursor + 1, l->text + l->cursor, l->length - l->cursor);
    l->text[l->cursor++] = character;
    l->length++;
    redraw(l, l->cursor - 1, 0);
}

static void erase_before_cursor(struct line *l, size_t count)
{
    memmove(l->text + l->cursor - count, l->text + l->cursor, l->length - l->cursor);
    l->cursor -= count;
    l->length -= count;
    step_back(count);
    redraw(l, l->cursor, count);
}

static void move_to(struct line *l, size_t cursor)
{
    if (cursor < l->cursor)
        step_back(l->cursor - cursor);
    else
        con_write(l->text + l->cursor, cursor - l->cursor);
    l->cursor = cursor;
}

static size_t word_before_cursor(const struct line *l)
{
    size_t i = l->cursor;
    while (i > 0 && l->text[i - 1] == ' ')
        i--;
    while (i > 0 && l->text[i - 1] != ' ')
        i--;
    return l->cursor - i;
}

static void edit(struct line *l, int key)
{
    switch (key) {
    case KEY_BACKSPACE:
    case KEY_DELETE:
        erase_before_cursor(l, l->cursor > 0);
        break;
    case KEY_ERASE_WORD:
        erase_before_cursor(l, word_before_cursor(l));
        break;
    case KEY_CLEAR:
        move_to(l, l->length);
        erase_before_cursor(l, l->length);
        break;
    case KEY_LEFT:
        move_to(l, l->cursor - (l->cursor > 0));
        break;
    case KEY_RIGHT:
        move_to(l, l->cursor + (l->cursor < l->length));
        break;
    case KEY_HOME:
        move_to(l, 0);
        break;
    case KEY_END:
        move_to(l, l->length);
        break;
    case '\t':
        insert(l, ' ');
        break;
    default:
        if (key >= ' ' && key <= '~')
            insert(l, (char)key);
    }
}

static enum line_status finish(struct line *l, enum line_status status)
{
    con_write("\n", 1);
    l->text[l->length] = '\0';
    if (con_take_overrun())
        return LINE_LOST_INPUT;
    return l->too_long ? LINE_TOO_LONG : status;
}

enum line_status line_read(const char *prompt, char text[LINE_MAX_CHARACTERS + 1])
{
    struct line l = {.text = text};
    con_write(prompt, strlen(prompt));
    for (;;) {
        int key = next_byte();
        bool ends_crlf = after_cr && key == '\n';
        after_cr = key == '\r';
        if (ends_crlf)
            continue;
        if (key == KEY_ESCAPE)
            key = decode_escape();
        if (key == '\r' || key == '\n')
            return finish(&l, LINE_READ);
        if (key == KEY_CANCEL)
            return finish(&l, LINE_CANCELLED);
        if (key == KEY_END_OF_INPUT && l.length == 0)
            return finish(&l, LINE_END);
        edit(&l, key);
    }
}
