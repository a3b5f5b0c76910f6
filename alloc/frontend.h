/* What the parts of the front-end share: heap.c, faults.c, guard.c, measure.c. No policy includes this. */
#ifndef ALLOC_FRONTEND_H
#define ALLOC_FRONTEND_H

#include <alloc/heap_ops.h>

/* heap_blame() with all that is known; `operation` is filled in. */
bool heap_blame_fully(struct heap *h, const struct heap_fault *fault);

/* Whether the operation under way has found damage or a bad pointer. */
static inline bool heap_is_blamed(const struct heap *h)
{
    return h->fault.class != HEAP_FAULT_NONE;
}

/* What is wrong with ptr as the start of a live block, before any header is believed; HEAP_FAULT_NONE: it may be handed to
 * the policy. */
enum heap_fault_class heap_judge_pointer(const struct heap *h, const void *ptr);

/* Before an operation from harden 2 on: whether the policy's free structure is sound, and at level 2 what is beside the block at
 * ptr, NULL: none. (The guards of higher levels know the policy's own pointers, and ask for that themselves.) False after blaming. */
bool heap_judge_structure(struct heap *h, const void *ptr);

/* Of an allocation that failed even after the growth that it needed: from harden 2 on the heap is blamed, else need() has broken
 * its promise, unless the search has met damage. */
void heap_judge_growth(struct heap *h);

/* Completes h->fault, if it names no block yet: with the one that holds its address now. */
void heap_locate_fault(struct heap *h);

/* A block went back to the policy: `granted` as in struct heap_freed. */
static inline void heap_note_returned(struct heap *h, size_t granted)
{
    h->counters.granted -= granted;
    h->counters.blocks -= granted > 0;
}

#endif
