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

/* Completes h->fault, if it names no block yet: with the one that holds its address now. */
void heap_locate_fault(struct heap *h);

/* A block went back to the policy: `granted` as in struct heap_freed. */
static inline void heap_note_returned(struct heap *h, size_t granted)
{
    h->counters.granted -= granted;
    h->counters.blocks -= granted > 0;
}

#endif
