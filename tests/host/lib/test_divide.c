/* The kernel's 64-bit division, under other names, against the build machine's own. */
#include "support.h"

#define __udivmoddi4 kfit_udivmod
#define __udivdi3 kfit_udiv
#define __umoddi3 kfit_umod
#define __divmoddi4 kfit_divmod
#define __divdi3 kfit_div
#define __moddi3 kfit_mod
#define assertion_failed divide_assertion_failed
#include "../../../src/lib/freestanding_divide.c"
#undef assertion_failed

static jmp_buf refused;

_Noreturn void divide_assertion_failed(const char *expression, const char *file, int line)
{
    (void)expression, (void)file, (void)line;
    longjmp(refused, 1);
}

static void check_unsigned(uint64_t n, uint64_t d)
{
    uint64_t remainder = ~n;
    if (kfit_udivmod(n, d, &remainder) != n / d || remainder != n % d)
        fail_msg("%llu / %llu is wrong", (unsigned long long)n, (unsigned long long)d);
    assert_true(kfit_udivmod(n, d, NULL) == n / d && kfit_udiv(n, d) == n / d && kfit_umod(n, d) == n % d);
}

static void check_signed(int64_t n, int64_t d)
{
    int64_t remainder = ~n;
    if (n == INT64_MIN && d == -1)
        return;
    if (kfit_divmod(n, d, &remainder) != n / d || remainder != n % d)
        fail_msg("%lld / %lld is wrong", (long long)n, (long long)d);
    assert_true(kfit_div(n, d) == n / d && kfit_mod(n, d) == n % d);
}

/* A pair of numbers is told to both; the sign is in the top bit. */
static void check(uint64_t n, uint64_t d)
{
    if (d == 0)
        return;
    check_unsigned(n, d);
    check_signed((int64_t)n, (int64_t)d);
}

/* 2^k, its neighbours and its complement: every border between digits, and between the three ways of dividing. */
static void numbers_around_powers_of_two(void **state)
{
    (void)state;
    uint64_t numbers[64 * 6];
    size_t count = 0;
    for (unsigned k = 0; k < 64; k++) {
        uint64_t power = (uint64_t)1 << k;
        for (uint64_t add = 0; add < 3; add++) {
            numbers[count++] = power + add - 1;
            numbers[count++] = ~(power + add - 1);
        }
    }
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            check(numbers[i], numbers[j]);
}

static void small_numbers(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 200; n++)
        for (uint64_t d = 1; d < 200; d++)
            check(n, d), check(0 - n, d), check(n, 0 - d), check(0 - n, 0 - d);
}

/* Random numbers of random widths, and dividends just around a multiple of the divisor. */
static void random_numbers(void **state)
{
    (void)state;
    uint64_t seed = 271828;
    for (unsigned i = 0; i < 300000; i++) {
        uint64_t n = test_random(&seed) >> test_random(&seed) % 64, d = test_random(&seed) >> test_random(&seed) % 64;
        check(n, d);
        if (d > 0) {
            uint64_t multiple = n / d * d;
            check(multiple, d), check(multiple - 1, d), check(multiple + 1, d);
        }
    }
}

static void the_one_quotient_that_does_not_fit_wraps(void **state)
{
    (void)state;
    int64_t remainder = 1;
    assert_true(kfit_divmod(INT64_MIN, -1, &remainder) == INT64_MIN && remainder == 0);
    assert_true(kfit_div(INT64_MIN, -1) == INT64_MIN && kfit_mod(INT64_MIN, -1) == 0);
}

static void division_by_zero_is_an_assertion(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX};
    for (volatile size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (setjmp(refused) == 0) {
            kfit_udiv(numbers[i], 0);
            fail_msg("division by zero went through");
        }
        if (setjmp(refused) == 0) {
            kfit_mod((int64_t)numbers[i], 0);
            fail_msg("remainder by zero went through");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_around_powers_of_two),
        cmocka_unit_test(small_numbers),
        cmocka_unit_test(random_numbers),
        cmocka_unit_test(the_one_quotient_that_does_not_fit_wraps),
        cmocka_unit_test(division_by_zero_is_an_assertion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
