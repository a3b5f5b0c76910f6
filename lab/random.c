/* xoshiro256** and its seeding. */
#include <lab/random.h>

void lab_random_seed(struct lab_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        seed += 0x9E3779B97F4A7C15;
        uint64_t z = seed;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        random->state[i] = z ^ z >> 31;
    }
}

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

uint64_t lab_random_next(struct lab_random *random)
{
    uint64_t *s = random->state, result = rotate_left(s[1] * 5, 7) * 9, shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* D. Lemire, Fast random integer generation in an interval, 2019: the high half of a product, with the few values thrown away
 * that would make some results likelier. */
uint32_t lab_random_below(struct lab_random *random, uint32_t bound)
{
    uint32_t unfair = -bound % bound;
    for (;;) {
        uint64_t product = (lab_random_next(random) >> 32) * bound;
        if ((uint32_t)product >= unfair)
            return (uint32_t)(product >> 32);
    }
}
