/* A region for the tests of alloc/: an array full of junk that grows on demand, refuses growth when told to, and is
 * closed to the sanitizer beyond what is committed. */
#ifndef TESTS_ALLOC_REGION_H
#define TESTS_ALLOC_REGION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include <alloc/heap_ops.h>

#include "support.h"

#define REGION_JUNK 0xA5
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define WORD sizeof(size_t)

struct test_region {
    unsigned char *memory;   /* `capacity` bytes at a multiple of HEAP_REGION_ALIGN */
    uint8_t *starts;         /* heap_starts_bytes(capacity) */
    size_t capacity;         /* most bytes a heap in it may have */
    size_t limit, committed; /* of the heap in it */
    size_t grow_calls;       /* growths asked for, the first commit included */
    size_t refuse_call;      /* the call of that number, counted from 1, is refused; 0: none */
    bool refuses_on;         /* and so is every call after it */
};

/* How a heap is set into a region. */
struct region_shape {
    size_t limit;    /* a multiple of A, at most the region's capacity */
    bool is_fixed;   /* all of it committed at once, no grow callback; else it begins empty and grows */
    unsigned harden; /* 0 .. HEAP_HARDEN_MAX */
    size_t grain;    /* 0: the default */
};

/* To be ended with region_end. */
static inline void region_begin(struct test_region *r, size_t capacity)
{
    size_t whole = (capacity + HEAP_REGION_ALIGN - 1) & ~(HEAP_REGION_ALIGN - 1);
    *r = (struct test_region){.capacity = capacity};
    r->memory = aligned_alloc(HEAP_REGION_ALIGN, whole);
    r->starts = malloc(heap_starts_bytes(capacity));
    assert_non_null(r->memory);
    assert_non_null(r->starts);
    ASAN_POISON_MEMORY_REGION(r->memory, whole);
    ASAN_POISON_MEMORY_REGION(r->starts, heap_starts_bytes(capacity));
}

static inline void region_end(struct test_region *r)
{
    size_t whole = (r->capacity + HEAP_REGION_ALIGN - 1) & ~(HEAP_REGION_ALIGN - 1);
    ASAN_UNPOISON_MEMORY_REGION(r->memory, whole);
    ASAN_UNPOISON_MEMORY_REGION(r->starts, heap_starts_bytes(r->capacity));
    free(r->memory);
    free(r->starts);
    *r = (struct test_region){0};
}

/* Opens `added` more bytes, full of junk, and the start table that goes with them. */
static inline void region_commit(struct test_region *r, size_t added)
{
    ASAN_UNPOISON_MEMORY_REGION(r->memory + r->committed, added);
    memset(r->memory + r->committed, REGION_JUNK, added);
    r->committed += added;
    ASAN_UNPOISON_MEMORY_REGION(r->starts, heap_starts_bytes(r->committed));
}

/* The grow callback: holds the front-end to what heap.h promises about its arguments. */
static inline bool region_grow(void *context, size_t committed, size_t added)
{
    struct test_region *r = context;
    assert_int_equal(committed, r->committed);
    assert_true(added > 0 && added % HEAP_ALIGN == 0);
    assert_true(added <= r->limit - committed);
    r->grow_calls++;
    if (r->refuse_call != 0 && (r->grow_calls == r->refuse_call || (r->refuses_on && r->grow_calls > r->refuse_call)))
        return false;
    region_commit(r, added);
    return true;
}

/* While tests run under other words than the defaults: whose, and which word of each option. */
static struct {
    const struct heap_ops *ops;
    size_t words[HEAP_OPTIONS_MAX];
} region_choice;

/* The policy's options as they are when nobody gives any, but for the words chosen. */
static inline void region_options(struct heap_setup *setup)
{
    const struct heap_option *options = setup->ops->options;
    for (size_t i = 0; options && options[i].key; i++) {
        bool is_chosen = region_choice.ops == setup->ops && options[i].words;
        setup->options[i] = is_chosen ? region_choice.words[i] : options[i].fallback;
    }
}

