/* The steps that every operation of the page-table walker is made of. See pt.c for the whole. */
#include "pt_walk.h"

#include <lib/assert.h>

/* ---- entries ---- */

pt_entry pt_leaf_entry(const struct pt *pt, paddr_t frame, unsigned flags, unsigned level)
{
    pt_entry entry = (pt_entry)frame | ENTRY_PRESENT;
    if (flags & PT_WRITE)
        entry |= ENTRY_WRITE;
    if (flags & PT_USER)
        entry |= ENTRY_USER;
    if (flags & PT_GLOBAL)
        entry |= ENTRY_GLOBAL;
    if (flags & PT_NOCACHE)
        entry |= ENTRY_NOCACHE | ENTRY_THROUGH;
    if (!(flags & PT_EXEC) && pt->nx)
        entry |= PT_NX;
    if (level != LAST)
        entry |= ENTRY_LARGE;
    return entry;
}

unsigned pt_flags_of(const struct pt *pt, pt_entry entry)
{
    unsigned flags = 0;
    if (entry & ENTRY_WRITE)
        flags |= PT_WRITE;
    if (entry & ENTRY_USER)
        flags |= PT_USER;
    if (entry & ENTRY_GLOBAL)
        flags |= PT_GLOBAL;
    if (entry & ENTRY_NOCACHE)
        flags |= PT_NOCACHE;
    if (!pt->nx || !(entry & PT_NX))
        flags |= PT_EXEC;
    return flags;
}

void pt_entry_set(struct pt *pt, struct place place, vaddr_t va, pt_entry entry)
{
    *place.entry = entry;
    for (struct pt *sharer = pt->sharers; sharer && place.level == 0; sharer = sharer->next_sharer) {
        if (va > sharer->last) /* T5 */
            table_at(sharer, sharer->root)[index_of(va, 0)] = entry;
    }
}

/* ---- the way down ---- */

struct place pt_descend(const struct pt *pt, vaddr_t va, unsigned level_wanted)
{
    pt_entry *table = table_at(pt, pt->root);
    for (unsigned level = 0;; level++) {
        pt_entry *entry = &table[index_of(va, level)];
        if (level == level_wanted || !is_present(*entry) || is_leaf(*entry, level))
            return (struct place){entry, level};
        table = table_at(pt, frame_of(*entry));
    }
}

struct pt_leaf pt_describe(const struct pt *pt, struct place place, vaddr_t va)
{
    return (struct pt_leaf){
        .address = va - va % span(place.level),
        .frame = frame_of(*place.entry),
        .bytes = span(place.level),
        .flags = pt_flags_of(pt, *place.entry),
    };
}

bool pt_is_range(const struct pt *pt, vaddr_t va, size_t bytes, size_t unit)
{
    return bytes > 0 && va % unit == 0 && bytes % unit == 0 && bytes - 1 <= UINTPTR_MAX - va &&
           va + (bytes - 1) <= pt->last && pt_is_canonical(va, va + (bytes - 1));
}

/* ---- frames for tables ---- */

/* The link to the next spare frame, in the first bytes of one. */
static paddr_t *spare_link(const struct pt *pt, paddr_t frame)
{
    return pt->world->at(pt->world->context, frame);
}

static void spares_give_back(struct pt *pt)
{
    while (pt->spare) {
        paddr_t frame = pt->spare;
        pt->spare = *spare_link(pt, frame);
        pt->world->give(pt->world->context, frame);
    }
}

enum pt_status pt_spares_take(struct pt *pt, size_t count)
{
    while (count-- > 0) {
        paddr_t frame;
        if (!pt->world->take(pt->world->context, &frame)) {
            spares_give_back(pt);
            return PT_NO_MEMORY;
        }
        ASSERT(frame != 0);
        *spare_link(pt, frame) = pt->spare;
        pt->spare = frame;
    }
    return PT_OK;
}

paddr_t pt_table_new(struct pt *pt)
{
    paddr_t frame = pt->spare;
    ASSERT(frame != 0); /* T3 */
    pt->spare = *spare_link(pt, frame);
    pt_entry *table = table_at(pt, frame);
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        table[i] = 0;
    pt->tables++;
    if (pt->tables > pt->tables_peak)
        pt->tables_peak = pt->tables;
    return frame;
}

void pt_table_give(struct pt *pt, paddr_t frame)
{
    pt->world->give(pt->world->context, frame);
    pt->tables--; /* T2 */
}

struct place pt_reach(struct pt *pt, vaddr_t va, unsigned level)
{
    struct place place = pt_descend(pt, va, level);
    while (place.level != level) {
        ASSERT(!is_present(*place.entry));
        pt_entry_set(pt, place, va, (pt_entry)pt_table_new(pt) | ENTRY_TABLE);
        place = pt_descend(pt, va, level);
    }
    return place;
}
