/* The command line, cut into words, quotes and backslashes undone. */
#include "cmdline.h"

#include <lib/string.h>

void cmdline_start(struct cmdline *line, const char *text, size_t length, char *room)
{
    *line = (struct cmdline){.next = text, .end = text + length, .room = room};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

/* Does a backslash that takes away the next character's meaning stand here? */
static bool is_escape(const struct cmdline *line)
{
    const char *p = line->next;
    return *p == '\\' && line->end - p > 1 && (p[1] == '"' || p[1] == '\'' || p[1] == '\\');
}

/* What surrounds the character that is read: GRUB's quotes, a person's, both or none. */
struct quoting {
    bool grub, person;
};

/* Steps over a quote that groups; false: what stands here is none. */
static bool take_quote(struct cmdline *line, struct quoting *in)
{
    if (*line->next == '"') {
        in->grub = !in->grub;
        line->next++;
        return true;
    }
    if (!in->grub && is_escape(line) && line->next[1] == '"') {
        in->person = !in->person;
        line->next += 2;
        return true;
    }
    return false;
}

/* Copies one word into the room, up to a blank outside quotes. */
static enum cmdline_status copy_word(struct cmdline *line, struct cmdline_word *word)
{
    struct quoting in = {false, false};
    bool is_bad = false;
    char *out = line->room;
    while (line->next < line->end && (in.grub || in.person || !is_blank(*line->next))) {
        if (take_quote(line, &in))
            continue;
        if (is_escape(line))
            line->next++;
        char c = *line->next++;
        is_bad |= !is_printable(c) && !is_blank(c);
        *out++ = c;
    }
    word->length = (size_t)(out - line->room);
    *out++ = '\0';
    line->room = out;
    if (is_bad)
        return CMDLINE_BAD_BYTE;
    return in.grub || in.person ? CMDLINE_OPEN_QUOTE : CMDLINE_WORD;
}

static enum cmdline_status split_word(struct cmdline_word *word)
{
    size_t key_length = 0;
    while (key_length < word->length && word->text[key_length] != '=')
        key_length++;
    if (key_length == 0)
        return CMDLINE_NO_KEY;
    if (key_length == word->length)
        return CMDLINE_NO_VALUE;
    word->key_length = key_length;
    word->value = word->text + key_length + 1;
    word->value_length = word->length - key_length - 1;
    return CMDLINE_WORD;
}

enum cmdline_status cmdline_next(struct cmdline *line, struct cmdline_word *word)
{
    while (line->next < line->end && is_blank(*line->next))
        line->next++;
    *word = (struct cmdline_word){.text = line->room};
    if (line->next == line->end)
        return CMDLINE_END;
    enum cmdline_status status = copy_word(line, word);
    return status == CMDLINE_WORD ? split_word(word) : status;
}

const char *cmdline_status_text(enum cmdline_status status)
{
    switch (status) {
    case CMDLINE_OPEN_QUOTE:
        return "a double quote is not closed";
    case CMDLINE_BAD_BYTE:
        return "options are printable ASCII";
    case CMDLINE_NO_VALUE:
        return "an option is key=value";
    case CMDLINE_NO_KEY:
        return "the key before '=' is missing";
    default:
        return "ok";
    }
}

/* Writes a byte's printed form, at most 4 characters, and returns how many. */
static size_t show_byte(char *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    if (is_printable(c)) {
        out[0] = c;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
    return 4;
}

const char *cmdline_show(char *out, size_t capacity, const char *text, size_t length)
{
    static const char dots[] = "...";
    size_t used = 0, cut = 0; /* cut: the most that leaves room for the dots */
    for (size_t i = 0; i < length; i++) {
        char form[4];
        size_t width = show_byte(form, text[i]);
        if (width > capacity - 1 - used) {
            memcpy(out + cut, dots, sizeof dots);
            return out;
        }
        memcpy(out + used, form, width);
        used += width;
        if (capacity - used >= sizeof dots)
            cut = used;
    }
    out[used] = '\0';
    return out;
}
