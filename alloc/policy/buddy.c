/* Binary buddy: blocks are powers of two, and what a block is cut from and joined with is one address bit away.
 *
 *      places:   0      32     64            128                         256              (x86_64, smallest block 32)
 *                | none | 32   | 64          | 128                       | 256 ...        a fresh heap
 *                                            | 64          | 64          |                128 split: places 128 and 192
 *                                            | U32  | 32   | 64          |                again; the low half goes out
 *
 *      region:   | pad | size | payload at place 32 | size | payload at place 64 ... | size | payload | rest |
 *
 * A place is where a payload begins, counted from the multiple of HEAP_REGION_ALIGN at or below the base. A block of 2^k
 * bytes stands at a place that is a multiple of 2^k; so its buddy, the block it can be joined with, is at place XOR 2^k,
 * and no search is needed to find it. And since places are counted from such a multiple, a payload is as aligned as its
 * block is large, on addresses and wherever the region begins: an aligned request needs no gap.
 *
 * Why a header in the block: a table of orders outside the payloads would have to be set aside for the largest region
 * that the heap may ever reach, or moved when it grows. The header is one word *before* the place, so that it does not
 * spoil the alignment. Two prices: a request for exactly 2^k bytes takes 2^(k+1), and there is no block at place 0, whose
 * header would lie below the region. The first block stands at the first multiple of the smallest block above; what is
 * below its header is pad.
 *
 * The header holds the block's size and, in its lowest bit, USED. In a free block two links follow.
 *
 * Invariants:
 *   I1  from the first place on, blocks tile the region up to the last multiple of the smallest block. Each size is a
 *       power of two, at least the smallest block, and divides the place
 *   I2  no two buddies of one size are both free
 *   I3  every free block is in the list of its size, linked both ways, and nothing else is in a list
 *
 * Alloc, in steps:
 *   1. round bytes + header up to a power of two. An aligned request looks for a block as large as its alignment or more
 *   2. take the block freed last from the lowest list from there on that is not empty
 *   3. halve it until it has the size of step 1: the low half stays, the high half goes to its list
 * Free: while the buddy is free as a whole, join the two; then link in front. Resize in place: a shrink halves the block
 * and frees the high halves; growing takes the buddies above, if the block is the low half each time and all are free.
 *
 * Growth: the new bytes become blocks, from low to high the largest that divide their place and fit, and each is freed in
 * the way above, so that it joins with what was there. The region need not be a power of two.
 *
 * When everything is free the largest block is the largest 2^k with 2 * 2^k <= committed bytes, for a region that begins
 * at a multiple of HEAP_REGION_ALIGN. One allocation of that size less the header succeeds then.
 *
 * Cost: O(log of the region) for everything, and never more than one list looked at for each power of two.
 * Source: K. Knowlton, A Fast Storage Allocator, CACM 8(10), 1965; D. Knuth, The Art of Computer Programming, volume 1,
 * section 2.5, algorithms R and S. What the rounding wastes: Wilson et al., Dynamic Storage Allocation, IWMM 1995.
 * Beaten by: doubling. Requests just above a power of two: each block is half empty, and no hole can serve anyone.
 */
#include <alloc/heap_ops.h>

struct buddy {
    size_t header;             /* size | BUDDY_USED */
    struct buddy *next, *prev; /* in a free block: of its list */
};

enum {
    BUDDY_USED = 1,
    BUDDY_ORDERS = 8 * sizeof(size_t), /* powers of two that a size_t counts */
    OPTION_MIN = 0,                    /* a power of two from buddy_init on */
};

#define BUDDY_HEADER sizeof(size_t)
#define BUDDY_NATURAL (2 * HEAP_ALIGN) /* the smallest power of two that holds a free block */
#define BUDDY_MIN_MAX ((size_t)4096)

_Static_assert(sizeof(struct buddy) <= BUDDY_NATURAL, "a free block holds its links");

struct buddy_state {
    struct buddy *free[BUDDY_ORDERS]; /* by log2 of the size; the block freed last in front */
};

_Static_assert(sizeof(struct buddy_state) <= HEAP_STATE_WORDS * sizeof(uintptr_t), "the state fits the heap's scratch");

/* ---- sizes ---- */

