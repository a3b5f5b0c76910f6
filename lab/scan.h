/* Inside lab/: a statement of a script, taken apart from left to right. */
#ifndef LAB_SCAN_H
#define LAB_SCAN_H

#include "words.h"

struct scan {
    const char *next, *end; /* what is left of it */
    const char *form;       /* how it is written, for messages: "free BLOCK" */
    struct lab_error *error;
};

static inline bool scan_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool scan_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Passes over blanks; true: nothing is left. */
bool scan_is_done(struct scan *scan);

/* The next word, up to a blank; empty if nothing is left. */
struct word scan_peek(struct scan *scan);

/* The same, taken off. */
struct word scan_word(struct scan *scan);

/* Takes the next word off if it is that one. */
bool scan_take(struct scan *scan, const char *word);

/* Takes a name off: letters, digits and _, where `has_dashes` - too. Empty if there is none. */
struct word scan_name(struct scan *scan, bool has_dashes);

/* What was taken off since `start`, without the blanks around it. */
struct word scan_since(const struct scan *scan, const char *start);

/* Nothing may be left. False after filling the error. */
bool scan_end(struct scan *scan);

/* a size is missing: alloc SIZE [as BLOCK]
 * Returns false. */
bool scan_missing(struct scan *scan, const char *what);

#endif
