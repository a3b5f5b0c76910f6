/* The reference model with our parameters: layouts worked out by hand from the block format's page, rule by rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <alloc/heap.h>
#include <lab/model.h>

#include "support.h"

enum {
    A = HEAP_ALIGN, /* 16 or 8 */
    HEADER = HEAP_ALIGN / 2,
    MIN = 2 * HEAP_ALIGN, /* smallest block */
};

static unsigned char scratch[65536] __attribute__((aligned(16)));

/* A heap of that many A between lead and end mark; it may grow by grains up to `limit` bytes if grain is not 0. */
static void start(struct lab_model *m, enum lab_model_policy policy, size_t units, size_t grain, size_t limit)
{
    memset(scratch, 0xA5, sizeof scratch);
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model_params params = lab_model_kfit(policy, lab_model_format_here(), grain, limit);
    params.initial = (units + 1) * A;
    assert_int_equal(lab_model_init(m, &params, &arena, 64), LAB_MODEL_OK);
}

/* A block of `units` * A bytes; its place in A from the first payload, which is what all places here are. */
static uint32_t take(struct lab_model *m, size_t units, size_t expected)
{
    struct lab_model_result result = lab_model_alloc(m, units * A - HEADER, 1);
    assert_int_equal(result.status, LAB_MODEL_OK);
    assert_int_equal(result.payload, (expected + 1) * A);
    assert_true(lab_model_check(m));
    return result.block;
}

static void give(struct lab_model *m, uint32_t block)
{
    assert_int_equal(lab_model_free(m, block).status, LAB_MODEL_OK);
    assert_true(lab_model_check(m));
}

static void resize(struct lab_model *m, uint32_t *block, size_t units, size_t expected)
{
    struct lab_model_result result = lab_model_resize(m, *block, units * A - HEADER);
    assert_int_equal(result.status, LAB_MODEL_OK);
    assert_int_equal(result.payload, (expected + 1) * A);
    assert_true(lab_model_check(m));
    *block = result.block;
}

/* The free list in its order, "place:size" in A. */
static void expect_holes(const struct lab_model *m, const char *expected)
{
    char text[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < m->hole_count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%zu:%zu", i ? " " : "",
                                   (lab_model_hole(m, i)->address - (A - HEADER)) / A, lab_model_hole(m, i)->size / A);
    assert_string_equal(text, expected);
}

static void expect_counts(const struct lab_model *m, uint64_t splits, uint64_t merges, uint64_t grows)
{
    assert_int_equal(m->totals.splits, splits);
    assert_int_equal(m->totals.merges, merges);
    assert_int_equal(m->totals.grows, grows);
}

static void block_sizes(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_FIRST, 100, 0, 101 * A);
    assert_int_equal(lab_model_block_size(&m, 0), MIN);
    assert_int_equal(lab_model_block_size(&m, MIN - HEADER), MIN);
    assert_int_equal(lab_model_block_size(&m, MIN - HEADER + 1), MIN + A);
    assert_int_equal(lab_model_block_size(&m, 4 * A - HEADER), 4 * A);
    assert_true(lab_model_block_size(&m, SIZE_MAX) > 101 * A);
    assert_true(lab_model_block_size(&m, SIZE_MAX - HEADER + 1) > 101 * A);
}

/* Either format on either machine: 100 bytes are 112 or 104, the smallest block 32 or 16. */
static void formats(void **state)
{
    (void)state;
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model m;
    struct lab_model_params params = lab_model_kfit(LAB_MODEL_FIRST, &lab_model_format_64, 4096, 65536);
    assert_int_equal(lab_model_init(&m, &params, &arena, 64), LAB_MODEL_OK);
    assert_int_equal(lab_model_alloc(&m, 100, 1).payload, 16);
    assert_int_equal(lab_model_alloc(&m, 1, 1).payload, 16 + 112);
    assert_int_equal(lab_model_alloc(&m, 1, 1).payload, 16 + 112 + 32);
    params = lab_model_kfit(LAB_MODEL_FIRST, &lab_model_format_32, 4096, 65536);
    assert_int_equal(lab_model_init(&m, &params, &arena, 64), LAB_MODEL_OK);
    assert_int_equal(lab_model_alloc(&m, 100, 1).payload, 8);
    assert_int_equal(lab_model_alloc(&m, 1, 1).payload, 8 + 104);
    assert_int_equal(lab_model_alloc(&m, 1, 1).payload, 8 + 104 + 16);
    struct lab_model_shape shape = lab_model_measure(&m);
    assert_int_equal(shape.committed, 4096);
    assert_int_equal(shape.fixed, 8);
    assert_int_equal(shape.used, 104 + 16 + 16);
    assert_int_equal(shape.used + shape.free + shape.fixed, shape.committed);
}

