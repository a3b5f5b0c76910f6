/* The generator: published outputs, and draws without a bias. */
#include <lab/random.h>

#include "support.h"

/* splitmix64 from 1234567, as its users publish it; the seeding takes its first four outputs. */
static void seeding(void **state)
{
    (void)state;
    struct lab_random random;
    lab_random_seed(&random, 1234567);
    assert_int_equal(random.state[0], 6457827717110365317u);
    assert_int_equal(random.state[1], 3203168211198807973u);
    assert_int_equal(random.state[2], 9817491932198370423u);
    assert_int_equal(random.state[3], 4593380528125082431u);
}

/* xoshiro256** from the state 1, 2, 3, 4. */
static void published_outputs(void **state)
{
    (void)state;
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    struct lab_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(lab_random_next(&random), expected[i]);
}

/* Printed in lecture notes: these may never change. */
static void numbers_of_seed_one(void **state)
{
    (void)state;
    static const uint32_t expected[] = {702, 520, 574, 391, 697, 143, 71, 381};
    struct lab_random random;
    lab_random_seed(&random, 1);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(lab_random_below(&random, 1000), expected[i]);
}

static void every_seed_is_good(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0, 1, UINT64_MAX, (uint64_t)1 << 32};
    for (size_t i = 0; i < 4; i++) {
        struct lab_random a, b;
        uint64_t ones = 0;
        lab_random_seed(&a, seeds[i]);
        lab_random_seed(&b, seeds[i]);
        for (int n = 0; n < 1000; n++) {
            uint64_t value = lab_random_next(&a);
            assert_int_equal(value, lab_random_next(&b));
            for (; value; value &= value - 1)
                ones++;
        }
        assert_in_range(ones, 31500, 32500);
    }
}

static void draws_stay_below(void **state)
{
    (void)state;
    static const uint32_t bounds[] = {1, 2, 3, 1000, 0x80000000u, 0x80000001u, UINT32_MAX};
    struct lab_random random;
    lab_random_seed(&random, 7);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        for (int n = 0; n < 2000; n++)
            assert_true(lab_random_below(&random, bounds[i]) < bounds[i]);
    }
}

/* With three quarters of 2^32 as the bound, taking remainders or high halves alone would make one third of the values twice as
 * likely as the rest: a half of the draws would fall there. */
static void draws_are_even(void **state)
{
    (void)state;
    struct lab_random random;
    size_t of_rest[3] = {0}, in_third[3] = {0};
    lab_random_seed(&random, 11);
    for (int n = 0; n < 60000; n++) {
        uint32_t value = lab_random_below(&random, 0xC0000000u);
        of_rest[value % 3]++;
        in_third[value / 0x40000000u]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(of_rest[i], 19400, 20600);
        assert_in_range(in_third[i], 19400, 20600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeding),
        cmocka_unit_test(published_outputs),
        cmocka_unit_test(numbers_of_seed_one),
        cmocka_unit_test(every_seed_is_good),
        cmocka_unit_test(draws_stay_below),
        cmocka_unit_test(draws_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
