/* Every short series of operations on a very small heap, under every policy: five operations, with KFIT_DEEP set
 * seven, each an allocation of one of three sizes or with an alignment, or of any live block a resize up, a resize
 * down or a free. After each: the heap's own check, places, overlaps and contents. The series form a tree; a branch
 * goes back to a copy of the heap. */
#include "alloc_region.h"

#define A HEAP_ALIGN

enum { DEPTH_MAX = 7, BYTES_MAX = 8192 };

struct block {
    unsigned char *ptr;
    size_t bytes;
    unsigned char fill;
};

/* All that an operation can change. */
struct position {
    struct heap heap;
    struct block blocks[DEPTH_MAX]; /* the live ones */
    size_t live;
    unsigned char bytes[BYTES_MAX], starts[BYTES_MAX / A];
};

struct op {
    enum { ALLOC, ALIGNED, UP, DOWN, FREE } kind;
    size_t at; /* which size, or which live block */
};

static const size_t sizes[] = {1, 24, 60};

static struct test_region region;
static struct heap heap, *const h = &heap;
static struct position at[DEPTH_MAX];
static struct block blocks[DEPTH_MAX];
static struct op series[DEPTH_MAX];
static size_t live, depth_wanted;
static uint64_t done;

static void keep(struct position *p)
{
    p->heap = heap;
    p->live = live;
    memcpy(p->blocks, blocks, sizeof blocks);
    memcpy(p->bytes, region.memory, h->committed);
    memcpy(p->starts, region.starts, heap_starts_bytes(h->committed));
}

static void go_back(const struct position *p)
{
    heap = p->heap;
    live = p->live;
    memcpy(blocks, p->blocks, sizeof blocks);
    memcpy(region.memory, p->bytes, h->committed);
    memcpy(region.starts, p->starts, heap_starts_bytes(h->committed));
}

/* ---- the judge: what is wrong, or NULL ---- */

static const char *judge_blocks(void)
{
    for (size_t i = 0; i < live; i++) {
        const struct block *b = &blocks[i];
        if (!is_filled(b->ptr, b->fill, b->bytes) || (b->bytes > 0 && *b->ptr != b->fill))
            return "the content of a block changed";
        for (size_t k = 0; k < i; k++) {
            const struct block *other = &blocks[k];
            if (b->ptr < other->ptr + other->bytes + !other->bytes && other->ptr < b->ptr + b->bytes + !b->bytes)
                return "two blocks overlap";
        }
    }
    if (h->counters.live != live)
        return "live blocks miscounted";
    return heap_check(h) == HEAP_OK ? NULL : heap_fault_text(h->fault.class);
}

/* A block just handed out or resized; it is filled anew. */
static const char *settle(struct block *b, void *ptr, size_t bytes, size_t align)
{
    if (!is_placed(h, ptr, bytes, align) || heap_usable(h, ptr) < bytes)
        return "a block out of place";
    *b = (struct block){ptr, bytes, (unsigned char)(done % 251 + 1)};
    memset(ptr, b->fill, bytes);
    return NULL;
}

/* ---- the operations ---- */

static const char *do_alloc(const struct op *op)
{
    const size_t bytes = op->kind == ALIGNED ? 40 : sizes[op->at], align = op->kind == ALIGNED ? 64 : A;
    void *ptr = NULL;
    enum heap_status status = heap_alloc_aligned(h, bytes, align, &ptr);
    if (status != HEAP_OK)
        return status == HEAP_NO_MEMORY && !ptr ? NULL : "a good request is not understood";
    return settle(&blocks[live++], ptr, bytes, align);
}

static const char *do_resize(const struct op *op)
{
    struct block *b = &blocks[op->at];
    size_t bytes = op->kind == UP ? 2 * b->bytes + 8 : (b->bytes + 1) / 2;
    size_t kept = bytes < b->bytes ? bytes : b->bytes;
    void *ptr = NULL;
    enum heap_status status = heap_resize(h, b->ptr, bytes, &ptr);
    if (status != HEAP_OK)
        return status == HEAP_NO_MEMORY && !ptr ? NULL : "a good resize is not understood";
    if (kept > 0 && (*(unsigned char *)ptr != b->fill || !is_filled(ptr, b->fill, kept)))
        return "a resize lost content";
    return settle(b, ptr, bytes, A);
}

