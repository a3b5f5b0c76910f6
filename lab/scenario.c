/* The scenarios: short programs with a point.
 *
 * first-wins and best-wins use the two request series that OpenDSA publishes for its memory-management chapter. One of their units
 * is 32 bytes of whole block here, so that every block and every remainder is at least the smallest block on both widths, and
 * addresses divided by 32 are those of the published runs. The heap may not grow beyond the series' own 2753 units.
 *
 *      after the common beginning    |  500 | | 700    | | 650   | |  900      |
 *                                     hole   ^  hole    ^  hole   ^   hole        ^ used, one unit each
 */
#include <lab/workload.h>

#include "builder.h"
#include "cstring.h"

#define UNIT ((size_t)32)
#define SERIES_UNITS ((size_t)2753)

static size_t units(size_t count)
{
    return count * UNIT - sizeof(size_t); /* payload of a block of that many units: one header word less */
}

enum { BEGINNING_BLOCKS = 7, BEGINNING_OPS = BEGINNING_BLOCKS + (BEGINNING_BLOCKS + 1) / 2 };

/* The common beginning, with room for `ops` more operations on `slots` more blocks. */
static bool make_beginning(struct builder *b, struct lab_arena *arena, struct lab_program *program, size_t ops,
                           uint32_t slots)
{
    static const size_t beginning[BEGINNING_BLOCKS] = {500, 1, 700, 1, 650, 1, 900};
    if (!builder_start(b, arena, program, BEGINNING_OPS + ops, BEGINNING_BLOCKS + slots))
        return false;
    for (uint32_t i = 0; i < BEGINNING_BLOCKS; i++)
        builder_alloc(b, i, units(beginning[i]));
    for (uint32_t i = 0; i < BEGINNING_BLOCKS; i += 2)
        builder_free(b, i);
    program->heap_limit = SERIES_UNITS * UNIT + HEAP_ALIGN;
    return true;
}

/* The common beginning, then the requests. */
static bool make_series(struct lab_arena *arena, struct lab_program *program, const size_t *requests, uint32_t count)
{
    struct builder b;
    if (!make_beginning(&b, arena, program, count, count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        builder_alloc(&b, BEGINNING_BLOCKS + i, units(requests[i]));
    return true;
}

/* What must come of it under one policy. */
struct promise {
    const char *policy;
    uint32_t refused; /* exactly so many requests */
};

/* The promises are due at the end. */
static bool expect(struct lab_arena *arena, struct lab_program *program, const struct promise *promises, size_t count)
{
    struct lab_due *due = lab_arena_take(arena, count, sizeof *due);
    for (size_t i = 0; due && i < count; i++) {
        due[i] = (struct lab_due){.after = program->count,
                                  .expect = {.quantity = LAB_Q_REFUSED, .value = promises[i].refused}};
        due[i].expect.under = promises[i].policy;
        due[i].expect.under_length = lab_length(promises[i].policy);
    }
    program->due = due;
    program->due_count = due ? count : 0;
    return due != NULL;
}

static bool make_first_wins(struct lab_arena *arena, struct lab_program *program)
{
    static const size_t requests[] = {600, 650, 900, 500, 100};
    static const struct promise expected[] = {{"first-fit", 0}, {"best-fit", 1}};
    if (!make_series(arena, program, requests, 5))
        return false;
    return expect(arena, program, expected, 2);
}

static bool make_best_wins(struct lab_arena *arena, struct lab_program *program)
{
    static const size_t requests[] = {600, 500, 700, 900};
    static const struct promise expected[] = {{"first-fit", 1}, {"best-fit", 0}};
    if (!make_series(arena, program, requests, 4))
        return false;
    return expect(arena, program, expected, 2);
}

static bool make_worst_loses(struct lab_arena *arena, struct lab_program *program)
{
    static const size_t requests[] = {500, 650, 700};
    static const struct promise expected[] = {{"worst-fit", 1}, {"first-fit", 0}, {"best-fit", 0}};
    if (!make_series(arena, program, requests, 3))
        return false;
    return expect(arena, program, expected, 3);
}

/* Four times a large block that goes and a small one that stays, then the request. */
static bool make_next_roams(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"next-fit", 1}, {"first-fit", 0}, {"best-fit", 0}};
    enum { ROUNDS = 4, GOES = 400, STAYS = 10, REQUEST = 700 };
    const uint32_t going = BEGINNING_BLOCKS, staying = BEGINNING_BLOCKS + 1;
    struct builder b;
    if (!make_beginning(&b, arena, program, 3 * ROUNDS + 1, ROUNDS + 2))
        return false;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        builder_alloc(&b, going, units(GOES));
        builder_alloc(&b, staying + i, units(STAYS));
        builder_free(&b, going);
    }
    builder_alloc(&b, staying + ROUNDS, units(REQUEST));
    return expect(arena, program, expected, 3);
}

