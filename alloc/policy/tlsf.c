/* Two-level segregated fit: holes sorted into classes of size, and two levels of bits that say which classes have any.
 *
 *      base
 *       | heads of the lists | pad | block | block | ... | block | end mark |      blocks as in block.h
 *
 *      rows:     0 1 0 0 1 0 0 ...         one bit for each power of two: some class in it has a hole
 *                  |     |
 *                  |     +-> columns of row 4:  0 0 0 1 0 0 1 0     one bit for each class, 2^sl of them in a row
 *                  |                                  |
 *                  +-> columns of row 1: ...          +-> its list: hole <-> hole <-> hole, the latest in front
 *
 * Sizes count in units of A. Up to 2 * 2^sl units each size is a class of its own; from there on each power of two is
 * cut into 2^sl equal classes. A class has a number, row and column in one: row << sl | column, rising with the size.
 *
 * Good fit: a request looks for the lowest class in which *every* hole is large enough, and takes the first hole of it
 * or of the next class above that has one. So no list is ever followed; the price is that a hole in the request's own
 * class is not looked at unless the request is as small as anything in there. Less than 1 / 2^sl too much is asked for.
 *
 * The bits lie in struct heap. The heads do not fit there: they are metadata at the region's start, which has room for
 * the finest subdivision whatever `sl` says, so that `origin` and `fixed` are constants. A head is a payload's distance
 * from the base in units, 0 for none: half a pointer on 64-bit machines; so a region reaches 2^32 units, 64 GiB.
 *
 * Invariants, besides I1 to I4 of block.h:
 *   I5  every hole is in the list of its class, linked both ways, and nothing else is in a list; so heads of no class,
 *       which a coarser `sl` leaves over, are 0
 *   I6  a column's bit is set if and only if its list is not empty, a row's if and only if one of its columns' is
 *
 * Alloc, in steps:
 *   1. round the request up to a class; only the class number says whether there is one: rounding may pass the last
 *   2. the lowest column at or right of it in its row, else the lowest row above it, and the lowest column there
 *   3. unlink that list's first hole; cut off the front gap and the tail if they can be blocks, which join their lists
 *      in this order
 * An aligned request asks for as much as it could need in the worst place, align + A more than the block.
 * Free: validate, join the holes above and below at once, link in front. Resize in place: as in the fit family (fit.c).
 *
 * Growth: need() asks for a hole at the region's end as large as the class, not only the request: else none is found.
 * Everything freed is one hole, and of it the smallest size of its class is granted, never much less than all.
 *
 * Cost: O(1), always: a search reads at most three words of bits and one head. Source: M. Masmano, I. Ripoll, A.
 * Crespo, J. Real, TLSF: a New Dynamic Memory Allocator for Real-Time Systems, ECRTS 2004.
 * Beaten by: good-misses. Holes of just the right size, inside a class: the search begins above them, and the heap
 * grows or refuses.
 */
#include "../fit.h"

void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

enum {
    TLSF_UNITS_LOG2 = sizeof(size_t) == 8 ? 32 : 29, /* a size has fewer than 2^this units */
    TLSF_SL_MIN = 2,
    TLSF_SL_MAX = 5,
    TLSF_ROWS = TLSF_UNITS_LOG2 + 1 - TLSF_SL_MIN, /* most there are: the coarser the rows, the more */
    TLSF_HEADS = (TLSF_UNITS_LOG2 + 1 - TLSF_SL_MAX) << TLSF_SL_MAX,
};

#define TLSF_UNITS_MAX (((size_t)1 << (TLSF_UNITS_LOG2 - 1)) * 2 - 1)
#define TLSF_HEAD_BYTES (TLSF_HEADS * sizeof(uint32_t))

