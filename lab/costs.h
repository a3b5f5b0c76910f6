/* The costs of one kind of operation, kept one by one, so that percentiles are exact. */
#ifndef LAB_COSTS_H
#define LAB_COSTS_H

#include <lab/run.h>
#include <stdbool.h>

struct lab_costs {
    uint32_t *values; /* costs above UINT32_MAX are kept as that */
    size_t capacity, count;
    uint64_t total, max; /* exact */
};

/* An empty list for up to `capacity` costs, its memory from the arena and touched already, so that adding to it causes no
 * page fault later. False: the arena is too small. */
bool lab_costs_init(struct lab_costs *costs, struct lab_arena *arena, size_t capacity);

void lab_costs_add(struct lab_costs *costs, uint64_t cost);

/* Mean rounded to nearest, percentiles by nearest rank. All 0 for an empty list. */
struct lab_cost lab_costs_summary(const struct lab_costs *costs);

#endif
