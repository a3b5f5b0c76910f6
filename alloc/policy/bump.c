/* Bump: a frontier that only moves up. The simplest heap there is, and the fastest, until it is full.
 *
 *      base                    frontier              committed
 *       | handed out ........... | free ................. |
 *
 * Nothing is written into the region: no header, so a block's size is unknown, the heap cannot be walked block by block
 * (its bytes are UNTRACKED), and a free has nothing to work with: it succeeds and gives nothing back.
 *
 * Invariants:
 *   I1  last <= frontier <= committed
 *   I2  frontier is a multiple of A from the base
 *
 * Alloc: round the frontier up to the alignment, hand it out, move it on by the size rounded up to A.
 * Cost: O(1), always. Source: the oldest of all; see Wilson et al., Dynamic Storage Allocation, IWMM 1995, section 1.
 * Beaten by: long-lived. One block that stays is enough; the thousands freed around it are lost.
 */
#include <alloc/heap_ops.h>

struct bump_state {
    size_t frontier; /* offset of the first byte never handed out */
    size_t last;     /* offset of the block handed out last; it alone can be resized in place */
};

static struct bump_state *bump_state(struct heap *h)
{
    return heap_state(h);
}

static size_t bump_block_size(const struct heap *h, size_t bytes)
{
    (void)h;
    size_t size;
    return heap_round_up(bytes ? bytes : 1, HEAP_ALIGN, &size) ? size : 0;
}

static enum heap_status bump_init(struct heap *h)
{
    (void)h; /* the state is zeroed, and that is an empty bump heap */
    return HEAP_OK;
}

/* Where the region would have to end for the request, as an offset; false if no region can be that large. *start is the
 * payload's offset. */
static bool bump_end(const struct heap *h, size_t bytes, size_t align, size_t *start, size_t *end)
{
    const struct bump_state *s = heap_state_const(h);
    size_t size = bump_block_size(h, bytes);
    *start = s->frontier + heap_align_gap((uintptr_t)h->base + s->frontier, align);
    return size != 0 && heap_add(*start, size, end);
}

HEAP_TWICE void *take(struct heap *h, size_t bytes, size_t align, bool tells)
{
    struct bump_state *s = bump_state(h);
    size_t start, end;
    bool fits = bump_end(h, bytes, align, &start, &end) && end <= h->committed;
    heap_tell_look(h, tells, heap_frontier_look(h, s->frontier, fits, bump_block_size(h, bytes)));
    if (!fits)
        return NULL;
    s->last = start;
    s->frontier = end;
    return h->base + start;
}

HEAP_APART void *bump_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return take(h, bytes, align, true);
}

static void *bump_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? bump_alloc_told(h, bytes, align) : take(h, bytes, align, false);
}

static struct heap_freed bump_free(struct heap *h, void *ptr)
{
    const struct bump_state *s = bump_state(h);
    if ((size_t)((unsigned char *)ptr - h->base) < s->frontier)
        return (struct heap_freed){.status = HEAP_OK};
    heap_blame(h, HEAP_FAULT_FREE_INTERIOR, ptr);
    return (struct heap_freed){.status = HEAP_BAD_POINTER};
}

/* Only the last block has a known place to grow into or shrink from. */
static bool bump_resize(struct heap *h, void *ptr, size_t bytes)
{
    struct bump_state *s = bump_state(h);
    size_t size = bump_block_size(h, bytes);
    if ((unsigned char *)ptr != h->base + s->last || size == 0 || size > h->committed - s->last)
        return false;
    s->frontier = s->last + size;
    return true;
}

static size_t bump_need(const struct heap *h, size_t bytes, size_t align)
{
    size_t start, end;
    return bump_end(h, bytes, align, &start, &end) ? end - h->committed : SIZE_MAX;
}

static void bump_extend(struct heap *h, size_t added)
{
    (void)h, (void)added; /* the frontier has more room: that is all */
}

static size_t bump_usable(const struct heap *h, const void *ptr)
{
    const struct bump_state *s = heap_state_const(h);
    size_t offset = (size_t)((const unsigned char *)ptr - h->base);
    return offset < s->frontier ? s->frontier - offset : 0;
}

static size_t bump_granted(const struct heap *h, const void *ptr)
{
    (void)h, (void)ptr;
    return 0; /* no record */
}

static bool bump_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    const struct bump_state *s = bump_state(h);
    struct heap_extent out = {.kind = HEAP_UNTRACKED, .offset = 0, .size = s->frontier};
    struct heap_extent rest = {.kind = HEAP_FREE, .offset = s->frontier, .size = h->committed - s->frontier};
    if (s->frontier > h->committed) /* I1 */
        return heap_blame(h, HEAP_FAULT_HEADER, h->base);
    if (out.size > 0 && !visit(context, &out))
        return true;
    if (rest.size > 0)
        visit(context, &rest);
    return true;
}

static bool bump_check(struct heap *h)
{
    const struct bump_state *s = bump_state(h);
    if (s->last > s->frontier || s->frontier > h->committed) /* I1 */
        return heap_blame(h, HEAP_FAULT_HEADER, h->base);
    return heap_is_aligned(s->frontier, HEAP_ALIGN) || heap_blame(h, HEAP_FAULT_HEADER, h->base); /* I2 */
}

const struct heap_ops heap_policy_bump = {
    .name = "bump",
    .summary = "a frontier that only moves up; nothing is reused",
    .sizing = "up to a multiple of the alignment; no header",
    .source = "Wilson et al., Dynamic Storage Allocation, IWMM 1995",
    .complexity = "alloc O(1), free O(1) without effect",
    .family = "no reuse",
    .rung = 10,
    .state_bytes = sizeof(struct bump_state),
    .init = bump_init,
    .alloc = bump_alloc,
    .free = bump_free,
    .resize = bump_resize,
    .need = bump_need,
    .extend = bump_extend,
    .usable = bump_usable,
    .granted = bump_granted,
    .walk = bump_walk,
    .check_free = bump_check,
    .check = bump_check,
    .block_size = bump_block_size,
    .origin = 0,
    .fixed = 0,
};
