/* Fault injection: which calls of one kind fail on purpose, so that what happens then can be seen and tested. */
#ifndef LIB_INJECT_H
#define LIB_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Owned by whoever plans the failures; the counted code is given a pointer, NULL for none. Calls count from 1. */
struct inject {
    uint64_t nth;   /* this call fails; 0: none */
    uint64_t every; /* each call whose number is a multiple of it fails; 0: none */
    uint64_t from;  /* this call and all behind it fail; 0: none */
    uint64_t calls, failed;
};

/* Counts one call. True: it is to fail as if memory had run out. Any context that the counted code may be called in. */
static inline bool inject_hits(struct inject *inject)
{
    if (!inject)
        return false;
    uint64_t call = ++inject->calls;
    bool is_hit =
        call == inject->nth || (inject->every && call % inject->every == 0) || (inject->from && call >= inject->from);
    inject->failed += is_hit;
    return is_hit;
}

#endif
