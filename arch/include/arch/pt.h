/* Page tables: ranges of virtual addresses to frames, in the format of the processor compiled for.
 *
 * One walker serves every format (arch/x86/pt.c); the levels are data (pt_format.h of each width). It takes table frames
 * and reaches them through callbacks, so that the same code runs under the host's tests.
 *
 * Every call that needs table frames takes all of them before it changes anything: PT_NO_MEMORY has changed nothing.
 * Not to be called from two contexts at once.
 */
#ifndef ARCH_PT_H
#define ARCH_PT_H

#include <arch/types.h>

#include <stdbool.h>
#include <stddef.h>

enum pt_status {
    PT_OK = 0,
    PT_NO_MEMORY,                        /* no frame for a table; nothing has changed */
    PT_BUSY,                             /* part of the range is mapped already; nothing has changed */
    PT_UNALIGNED,                        /* an address or length is no multiple of what the call asks for */
};

enum pt_flags {
    PT_WRITE = 1,
    PT_EXEC = 2,                         /* without it no-execute, where the processor can say so */
    PT_NOCACHE = 4,                      /* device memory */
    PT_LARGE_OK = 8,                     /* large leaves where addresses and length allow */
};

/* The outside world. `take` gives a frame of any content, or false; `at` is where a table's frame can be read and written. */
struct pt_world {
    void *context;
    bool (*take)(void *context, paddr_t *frame);
    void (*give)(void *context, paddr_t frame);
    void *(*at)(void *context, paddr_t frame);
    void (*invalidate)(void *context, vaddr_t address);
};

struct pt {
    const struct pt_world *world;
    paddr_t root;
    bool nx;                             /* the processor has the no-execute bit, and it is enabled */
    size_t tables;                       /* table frames in use, the root included */
    paddr_t spare;                       /* frames taken for the call under way, chained through their first words */
};

/* One leaf, as pt_query and the visitor of pt_unmap see it. */
struct pt_leaf {
    vaddr_t address;                     /* where it begins */
    paddr_t frame;
    size_t bytes;                        /* 4 KiB, or a large leaf's size */
    unsigned flags;                      /* enum pt_flags: WRITE, EXEC, NOCACHE */
};

typedef void pt_visit_fn(void *context, const struct pt_leaf *leaf);

/* Bytes that one last-level table maps: 2 MiB on x86_64, 4 MiB on i386. */
extern const size_t pt_table_span;

/* An empty tree: takes the root. PT_OK or PT_NO_MEMORY. */
enum pt_status pt_init(struct pt *pt, const struct pt_world *world, bool nx);

/* Maps [va, va + bytes) to the frames from pa on. All multiples of FRAME_SIZE, bytes above 0. */
enum pt_status pt_map(struct pt *pt, vaddr_t va, paddr_t pa, size_t bytes, unsigned flags);

/* Makes every table that 4 KiB leaves in the range need, and maps nothing: a later pt_map of pages in it cannot fail for
 * want of a table. */
enum pt_status pt_prepare(struct pt *pt, vaddr_t va, size_t bytes);

/* New rights for what is mapped in the range; holes in it are passed over. */
enum pt_status pt_protect(struct pt *pt, vaddr_t va, size_t bytes, unsigned flags);

/* Unmaps the range and tells `visit` (may be NULL) each leaf that was there. Tables stay. */
enum pt_status pt_unmap(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context);

/* The same for a range of whole last-level tables (multiples of pt_table_span), and gives these tables back, and upper ones
 * that are empty then. Cannot fail for want of memory. */
enum pt_status pt_release(struct pt *pt, vaddr_t va, size_t bytes, pt_visit_fn *visit, void *context);

/* The leaf that maps va, if there is one. */
bool pt_query(const struct pt *pt, vaddr_t va, struct pt_leaf *leaf);

#endif