/* Holes of 6, 9, 5, 9 and 5 A, and 5 A at the end. */
static void start_with_holes(struct lab_model *m, enum lab_model_policy policy)
{
    static const size_t sizes[] = {6, 9, 5, 9, 5};
    uint32_t blocks[5];
    size_t place = 0;
    start(m, policy, 49, 0, 50 * A);
    for (size_t i = 0; i < 5; i++) {
        blocks[i] = take(m, sizes[i], place);
        (void)take(m, 2, place + sizes[i]);
        place += sizes[i] + 2;
    }
    for (size_t i = 0; i < 5; i++)
        give(m, blocks[i]);
    expect_holes(m, "0:6 8:9 19:5 26:9 37:5 44:5");
}

static void policies_choose(void **state)
{
    (void)state;
    struct lab_model m;
    start_with_holes(&m, LAB_MODEL_FIRST);
    (void)take(&m, 5, 0); /* the remainder of one A is too small: it stays in the block */
    (void)take(&m, 5, 8);
    expect_holes(&m, "13:4 19:5 26:9 37:5 44:5");
    start_with_holes(&m, LAB_MODEL_BEST);
    (void)take(&m, 5, 19);
    (void)take(&m, 7, 8);
    expect_holes(&m, "0:6 15:2 26:9 37:5 44:5");
    start_with_holes(&m, LAB_MODEL_WORST);
    (void)take(&m, 5, 8);
    (void)take(&m, 7, 26);
    expect_holes(&m, "0:6 13:4 19:5 33:2 37:5 44:5");
}

static void next_fit_goes_on_and_wraps(void **state)
{
    (void)state;
    struct lab_model m;
    start_with_holes(&m, LAB_MODEL_NEXT);
    (void)take(&m, 5, 44); /* the rover stands behind the last block handed out, at 44 */
    (void)take(&m, 9, 8);  /* at the end now: wraps, passes 0:6 */
    (void)take(&m, 6, 26); /* on from there: 19:5 is too small */
    (void)take(&m, 3, 32); /* what 26:9 left */
    (void)take(&m, 5, 37);
    (void)take(&m, 6, 0); /* wraps again */
    expect_holes(&m, "19:5");
    struct lab_model_result refused = lab_model_alloc(&m, 6 * A, 1);
    assert_int_equal(refused.status, LAB_MODEL_REFUSED);
    assert_int_equal(refused.added.searched, 1);
}

/* The rover moves to the start of whatever is formed around it, and nothing but an allocation sets it. */
static void next_fit_rover(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_NEXT, 40, 0, 41 * A);
    uint32_t a = take(&m, 4, 0), b = take(&m, 4, 4), c = take(&m, 4, 8);
    give(&m, a);
    give(&m, c); /* merges with the hole behind it: the rover, at 12, moves to 8 */
    assert_int_equal(m.rover, (A - HEADER) + 8 * A);
    c = take(&m, 4, 8);
    give(&m, b); /* merges with a; the rover stays at 12 */
    c = take(&m, 4, 12);
    expect_holes(&m, "0:8 16:24");
    resize(&m, &c, 6, 12); /* grows over the rover, at 16: it moves to 12, */
    assert_int_equal(m.rover, (A - HEADER) + 12 * A);
    resize(&m, &c, 2, 12); /* and stays there */
    (void)take(&m, 4, 14);
    assert_int_equal(lab_model_alloc(&m, 30 * A, 1).status, LAB_MODEL_REFUSED);
    (void)take(&m, 2, 18); /* a refusal has not moved it */
}

