/* The heap of a run: opening it, and one call of it between two readings of the clock. */
#ifndef LAB_CALL_H
#define LAB_CALL_H

#include <lab/run.h>

/* Binds *h, as `run` asks for it, to a region of at most `limit` bytes from the world. LAB_OK: to be closed by the world's
 * close(). LAB_NO_REGION: too little memory; LAB_BAD_INPUT: an option of the run is out of range. */
enum lab_status lab_heap_open(struct heap *h, const struct lab_world *world, const struct lab_run *run, size_t limit);

enum lab_action { LAB_CALL_NOTHING, LAB_CALL_ALLOC, LAB_CALL_ALIGNED, LAB_CALL_RESIZE, LAB_CALL_FREE };

/* What to do, and what came of it. */
struct lab_call {
    enum lab_action action;
    enum heap_status status; /* out; an allocation says it with `ptr` alone */
    size_t bytes, align;
    void *ptr; /* in: the block; out: where it is now (NULL: nowhere) */
};

/* An alignment that no size_t holds is as unheard-of as the largest one it holds: both are refused. */
static inline size_t lab_alignment(unsigned align_log2)
{
    unsigned most = (unsigned)sizeof(size_t) * 8 - 1;
    return (size_t)1 << (align_log2 < most ? align_log2 : most);
}

struct lab_meter {
    const struct lab_world *world;
    struct heap *heap;
    uint64_t empty_cost; /* of a call that does nothing, as the clock shows it */
};

/* Binds a meter and learns what a measurement itself costs: the least of several empty ones. */
void lab_meter_set(struct lab_meter *meter, const struct lab_world *world, struct heap *heap);

/* What a call cost in the world's unit, the measurement itself not included. */
struct lab_spent {
    uint64_t own;       /* in the heap */
    uint64_t in_memory; /* in growth and page faults */
};

/* Does it. */
struct lab_spent lab_call_measured(const struct lab_meter *meter, struct lab_call *call);

#endif