static const char *do_op(const struct op *op)
{
    if (op->kind == FREE) {
        enum heap_status status = heap_free(h, blocks[op->at].ptr);
        blocks[op->at] = blocks[--live];
        return status == HEAP_OK ? NULL : "a good free is refused";
    }
    return op->kind == ALLOC || op->kind == ALIGNED ? do_alloc(op) : do_resize(op);
}

static void fail_series(size_t depth, const char *wrong)
{
    static const char *const words[] = {"alloc", "aligned", "up", "down", "free"};
    char text[256] = "";
    for (size_t i = 0; i <= depth; i++)
        sprintf(text + strlen(text), " %s %zu,", words[series[i].kind], series[i].at);
    fail_msg("%s, %zu bytes:%s %s", h->ops->name, h->committed, text, wrong);
}

/* Every series that begins with what has been done. */
static void branch(size_t depth)
{
    struct position *here = &at[depth];
    keep(here);
    size_t choices = COUNT(sizes) + 1 + 3 * live;
    for (size_t i = 0; i < choices; i++) {
        struct op *op = &series[depth];
        if (i < COUNT(sizes))
            *op = (struct op){.kind = ALLOC, .at = i};
        else if (i == COUNT(sizes))
            *op = (struct op){.kind = ALIGNED};
        else
            *op = (struct op){.kind = UP + (i - COUNT(sizes) - 1) % 3, .at = (i - COUNT(sizes) - 1) / 3};
        const char *wrong = do_op(op);
        done++;
        if (!wrong)
            wrong = judge_blocks();
        if (wrong)
            fail_series(depth, wrong);
        if (depth + 1 < depth_wanted)
            branch(depth + 1);
        go_back(here);
    }
}

/* ---- the heaps ---- */

/* Options at their least make the units of the policies that cut their memory into such as small as can be. */
static void begin_heap(const struct heap_ops *ops, size_t bytes, bool is_least)
{
    const struct region_shape shape = {
        .limit = (ops->fixed + A - 1) / A * A + bytes, .is_fixed = true, .harden = HEAP_HARDEN_MAX};
    struct heap_setup setup = region_setup(&region, ops, &shape);
    for (size_t i = 0; is_least && ops->options && ops->options[i].key; i++)
        setup.options[i] = ops->options[i].min;
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_true(shape.limit <= BYTES_MAX);
    live = 0;
}

/* Whether three blocks of the sizes above have room. */
static bool has_room(void)
{
    for (size_t i = 0; i < COUNT(sizes); i++) {
        if (!heap_alloc(h, sizes[i]))
            return false;
    }
    return true;
}

static void every_short_series_is_answered_rightly(void **state)
{
    static const size_t bytes[] = {256, 512, 1024, 2048, 4096};
    const struct heap_ops *ops = policy_of(state);
    size_t heaps = 0;
    depth_wanted = getenv("KFIT_DEEP") ? 7 : 5;
    done = 0;
    for (size_t i = 0; i < 2 * COUNT(bytes) && heaps < 2;
         i++) { /* the two smallest that have room, default options first */
        size_t size = bytes[i / 2];
        bool is_least = i % 2 == 1;
        begin_heap(ops, size, is_least);
        if (!has_room())
            continue;
        begin_heap(ops, size, is_least);
        branch(0);
        heaps++;
        i |= 1; /* the next size */
    }
    assert_int_equal(heaps, 2);
    print_message("%s: %llu operations\n", ops->name, (unsigned long long)done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_short_series_is_answered_rightly)};
    region_begin(&region, BYTES_MAX);
    int failed = run_under_policies("every short series", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
