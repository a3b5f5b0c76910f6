/* The comparison table: the same run under several allocators, side by side.
 *
 * A column is one entry of the list in columns.c. Everything else (widths, marks, which formulas stand beneath, the words at
 * the end) follows from the entries and the numbers. A column that no allocator has a number for is left out; columns that
 * do not fit beside the others go on in a further block of rows.
 */
#include "table.h"
#include "cstring.h"
#include "flow.h"

#define TABLE_WIDTH 100
#define NAME_WIDTH_MIN 9
#define NAME_WIDTH_MAX 20 /* a longer name gets a line of its own */
#define COLUMN_GAP 2      /* between columns: a mark or a blank, and a blank */
#define CELL_MAX 40       /* bytes of a cell's text */
#define GROUPED_FROM 5    /* rows: shorter tables are read at a glance */

/* ---- what is best ---- */

static bool is_better(enum figure figure, uint64_t a, uint64_t b)
{
    return lab_columns[figure].better == BETTER_HIGH ? a > b : a < b;
}

static struct lab_contest hold_contest(const struct lab_table *t, enum figure figure)
{
    struct lab_contest c = {0};
    for (size_t i = 0; i < t->count; i++) {
        if (!lab_has_figure(&t->rows[i], figure))
            continue;
        uint64_t number = lab_figure(t->rows[i].result, figure);
        if (c.numbers++ == 0 || is_better(figure, number, c.best)) {
            c.best = number;
            c.winners = 0;
        }
        c.winners += number == c.best;
    }
    return c;
}

bool lab_is_contested(const struct lab_table *t, enum figure figure)
{
    const struct lab_contest *c = &t->contests[figure];
    return lab_columns[figure].better != BETTER_NEITHER && c->winners < c->numbers;
}

bool lab_is_winner(const struct lab_table *t, size_t row, enum figure figure)
{
    return lab_has_figure(&t->rows[row], figure) && lab_figure(t->rows[row].result, figure) == t->contests[figure].best;
}

/* ---- layout ---- */

static unsigned length_of(const char *text)
{
    return (unsigned)lab_length(text);
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

/* The text of one cell, into `out` (CELL_MAX bytes). */
static const char *cell_text(const struct lab_row *row, enum figure figure, char *out)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, out, CELL_MAX);
    char digits[32];
    if (!lab_has_figure(row, figure)) {
        lab_print(&sink, "-");
        return out;
    }
    uint64_t number = lab_figure(row->result, figure);
    if (lab_columns[figure].has_tenths)
        lab_print(&sink, "%s.%u", lab_grouped(number / 10, digits), (unsigned)(number % 10));
    else
        lab_print(&sink, "%s", lab_grouped(number, digits));
    return out;
}

static void widen(unsigned *width, unsigned needed)
{
    if (needed > *width)
        *width = needed;
}

static void lay_out(struct lab_table *t)
{
    t->name_width = NAME_WIDTH_MIN;
    for (size_t i = 0; i < t->count; i++) {
        if (length_of(t->rows[i].alloc) <= NAME_WIDTH_MAX)
            widen(&t->name_width, length_of(t->rows[i].alloc));
    }
    for (enum figure f = 0; f < FIG_COUNT; f++) {
        char text[CELL_MAX];
        t->contests[f] = hold_contest(t, f);
        if (t->contests[f].numbers == 0)
            continue;
        widen(&t->widths[f], length_of(lab_columns[f].head));
        widen(&t->widths[f], length_of(text_or_empty(lab_columns[f].subhead)));
        for (size_t i = 0; i < t->count; i++)
            widen(&t->widths[f], length_of(cell_text(&t->rows[i], f, text)));
    }
}

/* The first column that does not fit beside those from `from` on, or belongs to the next part. */
static enum figure end_of_block(const struct lab_table *t, enum figure from)
{
    unsigned width = t->name_width + 1; /* a mark may stand after the last column */
    enum figure f = from;
    for (; f < FIG_COUNT && lab_columns[f].part == lab_columns[from].part; f++) {
        unsigned needed = t->widths[f] ? t->widths[f] + COLUMN_GAP : 0;
        if (width + needed > TABLE_WIDTH)
            break;
        width += needed;
    }
    return f > from ? f : from + 1;
}