_Static_assert(TLSF_ROWS <= 32, "a row for each bit of `rows`");
_Static_assert(TLSF_ROWS << TLSF_SL_MIN <= TLSF_HEADS, "the finest subdivision has the most classes");
_Static_assert(TLSF_HEAD_BYTES % HEAP_ALIGN == 0, "the pad follows the heads");

struct tlsf_state {
    uint32_t rows;
    uint32_t columns[TLSF_ROWS];
};

static struct tlsf_state *tlsf_state(struct heap *h)
{
    return heap_state(h);
}

/* ---- classes ---- */

/* log2 of the columns in a row */
static unsigned row_log2(const struct heap *h)
{
    return (unsigned)h->options[0];
}

static unsigned lowest_bit(uint32_t bits)
{
    return (unsigned)__builtin_ctz(bits);
}

/* The class that a hole of that many units (not 0) belongs to. */
static unsigned class_of(unsigned sl, uint32_t units)
{
    unsigned top = 31 - (unsigned)__builtin_clz(units), shift = top > sl ? top - sl : 0;
    return (shift << sl) + (units >> shift);
}

/* The smallest size in a class, in units. */
static uint32_t class_lowest(unsigned sl, unsigned class)
{
    unsigned row = class >> sl, shift = row > 0 ? row - 1 : 0;
    return (uint32_t)(class - (shift << sl)) << shift;
}

/* How many there are. */
static unsigned classes(unsigned sl)
{
    return (TLSF_UNITS_LOG2 + 1 - sl) << sl;
}

/* The largest, wrapping where the class above it would begin with one more than all there are. */
static uint32_t class_highest(unsigned sl, unsigned class)
{
    return class_lowest(sl, class + 1) - 1;
}

/* The lowest class in which every hole has that many bytes; false if there is none. */
static bool class_holding(unsigned sl, size_t bytes, unsigned *class)
{
    size_t units = bytes / HEAP_ALIGN;
    if (units > TLSF_UNITS_MAX)
        return false;
    *class = class_of(sl, (uint32_t)units);
    *class += class_lowest(sl, *class) != units;
    return *class < classes(sl);
}

static unsigned class_of_hole(const struct heap *h, const struct block *hole)
{
    return class_of(row_log2(h), (uint32_t)(block_size(hole) / HEAP_ALIGN));
}

/* ---- lists ---- */

static uint32_t *heads(const struct heap *h)
{
    return (uint32_t *)(void *)h->base;
}

/* What a head says for a hole. */
static uint32_t head_value(const struct heap *h, const struct block *hole)
{
    return (uint32_t)(((uintptr_t)hole + BLOCK_HEADER - (uintptr_t)h->base) / HEAP_ALIGN);
}

static struct block *head(const struct heap *h, unsigned class)
{
    size_t units = heads(h)[class];
    return units > 0 ? block_of(h->base + units * HEAP_ALIGN) : NULL;
}

/* Makes b the first of a class, NULL: the class has no hole any more. Keeps the bits (I6). */
static void set_head(struct heap *h, unsigned class, struct block *b)
{
    struct tlsf_state *s = tlsf_state(h);
    unsigned sl = row_log2(h), row = class >> sl;
    uint32_t column = (uint32_t)1 << (class & ((1u << sl) - 1));
    heads(h)[class] = b ? head_value(h, b) : 0;
    s->columns[row] = b ? s->columns[row] | column : s->columns[row] & ~column;
    s->rows = s->columns[row] ? s->rows | (uint32_t)1 << row : s->rows & ~((uint32_t)1 << row);
}

static void list_insert(struct heap *h, struct block *hole)
{
    unsigned class = class_of_hole(h, hole);
    hole->prev_hole = NULL;
    hole->next_hole = head(h, class);
    if (hole->next_hole)
        hole->next_hole->prev_hole = hole;
    set_head(h, class, hole);
}

static void list_remove(struct heap *h, struct block *hole)
{
    if (hole->next_hole)
        hole->next_hole->prev_hole = hole->prev_hole;
    if (hole->prev_hole)
        hole->prev_hole->next_hole = hole->next_hole;
    else
        set_head(h, class_of_hole(h, hole), hole->next_hole);
}

