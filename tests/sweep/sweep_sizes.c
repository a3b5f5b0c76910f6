/* All sizes there are: the size arithmetic of alloc/ at 32 bits, over all 2^32 inputs, against the same in 64 bits.
 *
 * The helpers of heap_ops.h (heap_add, heap_round_up, heap_align_gap) are tried on every input. A policy's block size
 * is a multiple of A that holds the request and is not smaller than that of a smaller one, or 0, but not below a
 * quarter of the address space; for the fit family it is the formula of docs/block-format.md. Policies are tried on
 * every size up to 2^22 and from 2^32 - 2^22 on, around every power of two, and on one in 251 between; with KFIT_DEEP
 * set on all.
 *
 * Built without sanitizers and optimised: they would make minutes of these seconds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <alloc/heap_ops.h>

#include "support.h"

#define A HEAP_ALIGN
#define TOP UINT32_MAX

_Static_assert(sizeof(size_t) == 4, "only at 32 bits can all sizes be tried");

/* ---- the helpers, on everything ---- */

/* What else than a header and A the helpers are given: a page, half the space, as much as can be. */
static const uint32_t addends[] = {16, 4095, 0x7FFFFFFF, TOP};
static const uint32_t aligns[] = {64, 4096, 1u << 21, 1u << 31};

static bool is_added_rightly(uint32_t a, uint32_t b)
{
    size_t sum;
    uint64_t wide = (uint64_t)a + b;
    bool fits = heap_add(a, b, &sum);
    return fits == (wide <= TOP) && (!fits || sum == wide);
}

static bool is_rounded_rightly(uint32_t size, uint32_t align)
{
    size_t rounded;
    uint64_t wide = ((uint64_t)size + align - 1) & ~(uint64_t)(align - 1);
    bool fits = heap_round_up(size, align, &rounded);
    return fits == (wide <= TOP) && (!fits || rounded == wide);
}

static bool is_gap_right(uint32_t address, uint32_t align)
{
    uint64_t wide = ((uint64_t)address + align - 1) & ~(uint64_t)(align - 1);
    return heap_align_gap(address, align) == wide - address;
}

static bool are_helpers_right(uint32_t n, uint32_t addend, uint32_t align)
{
    return is_added_rightly(n, addend) && is_rounded_rightly(n, align) && is_gap_right(n, align);
}

/* With a header and A, as every allocator uses them, on all; one in 16 with other operands too. */
static void helpers_on_every_input(void **state)
{
    (void)state;
    uint32_t wrong = 0, n = 0;
    do {
        wrong += are_helpers_right(n, sizeof(size_t), A) ? 0 : 1;
        if (n % 16 == 0)
            wrong += are_helpers_right(n | (n >> 4) % 16, addends[n >> 4 & 3], aligns[n >> 6 & 3]) ? 0 : 1;
    } while (++n != 0);
    assert_int_equal(wrong, 0);
}

/* Every pair of edges: each operand at and around each power of two. */
static bool are_edges_right(uint32_t a, uint32_t b, uint32_t align)
{
    size_t rounded;
    uint64_t wide = b == 0 ? 0 : ((uint64_t)a + b - 1) / b * b;
    bool fits = b != 0 && heap_round_up_to(a, b, &rounded);
    bool is_right = b == 0 || (fits == (wide <= TOP) && (!fits || rounded == wide));
    return is_right && are_helpers_right(a, b, align);
}

static void helpers_on_every_pair_of_edges(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 32 * 9; i++) {
        for (unsigned k = 0; k < 32 * 9; k++) {
            uint32_t a = (1u << i / 9) + i % 9 - 4, b = (1u << k / 9) + k % 9 - 4;
            if (!are_edges_right(a, b, 1u << k / 9))
                fail_msg("the helpers are wrong for %" PRIu32 " and %" PRIu32, a, b);
        }
    }
}

/* ---- block sizes ---- */

static struct heap heap;
static struct sweep {
    const struct heap_ops *ops;
    bool is_fit;   /* of the family whose formula stands in docs/block-format.md */
    uint32_t last; /* block size of the size before */
    uint64_t tried, wrong;
    uint32_t first_wrong;
} sweep;

