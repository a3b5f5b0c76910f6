/* The page-table walker of both widths: levels are data, every operation works on ranges.
 *
 *      root                  level 1                        level LAST
 *      | 0 | table | 0 |     | 0 | table | large leaf |     | leaf | 0 | leaf | ... |
 *              +------------>        +--------------------->
 *
 * A table at level k + 1 hangs below an entry of level k. A leaf is an entry of the last level, or a large one above
 * it. pt_format.h of each width draws its entries and has the numbers.
 *
 * How a failure leaves nothing half done: a call first goes over its range and counts the tables it lacks, then takes
 * that many frames, giving them back if there are too few, and only then writes entries. Writing cannot fail.
 *
 * Invariants:
 *   T1  an entry is 0, or present; above the last level a present entry is a table or a large leaf
 *   T2  `tables` is the number of frames that hold tables
 *   T3  between calls there are no spare frames: what was counted is what was used
 *   T4  a table is given back only when all its entries are 0
 *   T5  the level-0 entries of a sharing tree behind its `last` are its owner's
 *
 * A tree may share the upper addresses of another (its owner): it has a root of its own, whose upper entries are copies
 * of the owner's. The owner writes each change of a level-0 entry to all of them; everything below is the same tables.
 *
 * Cost: a descent of PT_LEVELS steps for each leaf, and for each empty stretch as long as what its highest empty
 * entry maps.
 *
 * Source: Intel SDM volume 3, sections 4.3 and 4.5; stale translations: section 4.10.4.
 */
#include "pt_walk.h"

#include <lib/assert.h>

const size_t pt_table_span = (size_t)PT_ENTRIES * FRAME_SIZE;

/* ---- what a range lacks ---- */

/* Whether a table hangs below the entry for va at that level. */
static bool has_table(const struct pt *pt, vaddr_t va, unsigned level)
{
    struct place place = pt_descend(pt, va, level);
    return place.level == level && is_present(*place.entry) && !is_leaf(*place.entry, level);
}

/* Tables missing between `place` and an entry for va at `level`, not counting those that an earlier address of the
 * range (from `first` on) lacks too: a table is counted at the first address of its span, or of the range. */
static size_t tables_missing(struct place place, unsigned level, vaddr_t va, vaddr_t first)
{
    size_t count = 0;
    for (unsigned above = place.level; above < level; above++)
        count += va == first || va % span(above) == 0;
    return count;
}

/* ---- map ---- */

struct mapping {
    vaddr_t va;
    paddr_t pa;
    size_t bytes;
    unsigned flags;
};

/* The level of the leaf that begins a mapping: the highest that its addresses, its length and the tables there allow.
 * */
static unsigned leaf_level(const struct pt *pt, const struct mapping *m)
{
    for (unsigned level = 0; level < LAST && (m->flags & PT_LARGE_OK); level++) {
        bool fits = ((m->va | m->pa) & (span(level) - 1)) == 0 && m->bytes >= span(level);
        if (pt_has_large[level] && fits && !has_table(pt, m->va, level))
            return level;
    }
    return LAST;
}

/* The same without its first leaf. */
static void advance(struct mapping *m, unsigned level)
{
    m->va += span(level);
    m->pa += span(level);
    m->bytes -= span(level);
}

static enum pt_status map_check(const struct pt *pt, struct mapping m, size_t *missing)
{
    const vaddr_t first = m.va;
    const paddr_t last = m.pa + (m.bytes - FRAME_SIZE);
    if (m.pa > PT_FRAME_MASK || last > PT_FRAME_MASK)
        return PT_UNREACHABLE;
    for (*missing = 0; m.bytes > 0;) {
        unsigned level = leaf_level(pt, &m);
        struct place place = pt_descend(pt, m.va, level);
        if (is_present(*place.entry))
            return PT_BUSY;
        *missing += tables_missing(place, level, m.va, first);
        advance(&m, level);
    }
    return PT_OK;
}

enum pt_status pt_map(struct pt *pt, vaddr_t va, paddr_t pa, size_t bytes, unsigned flags)
{
    struct mapping m = {.va = va, .pa = pa, .bytes = bytes, .flags = flags};
    size_t missing;
    if (!pt_is_range(pt, va, bytes, FRAME_SIZE) || pa % FRAME_SIZE != 0)
        return PT_BAD_RANGE;
    enum pt_status status = map_check(pt, m, &missing);
    if (status == PT_OK)
        status = pt_spares_take(pt, missing);
    if (status != PT_OK)
        return status;
    while (m.bytes > 0) {
        unsigned level = leaf_level(pt, &m);
        pt_entry_set(pt, pt_reach(pt, m.va, level), m.va, pt_leaf_entry(pt, m.pa, flags, level));
        advance(&m, level);
    }
    ASSERT(pt->spare == 0); /* T3 */
    return PT_OK;
}

