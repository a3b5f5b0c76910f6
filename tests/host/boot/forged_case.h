/* One forged boot information block, and what must come of it. */
#ifndef TESTS_BOOT_FORGED_CASE_H
#define TESTS_BOOT_FORGED_CASE_H

#include <boot/multiboot2.h>

struct forged_case {
    const char *name, *recipe; /* what is wrong, in words of its own; see forge.h */
    enum mb2_status status;
    const char *reads; /* a part of the line describe() makes of what was read; NULL: nothing is to be used */
};

#endif
