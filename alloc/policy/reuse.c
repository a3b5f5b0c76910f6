/* Reuse: freed blocks are found again. A size and a state in front of each block, and a walk over all of them from the start.
 *
 *      base                                                      frontier        committed
 *       | pad | 48 U | payload | 32 F | (freed) | 64 U | payload | rest: no block yet |
 *                                ^ a request of 24 walks past the first, and takes this one whole
 *
 * The header is one word: the block's size, a multiple of A, and in its lowest bit the state, USED or not. This is the first step
 * beyond bump-sized, and all of it: a block once cut keeps its place and its size for ever. Nothing is split, so a small request
 * that meets a large freed block gets it whole; nothing is merged, so many small freed blocks never serve a large request.
 *
 * Alloc, in steps:
 *   1. from the first block on, step from header to header to the first freed one that is large enough and stands aligned
 *   2. if there is none, append a block at the frontier. An aligned request may leave a gap before it: that gap becomes a freed
 *      block of its own, to be found again
 * Free: clear USED. Resize: a block grows only if it is the last and the rest has room; a shrink keeps the size.
 *
 * Invariants:
 *   I1  from the pad on, sizes step exactly to the frontier; each is a multiple of A and at least A
 *   I2  frontier <= committed
 *   I3  there are as many blocks as were ever appended
 *
 * Cost: alloc O(blocks) whenever none fits, which is each time the heap gets larger; free O(1). Each block looked at is a probe.
 * Source: the usual first exercise of malloc tutorials; after M. Burelle, A Malloc Tutorial, EPITA 2009, before it splits.
 * Beaten by: all-free. Small blocks come and all go; then everything is free, and a larger request finds no place.
 */
#include <alloc/heap_ops.h>

#define REUSE_HEADER sizeof(size_t)
#define REUSE_PAD (HEAP_ALIGN - REUSE_HEADER) /* before the first header, so that payloads are aligned */
#define REUSE_USED ((size_t)1)                /* flag in a header: the block is in use */

struct reuse_state {
    size_t frontier; /* offset where the next header goes */
    size_t blocks;   /* appended so far */
};

/* A block is known by its header's offset from the base. */

static struct reuse_state *reuse_state(struct heap *h)
{
    return heap_state(h);
}

static size_t frontier_of(const struct heap *h)
{
    return ((const struct reuse_state *)heap_state_const(h))->frontier;
}

static size_t *header_at(const struct heap *h, size_t block)
{
    return (size_t *)(h->base + block);
}

static size_t size_at(const struct heap *h, size_t block)
{
    return *header_at(h, block) & ~REUSE_USED;
}

static bool is_used(const struct heap *h, size_t block)
{
    return (*header_at(h, block) & REUSE_USED) != 0;
}

static void *payload_at(const struct heap *h, size_t block)
{
    return h->base + block + REUSE_HEADER;
}

static size_t block_of(const struct heap *h, const void *ptr)
{
    return (size_t)((const unsigned char *)ptr - h->base) - REUSE_HEADER;
}

/* Whether the size of a block below the frontier leads to where another or the frontier can be (I1). */
static bool leads_on(size_t size, size_t block, size_t frontier)
{
    return size >= HEAP_ALIGN && size <= frontier - block && heap_is_aligned(size, HEAP_ALIGN);
}

/* Whether a block can begin there, in use or not. */
static bool is_block(const struct heap *h, size_t block)
{
    size_t frontier = frontier_of(h);
    return block >= REUSE_PAD && block < frontier && leads_on(size_at(h, block), block, frontier);
}

static size_t reuse_block_size(const struct heap *h, size_t bytes)
{
    (void)h;
    size_t size;
    return heap_add(bytes ? bytes : 1, REUSE_HEADER, &size) && heap_round_up(size, HEAP_ALIGN, &size) ? size : 0;
}

static enum heap_status reuse_init(struct heap *h)
{
    *reuse_state(h) = (struct reuse_state){.frontier = REUSE_PAD};
    return HEAP_OK;
}