/* ---- prepare ---- */

static enum pt_status prepare_check(const struct pt *pt, vaddr_t va, size_t bytes, size_t *missing)
{
    const vaddr_t first = va;
    for (*missing = 0; bytes > 0;) {
        struct place place = pt_descend(pt, va, LAST);
        if (is_present(*place.entry) && place.level != LAST)
            return PT_BUSY;
        *missing += tables_missing(place, LAST, va, first);
        size_t part = step(va, LAST - 1, bytes);
        va += part;
        bytes -= part;
    }
    return PT_OK;
}

enum pt_status pt_prepare(struct pt *pt, vaddr_t va, size_t bytes)
{
    size_t missing;
    if (!pt_is_range(pt, va, bytes, FRAME_SIZE))
        return PT_BAD_RANGE;
    enum pt_status status = prepare_check(pt, va, bytes, &missing);
    if (status == PT_OK)
        status = pt_spares_take(pt, missing);
    if (status != PT_OK)
        return status;
    while (bytes > 0) {
        size_t part = step(va, LAST - 1, bytes);
        pt_reach(pt, va, LAST);
        va += part;
        bytes -= part;
    }
    ASSERT(pt->spare == 0); /* T3 */
    return PT_OK;
}

/* ---- unmap, protect ---- */

/* A large leaf becomes a table of leaves one level down with the same frames and rights. */
static void split(struct pt *pt, struct place large, vaddr_t va)
{
    unsigned below = large.level + 1, flags = pt_flags_of(pt, *large.entry);
    paddr_t first = frame_of(*large.entry), frame = pt_table_new(pt);
    pt_entry *table = table_at(pt, frame);
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        table[i] = pt_leaf_entry(pt, first + (paddr_t)i * span(below), flags, below);
    pt_entry_set(pt, large, va, (pt_entry)frame | ENTRY_TABLE);
    invalidate(pt, va);
}

/* How many large leaves stick out of the range at its two ends: each is split once, to leaves of the last level. */
static size_t splits_needed(const struct pt *pt, vaddr_t va, size_t bytes)
{
    const vaddr_t last = va + (bytes - 1);
    struct place low = pt_descend(pt, va, LAST), high = pt_descend(pt, last, LAST);
    bool is_low_large = low.level != LAST && is_present(*low.entry);
    bool is_high_large = high.level != LAST && is_present(*high.entry);
    bool sticks_out_low = is_low_large && va % span(low.level) != 0;
    bool sticks_out_high = is_high_large && last % span(high.level) != span(high.level) - 1;
    bool is_one_leaf = low.entry == high.entry;
    return (size_t)sticks_out_low + sticks_out_high - (is_one_leaf && sticks_out_low && sticks_out_high);
}

typedef void leaf_fn(struct pt *pt, struct place leaf, vaddr_t va, void *context);

/* Calls `act` for every leaf of the range, splitting large ones at its ends. */
static enum pt_status each_leaf(struct pt *pt, vaddr_t va, size_t bytes, leaf_fn *act, void *context)
{
    if (!pt_is_range(pt, va, bytes, FRAME_SIZE))
        return PT_BAD_RANGE;
    enum pt_status status = pt_spares_take(pt, splits_needed(pt, va, bytes));
    if (status != PT_OK)
        return status;
    while (bytes > 0) {
        struct place place = pt_descend(pt, va, LAST);
        size_t part = step(va, place.level, bytes);
        if (is_present(*place.entry)) {
            if (part < span(place.level)) {
                split(pt, place, va);
                continue;
            }
            act(pt, place, va, context);
        }
        va += part;
        bytes -= part;
    }
    ASSERT(pt->spare == 0); /* T3 */
    return PT_OK;
}

static void protect_leaf(struct pt *pt, struct place leaf, vaddr_t va, void *context)
{
    const unsigned *flags = context;
    pt_entry_set(pt, leaf, va, pt_leaf_entry(pt, frame_of(*leaf.entry), *flags, leaf.level));
    invalidate(pt, va);
}

enum pt_status pt_protect(struct pt *pt, vaddr_t va, size_t bytes, unsigned flags)
{
    return each_leaf(pt, va, bytes, protect_leaf, &flags);
}

struct visitor {
    pt_visit_fn *visit;
    void *context;
};

static void unmap_leaf(struct pt *pt, struct place place, vaddr_t va, void *context)
{
    const struct visitor *v = context;
    struct pt_leaf leaf = pt_describe(pt, place, va);
    pt_entry_set(pt, place, va, 0);
    invalidate(pt, va);
    if (v->visit)
        v->visit(v->context, &leaf);
}

enum pt_status pt_unmap(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context)
{
    struct visitor v = {.visit = visit, .context = context};
    return each_leaf(pt, va, bytes, unmap_leaf, &v);
}

