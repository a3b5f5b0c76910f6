/* The page-table walker, to the frame: each random call is tried with 0, 1, 2 ... frames to be had, until it succeeds.
 * It must do so at exactly the number that a model of the tree needs, and before that not a byte of any table may
 * change.
 *
 * The model knows which tables exist at every level. The addresses are the very last ones of the address space, and
 * some around the boundary of an upper table's span.
 */
#include "frames.h"

#include "pt_format.h"

enum { SLOTS = 6, PAGES = SLOTS * PT_ENTRIES, WINDOWS = 2, LAST = PT_LEVELS - 1 };

/* What lies in a slot, the span of one last-level table. */
struct slot {
    bool has_table[PT_LEVELS]; /* at that level, on the way to this slot; [0] is the root */
    bool is_large;
    bool is_mapped[PT_ENTRIES];
};

static struct slot slots[WINDOWS][SLOTS];
static vaddr_t window_base[WINDOWS];

static struct pt pt;

/* ---- downgrades are told ---- */

static bool told[WINDOWS][PAGES]; /* invalidated since the call began */

static void tell(void *context, vaddr_t va)
{
    (void)context;
    for (size_t w = 0; w < WINDOWS; w++) {
        vaddr_t offset = va - window_base[w];
        if (offset < (vaddr_t)PAGES * FRAME_SIZE)
            told[w][offset / FRAME_SIZE] = true;
    }
}

static const struct pt_world world = {.take = pool_take, .give = pool_give, .at = pool_at, .invalidate = tell};

static void open_tree(void)
{
    memset(slots, 0, sizeof slots);
    window_base[0] = (vaddr_t)0 - SLOTS * pt_table_span;
    window_base[1] = sizeof(void *) == 8 ? (0xFFFF8000C0000000u - 3 * pt_table_span) & UINTPTR_MAX : 0x40000000u;
    pool_open();
    REQUIRE(pt_init(&pt, &world, false) == PT_OK);
}

/* ---- nothing has changed ---- */

static struct {
    unsigned char bytes[POOL_FRAMES * FRAME_SIZE];
    bool taken[POOL_FRAMES];
    struct pt pt;
} before;

static void remember(void)
{
    memcpy(before.taken, pool.taken, sizeof before.taken);
    memcpy(before.bytes, pool.bytes, sizeof before.bytes);
    before.pt = pt;
    memset(told, 0, sizeof told);
}

static void require_unchanged(void)
{
    REQUIRE(memcmp(before.taken, pool.taken, sizeof before.taken) == 0);
    for (size_t i = 0; i < POOL_FRAMES; i++) {
        const unsigned char *frame = (const unsigned char *)pool.bytes + i * FRAME_SIZE;
        REQUIRE(!pool.taken[i] || memcmp(before.bytes + i * FRAME_SIZE, frame, FRAME_SIZE) == 0);
    }
    REQUIRE(pt.root == before.pt.root && pt.spare == 0);
    REQUIRE(pt.tables == before.pt.tables && pt.tables_peak == before.pt.tables_peak);
    for (size_t w = 0; w < WINDOWS; w++)
        REQUIRE(memchr(told[w], true, sizeof told[w]) == NULL);
}

/* ---- the model ---- */

/* A stretch of pages of one window. */
struct range {
    size_t w, first, end;
    vaddr_t va;
    size_t bytes;
};

static struct range range_of(size_t w, size_t first, size_t end)
{
    return (struct range){w, first, end, window_base[w] + first * FRAME_SIZE, (end - first) * FRAME_SIZE};
}

static struct range random_range(bool whole_tables)
{
    size_t unit = whole_tables || random_below(3) == 0 ? PT_ENTRIES : 1, limit = PAGES / unit;
    size_t first = random_below(limit), longest = random_below(2) ? limit - first : 1 + random_below(9);
    size_t end = first + 1 + random_below(longest < limit - first ? longest : limit - first);
    return range_of(random_below(WINDOWS), first * unit, end * unit);
}

/* Which table of a level the way to a slot goes through. */
static vaddr_t table_key(size_t w, size_t slot, unsigned level)
{
    return level == 0 ? 0 : (window_base[w] + slot * pt_table_span) >> pt_shift[level - 1];
}

