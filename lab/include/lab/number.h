/* Numbers and names as users type them. */
#ifndef LAB_NUMBER_H
#define LAB_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lab_number_status {
    LAB_NUMBER_OK = 0,
    LAB_NUMBER_MALFORMED,                /* not a number: "", "-1", "0x", "12z" */
    LAB_NUMBER_OVERFLOW,                 /* above 2^64 - 1 */
};

/* The whole of text[0 .. length): decimal or 0x hexadecimal, with `with_suffix` one of K, M, G (either case) behind it for
 * 2^10, 2^20, 2^30. *value is set for LAB_NUMBER_OK alone. */
enum lab_number_status lab_parse_number(const char *text, size_t length, bool with_suffix, uint64_t *value);

/* The candidate nearest to `word`, the first among equals: fewest letters to insert, remove or replace or neighbours to
 * swap, at most 1 in a word of up to 4 letters, 2 up to 8, 3 beyond. NULL if none is near. `candidates` ends with NULL. */
const char *lab_nearest(const char *word, size_t length, const char *const *candidates);

#endif