/* ---- alloc ---- */

/* Completes the request, its align set, and finds the lowest class in which every hole holds it; false: none does. */
static bool class_for(const struct heap *h, size_t bytes, struct fit_request *request, unsigned *class)
{
    size_t align = request->align, wanted;
    size_t gap = align == HEAP_ALIGN ? 0 : align + HEAP_ALIGN; /* a gap of A is too small, and moves on by align */
    return fit_request_for(request, bytes, align) && heap_add(request->size, gap, &wanted) &&
           class_holding(row_log2(h), wanted, class);
}

/* What the search thinks of a word of bits for the classes from `class` to `last`. */
static inline struct heap_look row_look(unsigned sl, unsigned class, unsigned last, bool leads_on)
{
    return (struct heap_look){HEAP_PLACE_ROW, leads_on ? HEAP_LEADS_ON : HEAP_NONE_THERE, NULL,
                              (size_t)class_lowest(sl, class) * HEAP_ALIGN,
                              (size_t)class_highest(sl, last) * HEAP_ALIGN};
}

/* The first hole of the lowest class from `class` on that has one, or NULL. A probe is a word of bits or a head. */
HEAP_TWICE struct block *first_from(struct heap *h, unsigned class, bool tells)
{
    const struct tlsf_state *s = tlsf_state(h);
    unsigned sl = row_log2(h), row = class >> sl, mask = (1u << sl) - 1;
    uint32_t columns = s->columns[row] & UINT32_MAX << (class & mask);
    heap_note_look(h, tells, row_look(sl, class, class | mask, columns != 0));
    if (columns == 0) {
        uint32_t rows = s->rows & ~(uint32_t)1 << row;
        heap_note_look(h, tells, row_look(sl, (row + 1) << sl, classes(sl) - 1, rows != 0));
        if (rows == 0)
            return NULL;
        row = lowest_bit(rows);
        columns = s->columns[row];
        heap_note_look(h, tells, row_look(sl, row << sl, row << sl | mask, true));
    }
    class = row << sl | lowest_bit(columns);
    struct block *hole = head(h, class);
    size_t lowest = class_lowest(sl, class), highest = class_highest(sl, class);
    heap_note_look(h, tells, heap_class_look(hole, lowest * HEAP_ALIGN, highest * HEAP_ALIGN));
    return hole;
}

/* Makes one hole of b, which is in no list, and of the holes beside it. */
static void make_hole(struct heap *h, struct block *b)
{
    struct block *above = block_next(b);
    size_t size = block_size(b);
    if (!block_is_used(above)) { /* the end mark is used */
        list_remove(h, above);
        size += block_size(above);
        heap_note_merge(h);
    }
    if (!block_is_prev_used(b)) {
        b = block_prev_hole(b);
        list_remove(h, b);
        size += block_size(b);
        heap_note_merge(h);
    }
    block_mark_free(b, size);
    list_insert(h, b);
}

HEAP_TWICE void *find_and_cut(struct heap *h, size_t bytes, size_t align, bool tells)
{
    struct fit_request request = {.align = align};
    struct block *rest;
    unsigned class;
    if (!class_for(h, bytes, &request, &class))
        return NULL;
    struct block *hole = first_from(h, class, tells);
    if (!hole)
        return NULL;
    list_remove(h, hole);
    struct block *b = fit_cut(h, hole, &request, &rest);
    if (b != hole) /* a front gap stays below */
        list_insert(h, hole);
    if (rest)
        list_insert(h, rest);
    return block_payload(b);
}

HEAP_APART void *tlsf_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return find_and_cut(h, bytes, align, true);
}

static void *tlsf_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? tlsf_alloc_told(h, bytes, align) : find_and_cut(h, bytes, align, false);
}

