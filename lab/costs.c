/* The costs of one kind of operation, and exact percentiles of them without sorting.
 *
 * The value of rank r is found byte by byte from the top: count how often each byte value follows the prefix found so far,
 * walk the counts up to rank r, take that byte into the prefix. Four passes over the list, 256 counts, nothing moved.
 */
#include "costs.h"

void *memset(void *to, int byte, size_t bytes);

bool lab_costs_init(struct lab_costs *costs, struct lab_arena *arena, size_t capacity)
{
    *costs = (struct lab_costs){.capacity = capacity};
    if (capacity == 0)
        return true;
    costs->values = lab_arena_take(arena, capacity, sizeof *costs->values);
    if (costs->values)
        memset(costs->values, 0, capacity * sizeof *costs->values);
    return costs->values != NULL;
}

void lab_costs_add(struct lab_costs *costs, uint64_t cost)
{
    HEAP_ASSERT(costs->count < costs->capacity);
    costs->values[costs->count++] = cost < UINT32_MAX ? (uint32_t)cost : UINT32_MAX;
    costs->total += cost;
    if (cost > costs->max)
        costs->max = cost;
}

/* Counts the byte at `shift` of each value that agrees with `prefix` above it. */
static void count_bytes(const struct lab_costs *costs, uint32_t prefix, unsigned shift, size_t counts[256])
{
    memset(counts, 0, 256 * sizeof counts[0]);
    for (size_t i = 0; i < costs->count; i++) {
        uint32_t value = costs->values[i];
        if ((uint64_t)(value ^ prefix) >> (shift + 8) == 0)
            counts[value >> shift & 255]++;
    }
}

/* The value at `rank` (from 0) in ascending order. */
static uint32_t value_at(const struct lab_costs *costs, size_t rank)
{
    uint32_t prefix = 0;
    for (unsigned shift = 32; shift > 0;) {
        size_t counts[256];
        uint32_t byte = 0;
        shift -= 8;
        count_bytes(costs, prefix, shift, counts);
        for (; rank >= counts[byte]; byte++)
            rank -= counts[byte];
        prefix |= byte << shift;
    }
    return prefix;
}

/* Nearest rank: the smallest value that at least `percent` of 100 values do not exceed. */
static uint32_t percentile(const struct lab_costs *costs, unsigned percent)
{
    uint64_t rank = ((uint64_t)costs->count * percent + 99) / 100;
    return value_at(costs, (size_t)rank - 1);
}

struct lab_cost lab_costs_summary(const struct lab_costs *costs)
{
    if (costs->count == 0)
        return (struct lab_cost){0};
    return (struct lab_cost){
        .count = costs->count,
        .mean = (costs->total + costs->count / 2) / costs->count,
        .p50 = percentile(costs, 50),
        .p99 = percentile(costs, 99),
        .max = costs->max,
    };
}
