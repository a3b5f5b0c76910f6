/* Page tables: ranges of virtual addresses to frames, in the format of the processor compiled for.
 *
 * One walker serves every format (arch/x86/pt.c); the levels are data (pt_format.h of each width). It takes table
 * frames and reaches them through callbacks, so that the same code runs under the host's tests.
 *
 * Rules that users may rely on:
 *   - Every call that needs table frames takes all of them before it changes anything: PT_NO_MEMORY has changed
 *     nothing, and so has every other status but PT_OK.
 *   - pt_unmap never gives a table back, so what pt_prepare made stays until its owner calls pt_release; pt_release
 *     frees last-level tables of its own range only, and an upper table only when no entry is left in it. So
 *     neighbours who share upper tables lose nothing.
 *   - Tables grant every right; leaves alone decide.
 *
 * Each address space has a tree. A tree may share the addresses from some point on with an owner, which alone changes
 * them: so every space sees the same kernel.
 *
 * Ranges: multiples of FRAME_SIZE, above 0 bytes, inside the addresses that the processor translates. Addresses and
 * lengths are bytes. Not to be called from two contexts at once; in fault context only what takes no frames is sure
 * to succeed.
 */
#ifndef ARCH_PT_H
#define ARCH_PT_H

#include <arch/types.h>

#include <stdbool.h>
#include <stddef.h>

enum pt_status {
    PT_OK = 0,
    PT_NO_MEMORY,   /* no frame for a table */
    PT_BUSY,        /* part of the range is mapped already */
    PT_BAD_RANGE,   /* empty, not a multiple of what the call asks for, wraps, or no address of this processor */
    PT_UNREACHABLE, /* physical addresses beyond what an entry can hold */
    PT_STATUS_COUNT
};

enum pt_flags {
    PT_WRITE = 1,
    PT_EXEC = 2,      /* without it no-execute, where the processor can say so */
    PT_NOCACHE = 4,   /* device memory */
    PT_USER = 8,      /* for programs outside the kernel too */
    PT_GLOBAL = 16,   /* survives a change of the root, once the processor is told so (CR4.PGE) */
    PT_LARGE_OK = 32, /* pt_map: large leaves where addresses and length allow */
};

/* The outside world. */
struct pt_world {
    void *context;
    bool (*take)(void *context, paddr_t *frame); /* a frame for a table, any content, never frame 0; false: none left */
    void (*give)(void *context, paddr_t frame);  /* takes it back */
    void *(*at)(void *context, paddr_t frame);   /* where a table's frame can be read and written, aligned to 8 */
    void (*invalidate)(void *context, vaddr_t address); /* forgets a stale translation: after each loss or change */
};

/* A tree of tables. Owned by its caller; the fields are the walker's, readable by everyone. */
struct pt {
    const struct pt_world *world;
    paddr_t root;
    bool nx;                          /* the processor has the no-execute bit, and it is enabled */
    size_t tables;                    /* table frames in use, the root included */
    size_t tables_peak;               /* most of them at once */
    vaddr_t last;                     /* the last address that is this tree's own to map */
    struct pt *owner;                 /* shares the addresses behind `last`; NULL: they are its own */
    struct pt *sharers, *next_sharer; /* the trees that share with this one; the next of the same owner's */
    paddr_t spare; /* frames taken for the call under way, chained through their first words; 0: none */
};

/* One leaf, as pt_query and the visitor of pt_unmap see it. */
struct pt_leaf {
    vaddr_t address; /* where it begins */
    paddr_t frame;   /* the first byte it maps to */
    size_t bytes;    /* 4 KiB, or a large leaf's size */
    unsigned flags;  /* enum pt_flags, without PT_LARGE_OK; without NX in the processor PT_EXEC is always set */
};

typedef void pt_visit_fn(void *context, const struct pt_leaf *leaf);

/* Bytes that one last-level table maps: 2 MiB on x86_64, 4 MiB on i386. Also the size of a large leaf. */
extern const size_t pt_table_span;

