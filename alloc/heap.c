/* The front-end of every heap: argument checks, growth, counters, hardening's order, the moving resize, calloc.
 *
 *     caller -> heap_alloc() ... -> [checks, counters] -> [guards] -> policy's operations -> bytes of the region
 *                                        |
 *                                        +-> grow callback, when the policy finds no place
 */
#include "frontend.h"
#include "guard.h"
#include "starts.h"

void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

const struct heap_ops *heap_policy_find(const char *name)
{
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        const char *a = (*ops)->name, *b = name;
        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return *ops;
    }
    return NULL;
}

/* The rule of contexts in heap.h. */
static void assert_call_allowed(const volatile unsigned *no_calls_while)
{
    HEAP_ASSERT(!no_calls_while || *no_calls_while == 0);
}

/* ---- one operation: counted at its start, its probes added up at its end ---- */

/* Of the block at ptr; NULL: of none. False: the free structure, or what is beside the block, is damaged, and nothing may be done. */
static bool operation_begin(struct heap *h, const void *ptr)
{
    h->counters.operations++;
    h->counters.probes_now = 0;
    h->fault.class = HEAP_FAULT_NONE;
    return h->harden < 2 || heap_judge_structure(h, ptr);
}

static void operation_end(struct heap *h)
{
    struct heap_counters *c = &h->counters;
    c->probes += c->probes_now;
    if (c->probes_now > c->probes_max)
        c->probes_max = c->probes_now;
    if (heap_is_blamed(h))
        heap_locate_fault(h);
    else if (h->harden >= 4)
        heap_check(h);
}

/* ---- growth ---- */

/* Makes the region at least `missing` bytes larger: by whole grains, near the limit by what is left. */
static bool grow_by(struct heap *h, size_t missing)
{
    size_t left = h->reserved - h->committed;
    size_t added;
    if (!h->grow || missing > left)
        return false;
    if (!heap_round_up_to(missing, h->grain, &added) || added > left)
        added = left;
    if (!h->grow(h->grow_context, h->committed, added))
        return false;
    h->committed += added;
    h->ops->extend(h, added);
    h->counters.grows++;
    return true;
}

/* ---- init ---- */

static bool options_in_range(const struct heap_ops *ops, const size_t *options)
{
    const struct heap_option *o = ops->options;
    for (size_t i = 0; o && o[i].key; i++) {
        if (options[i] < o[i].min || options[i] > o[i].max || options[i] % o[i].multiple != 0)
            return false;
    }
    return true;
}

static bool region_suits(const struct heap_region *r)
{
    uintptr_t base = (uintptr_t)r->base;
    return base != 0 && heap_is_aligned(base, HEAP_ALIGN) && heap_is_aligned(r->committed, HEAP_ALIGN) &&
           heap_is_aligned(r->reserved, HEAP_ALIGN) && r->committed <= r->reserved && r->reserved <= SIZE_MAX - base;
}

/* Brings a growing region to the size every heap starts with: round_up(fixed, grain), which is no growth. */
static enum heap_status first_commit(struct heap *h)
{
    size_t initial;
    if (!heap_round_up_to(h->ops->fixed, h->grain, &initial) || initial > h->reserved)
        initial = h->reserved;
    if (initial < h->ops->fixed)
        return HEAP_BAD_REGION;
    if (h->grow && h->committed < initial) {
        if (!h->grow(h->grow_context, h->committed, initial - h->committed))
            return HEAP_NO_MEMORY;
        h->committed = initial;
    }
    return h->committed < h->ops->fixed ? HEAP_BAD_REGION : HEAP_OK;
}

enum heap_status heap_init(struct heap *h, const struct heap_setup *setup)
{
    const struct heap_region *r = &setup->region;
    assert_call_allowed(r->no_calls_while);
    size_t grain = setup->grain ? setup->grain : HEAP_GRAIN;
    if (setup->harden > HEAP_HARDEN_MAX || (setup->harden > 0 && !r->starts) || grain % HEAP_GRAIN != 0 ||
        !options_in_range(setup->ops, setup->options))
        return HEAP_BAD_ARGUMENT;
    if (!region_suits(r))
        return HEAP_BAD_REGION;

