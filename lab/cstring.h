/* Inside lab/: text in memory, compared and measured. Stands in for a few functions of the C library. */
#ifndef LAB_CSTRING_H
#define LAB_CSTRING_H

#include <stdbool.h>
#include <stddef.h>

static inline size_t lab_length(const char *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

static inline bool lab_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* Whether text[0 .. length) begins `name`, or is all of it. */
static inline bool lab_is_prefix(const char *name, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '\0' || name[i] != text[i])
            return false;
    }
    return true;
}

/* Whether text[0 .. length) is `name`. */
static inline bool lab_matches(const char *name, const char *text, size_t length)
{
    return lab_length(name) == length && lab_is_prefix(name, text, length);
}

#endif
