/* The comparison table's parts: columns.c lists its columns, table.c lays it out and prints it, table_words.c says the rest. */
#ifndef LAB_TABLE_H
#define LAB_TABLE_H

#include <lab/report.h>

enum figure {
    FIG_REFUSED,
    FIG_DESPITE_ROOM,
    FIG_HEAP_KIB,
    FIG_UTIL,
    FIG_EXT_FRAG,
    FIG_INT_FRAG,
    FIG_HOLES,
    FIG_LARGEST_HOLE,
    FIG_PROBES_MEAN,
    FIG_PROBES_MAX,
    FIG_ALLOC_MEAN,
    FIG_ALLOC_P99,
    FIG_ALLOC_MAX,
    FIG_FREE_MEAN,
    FIG_FREE_P99,
    FIG_RESIZE_MEAN,
    FIG_RESIZE_P99,
    FIG_COUNT
};

enum better { BETTER_LOW, BETTER_HIGH, BETTER_NEITHER };
enum part { PART_MEMORY, PART_WORK, PARTS };

struct lab_column {
    const char *head, *subhead; /* the two lines above it; the second may be NULL */
    enum part part;
    enum better better;
    bool has_tenths;     /* the number is in tenths of its unit */
    const char *praise;  /* what its best one has: "smallest heap:"; NULL: not put into words */
    const char *formula; /* NULL: explained with an earlier column */
};

extern const struct lab_column lab_columns[FIG_COUNT];

/* The number of one result in one column, in the column's unit (tenths of it with has_tenths). */
uint64_t lab_figure(const struct lab_result *result, enum figure figure);

/* Blocks that were freed and still count as used, because the policy takes nothing back. */
size_t lab_kept_blocks(const struct lab_result *result);

/* Whether that number has a meaning. Untracked bytes and kept blocks hide what would be holes: what is computed from holes
 * would flatter. And there is no cost of nothing. */
bool lab_has_figure(const struct lab_row *row, enum figure figure);

/* Who is best in one column. */
struct lab_contest {
    uint64_t best;
    size_t numbers, winners; /* rows that have a number; of these, rows that have the best one */
};

struct lab_table {
    const struct lab_sink *sink;
    const struct lab_row *rows;
    size_t count;
    const char *unit; /* of the costs */
    unsigned name_width;
    unsigned widths[FIG_COUNT]; /* 0: the column is left out */
    struct lab_contest contests[FIG_COUNT];
};

/* Whether the column has a best at all: not if all are alike, or if neither more nor less is better. */
bool lab_is_contested(const struct lab_table *t, enum figure figure);

/* Whether that row has the column's best number. */
bool lab_is_winner(const struct lab_table *t, size_t row, enum figure figure);

/* "WHO trace:lua (seed 1, x86_64, vm demand)": the first line of a table or a report. */
void lab_print_title(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                     const char *who);

/* What stands beneath the table: marks, notes, formulas of the columns shown (if `explains`), and who is best at what. */
void lab_table_words(const struct lab_table *t, bool explains);

#endif
