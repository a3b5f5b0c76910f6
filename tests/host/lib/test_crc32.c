/* CRC-32 against published check values, and against the definition: division by the polynomial, bit by bit. */
#include "support.h"

#include <lib/crc32.h>
#include <string.h>

/* The check values of zlib's crc32 and of the catalogues of such sums. */
static void known_values(void **state)
{
    (void)state;
    static const unsigned char zeros[32],
        ones[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    static const char fox[] = "The quick brown fox jumps over the lazy dog";
    assert_int_equal(crc32(0, "", 0), 0);
    assert_int_equal(crc32(0, NULL, 0), 0);
    assert_int_equal(crc32(0, "a", 1), 0xE8B7BE43);
    assert_int_equal(crc32(0, "abc", 3), 0x352441C2);
    assert_int_equal(crc32(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(crc32(0, fox, strlen(fox)), 0x414FA339);
    assert_int_equal(crc32(0, zeros, sizeof zeros), 0x190A55AD);
    assert_int_equal(crc32(0, ones, sizeof ones), 0xFF6CAB0B);
}

static uint32_t by_definition(const unsigned char *bytes, size_t length)
{
    uint32_t remainder = 0xFFFFFFFF;
    for (size_t bit = 0; bit < 8 * length; bit++) {
        uint32_t out = (remainder ^ (uint32_t)bytes[bit / 8] >> bit % 8) & 1;
        remainder = remainder >> 1 ^ (out ? 0xEDB88320 : 0);
    }
    return ~remainder;
}

static void definition(void **state)
{
    (void)state;
    unsigned char bytes[300];
    uint64_t seed = 1;
    for (size_t length = 0; length <= sizeof bytes; length++) {
        for (size_t i = 0; i < length; i++)
            bytes[i] = (unsigned char)test_random(&seed);
        assert_int_equal(crc32(0, bytes, length), by_definition(bytes, length));
    }
}

static void parts_in_a_row(void **state)
{
    (void)state;
    static const char text[] = "where does the next block go, and what does that choice cost?";
    for (size_t cut = 0; cut < sizeof text; cut++)
        assert_int_equal(crc32(crc32(0, text, cut), text + cut, sizeof text - cut), crc32(0, text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(definition),
        cmocka_unit_test(parts_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
