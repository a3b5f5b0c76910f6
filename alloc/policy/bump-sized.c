/* Bump with sizes: a frontier that only moves up, and each block's size in front of it, so that the heap can be walked.
 *
 *      base                                                   frontier        committed
 *       | pad | size | payload | size | payload | gap | size | ... | free .... |
 *
 * The size word is the only bookkeeping. It buys the walk: from any block to the next, so the heap can be listed, drawn and
 * checked. A free still gives nothing back, because nobody looks for room below the frontier; freed blocks count as used.
 *
 * An aligned request may leave a gap before its block. The gap gets a size word too, with its lowest bit set: padding, which
 * the walk reports as metadata.
 *
 * Invariants:
 *   I1  from the pad on, sizes step exactly to the frontier; each is a multiple of A and at least A
 *   I2  frontier <= committed, and the last block handed out ends there
 *
 * Cost: O(1), always. Source: the step from a plain bump heap to a list of blocks, as in Kernighan and Ritchie, The C
 * Programming Language, section 8.7, before anything is reused.
 * Beaten by: long-lived, like bump.
 */
#include <alloc/heap_ops.h>

#define SIZED_HEADER sizeof(size_t)
#define SIZED_PAD (HEAP_ALIGN - SIZED_HEADER)
#define SIZED_GAP ((size_t)1) /* flag in a size word: padding, not a block */

struct sized_state {
    size_t frontier; /* offset where the next size word goes */
    size_t last;     /* offset of the size word written last for a block; SIZE_MAX: none yet */
};

static struct sized_state *sized_state(struct heap *h)
{
    return heap_state(h);
}

static size_t *size_word(const struct heap *h, size_t offset)
{
    return (size_t *)(h->base + offset);
}

static size_t offset_of(const struct heap *h, const void *ptr)
{
    return (size_t)((const unsigned char *)ptr - h->base) - SIZED_HEADER;
}

static size_t sized_block_size(const struct heap *h, size_t bytes)
{
    (void)h;
    size_t size;
    return heap_add(bytes ? bytes : 1, SIZED_HEADER, &size) && heap_round_up(size, HEAP_ALIGN, &size) ? size : 0;
}

static enum heap_status sized_init(struct heap *h)
{
    *sized_state(h) = (struct sized_state){.frontier = SIZED_PAD, .last = SIZE_MAX};
    return HEAP_OK;
}

/* Offset of the block (its size word) for the request, and where it ends; false if no region can be that large. */
static bool sized_end(const struct heap *h, size_t bytes, size_t align, size_t *start, size_t *end)
{
    const struct sized_state *s = heap_state_const(h);
    size_t size = sized_block_size(h, bytes);
    *start = s->frontier + heap_align_gap((uintptr_t)h->base + s->frontier + SIZED_HEADER, align);
    return size != 0 && heap_add(*start, size, end);
}

HEAP_TWICE void *take(struct heap *h, size_t bytes, size_t align, bool tells)
{
    struct sized_state *s = sized_state(h);
    size_t start, end;
    bool fits = sized_end(h, bytes, align, &start, &end) && end <= h->committed;
    heap_tell_look(h, tells, heap_frontier_look(h, s->frontier, fits, sized_block_size(h, bytes)));
    if (!fits)
        return NULL;
    if (start > s->frontier)
        *size_word(h, s->frontier) = (start - s->frontier) | SIZED_GAP;
    *size_word(h, start) = end - start;
    s->last = start;
    s->frontier = end;
    return h->base + start + SIZED_HEADER;
}

HEAP_APART void *sized_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return take(h, bytes, align, true);
}

static void *sized_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? sized_alloc_told(h, bytes, align) : take(h, bytes, align, false);
}

/* Whether a believable block stands at that offset. */
static bool is_block(const struct heap *h, size_t offset)
{
    const struct sized_state *s = heap_state_const(h);
    if (offset < SIZED_PAD || offset >= s->frontier)
        return false;
    size_t size = *size_word(h, offset);
    return size >= HEAP_ALIGN && size <= s->frontier - offset && heap_is_aligned(size, HEAP_ALIGN);
}

static struct heap_freed sized_free(struct heap *h, void *ptr)
{
    if (is_block(h, offset_of(h, ptr)))
        return (struct heap_freed){.status = HEAP_OK};
    heap_blame(h, HEAP_FAULT_HEADER, ptr);
    return (struct heap_freed){.status = HEAP_CORRUPT};
}

