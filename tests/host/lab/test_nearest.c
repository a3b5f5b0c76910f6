/* The nearest name, held against a distance told by its definition; and every digit there is. */
#include <string.h>

#include <lab/number.h>

#include "support.h"

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* From the definition, for short words: the last letters stay, or one edit was made at the end. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
    if (n == 0 || m == 0)
        return (unsigned)(n + m);
    if (a[n - 1] == b[m - 1])
        return distance(a, n - 1, b, m - 1);
    unsigned best =
        1 + smaller(distance(a, n - 1, b, m - 1), smaller(distance(a, n - 1, b, m), distance(a, n, b, m - 1)));
    if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1])
        best = smaller(best, 1 + distance(a, n - 2, b, m - 2));
    return best;
}

/* As number.h says it. */
static unsigned most_edits(size_t length)
{
    return length <= 4 ? 1 : length <= 8 ? 2 : 3;
}

static const char *nearest_of(const char *word, size_t length, const char *const *names)
{
    const char *nearest = NULL;
    unsigned best = most_edits(length) + 1;
    for (size_t i = 0; names[i]; i++) {
        unsigned d = distance(word, length, names[i], strlen(names[i]));
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

enum { ROUNDS = 4000, NAMES = 4, LETTERS = 10 };

static size_t random_word(uint64_t *random, char *word)
{
    size_t length = (size_t)(test_random(random) % LETTERS) + 1;
    for (size_t i = 0; i < length; i++)
        word[i] = (char)('a' + test_random(random) % 3);
    word[length] = '\0';
    return length;
}

/* Some edits of a word, so that near names are common. */
static void random_edits(uint64_t *random, char *word)
{
    for (uint64_t edits = test_random(random) % 9; edits > 0; edits--) {
        size_t length = strlen(word), at = (size_t)(test_random(random) % (length + 1));
        if (test_random(random) % 2 && at < length)
            memmove(word + at, word + at + 1, length - at); /* the NUL moves too */
        else if (length < LETTERS) {
            memmove(word + at + 1, word + at, length - at + 1);
            word[at] = (char)('a' + test_random(random) % 3);
        }
    }
}

static void random_words(void **state)
{
    (void)state;
    uint64_t random = 5;
    size_t near = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char word[LETTERS + 1], spelled[NAMES][LETTERS + 1];
        const char *names[NAMES + 1] = {NULL};
        size_t length = random_word(&random, word);
        for (size_t i = 0; i < NAMES; i++) {
            memcpy(spelled[i], word, sizeof word);
            random_edits(&random, spelled[i]);
            names[i] = spelled[i];
        }
        const char *expected = nearest_of(word, length, names);
        if (lab_nearest(word, length, names) != expected)
            fail_msg("round %d: '%s' is nearest to %s", round, word, expected ? expected : "none");
        near += expected != NULL;
    }
    assert_in_range(near, ROUNDS / 2, ROUNDS - ROUNDS / 20);
}

/* The lengths where one edit more is forgiven, and the longest words looked at. */
static void as_many_edits_as_promised(void **state)
{
    (void)state;
    static const char name[] = "abcdefghijklmnopqrstuvwxyz012345"; /* 32 */
    for (size_t length = 1; length <= 33; length++) {
        for (unsigned edits = 0; edits <= 4 && edits < length; edits++) {
            char word[34], candidate[34] = "";
            const char *const names[] = {candidate, NULL};
            memset(word, 'y', sizeof word);
            memcpy(word, name, length < 32 ? length : 32);
            memcpy(candidate, word, length);
            memset(word, '#', edits);
            const char *expected = length <= 32 && edits <= most_edits(length) ? candidate : NULL;
            if (lab_nearest(word, length, names) != expected)
                fail_msg("%u edits in %zu letters", edits, length);
        }
    }
}

static void too_long_a_name_is_passed_over(void **state)
{
    (void)state;
    static const char *const names[] = {"a-name-of-more-than-thirty-two-letters", "a-name-of-more-than-thirty-two-l",
                                        NULL};
    assert_ptr_equal(lab_nearest("a-name-of-more-than-thirty-two-x", 32, names), names[1]);
}

static void every_byte_as_a_digit(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int byte = 0; byte < 256; byte++) {
        char hex[] = {'0', 'x', (char)byte};
        const char *found = byte ? strchr(digits, byte) : NULL;
        uint64_t value = 99, expected = found ? (uint64_t)(found - digits) : 99;
        if (expected >= 16 && expected != 99)
            expected -= 6;
        enum lab_number_status status = lab_parse_number(hex, 3, false, &value);
        assert_int_equal(status, found ? LAB_NUMBER_OK : LAB_NUMBER_MALFORMED);
        assert_int_equal(value, expected);
        status = lab_parse_number(&hex[2], 1, true, &value);
        assert_int_equal(status, found && expected < 10 ? LAB_NUMBER_OK : LAB_NUMBER_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_words),
        cmocka_unit_test(as_many_edits_as_promised),
        cmocka_unit_test(too_long_a_name_is_passed_over),
        cmocka_unit_test(every_byte_as_a_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
