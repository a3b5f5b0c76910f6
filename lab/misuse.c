/* Mistakes on purpose: each is a few calls of the heap and one thing done wrong.
 *
 * A mistake is committed among ordinary blocks: `low`, the block it is about, `high`. The last call of each is the one that
 * has to notice. Where a policy has nothing to damage (no header before a payload, no links in a freed block) nothing is done.
 */
#include <lab/misuse.h>

#include <stddef.h>

#include "call.h"
#include "cstring.h"

enum { BLOCK = 97, LIMIT = 1 << 20, COMES_AND_GOES = 8 };

struct scene {
    unsigned char *low, *block, *high;
};

static struct scene set_scene(struct heap *h)
{
    struct scene s;
    s.low = heap_alloc(h, BLOCK);
    s.block = heap_alloc(h, BLOCK);
    s.high = heap_alloc(h, BLOCK);
    HEAP_ASSERT(s.low && s.block && s.high);
    return s;
}

/* Another value in each of the bytes, whatever stands there. */
static void smash(unsigned char *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] ^= 0x5A;
}

/* ---- pointers ---- */

static bool free_twice(struct heap *h)
{
    struct scene s = set_scene(h);
    heap_free(h, s.block);
    heap_free(h, s.block);
    return true;
}

/* Others of the same size come and go in between: without a quarantine one of them would get the very same place. */
static bool free_twice_late(struct heap *h)
{
    struct scene s = set_scene(h);
    heap_free(h, s.block);
    for (int i = 0; i < COMES_AND_GOES; i++)
        heap_free(h, heap_alloc(h, BLOCK));
    heap_alloc(h, BLOCK);
    heap_free(h, s.block);
    return true;
}

static bool free_inside(struct heap *h)
{
    struct scene s = set_scene(h);
    heap_free(h, s.block + HEAP_ALIGN);
    return true;
}

static bool free_unaligned(struct heap *h)
{
    struct scene s = set_scene(h);
    heap_free(h, s.block + 1);
    return true;
}

static bool free_from_the_stack(struct heap *h)
{
    max_align_t local;
    set_scene(h);
    heap_free(h, &local);
    return true;
}

/* A second heap of the same policy lives in a block of the first; it is asked to free a block that is the first's. */
static bool free_in_another_heap(struct heap *h)
{
    static uint8_t starts[LIMIT / 4 / HEAP_ALIGN / 4 + 1];
    static struct heap inner;
    enum { ROOM = LIMIT / 4 };
    struct scene s = set_scene(h);
    struct heap_setup setup = {.ops = h->ops, .harden = h->harden};
    for (size_t i = 0; i < HEAP_OPTIONS_MAX; i++)
        setup.options[i] = h->options[i];
    for (size_t i = 0; i < sizeof starts; i++)
        starts[i] = 0;
    setup.region = (struct heap_region){.base = heap_alloc(h, ROOM),
                                        .committed = ROOM,
                                        .reserved = ROOM,
                                        .starts = h->harden > 0 ? starts : NULL,
                                        .other = h};
    HEAP_ASSERT(setup.region.base);
    HEAP_ASSERT(heap_init(&inner, &setup) == HEAP_OK);
    heap_free(&inner, s.block);
    h->fault = inner.fault;
    return true;
}

static bool resize_freed(struct heap *h)
{
    struct scene s = set_scene(h);
    void *out;
    heap_free(h, s.block);
    heap_resize(h, s.block, 2 * BLOCK, &out);
    return true;
}

static bool resize_inside(struct heap *h)
{
    struct scene s = set_scene(h);
    void *out;
    heap_resize(h, s.block + HEAP_ALIGN, 2 * BLOCK, &out);
    return true;
}

/* ---- the heap's own bytes ---- */

/* The word before what the policy handed out, if a block's size stands in it. */
static size_t *header_before(const struct heap *h, unsigned char *inner)
{
    size_t *word = (size_t *)(void *)inner - 1, before = h->ops->granted(h, inner);
    *word ^= HEAP_ALIGN;
    bool holds_size = h->ops->granted(h, inner) != before;
    *word ^= HEAP_ALIGN;
    return holds_size ? word : NULL;
}

static bool smash_header(struct heap *h)
{
    struct scene s = set_scene(h);
    size_t *header = header_before(h, s.block - (heap_origin(h) - h->ops->origin));
    if (!header)
        return false;
    *header ^= HEAP_ALIGN;
    heap_free(h, s.block);
    return true;
}

/* Frees the block and sees to it that the policy itself has got it back. */
static void free_for_good(struct heap *h, unsigned char *block)
{
    unsigned char *others[HEAP_QUARANTINE];
    for (unsigned i = 0; i < HEAP_QUARANTINE; i++)
        others[i] = heap_alloc(h, BLOCK);
    heap_free(h, block);
    for (unsigned i = 0; i < HEAP_QUARANTINE && h->quarantine.count > 0; i++) /* until the block has left it */
        heap_free(h, others[i]);
}

