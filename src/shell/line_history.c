/* The history: a ring of lines. */
#include "line_history.h"

#include <lib/string.h>

static bool is_blank(const char *line)
{
    while (*line == ' ')
        line++;
    return *line == '\0';
}

void history_add(struct line_history *h, const char *line)
{
    const char *latest = history_line(h, 1);
    size_t length = strlen(line);
    if (is_blank(line) || length > LINE_MAX_CHARACTERS || (latest && strcmp(latest, line) == 0))
        return;
    memcpy(h->lines[h->next], line, length + 1);
    h->next = (h->next + 1) % HISTORY_LINES;
    h->count += h->count < HISTORY_LINES;
}

const char *history_line(const struct line_history *h, size_t age)
{
    if (age == 0 || age > h->count)
        return NULL;
    return h->lines[(h->next + HISTORY_LINES - age) % HISTORY_LINES];
}
