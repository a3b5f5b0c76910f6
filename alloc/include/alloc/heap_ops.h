/* The table of operations behind a heap: the page for those who write an allocator.
 *
 * One allocator is one file in alloc/policy/. `my-fit.c` there defines
 *
 *     const struct heap_ops heap_policy_my_fit = { .name = "my-fit", .summary = "...", ... };
 *
 * and the build does the rest: registry, GRUB menu, tests and the lists in kfit come from the folder.
 *
 * What the front-end (heap.c) guarantees to a policy:
 *   - `align` is a power of two, HEAP_ALIGN <= align <= HEAP_REGION_ALIGN;
 *   - `ptr` is never NULL, is HEAP_ALIGN-aligned and lies in [base, base + committed); from harden 1 on it is also
 *     the start of a live block. At harden 0 a policy validates its own header before it believes it;
 *   - `bytes` may be anything from 0 to SIZE_MAX: size arithmetic belongs through heap_round_up() and its kin below;
 *   - a refused operation must leave the heap as it was. (A policy that merges holes late may have merged some.)
 */
#ifndef ALLOC_HEAP_OPS_H
#define ALLOC_HEAP_OPS_H

#include <alloc/heap.h>

/* One option of a policy, given as alloc=NAME:key=value. */
struct heap_option {
    const char *key;           /* NULL ends the table */
    const char *help;          /* one line: what it does, its unit */
    size_t min, max, fallback; /* range, and the value when it is not given */
    size_t multiple;           /* the value must be a multiple of this, which is not 0; 1: any */
    const char *const *words; /* NULL: a number. Else the words that stand for 0, 1, ... max, ended by NULL; min is 0 */
};

/* What a free gave back. */
struct heap_freed {
    enum heap_status status; /* HEAP_OK, HEAP_BAD_POINTER or HEAP_CORRUPT (then nothing changed) */
    size_t granted;          /* whole block returned to the heap, header included; 0 if it stays in use, as
                                            in a bump heap */
};

struct heap_ops {
    const char *name;    /* the word on the command line; the file's name without .c */
    const char *summary; /* one line, at most 60 characters */
    const char *
        rule; /* which place it takes, in at most 56 characters: "the lowest hole that is large enough"; NULL: the summary says it */
    const char *sizing;     /* how a request becomes a block's size: at most 64 characters; NULL: untold */
    const char *source;     /* citation: where the algorithm is published */
    const char *complexity; /* cost bound of alloc and free, e.g. "alloc O(holes), free O(1)" */
    const char *family;     /* heading above it and its like in comparisons, e.g. "a list of holes"; NULL: none */
    unsigned rung;          /* place in lists and menus: the teaching order, ascending */
    size_t state_bytes;     /* size of its state in struct heap */
    const struct heap_option *options; /* its own options, ended by key NULL; NULL if it has none */

