/* What stands beneath the comparison table: marks, notes, formulas, and in words who is best at what. */
#include "cstring.h"
#include "flow.h"
#include "table.h"

#define LABEL_WIDTH 10 /* of a formula's name */

static struct lab_flow start_line(const struct lab_table *t)
{
    return lab_flow_start(t->sink, LAB_TEXT_WIDTH, 2, 0);
}

/* "a", "a and b", "a, b and c"; `is_named` says which rows. `after` follows the last. */
struct names {
    const struct lab_table *table;
    bool (*is_named)(const struct lab_table *t, size_t row, enum figure figure);
    enum figure figure;
};

static size_t count_names(const struct names *n)
{
    size_t count = 0;
    for (size_t i = 0; i < n->table->count; i++)
        count += n->is_named(n->table, i, n->figure);
    return count;
}

static void list_names(struct lab_flow *flow, const struct names *n, const char *after)
{
    size_t left = count_names(n);
    for (size_t i = 0; i < n->table->count; i++) {
        if (!n->is_named(n->table, i, n->figure))
            continue;
        left--;
        lab_flow_word(flow, n->table->rows[i].alloc, left == 0 ? after : left > 1 ? "," : "");
        if (left == 1)
            lab_flow_words(flow, "and");
    }
}

/* ---- notes ---- */

static void note_marks(const struct lab_table *t)
{
    for (enum figure f = 0; f < FIG_COUNT; f++) {
        if (lab_is_contested(t, f)) {
            lab_print(t->sink, "* best of its column (no mark where all are alike)\n");
            return;
        }
    }
}

/* Why there are dashes in the table, where untracked or kept blocks hide what would be holes. False: nothing hides them. */
static bool say_what_hides_holes(struct lab_flow *flow, const struct lab_result *r)
{
    char number[32];
    bool is_untracked = r->shape.untracked > 0;
    if (!is_untracked && lab_kept_blocks(r) == 0)
        return false;
    lab_flow_words(flow, is_untracked ? "(-) no record of its blocks:" : "(-) takes no block back:");
    lab_flow_words(flow, lab_grouped(is_untracked ? r->shape.untracked : lab_kept_blocks(r), number));
    lab_flow_words(flow, is_untracked ? "bytes handed out" : "freed ones still in use");
    return true;
}

/* "9,012 holes, the largest 2.1 % of what is free" */
static void say_holes(struct lab_flow *flow, const struct lab_result *r)
{
    char number[32], share[16];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, share, sizeof share);
    unsigned permille = 1000 - r->ext_frag;
    lab_print(&sink, "%u.%u", permille / 10, permille % 10);
    if (r->shape.holes == 0) {
        lab_flow_words(flow, "no hole: nothing is free");
    } else if (r->shape.holes == 1) {
        lab_flow_words(flow, "one hole: all that is free");
    } else {
        lab_flow_words(flow, lab_grouped(r->shape.holes, number));
        lab_flow_words(flow, "holes, the largest");
        lab_flow_words(flow, share);
        lab_flow_words(flow, "% of what is free");
    }
}

/* What the numbers mean, one line for each allocator. */
static void say_each(const struct lab_table *t)
{
    bool is_first = true;
    for (size_t i = 0; i < t->count; i++) {
        const struct lab_row *row = &t->rows[i];
        if (row->status != LAB_OK)
            continue;
        if (is_first)
            lab_print(t->sink, "\nAt the end:\n");
        is_first = false;
        size_t length = lab_length(row->alloc);
        unsigned indent = t->name_width + 4;
        lab_print(t->sink, "  %s%s%*s", row->alloc, length > t->name_width ? "\n" : "",
                  (int)(length > t->name_width ? indent : indent - 2 - length), "");
        struct lab_flow flow = lab_flow_start(t->sink, LAB_TEXT_WIDTH, indent, indent);
        if (!say_what_hides_holes(&flow, row->result))
            say_holes(&flow, row->result);
        lab_flow_end(&flow);
    }
}

static bool has_refused_more(const struct lab_table *t, size_t row, enum figure figure)
{
    return t->rows[row].status == LAB_OK && !lab_is_winner(t, row, figure);
}

/* Refusals make a run shorter: who refused more than others is not cheaper for it. */
static void note_refusals(const struct lab_table *t)
{
    struct names names = {.table = t, .is_named = has_refused_more, .figure = FIG_REFUSED};
    size_t count = count_names(&names);
    if (count == 0)
        return;
    struct lab_flow flow = start_line(t);
    list_names(&flow, &names, "");
    lab_flow_words(&flow, "refused more than the best did:");
    lab_flow_words(&flow,
                   count == 1 ? "its other figures are of fewer blocks." : "their other figures are of fewer blocks.");
    lab_flow_end(&flow);
}

/* ---- formulas ---- */

static void print_formulas(const struct lab_table *t)
{
    lab_print(t->sink, "\n");
    for (enum figure f = 0; f < FIG_COUNT; f++) {
        const char *label = f == FIG_ALLOC_MEAN ? "cost" : lab_columns[f].head;
        if (!t->widths[f] || !lab_columns[f].formula)
            continue;
        lab_print(t->sink, "%-*s ", LABEL_WIDTH, label);
        struct lab_flow flow = lab_flow_start(t->sink, LAB_TEXT_WIDTH, LABEL_WIDTH + 1, LABEL_WIDTH + 1);
        lab_flow_words(&flow, lab_columns[f].formula);
        lab_flow_end(&flow);
    }
}

/* ---- the verdict ---- */

static bool is_praised(const struct lab_table *t, enum figure figure)
{
    return lab_columns[figure].praise && t->contests[figure].numbers > 1;
}

/* "first-fit;", "best-fit and first-fit (tie);" or "all alike;". */
static void print_best(struct lab_flow *flow, const struct names *best, const char *stop)
{
    bool is_tie = best->table->contests[best->figure].winners > 1;
    if (!lab_is_contested(best->table, best->figure)) {
        lab_flow_words(flow, "all");
        lab_flow_word(flow, "alike", stop);
        return;
    }
    list_names(flow, best, is_tie ? "" : stop);
    if (is_tie)
        lab_flow_word(flow, "(tie)", stop);
}

static void print_verdict(const struct lab_table *t)
{
    enum figure last = FIG_COUNT;
    for (enum figure f = 0; f < FIG_COUNT; f++)
        last = is_praised(t, f) ? f : last;
    if (last == FIG_COUNT)
        return;
    lab_print(t->sink, "\n");
    struct lab_flow flow = start_line(t);
    lab_flow_words(&flow, "In words:");
    for (enum figure f = 0; f <= last; f++) {
        struct names names = {.table = t, .is_named = lab_is_winner, .figure = f};
        if (!is_praised(t, f))
            continue;
        lab_flow_words(&flow, lab_columns[f].praise);
        print_best(&flow, &names, f == last ? "." : ";");
    }
    lab_flow_end(&flow);
}

void lab_table_words(const struct lab_table *t, bool explains)
{
    note_marks(t);
    note_refusals(t);
    say_each(t);
    if (explains)
        print_formulas(t);
    print_verdict(t);
}