/* The links of a hole: the first words of a freed block, if the policy writes anything there. */
static bool smash_links(struct heap *h)
{
    enum { WORDS = 2 };
    struct scene s = set_scene(h);
    size_t *inner = (size_t *)(void *)(s.block - (heap_origin(h) - h->ops->origin)), before[WORDS];
    smash(s.block, WORDS * sizeof(size_t)); /* no link that was there earlier is there again */
    for (size_t i = 0; i < WORDS; i++)
        before[i] = inner[i];
    free_for_good(h, s.block);
    if (inner[0] == before[0] && inner[1] == before[1])
        return false;
    smash((unsigned char *)inner, WORDS * sizeof(size_t));
    heap_alloc(h, BLOCK);
    return true;
}

/* ---- the bytes around and in a block ---- */

static bool write_past(struct heap *h, size_t bytes)
{
    struct scene s = set_scene(h);
    smash(s.block + BLOCK, bytes);
    heap_free(h, s.block);
    return true;
}

static bool write_1_past(struct heap *h)
{
    return write_past(h, 1);
}

static bool write_8_past(struct heap *h)
{
    return write_past(h, 8);
}

static bool write_64_past(struct heap *h)
{
    return write_past(h, 64);
}

static bool write_before(struct heap *h, size_t bytes)
{
    struct scene s = set_scene(h);
    smash(s.block - bytes, bytes);
    heap_free(h, s.block);
    return true;
}

static bool write_1_before(struct heap *h)
{
    return write_before(h, 1);
}

static bool write_8_before(struct heap *h)
{
    return write_before(h, 8);
}

static bool write_after_free(struct heap *h)
{
    struct scene s = set_scene(h);
    heap_free(h, s.block);
    smash(s.block + BLOCK / 2, 1);
    heap_check(h);
    return true;
}

#define LATE                                             \
    {                                                    \
        HEAP_FAULT_DOUBLE_FREE, HEAP_FAULT_FREE_INTERIOR \
    }
#define LINKS                              \
    {                                      \
        HEAP_FAULT_LIST, HEAP_FAULT_HEADER \
    }

const struct lab_misuse lab_misuses[] = {
    {"double-free", "a block freed twice in a row", 1, {HEAP_FAULT_DOUBLE_FREE}, free_twice},
    {"free-again", "a block freed twice, others in between", 3, LATE, free_twice_late},
    {"free-interior", "a pointer into the middle of a block freed", 1, {HEAP_FAULT_FREE_INTERIOR}, free_inside},
    {"free-unaligned", "a pointer freed that no block can have", 1, {HEAP_FAULT_FREE_UNALIGNED}, free_unaligned},
    {"free-outside", "a variable on the stack freed", 1, {HEAP_FAULT_FREE_OUTSIDE}, free_from_the_stack},
    {"free-other", "a block freed in another heap than its own", 1, {HEAP_FAULT_FREE_OTHER}, free_in_another_heap},
    {"resize-freed", "a freed block resized", 1, {HEAP_FAULT_BAD_RESIZE}, resize_freed},
    {"resize-interior", "a pointer into the middle of a block resized", 1, {HEAP_FAULT_BAD_RESIZE}, resize_inside},
    {"header", "the size in a block's header changed", 2, {HEAP_FAULT_HEADER}, smash_header},
    {"links", "the links in a freed block overwritten", 2, LINKS, smash_links},
    {"overflow-1", "1 byte written past a block's end", 3, {HEAP_FAULT_OVERFLOW}, write_1_past},
    {"overflow-8", "8 bytes written past a block's end", 3, {HEAP_FAULT_OVERFLOW}, write_8_past},
    {"overflow-64", "64 bytes written past a block's end", 3, {HEAP_FAULT_OVERFLOW}, write_64_past},
    {"underflow-1", "1 byte written before a block's start", 3, {HEAP_FAULT_UNDERFLOW}, write_1_before},
    {"underflow-8", "8 bytes written before a block's start", 3, {HEAP_FAULT_UNDERFLOW}, write_8_before},
    {"write-after-free", "1 byte written into a freed block", 3, {HEAP_FAULT_LATE_WRITE}, write_after_free},
    {NULL, NULL, 0, {HEAP_FAULT_NONE}, NULL},
};

const struct lab_misuse *lab_misuse_find(const char *name, size_t length)
{
    for (const struct lab_misuse *m = lab_misuses; m->name; m++) {
        if (lab_matches(m->name, name, length))
            return m;
    }
    return NULL;
}

enum lab_status lab_misuse_run(const struct lab_world *world, const struct lab_run *run,
                               const struct lab_misuse *misuse, enum lab_misuse_outcome *outcome,
                               struct heap_fault *fault)
{
    struct heap h;
    struct lab_memory unused;
    enum lab_status status = lab_heap_open(&h, world, run, LIMIT);
    if (status != LAB_OK)
        return status;
    bool is_committed = misuse->commit(&h);
    if (is_committed && h.fault.class == HEAP_FAULT_NONE) /* as a run does at its end */
        heap_check(&h);
    bool is_found = is_committed && h.fault.class != HEAP_FAULT_NONE;
    *outcome = is_found ? LAB_MISUSE_FOUND : is_committed ? LAB_MISUSE_UNNOTICED : LAB_MISUSE_UNSUPPORTED;
    *fault = h.fault;
    world->close(world->context, &unused);
    return LAB_OK;
}