/* At the end of a block the rover is not inside it: what was just handed out and freed again is not offered first. */
static void next_fit_rover_at_an_end(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_NEXT, 16, 0, 17 * A);
    uint32_t a = take(&m, 4, 0), b = take(&m, 4, 4), c = take(&m, 4, 8), d = take(&m, 4, 12);
    give(&m, a);
    a = take(&m, 4, 0);
    give(&m, a);
    give(&m, c);
    c = take(&m, 4, 8); /* from 4 on */
    give(&m, c);
    give(&m, d);
    d = take(&m, 4, 8); /* 8:8 was formed around the rover, at 12 */
    give(&m, b);        /* 0:8 ends below it */
    give(&m, d);        /* and now everything is one */
    expect_holes(&m, "0:16");
    a = take(&m, 4, 0), b = take(&m, 4, 4), c = take(&m, 8, 8);
    give(&m, a);
    a = take(&m, 2, 0);
    resize(&m, &a, 4, 0); /* formed around the rover, at 2: */
    assert_int_equal(m.rover, A - HEADER);
    give(&m, a);
    give(&m, c);
    a = take(&m, 4, 0), c = take(&m, 4, 8);
    give(&m, a);
    give(&m, b); /* 0:8; the rover stays at 12, */
    d = take(&m, 4, 12);
    give(&m, c);
    assert_int_equal(m.rover, (A - HEADER) + 16 * A);
    give(&m, d); /* and behind the last block it stays when the hole that ends there is formed */
    assert_int_equal(m.rover, (A - HEADER) + 16 * A);
}

static void free_merges_and_counts(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_FIRST, 20, 0, 21 * A);
    uint32_t a = take(&m, 4, 0), b = take(&m, 4, 4), c = take(&m, 4, 8), d = take(&m, 8, 12);
    expect_counts(&m, 3, 0, 0); /* the fourth fits exactly */
    expect_holes(&m, "");
    give(&m, a);
    give(&m, c);
    expect_counts(&m, 3, 0, 0);
    give(&m, b);
    expect_holes(&m, "0:12");
    expect_counts(&m, 3, 2, 0);
    give(&m, d);
    expect_holes(&m, "0:20");
    expect_counts(&m, 3, 3, 0);
    assert_int_equal(lab_model_free(&m, d).status, LAB_MODEL_BAD_BLOCK);
}

static void resize_shrinks(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_FIRST, 20, 0, 21 * A);
    uint32_t a = take(&m, 6, 0), b = take(&m, 6, 6);
    resize(&m, &a, 5, 0); /* a tail of one A is kept */
    expect_holes(&m, "12:8");
    resize(&m, &b, 5, 6); /* also beside a hole */
    expect_holes(&m, "12:8");
    expect_counts(&m, 2, 0, 0);
    resize(&m, &a, 4, 0); /* two A are a hole */
    expect_holes(&m, "4:2 12:8");
    expect_counts(&m, 3, 0, 0);
    resize(&m, &b, 3, 6); /* three A merge with the hole behind */
    expect_holes(&m, "4:2 9:11");
    expect_counts(&m, 4, 1, 0);
    assert_int_equal(lab_model_resize(&m, b, 0).status, LAB_MODEL_BAD_ARGUMENT);
    expect_holes(&m, "4:2 9:11");
}

static void resize_grows_in_place_or_moves(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_FIRST, 30, 0, 31 * A);
    uint32_t a = take(&m, 4, 0), b = take(&m, 6, 4), c = take(&m, 4, 10);
    give(&m, b);
    resize(&m, &a, 7, 0); /* takes three of six: a split, no merge */
    expect_holes(&m, "7:3 14:16");
    expect_counts(&m, 4, 0, 0);
    resize(&m, &a, 9, 0); /* one A would be left: takes all */
    expect_holes(&m, "14:16");
    expect_counts(&m, 4, 0, 0);
    resize(&m, &a, 11, 14); /* moves; its old ten are one hole */
    expect_holes(&m, "0:10 25:5");
    expect_counts(&m, 5, 0, 0);
    assert_int_equal(lab_model_resize(&m, c, 20 * A).status, LAB_MODEL_REFUSED);
    expect_holes(&m, "0:10 25:5");
    resize(&m, &c, 9, 0); /* the old block is in use while a place is sought, then merges with what is left */
    expect_holes(&m, "10:4 25:5");
    expect_counts(&m, 5, 0, 0);
}