static uint64_t fit_formula(uint32_t bytes)
{
    uint64_t size = ((uint64_t)bytes + 4 + 7) & ~(uint64_t)7;
    return size > TOP ? 0 : size < 16 ? 16 : size;
}

static bool is_block_size_right(struct sweep *s, uint32_t bytes)
{
    uint32_t size = (uint32_t)s->ops->block_size(&heap, bytes), last = s->last;
    s->last = size;
    if (size == 0)
        return bytes > TOP / 4 && (!s->is_fit || fit_formula(bytes) == 0);
    if (s->is_fit && size != fit_formula(bytes))
        return false;
    return size >= bytes && size % A == 0 && size >= last && (last != 0 || bytes == 0);
}

static void try_size(struct sweep *s, uint32_t bytes)
{
    s->tried++;
    if (is_block_size_right(s, bytes))
        return;
    if (s->wrong++ == 0)
        s->first_wrong = bytes;
}

static bool is_near_a_power_of_two(uint32_t bytes)
{
    uint32_t low = bytes & (bytes - 1);
    uint32_t up = TOP - bytes, high = up & (up - 1);
    return low < 4096 || high < 4096;
}

/* Ascending, so that the block sizes must be. */
static void try_sizes(struct sweep *s, bool is_deep)
{
    const uint32_t edge = 1u << 22;
    uint32_t bytes = 0, step;
    do {
        try_size(s, bytes);
        step = is_deep || bytes < edge || bytes > TOP - edge || is_near_a_power_of_two(bytes) ? 1 : 251;
        bytes = TOP - bytes < step ? 0 : bytes + step;
    } while (bytes != 0);
}

static void make_heap(const struct heap_ops *ops)
{
    static _Alignas(4096) unsigned char memory[65536];
    struct heap_setup setup = {.ops = ops};
    setup.region = (struct heap_region){.base = memory, .committed = sizeof memory, .reserved = sizeof memory};
    heap_default_options(ops, setup.options);
    assert_int_equal(heap_init(&heap, &setup), HEAP_OK);
}

static void block_sizes_never_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; heap_policies[i]; i++) {
        const char *name = heap_policies[i]->name;
        make_heap(heap_policies[i]);
        sweep = (struct sweep){.ops = heap_policies[i], .is_fit = strstr(name, "-fit") != NULL};
        try_sizes(&sweep, getenv("KFIT_DEEP") != NULL);
        if (sweep.wrong > 0)
            fail_msg("%s: %" PRIu64 " block sizes are wrong, the first for %" PRIu32, name, sweep.wrong,
                     sweep.first_wrong);
        print_message("%s: %" PRIu64 " sizes\n", name, sweep.tried);
    }
}

/* ---- the sweep itself: a rounding that wraps, and one that shrinks, are seen ---- */

static size_t wrapping_block_size(const struct heap *h, size_t bytes)
{
    (void)h;
    return (bytes + 11) & ~(size_t)7;
}

static size_t shrinking_block_size(const struct heap *h, size_t bytes)
{
    return bytes == 100000 ? 100000 : heap_policies[0]->block_size(h, bytes + 64) & ~(size_t)7;
}

static void wrong_block_sizes_are_seen(void **state)
{
    (void)state;
    struct heap_ops faulty = *heap_policies[0];
    make_heap(&faulty);
    faulty.block_size = wrapping_block_size;
    sweep = (struct sweep){.ops = &faulty};
    try_sizes(&sweep, false);
    assert_true(sweep.wrong > 0 && sweep.first_wrong > TOP - 11);
    faulty.block_size = shrinking_block_size;
    sweep = (struct sweep){.ops = &faulty};
    try_sizes(&sweep, false);
    assert_true(sweep.wrong > 0 && sweep.first_wrong == 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(helpers_on_every_input),
        cmocka_unit_test(helpers_on_every_pair_of_edges),
        cmocka_unit_test(block_sizes_never_wrap),
        cmocka_unit_test(wrong_block_sizes_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
