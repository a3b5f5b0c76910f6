/* A heap: variable-sized blocks from one growing region. This is the page for those who use a heap.
 *
 * A `struct heap` is owned by its caller and binds one region of memory to one policy (an allocator, see
 * heap_ops.h). Several heaps with different policies may live at once; nothing here is global.
 *
 * The functions below are the front-end. It does once what every allocator would otherwise get wrong in its own
 * way: argument checks, growth, counters, the moving resize, calloc, and hardening. The policy behind it holds only its
 * algorithm.
 *
 * Hardening, each level with those below it:
 *   1  a free, resize or size query of anything but a live block's start is refused: the front-end knows the starts
 *   2  the free structure is checked before every operation
 *   3  each block stands between two zones that are checked to the byte; fresh and freed bytes are poisoned; a freed block
 *      waits in quarantine, where a write to it is seen
 *   4  a full heap_check after every operation. What it finds does not change the operation's result: it is in h->fault
 * Damage that an operation meets before it does anything makes it HEAP_CORRUPT (an allocation NULL with h->fault set).
 * Levels 3 and 4 make blocks larger, so placements compare only within a level.
 *
 * Context: no function here locks, prints or panics. None that changes a heap or looks a pointer up in it (init, alloc,
 * calloc, resize, free, usable) may be called from interrupt or fault context: the call it interrupts may be at work
 * on the same heap. Where the owner tells how to see that (`no_calls_while`), each of them asserts it. Those that only
 * read a heap (walk, check, measure) do not: a report may use them on a heap that nobody will touch any more.
 * Sizes are bytes throughout.
 */
#ifndef ALLOC_HEAP_H
#define ALLOC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Payloads are aligned to this: 16 on 64-bit machines, 8 on 32-bit ones. Called A in the documents. */
#define HEAP_ALIGN (2 * sizeof(void *))

/* The region starts at a multiple of this, the largest alignment a request may ask for (2 MiB). */
#define HEAP_REGION_ALIGN ((size_t)2 << 20)

/* Default growth grain, and what every grain is a multiple of. */
#define HEAP_GRAIN ((size_t)4096)

enum {
    HEAP_OPTIONS_MAX = 8,  /* most options one policy may declare */
    HEAP_STATE_WORDS = 64, /* bounded scratch for a policy's state, in words */
    HEAP_HARDEN_MAX = 4,   /* highest hardening level */
    HEAP_QUARANTINE = 16,  /* freed blocks that wait at harden 3 and 4 */
};

enum heap_status {
    HEAP_OK = 0,
    HEAP_NO_MEMORY,    /* the request is refused; nothing has changed */
    HEAP_BAD_ARGUMENT, /* alignment no power of two or above HEAP_REGION_ALIGN, resize to 0 */
    HEAP_BAD_POINTER,  /* not the start of a live block of this heap; nothing has changed */
    HEAP_CORRUPT,      /* the heap's own structure is damaged */
    HEAP_BAD_REGION,   /* heap_init: the region does not suit; the heap is not usable */
};

/* What exactly is wrong when a status is HEAP_BAD_POINTER or HEAP_CORRUPT. */
enum heap_fault_class {
    HEAP_FAULT_NONE = 0,
    HEAP_FAULT_DOUBLE_FREE,
    HEAP_FAULT_FREE_INTERIOR, /* inside the heap, aligned, but no live block starts there */
    HEAP_FAULT_FREE_UNALIGNED,
    HEAP_FAULT_FREE_OUTSIDE, /* not in this heap's region */
    HEAP_FAULT_FREE_OTHER,   /* in the region of another heap of this owner */
    HEAP_FAULT_BAD_RESIZE,   /* resize or size query of anything but a live block's start */
    HEAP_FAULT_HEADER,       /* a block header contradicts its neighbours or the region */
    HEAP_FAULT_LIST,         /* the free structure contradicts the blocks */
    HEAP_FAULT_TILING,       /* the walk does not tile the region exactly */
    HEAP_FAULT_COUNT,        /* the blocks contradict the counters */
    HEAP_FAULT_OVERFLOW,     /* written past a block's end: `bytes` of them */
    HEAP_FAULT_UNDERFLOW,    /* written before a block's start */
    HEAP_FAULT_LATE_WRITE,   /* written to a freed block: `bytes` behind its start stands `found` */
    HEAP_FAULT_CLASSES
};