/* Sets has_table for all slots that share the table. */
static void model_table(size_t w, size_t slot, unsigned level, bool exists)
{
    for (size_t other = 0; other < SLOTS; other++) {
        if (table_key(w, other, level) == table_key(w, slot, level))
            slots[w][other].has_table[level] = exists;
    }
}

/* Makes the tables down to `level` on the way to a slot; how many there were none of. */
static size_t model_reach(size_t w, size_t slot, unsigned level)
{
    size_t made = 0;
    for (unsigned l = 1; l <= level; l++) {
        if (!slots[w][slot].has_table[l]) {
            model_table(w, slot, l, true);
            made++;
        }
    }
    return made;
}

static size_t slot_from(const struct range *r, size_t slot)
{
    return r->first > slot * PT_ENTRIES ? r->first - slot * PT_ENTRIES : 0;
}

static size_t slot_to(const struct range *r, size_t slot)
{
    return r->end < (slot + 1) * PT_ENTRIES ? r->end - slot * PT_ENTRIES : PT_ENTRIES;
}

static bool covers(const struct range *r, size_t slot)
{
    return slot_from(r, slot) == 0 && slot_to(r, slot) == PT_ENTRIES;
}

static size_t first_slot(const struct range *r)
{
    return r->first / PT_ENTRIES;
}

static size_t end_slot(const struct range *r)
{
    return (r->end - 1) / PT_ENTRIES + 1;
}

static bool is_anything_mapped(const struct range *r)
{
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++) {
        for (size_t i = slot_from(r, slot); i < slot_to(r, slot); i++) {
            if (slots[r->w][slot].is_mapped[i])
                return true;
        }
    }
    return false;
}

static bool is_any_large(const struct range *r)
{
    bool is_any = false;
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++)
        is_any |= slots[r->w][slot].is_large;
    return is_any;
}

static size_t model_map(const struct range *r, bool large_ok)
{
    size_t made = 0;
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++) {
        struct slot *s = &slots[r->w][slot];
        s->is_large = large_ok && covers(r, slot) && !s->has_table[LAST];
        made += model_reach(r->w, slot, s->is_large ? LAST - 1 : LAST);
        memset(s->is_mapped + slot_from(r, slot), true, slot_to(r, slot) - slot_from(r, slot));
    }
    return made;
}

static size_t model_prepare(const struct range *r)
{
    size_t made = 0;
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++)
        made += model_reach(r->w, slot, LAST);
    return made;
}

/* Large leaves that stick out become tables. */
static size_t model_split(const struct range *r)
{
    size_t made = 0;
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++) {
        struct slot *s = &slots[r->w][slot];
        if (s->is_large && !covers(r, slot)) {
            s->is_large = false;
            made += model_reach(r->w, slot, LAST);
        }
    }
    return made;
}

static void model_unmap(const struct range *r)
{
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++) {
        struct slot *s = &slots[r->w][slot];
        memset(s->is_mapped + slot_from(r, slot), false, slot_to(r, slot) - slot_from(r, slot));
        s->is_large = s->is_large && !covers(r, slot);
    }
}

/* Whether some slot below that table of a level has a table or a leaf hanging from it. */
static bool is_table_in_use(size_t w, size_t slot, unsigned level)
{
    for (size_t other = 0; other < SLOTS; other++) {
        const struct slot *s = &slots[w][other];
        bool is_below = table_key(w, other, level) == table_key(w, slot, level);
        if (is_below && (level == LAST ? memchr(s->is_mapped, true, sizeof s->is_mapped) != NULL
                                       : s->has_table[level + 1] || (level == LAST - 1 && s->is_large)))
            return true;
    }
    return false;
}

static void model_release(const struct range *r)
{
    model_unmap(r);
    for (unsigned level = LAST; level > 0; level--) {
        for (size_t slot = first_slot(r); slot < end_slot(r); slot++) {
            if (!is_table_in_use(r->w, slot, level))
                model_table(r->w, slot, level, false);
        }
    }
}

/* Tables in the whole tree; each is counted at the first slot it serves. */
static size_t model_tables(void)
{
    size_t count = 1;
    for (size_t w = 0; w < WINDOWS; w++) {
        for (size_t slot = 0; slot < SLOTS; slot++) {
            for (unsigned level = 1; level <= LAST; level++) {
                bool is_first = slot == 0 || table_key(w, slot, level) != table_key(w, slot - 1, level);
                count += is_first && slots[w][slot].has_table[level];
            }
        }
    }
    return count;
}