/* An aligned payload with a front gap of 0 or at least MIN: at worst the next place further up. */
static void aligned_requests(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_FIRST, 40, 0, 41 * A);
    struct lab_model_result r = lab_model_alloc(&m, 4 * A - HEADER, 2 * A); /* the payload at A is not: at 2 A */
    assert_int_equal(r.payload, 4 * A);                                     /* the gap would be one A: at 4 A */
    expect_holes(&m, "0:3 7:33");
    expect_counts(&m, 2, 0, 0);
    r = lab_model_alloc(&m, 3 * A - HEADER, 8 * A); /* exactly at 8 A, without a gap */
    assert_int_equal(r.payload, 8 * A);
    expect_holes(&m, "0:3 10:30");
    expect_counts(&m, 3, 0, 0);
    r = lab_model_alloc(&m, 0, 1); /* below A it is A */
    assert_int_equal(r.payload, A);
    r = lab_model_alloc(&m, 22 * A - HEADER,
                        16 * A); /* 16 A with a gap of 5, 3 left behind: whole 22 fit, not 23 more */
    assert_int_equal(r.payload, 16 * A);
    expect_holes(&m, "10:5 37:3");
    assert_int_equal(lab_model_alloc(&m, 1, 3).status, LAB_MODEL_BAD_ARGUMENT);
    assert_int_equal(lab_model_alloc(&m, 1, 0).status, LAB_MODEL_BAD_ARGUMENT);
    assert_int_equal(lab_model_alloc(&m, 1, 2 * LAB_MODEL_ALIGN_MAX).status, LAB_MODEL_BAD_ARGUMENT);
    assert_int_equal(lab_model_alloc(&m, 1, LAB_MODEL_ALIGN_MAX).status, LAB_MODEL_REFUSED);
}

/* The policy ranks whole holes among those that can hold an aligned payload. */
static void aligned_requests_rank_whole_holes(void **state)
{
    (void)state;
    struct lab_model m;
    start_with_holes(&m, LAB_MODEL_BEST); /* 0:6 8:9 19:5 26:9 37:5 44:5; a payload at place p lies at (p + 1) * A */
    struct lab_model_result r = lab_model_alloc(&m, 2 * A - HEADER, 16 * A);
    assert_int_equal(r.payload, 48 * A); /* place 47, in 44:5: the smallest that can; 8:9 and 26:9 could, too */
    expect_holes(&m, "0:6 8:9 19:5 26:9 37:5 44:3");
}

/* Other list orders than by address: a hole that has got larger is put in anew. */
static void merged_holes_are_listed_anew(void **state)
{
    (void)state;
    static const char *const lists[] = {
        [LAB_MODEL_SIZE_UP] = "12:4 4:6",
        [LAB_MODEL_SIZE_DOWN] = "4:6 12:4",
        [LAB_MODEL_INSERT_FRONT] = "4:6 12:4",
        [LAB_MODEL_INSERT_BACK] = "12:4 4:6",
    };
    for (size_t order = LAB_MODEL_SIZE_UP; order <= LAB_MODEL_INSERT_BACK; order++) {
        struct lab_model m;
        start(&m, LAB_MODEL_FIRST, 16, 0, 17 * A);
        m.params.order = (enum lab_model_order)order;
        (void)take(&m, 4, 0);
        uint32_t low = take(&m, 3, 4), high = take(&m, 3, 7);
        (void)take(&m, 2, 10); /* leaves 12:4 */
        give(&m, low);
        give(&m, high); /* joins the hole before it */
        expect_holes(&m, lists[order]);
    }
}

static void growth(void **state)
{
    (void)state;
    struct lab_model m;
    start(&m, LAB_MODEL_FIRST, 4096 / A - 1, 4096, 3 * 4096 + 5 * A);
    size_t area = 4096 / A - 1, grain = 4096 / A;
    uint32_t a = take(&m, area - 3, 0);
    (void)take(&m, 4, area - 3); /* one A is missing: a whole grain comes and merges with the three */
    expect_counts(&m, 2, 1, 1);
    assert_int_equal(m.committed, 2 * 4096);
    (void)take(&m, grain - 1, area + 1);
    expect_counts(&m, 2, 1, 1);
    give(&m, a);
    (void)take(&m, grain, area + grain); /* exactly a grain is missing; the last block is in use: nothing merges */
    expect_counts(&m, 2, 1, 2);
    assert_int_equal(m.committed, 3 * 4096);
    assert_int_equal(lab_model_alloc(&m, area * A, 1).status,
                     LAB_MODEL_REFUSED); /* beyond the limit: nothing changes */
    expect_counts(&m, 2, 1, 2);
    assert_int_equal(m.committed, 3 * 4096);
    (void)take(&m, area - 3, 0);
    (void)take(&m, 3, area + 2 * grain); /* near the limit what is left comes */
    assert_int_equal(m.committed, 3 * 4096 + 5 * A);
    expect_counts(&m, 3, 1, 3);
    expect_holes(&m, area + 2 * grain == 767 ? "770:2" : "1538:2");
}

