/* The heap as text. One walk finds how fine the map can be, a second draws it, cell after cell, without keeping any.
 *
 *     0x000000  m|###|......|###########|###
 *     ^ offset  ^ one cell = so many bytes
 *                      ^^^^^^^   marks, under what an operation has changed
 */
#include <alloc/heap_ops.h>
#include <lab/map.h>

#include "flow.h"

#define ROW_MAX 64               /* most cells in a row */
#define CELL_FINEST ((size_t)16) /* a cell is no finer, unless blocks have edges in between */

/* ---- how the map is laid out ---- */

struct layout {
    size_t cell_bytes; /* a power of two */
    unsigned columns;  /* cells in a row: 16, 32 or 64 */
    unsigned digits;   /* of an offset, hexadecimal */
    bool is_exact;     /* block edges are drawn */
};

/* What the first walk finds. */
struct survey {
    size_t edges; /* all offsets and sizes, joined by `or`: its lowest bit is the finest step */
    size_t smallest_block;
    size_t blocks, holes, free_bytes, largest_hole;
};

static bool survey_extent(void *context, const struct heap_extent *extent)
{
    struct survey *s = context;
    bool is_hole = extent->kind == HEAP_FREE, is_block = is_hole || extent->kind == HEAP_USED;
    s->edges |= extent->offset | extent->size;
    s->blocks += is_block && !is_hole;
    s->holes += is_hole;
    s->free_bytes += is_hole ? extent->size : 0;
    if (is_block && extent->size < s->smallest_block)
        s->smallest_block = extent->size;
    if (is_hole && extent->size > s->largest_hole)
        s->largest_hole = extent->size;
    return true;
}

static unsigned hex_digits(size_t value)
{
    unsigned digits = 4;
    while (digits < 2 * sizeof value && value >> (4 * digits) != 0)
        digits++;
    return digits;
}

static unsigned clamp(unsigned value, unsigned least, unsigned most)
{
    return value < least ? least : value > most ? most : value;
}

static struct layout lay_out(const struct survey *s, size_t bytes, unsigned width, unsigned rows)
{
    struct layout l = {.columns = ROW_MAX, .digits = hex_digits(bytes)};
    unsigned gutter = 2 + l.digits + 2; /* "0x", the offset, two blanks */
    width = clamp(width, LAB_MAP_WIDTH_MIN, LAB_MAP_WIDTH_MAX);
    rows = clamp(rows, 1, LAB_MAP_ROWS_MAX);
    while (l.columns > 16 && gutter + l.columns > width)
        l.columns /= 2;
    size_t step = s->edges & (~s->edges + 1); /* the lowest bit */
    l.cell_bytes = step > 0 && step < CELL_FINEST ? step : CELL_FINEST;
    while ((bytes - 1) / l.cell_bytes / l.columns >= rows)
        l.cell_bytes *= 2;
    l.is_exact = l.cell_bytes <= step && s->smallest_block >= 2 * l.cell_bytes;
    return l;
}

/* ---- drawing: extents come in, cells go out ---- */

struct drawing {
    const struct lab_sink *sink;
    struct layout layout;
    size_t offset;                   /* what is before it is drawn or in `held` */
    size_t held[HEAP_UNTRACKED + 1]; /* bytes of each kind in the cell under way */
    bool starts_block;               /* a block starts at the first byte of that cell */
    char row[ROW_MAX + 1];
    unsigned filled; /* cells of the row */
    char uniform;    /* the symbol that the last row printed consists of, or 0 */
    size_t skipped;  /* rows after it that are like it and not printed */
    bool seen[128];  /* which symbols the map has: the legend explains no others */
    struct lab_marks marks;
};

static char symbol_of(const struct drawing *d)
{
    size_t used = d->held[HEAP_USED], free = d->held[HEAP_FREE];
    size_t meta = d->held[HEAP_META], untracked = d->held[HEAP_UNTRACKED];
    if (d->layout.is_exact && d->starts_block)
        return '|';
    if (used + free + untracked == 0)
        return 'm';
    if (used + meta + untracked == 0)
        return '.';
    if (untracked > 0 && untracked >= used + meta + free)
        return '?';
    if (free == 0)
        return '#';
    return used + meta + untracked >= free ? '+' : '-';
}

/* The symbol that all cells of a full row have, or 0. */
static char uniform_symbol(const struct drawing *d)
{
    unsigned alike = 1;
    while (alike < d->filled && d->row[alike] == d->row[0])
        alike++;
    return alike == d->layout.columns ? d->row[0] : '\0';
}

static void print_offset(const struct drawing *d, size_t rows_before)
{
    size_t row_bytes = d->layout.cell_bytes * d->layout.columns, last_row = (d->offset - 1) / row_bytes;
    lab_print(d->sink, "0x%0*zx  ", (int)d->layout.digits, (last_row - rows_before) * row_bytes);
}

/* Says how many rows were left out, the last of which ended `rows_before` rows ago. A single one is printed after all. */
static void print_skipped(struct drawing *d, size_t rows_before)
{
    if (d->skipped == 0)
        return;
    print_offset(d, rows_before + d->skipped - 1);
    if (d->skipped > 1)
        lab_print(d->sink, "%c%c%c  %zu more rows like this", d->uniform, d->uniform, d->uniform, d->skipped);
    for (unsigned i = 0; i < d->layout.columns && d->skipped == 1; i++)
        lab_print(d->sink, "%c", d->uniform);
    lab_print(d->sink, "\n");
    d->skipped = 0;
}

