/* The reference model: placement by the rules of docs/block-format.md on abstract addresses, an executable specification.
 *
 * No memory lies behind its addresses: what a heap keeps in headers, tags and links is kept aside here, in an array of
 * blocks. It is the oracle of the tests (lab_model_kfit: our heaps, at either width) and the classroom's simulator
 * (lab_model_ostep: the well-known simulator of the OSTEP book); everything between the two is a choice of parameters.
 *
 * Context: pure computation on the caller's memory; no function here locks, prints or allocates beyond the arena that
 * lab_model_init was given. Sizes and addresses are bytes; a block's size includes its header.
 */
#ifndef LAB_MODEL_H
#define LAB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lab/arena.h>
#include <lab/program.h>

/* Which of the holes that can hold a request is taken. Ties go to the first in list order. */
enum lab_model_policy {
    LAB_MODEL_FIRST, /* the first in list order */
    LAB_MODEL_BEST,  /* the smallest */
    LAB_MODEL_WORST, /* the largest */
    LAB_MODEL_NEXT,  /* the first from where the last block handed out ends, wrapping once; list by address only */
};

/* The order of the free list: where a hole that has just become free is put, or has just joined one that did. What remains
 * of a split hole keeps its place, but in LAB_MODEL_BY_SIZE. The OSTEP simulator's two orders by size sort the whole list again
 * (stably) when a hole is put in; LAB_MODEL_BY_SIZE, our heaps', is sorted at all times. */
enum lab_model_order {
    LAB_MODEL_BY_ADDRESS,
    LAB_MODEL_SIZE_UP,
    LAB_MODEL_SIZE_DOWN,
    LAB_MODEL_INSERT_FRONT,
    LAB_MODEL_INSERT_BACK,
    LAB_MODEL_BY_SIZE, /* ascending, equal sizes by address */
};

/* When touching holes become one. */
enum lab_model_coalescing {
    LAB_MODEL_NEVER,     /* not even growth joins a free last block */
    LAB_MODEL_LIST_PASS, /* after a free, in one pass over the list: an entry joins the one before it that ends where it
                            starts. So only list neighbours merge, and the list is not sorted again */
    LAB_MODEL_AT_ONCE,   /* a freed block merges with both its neighbours by address, then is put into the list */
    LAB_MODEL_DEFERRED, /* when no entry can hold a request: in one pass over the blocks, from the lowest up, all holes that
                            touch become one, which is put into the list anew; then the search is repeated. Growth joins a
                            free last block */
};

/* How a request of n bytes becomes the size of a block. */
enum lab_model_rounding {
    LAB_MODEL_ROUND_REQUEST, /* round_up(n, align) + header; addresses are not aligned */
    LAB_MODEL_ROUND_BLOCK,   /* round_up(n + header, align); payload addresses are multiples of align, a power of two */
};

struct lab_model_params {
    enum lab_model_policy policy;
    enum lab_model_order order;
    enum lab_model_coalescing coalescing;
    enum lab_model_rounding rounding;
    size_t base;        /* address of the region's first byte */
    size_t initial;     /* bytes of the region at the start */
    size_t limit;       /* most bytes it may reach; at least `initial` */
    size_t grain;       /* it grows by multiples of this, near the limit by what is left; 0: never */
    size_t header;      /* bytes of a block before its payload */
    size_t align;       /* at least 1 */
    size_t min;         /* smallest block; also the smallest front gap of an aligned request, 0 excepted */
    size_t split_min;   /* smallest remainder that becomes a hole: at least 1 */
    size_t lead, trail; /* bytes fixed at the region's start and (moving with it) at its end */
};

/* What differs between the widths of our block format. */
struct lab_model_format {
    size_t header, align, min;
};

extern const struct lab_model_format lab_model_format_32; /* i386: 4, 8, 16 */
extern const struct lab_model_format lab_model_format_64; /* x86_64: 8, 16, 32 */

/* The format of the machine this is compiled for. */
const struct lab_model_format *lab_model_format_here(void);

/* The OSTEP simulator's defaults: 100 bytes at address 1000, best fit, list by address, no header, no alignment, no
 * coalescing, never grows. Its options are fields: -p policy, -l order, -C coalescing (LAB_MODEL_LIST_PASS), -b base,
 * -S initial and limit, -H header, -a align. */
struct lab_model_params lab_model_ostep(void);

/* Our fit family: a region at address 0 that starts with one grain and grows by multiples of `grain`, a multiple of the
 * format's alignment, up to `limit` bytes; where less is left, by that. Grain 0: of `limit` bytes from the start. */
struct lab_model_params lab_model_kfit(enum lab_model_policy policy, const struct lab_model_format *format,
                                       size_t grain, size_t limit);

#define LAB_MODEL_NO_BLOCK UINT32_MAX

enum lab_model_status {
    LAB_MODEL_OK = 0,
    LAB_MODEL_REFUSED, /* no hole, and no growth, can hold it; nothing has changed (LAB_MODEL_DEFERRED: but holes may
                               have been joined) */
    LAB_MODEL_BAD_ARGUMENT, /* an alignment that is none, resize to 0, parameters that contradict each other */
    LAB_MODEL_BAD_BLOCK,    /* the handle is no block in use; nothing has changed */
    LAB_MODEL_NO_SCRATCH,   /* no room for more blocks (or in the arena); nothing has changed */
};