/* In a list by size the last block, grown, goes where its new size belongs before it is split. */
static void growth_lists_the_last_hole_anew(void **state)
{
    (void)state;
    struct lab_model m;
    size_t grain = 4096 / A;
    start(&m, LAB_MODEL_FIRST, grain - 1, 4096, 1 << 20);
    m.params.order = LAB_MODEL_SIZE_UP;
    uint32_t a = take(&m, 5, 0);
    (void)take(&m, grain - 9, 5); /* leaves three */
    give(&m, a);
    char text[32];
    snprintf(text, sizeof text, "%zu:3 0:5", grain - 4);
    expect_holes(&m, text);
    (void)take(&m, 6, grain - 4);
    snprintf(text, sizeof text, "0:5 %zu:%zu", grain + 2, grain - 3);
    expect_holes(&m, text);
}

static void growth_for_an_aligned_request(void **state)
{
    (void)state;
    struct lab_model m;
    size_t grain = 4096 / A;
    start(&m, LAB_MODEL_BEST, grain - 1, 4096, 1 << 20);
    (void)take(&m, grain - 5, 0); /* leaves four at the end: places grain - 5 .. grain - 2 */
    struct lab_model_result r = lab_model_alloc(&m, (grain + 1) * A - HEADER, 4096);
    assert_int_equal(r.payload, 4096);       /* place grain - 1, behind a gap of four */
    assert_int_equal(m.committed, 3 * 4096); /* grain + 1 bytes are missing in A: two grains */
    char text[32];
    snprintf(text, sizeof text, "%zu:4 %zu:%zu", grain - 5, 2 * grain, grain - 1);
    expect_holes(&m, text);
    expect_counts(&m, 3, 1, 1); /* the gap and the rest */
}

/* A resize never grows the region in place; the allocation of its move may. */
static void growth_in_a_resize(void **state)
{
    (void)state;
    struct lab_model m;
    size_t grain = 4096 / A;
    start(&m, LAB_MODEL_FIRST, grain - 1, 4096, 1 << 20);
    uint32_t a = take(&m, grain - 3, 0);
    resize(&m, &a, grain, grain - 3);
    assert_int_equal(m.committed, 2 * 4096);
    expect_counts(&m, 2, 1, 1);
}

/* ---- programs ---- */

/* Over offsets from the lowest payload: here 0, all ones for the refusal, 0 again, and nothing for the rest. */
static void digest_of_a_program(void **state)
{
    (void)state;
    static const struct lab_op ops[] = {
        {.kind = LAB_ALLOC, .slot = 0, .size = 10},
        {.kind = LAB_RESIZE, .slot = 1, .size = SIZE_MAX},
        {.kind = LAB_RESIZE, .slot = 1, .size = 0},
        {.kind = LAB_RESIZE, .slot = 0, .size = 20},
        {.kind = LAB_FREE, .slot = 1},
        {.kind = LAB_FREE, .slot = LAB_NULL_SLOT},
        {.kind = LAB_RESIZE, .slot = 0, .size = 0},
    };
    static const unsigned char bytes[24] = {[8] = 255, 255, 255, 255, 255, 255, 255, 255};
    uint64_t expected = 14695981039346656037u;
    for (size_t i = 0; i < sizeof bytes; i++)
        expected = (expected ^ bytes[i]) * 1099511628211u;
    struct lab_program program = {.ops = ops, .count = sizeof ops / sizeof ops[0], .slots = 2};
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model_params params = lab_model_kfit(LAB_MODEL_FIRST, lab_model_format_here(), 4096, 8192);
    struct lab_model_outcome outcome;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_OK);
    assert_true(outcome.placement == expected);
    assert_int_equal(outcome.refused, 1);
    assert_int_equal(outcome.shape.used_blocks, 0);
    assert_int_equal(outcome.shape.largest_hole, 4096 - A);
    assert_int_equal(arena.used, 0);
}

