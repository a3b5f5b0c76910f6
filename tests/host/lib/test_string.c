/* The kernels' memcpy and its kin, under other names, against the plainest possible loops. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define memcpy kfit_memcpy
#define memmove kfit_memmove
#define memset kfit_memset
#define memcmp kfit_memcmp
#define strlen kfit_strlen
#define strcmp kfit_strcmp
#include "../../../src/lib/freestanding_string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp

enum { MOST = 80, SHIFTS = 2 * WORD, AREA = MOST + 2 * SHIFTS };

static void fill(unsigned char *bytes, size_t count, uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)test_random(&seed);
}

/* Every length, every pair of alignments; what lies around the target stays. */
static void memcpy_copies_exactly(void **state)
{
    (void)state;
    unsigned char from[AREA], to[AREA], expected[AREA];
    for (size_t a = 0; a < SHIFTS; a++) {
        for (size_t b = 0; b < SHIFTS; b++) {
            for (size_t bytes = 0; bytes <= MOST; bytes++) {
                fill(from, AREA, bytes);
                fill(to, AREA, bytes + 1000);
                memcpy(expected, to, AREA);
                for (size_t i = 0; i < bytes; i++)
                    expected[b + i] = from[a + i];
                assert_ptr_equal(kfit_memcpy(to + b, from + a, bytes), to + b);
                assert_memory_equal(to, expected, AREA);
            }
        }
    }
}

/* Every distance between source and target, up and down, overlapping and not. */
static void memmove_survives_every_overlap(void **state)
{
    (void)state;
    enum { ROOM = 3 * MOST };
    unsigned char area[ROOM], expected[ROOM], before[ROOM];
    for (size_t from = MOST; from < MOST + SHIFTS; from++) {
        for (size_t to = 0; to <= 2 * MOST; to++) {
            for (size_t bytes = 0; bytes <= MOST && from + bytes <= ROOM; bytes += bytes < 2 * FOUR ? 1 : 7) {
                fill(before, ROOM, to);
                memcpy(area, before, ROOM);
                memcpy(expected, before, ROOM);
                for (size_t i = 0; i < bytes; i++)
                    expected[to + i] = before[from + i];
                assert_ptr_equal(kfit_memmove(area + to, area + from, bytes), area + to);
                assert_memory_equal(area, expected, ROOM);
            }
        }
    }
}

static void memset_fills_exactly(void **state)
{
    (void)state;
    static const int values[] = {0, 1, 0x7F, 0x80, 0xA5, 0xFF, -1, 0x1A5};
    unsigned char area[AREA], expected[AREA];
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        for (size_t at = 0; at < SHIFTS; at++) {
            for (size_t bytes = 0; bytes <= MOST; bytes++) {
                fill(area, AREA, bytes);
                memcpy(expected, area, AREA);
                for (size_t i = 0; i < bytes; i++)
                    expected[at + i] = (unsigned char)values[v];
                assert_ptr_equal(kfit_memset(area + at, values[v], bytes), area + at);
                assert_memory_equal(area, expected, AREA);
            }
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* The first byte that differs decides, as an unsigned number, whatever comes behind. */
static void memcmp_finds_the_first_difference(void **state)
{
    (void)state;
    unsigned char a[AREA], b[AREA];
    for (size_t shift = 0; shift < SHIFTS; shift++) {
        for (size_t bytes = 0; bytes <= MOST; bytes++) {
            fill(a, AREA, bytes);
            memcpy(b + shift, a, bytes);
            assert_int_equal(kfit_memcmp(a, b + shift, bytes), 0);
            for (size_t at = 0; at < bytes; at++) {
                b[shift + at] ^= 0x80;
                if (at + 1 < bytes)
                    b[shift + bytes - 1] = (unsigned char)~a[bytes - 1];
                int expected = a[at] > b[shift + at] ? 1 : -1;
                assert_int_equal(sign(kfit_memcmp(a, b + shift, bytes)), expected);
                assert_int_equal(sign(kfit_memcmp(b + shift, a, bytes)), -expected);
                assert_int_equal(kfit_memcmp(a, b + shift, at), 0);
                memcpy(b + shift, a, bytes);
            }
        }
    }
}

/* Heap blocks of the exact size: the sanitizer sees a word read or written across their ends. */
static void nothing_outside_is_touched(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes <= MOST; bytes++) {
        unsigned char *a = malloc(bytes), *b = malloc(bytes);
        kfit_memset(a, 7, bytes);
        kfit_memcpy(b, a, bytes);
        assert_int_equal(kfit_memcmp(a, b, bytes), 0);
        kfit_memmove(b, b + 1, bytes - 1);
        kfit_memmove(b + 1, b, bytes - 1);
        a[bytes - 1] = '\0';
        assert_int_equal(kfit_strlen((char *)a), bytes - 1);
        assert_int_equal(kfit_strcmp((char *)a, (char *)a), 0);
        free(a);
        free(b);
    }
}

static void strings_compare_as_unsigned_bytes(void **state)
{
    (void)state;
    static const char *const ascending[] = {"", "\x01", "a", "aa", "ab", "b", "\x7F", "\x80", "\xFF", "\xFF\x01"};
    size_t count = sizeof ascending / sizeof *ascending;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(kfit_strlen(ascending[i]), strlen(ascending[i]));
        for (size_t j = 0; j < count; j++)
            assert_int_equal(sign(kfit_strcmp(ascending[i], ascending[j])), i < j ? -1 : i > j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memcpy_copies_exactly),      cmocka_unit_test(memmove_survives_every_overlap),
        cmocka_unit_test(memset_fills_exactly),       cmocka_unit_test(memcmp_finds_the_first_difference),
        cmocka_unit_test(nothing_outside_is_touched), cmocka_unit_test(strings_compare_as_unsigned_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
