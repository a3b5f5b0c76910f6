/* A pool of runs: what the allocators that work in units of many blocks share. A run is one or more whole units.
 *
 *      base                                                                     top       committed
 *       | run, free | run, large block | run, cut up | run, cut up | run, free | too short |
 *
 *      each run:  | size, kind | size of the run below | two words by kind | ... |
 *                   ^ at a multiple of the unit from base
 *
 * A policy cuts some runs up into small blocks of one size, in its own way; the others are large blocks, one in each,
 * or free. What remains above the last whole unit is free too, but no run until growth completes it.
 *
 * Finding the run of a payload takes no search: its payload lies at most one unit behind the end of the run's header,
 * so subtracting the header and rounding down to a unit arrives at it. The small blocks of a run of several units would
 * break that, so runs that are cut up are of one unit; a large block with an alignment begins in the unit before its
 * payload.
 *
 * Everything freed: R4 makes it one run, of which one large block takes all units, but for runs a policy keeps cut up.
 *
 * Source: P.-H. Kamp, Malloc(3) revisited, 1998: runs of pages, the lowest free one first, pages cut into chunks of one
 * size. What stands there in a directory of pages stands here in front of each run.
 *
 * Invariants (checked by runs_walk and runs_check):
 *   R1  runs tile [0, top); sizes are multiples of the unit
 *   R2  each run knows the size of the one below it, 0 for the first; `last` is the highest
 *   R3  the list holds exactly the free runs, ascending by address, linked both ways
 *   R4  no two free runs touch
 *   R5  a large block's payload lies from RUN_HEADER on, less than a unit further, at a multiple of A; its run says
 *       twice where
 */
#ifndef ALLOC_RUNS_H
#define ALLOC_RUNS_H

#include <alloc/heap_ops.h>

enum run_kind {
    RUN_FREE = 0,
    RUN_LARGE = 1, /* one block in use */
    RUN_CUT = 2,   /* small blocks, laid out by the policy */
    RUN_KINDS = 3, /* bits of `size` that hold the kind */
};

struct run {
    size_t size;  /* whole bytes, header included; the kind in the low bits */
    size_t below; /* size of the run below; 0: this is the first */
    union {
        struct run *next; /* free: list of the pool. Cut up: the policy's own */
        size_t lead;      /* large: bytes from here to the payload */
    };
    union {
        struct run *prev;
        size_t lead_again; /* large: the same, for R5 */
    };
};

#define RUN_HEADER sizeof(struct run)

/* The unit is the value of the policy's option of that number, and any multiple of RUN_UNIT_MIN. */
enum { RUNS_OPTION_UNIT = 1 };

#define RUN_UNIT_MIN ((size_t)512)
#define RUN_UNIT_MAX ((size_t)65536)

_Static_assert(RUN_HEADER == 2 * HEAP_ALIGN, "a payload behind the header is aligned");

/* Must be the first member of the policy's state. */
struct runs {
    size_t top; /* offset where whole units end */
    struct run *first_free, *last_free;
    struct run *last; /* the highest run; NULL: there is none */
};

static inline size_t run_size(const struct run *r)
{
    return r->size & ~(size_t)RUN_KINDS;
}

static inline enum run_kind run_kind(const struct run *r)
{
    return (enum run_kind)(r->size & RUN_KINDS);
}

/* Sets the pool over h->committed bytes. */
void runs_init(struct heap *h);

/* The region has grown by `added` bytes. */
void runs_extend(struct heap *h, size_t added);

/* A run of one unit, to be cut up: the low end of the free run with the lowest address, which is a probe. NULL: no free run. A
 * search that tells says so before, with runs_tell_unit. */
struct run *runs_take_unit(struct heap *h);

static inline void runs_tell_unit(struct heap *h, bool tells)
{
    const struct run *r = ((const struct runs *)heap_state_const(h))->first_free;
    if (r)
        heap_tell_look(h, tells, heap_block_look(r, run_size(r), HEAP_TAKEN));
}

/* Gives a run back and joins it with free neighbours. */
void runs_give(struct heap *h, struct run *r);