/* One finding: class, where, and which operation of this heap (counted from 1) was running. */
struct heap_fault {
    enum heap_fault_class class;
    const void *address; /* the pointer given, or the damaged place */
    uint64_t operation;
    const void *block;          /* the block it is about: from harden 3 on the caller's, else the whole block or hole that holds
                                   `address` now; NULL: none is known */
    size_t size;                /* of that block; 0: not known */
    uint64_t born_at, freed_at; /* the operations that allocated and freed it; 0: not known */
    size_t bytes;               /* see the classes */
    uint8_t found;
};

/* The text for a class, as it appears in messages: "double free", "invalid free: interior", ... */
const char *heap_fault_text(enum heap_fault_class class);

/* What an extent of the region is. */
enum heap_extent_kind {
    HEAP_META,      /* the policy's own bytes outside blocks: pads, end marks, tables */
    HEAP_USED,      /* a whole block in use, header included */
    HEAP_FREE,      /* a hole: a whole free block, header included */
    HEAP_UNTRACKED, /* handed out by a policy that keeps no record of what */
};

struct heap_extent {
    enum heap_extent_kind kind;
    size_t offset; /* from the region's base */
    size_t size;   /* never 0 */
};

/* Called for each extent; false ends the walk. Must not change the heap. */
typedef bool heap_visit_fn(void *context, const struct heap_extent *extent);

/* Commits `added` more bytes directly behind the `committed` ones and returns true, or changes nothing and returns
 * false. `added` is a multiple of HEAP_ALIGN and never exceeds reserved - committed. */
typedef bool heap_grow_fn(void *context, size_t committed, size_t added);

/* The memory a heap lives in. Owned by the caller, who keeps it in place as long as the heap is used. */
struct heap_region {
    void *base;         /* a multiple of HEAP_ALIGN; of HEAP_REGION_ALIGN where aligned placements (under
                                            buddy: all) are to be the same in every heap */
    size_t committed;   /* bytes usable now; a multiple of HEAP_ALIGN; may be 0 if `grow` is set */
    size_t reserved;    /* most bytes the region may reach; a multiple of HEAP_ALIGN */
    heap_grow_fn *grow; /* NULL: the region never grows */
    void *grow_context;
    bool (*refuses)(void *context); /* fault injection: asked before a place is sought; true: as if there were none.
                                       NULL: never */
    void *refuses_context;
    uint8_t *starts; /* harden >= 1: heap_starts_bytes(reserved) zeroed bytes outside the region, of
                                            which heap_starts_bytes(committed) must be there; else NULL */
    /* The owner's count of interrupts and faults under way: while it is not 0 no call of this heap is allowed, and each
     * asserts that. NULL: nobody counts. */
    const volatile unsigned *no_calls_while;
    struct heap *other; /* another heap of this owner, and so on in a chain or ring: whose pointer it is, if not this heap's.
                           NULL: there is none */
};

/* Bytes of `starts` table for a region of that many bytes: two bits for each A. */
static inline size_t heap_starts_bytes(size_t region_bytes)
{
    return region_bytes / HEAP_ALIGN / 4 + 1;
}

/* Counted by the front-end. Never wrap or go negative, also after refusals. */
struct heap_counters {
    uint64_t operations;     /* calls of alloc, aligned alloc, calloc, resize and free that reached the heap */
    uint64_t refused;        /* of these, HEAP_NO_MEMORY */
    size_t granted;          /* bytes in used blocks now, headers included (0 for a headerless policy) */
    size_t blocks;           /* used blocks now (0 for a headerless policy) */
    size_t live;             /* blocks in use by the caller now */
    uint64_t splits, merges; /* as DESIGN section 3 (docs/block-format.md) defines them */
    uint64_t probes;         /* blocks or nodes looked at while searching a place */
    uint64_t probes_max;     /* most of them within one operation */
    uint64_t probes_now;     /* of the operation under way */
    uint64_t grows;          /* successful growths */
    uint64_t resized_in_place, resized_moved;
};

/* Freed blocks on their way back to the policy, the oldest at `first`. They count as used. */
struct heap_quarantine {
    struct {
        void *ptr;
        uint64_t freed_at; /* operation */
    } waiting[HEAP_QUARANTINE];
    unsigned first, count;
};

/* ---- listening to a search ---- */