/* ---- free and resize ---- */

static struct heap_freed tlsf_free(struct heap *h, void *ptr)
{
    struct block *b = block_of(ptr);
    struct heap_freed freed = fit_judge_free(h, b);
    if (freed.status == HEAP_OK)
        make_hole(h, b);
    return freed;
}

static bool tlsf_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct block *b = block_of(ptr);
    size_t wanted;
    if (!fit_has_room_for(h, b, bytes, &wanted))
        return false;
    if (wanted > block_size(b)) {
        struct block *above = block_next(b);
        list_remove(h, above);
        block_mark_used(b, block_size(b) + block_size(above));
    }
    struct block *tail = fit_split_tail(h, b, wanted, BLOCK_MIN);
    if (tail)
        make_hole(h, tail);
    return true;
}

/* ---- growth ---- */

static size_t tlsf_need(const struct heap *h, size_t bytes, size_t align)
{
    struct block *end = block_end_mark(h);
    struct fit_request request = {.align = align};
    size_t there = block_is_prev_used(end) ? 0 : block_size(block_prev_hole(end));
    unsigned class;
    if (!class_for(h, bytes, &request, &class))
        return SIZE_MAX;
    return (size_t)class_lowest(row_log2(h), class) * HEAP_ALIGN - there;
}

static void tlsf_extend(struct heap *h, size_t added)
{
    struct block *old_end = (struct block *)((unsigned char *)block_end_mark(h) - added);
    if (!block_is_prev_used(old_end)) /* that hole grows out of its class */
        list_remove(h, block_prev_hole(old_end));
    list_insert(h, fit_append_free(h, added));
}

static enum heap_status tlsf_init(struct heap *h)
{
    const size_t reach = TLSF_UNITS_MAX * HEAP_ALIGN;
    if (h->committed > reach)
        return HEAP_BAD_REGION;
    if (h->reserved > reach)
        h->reserved = reach; /* more cannot be made use of */
    memset(heads(h), 0, TLSF_HEAD_BYTES);
    enum heap_status status = fit_lay_out(h);
    if (status == HEAP_OK && !block_is_used(block_first(h))) /* without room for a block the end mark stands there */
        list_insert(h, block_first(h));
    return status;
}

/* ---- list and check ---- */

/* Class after class, each list from its head. */
static bool tlsf_list(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct heap_extent extent = {.kind = HEAP_FREE};
    for (unsigned class = 0; class < TLSF_HEADS; class ++) {
        for (const struct block *hole = head(h, class); hole; hole = hole->next_hole) {
            extent.offset = (size_t)((uintptr_t)hole - (uintptr_t)h->base);
            extent.size = block_size(hole);
            if (!visit(context, &extent))
                return true;
        }
    }
    return true;
}

/* Whether b, any address, is a sound hole and its neighbours in the list know it (I5). */
static bool is_linked(const struct heap *h, struct block *b)
{
    if (!fit_is_sound_hole(h, b, false))
        return false;
    struct block *next = b->next_hole, *prev = b->prev_hole;
    if (next && (!fit_is_sound_hole(h, next, false) || next->prev_hole != b))
        return false;
    if (prev)
        return fit_is_sound_hole(h, prev, false) && prev->next_hole == b;
    return heads(h)[class_of_hole(h, b)] == head_value(h, b);
}

static bool tlsf_check_beside(struct heap *h, const void *ptr)
{
    struct block *b = block_of(ptr);
    if (!fit_is_sound_used(h, b))
        return false;
    if (!block_is_used(block_next(b)) && !is_linked(h, block_next(b)))
        return heap_blame(h, HEAP_FAULT_HEADER, block_next(b));
    return block_is_prev_used(b) || is_linked(h, block_prev_hole(b)) || heap_blame(h, HEAP_FAULT_HEADER, b);
}

