/* The page-table walker of both widths: levels are data, every operation works on ranges.
 *
 * An entry of either format (pt_format.h has the levels):
 *
 *      | NX | ... frame ... | ... | LARGE 7 | ... | NOCACHE 4 | THROUGH 3 | USER 2 | WRITE 1 | PRESENT 0 |
 *
 * A table at level k + 1 hangs below an entry at level k; a leaf is an entry of the last level, or a large one above it.
 *
 * Invariants:
 *   P1  an entry is 0, or present; a present entry above the last level is a table or a large leaf
 *   P2  `tables` counts the frames that hold tables
 *   P3  between calls there are no spare frames
 *
 * How a failure leaves nothing half done: a call first goes over its range and counts the tables it lacks, then takes that many
 * frames (P3 restores them if there are too few), and only then writes entries, from the spare frames.
 */
#include <arch/pt.h>

#include <lib/assert.h>

#include "pt_format.h"

enum {
    PRESENT = 1 << 0,
    WRITE = 1 << 1,
    THROUGH = 1 << 3,
    NOCACHE = 1 << 4,
    LARGE = 1 << 7,
    LAST = PT_LEVELS - 1,
};

const size_t pt_table_span = (size_t)PT_ENTRIES * FRAME_SIZE;

/* ---- entries ---- */

/* Bytes that one entry of a level maps. */
static size_t span(unsigned level)
{
    return (size_t)1 << pt_shift[level];
}

static bool is_present(pt_entry entry)
{
    return (entry & PRESENT) != 0;
}

static bool is_leaf(pt_entry entry, unsigned level)
{
    return level == LAST || (entry & LARGE) != 0;
}

static pt_entry leaf_entry(const struct pt *pt, paddr_t frame, unsigned flags, unsigned level)
{
    pt_entry entry = (pt_entry)frame | PRESENT;
    if (flags & PT_WRITE)
        entry |= WRITE;
    if (flags & PT_NOCACHE)
        entry |= NOCACHE | THROUGH;
    if (!(flags & PT_EXEC) && pt->nx)
        entry |= PT_NX;
    if (level != LAST)
        entry |= LARGE;
    return entry;
}

static unsigned flags_of(const struct pt *pt, pt_entry entry)
{
    unsigned flags = 0;
    if (entry & WRITE)
        flags |= PT_WRITE;
    if (entry & NOCACHE)
        flags |= PT_NOCACHE;
    if (!pt->nx || !(entry & PT_NX))
        flags |= PT_EXEC;
    return flags;
}

static pt_entry *table_at(const struct pt *pt, paddr_t frame)
{
    return pt->world->at(pt->world->context, frame);
}

static paddr_t frame_of(pt_entry entry)
{
    return entry & PT_FRAME_MASK;
}

/* Where the way down to an address ends: a missing entry, a leaf, or the entry at the level asked for. */
struct place {
    pt_entry *entry;
    unsigned level;
};

static struct place descend(const struct pt *pt, vaddr_t va, unsigned level_wanted)
{
    pt_entry *table = table_at(pt, pt->root);
    for (unsigned level = 0;; level++) {
        pt_entry *entry = &table[va >> pt_shift[level] & (PT_ENTRIES - 1)];
        if (level == level_wanted || !is_present(*entry) || is_leaf(*entry, level))
            return (struct place){entry, level};
        table = table_at(pt, frame_of(*entry));
    }
}

/* ---- spare frames ---- */

static void spares_give_back(struct pt *pt)
{
    while (pt->spare) {
        paddr_t frame = pt->spare;
        pt->spare = *(paddr_t *)(void *)table_at(pt, frame);
        pt->world->give(pt->world->context, frame);
    }
}

static enum pt_status spares_take(struct pt *pt, size_t count)
{
    ASSERT(pt->spare == 0);              /* P3 */
    while (count-- > 0) {
        paddr_t frame;
        if (!pt->world->take(pt->world->context, &frame)) {
            spares_give_back(pt);
            return PT_NO_MEMORY;
        }
        *(paddr_t *)(void *)table_at(pt, frame) = pt->spare;
        pt->spare = frame;
    }
    return PT_OK;
}

/* A spare frame becomes an empty table. */
static paddr_t table_new(struct pt *pt)
{
    paddr_t frame = pt->spare;
    ASSERT(frame != 0);
    pt_entry *table = table_at(pt, frame);
    pt->spare = *(paddr_t *)(void *)table;
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        table[i] = 0;
    pt->tables++;
    return frame;
}

