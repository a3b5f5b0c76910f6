/* My allocator: first fit over all blocks, as plain as it can be. Copy this file to begin your own; docs/write-an-allocator.md goes
 * with it. The places marked (1) to (6) are where allocators differ.
 *
 *      base                                                                  committed
 *       | size, used | payload | size, free | ... | size, used | payload | size, free | ... |
 *
 * A header of two words, A bytes, stands in front of each payload: the whole block's size and whether it is in use. Blocks touch, so
 * a size leads from each header to the next, and nothing else has to be remembered: no list, no state. A hole may be a
 * header alone; it waits until a neighbour is freed.
 *
 * Invariants:
 *   I1  from the base on, blocks tile the committed bytes. Each size is a multiple of A, at least A; `is_used` is 0 or 1
 *   I2  no two holes touch
 *
 * Alloc, in steps:
 *   1. step from header to header to the first hole that is large enough behind its front gap
 *   2. cut the front gap off, then the rest above: each is a hole of its own
 * Free: find the block by stepping to it, so that nothing else is taken for one; mark it, join it with the holes beside it.
 *
 * Cost: O(blocks), all of it. Source: the sequential fits of D. Knuth, The Art of Computer Programming, volume 1, section 2.5,
 * algorithm A, without its list.
 * Beaten by: crowd. Many blocks that stay: every request steps over all of them.
 */
#include <alloc/heap_ops.h>

/* ---- (1) the block: what stands in front of a payload, and what a size is ---- */

struct block {
    size_t size;    /* whole block, header included */
    size_t is_used; /* 0 or 1 */
};

#define HEADER sizeof(struct block)

_Static_assert(HEADER == HEAP_ALIGN, "payloads are aligned because headers and sizes are");

/* A block is known by its header's offset from the base. */
static struct block *block_at(const struct heap *h, size_t offset)
{
    return (struct block *)(h->base + offset);
}

/* The base itself, where no payload is, gives an offset beyond every region. */
static size_t offset_of(const struct heap *h, const void *ptr)
{
    return (size_t)((const unsigned char *)ptr - h->base) - HEADER;
}

/* Block size for a request; 0 if none can be that large. Sizes come from outside: add and round with the checked helpers only. */
static size_t my_block_size(const struct heap *h, size_t bytes)
{
    (void)h;
    size_t size;
    return heap_add(bytes ? bytes : 1, HEADER, &size) && heap_round_up(size, HEAP_ALIGN, &size) ? size : 0;
}

/* Whether what stands at that offset, below committed, can be believed to be a header (I1). */
static bool is_sane(const struct heap *h, size_t offset)
{
    const struct block *b = block_at(h, offset);
    return b->size >= HEADER && heap_is_aligned(b->size, HEAP_ALIGN) && b->size <= h->committed - offset &&
           b->is_used <= 1;
}

/* Whether blocks step exactly to that offset. *below: the last of them, SIZE_MAX if there is none. */
static bool blocks_lead_to(const struct heap *h, size_t offset, size_t *below)
{
    size_t at = 0;
    *below = SIZE_MAX;
    while (at < offset && at < h->committed && is_sane(h, at)) {
        *below = at;
        at += block_at(h, at)->size;
    }
    return at == offset;
}

/* ---- (2) init and growth: new bytes become a hole ---- */

/* Two neighbours become one; both are holes. */
static void join(struct heap *h, size_t low, size_t high)
{
    block_at(h, low)->size += block_at(h, high)->size;
    heap_note_merge(h);
}

/* Makes the block a hole, joined with the holes beside it (I2). `below` is the block below it or SIZE_MAX. */
static void make_hole(struct heap *h, size_t offset, size_t below)
{
    struct block *b = block_at(h, offset);
    size_t above = offset + b->size;
    b->is_used = 0;
    if (above < h->committed && !block_at(h, above)->is_used)
        join(h, offset, above);
    if (below != SIZE_MAX && !block_at(h, below)->is_used)
        join(h, below, offset);
}

static void my_extend(struct heap *h, size_t added)
{
    size_t offset = h->committed - added, below;
    if (!blocks_lead_to(h, offset, &below))
        below = SIZE_MAX; /* damaged: at least the new bytes are sound */
    *block_at(h, offset) = (struct block){.size = added};
    make_hole(h, offset, below);
}

static enum heap_status my_init(struct heap *h)
{
    if (h->committed > 0)
        my_extend(h, h->committed);
    return HEAP_OK;
}

/* ---- (3) alloc: which hole, and what is cut off it ---- */

/* Bytes from a hole's start to the block in it whose payload is aligned. A multiple of A, so the gap can be a hole. */
static size_t front_gap(const struct heap *h, size_t offset, size_t align)
{
    return heap_align_gap((uintptr_t)block_at(h, offset) + HEADER, align);
}

static bool holds(const struct heap *h, size_t offset, size_t size, size_t align)
{
    const struct block *b = block_at(h, offset);
    size_t gap = front_gap(h, offset, align);
    return !b->is_used && gap <= b->size && size <= b->size - gap;
}

/* Counts a block that the search looks at, and says what it thinks of it if somebody listens. */
static void look(struct heap *h, size_t offset, enum heap_verdict verdict)
{
    const struct block *b = block_at(h, offset);
    heap_note_look(h, heap_is_told(h), heap_block_look(b, b->size, verdict));
}