/* Fills the line of marks under the row that ends at the offset; false: it would be empty. */
static bool fill_marks(const struct drawing *d, char marks[ROW_MAX + 1])
{
    const struct lab_marks *m = &d->marks;
    size_t cell = d->layout.cell_bytes, row = cell * d->layout.columns;
    size_t start = (d->offset - 1) / row * row, count = 0;
    for (size_t i = 0; i < d->layout.columns && start + i * cell < d->offset; i++) {
        size_t at = start + i * cell;
        marks[i] = m->from < at + cell && m->to > at && m->from < m->to ? '^' : ' ';
        for (size_t label = 0; label < m->label_count; label++) {
            if (m->labels[label] - at < cell)
                marks[i] = (char)('A' + label);
        }
        if (marks[i] != ' ')
            count = i + 1;
    }
    marks[count] = '\0';
    return count > 0;
}

static void end_row(struct drawing *d)
{
    char marks[ROW_MAX + 1];
    bool is_marked = fill_marks(d, marks);
    char uniform = is_marked ? '\0' : uniform_symbol(d);
    if (uniform && uniform == d->uniform) {
        d->skipped++;
    } else {
        print_skipped(d, 1);
        d->row[d->filled] = '\0';
        print_offset(d, 0);
        lab_print(d->sink, "%s\n", d->row);
        if (is_marked)
            lab_print(d->sink, "%*s%s\n", (int)d->layout.digits + 4, "", marks);
        d->uniform = uniform;
    }
    d->filled = 0;
}

static void end_cell(struct drawing *d)
{
    char symbol = symbol_of(d);
    d->seen[(unsigned char)symbol] = true;
    d->row[d->filled++] = symbol;
    for (int kind = 0; kind <= HEAP_UNTRACKED; kind++)
        d->held[kind] = 0;
    d->starts_block = false;
    if (d->filled == d->layout.columns)
        end_row(d);
}

static bool draw_extent(void *context, const struct heap_extent *extent)
{
    struct drawing *d = context;
    size_t left = extent->size, cell = d->layout.cell_bytes;
    d->starts_block = (extent->kind == HEAP_USED || extent->kind == HEAP_FREE) && d->offset % cell == 0;
    while (left > 0) {
        size_t room = cell - d->offset % cell;
        size_t part = left < room ? left : room;
        d->held[extent->kind] += part;
        d->offset += part;
        left -= part;
        if (part == room)
            end_cell(d);
    }
    return true;
}

/* ---- head and legend ---- */

static struct lab_flow start_text(const struct lab_sink *sink)
{
    return lab_flow_start(sink, LAB_MAP_WIDTH_MAX, 2, 0);
}

static void add_count(struct lab_flow *flow, size_t count, const char *words)
{
    char digits[32];
    lab_flow_word(flow, lab_grouped(count, digits), "");
    lab_flow_words(flow, words);
}

static void draw_head(const struct lab_sink *sink, const struct heap *h, const struct survey *s)
{
    struct lab_flow head = start_text(sink);
    lab_flow_word(&head, h->ops->name, ":");
    add_count(&head, h->committed, "bytes,");
    add_count(&head, s->blocks, s->blocks == 1 ? "block used," : "blocks used,");
    add_count(&head, s->free_bytes, "free in");
    add_count(&head, s->holes, s->holes == 1 ? "hole" : "holes");
    if (s->holes > 1) {
        char digits[32];
        lab_flow_glue(&head, ",");
        lab_flow_word(&head, "largest", "");
        lab_flow_word(&head, lab_grouped(s->largest_hole, digits), "");
    }
    lab_flow_end(&head);
}

static void draw_legend(const struct drawing *d)
{
    static const char *const meanings[] = {" | start of a block", " # used", " . free", " m metadata", " ? untracked"};
    struct lab_flow legend = start_text(d->sink);
    lab_flow_words(&legend, "one cell =");
    add_count(&legend, d->layout.cell_bytes, d->layout.cell_bytes == 1 ? "byte:" : "bytes:");
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (d->seen[(unsigned char)meanings[i][1]])
            lab_flow_words(&legend, meanings[i]);
    }
    lab_flow_end(&legend);
    if (d->seen['+'] || d->seen['-'])
        lab_print(d->sink, "cells of both kinds:  + half or more of it in use  - more than half free\n");
}

enum heap_status lab_map(const struct lab_sink *sink, struct heap *h, unsigned width, unsigned rows)
{
    return lab_map_marked(sink, h, width, rows, &(struct lab_marks){0});
}

enum heap_status lab_map_marked(const struct lab_sink *sink, struct heap *h, unsigned width, unsigned rows,
                                const struct lab_marks *marks)
{
    struct survey survey = {.smallest_block = SIZE_MAX};
    struct drawing d = {.sink = sink, .marks = *marks};
    enum heap_status status = heap_walk(h, survey_extent, &survey);
    draw_head(sink, h, &survey);
    if (h->committed == 0)
        return status;
    d.layout = lay_out(&survey, h->committed, width, rows);
    status = heap_walk(h, draw_extent, &d);
    if (d.offset % d.layout.cell_bytes != 0)
        end_cell(&d);
    if (d.filled > 0)
        end_row(&d);
    print_skipped(&d, 0);
    if (!marks->is_brief)
        draw_legend(&d);
    if (status != HEAP_OK)
        lab_print(sink, "the map ends here: %s\n", heap_fault_text(h->fault.class));
    return status;
}
