/* Inside lab/: reading a script, what its files share.
 *
 *      script.c             the file: lines, comments, the two passes
 *      script_statement.c   the table of statements, the heap operations, the texts
 *      script_loop.c        repeat, each, end
 *      script_block.c       blocks and their names
 *      script_use.c         use
 *      script_expect.c      expect
 *      expression.c, scan.c numbers; words
 */
#ifndef LAB_SCRIPT_READER_H
#define LAB_SCRIPT_READER_H

#include <lab/script.h>

#include "expression.h"
#include "scan.h"

#define SCRIPT_BLOCK_MIN (4 * sizeof(size_t)) /* the smallest whole block of the fit family */

struct loop {
    const char *body;    /* its first line's start */
    struct word text;    /* the statement that begins it */
    uint32_t line;       /* that statement's */
    uint64_t last, step; /* of the variable: terms.variables has it at the loop's depth, with a name or without */
    bool is_again;       /* in the second round or later */
};

struct reader {
    struct lab_script *script;
    struct scan scan; /* the statement at hand */
    struct terms terms;
    bool is_file;
    bool has_begun;         /* a statement was read that is neither title nor about */
    bool is_counting;       /* the first pass: steps and allocations are counted, nothing is kept, no block looked up */
    uint32_t allocs;        /* counted */
    bool is_full;           /* why a statement was not read: no room is left */
    const char *next, *end; /* of the file, behind the line at hand */
    uint32_t lines;         /* read so far */
    struct loop loops[LAB_LOOPS_MAX];
    unsigned depth;
};

/* ---- statements ---- */

/* One statement. Reads what stands behind its first word into *step, whose kind, line and text are set; a kind of LAB_STEP_KINDS
 * on return means that there is no step. False after filling the error; the script is as it was. */
struct statement {
    const char *form;
    enum lab_step_kind kind; /* LAB_STEP_KINDS: it never makes a step */
    enum lab_show show;
    bool has_text; /* all behind the first word is text: no comment, no words */
    bool is_front; /* it stands before everything else */
    bool (*read)(struct reader *r, struct lab_step *step);
};

/* The statement of that name; NULL: there is none. */
const struct statement *statement_find(struct word name);

/* Whether a name means something in the language itself, so that no block or variable may have it. */
bool script_is_reserved(struct word name);

/* A name for a block or a variable: letters first, not too long, not reserved. False after filling the error. */
bool script_name_is_good(struct reader *r, const char *what, struct word name);

/* A number, *is_units if `unit` or `units` stands behind it. *text: all of it, for messages. */
bool script_read_amount(struct reader *r, uint64_t *value, bool *is_units, struct word *text);

/* '5 units': what is wrong with it. Returns false. */
bool script_refuse(struct reader *r, struct word text, const char *what);

bool script_read_title(struct reader *r, struct lab_step *step);
bool script_read_repeat(struct reader *r, struct lab_step *step);
bool script_read_each(struct reader *r, struct lab_step *step);
bool script_read_end(struct reader *r, struct lab_step *step);
bool script_read_use(struct reader *r, struct lab_step *step);
bool script_read_expect(struct reader *r, struct lab_step *step);

/* Whether the statement at hand is in a loop's second round or later. */
bool script_is_again(const struct reader *r);

/* ---- blocks ---- */

/* A block as it is written. */
struct block_name {
    struct word name;
    uint32_t index;   /* LAB_NO_INDEX: none */
    struct word text; /* the whole of it */
};

/* Takes a block's name off the statement. False after filling the error. */
bool block_read_name(struct reader *r, struct block_name *name);

/* The same of a block that was allocated before, live or not. In the first pass *block is 0. */
bool block_read(struct reader *r, uint32_t *block);

/* The block is live from here on: a new one, or one that was freed. `name` NULL: the next of b1, b2, ... False after filling the
 * error: it is live already, or there is no room. */
bool block_allocate(struct reader *r, const struct block_name *name, size_t size, uint32_t *block);

/* Adds a block of that name, which is not there yet, to those of the script. False: there is no room. */
bool block_add(struct lab_script *script, const char *name, size_t length, uint32_t index, uint32_t *block);

/* Room for so many blocks, on top of the arena. False: the arena is too small. */
bool blocks_take(struct lab_script *script, struct lab_arena *arena, uint32_t capacity);

/* Gives back the room for blocks that never came; the arena is as blocks_take left it, and was at `mark` before. */
void blocks_fit(struct lab_script *script, struct lab_arena *arena, size_t mark);

/* Moves the blocks to tables of another size, on top of the arena. False: the arena is too small, and the script as it was. */
bool blocks_move(struct lab_script *script, struct lab_arena *arena, uint32_t capacity);

/* Whether a block is live as the script goes; false in the first pass. */
static inline bool block_is_live(const struct reader *r, uint32_t block)
{
    return !r->is_counting && r->script->is_live[block];
}

#endif