/* A block that stays, then short-lived boxes one after the other: 240,000 bytes asked for, never 200 live. */
static bool make_long_lived(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"first-fit", 0}, {"best-fit", 0}};
    enum { BOXES = 2000, BOX = 120, STAYS = 64, LIMIT = 32768 };
    struct builder b;
    if (!builder_start(&b, arena, program, 1 + 2 * BOXES, 2))
        return false;
    builder_alloc(&b, 0, STAYS);
    for (int i = 0; i < BOXES; i++) {
        builder_alloc(&b, 1, BOX);
        builder_free(&b, 1);
    }
    program->heap_limit = LIMIT;
    return expect(arena, program, expected, 2);
}

/* Blocks of one size between small ones that stay: all of them go, and are asked for again. 5,000 bytes lie inside a class of sizes
 * at both widths: 4,992 to 5,119 of whole block. */
static bool make_good_misses(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"tlsf", 8}, {"first-fit", 0}, {"best-fit", 0}};
    enum { BLOCKS = 8, BLOCK = 5000, STAYS = 24, LIMIT = 45056 };
    struct builder b;
    if (!builder_start(&b, arena, program, 4 * BLOCKS, 3 * BLOCKS))
        return false;
    for (uint32_t i = 0; i < BLOCKS; i++) {
        builder_alloc(&b, i, BLOCK);
        builder_alloc(&b, BLOCKS + i, STAYS);
    }
    for (uint32_t i = 0; i < BLOCKS; i++)
        builder_free(&b, i);
    for (uint32_t i = 0; i < BLOCKS; i++)
        builder_alloc(&b, 2 * BLOCKS + i, BLOCK);
    program->heap_limit = LIMIT;
    return expect(arena, program, expected, 3);
}

/* Small blocks come and all go; then larger ones are asked for, one at a time. */
static bool make_all_free(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"reuse", 4}, {"first-fit", 0}, {"first-fit-walk", 0}};
    enum { BOXES = 240, BOX = 120, LARGER = 4, LIMIT = 32768 };
    struct builder b;
    if (!builder_start(&b, arena, program, 2 * BOXES + 2 * LARGER, BOXES))
        return false;
    for (uint32_t i = 0; i < BOXES; i++)
        builder_alloc(&b, i, BOX);
    for (uint32_t i = 0; i < BOXES; i++)
        builder_free(&b, i);
    for (uint32_t i = 1; i <= LARGER; i++) {
        builder_alloc(&b, 0, i * LIMIT / 5);
        builder_free(&b, 0);
    }
    program->heap_limit = LIMIT;
    return expect(arena, program, expected, 3);
}

/* Boxes that stay, then one after the other that comes and goes behind them. */
static bool make_crowd(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"first-fit-walk", 0}, {"first-fit", 0}, {"best-fit", 0}};
    enum { STAYING = 1000, COMING = 1000, BOX = 56 };
    struct builder b;
    if (!builder_start(&b, arena, program, STAYING + 2 * COMING, STAYING + 1))
        return false;
    for (uint32_t i = 0; i < STAYING; i++)
        builder_alloc(&b, i, BOX);
    for (uint32_t i = 0; i < COMING; i++) {
        builder_alloc(&b, STAYING, BOX);
        builder_free(&b, STAYING);
    }
    program->heap_limit = (size_t)1 << 20;
    return expect(arena, program, expected, 3);
}

/* A heap of 16 KiB, filled with 128 blocks of 100 bytes, of which every `keep`th stays (0: none); then the requests. */
static bool make_refill(struct lab_arena *arena, struct lab_program *program, uint32_t keep, uint32_t requests,
                        size_t size)
{
    enum { BLOCKS = 128, BLOCK = 100, LIMIT = 16384 };
    struct builder b;
    if (!builder_start(&b, arena, program, 2 * BLOCKS + requests, BLOCKS + requests))
        return false;
    for (uint32_t i = 0; i < BLOCKS; i++)
        builder_alloc(&b, i, BLOCK);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        if (keep == 0 || i % keep != 0)
            builder_free(&b, i);
    }
    for (uint32_t i = 0; i < requests; i++)
        builder_alloc(&b, BLOCKS + i, size);
    program->heap_limit = LIMIT;
    return true;
}

static bool make_phases(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"segregated", 60}, {"slab", 0}, {"first-fit", 0}};
    if (!make_refill(arena, program, 0, 60, 200))
        return false;
    return expect(arena, program, expected, 3);
}

static bool make_survivors(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"slab", 16}, {"segregated", 16}, {"first-fit", 0}};
    if (!make_refill(arena, program, 8, 16, 600))
        return false;
    return expect(arena, program, expected, 3);
}