/* The program's own limit comes before the parameters', and an alignment beyond the machine's numbers is refused. */
static void limit_and_alignment_of_a_program(void **state)
{
    (void)state;
    static const struct lab_op ops[] = {
        {.kind = LAB_ALLOC, .slot = 0, .size = 5000},
        {.kind = LAB_ALIGNED, .slot = 1, .size = 16, .align_log2 = 22},
        {.kind = LAB_ALIGNED, .slot = 1, .size = 16, .align_log2 = 255},
        {.kind = LAB_ALLOC, .slot = 1, .size = 2000},
    };
    struct lab_program program = {.ops = ops, .count = 4, .slots = 2, .heap_limit = 3072};
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model_params params = lab_model_kfit(LAB_MODEL_FIRST, lab_model_format_here(), 4096, 65536);
    struct lab_model_outcome outcome;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_OK);
    assert_int_equal(outcome.refused, 3);
    assert_int_equal(outcome.shape.committed, 3072);
    program.heap_limit = 0;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_OK);
    assert_int_equal(outcome.refused, 2);
    assert_int_equal(outcome.totals.grows, 1);
    assert_int_equal(outcome.shape.committed, 8192);
}

/* The blocks that a program needs at most are there: one in use, two holes, and a move that makes three more. */
static void scratch_suffices(void **state)
{
    (void)state;
    static const struct lab_op ops[] = {
        {.kind = LAB_ALIGNED, .slot = 0, .size = 64, .align_log2 = 10},
        {.kind = LAB_RESIZE, .slot = 0, .size = 9000},
        {.kind = LAB_RESIZE, .slot = 0, .size = 10},
    };
    struct lab_program program = {
        .ops = ops, .count = 3, .slots = 1, .count_of = {[LAB_ALIGNED] = 1, [LAB_RESIZE] = 2}};
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model_params params = lab_model_kfit(LAB_MODEL_FIRST, lab_model_format_here(), 4096, 65536);
    struct lab_model_outcome outcome;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_OK);
    assert_int_equal(outcome.refused, 0);
    assert_int_equal(outcome.shape.used_blocks, 1);
    arena.committed = 64;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_NO_SCRATCH);
    assert_int_equal(arena.used, 0);
}

/* Without coalescing each request may leave a hole, each growth brings one, and an aligned request makes two. */
static void scratch_suffices_without_coalescing(void **state)
{
    (void)state;
    struct lab_op ops[12];
    for (uint32_t i = 0; i < 12; i++)
        ops[i] = (struct lab_op){.kind = LAB_ALLOC, .slot = i, .size = 5000};
    struct lab_program program = {.ops = ops, .count = 12, .slots = 12, .count_of = {[LAB_ALLOC] = 12}};
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model_params params = lab_model_kfit(LAB_MODEL_FIRST, lab_model_format_here(), 4096, 1 << 20);
    struct lab_model_outcome outcome;
    params.coalescing = LAB_MODEL_NEVER;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_OK);
    assert_int_equal(outcome.totals.grows, 12);
    assert_int_equal(outcome.shape.holes, 13);
    assert_int_equal(outcome.totals.merges, 0);
    for (uint32_t i = 0; i < 12; i++)
        ops[i] = (struct lab_op){.kind = LAB_ALIGNED, .slot = i, .size = 64, .align_log2 = 9};
    program.count_of[LAB_ALLOC] = 0;
    program.count_of[LAB_ALIGNED] = 12;
    params = lab_model_kfit(LAB_MODEL_FIRST, lab_model_format_here(), 0, 65536);
    params.coalescing = LAB_MODEL_NEVER;
    assert_int_equal(lab_model_run(&params, &program, &arena, &outcome), LAB_MODEL_OK);
    assert_int_equal(outcome.refused, 0);
    assert_int_equal(outcome.shape.holes, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_sizes),
        cmocka_unit_test(formats),
        cmocka_unit_test(policies_choose),
        cmocka_unit_test(next_fit_goes_on_and_wraps),
        cmocka_unit_test(next_fit_rover),
        cmocka_unit_test(next_fit_rover_at_an_end),
        cmocka_unit_test(free_merges_and_counts),
        cmocka_unit_test(resize_shrinks),
        cmocka_unit_test(resize_grows_in_place_or_moves),
        cmocka_unit_test(aligned_requests),
        cmocka_unit_test(aligned_requests_rank_whole_holes),
        cmocka_unit_test(merged_holes_are_listed_anew),
        cmocka_unit_test(growth),
        cmocka_unit_test(growth_lists_the_last_hole_anew),
        cmocka_unit_test(growth_for_an_aligned_request),
        cmocka_unit_test(growth_in_a_resize),
        cmocka_unit_test(digest_of_a_program),
        cmocka_unit_test(limit_and_alignment_of_a_program),
        cmocka_unit_test(scratch_suffices),
        cmocka_unit_test(scratch_suffices_without_coalescing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
