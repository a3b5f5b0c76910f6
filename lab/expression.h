/* Inside lab/: the numbers of a script, worked out while it is read.
 *
 *      sum     = product { (+ | -) product }
 *      product = primary { (* | / | %) primary }
 *      primary = NUMBER | VARIABLE | CONSTANT | random(sum, sum) | (sum)
 *
 * All of it is unsigned and exact: what does not fit 64 bits, falls below 0 or divides by 0 is an error.
 */
#ifndef LAB_EXPRESSION_H
#define LAB_EXPRESSION_H

#include <lab/script.h>

#include "scan.h"

/* A loop's variable. Without a name: the loop has none. */
struct variable {
    struct word name;
    uint64_t value;
};

/* What an expression may name. */
struct terms {
    struct variable variables[LAB_LOOPS_MAX];
    unsigned variable_count;
    size_t unit; /* bytes; 0: none is named */
    struct lab_random *random;
};

/* The names of the constants, ended by NULL. */
extern const char *const expression_constants[];

/* Takes the longest expression off the statement. False after filling the error. */
bool expression_read(struct scan *scan, struct terms *terms, uint64_t *value);

#endif
