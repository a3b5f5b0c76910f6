/* Bad requests: the table of requests that have broken allocators before (sizes whose rounding wraps, "negative"
 * sizes, products that overflow, bad alignments), and one judge for them. The same table runs on the host and inside
 * both kernels.
 *
 * Whatever is asked, the answer must be a documented one: a block that is inside the heap and aligned, or a refusal
 * that changes nothing, after which a small request succeeds. Where freed blocks wait (from harden 3 on, in two heaps
 * of five), a refusal may give them back first: there nothing of the live blocks, their starts and their number changes.
 * The rows have the numbers of docs/hazards.md, BA-01 and on. */
#ifndef LAB_BADALLOC_H
#define LAB_BADALLOC_H

#include <alloc/heap_ops.h>

enum { LAB_BAD_SIZES_MAX = 1024, LAB_BAD_BLOCKS = 4 };

/* The sizes of rows BA-01 to BA-04. */
struct lab_bad_sizes {
    size_t count;
    size_t bytes[LAB_BAD_SIZES_MAX];
    uint8_t row[LAB_BAD_SIZES_MAX]; /* 1 .. 4 */
};

/* Fills *sizes; those near the heap are near this one's size and largest hole. */
void lab_bad_sizes(struct heap *h, struct lab_bad_sizes *sizes);

enum lab_bad_call {
    LAB_BAD_ALLOC,   /* of `first` bytes */
    LAB_BAD_CALLOC,  /* first * second */
    LAB_BAD_ALIGNED, /* `first` bytes at a multiple of `second` */
    LAB_BAD_RESIZE,  /* from `first` bytes to `second` */
    LAB_BAD_RAW, /* the operations behind the front-end, the guards' or the policy's own: `first` bytes at a multiple
                        of `second` */
};

struct lab_bad_case {
    unsigned row; /* BA-nn */
    enum lab_bad_call call;
    size_t first, second;
};

/* One run of the table. The caller fills the first part; it is large, and belongs on no small stack. */
struct lab_badalloc {
    const struct heap_ops *policy;
    unsigned harden; /* 0 .. HEAP_HARDEN_MAX */
    bool is_endless; /* the region may reach the end of the address space, and growth beyond `memory` is refused; else
                              it is `memory` and no more */
    unsigned char *memory; /* at a multiple of HEAP_ALIGN, all of it usable */
    size_t bytes;          /* of it: a multiple of HEAP_ALIGN, at least the policy's `fixed` + 8192 */
    uint8_t *starts;       /* heap_starts_bytes(bytes); may be NULL for harden 0 */

    size_t cases;            /* tried, the failed one included */
    const char *wrong;       /* NULL: nothing */
    struct lab_bad_case now; /* the last case: where something is wrong, that one */

    struct heap heap;
    void *kept[LAB_BAD_BLOCKS]; /* the live blocks of `heap`; NULL: freed */
    struct lab_bad_sizes sizes;
};

/* Tries every case in heaps of its own in `memory`, where nothing of value may be. True: all were answered rightly;
 * false: `wrong` says what was not, `now` in which case. */
bool lab_badalloc_run(struct lab_badalloc *b);

#endif
