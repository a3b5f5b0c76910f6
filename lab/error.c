/* Error lines: the word made printable, the message formatted. */
#include <lab/error.h>

#include "words.h"

bool lab_fail(struct lab_error *error, const char *word, size_t length, const char *format, ...)
{
    if (!error)
        return false;
    word_copy(error->word, sizeof error->word, word, length);
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, error->message, sizeof error->message);
    va_list list;
    va_start(list, format);
    lab_print_list(&sink, format, list);
    va_end(list);
    word_mark_cut(&buffer);
    for (char *c = error->message; *c; c++)
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    return false;
}