/* What a search looks at. */
enum heap_place {
    HEAP_PLACE_BLOCK,    /* a block: a hole, but for those in use on a walk's way */
    HEAP_PLACE_FRONTIER, /* all that lies above a frontier: no block yet, and the one look that is no probe */
    HEAP_PLACE_CLASS,    /* the list of a class of sizes */
    HEAP_PLACE_ROW,      /* a word of bits: which of several classes have anything */
    HEAP_PLACE_PASS,     /* a block met by a pass that joins the holes that touch: no candidate now */
    HEAP_PLACES
};

/* What it thinks of it. */
enum heap_verdict {
    HEAP_TAKEN,      /* it holds the request; the search ends with it */
    HEAP_BEST_YET,   /* it holds the request, better than all before it; the search goes on. The last is taken */
    HEAP_NO_BETTER,  /* it holds the request; one before it is better, or as good and earlier */
    HEAP_TOO_SMALL,  /* smaller than the whole block of the request */
    HEAP_MISALIGNED, /* large enough, but not for an aligned payload */
    HEAP_IN_USE,     /* a block in use, which is stepped over */
    HEAP_NONE_THERE, /* a class or row with nothing free. In a pass: a hole with none above it */
    HEAP_LEADS_ON,   /* a row with something free: the search goes on in it. In a pass: a hole with one above it */
    HEAP_JOINED,     /* in a pass: the hole directly above the one before, of which it is now a part */
    HEAP_DAMAGED,    /* it cannot be believed: the search ends, and the heap is blamed */
    HEAP_VERDICTS
};

/* One look. */
struct heap_look {
    enum heap_place place;
    enum heap_verdict verdict;
    /* First byte of the block, header included, or of what lies above the frontier. Of a class only that of the block taken from
     * it, with HEAP_TAKEN. NULL: none. */
    const void *address;
    /* The block's whole size in both; of a class or row, the smallest and the largest that belong there. */
    size_t size, most;
};

/* Who wants to be told of every look, in order, while a search is under way: of the search before a growth and of the one after it
 * too. Owned by the caller, who keeps it in place as long as it listens. */
struct heap_listener {
    /* Must not change the heap, nor call any function of it. */
    void (*look)(void *context, struct heap *h, const struct heap_look *look);
    void *context;
};

struct heap_ops;

/* What heap_init wants to know besides the region. */
struct heap_setup {
    const struct heap_ops *ops; /* the policy */
    struct heap_region region;
    unsigned harden;                  /* 0 .. HEAP_HARDEN_MAX */
    size_t grain;                     /* growth grain: a multiple of 4096; 0 means HEAP_GRAIN */
    size_t options[HEAP_OPTIONS_MAX]; /* values of ops->options, in that order; what lies behind them is not read */
};

struct heap {
    const struct heap_ops *ops;  /* the policy */
    const struct heap_ops *seam; /* what the front-end calls: the policy, or the guards around it (guard.h) */
    unsigned char *base;
    size_t committed, reserved, grain;
    heap_grow_fn *grow;
    void *grow_context;
    bool (*refuses)(void *context);
    void *refuses_context;
    uint8_t *starts;
    const volatile unsigned *no_calls_while;
    struct heap *other;
    const struct heap_listener *listener; /* NULL: nobody listens */
    unsigned harden;
    size_t options[HEAP_OPTIONS_MAX];
    struct heap_counters counters;
    struct heap_fault fault;           /* what the last call found wrong; class NONE: nothing */
    struct heap_quarantine quarantine; /* empty below harden 3 */
    uintptr_t state[HEAP_STATE_WORDS]; /* the policy's; see heap_state() in heap_ops.h */
};

/* Binds *h to a policy and a region. If the region can grow and has fewer bytes than round_up(fixed, grain), it is
 * brought to that size first, which is not counted as a growth. HEAP_BAD_REGION: too small or not aligned;
 * HEAP_NO_MEMORY: the first growth was refused; HEAP_BAD_ARGUMENT: harden, grain or an option out of range. */
enum heap_status heap_init(struct heap *h, const struct heap_setup *setup);

/* From now on the listener is told of every look; NULL: nobody, as after heap_init. Who listens changes no placement and no
 * counter. Looks told in one operation, those above a frontier aside, are as many as its probes (counters.probes_now). */
static inline void heap_listen(struct heap *h, const struct heap_listener *listener)
{
    h->listener = listener;
}

