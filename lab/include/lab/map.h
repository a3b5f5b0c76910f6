/* The heap as text: a map in address order, and the list of its holes. Plain ASCII, readable at 80 x 24. */
#ifndef LAB_MAP_H
#define LAB_MAP_H

#include <alloc/heap.h>
#include <lab/text.h>

#define LAB_MAP_WIDTH_MAX 78 /* columns of a map, the offsets at its left included */
#define LAB_MAP_WIDTH_MIN 28
#define LAB_MAP_ROWS_MAX 16 /* with head and legend at most 20 lines */

/* Draws the heap in at most `rows` (1 .. LAB_MAP_ROWS_MAX) rows of at most `width` (LAB_MAP_WIDTH_MIN ..
 * LAB_MAP_WIDTH_MAX) columns; values outside are taken as the nearest one inside. A row holds 16, 32 or 64 cells; a cell is
 * a power of two of bytes, the finest that is of use and with which the whole heap fits, and the legend names it. Full rows
 * of one symbol are printed once, with a line for those that follow.
 *
 * A cell of one kind of bytes: '#' used, '.' free, 'm' metadata, '?' untracked. If every edge of a block falls between two
 * cells and every block has two cells or more, '|' stands for the first cell of each block. Otherwise a cell may hold
 * several kinds, and metadata in it counts as used: '?' if half or more of it is untracked, '#' if none of it is free, '+'
 * if half or more is in use, '-' if less is.
 *
 * HEAP_OK, or HEAP_CORRUPT with h->fault set: then the map ends where the walk did, and its last line says so. Changes no
 * block; must not be called while the heap is in an operation. */
enum heap_status lab_map(const struct lab_sink *sink, struct heap *h, unsigned width, unsigned rows);

enum { LAB_LABELS_MAX = 8 };

/* What is drawn under the rows: '^' for the bytes [from, to) of the region (none if from is not below to), and the letters A,
 * B, ... under the cells that hold the offsets `labels`, ascending. */
struct lab_marks {
    size_t from, to;
    size_t labels[LAB_LABELS_MAX];
    size_t label_count;
    bool is_brief; /* no legend beneath */
};

/* The same with marks: at most `rows` more lines. */
enum heap_status lab_map_marked(const struct lab_sink *sink, struct heap *h, unsigned width, unsigned rows,
                                const struct lab_marks *marks);

/* The holes in address order, the first `most` of them with offset and size, then one line for the others. HEAP_OK, or
 * HEAP_CORRUPT with h->fault set. */
enum heap_status lab_holes(const struct lab_sink *sink, struct heap *h, size_t most);

/* The same in the order of the policy's own structure (heap_list). */
enum heap_status lab_holes_in_order(const struct lab_sink *sink, struct heap *h, size_t most);

#endif