/* ---- alloc ---- */

/* If the search tells: what it thinks of a block. */
static inline void tell(struct heap *h, bool tells, size_t block, enum heap_verdict verdict)
{
    heap_tell_look(h, tells, heap_block_look(header_at(h, block), size_at(h, block), verdict));
}

/* The first freed block that serves, or the frontier if none does. SIZE_MAX after blaming: a damaged size leads nowhere. */
HEAP_TWICE size_t first_that_serves(struct heap *h, size_t size, size_t align, bool tells)
{
    size_t frontier = frontier_of(h), block = REUSE_PAD, step;
    for (; block < frontier; block += step) {
        heap_note_probe(h);
        step = size_at(h, block);
        if (!leads_on(step, block, frontier)) {
            tell(h, tells, block, HEAP_DAMAGED);
            heap_blame(h, HEAP_FAULT_HEADER, header_at(h, block));
            return SIZE_MAX;
        }
        bool serves = step >= size && !is_used(h, block) && heap_is_aligned((uintptr_t)payload_at(h, block), align);
        tell(h, tells, block, serves ? HEAP_TAKEN : is_used(h, block) ? HEAP_IN_USE : heap_why_not(step, size));
        if (serves)
            break;
    }
    return block;
}

/* Where a block appended for the request would begin and end; false if no region can be that large. */
static bool appended(const struct heap *h, size_t size, size_t align, size_t *start, size_t *end)
{
    size_t frontier = frontier_of(h);
    *start = frontier + heap_align_gap((uintptr_t)payload_at(h, frontier), align);
    return size != 0 && heap_add(*start, size, end);
}

static void append(struct heap *h, size_t size, size_t flag)
{
    struct reuse_state *s = reuse_state(h);
    *header_at(h, s->frontier) = size | flag;
    s->frontier += size;
    s->blocks++;
}

HEAP_TWICE void *place(struct heap *h, size_t bytes, size_t align, bool tells)
{
    size_t size = reuse_block_size(h, bytes), start, end;
    if (size == 0)
        return NULL;
    size_t block = first_that_serves(h, size, align, tells);
    if (block < frontier_of(h)) {
        *header_at(h, block) |= REUSE_USED;
        return payload_at(h, block);
    }
    if (block == SIZE_MAX)
        return NULL;
    bool fits = appended(h, size, align, &start, &end) && end <= h->committed;
    heap_tell_look(h, tells, heap_frontier_look(h, block, fits, size));
    if (!fits)
        return NULL;
    if (start > block)
        append(h, start - block, 0); /* the gap: a multiple of A, so a block */
    append(h, size, REUSE_USED);
    return payload_at(h, start);
}

HEAP_APART void *reuse_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return place(h, bytes, align, true);
}

static void *reuse_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? reuse_alloc_told(h, bytes, align) : place(h, bytes, align, false);
}

/* A freed block at the frontier does not help: nothing is merged, and none grows while it is free. */
static size_t reuse_need(const struct heap *h, size_t bytes, size_t align)
{
    size_t start, end;
    return appended(h, reuse_block_size(h, bytes), align, &start, &end) ? end - h->committed : SIZE_MAX;
}

static void reuse_extend(struct heap *h, size_t added)
{
    (void)h, (void)added; /* the rest has become larger: that is all */
}

/* ---- free, resize and questions ---- */

static bool is_block_in_use(const struct heap *h, size_t block)
{
    return is_block(h, block) && is_used(h, block);
}

static struct heap_freed reuse_free(struct heap *h, void *ptr)
{
    size_t block = block_of(h, ptr);
    if (is_block_in_use(h, block)) {
        *header_at(h, block) &= ~REUSE_USED;
        return (struct heap_freed){.status = HEAP_OK, .granted = size_at(h, block)};
    }
    if (is_block(h, block) && !h->starts) { /* where the start table has let it through, it is the header that lies */
        heap_blame(h, HEAP_FAULT_DOUBLE_FREE, ptr);
        return (struct heap_freed){.status = HEAP_BAD_POINTER};
    }
    heap_blame(h, HEAP_FAULT_HEADER, ptr);
    return (struct heap_freed){.status = HEAP_CORRUPT};
}