/* log2, rounded down, of a size that is not 0. */
static unsigned order_of(size_t size)
{
    return BUDDY_ORDERS - 1 - (unsigned)__builtin_clzl(size);
}

/* The lowest power of two not below `size`, which is 2 or more; 0 if that does not fit a size_t. */
static size_t round_to_power(size_t size)
{
    return size <= SIZE_MAX / 2 + 1 ? (size_t)2 << order_of(size - 1) : 0;
}

static size_t smallest_block(const struct heap *h)
{
    return h->options[OPTION_MIN];
}

static size_t buddy_block_size(const struct heap *h, size_t bytes)
{
    size_t size, smallest = smallest_block(h);
    if (!heap_add(bytes, BUDDY_HEADER, &size))
        return 0;
    return size <= smallest ? smallest : round_to_power(size);
}

/* ---- places ---- */

/* What places are counted from lies this far below the base. */
static size_t base_place(const struct heap *h)
{
    return (uintptr_t)h->base & (HEAP_REGION_ALIGN - 1);
}

static size_t first_place(const struct heap *h)
{
    size_t smallest = smallest_block(h);
    return (base_place(h) + BUDDY_HEADER + smallest - 1) & ~(smallest - 1);
}

/* Where the last block ends if the region has that many bytes. The word in front, a header if a block followed, is left
 * over. */
static size_t end_place_of(const struct heap *h, size_t committed)
{
    size_t end = (base_place(h) + committed + BUDDY_HEADER) & ~(smallest_block(h) - 1);
    return end > first_place(h) ? end : first_place(h);
}

static size_t end_place(const struct heap *h)
{
    return end_place_of(h, h->committed);
}

static size_t place_of(const struct heap *h, const struct buddy *b)
{
    return (uintptr_t)b - (uintptr_t)h->base + BUDDY_HEADER + base_place(h);
}

static struct buddy *block_at(const struct heap *h, size_t place)
{
    return (struct buddy *)(h->base + (place - BUDDY_HEADER - base_place(h)));
}

static struct buddy *block_of(const void *ptr)
{
    return (struct buddy *)((uintptr_t)ptr - BUDDY_HEADER);
}

static size_t size_of(const struct buddy *b)
{
    return b->header & ~(size_t)BUDDY_USED;
}

static bool is_used(const struct buddy *b)
{
    return (b->header & BUDDY_USED) != 0;
}

/* ---- what may be believed ---- */

/* Whether a block of that size could stand at that place (I1). */
HEAP_TWICE bool fits_at(const struct heap *h, size_t place, size_t size)
{
    size_t end = end_place(h);
    return place >= first_place(h) && place < end && size >= smallest_block(h) && (size & (size - 1)) == 0 &&
           heap_is_aligned(place, size) && size <= end - place;
}

/* Whether b, any address, is a block's header as far as it can tell. */
static bool is_block(const struct heap *h, const struct buddy *b)
{
    return fits_at(h, place_of(h, b), smallest_block(h)) && fits_at(h, place_of(h, b), size_of(b));
}

/* Whether b, any address, is a free block of that size. */
HEAP_TWICE bool is_free_block(const struct heap *h, const struct buddy *b, size_t size)
{
    return fits_at(h, place_of(h, b), size) && b->header == size;
}

/* Whether its neighbours in the list know b, a free block of that size (I3). */
static bool is_linked(const struct heap *h, const struct buddy *b, size_t size)
{
    const struct buddy_state *s = heap_state_const(h);
    if (b->next && (!is_free_block(h, b->next, size) || b->next->prev != b))
        return false;
    return b->prev ? is_free_block(h, b->prev, size) && b->prev->next == b : s->free[order_of(size)] == b;
}

/* The buddy of the block of that size at that place if it is free as a whole, else NULL. Some block begins at the buddy's
 * place in any case: the buddy itself, or the lowest of those it is cut into. So what is read there is a header. */
static struct buddy *free_buddy(const struct heap *h, size_t place, size_t size)
{
    size_t other = place ^ size;
    return fits_at(h, other, size) && block_at(h, other)->header == size ? block_at(h, other) : NULL;
}

/* ---- the lists ---- */

