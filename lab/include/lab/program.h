/* A program: the list of heap operations of one run, the same for every allocator.
 *
 * Traces, workloads and scenarios all become a program before anything runs, so that each allocator gets the same
 * operations whatever it refuses. IDs are renumbered to slots: small numbers, reused after a free.
 */
#ifndef LAB_PROGRAM_H
#define LAB_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <lab/expect.h>

enum lab_op_kind {
    LAB_ALLOC,                           /* a ID SIZE */
    LAB_ALIGNED,                         /* m ID SIZE ALIGN */
    LAB_RESIZE,                          /* r ID SIZE; size 0 frees; on an empty slot it allocates */
    LAB_FREE,                            /* f ID; on an empty slot, and on LAB_NULL_SLOT, it does nothing */
    LAB_OP_KINDS
};

#define LAB_NULL_SLOT UINT32_MAX         /* f -1: the null pointer */

struct lab_op {
    size_t size;                         /* bytes asked for; SIZE_MAX for what no machine of this width can hold */
    uint32_t slot;
    uint8_t kind;                        /* enum lab_op_kind */
    uint8_t align_log2;                  /* LAB_ALIGNED only */
};

/* What must hold when operations [0, after) are done; refused ones are done, too. */
struct lab_due {
    size_t after;
    struct lab_expect expect;
};

struct lab_program {
    const struct lab_op *ops;            /* owned by the arena it was made in */
    size_t count;
    uint32_t slots;                      /* every slot is below this */
    size_t count_of[LAB_OP_KINDS];       /* operations of each kind */
    size_t heap_limit;                   /* most bytes the heap may reach, where the program fixes it; 0: the user's choice */
    const struct lab_due *due;           /* ascending by `after`; may be NULL */
    size_t due_count;
};

#endif