static bool reuse_resize(struct heap *h, void *ptr, size_t bytes)
{
    size_t block = block_of(h, ptr), size = reuse_block_size(h, bytes);
    if (size == 0 || !is_block_in_use(h, block))
        return false;
    if (size <= size_at(h, block))
        return true;
    bool is_last = block + size_at(h, block) == frontier_of(h);
    if (!is_last || size > h->committed - block)
        return false;
    *header_at(h, block) = size | REUSE_USED;
    reuse_state(h)->frontier = block + size;
    return true;
}

static size_t reuse_usable(const struct heap *h, const void *ptr)
{
    size_t block = block_of(h, ptr);
    return is_block_in_use(h, block) ? size_at(h, block) - REUSE_HEADER : 0;
}

static size_t reuse_granted(const struct heap *h, const void *ptr)
{
    return size_at(h, block_of(h, ptr));
}

static bool reuse_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    size_t block = REUSE_PAD, frontier = frontier_of(h);
    struct heap_extent extent = {.kind = HEAP_META, .offset = 0, .size = REUSE_PAD};
    if (frontier > h->committed) /* I2 */
        return heap_blame(h, HEAP_FAULT_HEADER, h->base);
    if (!visit(context, &extent))
        return true;
    for (; block < frontier; block += extent.size) {
        if (!leads_on(size_at(h, block), block, frontier)) /* I1 */
            return heap_blame(h, HEAP_FAULT_HEADER, header_at(h, block));
        extent.kind = is_used(h, block) ? HEAP_USED : HEAP_FREE;
        extent.offset = block;
        extent.size = size_at(h, block);
        if (!visit(context, &extent))
            return true;
    }
    extent = (struct heap_extent){.kind = HEAP_FREE, .offset = frontier, .size = h->committed - frontier};
    if (extent.size > 0)
        visit(context, &extent);
    return true;
}

/* The search judges each block on its way, up to the frontier, which is all there is besides. */
static bool reuse_check_free(struct heap *h)
{
    const struct reuse_state *s = reuse_state(h);
    bool is_sound = s->frontier >= REUSE_PAD && s->frontier <= h->committed &&
                    heap_is_aligned(s->frontier + REUSE_HEADER, HEAP_ALIGN); /* I2 */
    return is_sound || heap_blame(h, HEAP_FAULT_HEADER, h->base);
}

static bool reuse_check(struct heap *h)
{
    const struct reuse_state *s = reuse_state(h);
    size_t blocks = 0;
    if (!reuse_check_free(h))
        return false;
    for (size_t block = REUSE_PAD; block < s->frontier; block += size_at(h, block))
        blocks++;
    return blocks == s->blocks || heap_blame(h, HEAP_FAULT_HEADER, h->base); /* I3 */
}

const struct heap_ops heap_policy_reuse = {
    .name = "reuse",
    .summary = "freed blocks are used again as they are; no split, no merge",
    .rule = "the first freed block that holds it, or the frontier",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Burelle, A Malloc Tutorial, EPITA 2009, before it splits",
    .complexity = "alloc O(blocks), free O(1)",
    .family = "a walk over all blocks",
    .rung = 30,
    .state_bytes = sizeof(struct reuse_state),
    .init = reuse_init,
    .alloc = reuse_alloc,
    .free = reuse_free,
    .resize = reuse_resize,
    .need = reuse_need,
    .extend = reuse_extend,
    .usable = reuse_usable,
    .granted = reuse_granted,
    .walk = reuse_walk,
    .check_free = reuse_check_free,
    .check = reuse_check,
    .block_size = reuse_block_size,
    .origin = HEAP_ALIGN,
    .fixed = REUSE_PAD,
};
