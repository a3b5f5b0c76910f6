/* A translation told step by step, for people: the same way down as pt_descend, keeping what is seen. */
#include "pt_walk.h"

_Static_assert((int)PT_LEVELS <= (int)PT_STEPS_MAX, "a step for each level");

/* The highest bit of an address that belongs to the index of a level. */
static unsigned last_bit(unsigned level)
{
    unsigned bit = pt_shift[level];
    for (unsigned entries = PT_ENTRIES; entries > 2; entries /= 2)
        bit++;
    return bit;
}

static struct pt_step look(const struct pt *pt, paddr_t table, vaddr_t va, unsigned level)
{
    unsigned index = index_of(va, level);
    pt_entry entry = table_at(pt, table)[index];
    bool is_there = is_present(entry);
    return (struct pt_step){
        .table = pt_table_name[level],
        .at = table + index * sizeof entry,
        .index = index,
        .first_bit = pt_shift[level],
        .last_bit = last_bit(level),
        .entry = entry,
        .span = span(level),
        .flags = is_there ? pt_flags_of(pt, entry) : 0,
        .is_present = is_there,
        .is_leaf = is_there && is_leaf(entry, level),
    };
}

void pt_explain(const struct pt *pt, vaddr_t va, struct pt_explanation *explanation)
{
    *explanation = (struct pt_explanation){.is_canonical = pt_is_canonical(va, va)};
    paddr_t table = pt->root;
    for (unsigned level = 0; level < PT_LEVELS && explanation->is_canonical; level++) {
        struct pt_step step = look(pt, table, va, level);
        explanation->step[explanation->count++] = step;
        if (step.is_leaf) {
            explanation->is_mapped = true;
            explanation->offset = va % step.span;
            explanation->physical = frame_of((pt_entry)step.entry) + explanation->offset;
        }
        if (step.is_leaf || !step.is_present)
            return;
        table = frame_of((pt_entry)step.entry);
    }
}