    /* Lays out an empty heap over h->committed bytes, at least `fixed` of them. May lower h->reserved to what it can make
     * use of, not below h->committed. */
    enum heap_status (*init)(struct heap *h);
    /* A payload of `bytes` at a multiple of `align`, or NULL. Never grows. After heap_blame() and NULL the region is not
     * grown either. */
    void *(*alloc)(struct heap *h, size_t bytes, size_t align);
    /* Gives a block back. */
    struct heap_freed (*free)(struct heap *h, void *ptr);
    /* Optional (may be NULL): true if the block at ptr now holds at least `bytes` bytes where it stands; false and
     * nothing changed otherwise. */
    bool (*resize)(struct heap *h, void *ptr, size_t bytes);
    /* How many bytes the region must gain, at least, for alloc(bytes, align) to succeed when it has just failed;
     * SIZE_MAX if no growth can help. A testable promise: after extend() by that many (rounded up to HEAP_ALIGN) alloc
     * succeeds, and by HEAP_ALIGN less it does not. */
    size_t (*need)(const struct heap *h, size_t bytes, size_t align);
    /* The region has grown: h->committed already includes the `added` bytes, a multiple of HEAP_ALIGN and at least what
     * need() answered. */
    void (*extend)(struct heap *h, size_t added);
    /* Payload bytes at ptr, a live block. 0 if the header there cannot be believed. */
    size_t (*usable)(const struct heap *h, const void *ptr);
    /* Whole size of the live block at ptr, header included; 0 where the policy keeps no record. */
    size_t (*granted)(const struct heap *h, const void *ptr);
    /* Visits extents that tile [0, committed). False: the blocks do not tile (then h's fault may be set through
     * heap_blame); a walk that the visitor ended is true. Must end on any content of the region. */
    bool (*walk)(struct heap *h, heap_visit_fn *visit, void *context);
    /* Optional: visits the holes, as the walk shows them and each once, in the order of the policy's own structure, which alloc
     * follows. check_free has passed; without one, false if the structure is damaged (then h's fault may be set through
     * heap_blame). Ended by the visitor it is true. Must end on any content, and change nothing. NULL: the policy has no order
     * of its own, and the walk's is as good. */
    bool (*list)(struct heap *h, heap_visit_fn *visit, void *context);
    /* The free structure by itself: every list, bitmap or table through which alloc finds a place, and what growth relies on at
     * the region's end. False after heap_blame(). Must end on any content of the region and of the state, and change nothing;
     * nothing has been checked before. O(holes) at most. NULL: the policy has none. Once it has passed, no single damaged word
     * may lead alloc, free or resize outside the region. */
    bool (*check_free)(struct heap *h);
    /* From harden 2 on, before free and resize: whether the block at ptr, a live block's start, and those beside it are such that
     * they can be joined, cut and taken out of lists. False after heap_blame(). Must end on any content, and change nothing;
     * check_free has passed. NULL: free and resize judge all they rely on themselves. */
    bool (*check_beside)(struct heap *h, const void *ptr);
    /* The policy's own invariants. False after heap_blame(). The walk has passed already. */
    bool (*check)(struct heap *h);
    /* Block size for a request, header included, under the heap's options; 0 if none can hold it. */
    size_t (*block_size)(const struct heap *h, size_t bytes);
    /* Which place it takes, in a few words, where the heap's options make it another one than `rule` says. NULL: they do not. */
    const char *(*rule_of)(const struct heap *h);
    /* Offset from base of the lowest payload address it can ever return, and the bytes fixed in the region, which are
     * both constants of the policy, whatever its options say. */
    size_t origin, fixed;
};

/* Every policy in alloc/policy/, by rung; ended by NULL. Generated by the build. */
extern const struct heap_ops *const heap_policies[];

/* The policy of that name, or NULL. */
const struct heap_ops *heap_policy_find(const char *name);

/* Fills values[HEAP_OPTIONS_MAX], as far as the policy declares options, with what they are when nobody gives any. */
static inline void heap_default_options(const struct heap_ops *ops, size_t *values)
{
    for (size_t i = 0; ops->options && ops->options[i].key; i++)
        values[i] = ops->options[i].fallback;
}

/* Which place the policy takes with its default options, in a few words. */
static inline const char *heap_rule(const struct heap_ops *ops)
{
    return ops->rule ? ops->rule : ops->summary;
}

/* Which place this heap takes. */
static inline const char *heap_rule_of(const struct heap *h)
{
    return h->ops->rule_of ? h->ops->rule_of(h) : heap_rule(h->ops);
}

/* Whether they all are so. */
static inline bool heap_has_default_options(const struct heap_ops *ops, const size_t *values)
{
    size_t i = 0;
    while (ops->options && ops->options[i].key && values[i] == ops->options[i].fallback)
        i++;
    return !ops->options || !ops->options[i].key;
}

/* ---- for use inside policies ---- */

/* The policy's state: `struct x *s = heap_state(h);`. Zeroed before init. */
static inline void *heap_state(struct heap *h)
{
    return h->state;
}

static inline const void *heap_state_const(const struct heap *h)
{
    return h->state;
}

/* The counters a policy reports itself. Called where the thing happens, once each. A search that tells what it looks at calls
 * heap_note_look instead of heap_note_probe. */
static inline void heap_note_probe(struct heap *h)
{
    h->counters.probes_now++;
}

static inline void heap_note_split(struct heap *h)
{
    h->counters.splits++;
}

static inline void heap_note_merge(struct heap *h)
{
    h->counters.merges++;
}

/* ---- telling what a search looks at ---- */

/* ALLOC_NEVER_TOLD makes the library that the cost of listening is measured against: in it nobody can listen. */
#ifdef ALLOC_NEVER_TOLD
enum { HEAP_CAN_BE_TOLD = 0 };
#else
enum { HEAP_CAN_BE_TOLD = 1 };
#endif

/* Whether somebody listens. A policy may simply say heap_note_look(h, heap_is_told(h), ...) for each place it looks at. So that a
 * search pays nothing when nobody listens, it is written once, with `tells` as a last parameter, and used twice:
 *
 *     HEAP_TWICE void *take(struct heap *h, size_t bytes, size_t align, bool tells)      the algorithm
 *     HEAP_APART void *my_alloc_told(...)    { return take(h, bytes, align, true); }
 *     static void *my_alloc(...)             { return heap_is_told(h) ? my_alloc_told(...) : take(h, bytes, align, false); }
 *
 * Then one branch is all that is left of listening. (Not compared with NULL: of a pointer that equals it the compiler makes the NULL
 * that the search answers later, and keeps it in a register till then.) */
