/* A statement of a script, taken apart from left to right. */
#include "scan.h"

#include "cstring.h"

bool scan_is_done(struct scan *scan)
{
    while (scan->next < scan->end && scan_is_blank(*scan->next))
        scan->next++;
    return scan->next == scan->end;
}

struct word scan_peek(struct scan *scan)
{
    scan_is_done(scan);
    const char *p = scan->next;
    while (p < scan->end && !scan_is_blank(*p))
        p++;
    return (struct word){scan->next, (size_t)(p - scan->next)};
}

struct word scan_word(struct scan *scan)
{
    struct word word = scan_peek(scan);
    scan->next += word.length;
    return word;
}

bool scan_take(struct scan *scan, const char *word)
{
    struct word next = scan_peek(scan);
    if (!lab_matches(word, next.text, next.length))
        return false;
    scan->next += next.length;
    return true;
}

struct word scan_name(struct scan *scan, bool has_dashes)
{
    scan_is_done(scan);
    const char *start = scan->next;
    while (scan->next < scan->end && (scan_is_letter(*scan->next) || scan_is_digit(*scan->next) || *scan->next == '_' ||
                                      (has_dashes && *scan->next == '-')))
        scan->next++;
    return (struct word){start, (size_t)(scan->next - start)};
}

struct word scan_since(const struct scan *scan, const char *start)
{
    const char *end = scan->next;
    while (start < end && scan_is_blank(*start))
        start++;
    while (end > start && scan_is_blank(end[-1]))
        end--;
    return (struct word){start, (size_t)(end - start)};
}

bool scan_end(struct scan *scan)
{
    struct word word = scan_peek(scan);
    if (word.length == 0)
        return true;
    return lab_fail(scan->error, word.text, word.length, "'%s' is too much: %s", word_show(word.text, word.length).text,
                    scan->form);
}

bool scan_missing(struct scan *scan, const char *what)
{
    struct word word = scan_peek(scan);
    return lab_fail(scan->error, word.text, word.length, "%s is missing: %s", what, scan->form);
}
