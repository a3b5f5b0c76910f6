/* What an operation did to a heap, by comparing its tiling before and after: the same for every policy, whatever it tells. */
#ifndef LAB_CHANGES_H
#define LAB_CHANGES_H

#include <alloc/heap.h>

enum { LAB_EXTENTS_MAX = 2048 };

/* A heap's tiling at one moment. */
struct lab_extents {
    struct heap_extent list[LAB_EXTENTS_MAX];
    size_t count;
    bool is_whole; /* false: the heap has more of them, or does not tile; the list is not to be used */
};

void lab_extents_read(struct lab_extents *extents, struct heap *h);

/* The part in which two tilings differ: before->list[first .. first + before) has become after->list[first .. first + after). */
struct lab_change {
    size_t first, before, after;
};

/* Both are whole. */
struct lab_change lab_extents_compare(const struct lab_extents *before, const struct lab_extents *after);

/* The extent that holds the byte at `offset`; NULL: none, or not whole. */
const struct heap_extent *lab_extents_at(const struct lab_extents *extents, size_t offset);

#endif
