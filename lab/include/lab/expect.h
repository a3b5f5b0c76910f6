/* What must come of a heap at some point of a script: `expect refused = 1 under best-fit`. See docs/scenarios.md. */
#ifndef LAB_EXPECT_H
#define LAB_EXPECT_H

#include <alloc/heap.h>
#include <lab/text.h>

enum lab_quantity {
    /* of the heap as it is now; bytes where not said otherwise */
    LAB_Q_REFUSED, /* requests refused so far */
    LAB_Q_HEAP,    /* H, committed */
    LAB_Q_USED,    /* U */
    LAB_Q_FREE,    /* F */
    LAB_Q_LARGEST, /* L */
    LAB_Q_META,    /* M */
    LAB_Q_HOLES,   /* n */
    LAB_Q_BLOCKS,  /* used blocks */
    LAB_Q_ORPHANS, /* used blocks between two holes */
    LAB_Q_LIVE,    /* P, requested and not freed */
    LAB_Q_SPLITS,  /* counted from the heap's start, like the next four */
    LAB_Q_MERGES,
    LAB_Q_GROWS,
    LAB_Q_PROBES,
    LAB_Q_LOOKED, /* probes of the last operation */
    LAB_Q_AT,     /* offset of a block's payload from the region's base */
    LAB_Q_SIZE,   /* usable bytes of a block */
    /* of the memory under it, since the heap was opened; 0 on the host */
    LAB_Q_FAULTS,    /* page faults served in the region */
    LAB_Q_ZERO_HITS, /* of them, answered by the zero page */
    LAB_Q_COW,       /* of them, first writes to a page it had answered for */
    LAB_Q_FRAMES,    /* page frames behind the region, without its page tables */
    /* of the step before */
    LAB_Q_FAULT,  /* what the heap found wrong: an enum heap_fault_class */
    LAB_Q_STATUS, /* a command's: 0 for success */
    LAB_Q_HIGH,   /* an adversary's: the end of the highest block it was ever given, from the region's base */
    LAB_Q_BOUND,  /* the bytes that no allocator can do with less of against it */
    LAB_QUANTITIES
};

/* Names as they are written, "refused" first; ended by NULL. */
extern const char *const lab_quantity_names[];

enum lab_relation { LAB_EQUAL, LAB_NOT_EQUAL, LAB_LESS, LAB_LESS_EQUAL, LAB_GREATER, LAB_GREATER_EQUAL };

/* Whether it is of a block: `at a`, `size a`. */
static inline bool lab_quantity_has_block(enum lab_quantity quantity)
{
    return quantity == LAB_Q_AT || quantity == LAB_Q_SIZE;
}

struct lab_expect {
    enum lab_quantity quantity;
    enum lab_relation relation;
    bool is_bound;  /* it is held against LAB_Q_BOUND; `value` is 0 */
    uint32_t block; /* LAB_Q_AT, LAB_Q_SIZE: which; else 0 */
    uint64_t value;
    const char *under;   /* the allocators it is said of, separated by commas, or "all"; in the script's text */
    size_t under_length; /* 0: the script's own */
    uint32_t line;       /* of the file */
};

struct lab_memory;

/* What an expectation is held against. */
struct lab_view {
    struct heap *heap;
    size_t refused, live;
    enum heap_fault_class fault;
    unsigned status;
    uint64_t high, bound;
    const struct lab_memory *memory; /* lab/run.h */
    const void *context;
    /* The payload of a block; NULL: it is not live. */
    const void *(*payload)(const void *context, uint32_t block);
};

/* Whether it is said of this allocator. `is_own`: the allocator and options are the script's own; `is_plain`: its options are
 * at their defaults, which is what the names of `under` mean. */
bool lab_expect_concerns(const struct lab_expect *expect, const char *policy, bool is_own, bool is_plain);

/* Whether it holds; *found: what the quantity is. A block that is not live is nowhere, and a damaged heap has no shape: then
 * *found is UINT64_MAX, and nothing holds of it but that it is not equal. The heap is walked, its fault forgotten. */
bool lab_expect_holds(const struct lab_expect *expect, const struct lab_view *view, uint64_t *found);

/* "refused = 1", "at b = 0x40", "fault = double free", without a line's end. `block_name` is the block's, or NULL. */
void lab_expect_print(const struct lab_sink *sink, const struct lab_expect *expect, const char *block_name);

/* A quantity's value as it is written there: an offset in hexadecimal, a fault by its name, "nothing" for UINT64_MAX. */
void lab_quantity_print(const struct lab_sink *sink, enum lab_quantity quantity, uint64_t value);

#endif