/* The set-up of a heap in r, from scratch: what an earlier heap left there is closed and forgotten. */
static inline struct heap_setup region_setup(struct test_region *r, const struct heap_ops *ops,
                                             const struct region_shape *shape)
{
    struct heap_setup setup = {.ops = ops, .harden = shape->harden, .grain = shape->grain};
    assert_true(shape->limit <= r->capacity);
    if (r->committed > 0)
        ASAN_POISON_MEMORY_REGION(r->memory, r->committed);
    ASAN_UNPOISON_MEMORY_REGION(r->starts, heap_starts_bytes(r->capacity));
    memset(r->starts, 0, heap_starts_bytes(shape->limit));
    ASAN_POISON_MEMORY_REGION(r->starts, heap_starts_bytes(r->capacity));
    r->committed = r->grow_calls = 0;
    r->limit = shape->limit;
    region_commit(r, shape->is_fixed ? shape->limit : 0);
    region_options(&setup);
    setup.region = (struct heap_region){
        .base = r->memory,
        .committed = r->committed,
        .reserved = shape->limit,
        .grow = shape->is_fixed ? NULL : region_grow,
        .grow_context = r,
        .starts = shape->harden > 0 ? r->starts : NULL,
    };
    return setup;
}

/* An empty heap in r; *h is full of junk before. */
static inline void region_heap(struct test_region *r, struct heap *h, const struct heap_ops *ops,
                               const struct region_shape *shape)
{
    struct heap_setup setup = region_setup(r, ops, shape);
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    assert_int_equal(heap_check(h), HEAP_OK);
}

static inline size_t offset_in(const struct heap *h, const void *ptr)
{
    return (size_t)((uintptr_t)ptr - (uintptr_t)h->base);
}

/* Whether [ptr, ptr + bytes) lies in the heap's committed bytes and is aligned. */
static inline bool is_placed(const struct heap *h, const void *ptr, size_t bytes, size_t align)
{
    size_t offset = offset_in(h, ptr);
    return (uintptr_t)ptr % align == 0 && offset >= heap_origin(h) && offset <= h->committed &&
           bytes <= h->committed - offset;
}

static inline bool is_filled(const void *ptr, int byte, size_t bytes)
{
    const unsigned char *p = ptr;
    return bytes == 0 || (p[0] == (unsigned char)byte && memcmp(p, p + 1, bytes - 1) == 0);
}

/* Fails with the fault's own words if the heap is not sound. */
static inline void assert_sound(struct heap *h)
{
    if (heap_check(h) != HEAP_OK)
        fail_msg("%s: %s at offset %zu", h->ops->name, heap_fault_text(h->fault.class), offset_in(h, h->fault.address));
}

/* ---- a copy of a heap, to show that a refusal changed nothing ---- */

struct heap_snapshot {
    struct heap heap;
    unsigned char *bytes; /* the committed ones, and the start table of them */
};

/* To be ended with snapshot_end. */
static inline struct heap_snapshot snapshot_begin(const struct heap *h)
{
    size_t starts = h->starts ? heap_starts_bytes(h->committed) : 0;
    struct heap_snapshot s = {.heap = *h, .bytes = malloc(h->committed + starts + 1)};
    memcpy(s.bytes, h->base, h->committed);
    if (starts > 0)
        memcpy(s.bytes + h->committed, h->starts, starts);
    return s;
}

/* Whether the heap is what it was, but for the tallies of calls and the last fault. */
static inline bool snapshot_holds(const struct heap_snapshot *s, const struct heap *h)
{
    const struct heap_counters *was = &s->heap.counters, *is = &h->counters;
    bool same = h->ops == s->heap.ops && h->base == s->heap.base && h->committed == s->heap.committed &&
                h->reserved == s->heap.reserved && h->starts == s->heap.starts &&
                memcmp(h->state, s->heap.state, sizeof h->state) == 0 && is->granted == was->granted &&
                is->live == was->live && is->splits == was->splits && is->merges == was->merges &&
                is->grows == was->grows && is->resized_in_place == was->resized_in_place &&
                is->resized_moved == was->resized_moved && memcmp(s->bytes, h->base, h->committed) == 0;
    return same && (!h->starts || memcmp(s->bytes + h->committed, h->starts, heap_starts_bytes(h->committed)) == 0);
}

