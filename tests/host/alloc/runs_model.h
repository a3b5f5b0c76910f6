/* A model of the allocators that work in units, written from the essays in their files and not from their code: units
 * are an array of flags, free places are arrays, every choice is made by trying. And the duel: random operations on a
 * heap and on its model, which must answer with the same places. */
#ifndef TESTS_RUNS_MODEL_H
#define TESTS_RUNS_MODEL_H

#include "alloc_region.h"

#define A HEAP_ALIGN

enum { MODEL_UNITS = 200, MODEL_PLACES = 8192, MODEL_IDS = 80 };

struct model_block {
    bool is_live, is_large;
    size_t payload, room; /* offset; bytes that may be used */
    size_t first, units;  /* large: where its units are */
    size_t size;          /* small: of its class or its objects */
};

/* A chunk or a slab. */
struct model_slab {
    size_t unit, size, count, fresh, used;
    size_t stamp;      /* when it came to the front of its list */
    size_t freed[256]; /* objects below fresh that are free, the last one freed last */
    size_t freed_count;
};

struct model {
    size_t unit, committed, limit, grain, clock;
    bool taken[MODEL_UNITS];
    struct model_block blocks[MODEL_IDS];
    /* The small blocks: how large one is for a request (0: it is large), where it goes (offset; 0: no place), back. */
    size_t (*small_size)(size_t bytes);
    size_t (*small_place)(struct model *m, size_t size, size_t units);
    void (*small_give)(struct model *m, const struct model_block *b);
    size_t front; /* bytes of a small block before its payload */
    struct {
        size_t size, payload;
    } listed[MODEL_PLACES]; /* segregated: free blocks, the last one freed last */
    size_t listed_count;
    struct model_slab slabs[MODEL_UNITS]; /* slab: by unit; used 0: none there */
};

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */
static struct model model, *const m = &model;

static inline size_t up(size_t n, size_t multiple)
{
    return (n + multiple - 1) / multiple * multiple;
}

/* The lowest unit that is free, below `units`; SIZE_MAX: none. */
static inline size_t model_free_unit(size_t units)
{
    for (size_t u = 0; u < units; u++) {
        if (!m->taken[u])
            return u;
    }
    return SIZE_MAX;
}

/* Tries to place a large block in the first `units` units: every free stretch from below, in it the lowest payload. */
static inline bool model_large(struct model_block *b, size_t bytes, size_t align, size_t units)
{
    for (size_t start = 0; start < units; start++) {
        if (m->taken[start] || (start > 0 && !m->taken[start - 1]))
            continue;
        size_t end = start, payload = up(start * m->unit + 2 * A, align);
        while (end < units && !m->taken[end])
            end++;
        if (payload > end * m->unit || (bytes ? bytes : 1) > end * m->unit - payload)
            continue;
        size_t first = (payload - 2 * A) / m->unit, last = up(payload + (bytes ? bytes : 1), m->unit) / m->unit;
        for (size_t u = first; u < last; u++)
            m->taken[u] = true;
        *b = (struct model_block){true, true, payload, last * m->unit - payload, first, last - first, 0};
        return true;
    }
    return false;
}

static inline bool model_place_in(struct model_block *b, size_t bytes, size_t align, size_t units)
{
    size_t size = align > A ? 0 : m->small_size(bytes);
    if (size == 0)
        return model_large(b, bytes, align, units);
    size_t payload = m->small_place(m, size, units);
    *b = (struct model_block){payload > 0, false, payload, size - m->front, 0, 0, size};
    return payload > 0;
}

/* Places it, growing to the smallest number of units that does. */
static inline bool model_place(struct model_block *b, size_t bytes, size_t align)
{
    if (model_place_in(b, bytes, align, m->committed / m->unit))
        return true;
    for (size_t units = m->committed / m->unit + 1; units <= m->limit / m->unit; units++) {
        if (!model_place_in(b, bytes, align, units))
            continue;
        m->committed = up(units * m->unit - m->committed, m->grain) + m->committed;
        m->committed = m->committed > m->limit ? m->limit : m->committed;
        return true;
    }
    return false;
}

static inline void model_free(struct model_block *b)
{
    for (size_t u = b->first; u < b->first + b->units; u++)
        m->taken[u] = false;
    if (!b->is_large)
        m->small_give(m, b);
    b->is_live = false;
}

/* In place if it can; false: it has to move. */
static inline bool model_resize(struct model_block *b, size_t bytes)
{
    if (!b->is_large)
        return bytes <= b->room;
    size_t units = up(b->payload + bytes, m->unit) / m->unit - b->first;
    if (bytes > m->limit || b->first + units > m->committed / m->unit)
        return false;
    for (size_t u = b->units; u < units; u++) {
        if (m->taken[b->first + u])
            return false;
    }
    for (size_t u = 0; u < b->units || u < units; u++)
        m->taken[b->first + u] = u < units;
    b->units = units;
    b->room = (b->first + units) * m->unit - b->payload;
    return true;
}

/* ---- the duel ---- */

