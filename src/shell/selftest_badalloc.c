/* Self-test: the table of bad requests (lab/badalloc.h), in memory that the kernel gave to a heap. */
#include <lab/badalloc.h>
#include <lib/string.h>
#include <mm/kheap.h>

#include "selftest.h"

enum { BLOCK_BYTES = 8192 }; /* for blocks, besides what a policy keeps for itself */

/* The table in a region of `bytes` bytes, all there. False: it did not hold, or there is no memory for it. */
static bool run_table(struct sh_context *c, struct lab_badalloc *b)
{
    const struct kheap_request request = {.limit = b->bytes, .backing = VMM_IMMEDIATE, .with_starts = true};
    struct kheap k;
    struct heap_region region;
    if (!kheap_open(&k, c->world.space, &request, &region))
        return false;
    bool holds = kheap_grow(&k, 0, b->bytes);
    b->memory = region.base;
    b->starts = region.starts;
    holds = holds && lab_badalloc_run(b);
    kheap_close(&k);
    return holds;
}

bool selftest_bad_requests(struct sh_context *c, const struct heap_ops *policy, unsigned harden, size_t *cases)
{
    size_t mark = c->arena.used, bytes = (policy->fixed + BLOCK_BYTES + FRAME_SIZE - 1) / FRAME_SIZE * FRAME_SIZE;
    struct lab_badalloc *b = lab_arena_take(&c->arena, 1, sizeof *b);
    *cases = 0;
    if (!b)
        return false;
    memset(b, 0, sizeof *b);
    b->policy = policy;
    b->harden = harden;
    b->is_endless = true;
    b->bytes = bytes;
    bool holds = run_table(c, b);
    *cases = b->cases;
    if (b->wrong)
        lab_print(&c->text, "         BA-%u, call %d of %zu, %zu: %s\n", b->now.row, (int)b->now.call, b->now.first,
                  b->now.second, b->wrong);
    lab_arena_release(&c->arena, mark);
    return holds;
}
