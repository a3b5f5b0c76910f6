/* Random operations under every policy, judged by a shadow that knows only what was asked and answered: places, overlaps,
 * contents, counters, and the heap's own check after each operation.
 *
 * A failing episode is shrunk, written to `random-POLICY-WIDTH-SEED.trace` in the current directory, and named with its
 * seed and operation; the same is done, unshrunk, when a sanitizer or an assertion ends the program. The file is a trace
 * that the kernel and the host replay understand. KFIT_TEST_SEED and KFIT_TEST_OPS set another seed and number. */
#include <signal.h>
#include <stdio.h>

#include <sanitizer/common_interface_defs.h>

#include "alloc_region.h"

#define A HEAP_ALIGN

enum {
    CAPACITY = 1 << 20, /* largest region */
    OPS = 200000,       /* operations for each policy */
    EPISODE = 1000,     /* most of them on one heap */
    IDS = 96,           /* most blocks live at once */
};

enum op_kind { OP_ALLOC, OP_ALIGNED, OP_RESIZE, OP_FREE };

struct op {
    enum op_kind kind;
    unsigned id;
    size_t bytes, align;
    bool is_skipped; /* makes no sense where it stands: set by the run, left out of traces */
};

/* One heap and what is done to it. */
struct episode {
    const struct heap_ops *policy;
    uint64_t seed;
    struct region_shape shape;
    size_t count;
    struct op ops[EPISODE];
};

/* The shadow: what must be true of the heap. */
struct shadow_block {
    unsigned char *ptr; /* NULL: not live */
    size_t bytes;       /* asked for */
    size_t filled;      /* bytes of the pattern in it, from pattern + tag */
    size_t tag;
};

