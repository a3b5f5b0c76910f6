/* The ratios of a heap, exactly: see metrics.h for the formulas and their edges.
 *
 * A permille is searched, not divided for: the largest p with (2p - 1) * whole <= 2000 * part is 1000 * part / whole rounded
 * half up, and both products fit 128 bits whatever the sizes are.
 */
#include <lab/metrics.h>

#include "wide.h"

unsigned lab_permille(uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return 0;
    struct lab_wide twice_part = lab_wide_product(part, 2000);
    unsigned low = 0, high = 1000; /* low is not too large, high + 1 is */
    while (low < high) {
        unsigned middle = (low + high + 1) / 2;
        if (lab_wide_is_above(lab_wide_product(whole, 2 * middle - 1), twice_part))
            high = middle - 1;
        else
            low = middle;
    }
    return low;
}

uint64_t lab_square_root(const uint64_t square[2])
{
    struct lab_wide goal = {.high = square[1], .low = square[0]};
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 63; bit != 0; bit >>= 1) {
        if (!lab_wide_is_above(lab_wide_product(root | bit, root | bit), goal))
            root |= bit;
    }
    return root;
}

/* The share of `whole` that is not `part`; nothing if there is more of it than the whole. */
static unsigned permille_missing(uint64_t part, uint64_t whole)
{
    return part < whole ? lab_permille(whole - part, whole) : 0;
}

unsigned lab_ext_frag(const struct heap_shape *shape)
{
    return permille_missing(shape->largest_hole, shape->free);
}

unsigned lab_rms_frag(const struct heap_shape *shape)
{
    return permille_missing(lab_square_root(shape->hole_squares), shape->free);
}

static unsigned overhead(const struct lab_result *result)
{
    const struct heap_shape *s = &result->shape;
    if (s->untracked > 0)
        return 0;
    return permille_missing((uint64_t)result->live_end + s->free, s->committed);
}

void lab_rate_result(struct lab_result *result)
{
    result->util = lab_permille(result->peak_live, result->shape.committed);
    result->ext_frag = lab_ext_frag(&result->shape);
    result->rms_frag = lab_rms_frag(&result->shape);
    result->int_frag = permille_missing(result->peak_live, result->peak_live_used);
    result->overhead = overhead(result);
}

enum heap_status lab_rate_unusable(struct heap *h, unsigned *unusable)
{
    struct heap_shape shape;
    enum heap_status status = heap_measure(h, &shape);
    for (size_t i = 0; i < LAB_UNUSABLE_COUNT && status == HEAP_OK; i++) {
        size_t too_small, block = heap_block_size(h, (size_t)1 << (LAB_UNUSABLE_FIRST + i));
        status = heap_free_below(h, block, &too_small);
        unusable[i] = lab_permille(too_small, shape.free);
    }
    return status;
}
