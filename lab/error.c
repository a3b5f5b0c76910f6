/* Error lines: the word made printable, the message formatted. */
#include <lab/error.h>

/* Copies text as printable ASCII, other bytes as '?', cut with "..." where it does not fit. */
static void copy_printable(char *to, size_t capacity, const char *text, size_t length)
{
    bool is_cut = length > capacity - 1;
    size_t kept = is_cut ? capacity - 4 : length;
    for (size_t i = 0; i < kept; i++)
        to[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    for (size_t i = kept; is_cut && i < kept + 3; i++)
        to[i] = '.';
    to[is_cut ? kept + 3 : kept] = '\0';
}

bool lab_fail(struct lab_error *error, const char *word, size_t length, const char *format, ...)
{
    if (!error)
        return false;
    copy_printable(error->word, sizeof error->word, word, length);
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, error->message, sizeof error->message);
    va_list list;
    va_start(list, format);
    lab_print_list(&sink, format, list);
    va_end(list);
    for (char *c = error->message; *c; c++)
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    return false;
}
