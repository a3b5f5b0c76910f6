/* What can be wrong with a heap or a pointer: the names, the judging, the finding's block.
 *
 * From `harden` 1 on the start table (starts.h) knows where a live payload starts and where a freed one started. It lies
 * outside the region, so nothing a caller writes into its blocks can forge it.
 */
#include "frontend.h"
#include "guard.h"
#include "starts.h"

const char *heap_fault_text(enum heap_fault_class class)
{
    static const char *const text[HEAP_FAULT_CLASSES] = {
        [HEAP_FAULT_NONE] = "ok",
        [HEAP_FAULT_DOUBLE_FREE] = "double free",
        [HEAP_FAULT_FREE_INTERIOR] = "invalid free: interior",
        [HEAP_FAULT_FREE_UNALIGNED] = "invalid free: unaligned",
        [HEAP_FAULT_FREE_OUTSIDE] = "invalid free: not in heap",
        [HEAP_FAULT_FREE_OTHER] = "invalid free: other heap",
        [HEAP_FAULT_BAD_RESIZE] = "invalid realloc",
        [HEAP_FAULT_HEADER] = "corrupted block header",
        [HEAP_FAULT_LIST] = "corrupted free list",
        [HEAP_FAULT_TILING] = "blocks do not tile the region",
        [HEAP_FAULT_COUNT] = "blocks contradict the counters",
        [HEAP_FAULT_OVERFLOW] = "buffer overflow",
        [HEAP_FAULT_UNDERFLOW] = "buffer underflow",
        [HEAP_FAULT_LATE_WRITE] = "write after free",
    };
    return class < HEAP_FAULT_CLASSES ? text[class] : "unknown fault";
}

bool heap_blame_fully(struct heap *h, const struct heap_fault *fault)
{
    if (!heap_is_blamed(h)) {
        h->fault = *fault;
        h->fault.operation = h->counters.operations;
    }
    return false;
}

bool heap_blame(struct heap *h, enum heap_fault_class class, const void *address)
{
    return heap_blame_fully(h, &(struct heap_fault){.class = class, .address = address});
}

/* ---- pointers ---- */

static bool is_inside(const struct heap *h, const void *ptr)
{
    uintptr_t address = (uintptr_t)ptr, base = (uintptr_t)h->base;
    return address >= base && address - base < h->committed;
}

/* The chain may end, or lead back to this heap. */
static bool is_in_another(const struct heap *h, const void *ptr)
{
    for (const struct heap *other = h->other; other && other != h; other = other->other) {
        if (is_inside(other, ptr))
            return true;
    }
    return false;
}

enum heap_fault_class heap_judge_pointer(const struct heap *h, const void *ptr)
{
    if (!is_inside(h, ptr))
        return is_in_another(h, ptr) ? HEAP_FAULT_FREE_OTHER : HEAP_FAULT_FREE_OUTSIDE;
    if (!heap_is_aligned((uintptr_t)ptr, HEAP_ALIGN))
        return HEAP_FAULT_FREE_UNALIGNED;
    if (!h->starts)
        return HEAP_FAULT_NONE;
    switch (starts_get(h, ptr)) {
    case START_LIVE:
        return HEAP_FAULT_NONE;
    case START_FREED:
        return HEAP_FAULT_DOUBLE_FREE;
    default:
        return HEAP_FAULT_FREE_INTERIOR;
    }
}

/* ---- level 2 ---- */

bool heap_judge_structure(struct heap *h, const void *ptr)
{
    if (h->ops->check_free && !h->ops->check_free(h))
        return false;
    bool is_to_judge = h->harden == 2 && ptr && h->ops->check_beside && heap_judge_pointer(h, ptr) == HEAP_FAULT_NONE;
    return !is_to_judge || h->ops->check_beside(h, ptr);
}

void heap_judge_growth(struct heap *h)
{
    if (h->harden >= 2)
        heap_blame(h, HEAP_FAULT_LIST, h->base); /* what need() saw at the region's end is not what is there */
    HEAP_ASSERT(heap_is_blamed(h));
}

/* ---- the block a finding is about ---- */

struct seeking {
    size_t offset; /* of the address */
    struct heap_extent found;
};

static bool seek(void *context, const struct heap_extent *extent)
{
    struct seeking *s = context;
    if (s->offset < extent->offset || s->offset - extent->offset >= extent->size)
        return true;
    s->found = *extent;
    return false;
}

void heap_locate_fault(struct heap *h)
{
    struct heap_fault *fault = &h->fault;
    if (fault->block || !is_inside(h, fault->address))
        return;
    if (h->harden >= 3 && guard_recall(h, fault->address, fault))
        return;
    struct seeking s = {.offset = (size_t)((uintptr_t)fault->address - (uintptr_t)h->base)};
    h->ops->walk(h, seek, &s);
    if (s.found.size > 0 && (s.found.kind == HEAP_USED || s.found.kind == HEAP_FREE)) {
        fault->block = h->base + s.found.offset;
        fault->size = s.found.size;
    }
}
