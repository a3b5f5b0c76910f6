/* The books of the reference model: its blocks by address, and its free list (see model_books.h). */
#include "model_books.h"

#include <alloc/heap_ops.h>

void *memmove(void *to, const void *from, size_t bytes);

/* ---- the blocks ---- */

uint32_t lab_books_link(struct lab_model *m, uint32_t before, size_t address, size_t size)
{
    uint32_t made = m->spare, after = before == LAB_MODEL_NO_BLOCK ? m->first : m->blocks[before].after;
    HEAP_ASSERT(made != LAB_MODEL_NO_BLOCK);
    m->spare = m->blocks[made].after;
    m->spare_count--;
    m->blocks[made] = (struct lab_model_block){.address = address, .size = size, .before = before, .after = after};
    *(before == LAB_MODEL_NO_BLOCK ? &m->first : &m->blocks[before].after) = made;
    *(after == LAB_MODEL_NO_BLOCK ? &m->last : &m->blocks[after].before) = made;
    return made;
}

void lab_books_unlink(struct lab_model *m, uint32_t block)
{
    uint32_t before = m->blocks[block].before, after = m->blocks[block].after;
    *(before == LAB_MODEL_NO_BLOCK ? &m->first : &m->blocks[before].after) = after;
    *(after == LAB_MODEL_NO_BLOCK ? &m->last : &m->blocks[after].before) = before;
    m->blocks[block] = (struct lab_model_block){.after = m->spare};
    m->spare = block;
    m->spare_count++;
}

void lab_books_settle_rover(struct lab_model *m, uint32_t block)
{
    const struct lab_model_block *formed = &m->blocks[block];
    if (formed->address < m->rover && m->rover < lab_books_end(formed))
        m->rover = formed->address;
}

uint32_t lab_books_cut(struct lab_model *m, uint32_t block, size_t size)
{
    uint32_t rest = lab_books_link(m, block, m->blocks[block].address + size, m->blocks[block].size - size);
    m->blocks[block].size = size;
    m->totals.splits++;
    return rest;
}

void lab_books_join(struct lab_model *m, uint32_t low, uint32_t high)
{
    m->blocks[low].size += m->blocks[high].size;
    lab_books_unlink(m, high);
    m->totals.merges++;
    lab_books_settle_rover(m, low);
}

/* ---- the free list ---- */

size_t lab_books_entries_below(const struct lab_model *m, size_t address)
{
    size_t low = 0, high = m->hole_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (lab_model_hole(m, middle)->address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t lab_books_entry_of(const struct lab_model *m, uint32_t block)
{
    bool is_sorted = m->params.order == LAB_MODEL_BY_ADDRESS;
    size_t at = is_sorted ? lab_books_entries_below(m, m->blocks[block].address) : 0;
    while (m->holes[at] != block)
        at++;
    return at;
}

void lab_books_insert_entry(struct lab_model *m, size_t at, uint32_t block)
{
    memmove(&m->holes[at + 1], &m->holes[at], (m->hole_count - at) * sizeof m->holes[0]);
    m->hole_count++;
    m->holes[at] = block;
}

void lab_books_remove_entry(struct lab_model *m, size_t at)
{
    m->hole_count--;
    memmove(&m->holes[at], &m->holes[at + 1], (m->hole_count - at) * sizeof m->holes[0]);
}

/* Stable, by insertion: the list is nearly sorted as a rule. */
static void sort_by_size(struct lab_model *m)
{
    bool is_up = m->params.order == LAB_MODEL_SIZE_UP;
    for (size_t i = 1; i < m->hole_count; i++) {
        uint32_t hole = m->holes[i];
        size_t to = i, size = m->blocks[hole].size;
        for (; to > 0; to--) {
            size_t other = lab_model_hole(m, to - 1)->size;
            if (is_up ? other <= size : other >= size)
                break;
            m->holes[to] = m->holes[to - 1];
        }
        m->holes[to] = hole;
    }
}

/* Whether one hole stands before another in the order by size. */
static bool is_smaller(const struct lab_model_block *a, const struct lab_model_block *b)
{
    return a->size < b->size || (a->size == b->size && a->address < b->address);
}

static size_t entries_smaller(const struct lab_model *m, uint32_t block)
{
    size_t at = 0;
    while (at < m->hole_count && is_smaller(lab_model_hole(m, at), &m->blocks[block]))
        at++;
    return at;
}

void lab_books_list_hole(struct lab_model *m, uint32_t block)
{
    switch (m->params.order) {
    case LAB_MODEL_BY_ADDRESS:
        lab_books_insert_entry(m, lab_books_entries_below(m, m->blocks[block].address + 1), block);
        break;
    case LAB_MODEL_SIZE_UP:
    case LAB_MODEL_SIZE_DOWN:
        lab_books_insert_entry(m, m->hole_count, block);
        sort_by_size(m);
        break;
    case LAB_MODEL_INSERT_FRONT:
        lab_books_insert_entry(m, 0, block);
        break;
    case LAB_MODEL_INSERT_BACK:
        lab_books_insert_entry(m, m->hole_count, block);
        break;
    case LAB_MODEL_BY_SIZE:
        lab_books_insert_entry(m, entries_smaller(m, block), block);
        break;
    }
}

void lab_books_resettle_hole(struct lab_model *m, uint32_t block)
{
    if (m->params.order == LAB_MODEL_BY_SIZE)
        lab_books_relist_hole(m, lab_books_entry_of(m, block), block);
}

void lab_books_relist_hole(struct lab_model *m, size_t at, uint32_t block)
{
    if (m->params.order == LAB_MODEL_BY_ADDRESS) {
        m->holes[at] = block;
    } else {
        lab_books_remove_entry(m, at);
        lab_books_list_hole(m, block);
    }
}

/* ---- the invariants ---- */

/* Whether the entry at place `at`, not the first, may stand behind the one before it. */
static bool is_in_order(const struct lab_model *m, size_t at)
{
    const struct lab_model_block *before = lab_model_hole(m, at - 1), *hole = lab_model_hole(m, at);
    if (m->params.order == LAB_MODEL_BY_ADDRESS)
        return before->address <= hole->address;
    return m->params.order != LAB_MODEL_BY_SIZE || is_smaller(before, hole);
}

bool lab_model_check(const struct lab_model *m)
{
    bool may_touch = m->params.coalescing != LAB_MODEL_AT_ONCE;
    size_t at = m->params.base + m->params.lead, holes = 0;
    for (uint32_t block = m->first; block != LAB_MODEL_NO_BLOCK; block = m->blocks[block].after) {
        const struct lab_model_block *b = &m->blocks[block];
        if (b->address != at && b->size != 0) /* M1 */
            return false;
        if (!may_touch && !b->is_used && lab_books_is_hole(m, b->after)) /* M4 */
            return false;
        at += b->size;
        holes += !b->is_used;
    }
    if (at != m->params.base + m->committed - m->params.trail || holes != m->hole_count) /* M1, M2 */
        return false;
    for (size_t i = 0; i < m->hole_count; i++) {
        if (lab_model_hole(m, i)->is_used) /* M2 */
            return false;
        if (i > 0 && !is_in_order(m, i)) /* M3 */
            return false;
    }
    return true;
}