/* A block of at least `bytes` bytes at a multiple of HEAP_ALIGN, content undefined; NULL: refused, nothing changed
 * (h->fault has a class if the search for a place met a damaged block: then the heap does not grow either). A request
 * of 0 bytes gets a distinct smallest block. */
void *heap_alloc(struct heap *h, size_t bytes);

/* The same at a multiple of `align`, a power of two up to HEAP_REGION_ALIGN (below HEAP_ALIGN it is HEAP_ALIGN).
 * HEAP_OK and *out, or HEAP_BAD_ARGUMENT, HEAP_NO_MEMORY or HEAP_CORRUPT (the search met a damaged block) with *out NULL. */
enum heap_status heap_alloc_aligned(struct heap *h, size_t bytes, size_t align, void **out);

/* count * size zeroed bytes; NULL: refused, or the product does not fit a size_t. */
void *heap_calloc(struct heap *h, size_t count, size_t size);

/* Gives the block at `ptr` at least `bytes` bytes, in place or moved; *out is where it is now, the first
 * min(old usable, bytes) bytes unchanged. NULL as `ptr` allocates. On every error (HEAP_BAD_ARGUMENT for 0 bytes,
 * HEAP_NO_MEMORY, HEAP_BAD_POINTER, HEAP_CORRUPT) the old block is as it was and *out is NULL. A moved block keeps no
 * alignment beyond HEAP_ALIGN. */
enum heap_status heap_resize(struct heap *h, void *ptr, size_t bytes, void **out);

/* Gives the block back. NULL is HEAP_OK and does nothing. HEAP_BAD_POINTER or HEAP_CORRUPT: nothing was freed,
 * h->fault says what was wrong. */
enum heap_status heap_free(struct heap *h, void *ptr);

/* Payload bytes the caller may use at `ptr`, a live block's start; 0 and h->fault set if it is not one. A headerless
 * policy answers the distance to its frontier. From harden 3 on exactly the bytes asked for (1 for a request of 0). */
size_t heap_usable(struct heap *h, void *ptr);

/* Tiles [0, committed) with extents, ascending and without gaps. HEAP_CORRUPT if the blocks do not tile, HEAP_OK
 * otherwise, also when the visitor ended the walk. */
enum heap_status heap_walk(struct heap *h, heap_visit_fn *visit, void *context);

/* The holes, each once, as extents of kind HEAP_FREE, in the order in which the policy keeps them: the list as it stands, or class
 * after class and each list from its front; by address where the policy has no order of its own. What no list has is left out:
 * bytes at the region's end that are too few for a unit. HEAP_CORRUPT with h->fault set if the structure is damaged, HEAP_OK
 * otherwise, also when the visitor ended it. */
enum heap_status heap_list(struct heap *h, heap_visit_fn *visit, void *context);

/* Checks everything: from harden 3 on every live and every waiting block's zones and poison; then the walk's tiling, the
 * counters, the policy's own structure. HEAP_OK or HEAP_CORRUPT with h->fault set to the first finding. Changes no block. */
enum heap_status heap_check(struct heap *h);

/* Block size of a request, header included, without any alignment gap; 0 if no heap can hold it. */
size_t heap_block_size(const struct heap *h, size_t bytes);

/* The lowest payload address this heap can ever return, as an offset from its base. */
size_t heap_origin(const struct heap *h);

/* Bytes fixed in the region: policy state, leading pad and end mark. */
size_t heap_fixed(const struct heap *h);

/* The shape of a heap, derived from one walk alone: the same ruler for every policy. */
struct heap_shape {
    size_t committed;                   /* H */
    size_t used, free, meta, untracked; /* U, F, M, X; their sum is H */
    size_t used_blocks, holes;          /* holes is n */
    size_t largest_hole;                /* L */
    uint64_t hole_squares[2];           /* sum of squared hole sizes, in bytes squared: low, high 64 bits */
    size_t orphans;                     /* used blocks with a free block on both sides */
};

/* HEAP_OK and *shape, or HEAP_CORRUPT. */
enum heap_status heap_measure(struct heap *h, struct heap_shape *shape);

/* Free bytes in holes smaller than `block_bytes`. HEAP_OK or HEAP_CORRUPT. */
enum heap_status heap_free_below(struct heap *h, size_t block_bytes, size_t *bytes);

#endif
