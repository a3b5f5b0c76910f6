/* The ratios of a heap: permille, one exact fraction each, rounded to nearest, halves up. Integers only.
 *
 * P live requested bytes, U bytes in used blocks, F free bytes, L largest hole, M metadata, X untracked bytes, H = U + F + M + X.
 * Where a ratio has no meaning it is 0: see each. All may be called in any context; none changes a heap's blocks.
 */
#ifndef LAB_METRICS_H
#define LAB_METRICS_H

#include <lab/run.h>

/* 1000 * part / whole, rounded to nearest, halves up; 0 if whole is 0. Exact for every part <= whole; a larger part is
 * 1000 as well. */
unsigned lab_permille(uint64_t part, uint64_t whole);

/* The largest r with r * r <= square, a 128-bit number: low 64 bits in square[0], high ones in square[1]. */
uint64_t lab_square_root(const uint64_t square[2]);

/* 1 - L / F; 0 if F is 0. */
unsigned lab_ext_frag(const struct heap_shape *shape);

/* (F - r) / F, r the floor of the square root of the sum of squared holes; 0 if F is 0. */
unsigned lab_rms_frag(const struct heap_shape *shape);

/* Fills util, ext_frag, rms_frag, int_frag and overhead from shape, peak_live, peak_live_used and live_end, which must be
 * there. util: peak_live / H, 0 if H is 0. int_frag: 1 - P / U at the peak of P, 0 if U was 0. overhead: (H - P - F - X) / H
 * at the end, 0 if H is 0 or X is not. */
void lab_rate_result(struct lab_result *result);

/* Fills `unusable` (LAB_UNUSABLE_COUNT values): the share of F in holes smaller than the block of a request of 2^k bytes;
 * all 0 if F is 0. HEAP_OK, or HEAP_CORRUPT with h->fault set. Walks the heap once for each k. */
enum heap_status lab_rate_unusable(struct heap *h, unsigned *unusable);

#endif