    HEAP_ASSERT(setup->ops->state_bytes <= sizeof h->state);
    *h = (struct heap){
        .ops = setup->ops,
        .base = r->base,
        .committed = r->committed,
        .reserved = r->reserved,
        .grain = grain,
        .grow = r->grow,
        .grow_context = r->grow_context,
        .refuses = r->refuses,
        .refuses_context = r->refuses_context,
        .starts = setup->harden > 0 ? r->starts : NULL,
        .no_calls_while = r->no_calls_while,
        .other = r->other,
        .seam = setup->harden >= 3 ? &guard_ops : setup->ops,
        .harden = setup->harden,
    };
    for (size_t i = 0; setup->ops->options && setup->ops->options[i].key; i++) /* what a policy has not declared is 0 */
        h->options[i] = setup->options[i];
    enum heap_status status = first_commit(h);
    return status == HEAP_OK ? h->ops->init(h) : status;
}

/* ---- alloc ---- */

/* What becomes of an operation that got no place. */
static enum heap_status refusal(struct heap *h)
{
    if (heap_is_blamed(h))
        return HEAP_CORRUPT;
    h->counters.refused++;
    return HEAP_NO_MEMORY;
}

/* Damage that the search meets is no reason to grow. */
static void *place(struct heap *h, size_t bytes, size_t align)
{
    if (h->refuses && h->refuses(h->refuses_context))
        return NULL;
    void *ptr = h->seam->alloc(h, bytes, align);
    if (!ptr && !heap_is_blamed(h) && grow_by(h, h->seam->need(h, bytes, align))) {
        ptr = h->seam->alloc(h, bytes, align);
        if (!ptr)
            heap_judge_growth(h); /* the promise of need() */
    }
    if (!ptr)
        return NULL;
    size_t granted = h->seam->granted(h, ptr);
    starts_set(h, ptr, START_LIVE);
    h->counters.granted += granted;
    h->counters.blocks += granted > 0;
    h->counters.live++;
    return ptr;
}

static inline enum heap_status place_counted(struct heap *h, size_t bytes, size_t align, void **out)
{
    *out = operation_begin(h, NULL) ? place(h, bytes, align) : NULL;
    enum heap_status status = *out ? HEAP_OK : refusal(h);
    operation_end(h);
    return status;
}

void *heap_alloc(struct heap *h, size_t bytes)
{
    void *ptr;
    assert_call_allowed(h->no_calls_while);
    place_counted(h, bytes, HEAP_ALIGN, &ptr);
    return ptr;
}

enum heap_status heap_alloc_aligned(struct heap *h, size_t bytes, size_t align, void **out)
{
    assert_call_allowed(h->no_calls_while);
    *out = NULL;
    if (align == 0 || (align & (align - 1)) != 0 || align > HEAP_REGION_ALIGN)
        return HEAP_BAD_ARGUMENT;
    return place_counted(h, bytes, align < HEAP_ALIGN ? HEAP_ALIGN : align, out);
}

void *heap_calloc(struct heap *h, size_t count, size_t size)
{
    assert_call_allowed(h->no_calls_while);
    if (size != 0 && count > SIZE_MAX / size) {
        operation_begin(h, NULL);
        refusal(h);
        operation_end(h);
        return NULL;
    }
    void *ptr = heap_alloc(h, count * size);
    return ptr ? memset(ptr, 0, count * size) : NULL;
}

/* ---- free and resize: a pointer is judged before any header is believed ---- */

