/* What every policy tells of its searches, under random operations, options and hardening levels: as many looks as probes, true
 * ones, and the choice among them. Judged from the heap's own walk, taken before each operation: a verdict must be true of the
 * extents there, and the block granted must lie in the hole that was said to be taken. Who listens changes nothing.
 *
 * What can be said of any policy is said here; whole searches of each policy, look by look, in test_searches.c. */
#include "alloc_region.h"

#include "../../../alloc/guard.h"

#define A HEAP_ALIGN

enum {
    LIMIT = 32768,
    IDS = 128, /* blocks live at once */
    EPISODES = 40,
    OPS = 400, /* in an episode */
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

/* ---- the walk before an operation ---- */

static struct {
    struct heap_extent extents[LIMIT / HEAP_ALIGN + 1];
    size_t count, committed;
    unsigned waiting; /* freed blocks in quarantine */
} map;

static bool add_extent(void *context, const struct heap_extent *extent)
{
    (void)context;
    map.extents[map.count++] = *extent;
    return true;
}

static void take_map(void)
{
    map.count = 0;
    map.committed = h->committed;
    map.waiting = h->quarantine.count;
    assert_int_equal(heap_walk(h, add_extent, NULL), HEAP_OK);
}

/* The extent that begins there; NULL: none does. */
static const struct heap_extent *extent_at(const void *address)
{
    size_t low = 0, high = map.count, offset = offset_in(h, address);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map.extents[middle].offset == offset)
            return &map.extents[middle];
        if (map.extents[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool is_hole_above(const struct heap_extent *e)
{
    return e + 1 < map.extents + map.count && e[1].kind == HEAP_FREE;
}

/* Whether some hole has a size from `size` to `most`. What the pool of runs cannot use at the region's end is in no class, and does
 * not count where it would speak against an empty one. */
static bool has_hole_of(size_t size, size_t most, bool but_at_the_end)
{
    for (size_t i = 0; i < map.count; i++) {
        const struct heap_extent *e = &map.extents[i];
        bool is_at_the_end = e->offset + e->size == map.committed;
        if (e->kind == HEAP_FREE && e->size >= size && e->size <= most && !(but_at_the_end && is_at_the_end))
            return true;
    }
    return false;
}

/* ---- one operation, and what is told in it ---- */

static struct {
    size_t wanted, align;    /* of the request as it reaches the policy: whole block, SIZE_MAX: none can hold it */
    size_t looks, probes;    /* those above a frontier are none */
    bool is_map_old;         /* the heap has changed since: only what needs no map can be judged */
    bool has_joined;         /* a pass has joined holes: the map is good for the rest of the pass */
    struct heap_look last;   /* place of the last one: HEAP_PLACES: there was none */
    struct heap_look chosen; /* the one taken, or the best yet; likewise */
    const char *wrong;       /* the first finding */
} told;

static void expect(bool is_right, const char *wrong)
{
    if (!is_right && !told.wrong)
        told.wrong = wrong;
}

/* A verdict on a hole, or on the rest above a frontier, of that size. */
static void judge_hole(enum heap_verdict verdict, size_t size)
{
    bool is_large_enough = size >= told.wanted;
    if (verdict == HEAP_TOO_SMALL)
        expect(!is_large_enough, "too small is large enough");
    else if (verdict == HEAP_MISALIGNED)
        expect(is_large_enough && told.align > A, "misaligned is too small, or the request is not aligned");
    else
        expect(verdict <= HEAP_NO_BETTER && is_large_enough, "what holds the request is too small");
    expect(verdict != HEAP_NO_BETTER || told.chosen.verdict == HEAP_BEST_YET, "no better than nothing");
}

static void judge_block(const struct heap_look *look)
{
    const struct heap_extent *e = extent_at(look->address);
    expect(look->size == look->most, "a block of two sizes");
    expect(told.is_map_old || (e && e->size == look->size), "no block begins there, or it has another size");
    if (look->verdict != HEAP_IN_USE)
        judge_hole(look->verdict, look->size);
    expect(told.is_map_old || !e || (e->kind == HEAP_USED) == (look->verdict == HEAP_IN_USE),
           "in use is free, or free in use");
}

static void judge_frontier(const struct heap_look *look)
{
    size_t offset = offset_in(h, look->address);
    expect(look->size == look->most && offset + look->size == h->committed,
           "the rest does not end at the region's end");
    expect(told.is_map_old || look->size == 0 ||
               (extent_at(look->address) && extent_at(look->address)->kind == HEAP_FREE),
           "the rest is no hole");
    judge_hole(look->verdict, look->size);
}

static void judge_class(const struct heap_look *look)
{
    bool is_taken = look->verdict == HEAP_TAKEN;
    const struct heap_extent *e = is_taken ? extent_at(look->address) : NULL;
    expect(look->size <= look->most, "a class without sizes");
    expect(is_taken || (look->verdict == HEAP_NONE_THERE && !look->address),
           "a class that is neither empty nor taken from");
    if (told.is_map_old)
        return;
    expect(!is_taken ||
               (e && e->kind == HEAP_FREE && e->size >= look->size && e->size <= look->most && e->size >= told.wanted),
           "what is taken from the class is no hole of it");
    expect(is_taken || !has_hole_of(look->size, look->most, true), "an empty class has a hole");
}

static void judge_row(const struct heap_look *look)
{
    bool leads_on = look->verdict == HEAP_LEADS_ON;
    expect(look->size <= look->most && !look->address, "a row without sizes");
    expect(leads_on || look->verdict == HEAP_NONE_THERE, "a row that is neither empty nor leads on");
    expect(told.is_map_old || leads_on == has_hole_of(look->size, look->most, false),
           "the row does not tell what is there");
}

/* Up to the end of the pass blocks ahead of it are as in the map; and so is the one joined, but for what it is part of now. */
static void judge_pass(const struct heap_look *look)
{
    const struct heap_extent *e = extent_at(look->address);
    told.has_joined = told.has_joined || look->verdict == HEAP_JOINED;
    expect(told.last.place != HEAP_PLACE_PASS || look->address > told.last.address, "a pass goes down");
    if (told.is_map_old)
        return;
    expect(e && e->size == look->size && look->size == look->most, "no block of the pass begins there");
    if (!e)
        return;
    if (look->verdict == HEAP_IN_USE)
        expect(e->kind == HEAP_USED, "in use is free");
    else if (look->verdict == HEAP_LEADS_ON || look->verdict == HEAP_NONE_THERE)
        expect(e->kind == HEAP_FREE && is_hole_above(e) == (look->verdict == HEAP_LEADS_ON),
               "what is above it is another");
    else
        expect(e->kind == HEAP_FREE && look->verdict == HEAP_JOINED && e > map.extents && e[-1].kind == HEAP_FREE,
               "joined is no hole above a hole");
}

static void (*const judges[HEAP_PLACES])(const struct heap_look *) = {
    [HEAP_PLACE_BLOCK] = judge_block, [HEAP_PLACE_FRONTIER] = judge_frontier, [HEAP_PLACE_CLASS] = judge_class,
    [HEAP_PLACE_ROW] = judge_row,     [HEAP_PLACE_PASS] = judge_pass,
};

/* Growth, and a quarantine that is emptied, make the map old; so does a pass, once it is over. */
static void on_look(void *context, struct heap *of, const struct heap_look *look)
{
    expect(context == &told && of == h, "told of another heap");
    told.looks++;
    told.probes += look->place != HEAP_PLACE_FRONTIER;
    told.is_map_old = told.is_map_old || h->committed != map.committed || h->quarantine.count < map.waiting ||
                      (told.has_joined && look->place != HEAP_PLACE_PASS);
    expect(told.last.place == HEAP_PLACES || told.last.verdict != HEAP_TAKEN, "the search goes on after what is taken");
    expect(look->place < HEAP_PLACES && look->verdict < HEAP_VERDICTS, "no such place or verdict");
    if (look->place < HEAP_PLACES)
        judges[look->place](look);
    told.last = *look;
    if (look->verdict == HEAP_TAKEN || look->verdict == HEAP_BEST_YET)
        told.chosen = *look;
}

static const struct heap_listener listener = {.look = on_look, .context = &told};

/* Whole block of the request as the policy sees it: from harden 3 on inside the guards. */
static size_t wanted_block(size_t bytes, size_t align)
{
    size_t total = bytes, size;
    if (h->harden >= 3 && (!heap_add(bytes ? bytes : 1, align > GUARD_FRONT ? align : GUARD_FRONT, &total) ||
                           !heap_add(total, GUARD_BACK, &total)))
        return SIZE_MAX;
    size = h->ops->block_size(h, total);
    return size ? size : SIZE_MAX;
}

static void begin_operation(size_t bytes, size_t align)
{
    take_map();
    memset(&told, 0, sizeof told);
    told.wanted = wanted_block(bytes, align);
    told.align = align;
    told.last.place = told.chosen.place = HEAP_PLACES;
    told.chosen.verdict = HEAP_VERDICTS;
}

/* placed: the block that was found a place; NULL: none was, and none should have been taken. */
static const char *end_operation(const unsigned char *placed, size_t bytes)
{
    expect(told.probes == h->counters.probes_now,
           "looks and probes are not as many (see heap_note_look in heap_ops.h)");
    expect(!placed || told.looks > 0, "a place is found without a look");
    expect((placed != NULL) == (told.chosen.place != HEAP_PLACES),
           "what is taken is not handed out, or what is not is");
    if (placed && told.chosen.place != HEAP_PLACES) {
        size_t into = (size_t)((uintptr_t)placed - (uintptr_t)told.chosen.address);
        expect(into < told.chosen.most && bytes <= told.chosen.most - into,
               "the block lies elsewhere than in what was taken");
    }
    return told.wrong;
}

/* ---- random operations ---- */

struct episode {
    uint64_t random;
    unsigned char *ptr[IDS]; /* NULL: not live */
    uint64_t digest;         /* of all answers */
};

static size_t random_below(struct episode *e, size_t bound)
{
    return (size_t)(test_random(&e->random) % bound);
}

static size_t random_bytes(struct episode *e)
{
    if (random_below(e, 100) == 0)
        return SIZE_MAX - random_below(e, 200);
    return random_below(e, random_below(e, 4) ? 200 : random_below(e, 20) ? 1500 : LIMIT);
}

static const char *do_alloc(struct episode *e, unsigned char **ptr)
{
    size_t bytes = random_bytes(e), align = random_below(e, 3) ? A : A << random_below(e, 8);
    void *out;
    begin_operation(bytes, align);
    heap_alloc_aligned(h, bytes, align, &out);
    *ptr = out;
    return end_operation(*ptr, bytes);
}

/* A resize in place, or refused, finds no place; one that moves does. */
static const char *do_resize(struct episode *e, unsigned char **ptr)
{
    size_t bytes = random_bytes(e) + 1;
    void *out;
    if (bytes == 0)
        return NULL;
    begin_operation(bytes, A);
    if (heap_resize(h, *ptr, bytes, &out) != HEAP_OK)
        return end_operation(NULL, 0);
    bool has_moved = out != *ptr;
    *ptr = out;
    return end_operation(has_moved ? out : NULL, bytes);
}

static const char *do_free(unsigned char **ptr)
{
    begin_operation(0, A);
    assert_int_equal(heap_free(h, *ptr), HEAP_OK);
    *ptr = NULL;
    return end_operation(NULL, 0);
}

static const char *do_something(struct episode *e)
{
    unsigned char **ptr = &e->ptr[random_below(e, IDS)];
    const char *wrong = !*ptr ? do_alloc(e, ptr) : random_below(e, 3) == 0 ? do_resize(e, ptr) : do_free(ptr);
    e->digest = (e->digest ^ (*ptr ? offset_in(h, *ptr) : SIZE_MAX)) * 0x100000001B3u + h->committed;
    return wrong;
}

/* Options as they are when nobody gives any, or anything in their ranges; every level; regions that grow and that do not. */
static void begin_heap(struct episode *e, const struct heap_ops *ops, uint64_t seed)
{
    *e = (struct episode){.random = seed};
    const struct region_shape shape = {.limit = LIMIT, .is_fixed = random_below(e, 2), .harden = (unsigned)(seed % 5)};
    struct heap_setup setup = region_setup(&region, ops, &shape);
    for (size_t i = 0; random_below(e, 3) && ops->options && ops->options[i].key; i++) {
        const struct heap_option *o = &ops->options[i];
        setup.options[i] = o->min + random_below(e, (o->max - o->min) / o->multiple + 1) * o->multiple;
    }
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_null(h->listener);
}

static void everything_told_is_true(void **state)
{
    static struct episode e;
    size_t looks = 0;
    for (uint64_t seed = 0; seed < EPISODES; seed++) {
        begin_heap(&e, policy_of(state), seed);
        heap_listen(h, &listener);
        for (size_t i = 0; i < OPS; i++) {
            const char *wrong = do_something(&e);
            if (wrong)
                fail_msg("%s, seed %u, operation %zu, look %zu: %s", h->ops->name, (unsigned)seed, i, told.looks,
                         wrong);
            looks += told.looks;
        }
    }
    assert_true(looks > EPISODES * OPS / 4);
}

/* The same operations with and without a listener: the same answers, counters and bytes. */
static void who_listens_changes_nothing(void **state)
{
    static struct episode e;
    for (uint64_t seed = 0; seed < EPISODES; seed += 4) {
        struct heap_snapshot silent;
        uint64_t digest = 0;
        for (int listens = 0; listens < 2; listens++) {
            begin_heap(&e, policy_of(state), seed);
            heap_listen(h, listens ? &listener : NULL);
            for (size_t i = 0; i < OPS; i++)
                do_something(&e);
            if (!listens)
                silent = snapshot_begin(h), digest = e.digest;
        }
        heap_listen(h, NULL);
        assert_int_equal(e.digest, digest);
        assert_memory_equal(&h->counters, &silent.heap.counters, sizeof h->counters);
        assert_true(snapshot_holds(&silent, h));
        snapshot_end(&silent);
    }
}

/* A listener may come and go between two operations. */
static void nobody_is_told_who_no_longer_listens(void **state)
{
    static struct episode e;
    begin_heap(&e, policy_of(state), 0);
    memset(&told, 0, sizeof told);
    assert_non_null(heap_alloc(h, 10));
    assert_int_equal(told.looks, 0);
    begin_operation(10, A);
    heap_listen(h, &listener);
    assert_non_null(heap_alloc(h, 10));
    assert_true(told.looks > 0);
    size_t looks = told.looks;
    heap_listen(h, NULL);
    assert_non_null(heap_alloc(h, 10));
    assert_int_equal(told.looks, looks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_told_is_true),
        cmocka_unit_test(who_listens_changes_nothing),
        cmocka_unit_test(nobody_is_told_who_no_longer_listens),
    };
    region_begin(&region, LIMIT);
    int failed = run_under_policies("tell", tests, COUNT(tests), is_any_policy);
    region_end(&region);
    return failed;
}
