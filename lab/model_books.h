/* What the reference model writes down: two views of one heap, and the few steps that change them. Private to lab/.
 *
 *   blocks, by address   | used 1000:8 | hole 1008:12 | used 1020:4 | hole 1024:76 |    doubly linked
 *   holes, in list order | 1024:76 | 1008:12 |                                          the free list, an array
 *
 *   M1  linked blocks follow each other without a gap, from base + lead to base + committed - trail;
 *   M2  each linked block not in use has exactly one entry in the free list;
 *   M3  in a list by address the entries ascend; in one by size (LAB_MODEL_BY_SIZE) too, by size, then by address;
 *   M4  with LAB_MODEL_AT_ONCE no two holes touch.
 *
 * (Without a header a request of no bytes gets a block of no bytes, as in the OSTEP simulator. A list pass may then join
 * two holes around it: the one exception to M1.)
 */
#ifndef LAB_MODEL_BOOKS_H
#define LAB_MODEL_BOOKS_H

#include <lab/model.h>

/* ---- the blocks ---- */

static inline size_t lab_books_end(const struct lab_model_block *block)
{
    return block->address + block->size;
}

/* Whether there is such a block (LAB_MODEL_NO_BLOCK: no), and it is not in use. */
static inline bool lab_books_is_hole(const struct lab_model *m, uint32_t block)
{
    return block != LAB_MODEL_NO_BLOCK && !m->blocks[block].is_used;
}

/* A new block, not in use and not in the list, behind `before` (LAB_MODEL_NO_BLOCK: in front of all). There must be a
 * spare one. */
uint32_t lab_books_link(struct lab_model *m, uint32_t before, size_t address, size_t size);
void lab_books_unlink(struct lab_model *m, uint32_t block);

/* Leaves `block` its low `size` bytes and returns a new block of the rest, not in the list. A split. */
uint32_t lab_books_cut(struct lab_model *m, uint32_t block, size_t size);

/* `low` takes in `high`, which begins where it ends; `high` is gone. A merge. Neither may be in the list, or the caller
 * brings the list up to date. */
void lab_books_join(struct lab_model *m, uint32_t low, uint32_t high);

/* The rover never stands inside a block: to be called for a block that has got larger. */
void lab_books_settle_rover(struct lab_model *m, uint32_t block);

/* ---- the free list; `at` is a place in it, from 0 ---- */

/* In a list by address: how many entries begin below `address`. */
size_t lab_books_entries_below(const struct lab_model *m, size_t address);

/* The place of a hole's entry, which must be there. */
size_t lab_books_entry_of(const struct lab_model *m, uint32_t block);

void lab_books_insert_entry(struct lab_model *m, size_t at, uint32_t block);
void lab_books_remove_entry(struct lab_model *m, size_t at);

/* Puts in a block that has become free, where the list's order wants it. */
void lab_books_list_hole(struct lab_model *m, uint32_t block);

/* The entry of a hole that is what remains of a larger one: moves it where the order wants it. */
void lab_books_resettle_hole(struct lab_model *m, uint32_t block);

/* The entry at `at` now stands for `block`, whose bytes are partly those it stood for: moves it where the order wants it. */
void lab_books_relist_hole(struct lab_model *m, size_t at, uint32_t block);

#endif