/* Makes the block of that size at that place a free one, in front of its list. A list whose front is damaged is given up: what
 * is linked now is sound, and check misses the rest. */
static void link_free(struct heap *h, size_t place, size_t size)
{
    struct buddy_state *s = heap_state(h);
    struct buddy *b = block_at(h, place), **list = &s->free[order_of(size)], *next = *list;
    if (next && !is_free_block(h, next, size))
        next = NULL;
    *b = (struct buddy){.header = size, .next = next};
    if (next)
        next->prev = b;
    *list = b;
}

static void unlink_free(struct heap *h, struct buddy *b)
{
    struct buddy_state *s = heap_state(h);
    if (b->next)
        b->next->prev = b->prev;
    if (b->prev)
        b->prev->next = b->next;
    else
        s->free[order_of(size_of(b))] = b->next;
}

/* Frees the block of that size at that place: joins it with its buddies as far as they are free, and links it. A buddy
 * whose links are damaged stays what it is. */
static void release(struct heap *h, size_t place, size_t size)
{
    struct buddy *other;
    while ((other = free_buddy(h, place, size)) != NULL && is_linked(h, other, size)) {
        unlink_free(h, other);
        heap_note_merge(h);
        place &= ~size;
        size *= 2;
    }
    link_free(h, place, size);
}

/* Frees all between two places, as the largest blocks there can be. */
static void release_range(struct heap *h, size_t place, size_t end)
{
    size_t size;
    for (; place < end; place += size) {
        size = place & -place;
        while (size > end - place)
            size /= 2;
        release(h, place, size);
    }
}

static enum heap_status buddy_init(struct heap *h)
{
    h->options[OPTION_MIN] = round_to_power(h->options[OPTION_MIN]);
    release_range(h, first_place(h), end_place(h)); /* the state is zeroed: all lists are empty */
    return HEAP_OK;
}

/* ---- alloc ---- */

/* If the search tells: what it thinks of the list of that order. */
static inline void tell_class(struct heap *h, bool tells, unsigned order, enum heap_verdict verdict)
{
    const struct buddy_state *s = heap_state(h);
    size_t size = (size_t)1 << order;
    heap_tell_look(h, tells, (struct heap_look){HEAP_PLACE_CLASS, verdict, s->free[order], size, size});
}

/* The front of the lowest list whose blocks have that many bytes; NULL if all are empty, or after blaming a damaged one. */
HEAP_TWICE struct buddy *find_free(struct heap *h, size_t size, bool tells)
{
    const struct buddy_state *s = heap_state_const(h);
    size_t end = end_place(h);
    for (unsigned order = order_of(size); order < BUDDY_ORDERS && (size_t)1 << order <= end; order++) {
        struct buddy *b = s->free[order];
        heap_note_probe(h);
        bool is_sound = b && is_free_block(h, b, (size_t)1 << order) && is_linked(h, b, (size_t)1 << order);
        tell_class(h, tells, order, !b ? HEAP_NONE_THERE : is_sound ? HEAP_TAKEN : HEAP_DAMAGED);
        if (b)
            return is_sound || heap_blame(h, HEAP_FAULT_LIST, b) ? b : NULL;
    }
    return NULL;
}

/* Halves a block until it has the wanted size, and frees the high halves. A high half never has a free buddy. */
static void split(struct heap *h, size_t place, size_t size, size_t wanted)
{
    while (size > wanted) {
        size /= 2;
        link_free(h, place + size, size);
        heap_note_split(h);
    }
    block_at(h, place)->header = wanted | BUDDY_USED;
}

HEAP_TWICE void *find_and_split(struct heap *h, size_t bytes, size_t align, bool tells)
{
    size_t size = buddy_block_size(h, bytes);
    struct buddy *b = size == 0 ? NULL : find_free(h, size > align ? size : align, tells);
    if (!b)
        return NULL;
    unlink_free(h, b);
    split(h, place_of(h, b), size_of(b), size);
    return (unsigned char *)b + BUDDY_HEADER;
}

HEAP_APART void *buddy_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return find_and_split(h, bytes, align, true);
}

static void *buddy_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? buddy_alloc_told(h, bytes, align) : find_and_split(h, bytes, align, false);
}