/* ---- printing ---- */

/* One of the two lines of heads, right-aligned. No blanks after the last. */
static void print_heads(const struct lab_table *t, enum figure from, enum figure to, bool is_sub)
{
    unsigned blanks = is_sub ? t->name_width : 0;
    if (!is_sub)
        lab_print(t->sink, "%-*s", (int)t->name_width, "allocator");
    for (enum figure f = from; f < to; f++) {
        const char *text = text_or_empty(is_sub ? lab_columns[f].subhead : lab_columns[f].head);
        blanks += t->widths[f] ? t->widths[f] + COLUMN_GAP : 0;
        if (!t->widths[f] || !*text)
            continue;
        lab_print(t->sink, "%*s", (int)blanks, text);
        blanks = 0;
    }
    lab_print(t->sink, "\n");
}

static void print_name(const struct lab_table *t, const char *name)
{
    lab_print(t->sink, "%-*s", (int)t->name_width, name);
    if (length_of(name) > t->name_width)
        lab_print(t->sink, "\n%*s", (int)t->name_width, "");
}

static void print_row(const struct lab_table *t, size_t row, enum figure from, enum figure to)
{
    char text[CELL_MAX];
    bool is_marked = false;
    print_name(t, t->rows[row].alloc);
    for (enum figure f = from; f < to; f++) {
        if (!t->widths[f])
            continue;
        lab_print(t->sink, "%s%*s", is_marked ? " " : "  ", (int)t->widths[f], cell_text(&t->rows[row], f, text));
        is_marked = lab_is_contested(t, f) && lab_is_winner(t, row, f);
        if (is_marked)
            lab_print(t->sink, "*");
    }
    lab_print(t->sink, "\n");
}

/* In place of figures; once, in the first block. */
static void print_failed_row(const struct lab_table *t, size_t row)
{
    const struct lab_row *r = &t->rows[row];
    char operation[32];
    print_name(t, r->alloc);
    lab_print(t->sink, "  no figures: %s", lab_status_text(r->status));
    if (r->status == LAB_CORRUPT)
        lab_print(t->sink, " at operation %s: %s", lab_grouped(r->result->done, operation), lab_check_text(r->result));
    lab_print(t->sink, "\n");
}

/* Above the first row of a family. */
static void print_family(const struct lab_table *t, size_t row)
{
    const char *family = text_or_empty(t->rows[row].family);
    bool is_same = row > 0 && lab_equal(family, text_or_empty(t->rows[row - 1].family));
    if (t->count >= GROUPED_FROM && !is_same)
        lab_print(t->sink, "-- %s\n", *family ? family : "others");
}

static void print_rows(const struct lab_table *t, enum figure from, enum figure to)
{
    for (size_t i = 0; i < t->count; i++) {
        print_family(t, i);
        if (t->rows[i].status == LAB_OK)
            print_row(t, i, from, to);
        else if (from == 0)
            print_failed_row(t, i);
    }
}

static bool is_any_shown(const struct lab_table *t, enum figure from, enum figure to)
{
    while (from < to && t->widths[from] == 0)
        from++;
    return from < to;
}

static void print_blocks(const struct lab_table *t)
{
    for (enum figure from = 0, to; from < FIG_COUNT; from = to) {
        to = end_of_block(t, from);
        if (from > 0 && !is_any_shown(t, from, to))
            continue;
        if (lab_columns[from].part == PART_MEMORY)
            lab_print(t->sink, "\nMemory\n");
        else
            lab_print(t->sink, "\nWork (alloc, free, resize: cost in %s%s)\n", t->unit,
                      lab_equal(t->unit, "ticks") ? ", which differ from run to run" : "");
        print_heads(t, from, to, false);
        print_heads(t, from, to, true);
        print_rows(t, from, to);
    }
}

void lab_report_comparison(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                           const struct lab_row *rows, size_t count, bool explains)
{
    struct lab_table table = {.sink = sink, .rows = rows, .count = count, .unit = world->clock_unit};
    lay_out(&table);
    lab_print_title(sink, world, run, "The same run under each allocator:");
    print_blocks(&table);
    lab_table_words(&table, explains);
}