static void require_as_modelled(void)
{
    struct pt_leaf leaf;
    REQUIRE(pt.tables == model_tables() && pool.taken_count == pt.tables);
    for (size_t w = 0; w < WINDOWS; w++) {
        for (size_t page = 0; page < PAGES; page += 1 + random_below(40)) {
            const struct slot *s = &slots[w][page / PT_ENTRIES];
            bool is_mapped = pt_query(&pt, window_base[w] + page * FRAME_SIZE, &leaf);
            REQUIRE(is_mapped == s->is_mapped[page % PT_ENTRIES]);
            REQUIRE(!is_mapped || leaf.bytes == (s->is_large ? pt_table_span : FRAME_SIZE));
        }
    }
}

/* ---- one call, with fewer frames than it needs, and with as many ---- */

enum call { MAP, PREPARE, PROTECT, UNMAP, RELEASE };

static enum pt_status call_once(enum call call, const struct range *r, unsigned flags)
{
    paddr_t pa = (paddr_t)pt_table_span + (r->va & (pt_table_span - 1)); /* in step with the addresses */
    switch (call) {
    case MAP:
        return pt_map(&pt, r->va, pa, r->bytes, flags);
    case PREPARE:
        return pt_prepare(&pt, r->va, r->bytes);
    case PROTECT:
        return pt_protect(&pt, r->va, r->bytes, flags);
    case UNMAP:
        return pt_unmap(&pt, r->va, r->bytes, NULL, NULL);
    default:
        return pt_release(&pt, r->va, r->bytes, NULL, NULL);
    }
}

static size_t model_call(enum call call, const struct range *r, unsigned flags)
{
    size_t made = call == MAP       ? model_map(r, flags & PT_LARGE_OK)
                  : call == PREPARE ? model_prepare(r)
                  : call == RELEASE ? 0
                                    : model_split(r);
    if (call == UNMAP)
        model_unmap(r);
    if (call == RELEASE)
        model_release(r);
    return made;
}

/* Each leaf that was in the range, by its page or, if large, by some page of it. Called before the model follows. */
static void require_told(const struct range *r)
{
    for (size_t slot = first_slot(r); slot < end_slot(r); slot++) {
        const struct slot *s = &slots[r->w][slot];
        for (size_t i = slot_from(r, slot); i < slot_to(r, slot); i++) {
            bool is_whole = s->is_large && covers(r, slot);
            size_t page = slot * PT_ENTRIES + (is_whole ? 0 : i);
            REQUIRE(!s->is_mapped[i] || told[r->w][page]);
        }
    }
}

/* Frames that were needed, by trying. */
static size_t call_until_it_succeeds(enum call call, const struct range *r, unsigned flags)
{
    for (size_t frames = 0;; frames++) {
        pool.budget = frames;
        remember();
        enum pt_status status = call_once(call, r, flags);
        REQUIRE(status == PT_OK || status == PT_NO_MEMORY);
        if (status == PT_OK) {
            REQUIRE(pool.budget == 0);
            return frames;
        }
        require_unchanged();
        REQUIRE(frames < POOL_FRAMES);
    }
}

static void random_call(void)
{
    enum call call = (enum call)random_below(RELEASE + 1);
    struct range r = random_range(call == RELEASE);
    unsigned flags = (unsigned)random_below(64) | PT_EXEC;
    if ((call == MAP && is_anything_mapped(&r)) || (call == PREPARE && is_any_large(&r))) {
        pool.budget = SIZE_MAX;
        remember();
        REQUIRE(call_once(call, &r, flags) == PT_BUSY);
        require_unchanged();
        return;
    }
    size_t needed = call_until_it_succeeds(call, &r, flags);
    if (call >= PROTECT)
        require_told(&r);
    REQUIRE(model_call(call, &r, flags) == needed);
    require_as_modelled();
}

static void test_frames_needed_to_the_last(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        run_begin(seed);
        open_tree();
        for (int i = 0; i < 120; i++)
            random_call();
        pool_close();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_needed_to_the_last),
    };
    return cmocka_run_group_tests_name("pt_exact", tests, NULL, NULL);
}