/* An empty tree: takes the root. `world` is kept. PT_OK or PT_NO_MEMORY. */
enum pt_status pt_init(struct pt *pt, const struct pt_world *world, bool nx);

/* A tree that is empty up to `from` (a multiple of what an entry of the root maps) and from there on shows what `owner`
 * shows, now and later. Both must stay where they are. PT_OK or PT_NO_MEMORY. */
enum pt_status pt_share(struct pt *pt, const struct pt_world *world, struct pt *owner, vaddr_t from);

/* Gives the root back. The tree holds no other table of its own, is not in force, and nobody shares with it. */
void pt_destroy(struct pt *pt);

/* Maps [va, va + bytes) to the frames from pa, a multiple of FRAME_SIZE, on. PT_OK, PT_BUSY, PT_BAD_RANGE,
 * PT_UNREACHABLE or PT_NO_MEMORY. */
enum pt_status pt_map(struct pt *pt, vaddr_t va, paddr_t pa, size_t bytes, unsigned flags);

/* Makes every table that 4 KiB leaves in the range need, and maps nothing: a later pt_map of pages in it cannot fail
 * for want of a table. PT_OK, PT_BUSY (a large leaf is there), PT_BAD_RANGE or PT_NO_MEMORY. */
enum pt_status pt_prepare(struct pt *pt, vaddr_t va, size_t bytes);

/* New rights for what is mapped in the range; holes in it are passed over, a large leaf that sticks out of it is
 * split. PT_OK, PT_BAD_RANGE or PT_NO_MEMORY (only for a split). */
enum pt_status pt_protect(struct pt *pt, vaddr_t va, size_t bytes, unsigned flags);

/* Unmaps the range and tells `visit` (may be NULL) each leaf that was there, after its translation is forgotten; a
 * large leaf that sticks out of the range is split. Tables stay. PT_OK, PT_BAD_RANGE or PT_NO_MEMORY (only for a
 * split). */
enum pt_status pt_unmap(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context);

/* The same for a range of whole last-level tables (multiples of pt_table_span), and gives these tables back, and
 * upper ones that are empty then. PT_OK or PT_BAD_RANGE: cannot fail for want of memory. */
enum pt_status pt_release(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context);

/* Whether the last-level table that would map va, any address, is there, this tree's own to change, and empty. */
bool pt_can_promote(const struct pt *pt, vaddr_t va);

/* Puts one large leaf to the frames from pa on in place of that table, which is given back. va and pa are multiples of
 * pt_table_span; pt_can_promote(va). Cannot fail: takes no frame. */
void pt_promote(struct pt *pt, vaddr_t va, paddr_t pa, unsigned flags);

/* The leaf that maps va, any address. False: none does. */
bool pt_query(const struct pt *pt, vaddr_t va, struct pt_leaf *leaf);

/* ---- translation, step by step ---- */

enum { PT_STEPS_MAX = 4 };

/* One level of a translation: the entry the processor looks at. */
struct pt_step {
    const char *table;            /* the manual's name: "PML4", "PDPT", "PD", "PT" */
    paddr_t at;                   /* where the entry is in physical memory */
    unsigned index;               /* in its table */
    unsigned first_bit, last_bit; /* of the address, that are the index; from the lowest */
    uint64_t entry;
    size_t span;    /* bytes that an entry of this level maps */
    unsigned flags; /* enum pt_flags of the entry as it stands; 0 if it is not present */
    bool is_present, is_leaf;
};

struct pt_explanation {
    bool is_canonical; /* else no step is taken */
    bool is_mapped;    /* the last step is a leaf */
    unsigned count;
    struct pt_step step[PT_STEPS_MAX];
    size_t offset;    /* of the address in its leaf, if mapped */
    paddr_t physical; /* what it translates to, if mapped */
};

/* Takes an address apart as the processor does, up to a leaf or to the entry that is missing. */
void pt_explain(const struct pt *pt, vaddr_t va, struct pt_explanation *explanation);

/* A few words for a report. */
const char *pt_status_text(enum pt_status status);

#endif