/* ---- giving tables back ---- */

static bool is_empty(const pt_entry *table)
{
    for (unsigned i = 0; i < PT_ENTRIES; i++) {
        if (table[i] != 0)
            return false;
    }
    return true;
}

/* Puts `entry`, 0 or a large leaf, in place of the table at a place that maps va, and gives the table back. */
static void replace_table(struct pt *pt, struct place place, vaddr_t va, pt_entry entry)
{
    paddr_t frame = frame_of(*place.entry);
    pt_entry_set(pt, place, va, entry);
    invalidate(pt, va); /* the processor may remember the way through the table, too */
    pt_table_give(pt, frame);
}

static bool leads_to_empty_table(const struct pt *pt, struct place place)
{
    return is_present(*place.entry) && !is_leaf(*place.entry, place.level) && /* T1 */
           is_empty(table_at(pt, frame_of(*place.entry)));
}

static void drop_empty_tables(struct pt *pt, vaddr_t va, size_t bytes, unsigned level)
{
    while (bytes > 0) {
        struct place place = pt_descend(pt, va, level);
        size_t part = step(va, place.level, bytes);
        if (leads_to_empty_table(pt, place)) /* T4 */
            replace_table(pt, place, va, 0);
        va += part;
        bytes -= part;
    }
}

enum pt_status pt_release(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context)
{
    if (!pt_is_range(pt, va, bytes, pt_table_span))
        return PT_BAD_RANGE;
    enum pt_status status = pt_unmap(pt, va, bytes, visit, context);
    ASSERT(status == PT_OK); /* no large leaf sticks out */
    for (unsigned level = LAST; level-- > 0;)
        drop_empty_tables(pt, va, bytes, level);
    return PT_OK;
}

/* ---- large leaves in place of tables ---- */

bool pt_can_promote(const struct pt *pt, vaddr_t va)
{
    struct place place = pt_descend(pt, va, LAST - 1);
    return pt_is_range(pt, va - va % pt_table_span, pt_table_span, pt_table_span) && place.level == LAST - 1 &&
           leads_to_empty_table(pt, place);
}

void pt_promote(struct pt *pt, vaddr_t va, paddr_t pa, unsigned flags)
{
    struct place place = pt_descend(pt, va, LAST - 1);
    ASSERT(va % pt_table_span == 0 && pa % pt_table_span == 0 && pa <= PT_FRAME_MASK);
    ASSERT(pt_can_promote(pt, va));
    replace_table(pt, place, va, pt_leaf_entry(pt, pa, flags, LAST - 1));
}

/* ---- trees ---- */

enum pt_status pt_init(struct pt *pt, const struct pt_world *world, bool nx)
{
    *pt = (struct pt){.world = world, .nx = nx, .last = UINTPTR_MAX};
    enum pt_status status = pt_spares_take(pt, 1);
    if (status == PT_OK)
        pt->root = pt_table_new(pt);
    return status;
}

enum pt_status pt_share(struct pt *pt, const struct pt_world *world, struct pt *owner, vaddr_t from)
{
    ASSERT(from > 0 && from % span(0) == 0 && owner->last == UINTPTR_MAX);
    enum pt_status status = pt_init(pt, world, owner->nx);
    if (status != PT_OK)
        return status;
    pt->last = from - 1;
    pt->owner = owner;
    pt->next_sharer = owner->sharers;
    owner->sharers = pt;
    for (unsigned i = index_of(from, 0); i < PT_ENTRIES; i++)
        table_at(pt, pt->root)[i] = table_at(owner, owner->root)[i]; /* T5 */
    return PT_OK;
}

void pt_destroy(struct pt *pt)
{
    struct pt **link = pt->owner ? &pt->owner->sharers : NULL;
    ASSERT(pt->tables == 1 && !pt->sharers);
    while (link && *link != pt)
        link = &(*link)->next_sharer;
    if (link)
        *link = pt->next_sharer;
    pt_table_give(pt, pt->root);
    pt->root = 0;
}

/* ---- questions ---- */

bool pt_query(const struct pt *pt, vaddr_t va, struct pt_leaf *leaf)
{
    if (!pt_is_canonical(va, va))
        return false;
    struct place place = pt_descend(pt, va, LAST);
    if (!is_present(*place.entry))
        return false;
    *leaf = pt_describe(pt, place, va);
    return true;
}

const char *pt_status_text(enum pt_status status)
{
    static const char *const text[PT_STATUS_COUNT] = {
        [PT_OK] = "ok",
        [PT_NO_MEMORY] = "no frame for a page table",
        [PT_BUSY] = "something is mapped there already",
        [PT_BAD_RANGE] = "not a range of whole pages",
        [PT_UNREACHABLE] = "physical memory beyond what page tables can hold",
    };
    return status < PT_STATUS_COUNT ? text[status] : "unknown status";
}