/* Whether all from that place to the end of the blocks is free: as the largest blocks there can be then (I2). */
static bool is_free_to_end(const struct heap *h, size_t place)
{
    size_t end = end_place(h), size;
    if (place < first_place(h))
        return false;
    for (; place < end; place += size) {
        size = place & -place;
        while (size > end - place)
            size /= 2;
        if (!is_free_block(h, block_at(h, place), size) || !is_linked(h, block_at(h, place), size))
            return false;
    }
    return true;
}

/* The block will stand at the last multiple of its size before the end if all from there on is free, else at the next. */
static size_t buddy_need(const struct heap *h, size_t bytes, size_t align)
{
    size_t size = buddy_block_size(h, bytes), wanted = size > align ? size : align, end;
    if (size == 0)
        return SIZE_MAX;
    size_t place = end_place(h) & ~(wanted - 1);
    if (!is_free_to_end(h, place) && !heap_add(place, wanted, &place))
        return SIZE_MAX;
    return heap_add(place, wanted, &end) ? end - base_place(h) - h->committed : SIZE_MAX;
}

static void buddy_extend(struct heap *h, size_t added)
{
    release_range(h, end_place_of(h, h->committed - added), end_place(h));
}

/* ---- free and resize ---- */

static bool is_block_in_use(const struct heap *h, const struct buddy *b)
{
    return is_block(h, b) && is_used(b);
}

/* Refuses ptr, which is no used block's payload. Where the start table has let it through, it is the header that lies. */
static struct heap_freed refuse(struct heap *h, const void *ptr)
{
    const struct buddy *b = block_of(ptr);
    bool is_twice = !h->starts && is_block(h, b) && is_linked(h, b, size_of(b));
    heap_blame(h, is_twice ? HEAP_FAULT_DOUBLE_FREE : HEAP_FAULT_HEADER, ptr);
    return (struct heap_freed){.status = is_twice ? HEAP_BAD_POINTER : HEAP_CORRUPT};
}

/* Whether all free blocks that the block would be joined with are linked; false after blaming. */
static bool are_buddies_sound(struct heap *h, size_t place, size_t size)
{
    const struct buddy *other;
    while ((other = free_buddy(h, place, size)) != NULL) {
        if (!is_linked(h, other, size))
            return heap_blame(h, HEAP_FAULT_LIST, other);
        place &= ~size;
        size *= 2;
    }
    return true;
}

static struct heap_freed buddy_free(struct heap *h, void *ptr)
{
    const struct buddy *b = block_of(ptr);
    if (!is_block_in_use(h, b))
        return refuse(h, ptr);
    size_t place = place_of(h, b), size = size_of(b);
    if (!are_buddies_sound(h, place, size))
        return (struct heap_freed){.status = HEAP_CORRUPT};
    release(h, place, size);
    return (struct heap_freed){.status = HEAP_OK, .granted = size};
}

/* Whether the block is the low half at each step up to the wanted size, and each high half is free. */
static bool can_grow(const struct heap *h, size_t place, size_t size, size_t wanted)
{
    for (; size < wanted; size *= 2) {
        const struct buddy *other = free_buddy(h, place, size);
        if ((place & size) != 0 || !other || !is_linked(h, other, size))
            return false;
    }
    return true;
}

static bool buddy_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct buddy *b = block_of(ptr);
    size_t wanted = buddy_block_size(h, bytes);
    if (wanted == 0 || !is_block_in_use(h, b))
        return false;
    size_t place = place_of(h, b), size = size_of(b);
    if (!can_grow(h, place, size, wanted))
        return false;
    for (; size < wanted; size *= 2)
        unlink_free(h, block_at(h, place + size));
    split(h, place, size, wanted);
    return true;
}

static size_t buddy_usable(const struct heap *h, const void *ptr)
{
    const struct buddy *b = block_of(ptr);
    return is_block_in_use(h, b) ? size_of(b) - BUDDY_HEADER : 0;
}

static size_t buddy_granted(const struct heap *h, const void *ptr)
{
    (void)h;
    return size_of(block_of(ptr));
}

/* ---- walk and check ---- */