static inline bool heap_is_told(const struct heap *h)
{
    return HEAP_CAN_BE_TOLD && __builtin_expect_with_probability((uintptr_t)h->listener > 1, 0, 1.0);
}

/* HEAP_TWICE: inline in both uses, whatever the compiler makes of their size (but where a build counts what tests reach: there each
 * is to count once). HEAP_APART: never inline, out of the way of the silent one. */
#ifndef HEAP_TWICE
#define HEAP_TWICE static inline __attribute__((always_inline))
#endif
#define HEAP_APART static __attribute__((noinline, cold, unused))

/* Tells what the search thinks of a place; `tells` only if heap_is_told(h). The place is a probe already, or above a frontier. */
static inline void heap_tell_look(struct heap *h, bool tells, struct heap_look look)
{
    if (tells)
        h->listener->look(h->listener->context, h, &look);
}

/* Both: a place is looked at, which is a probe, and the search tells what it thinks of it. */
static inline void heap_note_look(struct heap *h, bool tells, struct heap_look look)
{
    heap_note_probe(h);
    heap_tell_look(h, tells, look);
}

/* What is said of a block. */
static inline struct heap_look heap_block_look(const void *block, size_t size, enum heap_verdict verdict)
{
    return (struct heap_look){HEAP_PLACE_BLOCK, verdict, block, size, size};
}

/* Of a class, of blocks from `size` to `most` bytes: `taken` is the block taken from its list, NULL: it is empty. */
static inline struct heap_look heap_class_look(const void *taken, size_t size, size_t most)
{
    return (struct heap_look){HEAP_PLACE_CLASS, taken ? HEAP_TAKEN : HEAP_NONE_THERE, taken, size, most};
}

/* The verdict on a hole or rest of that size that does not hold a request whose whole block has `wanted` bytes; 0: no block can. */
static inline enum heap_verdict heap_why_not(size_t size, size_t wanted)
{
    return wanted == 0 || size < wanted ? HEAP_TOO_SMALL : HEAP_MISALIGNED;
}

/* What is said of the rest above a frontier, an offset: whether the request, `wanted` as above, fits. */
static inline struct heap_look heap_frontier_look(const struct heap *h, size_t frontier, bool fits, size_t wanted)
{
    size_t rest = h->committed - frontier;
    enum heap_verdict verdict = fits ? HEAP_TAKEN : heap_why_not(rest, wanted);
    return (struct heap_look){HEAP_PLACE_FRONTIER, verdict, h->base + frontier, rest, rest};
}

/* ---- blame ---- */

/* Records what is wrong and where; the first finding of an operation stays. Returns false, so that a check can say
 * `return heap_blame(...)`. */
bool heap_blame(struct heap *h, enum heap_fault_class class, const void *address);

/* Assertions are for the programmer's mistakes. The hook is the one symbol besides the mem* functions that this library
 * leaves undefined: the kernel panics in it, a host program aborts. It does not return. */
_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line);

#define HEAP_ASSERT(expression) ((expression) ? (void)0 : heap_assertion_failed(#expression, __FILE__, __LINE__))

/* ---- checked size arithmetic: the only place where sizes are rounded or added ---- */

/* *sum = a + b; false if that does not fit. */
static inline bool heap_add(size_t a, size_t b, size_t *sum)
{
    *sum = a + b;
    return *sum >= a;
}

/* *rounded = size rounded up to a multiple of the power of two `align`; false if that does not fit. */
static inline bool heap_round_up(size_t size, size_t align, size_t *rounded)
{
    *rounded = (size + (align - 1)) & ~(align - 1);
    return *rounded >= size;
}

/* The same for a `multiple` that need not be a power of two (not 0). Divides: for growth and start-up only. */
static inline bool heap_round_up_to(size_t size, size_t multiple, size_t *rounded)
{
    size_t over = size % multiple;
    return heap_add(size, over ? multiple - over : 0, rounded);
}

/* Bytes from `address` up to the next multiple of the power of two `align`: 0 .. align - 1. Never wraps. */
static inline size_t heap_align_gap(uintptr_t address, size_t align)
{
    return (size_t)(-address & (align - 1));
}

static inline bool heap_is_aligned(uintptr_t value, size_t align)
{
    return (value & (align - 1)) == 0;
}

#endif