/* The last block moves the frontier with it; any other keeps its size, which is enough for a shrink. */
static bool sized_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct sized_state *s = sized_state(h);
    size_t offset = offset_of(h, ptr), size = sized_block_size(h, bytes);
    if (size == 0)
        return false;
    if (offset != s->last)
        return size <= *size_word(h, offset);
    if (size > h->committed - offset)
        return false;
    *size_word(h, offset) = size;
    s->frontier = offset + size;
    return true;
}

static size_t sized_need(const struct heap *h, size_t bytes, size_t align)
{
    size_t start, end;
    return sized_end(h, bytes, align, &start, &end) ? end - h->committed : SIZE_MAX;
}

static void sized_extend(struct heap *h, size_t added)
{
    (void)h, (void)added; /* the frontier has more room: that is all */
}

static size_t sized_usable(const struct heap *h, const void *ptr)
{
    size_t offset = offset_of(h, ptr);
    return is_block(h, offset) ? *size_word(h, offset) - SIZED_HEADER : 0;
}

static size_t sized_granted(const struct heap *h, const void *ptr)
{
    return *size_word(h, offset_of(h, ptr));
}

static bool sized_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    const struct sized_state *s = sized_state(h);
    struct heap_extent extent = {.kind = HEAP_META, .offset = 0, .size = SIZED_PAD};
    if (s->frontier > h->committed) /* I2 */
        return heap_blame(h, HEAP_FAULT_HEADER, h->base);
    if (!visit(context, &extent))
        return true;
    size_t offset = SIZED_PAD;
    while (offset < s->frontier) { /* I1 */
        size_t word = *size_word(h, offset), size = word & ~SIZED_GAP;
        if (size < HEAP_ALIGN || size > s->frontier - offset || !heap_is_aligned(size, HEAP_ALIGN))
            return heap_blame(h, HEAP_FAULT_HEADER, size_word(h, offset));
        extent = (struct heap_extent){.kind = word & SIZED_GAP ? HEAP_META : HEAP_USED, .offset = offset, .size = size};
        if (!visit(context, &extent))
            return true;
        offset += size;
    }
    extent = (struct heap_extent){.kind = HEAP_FREE, .offset = offset, .size = h->committed - offset};
    if (extent.size > 0)
        visit(context, &extent);
    return true;
}

/* A place is found by the frontier alone: this is the free structure, and the whole of the state too. */
static bool sized_check(struct heap *h)
{
    const struct sized_state *s = sized_state(h);
    if (s->frontier > h->committed || !heap_is_aligned(s->frontier + SIZED_HEADER, HEAP_ALIGN)) /* I2 */
        return heap_blame(h, HEAP_FAULT_HEADER, h->base);
    if (s->last == SIZE_MAX)
        return s->frontier == SIZED_PAD || heap_blame(h, HEAP_FAULT_HEADER, h->base);
    if (!heap_is_aligned(s->last - SIZED_PAD, HEAP_ALIGN) || !is_block(h, s->last))
        return heap_blame(h, HEAP_FAULT_HEADER, h->base);
    return s->last + *size_word(h, s->last) == s->frontier || heap_blame(h, HEAP_FAULT_HEADER, size_word(h, s->last));
}

const struct heap_ops heap_policy_bump_sized = {
    .name = "bump-sized",
    .summary = "bump with each block's size in front: can be walked",
    .rule = "the place above the frontier",
    .sizing = "header and payload, up to a multiple of the alignment",
    .source = "Kernighan and Ritchie, The C Programming Language, section 8.7",
    .complexity = "alloc O(1), free O(1) without effect",
    .family = "no reuse",
    .rung = 20,
    .state_bytes = sizeof(struct sized_state),
    .init = sized_init,
    .alloc = sized_alloc,
    .free = sized_free,
    .resize = sized_resize,
    .need = sized_need,
    .extend = sized_extend,
    .usable = sized_usable,
    .granted = sized_granted,
    .walk = sized_walk,
    .check_free = sized_check,
    .check = sized_check,
    .block_size = sized_block_size,
    .origin = HEAP_ALIGN,
    .fixed = SIZED_PAD,
};
