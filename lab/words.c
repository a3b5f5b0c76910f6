/* Words and lists of words, and the messages about those nobody knows. */
#include "words.h"

#include <lab/number.h>

#include "cstring.h"

enum { LISTED_MAX = 120 }; /* so that a shown word, a list and the text around them fit a message */

size_t word_before(struct word word, char separator)
{
    size_t i = 0;
    while (i < word.length && word.text[i] != separator)
        i++;
    return i;
}

bool word_next(struct word_list *list, struct word *part)
{
    if (list->is_done)
        return false;
    *part = (struct word){list->text, word_before((struct word){list->text, list->length}, list->separator)};
    list->is_done = part->length == list->length;
    size_t used = part->length + (list->is_done ? 0 : 1);
    list->text += used;
    list->length -= used;
    return true;
}

static char printable(char c)
{
    if (c == '\t')
        return ' ';
    return c >= ' ' && c <= '~' ? c : '?';
}

void word_copy(char *to, size_t capacity, const char *text, size_t length)
{
    bool is_cut = length > capacity - 1;
    size_t kept = is_cut ? capacity - sizeof "..." : length;
    for (size_t i = 0; i < kept; i++)
        to[i] = printable(text[i]);
    for (size_t i = kept; is_cut && i < kept + 3; i++)
        to[i] = '.';
    to[is_cut ? kept + 3 : kept] = '\0';
}

struct word_shown word_show(const char *text, size_t length)
{
    static const char dots[] = "...";
    struct word_shown shown;
    size_t kept = length < LAB_SHOWN_MAX ? length : LAB_SHOWN_MAX;
    word_copy(shown.text, sizeof shown.text, text, kept);
    for (size_t i = 0; kept < length && i < sizeof dots; i++)
        shown.text[kept + i] = dots[i];
    return shown;
}

void word_mark_cut(struct lab_buffer *buffer)
{
    for (size_t i = 1; buffer->wanted > buffer->length && i <= 3 && i <= buffer->length; i++)
        buffer->text[buffer->length - i] = '.';
}

/* Writes "a, b, c", each with `suffix` behind it. */
static void print_names(char *out, size_t capacity, const char *const *names, const char *suffix)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, out, capacity);
    for (size_t i = 0; names[i]; i++)
        lab_print(&sink, "%s%s%s", i ? ", " : "", names[i], suffix);
    word_mark_cut(&buffer);
}

bool word_unknown_name(struct lab_error *error, const char *what, struct word name, const char *const *names)
{
    char list[LISTED_MAX];
    const char *nearest = lab_nearest(name.text, name.length, names);
    struct word_shown shown = word_show(name.text, name.length);
    print_names(list, sizeof list, names, "");
    if (nearest)
        return lab_fail(error, name.text, name.length, "no %s '%s': did you mean %s? There are %s", what, shown.text,
                        nearest, list);
    return lab_fail(error, name.text, name.length, "no %s '%s'; there are %s", what, shown.text, list);
}

bool word_find(struct word name, const char *const *names, size_t *index)
{
    for (*index = 0; names[*index]; (*index)++) {
        if (lab_matches(names[*index], name.text, name.length))
            return true;
    }
    return false;
}

bool word_unknown_value(struct lab_error *error, const char *key, struct word word, const char *const *values)
{
    char list[LISTED_MAX];
    size_t at = word_before(word, '=') + 1;
    const char *nearest = lab_nearest(word.text + at, word.length - at, values);
    struct word_shown shown = word_show(word.text, word.length);
    print_names(list, sizeof list, values, "");
    if (nearest)
        return lab_fail(error, word.text, word.length, "'%s': did you mean %s? %s is one of %s", shown.text, nearest,
                        key, list);
    return lab_fail(error, word.text, word.length, "'%s': %s is one of %s", shown.text, key, list);
}

bool word_unknown_key(struct lab_error *error, const char *owner, struct word word, const char *const *keys)
{
    char list[LISTED_MAX];
    size_t key = word_before(word, '=');
    const char *nearest = key > 0 ? lab_nearest(word.text, key, keys) : NULL;
    struct word_shown shown = word_show(word.text, word.length);
    print_names(list, sizeof list, keys, "=");
    if (nearest)
        return lab_fail(error, word.text, word.length, "'%s': did you mean %s=? %s takes %s", shown.text, nearest,
                        owner, list);
    return lab_fail(error, word.text, word.length, "'%s': %s takes %s", shown.text, owner, list);
}
