/* Running text: words set into lines of a limited width. See flow.h. */
#include <stdbool.h>

#include "flow.h"

static unsigned length_up_to(const char *text, char stop)
{
    unsigned length = 0;
    while (text[length] && text[length] != stop)
        length++;
    return length;
}

struct lab_flow lab_flow_start(const struct lab_sink *sink, unsigned width, unsigned indent, unsigned column)
{
    return (struct lab_flow){.sink = sink, .width = width, .indent = indent, .column = column, .start = column};
}

static void next_line(struct lab_flow *flow)
{
    lab_print(flow->sink, "\n%*s", (int)flow->indent, "");
    flow->column = flow->start = flow->indent;
}

/* `length` characters that stay together, as far as a line can hold them. */
static void put(struct lab_flow *flow, const char *text, unsigned length)
{
    while (length > 0) {
        if (flow->column == flow->width)
            next_line(flow);
        unsigned room = flow->width - flow->column;
        unsigned part = length < room ? length : room;
        lab_print(flow->sink, "%.*s", (int)part, text);
        flow->column += part;
        text += part;
        length -= part;
    }
}

static void set_word(struct lab_flow *flow, const char *word, unsigned length, const char *after)
{
    unsigned whole = length + length_up_to(after, '\0');
    bool is_first = flow->column == flow->start;
    if (!is_first && flow->column + 1 + whole > flow->width)
        next_line(flow);
    else if (!is_first)
        put(flow, " ", 1);
    put(flow, word, length);
    put(flow, after, whole - length);
}

void lab_flow_word(struct lab_flow *flow, const char *word, const char *after)
{
    set_word(flow, word, length_up_to(word, '\0'), after);
}

void lab_flow_words(struct lab_flow *flow, const char *words)
{
    while (*words) {
        unsigned length = length_up_to(words, ' ');
        set_word(flow, words, length, "");
        words += length;
        words += *words == ' ';
    }
}

void lab_flow_number(struct lab_flow *flow, uint64_t value, const char *after)
{
    char digits[24];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, digits, sizeof digits);
    lab_print(&sink, "%ju", (uintmax_t)value);
    lab_flow_word(flow, digits, after);
}

void lab_flow_glue(struct lab_flow *flow, const char *text)
{
    put(flow, text, length_up_to(text, '\0'));
}

void lab_flow_end(struct lab_flow *flow)
{
    lab_print(flow->sink, "\n");
}

void lab_flow_print(const struct lab_sink *sink, unsigned column, const char *text)
{
    struct lab_flow flow = lab_flow_start(sink, LAB_TEXT_WIDTH, column, column);
    lab_flow_words(&flow, text);
    lab_flow_end(&flow);
}
