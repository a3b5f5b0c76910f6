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

/* The common beginning, then the requests. */
static bool make_series(struct lab_arena *arena, struct lab_program *program, const size_t *requests, uint32_t count)
{
    static const size_t beginning[] = {500, 1, 700, 1, 650, 1, 900};
    enum { BLOCKS = sizeof beginning / sizeof *beginning };
    struct builder b;
    if (!builder_start(&b, arena, program, BLOCKS + (BLOCKS + 1) / 2 + count, BLOCKS + count))
        return false;
    for (uint32_t i = 0; i < BLOCKS; i++)
        builder_alloc(&b, i, units(beginning[i]));
    for (uint32_t i = 0; i < BLOCKS; i += 2)
        builder_free(&b, i);
    for (uint32_t i = 0; i < count; i++)
        builder_alloc(&b, BLOCKS + i, units(requests[i]));
    program->heap_limit = SERIES_UNITS * UNIT + HEAP_ALIGN;
    return true;
}

static void expect(struct lab_program *program, const struct lab_expectation *expectations, size_t count)
{
    program->expectations = expectations;
    program->expectation_count = count;
}

static bool make_first_wins(struct lab_arena *arena, struct lab_program *program)
{
    static const size_t requests[] = {600, 650, 900, 500, 100};
    static const struct lab_expectation expected[] = {{"first-fit", 0}, {"best-fit", 1}};
    if (!make_series(arena, program, requests, 5))
        return false;
    expect(program, expected, 2);
    return true;
}

static bool make_best_wins(struct lab_arena *arena, struct lab_program *program)
{
    static const size_t requests[] = {600, 500, 700, 900};
    static const struct lab_expectation expected[] = {{"first-fit", 1}, {"best-fit", 0}};
    if (!make_series(arena, program, requests, 4))
        return false;
    expect(program, expected, 2);
    return true;
}

/* A block that stays, then short-lived boxes one after the other: 240,000 bytes asked for, never 200 live. */
static bool make_long_lived(struct lab_arena *arena, struct lab_program *program)
{
    static const struct lab_expectation expected[] = {{"first-fit", 0}, {"best-fit", 0}};
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
    expect(program, expected, 2);
    return true;
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
    {"long-lived", "one block that stays among thousands that go: what kills a bump heap",
     "A heap of 32 KiB. One block of 64 bytes stays; 2,000 boxes of 120 bytes come and go, one at a time.\n"
     "Never more than 184 bytes are live.",
     make_long_lived},
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