/* A large leaf becomes a table of small leaves with the same frames and rights. */
static void split(struct pt *pt, struct place large, vaddr_t va)
{
    unsigned below = large.level + 1, flags = flags_of(pt, *large.entry);
    paddr_t first = frame_of(*large.entry), frame = table_new(pt);
    pt_entry *table = table_at(pt, frame);
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        table[i] = leaf_entry(pt, first + (paddr_t)i * span(below), flags, below);
    *large.entry = (pt_entry)frame | PRESENT | WRITE;
    pt->world->invalidate(pt->world->context, va);
}

/* The entry for va at that level; makes the tables on the way, and splits large leaves, from spare frames. */
static pt_entry *reach(struct pt *pt, vaddr_t va, unsigned level)
{
    for (;;) {
        struct place place = descend(pt, va, level);
        if (place.level == level)
            return place.entry;
        if (is_present(*place.entry))
            split(pt, place, va);
        else
            *place.entry = (pt_entry)table_new(pt) | PRESENT | WRITE;
    }
}

/* ---- ranges ---- */

static bool is_range(vaddr_t va, size_t bytes, size_t unit)
{
    return bytes > 0 && va % unit == 0 && bytes % unit == 0 && bytes - 1 <= UINTPTR_MAX - va;
}

/* The level of the leaf that begins a range: the highest that fits. */
static unsigned leaf_level(vaddr_t va, paddr_t pa, size_t bytes, unsigned flags)
{
    if (flags & PT_LARGE_OK) {
        for (unsigned level = 0; level < LAST; level++) {
            size_t size = span(level);
            if (pt_has_large[level] && ((va | pa) & (size - 1)) == 0 && bytes >= size)
                return level;
        }
    }
    return LAST;
}

/* Tables missing between `place` and an entry for va at `level`, those that an earlier address of the range (from `first`)
 * needs already not counted again: a table is counted at the first address of its span, or of the range. */
static size_t tables_missing(struct place place, unsigned level, vaddr_t va, vaddr_t first)
{
    size_t count = 0;
    for (unsigned above = place.level; above < level; above++)
        count += va == first || va % span(above) == 0;
    return count;
}

static enum pt_status map_check(const struct pt *pt, vaddr_t va, paddr_t pa, size_t bytes, unsigned flags, size_t *missing)
{
    vaddr_t first = va;
    *missing = 0;
    while (bytes > 0) {
        unsigned level = leaf_level(va, pa, bytes, flags);
        struct place place = descend(pt, va, level);
        if (is_present(*place.entry))
            return PT_BUSY;
        *missing += tables_missing(place, level, va, first);
        va += span(level);
        pa += span(level);
        bytes -= span(level);
    }
    return PT_OK;
}

enum pt_status pt_map(struct pt *pt, vaddr_t va, paddr_t pa, size_t bytes, unsigned flags)
{
    size_t missing;
    if (!is_range(va, bytes, FRAME_SIZE) || pa % FRAME_SIZE != 0)
        return PT_UNALIGNED;
    enum pt_status status = map_check(pt, va, pa, bytes, flags, &missing);
    if (status == PT_OK)
        status = spares_take(pt, missing);
    if (status != PT_OK)
        return status;
    while (bytes > 0) {
        unsigned level = leaf_level(va, pa, bytes, flags);
        *reach(pt, va, level) = leaf_entry(pt, pa, flags, level);
        va += span(level);
        pa += span(level);
        bytes -= span(level);
    }
    ASSERT(pt->spare == 0);              /* counted exactly */
    return PT_OK;
}

/* Bytes from va to the end of what one entry of that level maps, at most `bytes`. */
static size_t step(vaddr_t va, unsigned level, size_t bytes)
{
    size_t rest = span(level) - va % span(level);
    return rest < bytes ? rest : bytes;
}

enum pt_status pt_prepare(struct pt *pt, vaddr_t va, size_t bytes)
{
    if (!is_range(va, bytes, FRAME_SIZE))
        return PT_UNALIGNED;
    size_t missing = 0;
    for (vaddr_t at = va, left = bytes, part; left > 0; at += part, left -= part) {
        struct place place = descend(pt, at, LAST);
        if (is_present(*place.entry) && place.level != LAST)
            return PT_BUSY;
        missing += tables_missing(place, LAST, at, va);
        part = step(at, LAST - 1, left);
    }
    enum pt_status status = spares_take(pt, missing);
    if (status != PT_OK)
        return status;
    for (vaddr_t at = va, left = bytes, part; left > 0; at += part, left -= part) {
        reach(pt, at, LAST);
        part = step(at, LAST - 1, left);
    }
    ASSERT(pt->spare == 0);
    return PT_OK;
}

