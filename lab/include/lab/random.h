/* kfit's own random numbers: xoshiro256** seeded by splitmix64 (D. Blackman, S. Vigna, Scrambled linear pseudorandom number
 * generators, 2018). The same numbers on every width, compiler and version: seeds in lecture notes stay valid. */
#ifndef LAB_RANDOM_H
#define LAB_RANDOM_H

#include <stdint.h>

struct lab_random {
    uint64_t state[4];
};

/* Any seed is good. */
void lab_random_seed(struct lab_random *random, uint64_t seed);

/* All 64 bits random. */
uint64_t lab_random_next(struct lab_random *random);

/* Uniform in 0 .. bound - 1; bound above 0. Every value exactly equally likely. */
uint32_t lab_random_below(struct lab_random *random, uint32_t bound);

#endif
