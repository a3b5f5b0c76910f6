/* Inside the page-table walker: entries, the way down to one, and the frames set aside for tables. See pt.c. */
#ifndef ARCH_X86_PT_WALK_H
#define ARCH_X86_PT_WALK_H

#include <arch/pt.h>

#include "pt_format.h"

enum {
    ENTRY_PRESENT = 1 << 0,
    ENTRY_WRITE = 1 << 1,
    ENTRY_USER = 1 << 2,
    ENTRY_THROUGH = 1 << 3,
    ENTRY_NOCACHE = 1 << 4,
    ENTRY_LARGE = 1 << 7,
    ENTRY_GLOBAL = 1 << 8,
    ENTRY_TABLE = ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER, /* leaves alone decide */
    LAST = PT_LEVELS - 1,
};

/* ---- entries ---- */

/* Bytes that one entry of a level maps. */
static inline size_t span(unsigned level)
{
    return (size_t)1 << pt_shift[level];
}

static inline unsigned index_of(vaddr_t va, unsigned level)
{
    return (unsigned)(va >> pt_shift[level] & (PT_ENTRIES - 1));
}

static inline bool is_present(pt_entry entry)
{
    return (entry & ENTRY_PRESENT) != 0;
}

static inline bool is_leaf(pt_entry entry, unsigned level)
{
    return level == LAST || (entry & ENTRY_LARGE) != 0;
}

static inline paddr_t frame_of(pt_entry entry)
{
    return entry & PT_FRAME_MASK;
}

/* A leaf of that level with the rights of enum pt_flags; the rights of one. */
pt_entry pt_leaf_entry(const struct pt *pt, paddr_t frame, unsigned flags, unsigned level);
unsigned pt_flags_of(const struct pt *pt, pt_entry entry);

/* ---- the way down ---- */

/* Where the way down to an address ends: a missing entry, a leaf, or the entry at the level asked for. */
struct place {
    pt_entry *entry;
    unsigned level;
};

struct place pt_descend(const struct pt *pt, vaddr_t va, unsigned level_wanted);

/* The leaf at a place. */
struct pt_leaf pt_describe(const struct pt *pt, struct place place, vaddr_t va);

/* Writes the entry for va at that place, in every tree that shares it. */
void pt_entry_set(struct pt *pt, struct place place, vaddr_t va, pt_entry entry);

static inline pt_entry *table_at(const struct pt *pt, paddr_t frame)
{
    return pt->world->at(pt->world->context, frame);
}

static inline void invalidate(const struct pt *pt, vaddr_t va)
{
    pt->world->invalidate(pt->world->context, va);
}

/* ---- ranges ---- */

/* Whether the range is one, in whole `unit`s, of addresses that are this tree's own. */
bool pt_is_range(const struct pt *pt, vaddr_t va, size_t bytes, size_t unit);

/* Bytes from va to the end of what one entry of that level maps, at most `bytes`. */
static inline size_t step(vaddr_t va, unsigned level, size_t bytes)
{
    size_t rest = span(level) - va % span(level);
    return rest < bytes ? rest : bytes;
}

/* ---- frames for tables ---- */

/* Takes that many frames for tables into pt->spare: PT_OK, or PT_NO_MEMORY with none taken. */
enum pt_status pt_spares_take(struct pt *pt, size_t count);

/* A spare frame becomes an empty table; its frame. */
paddr_t pt_table_new(struct pt *pt);

/* Gives a table back that no entry leads to any more. */
void pt_table_give(struct pt *pt, paddr_t frame);

/* The place of va's entry at that level; makes the tables on the way from spare frames. No leaf is in the way. */
struct place pt_reach(struct pt *pt, vaddr_t va, unsigned level);

#endif