static enum heap_status release(struct heap *h, void *ptr)
{
    enum heap_fault_class fault = heap_judge_pointer(h, ptr);
    if (fault != HEAP_FAULT_NONE) {
        heap_blame(h, fault, ptr);
        return HEAP_BAD_POINTER;
    }
    struct heap_freed freed = h->seam->free(h, ptr);
    if (freed.status != HEAP_OK)
        return freed.status;
    starts_set(h, ptr, START_FREED);
    heap_note_returned(h, freed.granted);
    if (h->counters.live > 0) /* without a start table a headerless policy takes a second free for a first */
        h->counters.live--;
    return HEAP_OK;
}

enum heap_status heap_free(struct heap *h, void *ptr)
{
    assert_call_allowed(h->no_calls_while);
    if (!ptr)
        return HEAP_OK;
    enum heap_status status = operation_begin(h, ptr) ? release(h, ptr) : HEAP_CORRUPT;
    operation_end(h);
    return status;
}

/* HEAP_OK if ptr is a live block's start and nothing around it is damaged. With a start table, a live block without a
 * usable size has a damaged header. */
static enum heap_status resizable(struct heap *h, const void *ptr)
{
    bool is_start = heap_judge_pointer(h, ptr) == HEAP_FAULT_NONE;
    if (is_start && h->harden >= 3 && !guard_is_intact(h, ptr))
        return HEAP_CORRUPT;
    if (is_start && h->seam->usable(h, ptr) > 0)
        return HEAP_OK;
    bool is_damaged = is_start && h->starts;
    heap_blame(h, is_damaged ? HEAP_FAULT_HEADER : HEAP_FAULT_BAD_RESIZE, ptr);
    return is_damaged ? HEAP_CORRUPT : HEAP_BAD_POINTER;
}

static bool resize_in_place(struct heap *h, void *ptr, size_t bytes)
{
    size_t before = h->seam->granted(h, ptr);
    if (!h->seam->resize || !h->seam->resize(h, ptr, bytes))
        return false;
    h->counters.granted += h->seam->granted(h, ptr) - before;
    h->counters.resized_in_place++;
    return true;
}

static enum heap_status resize_moving(struct heap *h, void *ptr, size_t bytes, void **out)
{
    size_t usable = h->seam->usable(h, ptr);
    void *moved = place(h, bytes, HEAP_ALIGN);
    if (!moved)
        return refusal(h);
    memcpy(moved, ptr, usable < bytes ? usable : bytes);
    enum heap_status status = release(h, ptr);
    if (status != HEAP_OK) { /* the old block's header is damaged: it stays, the new one goes */
        release(h, moved);
        return status;
    }
    h->counters.resized_moved++;
    *out = moved;
    return HEAP_OK;
}

enum heap_status heap_resize(struct heap *h, void *ptr, size_t bytes, void **out)
{
    assert_call_allowed(h->no_calls_while);
    *out = NULL;
    if (!ptr)
        return place_counted(h, bytes, HEAP_ALIGN, out);
    if (bytes == 0)
        return HEAP_BAD_ARGUMENT;
    enum heap_status status = operation_begin(h, ptr) ? resizable(h, ptr) : HEAP_CORRUPT;
    if (status == HEAP_OK && resize_in_place(h, ptr, bytes))
        *out = ptr;
    else if (status == HEAP_OK)
        status = heap_is_blamed(h) ? HEAP_CORRUPT : resize_moving(h, ptr, bytes, out);
    operation_end(h);
    return status;
}

size_t heap_usable(struct heap *h, void *ptr)
{
    assert_call_allowed(h->no_calls_while);
    if (!ptr)
        return 0;
    h->fault.class = HEAP_FAULT_NONE;
    if (resizable(h, ptr) == HEAP_OK)
        return h->seam->usable(h, ptr);
    heap_locate_fault(h);
    return 0;
}

/* ---- what the policy says of itself ---- */

size_t heap_block_size(const struct heap *h, size_t bytes)
{
    return h->seam->block_size(h, bytes);
}

size_t heap_origin(const struct heap *h)
{
    return h->ops->origin + (h->harden >= 3 ? GUARD_FRONT : 0);
}

size_t heap_fixed(const struct heap *h)
{
    return h->ops->fixed;
}
