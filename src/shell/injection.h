/* Failures on purpose: `fail=pmm:nth=3` makes the third call that takes page frames fail, and so on. */
#ifndef SHELL_INJECTION_H
#define SHELL_INJECTION_H

#include <lib/inject.h>

struct sh_context;

enum injection_where {
    INJECTION_NONE,
    INJECTION_PMM,  /* calls of the frame allocator that take or reserve frames */
    INJECTION_VMM,  /* calls that create, grow, map or share a region, or create an address space */
    INJECTION_HEAP, /* allocations of a heap, the moving half of a resize included */
};

/* What an option asks for. */
struct injection_plan {
    enum injection_where where;
    struct inject how;
};

/* What is in force: one counter for each place, of which at most one has a plan. */
struct injection {
    enum injection_where where;
    struct inject pmm, vmm, heap;
};

/* "pmm:nth=3", "heap:every=100". False: not one of these. */
bool injection_parse(const char *text, size_t length, struct injection_plan *plan);

/* Starts counting anew with this plan; INJECTION_NONE ends every failure. */
void injection_arm(struct injection *injection, const struct injection_plan *plan);

/* What to add to a message about a shortage: that it was made on purpose, or nothing. */
const char *injection_hint(const struct injection *injection);

/* Says and records how many calls there were and how many failed; nothing without a plan. */
void injection_report(struct sh_context *c);

#endif
