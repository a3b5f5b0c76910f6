/* 128-bit numbers as far as the metrics need them: product, comparison, and nothing the compiler would call a helper for. */
#ifndef LAB_WIDE_H
#define LAB_WIDE_H

#include <stdbool.h>
#include <stdint.h>

struct lab_wide {
    uint64_t high, low;
};

/* a * b, exactly: four 32 x 32 bit products. */
static inline struct lab_wide lab_wide_product(uint64_t a, uint64_t b)
{
    uint64_t a0 = a & UINT32_MAX, a1 = a >> 32, b0 = b & UINT32_MAX, b1 = b >> 32;
    uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32);
    uint64_t middle = a0 * b1 + (cross & UINT32_MAX);
    return (struct lab_wide){
        .high = a1 * b1 + (cross >> 32) + (middle >> 32),
        .low = middle << 32 | (low & UINT32_MAX),
    };
}

static inline bool lab_wide_is_above(struct lab_wide a, struct lab_wide b)
{
    return a.high != b.high ? a.high > b.high : a.low > b.low;
}

#endif