struct shadow {
    struct shadow_block blocks[IDS];
    size_t live;
    size_t records; /* blocks that the policy has a record of: the walk must show as many */
    uint64_t operations, refused, in_place, moved;
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */
static struct shadow shadow;
static unsigned char pattern[CAPACITY + 4096]; /* random bytes: every block is a window on them */

/* ---- the shadow's judgement: the name of what is wrong, or NULL ---- */

static bool is_apart(const struct shadow_block *b)
{
    for (size_t i = 0; i < IDS; i++) {
        const struct shadow_block *other = &shadow.blocks[i];
        if (other != b && other->ptr && b->ptr < other->ptr + (other->bytes ? other->bytes : 1) &&
            other->ptr < b->ptr + (b->bytes ? b->bytes : 1))
            return false;
    }
    return true;
}

static bool is_intact(const struct shadow_block *b, size_t bytes)
{
    return memcmp(b->ptr, pattern + b->tag, bytes < b->filled ? bytes : b->filled) == 0;
}

/* Fills all that may be written: the whole block where the policy keeps a record of its size, else what was asked for. */
static void fill_block(struct shadow_block *b, bool has_record)
{
    b->filled = has_record ? heap_usable(h, b->ptr) : b->bytes;
    b->tag = (b->tag + 37) % 4096;
    memcpy(b->ptr, pattern + b->tag, b->filled);
}

static const char *judge_place(struct shadow_block *b, size_t align, bool has_record)
{
    if (!is_placed(h, b->ptr, b->bytes, align))
        return "a block out of place";
    if (!is_apart(b))
        return "two blocks overlap";
    if (heap_usable(h, b->ptr) < b->bytes)
        return "less usable than asked for";
    fill_block(b, has_record);
    return NULL;
}

static const char *judge_counters(void)
{
    const struct heap_counters *c = &h->counters;
    if (c->operations != shadow.operations || c->refused != shadow.refused || c->live != shadow.live)
        return "operations, refused or live miscounted";
    if (c->resized_in_place != shadow.in_place || c->resized_moved != shadow.moved)
        return "resizes miscounted";
    if (c->probes_max > c->probes || c->probes_now > c->probes_max)
        return "probes miscounted";
    if (c->grows > region.grow_calls || h->committed != region.committed || h->committed > h->reserved)
        return "growth miscounted";
    return NULL;
}

static const char *judge_shape(void)
{
    struct heap_shape s;
    if (heap_measure(h, &s) != HEAP_OK)
        return "the walk does not tile";
    if (s.used + s.free + s.meta + s.untracked != h->committed || s.committed != h->committed)
        return "the shape does not add up";
    if (s.used != h->counters.granted || s.used_blocks != shadow.records)
        return "blocks in use miscounted";
    if (s.largest_hole > s.free || (s.free > 0) != (s.holes > 0) || s.orphans > s.used_blocks)
        return "holes make no sense";
    return heap_check(h) == HEAP_OK ? NULL : heap_fault_text(h->fault.class);
}

/* Every live block lies in one extent of its own in use (or in untracked bytes), content and all. */
struct search {
    const struct shadow_block *block;
    size_t found;
};

static bool find_block(void *context, const struct heap_extent *extent)
{
    struct search *s = context;
    size_t offset = offset_in(h, s->block->ptr);
    if (extent->kind != HEAP_USED && extent->kind != HEAP_UNTRACKED)
        return true;
    s->found += offset >= extent->offset && s->block->bytes <= extent->size - (offset - extent->offset) &&
                offset - extent->offset < extent->size;
    return true;
}

static const char *judge_all_blocks(void)
{
    for (size_t i = 0; i < IDS; i++) {
        struct search s = {.block = &shadow.blocks[i]};
        if (!s.block->ptr)
            continue;
        if (!is_intact(s.block, SIZE_MAX))
            return "the content of a block changed";
        if (heap_walk(h, find_block, &s) != HEAP_OK || s.found != 1)
            return "a live block is not in use";
    }
    return NULL;
}

static const char *judge(size_t operation)
{
    const char *wrong = judge_counters();
    if (!wrong)
        wrong = judge_shape();
    const struct shadow_block *b = &shadow.blocks[operation % IDS];
    if (!wrong && b->ptr && !is_intact(b, SIZE_MAX))
        wrong = "the content of a block changed";
    return wrong || operation % 256 != 255 ? wrong : judge_all_blocks();
}

/* ---- one operation, on the heap and on the shadow ---- */

static const char *do_alloc(const struct op *op, struct shadow_block *b)
{
    size_t granted = h->counters.granted, align = op->kind == OP_ALIGNED && op->align > A ? op->align : A;
    void *ptr = NULL;
    shadow.operations++;
    if (op->kind == OP_ALIGNED)
        heap_alloc_aligned(h, op->bytes, op->align, &ptr);
    else
        ptr = heap_alloc(h, op->bytes);
    if (!ptr) {
        shadow.refused++;
        return NULL;
    }
    bool has_record = h->counters.granted != granted;
    shadow.live++;
    shadow.records += has_record;
    b->ptr = ptr;
    b->bytes = op->bytes;
    return judge_place(b, align, has_record);
}

static const char *do_free(struct shadow_block *b)
{
    size_t granted = h->counters.granted;
    if (!is_intact(b, SIZE_MAX))
        return "the content of a block changed";
    shadow.operations++;
    if (heap_free(h, b->ptr) != HEAP_OK)
        return "a good free is refused";
    shadow.live--;
    shadow.records -= h->counters.granted != granted;
    b->ptr = NULL;
    return NULL;
}

static const char *do_resize(const struct op *op, struct shadow_block *b)
{
    struct shadow_block old = *b;
    const bool had_record = h->ops->granted(h, b->ptr) > 0;
    size_t granted = h->counters.granted, granted_old = h->ops->granted(h, b->ptr);
    void *ptr;
    shadow.operations++;
    enum heap_status status = heap_resize(h, b->ptr, op->bytes, &ptr);
    if (status == HEAP_NO_MEMORY) {
        shadow.refused++;
        return ptr ? "a refused resize answers a place" : is_intact(b, SIZE_MAX) ? NULL : "a refused resize did harm";
    }
    if (status != HEAP_OK)
        return "a good resize is refused";
    shadow.in_place += ptr == old.ptr;
    shadow.moved += ptr != old.ptr;
    b->ptr = ptr;
    b->bytes = op->bytes;
    if (!is_intact(b, op->bytes))
        return "a resize lost content";
    if (ptr != old.ptr && had_record) /* the old record is gone, unless the policy keeps freed blocks in use */
        shadow.records += h->counters.granted - granted + granted_old != h->ops->granted(h, ptr);
    return judge_place(b, A, had_record);
}

/* Frees of what is not live, and allocations of what is, are left out: that is what shrinking makes of some. */
static const char *do_op(struct op *op)
{
    struct shadow_block *b = &shadow.blocks[op->id];
    op->is_skipped = op->kind == OP_FREE ? !b->ptr : b->ptr && op->kind != OP_RESIZE;
    if (op->is_skipped)
        return NULL;
    if (op->kind == OP_FREE)
        return do_free(b);
    return b->ptr ? do_resize(op, b) : do_alloc(op, b);
}

/* ---- episodes ---- */

static struct episode *running; /* for the trace when the program is ended from outside */
static size_t running_op;

static const char *drain(void)
{
    const char *wrong = judge_all_blocks();
    for (size_t i = 0; i < IDS && !wrong; i++) {
        if (shadow.blocks[i].ptr)
            wrong = do_free(&shadow.blocks[i]);
        if (!wrong)
            wrong = judge(0);
    }
    return wrong;
}

/* NULL, or what was wrong; then *operation is the one after which it was (from 0; count: while everything is freed). */
static const char *run_episode(struct episode *e, size_t *operation)
{
    const char *wrong = NULL;
    struct heap_setup setup = region_setup(&region, e->policy, &e->shape);
    memset(&shadow, 0, sizeof shadow);
    memset(h, REGION_JUNK, sizeof *h);
    running = e;
    if (heap_init(h, &setup) != HEAP_OK)
        wrong = "init failed";
    for (*operation = 0; !wrong && *operation < e->count; ++*operation) {
        running_op = *operation;
        wrong = do_op(&e->ops[*operation]);
        if (!wrong)
            wrong = judge(*operation);
        if (wrong)
            break;
    }
    return wrong ? wrong : drain();
}

static size_t random_below(uint64_t *random, size_t bound)
{
    return (size_t)(test_random(random) % bound);
}

/* Mostly small, sometimes middling, seldom a good part of the region or more than it. */
static size_t random_bytes(uint64_t *random, size_t limit)
{
    size_t kind = random_below(random, 100);
    if (kind < 60)
        return random_below(random, 130);
    if (kind < 90)
        return random_below(random, limit / 32 + 200);
    if (kind < 98)
        return random_below(random, limit / 4);
    return kind < 99 ? random_below(random, limit + 100) : SIZE_MAX - random_below(random, 100);
}

static void generate(struct episode *e, const struct heap_ops *policy, uint64_t seed)
{
    uint64_t random = seed;
    bool is_live[IDS] = {false};
    size_t least = 4096;
    while (least < 2 * policy->fixed) /* half of the smallest region at least is for blocks */
        least *= 2;
    size_t limit = least << random_below(&random, 9);
    size_t ids = IDS >> random_below(&random, 4);
    limit = limit < CAPACITY ? limit : CAPACITY;
    limit -= random_below(&random, 2) * random_below(&random, 100) * A; /* not always whole grains */
    *e = (struct episode){.policy = policy, .seed = seed};
    e->shape = (struct region_shape){.limit = limit, .is_fixed = random_below(&random, 2), .harden = 1};
    e->shape.harden = (unsigned)random_below(&random, 2);
    for (e->count = 0; e->count < EPISODE; e->count++) {
        struct op *op = &e->ops[e->count];
        op->id = (unsigned)random_below(&random, ids);
        op->bytes = random_bytes(&random, limit);
        op->align = (size_t)1 << random_below(&random, 14);
        if (is_live[op->id])
            op->kind = random_below(&random, 3) == 0 ? OP_RESIZE : OP_FREE;
        else
            op->kind = random_below(&random, 8) == 0 ? OP_ALIGNED : OP_ALLOC;
        if (op->kind == OP_RESIZE && op->bytes == 0)
            op->bytes = 1;
        is_live[op->id] = op->kind != OP_FREE;
    }
}

/* ---- a failure: shrunk and written down ---- */

static bool still_fails(struct episode *e)
{
    size_t operation;
    return run_episode(e, &operation) != NULL;
}

/* Leaves out ever smaller stretches as long as the rest still fails. */
static void shrink(struct episode *e)
{
    static struct episode less;
    for (size_t stretch = e->count / 2; stretch > 0; stretch /= 2) {
        for (size_t from = 0; from + stretch <= e->count;) {
            less = *e;
            less.count -= stretch;
            memmove(less.ops + from, less.ops + from + stretch, (less.count - from) * sizeof less.ops[0]);
            if (still_fails(&less))
                *e = less;
            else
                from += stretch;
        }
    }
}

static const char *trace_name(const struct episode *e)
{
    static char name[128];
    snprintf(name, sizeof name, "random-%s-m%zu-%llu.trace", e->policy->name, 8 * WORD, (unsigned long long)e->seed);
    return name;
}

static void write_trace(const struct episode *e, size_t count, const char *wrong)
{
    FILE *file = fopen(trace_name(e), "w");
    if (!file)
        return;
    fprintf(file, "# %s: %s\n# seed %llu, region of %zu bytes (%s), harden %u\n", e->policy->name, wrong,
            (unsigned long long)e->seed, e->shape.limit, e->shape.is_fixed ? "fixed" : "growing", e->shape.harden);
    for (size_t i = 0; i < count; i++) {
        const struct op *op = &e->ops[i];
        if (op->is_skipped)
            continue;
        if (op->kind == OP_FREE)
            fprintf(file, "f %u\n", op->id);
        else if (op->kind == OP_ALIGNED)
            fprintf(file, "m %u %zu %zu\n", op->id, op->bytes, op->align);
        else
            fprintf(file, "%c %u %zu\n", op->kind == OP_ALLOC ? 'a' : 'r', op->id, op->bytes);
    }
    fclose(file);
}

static void report_failure(struct episode *e, const char *wrong, size_t operation)
{
    size_t last;
    shrink(e);
    run_episode(e, &last);
    running = NULL;
    write_trace(e, last < e->count ? last + 1 : last, wrong);
    fail_msg("%s, seed %llu, operation %zu: %s; shrunk to %s", e->policy->name, (unsigned long long)e->seed,
             operation + 1, wrong, trace_name(e));
}

/* The program is about to be ended by a sanitizer or an assertion. */
static void write_last_words(void)
{
    if (!running)
        return;
    write_trace(running, running_op + 1, "ended by a sanitizer or an assertion");
    fprintf(stderr, "%s, seed %llu, operation %zu: see %s\n", running->policy->name, (unsigned long long)running->seed,
            running_op + 1, trace_name(running));
    running = NULL;
}

static void on_abort(int signal)
{
    (void)signal;
    write_last_words();
}

static uint64_t setting(const char *name, uint64_t fallback)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 0) : fallback;
}