/* Length of a class's list, its head not 0; SIZE_MAX: broken. It ends: what is met twice has two entries before it. */
static size_t list_length(const struct heap *h, unsigned class, bool *touches_end)
{
    struct block *hole, *prev = NULL;
    size_t length = 0;
    if (heads(h)[class] >= h->committed / HEAP_ALIGN)
        return SIZE_MAX;
    for (hole = head(h, class); hole; prev = hole, hole = hole->next_hole, length++) {
        if (!fit_is_sound_hole(h, hole, false) || hole->prev_hole != prev || class_of_hole(h, hole) != class)
            return SIZE_MAX;
        *touches_end = *touches_end || block_next(hole) == block_end_mark(h);
    }
    return length;
}

/* I5 and I6 from the side of the lists; *holes: how many they have together. */
static bool check_lists(struct heap *h, size_t *holes)
{
    struct tlsf_state expected = {0};
    unsigned sl = row_log2(h), mask = (1u << sl) - 1;
    bool touches_end = false;
    *holes = 0;
    for (unsigned class = 0; class < TLSF_HEADS; class ++) {
        if (heads(h)[class] == 0)
            continue;
        size_t length = list_length(h, class, &touches_end);
        if (length == SIZE_MAX)
            return heap_blame(h, HEAP_FAULT_LIST, &heads(h)[class]);
        *holes += length;
        expected.rows |= (uint32_t)1 << (class >> sl);
        expected.columns[class >> sl] |= (uint32_t)1 << (class & mask);
    }
    if (memcmp(tlsf_state(h), &expected, sizeof expected) != 0)
        return heap_blame(h, HEAP_FAULT_LIST, tlsf_state(h));
    return fit_is_sound_end(h, touches_end) || heap_blame(h, HEAP_FAULT_HEADER, block_end_mark(h));
}

static bool tlsf_check_free(struct heap *h)
{
    size_t holes;
    return check_lists(h, &holes);
}

static bool tlsf_check(struct heap *h)
{
    size_t holes = 0, listed;
    if (!fit_check_blocks(h))
        return false;
    for (struct block *b = block_first(h); b != block_end_mark(h); b = block_next(b)) {
        if (block_is_used(b))
            continue;
        if (!is_linked(h, b))
            return heap_blame(h, HEAP_FAULT_LIST, b);
        holes++;
    }
    return check_lists(h, &listed) && (listed == holes || heap_blame(h, HEAP_FAULT_LIST, tlsf_state(h)));
}

static const struct heap_option tlsf_options[] = {
    {.key = "sl",
     .help = "each power of two is cut into 2^this classes of size",
     .min = TLSF_SL_MIN,
     .max = TLSF_SL_MAX,
     .fallback = TLSF_SL_MAX,
     .multiple = 1},
    {.key = NULL},
};

const struct heap_ops heap_policy_tlsf = {
    .name = "tlsf",
    .summary = "classes of size found by two levels of bits, in O(1)",
    .rule = "the first hole of the lowest class that surely fits",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Masmano, Ripoll, Crespo, Real, TLSF, ECRTS 2004",
    .complexity = "alloc O(1), free O(1)",
    .family = "classes of sizes",
    .rung = 100,
    .state_bytes = sizeof(struct tlsf_state),
    .options = tlsf_options,
    .init = tlsf_init,
    .alloc = tlsf_alloc,
    .free = tlsf_free,
    .resize = tlsf_resize,
    .need = tlsf_need,
    .extend = tlsf_extend,
    .usable = fit_usable,
    .granted = fit_granted,
    .walk = fit_walk,
    .list = tlsf_list,
    .check_free = tlsf_check_free,
    .check_beside = tlsf_check_beside,
    .check = tlsf_check,
    .block_size = fit_block_size,
    .origin = TLSF_HEAD_BYTES + FIT_ORIGIN,
    .fixed = TLSF_HEAD_BYTES + FIT_FIXED,
};
