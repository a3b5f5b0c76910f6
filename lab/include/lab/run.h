/* One run: a program against one policy in a fresh heap, and everything that is measured of it.
 * The metrics are those of docs/metrics.md; ratios are permille, one exact fraction each, rounded to nearest. */
#ifndef LAB_RUN_H
#define LAB_RUN_H

#include <alloc/heap.h>
#include <alloc/heap_ops.h>
#include <lab/arena.h>
#include <lab/program.h>
#include <lab/text.h>

enum lab_status {
    LAB_OK = 0,
    LAB_NO_SCRATCH,                      /* the arena is too small for this program */
    LAB_NO_REGION,                       /* no heap region to be had: too little memory */
    LAB_CORRUPT,                         /* the heap was found damaged; the result holds up to there */
    LAB_BAD_INPUT,                       /* a trace or a specification; the error says where */
};

/* What the memory under the heap did during a run. Zero on the host. */
struct lab_memory {
    uint64_t faults;                     /* page faults served in the heap's region, those of the next two included */
    uint64_t zero_hits, cow;             /* reads answered by the zero page; first writes to a page it had answered for */
    uint64_t frames, frames_peak;        /* frames behind the region at the end and at most, its page tables included */
    uint64_t tables;                     /* of `frames`, page tables */
    uint64_t large_leaves;               /* at the end */
    int64_t frames_leaked;               /* free frames before the region was made less those after it was destroyed */
};

/* The world a run needs, given by the kernel or a host program. */
struct lab_world {
    void *context;
    /* A fresh region that may grow to `limit` bytes (a multiple of HEAP_ALIGN), empty or with some bytes committed, with
     * a starts table if `harden` > 0. False: there is no memory for it. At most one is open at a time. */
    bool (*open)(void *context, size_t limit, unsigned harden, struct heap_region *region);
    /* Gives the region back and says what it took. */
    void (*close)(void *context, struct lab_memory *memory);
    uint64_t (*clock)(void *context);    /* a counter that only rises */
    uint64_t (*vm_clock)(void *context); /* of that, all spent so far in growth and page faults */
    unsigned clock_shift;                /* clock >> clock_shift is the unit */
    const char *clock_unit;              /* "instructions" or "ticks" */
    const char *arch;                    /* "i386", "x86_64" */
    const char *vm;                      /* backing method's name: "demand", "immediate", "zero" */
    const char *pages;                   /* leaf size asked for: "4k", "large" */
};

/* Called while a run goes on. Any may be NULL. They must not change the heap. */
struct lab_observer {
    void *context;
    /* Once, before the first operation. */
    void (*started)(void *context, struct heap *h);
    /* After each operation: its index (from 0), and the payload now (NULL: refused, or freed). */
    void (*done)(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload);
    /* After each refused request. */
    void (*refused)(void *context, struct heap *h, size_t index, const struct lab_op *op);
    /* Every `sample` operations. */
    void (*sample)(void *context, size_t done, size_t live_bytes, const struct heap_shape *shape);
    /* Once, after the last operation, before the heap is destroyed. */
    void (*finished)(void *context, struct heap *h);
};

#define LAB_CHECK_OFF 0                  /* check_every: never */
#define LAB_CHECK_END SIZE_MAX           /* only at the end */

struct lab_run {
    const struct heap_ops *policy;
    size_t options[HEAP_OPTIONS_MAX];
    size_t grain;                        /* 0: default */
    unsigned harden;
    size_t heap_limit;                   /* the program's own limit comes first */
    bool is_foreign;                     /* the program's script names an allocator or options of its own, and not these */
    size_t check_every;                  /* LAB_CHECK_OFF, LAB_CHECK_END, or every so many operations and at the end */
    size_t sample_every;                 /* 0: never */
    uint64_t seed;                       /* for the record only: the program is made already */
    const char *alloc_text, *run_text;   /* as the user gave them: `options` and `run` of the record */
    const struct lab_observer *observer; /* may be NULL */
};

/* Whether the allocator's options, growth among them, are all at their defaults. */
static inline bool lab_run_is_plain(const struct lab_run *run)
{
    return heap_has_default_options(run->policy, run->options) && (run->grain == 0 || run->grain == HEAP_GRAIN);
}

#define LAB_UNUSABLE_FIRST 4             /* unusable[k] for requests of 2^4 .. 2^16 bytes */
#define LAB_UNUSABLE_LAST 16
#define LAB_UNUSABLE_COUNT (LAB_UNUSABLE_LAST - LAB_UNUSABLE_FIRST + 1)

/* Processor cost of one kind of operation, in the world's unit, growth and faults not included. All 0 if there was none. */
struct lab_cost {
    uint64_t count, mean, p50, p99, max; /* mean rounded to nearest; percentiles by nearest rank */
};

struct lab_result {
    size_t ops, done, failed, refused_despite_room;
    size_t peak_live;                    /* highest P, in requested bytes */
    size_t peak_live_used;               /* U when it was first reached */
    size_t live_end;                     /* P at the end */
    size_t heap_peak;
    struct heap_shape shape;             /* H U F M X n L orphans, at the end */
    size_t fixed;
    unsigned util, ext_frag, rms_frag, int_frag, overhead;   /* permille */
    unsigned unusable[LAB_UNUSABLE_COUNT];
    struct heap_counters counters;
    struct lab_memory memory;
    struct lab_cost cost_alloc, cost_free, cost_resize;
    struct lab_cost vm_alloc, vm_free, vm_resize; /* of the same calls, what growth and page faults cost */
    uint64_t vm_cost;                    /* all spent in growth and page faults, between calls (first touches) too */
    uint64_t placement;                  /* FNV-1a 64 */
    enum heap_status check;              /* HEAP_OK, or what the first failing check found */
    struct heap_fault fault;             /* with it: the finding */
    bool check_ran;                      /* false: `check` reads "off" */
    bool expectation_failed;             /* one of the program's that concerns this run did not hold: the first of them, */
    const struct lab_expect *expectation; /* in the program; else NULL */
    uint64_t expectation_found;          /* what its quantity was */
    size_t first_refused;                /* index of the first refused operation; SIZE_MAX if none */
};

/* Runs `program` and fills *result. Every payload's edges and each page of it are written with a pattern of its slot, and
 * verified before it is freed, resized or (for what stays live) at the end: a difference is LAB_CORRUPT. Scratch memory is
 * taken from `arena` and given back. Not LAB_OK: *result holds what was reached (LAB_CORRUPT) or nothing. */
enum lab_status lab_run_program(const struct lab_world *world, struct lab_arena *arena, const struct lab_program *program,
                                const struct lab_run *run, struct lab_result *result);

#endif