/* A large block in the free run with the lowest address that can hold it; its payload, or NULL. The other one tells. */
void *runs_take_large(struct heap *h, size_t bytes, size_t align);
void *runs_take_large_told(struct heap *h, size_t bytes, size_t align);

/* The large block in r keeps its payload and now holds at least `bytes`; false and nothing changed if it cannot. */
bool runs_resize_large(struct heap *h, struct run *r, size_t bytes);

/* What need() of heap_ops.h asks for: for a large block, and for one unit. */
size_t runs_need_large(const struct heap *h, size_t bytes, size_t align);
size_t runs_need_unit(const struct heap *h);

/* Size of the run for a large block of A's alignment; 0 if that does not fit a size_t. */
size_t runs_large_size(const struct heap *h, size_t bytes);

/* The run in which ptr, any address, must lie if it is a payload. NULL: no believable run there, or a free one, or a
 * large block with its payload elsewhere. */
struct run *runs_find(const struct heap *h, const void *ptr);

/* What a policy says of the block at ptr, in run r that it has cut up: its whole size, and the bytes of it before the payload.
 * False if nothing in use can be believed to be there. */
typedef bool runs_block_fn(const struct heap *h, const struct run *r, const void *ptr, size_t *size, size_t *front);

/* usable, granted and resize of heap_ops.h for both kinds of block. A block in a run that is cut up stays as long as it is large
 * enough; it cannot grow into its neighbour. Inline, so that each policy has its own. */
static inline bool runs_block_at(const struct heap *h, const void *ptr, runs_block_fn *in_cut, size_t *size,
                                 size_t *front)
{
    const struct run *r = runs_find(h, ptr);
    if (!r || run_kind(r) != RUN_LARGE)
        return r && in_cut(h, r, ptr, size, front);
    *size = run_size(r);
    *front = r->lead;
    return true;
}

static inline size_t runs_usable(const struct heap *h, const void *ptr, runs_block_fn *in_cut)
{
    size_t size, front;
    return runs_block_at(h, ptr, in_cut, &size, &front) ? size - front : 0;
}

static inline size_t runs_granted(const struct heap *h, const void *ptr, runs_block_fn *in_cut)
{
    size_t size, front;
    return runs_block_at(h, ptr, in_cut, &size, &front) ? size : 0;
}

static inline bool runs_resize(struct heap *h, const void *ptr, size_t bytes, runs_block_fn *in_cut)
{
    struct run *r = runs_find(h, ptr);
    if (r && run_kind(r) == RUN_LARGE)
        return runs_resize_large(h, r, bytes);
    return bytes <= runs_usable(h, ptr, in_cut);
}

/* A free that is refused: sets the fault, and the status that goes with it. With a start table it is not the pointer
 * that is wrong, but the structure. */
struct heap_freed runs_refuse(struct heap *h, enum heap_fault_class class, const void *ptr);

/* A walk under way: the policy hands out the extents of a run that is cut up through runs_visit. */
struct runs_walk {
    heap_visit_fn *visit;
    void *context;
    bool is_stopped; /* the visitor wants no more */
};

/* Hands an extent to the visitor, unless it is empty or the visitor has had enough. Returns whether to go on. */
bool runs_visit(struct runs_walk *w, enum heap_extent_kind kind, size_t offset, size_t size);

/* The extents of a run that is cut up, in order. False after heap_blame(). */
typedef bool runs_walk_fn(struct heap *h, const struct run *r, struct runs_walk *w);

bool runs_walk(struct heap *h, heap_visit_fn *visit, void *context, runs_walk_fn *walk_cut);

/* The free runs in the order of their list, which is sound. */
void runs_list(const struct heap *h, struct runs_walk *w);

/* The list of free runs and what taking from it relies on. False after heap_blame(). */
bool runs_check_free(struct heap *h);

/* Whether run r, found by runs_find, is beside no run that only looks free. False after heap_blame(). */
bool runs_check_beside(struct heap *h, const struct run *r);

/* The pool's own structure. The walk has passed. False after heap_blame(). */
bool runs_check(struct heap *h);

/* For loops over all runs of a sound pool: the lowest, and the one above r; NULL: none. */
struct run *runs_first(const struct heap *h);
struct run *runs_above(const struct heap *h, const struct run *r);

#endif
