/* Completion: the completer offers its words one by one, here they are counted, compared, or listed; none is kept. */
#include "line_tab.h"

#include <lib/string.h>

enum { LIST_COLUMNS = 79, LIST_GAP = 2 };

/* What all offered words have in common, and how long the longest is. */
struct summary {
    char common[LINE_MAX_CHARACTERS + 1];
    size_t length, count, longest;
    char end; /* of the last one */
};

/* Characters as they are shown: a blank behind a word is not. */
static size_t shown_length(size_t length, char end)
{
    return length + (end == '=' || end == ':');
}

static void summarize(void *context, const char *word, size_t length, char end)
{
    struct summary *s = context;
    size_t alike = 0;
    length = length < LINE_MAX_CHARACTERS ? length : LINE_MAX_CHARACTERS;
    if (s->count == 0) {
        memcpy(s->common, word, length);
        s->length = length;
    }
    while (alike < s->length && alike < length && s->common[alike] == word[alike])
        alike++;
    s->length = alike;
    s->end = end;
    s->count++;
    s->longest = shown_length(length, end) > s->longest ? shown_length(length, end) : s->longest;
}

struct list {
    const struct lab_sink *out;
    size_t width, slot, used; /* of a slot, blanks included; where the next begins; columns written so far */
};

static void print_word(void *context, const char *word, size_t length, char end)
{
    struct list *list = context;
    if (list->slot + list->width > LIST_COLUMNS + LIST_GAP && list->slot > 0) {
        lab_print(list->out, "\n");
        list->slot = list->used = 0;
    }
    lab_print(list->out, "%*s%.*s", (int)(list->slot - list->used), "", (int)length, word);
    if (end == '=' || end == ':')
        lab_print(list->out, "%c", end);
    list->used = list->slot + shown_length(length, end);
    list->slot += list->width;
}

static void list_words(struct line *l, const struct summary *s)
{
    struct list list = {.out = &l->out, .width = s->longest + LIST_GAP};
    struct line_offers offers = {print_word, &list};
    row_leave(&l->row);
    l->complete(l->context, l->text, l->cursor, &offers);
    lab_print(&l->out, "\n");
    row_begin(&l->row, &l->out, l->prompt);
    row_show(&l->row, l->text, l->length, l->cursor);
}

void line_tab(struct line *l)
{
    struct summary s = {.count = 0};
    struct line_offers offers = {summarize, &s};
    l->text[l->length] = '\0';
    size_t start = l->complete ? l->complete(l->context, l->text, l->cursor, &offers) : l->cursor;
    if (s.count == 0)
        return;
    if (s.count == 1 && s.end && l->text[l->cursor] != s.end && s.length < LINE_MAX_CHARACTERS)
        s.common[s.length++] = s.end;
    size_t there = l->cursor - start;
    if (s.length - there > LINE_MAX_CHARACTERS - l->length)
        return;
    if (s.length > there)
        line_insert(l, s.common + there, s.length - there);
    else if (s.count > 1)
        list_words(l, &s);
}
