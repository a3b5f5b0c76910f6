/* Running text: words set into lines of a limited width. */
#ifndef LAB_FLOW_H
#define LAB_FLOW_H

#include <lab/text.h>

#define LAB_TEXT_WIDTH 78 /* also for a screen of 80 columns */

struct lab_flow {
    const struct lab_sink *sink;
    unsigned width, indent; /* columns of a line; blanks before each line but the first */
    unsigned column;        /* where the next character goes */
    unsigned start;         /* where the line's first word stood: no blank before that one */
};

/* A flow of lines of `width` columns whose first line has `column` of them filled already. */
struct lab_flow lab_flow_start(const struct lab_sink *sink, unsigned width, unsigned indent, unsigned column);

/* One word with what follows it without a blank ("," or "" for nothing). A word longer than a line is cut at its end. */
void lab_flow_word(struct lab_flow *flow, const char *word, const char *after);

/* Words separated by single blanks; a blank before the first sets it a blank further off. */
void lab_flow_words(struct lab_flow *flow, const char *words);

/* `value` in decimal without commas, as it would be typed, with what follows it. */
void lab_flow_number(struct lab_flow *flow, uint64_t value, const char *after);

/* Characters that join the last word where it stands, without a blank. */
void lab_flow_glue(struct lab_flow *flow, const char *text);

/* Ends the last line. */
void lab_flow_end(struct lab_flow *flow);

/* A whole text, where `column` columns of a line are filled already, as they shall be left blank in the others. */
void lab_flow_print(const struct lab_sink *sink, unsigned column, const char *text);

#endif
