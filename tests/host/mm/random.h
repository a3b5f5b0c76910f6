/* Random tests of the memory core: choices from a seed, and a requirement that names the seed when it fails. */
#ifndef TESTS_MM_RANDOM_H
#define TESTS_MM_RANDOM_H

#include "support.h"

static uint64_t run_seed;   /* of the run under way, for the report */
static uint64_t run_random; /* the generator's state */

static inline void run_begin(uint64_t seed)
{
    run_seed = run_random = seed;
}

/* 0 .. limit - 1 */
static inline size_t random_below(size_t limit)
{
    return (size_t)(test_random(&run_random) % limit);
}

static inline void run_require(bool holds, const char *expression, int line)
{
    if (!holds)
        fail_msg("seed %llu, line %d: %s", (unsigned long long)run_seed, line, expression);
}

#define REQUIRE(expression) run_require((expression), #expression, __LINE__)

#endif