/* Requests one byte above a power of two: 2,049 in 32 KiB, where 15 of them fit. */
static bool make_doubling(struct lab_arena *arena, struct lab_program *program)
{
    static const struct promise expected[] = {{"buddy", 8}, {"first-fit", 0}, {"best-fit", 0}};
    enum { BLOCKS = 15, BLOCK = 2049, LIMIT = 32768 };
    struct builder b;
    if (!builder_start(&b, arena, program, BLOCKS, BLOCKS))
        return false;
    for (uint32_t i = 0; i < BLOCKS; i++)
        builder_alloc(&b, i, BLOCK);
    program->heap_limit = LIMIT;
    return expect(arena, program, expected, 3);
}

const struct lab_scenario lab_scenarios[] = {
    {"first-wins", "a series of requests that first-fit serves whole and best-fit does not",
     "Four holes of 500, 700, 650 and 900 units, kept apart by one used unit each (a unit is 32 bytes).\n"
     "Then 600, 650, 900, 500 and 100 units are asked for. Taking the closest fit leaves two remainders\n"
     "of 50 units: together enough for the last request, each too small.",
     make_first_wins},
    {"best-wins", "a series of requests that best-fit serves whole and first-fit does not",
     "Four holes of 500, 700, 650 and 900 units, kept apart by one used unit each (a unit is 32 bytes).\n"
     "Then 600, 500, 700 and 900 units are asked for. Taking the lowest hole each time cuts into the 900\n"
     "that the last request needs whole.",
     make_best_wins},
    {"worst-loses", "a series of requests that worst-fit does not serve whole",
     "Four holes of 500, 700, 650 and 900 units, kept apart by one used unit each (a unit is 32 bytes).\n"
     "Then 500, 650 and 700 units are asked for. Taking the largest hole each time cuts into 900, then\n"
     "into 700; what is left of them is large, and not large enough.",
     make_worst_loses},
    {"next-roams", "small blocks that next-fit leaves all over the region",
     "Four holes of 500, 700, 650 and 900 units, kept apart by one used unit each (a unit is 32 bytes).\n"
     "Four times a block of 400 units comes and goes, and one of 10 stays. Going on from where the last\n"
     "search ended puts a small one into each hole: none is left for 700 units.",
     make_next_roams},
    {"long-lived", "one block that stays among thousands that go: what kills a bump heap",
     "A heap of 32 KiB. One block of 64 bytes stays; 2,000 boxes of 120 bytes come and go, one at a time.\n"
     "Never more than 184 bytes are live.",
     make_long_lived},
    {"good-misses", "holes of just the right size that a good fit by classes does not look at",
     "A heap of 44 KiB. Eight blocks of 5,000 bytes, kept apart by small ones that stay, go; eight of the\n"
     "same size are asked for. Two-level segregated fit looks only into classes where every hole is large\n"
     "enough, and begins above the one that holds all eight: each request is refused.",
     make_good_misses},
    {"all-free", "everything is free, and a heap that never merges finds no place",
     "A heap of 32 KiB. 240 boxes of 120 bytes come and all go. Then blocks of 6,553 to 26,214 bytes are\n"
     "asked for, one at a time. Freed blocks that stay as they are can only serve such boxes again.",
     make_all_free},
    {"crowd", "a thousand blocks that stay: what a walk over all blocks costs",
     "1,000 boxes of 56 bytes stay. Another 1,000 come and go behind them, one at a time. A list of the\n"
     "holes has one entry to look at; a walk over the blocks steps over all that stay, each time.",
     make_crowd},
    {"phases", "blocks of one size go, another size is asked for: what defeats size classes",
     "A heap of 16 KiB. 128 blocks of 100 bytes fill it and go, every one. Then 60 blocks of 200 bytes are\n"
     "asked for. A size class that never gives a chunk back keeps an empty heap full.",
     make_phases},
    {"survivors", "every eighth block stays, then larger ones are asked for: what defeats slabs",
     "A heap of 16 KiB. 128 blocks of 100 bytes fill it; every eighth stays, one in each slab. Then 16 of\n"
     "600 bytes are asked for. Seven eighths are free, and each slab is held by one object.",
     make_survivors},
    {"doubling", "requests one byte above a power of two: what defeats a buddy heap",
     "A heap of 32 KiB. 15 blocks of 2,049 bytes are asked for, none is freed. A heap that rounds to\n"
     "powers of two gives each of them 4,096: half of every block is empty, and nobody can have it.",
     make_doubling},
    {NULL, NULL, NULL, NULL},
};

const struct lab_scenario *lab_scenario_find(const char *name, size_t length)
{
    for (const struct lab_scenario *s = lab_scenarios; s->name; s++) {
        if (lab_matches(s->name, name, length))
            return s;
    }
    return NULL;
}
