/* 64-bit division for the i386 kernel: the helpers gcc and clang call by name. The kernels link no libgcc.
 *
 * Three ways, cheapest first, none of which needs a 64-bit division itself:
 *   1. both numbers fit 32 bits: the processor's own division;
 *   2. the divisor fits 16 bits (printing in decimal: 10): long division as on paper, in digits of 16 bits. A remainder
 *      is below the divisor, so remainder and next digit together fit 32 bits;
 *   3. otherwise: long division in binary, from the highest place at which the divisor still fits.
 *
 * The names and meanings are the compilers'. A divisor of 0 is the caller's mistake. Quotients round towards 0, and a
 * remainder has the dividend's sign; INT64_MIN / -1 wraps to INT64_MIN.
 */
#include "assert.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder); /* remainder may be NULL */
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divmoddi4(int64_t dividend, int64_t divisor, int64_t *remainder);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);

static uint64_t divide_by_digits(uint64_t dividend, uint32_t divisor, uint64_t *remainder)
{
    uint64_t quotient = 0;
    uint32_t rest = 0;
    for (int place = 48; place >= 0; place -= 16) {
        uint32_t part = rest << 16 | ((uint32_t)(dividend >> place) & 0xFFFF);
        quotient = quotient << 16 | part / divisor;
        rest = part % divisor;
    }
    *remainder = rest;
    return quotient;
}

static uint64_t divide_by_bits(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
    uint64_t quotient = 0, one = 1;
    while (divisor <= dividend >> 1) {
        divisor <<= 1;
        one <<= 1;
    }
    for (; one > 0; one >>= 1, divisor >>= 1) {
        if (divisor <= dividend) {
            dividend -= divisor;
            quotient |= one;
        }
    }
    *remainder = dividend;
    return quotient;
}

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
    ASSERT(divisor != 0);
    uint64_t quotient, rest;
    if ((dividend | divisor) <= UINT32_MAX) {
        quotient = (uint32_t)dividend / (uint32_t)divisor;
        rest = (uint32_t)dividend % (uint32_t)divisor;
    } else if (divisor <= UINT16_MAX) {
        quotient = divide_by_digits(dividend, (uint32_t)divisor, &rest);
    } else {
        quotient = divide_by_bits(dividend, divisor, &rest);
    }
    if (remainder)
        *remainder = rest;
    return quotient;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor)
{
    return __udivmoddi4(dividend, divisor, NULL);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor)
{
    uint64_t remainder;
    __udivmoddi4(dividend, divisor, &remainder);
    return remainder;
}

/* `magnitude` with the sign asked for. Unsigned negation wraps, so that INT64_MIN is no special case. */
static int64_t with_sign(uint64_t magnitude, bool negative)
{
    return (int64_t)(negative ? 0 - magnitude : magnitude);
}

static uint64_t magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

int64_t __divmoddi4(int64_t dividend, int64_t divisor, int64_t *remainder)
{
    uint64_t rest, quotient = __udivmoddi4(magnitude_of(dividend), magnitude_of(divisor), &rest);
    *remainder = with_sign(rest, dividend < 0);
    return with_sign(quotient, (dividend < 0) != (divisor < 0));
}

int64_t __divdi3(int64_t dividend, int64_t divisor)
{
    int64_t remainder;
    return __divmoddi4(dividend, divisor, &remainder);
}

int64_t __moddi3(int64_t dividend, int64_t divisor)
{
    int64_t remainder;
    __divmoddi4(dividend, divisor, &remainder);
    return remainder;
}