static inline void snapshot_end(struct heap_snapshot *s)
{
    free(s->bytes);
}

/* ---- every test under every policy of alloc/policy/ ---- */

/* A test finds its policy in *state. */
static inline const struct heap_ops *policy_of(void **state)
{
    return *state;
}

static inline bool is_any_policy(const struct heap_ops *ops)
{
    return ops != NULL;
}

/* Runs each test once for each policy that `is_meant`, as "POLICY: test". Returns how many failed. */
static inline int run_under_policies(const char *group, const struct CMUnitTest *tests, size_t count,
                                     bool (*is_meant)(const struct heap_ops *))
{
    size_t policies = 0, used = 0;
    while (heap_policies[policies])
        policies++;
    struct CMUnitTest *all = calloc(policies * count, sizeof *all);
    char(*names)[128] = calloc(policies * count, sizeof *names);
    for (size_t i = 0; i < policies * count; i++) {
        const struct heap_ops *ops = heap_policies[i / count];
        if (!is_meant(ops))
            continue;
        snprintf(names[used], sizeof names[used], "%s: %s", ops->name, tests[i % count].name);
        all[used] = tests[i % count];
        all[used].name = names[used];
        all[used].initial_state = (void *)(uintptr_t)ops;
        used++;
    }
    int failed = _cmocka_run_group_tests(group, all, used, NULL, NULL);
    free(all);
    free(names);
    return failed;
}

/* ---- every test under every choice of a policy's options that are words ---- */

/* The next choice after all words 0, like the digits of a number; false: there is none. */
static inline bool next_choice(const struct heap_option *options)
{
    for (size_t i = 0; options && options[i].key; i++) {
        if (options[i].words && region_choice.words[i] < options[i].max) {
            region_choice.words[i]++;
            return true;
        }
        region_choice.words[i] = 0;
    }
    return false;
}

/* "first-fit:merge=never:order=lifo"; false: it is what nobody needs to write, the defaults. */
static inline bool name_choice(char *name)
{
    const struct heap_option *options = region_choice.ops->options;
    bool is_other = false;
    name += sprintf(name, "%s", region_choice.ops->name);
    for (size_t i = 0; options && options[i].key; i++) {
        if (options[i].words && region_choice.words[i] != options[i].fallback) {
            name += sprintf(name, ":%s=%s", options[i].key, options[i].words[region_choice.words[i]]);
            is_other = true;
        }
    }
    return is_other;
}

/* Runs each test once for each policy and each choice of words but the defaults. Returns how many failed. */
static inline int run_under_choices(const struct CMUnitTest *tests, size_t count)
{
    int failed = 0;
    struct CMUnitTest *all = calloc(count, sizeof *all);
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        memset(&region_choice, 0, sizeof region_choice);
        region_choice.ops = *ops;
        do {
            char name[160];
            for (size_t i = 0; i < count; i++) {
                all[i] = tests[i];
                all[i].initial_state = (void *)(uintptr_t)*ops;
            }
            if (name_choice(name))
                failed += _cmocka_run_group_tests(name, all, count, NULL, NULL);
        } while (next_choice((*ops)->options));
    }
    region_choice.ops = NULL;
    free(all);
    return failed;
}

/* Whether this heap may join holes in a request that it refuses in the end: the one thing that a refusal may change. */
static inline bool merges_late(const struct heap *h)
{
    const struct heap_option *options = h->ops->options;
    for (size_t i = 0; options && options[i].key; i++) {
        if (options[i].words && strcmp(options[i].words[h->options[i]], "deferred") == 0)
            return true;
    }
    return false;
}

#endif
