/* What a heap looks like, from the walk alone: tiling, shape, consistency. One ruler for every policy.
 *
 * The walk hands out extents. They tile the region if each begins where the last one ended and the last ends at
 * `committed`; everything here sits on that check.
 */
#include "frontend.h"
#include "guard.h"

struct tiling {
    heap_visit_fn *visit; /* the caller's, may be NULL */
    void *context;
    size_t next, committed; /* where the next extent must begin; where the last must end */
    bool broken, stopped;
};

static bool tile(void *context, const struct heap_extent *extent)
{
    struct tiling *t = context;
    bool in_place = extent->offset == t->next && extent->size > 0 && extent->size <= t->committed - t->next;
    if (!in_place) {
        t->broken = true;
        return false;
    }
    t->next += extent->size;
    t->stopped = t->visit && !t->visit(t->context, extent);
    return !t->stopped;
}

enum heap_status heap_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct tiling t = {.visit = visit, .context = context, .committed = h->committed};
    h->fault.class = HEAP_FAULT_NONE;
    bool walked = h->ops->walk(h, tile, &t);
    if (walked && !t.broken && (t.stopped || t.next == t.committed))
        return HEAP_OK;
    heap_blame(h, HEAP_FAULT_TILING, h->base + t.next);
    return HEAP_CORRUPT;
}

/* ---- the list ---- */

struct holes {
    heap_visit_fn *visit;
    void *context;
};

static bool visit_hole(void *context, const struct heap_extent *extent)
{
    const struct holes *holes = context;
    return extent->kind != HEAP_FREE || holes->visit(holes->context, extent);
}

enum heap_status heap_list(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct holes holes = {.visit = visit, .context = context};
    if (!h->ops->list)
        return heap_walk(h, visit_hole, &holes);
    h->fault.class = HEAP_FAULT_NONE;
    if ((!h->ops->check_free || h->ops->check_free(h)) && h->ops->list(h, visit, context))
        return HEAP_OK;
    heap_blame(h, HEAP_FAULT_LIST, h->base);
    heap_locate_fault(h);
    return HEAP_CORRUPT;
}

/* ---- shape ---- */

/* Orphans need the kinds of three neighbouring blocks; pads and marks are no neighbours. */
struct measuring {
    struct heap_shape *shape;
    bool hole_before; /* the block before the last one was a hole (no block: false) */
    bool used_last;   /* the last block was in use */
    bool hole_last;   /* the last block was a hole */
};

/* squares += size * size, in 128 bits: 32 x 32 bit products, so that no wide multiplication is needed. */
static void add_square(uint64_t squares[2], size_t size)
{
    uint64_t n = size, low = n & UINT32_MAX, high = n >> 32;
    uint64_t cross = low * high;
    uint64_t parts[2][2] = {{low * low, high * high}, {cross << 33, cross >> 31}};
    for (int i = 0; i < 2; i++) {
        squares[0] += parts[i][0];
        squares[1] += parts[i][1] + (squares[0] < parts[i][0]);
    }
}

static void measure_hole(struct measuring *m, size_t size)
{
    struct heap_shape *s = m->shape;
    s->free += size;
    s->holes++;
    if (size > s->largest_hole)
        s->largest_hole = size;
    add_square(s->hole_squares, size);
    if (m->used_last && m->hole_before)
        s->orphans++;
}

static bool measure_extent(void *context, const struct heap_extent *extent)
{
    struct measuring *m = context;
    bool is_hole = extent->kind == HEAP_FREE, is_used = extent->kind == HEAP_USED;
    if (is_hole)
        measure_hole(m, extent->size);
    else if (is_used)
        m->shape->used += extent->size, m->shape->used_blocks++;
    else if (extent->kind == HEAP_META)
        m->shape->meta += extent->size;
    else
        m->shape->untracked += extent->size;
    m->hole_before = m->hole_last;
    m->hole_last = is_hole;
    m->used_last = is_used;
    return true;
}

enum heap_status heap_measure(struct heap *h, struct heap_shape *shape)
{
    *shape = (struct heap_shape){.committed = h->committed};
    struct measuring m = {.shape = shape};
    return heap_walk(h, measure_extent, &m);
}

struct below {
    size_t limit, bytes;
};

static bool add_if_below(void *context, const struct heap_extent *extent)
{
    struct below *b = context;
    if (extent->kind == HEAP_FREE && extent->size < b->limit)
        b->bytes += extent->size;
    return true;
}

enum heap_status heap_free_below(struct heap *h, size_t block_bytes, size_t *bytes)
{
    struct below b = {.limit = block_bytes};
    enum heap_status status = heap_walk(h, add_if_below, &b);
    *bytes = b.bytes;
    return status;
}

/* ---- check ---- */

struct in_use {
    size_t bytes, blocks;
};

static bool add_if_used(void *context, const struct heap_extent *extent)
{
    struct in_use *u = context;
    bool is_used = extent->kind == HEAP_USED;
    u->bytes += is_used ? extent->size : 0;
    u->blocks += is_used;
    return true;
}

static bool is_consistent(struct heap *h)
{
    struct in_use in_use = {0};
    if (h->harden >= 3 && !guard_check(h)) /* first: an overflow is told as what it is, not as the header it smashed */
        return false;
    if (heap_walk(h, add_if_used, &in_use) != HEAP_OK)
        return false;
    if (in_use.bytes != h->counters.granted || in_use.blocks != h->counters.blocks)
        return heap_blame(h, HEAP_FAULT_COUNT, h->base);
    return h->ops->check(h);
}

enum heap_status heap_check(struct heap *h)
{
    h->fault.class = HEAP_FAULT_NONE;
    if (is_consistent(h))
        return HEAP_OK;
    heap_locate_fault(h);
    return HEAP_CORRUPT;
}