/* ---- unmap, protect ---- */

/* How many large leaves stick out of the range at its two ends: each must be split. */
static size_t splits_needed(const struct pt *pt, vaddr_t va, size_t bytes)
{
    size_t count = 0;
    vaddr_t last = va + (bytes - 1);
    struct place low = descend(pt, va, LAST), high = descend(pt, last, LAST);
    bool is_low_large = low.level != LAST && is_present(*low.entry);
    bool is_high_large = high.level != LAST && is_present(*high.entry);
    bool is_low_cut = is_low_large && (va % span(low.level) != 0 || bytes < span(low.level));
    count += is_low_cut;
    if (is_high_large && !(is_low_cut && high.entry == low.entry))
        count += last % span(high.level) != span(high.level) - 1;
    return count;
}

/* Calls `act` for every leaf of the range, cutting large ones at its ends. */
static enum pt_status each_leaf(struct pt *pt, vaddr_t va, size_t bytes,
                                void (*act)(struct pt *pt, struct place leaf, vaddr_t va, void *context), void *context)
{
    if (!is_range(va, bytes, FRAME_SIZE))
        return PT_UNALIGNED;
    enum pt_status status = spares_take(pt, splits_needed(pt, va, bytes));
    if (status != PT_OK)
        return status;
    while (bytes > 0) {
        struct place place = descend(pt, va, LAST);
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
    ASSERT(pt->spare == 0);
    return PT_OK;
}

static void protect_leaf(struct pt *pt, struct place leaf, vaddr_t va, void *context)
{
    const unsigned *flags = context;
    *leaf.entry = leaf_entry(pt, frame_of(*leaf.entry), *flags, leaf.level);
    pt->world->invalidate(pt->world->context, va);
}

enum pt_status pt_protect(struct pt *pt, vaddr_t va, size_t bytes, unsigned flags)
{
    return each_leaf(pt, va, bytes, protect_leaf, &flags);
}

struct visitor {
    pt_visit_fn *visit;
    void *context;
};

static struct pt_leaf describe(const struct pt *pt, struct place place, vaddr_t va)
{
    return (struct pt_leaf){
        .address = va - va % span(place.level),
        .frame = frame_of(*place.entry),
        .bytes = span(place.level),
        .flags = flags_of(pt, *place.entry),
    };
}

static void unmap_leaf(struct pt *pt, struct place place, vaddr_t va, void *context)
{
    const struct visitor *v = context;
    struct pt_leaf leaf = describe(pt, place, va);
    *place.entry = 0;
    pt->world->invalidate(pt->world->context, va);
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

/* Removes the table below the entry for va at `level` if it is empty. The root's own entries are level 0. */
static void drop_if_empty(struct pt *pt, vaddr_t va, unsigned level)
{
    struct place place = descend(pt, va, level);
    if (place.level != level || !is_present(*place.entry) || is_leaf(*place.entry, level))
        return;
    paddr_t frame = frame_of(*place.entry);
    if (!is_empty(table_at(pt, frame)))
        return;
    *place.entry = 0;
    pt->world->invalidate(pt->world->context, va);
    pt->world->give(pt->world->context, frame);
    pt->tables--;
}

enum pt_status pt_release(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context)
{
    if (!is_range(va, bytes, pt_table_span))
        return PT_UNALIGNED;
    enum pt_status status = pt_unmap(pt, va, bytes, visit, context);
    if (status != PT_OK)
        return status;
    for (unsigned level = LAST; level-- > 0;) {
        for (vaddr_t at = va, left = bytes, part; left > 0; at += part, left -= part) {
            drop_if_empty(pt, at, level);
            part = step(at, level, left);
        }
    }
    return PT_OK;
}

/* ---- start, questions ---- */

enum pt_status pt_init(struct pt *pt, const struct pt_world *world, bool nx)
{
    *pt = (struct pt){.world = world, .nx = nx};
    enum pt_status status = spares_take(pt, 1);
    if (status == PT_OK)
        pt->root = table_new(pt);
    return status;
}

bool pt_query(const struct pt *pt, vaddr_t va, struct pt_leaf *leaf)
{
    struct place place = descend(pt, va, LAST);
    if (!is_present(*place.entry))
        return false;
    *leaf = describe(pt, place, va);
    return true;
}