/* The hole to take. SIZE_MAX: none is large enough, or a damaged header ended the search, which is blamed: the region is not
 * grown then. */
static size_t choose(struct heap *h, size_t size, size_t align)
{
    for (size_t offset = 0; offset < h->committed; offset += block_at(h, offset)->size) {
        if (!is_sane(h, offset)) {
            look(h, offset, HEAP_DAMAGED);
            heap_blame(h, HEAP_FAULT_HEADER, block_at(h, offset));
            break;
        }
        const struct block *b = block_at(h, offset);
        bool is_chosen = holds(h, offset, size, align);
        look(h, offset, is_chosen ? HEAP_TAKEN : b->is_used ? HEAP_IN_USE : heap_why_not(b->size, size));
        if (is_chosen)
            return offset;
    }
    return SIZE_MAX;
}

/* Cuts a hole in two, if there is anything to cut. Returns the upper part. */
static size_t cut(struct heap *h, size_t offset, size_t size)
{
    struct block *b = block_at(h, offset);
    if (size > 0 && size < b->size) {
        *block_at(h, offset + size) = (struct block){.size = b->size - size};
        b->size = size;
        heap_note_split(h);
    }
    return offset + size;
}

static void *my_alloc(struct heap *h, size_t bytes, size_t align)
{
    size_t size = my_block_size(h, bytes), hole = size == 0 ? SIZE_MAX : choose(h, size, align);
    if (hole == SIZE_MAX)
        return NULL;
    size_t offset = cut(h, hole, front_gap(h, hole, align));
    cut(h, offset, size);
    block_at(h, offset)->is_used = 1;
    return h->base + offset + HEADER;
}

/* ---- (4) need: the promise about growth ---- */

/* The block will stand at the region's end: in the last hole if there is one there. */
static size_t my_need(const struct heap *h, size_t bytes, size_t align)
{
    size_t size = my_block_size(h, bytes), start = h->committed, last, wanted;
    if (size == 0 || !blocks_lead_to(h, h->committed, &last))
        return SIZE_MAX;
    if (last != SIZE_MAX && !block_at(h, last)->is_used)
        start = last;
    return heap_add(size, front_gap(h, start, align), &wanted) ? wanted - (h->committed - start) : SIZE_MAX;
}

/* ---- (5) free, and questions about a block: believe nothing that has not been looked at ---- */

/* Whether a used block's header stands there. *below as in blocks_lead_to. */
static bool is_block_in_use(const struct heap *h, size_t offset, size_t *below)
{
    return offset < h->committed && blocks_lead_to(h, offset, below) && is_sane(h, offset) &&
           block_at(h, offset)->is_used;
}

static struct heap_freed my_free(struct heap *h, void *ptr)
{
    size_t offset = offset_of(h, ptr), below;
    if (!is_block_in_use(h, offset, &below)) {
        heap_blame(h, HEAP_FAULT_HEADER, ptr);
        return (struct heap_freed){.status = HEAP_CORRUPT};
    }
    size_t size = block_at(h, offset)->size;
    make_hole(h, offset, below);
    return (struct heap_freed){.status = HEAP_OK, .granted = size};
}

static size_t my_usable(const struct heap *h, const void *ptr)
{
    size_t offset = offset_of(h, ptr), below;
    return is_block_in_use(h, offset, &below) ? block_at(h, offset)->size - HEADER : 0;
}

static size_t my_granted(const struct heap *h, const void *ptr)
{
    return block_at(h, offset_of(h, ptr))->size;
}

/* ---- (6) walk and check: the heap explains itself, and the tests hold it to that ---- */

static bool my_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct heap_extent extent = {.offset = 0};
    for (; extent.offset < h->committed; extent.offset += extent.size) {
        const struct block *b = block_at(h, extent.offset);
        if (!is_sane(h, extent.offset)) /* I1 */
            return heap_blame(h, HEAP_FAULT_HEADER, b);
        extent.kind = b->is_used ? HEAP_USED : HEAP_FREE;
        extent.size = b->size;
        if (!visit(context, &extent))
            return true;
    }
    return true;
}

static bool my_check(struct heap *h)
{
    bool was_hole = false;
    for (size_t offset = 0; offset < h->committed; offset += block_at(h, offset)->size) {
        bool is_hole = !block_at(h, offset)->is_used;
        if (is_hole && was_hole) /* I2 */
            return heap_blame(h, HEAP_FAULT_HEADER, block_at(h, offset));
        was_hole = is_hole;
    }
    return true;
}

/* The name stands here twice: in the symbol with '_' for '-', and in `.name`. Both are the file's name. */
const struct heap_ops heap_policy_my_allocator = {
    .name = "my-allocator",
    .summary = "first fit over all blocks, to begin from",
    .rule = "the lowest hole that is large enough",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Knuth, TAOCP volume 1, section 2.5, algorithm A",
    .complexity = "alloc O(blocks), free O(blocks)",
    .rung = 200,
    .init = my_init,
    .alloc = my_alloc,
    .free = my_free,
    .need = my_need,
    .extend = my_extend,
    .usable = my_usable,
    .granted = my_granted,
    .walk = my_walk,
    .check = my_check,
    .block_size = my_block_size,
    .origin = HEADER,
    .fixed = 0,
};
