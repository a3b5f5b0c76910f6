/* What was wrong with an input: one line for people, and the word it is about for scripts. */
#ifndef LAB_ERROR_H
#define LAB_ERROR_H

#include <lab/text.h>

#include <stdbool.h>

struct lab_error {
    char message[240];                   /* one line without its end: what is wrong and what is allowed */
    char word[80];                       /* the offending word, printable ASCII, cut with "..." if it is long */
};

/* Fills `error` (may be NULL): the word is text[0 .. length), the message as in lab_print. Returns false, so that a check can
 * say `return lab_fail(...)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
bool lab_fail(struct lab_error *error, const char *word, size_t length, const char *format, ...);

#endif
