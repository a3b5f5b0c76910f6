/* Tilings compared. */
#include "changes.h"

static bool note_extent(void *context, const struct heap_extent *extent)
{
    struct lab_extents *e = context;
    if (e->count == LAB_EXTENTS_MAX) {
        e->is_whole = false;
        return false;
    }
    e->list[e->count++] = *extent;
    return true;
}

void lab_extents_read(struct lab_extents *extents, struct heap *h)
{
    extents->count = 0;
    extents->is_whole = true;
    if (heap_walk(h, note_extent, extents) != HEAP_OK)
        extents->is_whole = false;
}

static bool is_same(const struct heap_extent *a, const struct heap_extent *b)
{
    return a->kind == b->kind && a->offset == b->offset && a->size == b->size;
}

struct lab_change lab_extents_compare(const struct lab_extents *before, const struct lab_extents *after)
{
    size_t first = 0, last = 0;
    size_t least = before->count < after->count ? before->count : after->count;
    while (first < least && is_same(&before->list[first], &after->list[first]))
        first++;
    while (last < least - first &&
           is_same(&before->list[before->count - 1 - last], &after->list[after->count - 1 - last]))
        last++;
    return (struct lab_change){
        .first = first, .before = before->count - first - last, .after = after->count - first - last};
}

const struct heap_extent *lab_extents_at(const struct lab_extents *extents, size_t offset)
{
    for (size_t i = 0; extents->is_whole && i < extents->count; i++) {
        const struct heap_extent *e = &extents->list[i];
        if (offset - e->offset < e->size)
            return e;
    }
    return NULL;
}
