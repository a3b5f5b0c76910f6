/* The kernel command line, cut into words key=value. Pure; what the words mean is told in shell/options.c.
 *
 * The line comes from a person through GRUB, which rewrites each word: a backslash goes before every ", ' and \, and
 * quotes around the whole word if it holds a blank. So two kinds of double quotes arrive, and both group:
 *
 *      a person's    in GRUB's menu or editor    k="a b"     arrives as   "k=a b"       -> k=a b
 *                    in a variable (kfit run)    k="a b"                  k=\"a b\"     -> k=a b
 *                    in GRUB's menu              'k=a "b"'                "k=a \"b\""   -> k=a "b"
 *      elsewhere     it's  c:\x                                           it\'s  c:\\x  -> it's  c:\x
 *
 * Outside GRUB's quotes \" opens and closes a group; inside them it is the character. \' and \\ are characters
 * everywhere. A backslash before anything else, and a plain apostrophe, stand for themselves. Blanks and tabs outside
 * quotes separate words. Any other byte that is not printable ASCII is an error, NUL included.
 */
#ifndef BOOT_CMDLINE_H
#define BOOT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

enum cmdline_status {
    CMDLINE_WORD,       /* *word is filled */
    CMDLINE_END,        /* no more words */
    CMDLINE_OPEN_QUOTE, /* a double quote is not closed */
    CMDLINE_BAD_BYTE,   /* not printable ASCII; word->text shows where */
    CMDLINE_NO_VALUE,   /* no '=' in the word */
    CMDLINE_NO_KEY,     /* nothing before the '=', or nothing at all: "" */
};

struct cmdline {
    const char *next, *end;
    char *room; /* where the next word's text goes */
};

/* A word, quotes and backslashes undone, ended by NUL, never cut; key and value are split at the first '='. After an
 * error only text and length are set: the word, for the message. */
struct cmdline_word {
    const char *text; /* the whole word, key and value in one */
    size_t length;
    size_t key_length; /* text[key_length] is '=' */
    const char *value; /* may be empty */
    size_t value_length;
};

/* Begins at text[0 .. length), which need not end in NUL and stays while the line is read. `room` has at least
 * length + 1 bytes, does not overlap the text, and keeps all words: it stays as long as they are used. */
void cmdline_start(struct cmdline *line, const char *text, size_t length, char *room);

/* The next word. After an error the line can be read on, behind the word that is wrong. */
enum cmdline_status cmdline_next(struct cmdline *line, struct cmdline_word *word);

/* What an error means, in a few words. */
const char *cmdline_status_text(enum cmdline_status status);

/* Makes text[0 .. length) fit for a message: printable ASCII as it is, any other byte as \xNN; "..." at the end if it
 * had to be cut to `capacity` bytes (at least 4, NUL included). Returns out. */
const char *cmdline_show(char *out, size_t capacity, const char *text, size_t length);

#endif