/* ---- the tests ---- */

static void random_operations_are_answered_rightly(void **state)
{
    static struct episode e;
    uint64_t ops = setting("KFIT_TEST_OPS", OPS), seed = setting("KFIT_TEST_SEED", 1);
    for (uint64_t done = 0; done < ops; done += EPISODE, seed++) {
        size_t operation;
        generate(&e, policy_of(state), seed);
        const char *wrong = run_episode(&e, &operation);
        if (wrong)
            report_failure(&e, wrong, operation);
    }
    running = NULL;
}

/* ---- the detector itself: a policy with a fault in it is caught, shrunk and written down ---- */

static const struct heap_ops *sound;
static size_t allocs;

/* Every fiftieth block begins one A too early. */
static void *overlapping_alloc(struct heap *own, size_t bytes, size_t align)
{
    unsigned char *ptr = sound->alloc(own, bytes, align);
    return ptr && ++allocs % 50 == 0 && align == A && offset_in(own, ptr) > 8 * A ? ptr - A : ptr;
}

static enum heap_status counting_init(struct heap *own)
{
    allocs = 0;
    return sound->init(own);
}

static void fault_in_a_policy_is_caught_and_shrunk(void **state)
{
    (void)state;
    static struct episode e;
    sound = heap_policies[0];
    struct heap_ops faulty = *sound;
    faulty.init = counting_init;
    faulty.alloc = overlapping_alloc;
    faulty.name = "faulty";
    size_t operation;
    uint64_t seed = 0;
    do
        generate(&e, &faulty, ++seed);
    while (!run_episode(&e, &operation) && seed < 100);
    assert_true(seed < 100);
    shrink(&e);
    assert_true(still_fails(&e));
    assert_true(e.count < 200); /* 50 allocations, and what it takes to make room for them */
    write_trace(&e, e.count, "two blocks overlap");
    FILE *file = fopen(trace_name(&e), "r");
    assert_non_null(file);
    assert_int_equal(fgetc(file), '#');
    fclose(file);
    assert_int_equal(remove(trace_name(&e)), 0);
    running = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_are_answered_rightly),
    };
    const struct CMUnitTest detector[] = {
        cmocka_unit_test(fault_in_a_policy_is_caught_and_shrunk),
    };
    uint64_t random = 11;
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (unsigned char)test_random(&random);
    signal(SIGABRT, on_abort);
    __sanitizer_set_death_callback(write_last_words);
    region_begin(&region, CAPACITY);
    int failed = run_under_policies("random", tests, COUNT(tests), is_any_policy);
    failed += cmocka_run_group_tests_name("random: the detector", detector, NULL, NULL);
    region_end(&region);
    return failed;
}