static bool buddy_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    size_t end = end_place(h), place = first_place(h), below = BUDDY_HEADER + base_place(h);
    struct heap_extent extent = {.kind = HEAP_META, .size = place - below};
    if (place == end)
        extent.size = h->committed; /* too small for any block */
    if (!visit(context, &extent))
        return true;
    for (; place < end; place += extent.size) {
        const struct buddy *b = block_at(h, place);
        if (!is_block(h, b)) /* I1 */
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        extent = (struct heap_extent){.offset = place - below, .size = size_of(b)};
        extent.kind = is_used(b) ? HEAP_USED : HEAP_FREE;
        if (!visit(context, &extent))
            return true;
    }
    extent = (struct heap_extent){.kind = HEAP_META, .offset = extent.offset + extent.size};
    extent.size = h->committed - extent.offset;
    if (extent.size > 0)
        visit(context, &extent);
    return true;
}

/* From the smallest blocks to the largest; of each size the block freed last in front. */
static bool buddy_list(struct heap *h, heap_visit_fn *visit, void *context)
{
    const struct buddy_state *s = heap_state(h);
    struct heap_extent extent = {.kind = HEAP_FREE};
    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        extent.size = (size_t)1 << order;
        for (const struct buddy *b = s->free[order]; b; b = b->next) {
            extent.offset = (uintptr_t)b - (uintptr_t)h->base;
            if (!visit(context, &extent))
                return true;
        }
    }
    return true;
}

/* Whether the lists hold together, with free blocks alone, and how many that are; false after blaming. Each list ends: an entry met
 * twice would need two before it. */
static bool check_lists(struct heap *h, size_t *listed)
{
    const struct buddy_state *s = heap_state(h);
    *listed = 0;
    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        const struct buddy *prev = NULL;
        for (const struct buddy *b = s->free[order]; b; prev = b, b = b->next, ++*listed) {
            if (!is_free_block(h, b, (size_t)1 << order) || b->prev != prev) /* I3 */
                return heap_blame(h, HEAP_FAULT_LIST, prev ? prev : b);
            if (free_buddy(h, place_of(h, b), (size_t)1 << order)) /* I2 */
                return heap_blame(h, HEAP_FAULT_HEADER, b);
        }
    }
    return true;
}

static bool buddy_check_free(struct heap *h)
{
    size_t listed;
    return check_lists(h, &listed);
}

static bool buddy_check(struct heap *h)
{
    size_t free = 0, listed, place = first_place(h);
    for (const struct buddy *b; place < end_place(h); place += size_of(b)) {
        b = block_at(h, place);
        if (is_used(b))
            continue;
        if (!is_linked(h, b, size_of(b))) /* I3 */
            return heap_blame(h, HEAP_FAULT_LIST, b);
        free++;
    }
    return check_lists(h, &listed) &&
           (listed == free || heap_blame(h, HEAP_FAULT_LIST, h->base)); /* I3: no more than these */
}

static const struct heap_option buddy_options[] = {
    [OPTION_MIN] = {.key = "min",
                    .help = "smallest block in bytes, rounded up to a power of two",
                    .min = BUDDY_NATURAL,
                    .max = BUDDY_MIN_MAX,
                    .fallback = BUDDY_NATURAL,
                    .multiple = BUDDY_NATURAL},
    {.key = NULL},
};

const struct heap_ops heap_policy_buddy = {
    .name = "buddy",
    .summary = "powers of two, split and merged by one address bit",
    .rule = "the smallest free power of two that holds it, halved",
    .sizing = "header and payload, up to a power of two",
    .source = "Knowlton, CACM 8(10), 1965; Knuth, TAOCP volume 1, section 2.5",
    .complexity = "alloc and free O(log region)",
    .family = "classes of sizes",
    .rung = 80,
    .state_bytes = sizeof(struct buddy_state),
    .options = buddy_options,
    .init = buddy_init,
    .alloc = buddy_alloc,
    .free = buddy_free,
    .resize = buddy_resize,
    .need = buddy_need,
    .extend = buddy_extend,
    .usable = buddy_usable,
    .granted = buddy_granted,
    .walk = buddy_walk,
    .list = buddy_list,
    .check_free = buddy_check_free,
    .check = buddy_check,
    .block_size = buddy_block_size,
    .origin = HEAP_ALIGN,
    .fixed = HEAP_ALIGN, /* pad and rest together, at least */
};
