/* Numbers and names as users type them. */
#include <lab/number.h>

#include "cstring.h"

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

/* Shift of a suffix letter, 0 for none. */
static unsigned suffix_shift(char c)
{
    switch (c) {
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return 0;
    }
}

enum lab_number_status lab_parse_number(const char *text, size_t length, bool with_suffix, uint64_t *value)
{
    unsigned base = 10, shift = 0;
    uint64_t sum = 0;
    bool overflows = false;
    if (with_suffix && length > 0 && (shift = suffix_shift(text[length - 1])) != 0)
        length--;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
        length -= 2;
    }
    if (length == 0)
        return LAB_NUMBER_MALFORMED;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)digit_of(text[i]);
        if (digit >= base)
            return LAB_NUMBER_MALFORMED;
        overflows |= sum > (UINT64_MAX - digit) / base;
        sum = sum * base + digit;
    }
    if (overflows || sum > UINT64_MAX >> shift)
        return LAB_NUMBER_OVERFLOW;
    *value = sum << shift;
    return LAB_NUMBER_OK;
}

/* ---- the nearest name ---- */

enum { NAME_MAX = 32 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;
    return d < c ? d : c;
}

/* Letters to insert, remove or replace, or neighbours to swap (optimal string alignment), by rows. Both at most NAME_MAX long. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][NAME_MAX + 1]; /* of the first i letters of a: row i % 3 */
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), above[j] + 1, row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], higher[j - 2] + 1, row[j]);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *lab_nearest(const char *word, size_t length, const char *const *candidates)
{
    const char *nearest = NULL;
    unsigned best = length >= 9 ? 3 : length >= 5 ? 2 : 1;
    if (length > NAME_MAX)
        return NULL;
    for (; *candidates; candidates++) {
        size_t candidate_length = lab_length(*candidates);
        if (candidate_length > NAME_MAX)
            continue;
        unsigned d = distance(word, length, *candidates, candidate_length);
        if (d < best || (d == best && !nearest)) {
            best = d;
            nearest = *candidates;
        }
    }
    return nearest;
}