static inline void begin_with(const char *policy, const size_t options[2], const struct region_shape *shape)
{
    struct heap_setup setup = region_setup(&region, heap_policy_find(policy), shape);
    setup.options[0] = options[0];
    setup.options[1] = options[1];
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    memset(m, 0, sizeof *m);
    m->unit = options[1];
    m->limit = shape->limit;
    m->grain = HEAP_GRAIN;
    m->committed = h->committed;
}

static inline size_t duel_bytes(uint64_t *random)
{
    size_t kind = (size_t)(test_random(random) % 10), below = kind < 6 ? 150 : kind < 9 ? 1500 : 20000;
    return (size_t)(test_random(random) % below);
}

/* One operation on both; the places must agree. */
static inline void duel_step(uint64_t *random, void **payloads)
{
    size_t id = (size_t)(test_random(random) % MODEL_IDS), bytes = duel_bytes(random),
           kind = (size_t)(test_random(random) % 8);
    size_t align = kind == 7 ? A << test_random(random) % 10 : A;
    struct model_block *b = &m->blocks[id], moved;
    void *got = NULL;
    if (!b->is_live) {
        bool is_placed_by_model = model_place(b, bytes, align);
        b->is_live = is_placed_by_model;
        heap_alloc_aligned(h, bytes, align, &got);
        assert_int_equal(got != NULL, is_placed_by_model);
    } else if (kind < 3) {
        bytes += bytes == 0;
        if (!model_resize(b, bytes) && model_place(&moved, bytes, A)) {
            model_free(b);
            *b = moved;
        }
        bool granted = heap_resize(h, payloads[id], bytes, &got) == HEAP_OK;
        assert_int_equal(granted, b->room >= bytes);
        got = granted ? got : payloads[id];
    } else {
        model_free(b);
        assert_int_equal(heap_free(h, payloads[id]), HEAP_OK);
    }
    payloads[id] = got;
    if (b->is_live) {
        assert_int_equal(offset_in(h, got), b->payload);
        assert_int_equal(heap_usable(h, got), b->room);
        memset(got, (int)id, b->room);
    }
    assert_int_equal(h->committed, m->committed);
}

/* The longest free stretch of the model, in units. */
static inline size_t model_longest_stretch(void)
{
    size_t longest = 0, length = 0;
    for (size_t u = 0; u < m->committed / m->unit; u++) {
        length = m->taken[u] ? 0 : length + 1;
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* One large block of the longest free stretch is granted without growth, and no larger one. */
static inline void assert_stretch_is_one_hole(size_t units)
{
    assert_null(h->ops->alloc(h, units * m->unit - 2 * A + 1, A));
    if (units == 0)
        return;
    void *p = h->ops->alloc(h, units * m->unit - 2 * A, A);
    assert_non_null(p);
    assert_int_equal(h->ops->free(h, p).status, HEAP_OK);
    assert_sound(h);
}

/* `set` gives the model its small blocks, for those options. */
static inline void duel(const char *policy, const size_t options[2], void (*set)(const size_t options[2]),
                        uint64_t seed)
{
    enum { OPS = 4000 };
    void *payloads[MODEL_IDS] = {NULL};
    uint64_t random = seed;
    const struct region_shape shape = {
        .limit = 65536 + (size_t)(seed % 5) * A, .is_fixed = seed % 3 == 0, .harden = (unsigned)(seed & 1)};
    begin_with(policy, options, &shape);
    set(options);
    for (size_t i = 0; i < OPS; i++) {
        duel_step(&random, payloads);
        if (i % 16 == 0)
            assert_sound(h);
    }
    for (size_t id = 0; id < MODEL_IDS; id++) {
        if (!m->blocks[id].is_live)
            continue;
        model_free(&m->blocks[id]);
        assert_int_equal(heap_free(h, payloads[id]), HEAP_OK);
    }
    assert_int_equal(h->counters.granted, 0);
    assert_sound(h);
    assert_stretch_is_one_hole(model_longest_stretch());
}

/* ---- for the named tests ---- */

static inline struct heap_shape shape_now(void)
{
    struct heap_shape shape;
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    assert_sound(h);
    return shape;
}

static inline unsigned char *take(size_t bytes)
{
    unsigned char *p = heap_alloc(h, bytes);
    assert_non_null(p);
    memset(p, 0xFF, heap_usable(h, p));
    return p;
}

static inline void give(void *ptr)
{
    assert_int_equal(heap_free(h, ptr), HEAP_OK);
}

/* Flips each bit of the `bytes` at `at`, one by one. Returns in how many cases the check found it. */
static inline size_t flips_found(void *at, size_t bytes)
{
    unsigned char *byte = at;
    size_t found = 0;
    for (size_t i = 0; i < 8 * bytes; i++) {
        byte[i / 8] ^= (unsigned char)(1u << i % 8);
        found += heap_check(h) == HEAP_CORRUPT;
        byte[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    assert_sound(h);
    return found;
}

/* A free that is refused in that way and changes nothing. */
static inline void assert_bad_free(void *ptr, enum heap_status status, enum heap_fault_class class)
{
    struct heap_snapshot before = snapshot_begin(h);
    assert_int_equal(heap_free(h, ptr), status);
    assert_int_equal(h->fault.class, class);
    assert_true(snapshot_holds(&before, h));
    snapshot_end(&before);
}

#endif