/* Counted over a model's life. */
struct lab_model_totals {
    uint64_t searched;       /* entries of the free list looked at */
    uint64_t splits, merges; /* as docs/block-format.md defines them */
    uint64_t grows;
};

/* A block in the model's own books. A handle is its index: good from the operation that returned it until the block
 * is freed or moved; then it may become another block's. */
struct lab_model_block {
    size_t address, size;
    uint32_t before, after; /* neighbours in address order, or LAB_MODEL_NO_BLOCK */
    bool is_used;
};

/* Owned by the caller, its arrays by the arena. To be read, not written. */
struct lab_model {
    struct lab_model_params params;
    size_t committed;               /* bytes of the region now */
    struct lab_model_block *blocks; /* `capacity` of them, in no order */
    uint32_t capacity, spare_count;
    uint32_t spare;       /* the unused ones, chained by `after` */
    uint32_t first, last; /* in address order, or LAB_MODEL_NO_BLOCK */
    uint32_t *holes;      /* the free list, in list order: the blocks that are not in use */
    size_t hole_count;
    size_t rover; /* where next fit begins: a block's address, or the end of the last block */
    struct lab_model_totals totals;
};

/* The hole at place `at` of the free list, from 0 to hole_count - 1. */
static inline const struct lab_model_block *lab_model_hole(const struct lab_model *m, size_t at)
{
    return &m->blocks[m->holes[at]];
}

/* What one operation did. */
struct lab_model_result {
    enum lab_model_status status;
    uint32_t block;                /* alloc, resize: handle of the block now; LAB_MODEL_NO_BLOCK unless LAB_MODEL_OK */
    size_t address, payload;       /* alloc, resize: of the block, and header bytes further; 0 unless LAB_MODEL_OK */
    struct lab_model_totals added; /* by this operation; searched: the whole list for best and worst fit and for a
                                      refused request, the position reached for first and next fit */
};

/* An empty heap. Room for `capacity` blocks, used and free together, is taken from `arena`: with LAB_MODEL_AT_ONCE
 * 2 * (most live blocks) + 4 suffice, else 4 and one for each request, one more for each that is aligned or may grow the
 * region. LAB_MODEL_BAD_ARGUMENT, LAB_MODEL_NO_SCRATCH: the model is not usable. */
enum lab_model_status lab_model_init(struct lab_model *m, const struct lab_model_params *params,
                                     struct lab_arena *arena, uint32_t capacity);

#define LAB_MODEL_ALIGN_MAX ((size_t)2 << 20) /* the largest alignment a request may ask for */

/* A block of at least `bytes` payload bytes at a multiple of `align`, a power of two: 1 if the caller has no wish beyond
 * what the parameters give every payload. */
struct lab_model_result lab_model_alloc(struct lab_model *m, size_t bytes, size_t align);

/* Gives a block back. */
struct lab_model_result lab_model_free(struct lab_model *m, uint32_t block);

/* Gives a block another size (not 0), in place or moved; then the old handle is gone. Not LAB_MODEL_OK: it is as it was. */
struct lab_model_result lab_model_resize(struct lab_model *m, uint32_t block, size_t bytes);

/* The handle of the block in use with that payload address, or LAB_MODEL_NO_BLOCK. Looks through all blocks. */
uint32_t lab_model_find(const struct lab_model *m, size_t payload);

/* The size of the block for a request; above every limit if none can hold it. */
size_t lab_model_block_size(const struct lab_model *m, size_t bytes);

/* The shape of the heap now; used, free and fixed (lead and trail) bytes sum to `committed`. */
struct lab_model_shape {
    size_t committed, used, free, fixed;
    size_t used_blocks, holes, largest_hole;
};
struct lab_model_shape lab_model_measure(const struct lab_model *m);

/* Whether the model's own books agree with each other: for tests. */
bool lab_model_check(const struct lab_model *m);

/* A program played on a model, step by step. `placement` is the digest of docs/metrics.md, FNV-1a over the offsets from
 * the lowest payload address; both may be read after every step. */
struct lab_model_player {
    struct lab_model model;
    uint32_t *handles; /* of each slot, LAB_MODEL_NO_BLOCK where it is empty; in the arena */
    uint32_t slots;
    uint64_t placement;
    size_t refused;
};

/* Makes the model and the slots for `program`, whose own limit comes before the parameters'. As lab_model_init. */
enum lab_model_status lab_model_player_init(struct lab_model_player *player, const struct lab_model_params *params,
                                            const struct lab_program *program, struct lab_arena *arena);

/* Plays one operation of that program. An operation that does nothing (the free of an empty slot) is LAB_MODEL_OK; a
 * request that is not LAB_MODEL_OK counts as refused. */
struct lab_model_result lab_model_play(struct lab_model_player *player, const struct lab_op *op);

struct lab_model_outcome {
    uint64_t placement;
    size_t refused;
    struct lab_model_totals totals;
    struct lab_model_shape shape; /* after the last operation */
};

/* Plays all of it. Scratch memory is taken from `arena` and given back. */
enum lab_model_status lab_model_run(const struct lab_model_params *params, const struct lab_program *program,
                                    struct lab_arena *arena, struct lab_model_outcome *outcome);

#endif
