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
 *
 * Cost: a descent of PT_LEVELS steps for each leaf, and for each empty stretch as long as what its highest empty
 * entry maps.
 *
 * Source: Intel SDM volume 3, sections 4.3 and 4.5; stale translations: section 4.10.4.
 */
#include <arch/pt.h>

#include <lib/assert.h>

#include "pt_format.h"

enum {
    PRESENT = 1 << 0,
    WRITE = 1 << 1,
    USER = 1 << 2,
    THROUGH = 1 << 3,
    NOCACHE = 1 << 4,
    LARGE = 1 << 7,
    GLOBAL = 1 << 8,
    TABLE = PRESENT | WRITE | USER, /* leaves alone decide */
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

static paddr_t frame_of(pt_entry entry)
{
    return entry & PT_FRAME_MASK;
}

static pt_entry leaf_entry(const struct pt *pt, paddr_t frame, unsigned flags, unsigned level)
{
    pt_entry entry = (pt_entry)frame | PRESENT;
    if (flags & PT_WRITE)
        entry |= WRITE;
    if (flags & PT_USER)
        entry |= USER;
    if (flags & PT_GLOBAL)
        entry |= GLOBAL;
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
    if (entry & USER)
        flags |= PT_USER;
    if (entry & GLOBAL)
        flags |= PT_GLOBAL;
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

static void invalidate(const struct pt *pt, vaddr_t va)
{
    pt->world->invalidate(pt->world->context, va);
}

/* ---- the way down ---- */

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

/* Whether a table hangs below the entry for va at that level. */
static bool has_table(const struct pt *pt, vaddr_t va, unsigned level)
{
    struct place place = descend(pt, va, level);
    return place.level == level && is_present(*place.entry) && !is_leaf(*place.entry, level);
}

static struct pt_leaf describe(const struct pt *pt, struct place place, vaddr_t va)
{
    return (struct pt_leaf){
        .address = va - va % span(place.level),
        .frame = frame_of(*place.entry),
        .bytes = span(place.level),
        .flags = flags_of(pt, *place.entry),
    };
}

/* ---- spare frames ---- */

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

static enum pt_status spares_take(struct pt *pt, size_t count)
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

/* A spare frame becomes an empty table. */
static paddr_t table_new(struct pt *pt)
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

/* The entry for va at that level; makes the tables on the way from spare frames. No leaf is in the way. */
static pt_entry *reach(struct pt *pt, vaddr_t va, unsigned level)
{
    struct place place = descend(pt, va, level);
    while (place.level != level) {
        ASSERT(!is_present(*place.entry));
        *place.entry = (pt_entry)table_new(pt) | TABLE;
        place = descend(pt, va, level);
    }
    return place.entry;
}

/* ---- ranges ---- */

static bool is_range(vaddr_t va, size_t bytes, size_t unit)
{
    return bytes > 0 && va % unit == 0 && bytes % unit == 0 && bytes - 1 <= UINTPTR_MAX - va &&
           pt_is_canonical(va, va + (bytes - 1));
}

/* Bytes from va to the end of what one entry of that level maps, at most `bytes`. */
static size_t step(vaddr_t va, unsigned level, size_t bytes)
{
    size_t rest = span(level) - va % span(level);
    return rest < bytes ? rest : bytes;
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
        struct place place = descend(pt, m.va, level);
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
    if (!is_range(va, bytes, FRAME_SIZE) || pa % FRAME_SIZE != 0)
        return PT_BAD_RANGE;
    enum pt_status status = map_check(pt, m, &missing);
    if (status == PT_OK)
        status = spares_take(pt, missing);
    if (status != PT_OK)
        return status;
    while (m.bytes > 0) {
        unsigned level = leaf_level(pt, &m);
        *reach(pt, m.va, level) = leaf_entry(pt, m.pa, flags, level);
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
        struct place place = descend(pt, va, LAST);
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
    if (!is_range(va, bytes, FRAME_SIZE))
        return PT_BAD_RANGE;
    enum pt_status status = prepare_check(pt, va, bytes, &missing);
    if (status == PT_OK)
        status = spares_take(pt, missing);
    if (status != PT_OK)
        return status;
    while (bytes > 0) {
        size_t part = step(va, LAST - 1, bytes);
        reach(pt, va, LAST);
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
    unsigned below = large.level + 1, flags = flags_of(pt, *large.entry);
    paddr_t first = frame_of(*large.entry), frame = table_new(pt);
    pt_entry *table = table_at(pt, frame);
    for (unsigned i = 0; i < PT_ENTRIES; i++)
        table[i] = leaf_entry(pt, first + (paddr_t)i * span(below), flags, below);
    *large.entry = (pt_entry)frame | TABLE;
    invalidate(pt, va);
}

/* How many large leaves stick out of the range at its two ends: each is split once, to leaves of the last level. */
static size_t splits_needed(const struct pt *pt, vaddr_t va, size_t bytes)
{
    const vaddr_t last = va + (bytes - 1);
    struct place low = descend(pt, va, LAST), high = descend(pt, last, LAST);
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
    if (!is_range(va, bytes, FRAME_SIZE))
        return PT_BAD_RANGE;
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
    ASSERT(pt->spare == 0); /* T3 */
    return PT_OK;
}

static void protect_leaf(struct pt *pt, struct place leaf, vaddr_t va, void *context)
{
    const unsigned *flags = context;
    *leaf.entry = leaf_entry(pt, frame_of(*leaf.entry), *flags, leaf.level);
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
    struct pt_leaf leaf = describe(pt, place, va);
    *place.entry = 0;
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

/* Gives back the table below an entry, which maps va, if it is empty. */
static void drop_if_empty(struct pt *pt, pt_entry *entry, vaddr_t va)
{
    paddr_t frame = frame_of(*entry);
    if (!is_empty(table_at(pt, frame))) /* T4 */
        return;
    *entry = 0;
    invalidate(pt, va); /* the processor may remember the way through the table, too */
    pt->world->give(pt->world->context, frame);
    pt->tables--; /* T2 */
}

static void drop_empty_tables(struct pt *pt, vaddr_t va, size_t bytes, unsigned level)
{
    while (bytes > 0) {
        struct place place = descend(pt, va, level);
        size_t part = step(va, place.level, bytes);
        if (is_present(*place.entry) && !is_leaf(*place.entry, place.level)) /* T1 */
            drop_if_empty(pt, place.entry, va);
        va += part;
        bytes -= part;
    }
}

enum pt_status pt_release(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context)
{
    if (!is_range(va, bytes, pt_table_span))
        return PT_BAD_RANGE;
    enum pt_status status = pt_unmap(pt, va, bytes, visit, context);
    ASSERT(status == PT_OK); /* no large leaf sticks out */
    for (unsigned level = LAST; level-- > 0;)
        drop_empty_tables(pt, va, bytes, level);
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
    if (!pt_is_canonical(va, va))
        return false;
    struct place place = descend(pt, va, LAST);
    if (!is_present(*place.entry))
        return false;
    *leaf = describe(pt, place, va);
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
