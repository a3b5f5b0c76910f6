/* Slabs: for each size of object a cache, which owns slabs: units of the pool, cut into equal objects without headers.
 *
 *      a slab:
 *      | run header | counts | index of 16 bits each | rest | object 0 | object 1 | ... | object n - 1 |
 *
 *      index:   | used | 3 | used | end | ? | ? |      first free: 1, fresh: 4
 *                        '--------^       never handed out yet: no entry
 *
 *      caches:  16 -> slab -> slab      32 -> none      48 -> slab      ...      slabs that have a free object
 *
 * Objects of one size fit each other's places exactly, so inside a cache nothing needs to be searched, split or merged.
 * No object has a header: the slab is found by rounding the address down (runs.h), and the index in the slab tells
 * which objects are in use and links those that are not, so that bytes in use and bookkeeping never touch. A full slab
 * is on no list. A slab whose last object is freed goes back to the pool, where another cache, or a large block, can
 * have it: that is the difference to simple segregated storage.
 *
 * A cache comes to be with the first request of its size: all it is, is a list. Sizes are multiples of `object`; a size
 * is cached if two of it fit a slab and it is among the 48 smallest. A larger request, or one with an alignment, takes
 * whole units of the pool, first fit.
 *
 * Invariants, besides R1 to R5 of the pool:
 *   I1  a slab's objects are of a cached size, as many as fit behind header and index, at the slab's end
 *   I2  used objects have the mark in the index; those that are free below `fresh` are linked through it, each once
 *   I3  a slab has at least one object in use; the counts agree with the index
 *   I4  the list of a cache holds exactly its slabs that have a free object
 *
 * Allocating, in steps:
 *   1. round the size up; take the first slab of its cache, or a new one from the pool
 *   2. hand out the object freed last in it, or the lowest that never was
 *   3. a slab that is full now leaves the list
 * A freed object puts its slab, if it was full, at the front of the list.
 *
 * Everything freed: no slab is left, and one large block of all whole units succeeds.
 *
 * Cost: O(1), with a division wherever a size meets a number of objects; a new slab costs no more. The free that
 * empties a slab, and large blocks: O(free runs).
 * Source: Bonwick, The Slab Allocator, 1994. Kept out of it: constructors, colours, and the empty slabs in reserve.
 * Beaten by: survivors. One object in each slab is enough to keep all of them.
 */
#include "../runs.h"

struct slab {
    struct run run;      /* next, prev: list of the cache */
    size_t object;       /* bytes of each */
    uint16_t count;      /* objects */
    uint16_t used;       /* of them, in use now */
    uint16_t fresh;      /* objects from here on were never handed out */
    uint16_t first_free; /* below fresh; INDEX_END: none */
    uint16_t index[];    /* below fresh: INDEX_USED, or the next free one */
};

enum { INDEX_USED = 0xFFFF, INDEX_END = 0xFFFE };

_Static_assert(RUN_UNIT_MAX / HEAP_ALIGN < INDEX_END, "every object has a number");

enum { CACHES = 48, OPTION_OBJECT = 0, OPTION_SLAB = RUNS_OPTION_UNIT };

struct slab_state {
    struct runs runs;
    struct slab *partial[CACHES]; /* slabs with a free object, by size */
};

_Static_assert(sizeof(struct slab_state) <= HEAP_STATE_WORDS * sizeof(uintptr_t), "the state fits the heap's scratch");

static struct slab_state *slab_state(struct heap *h)
{
    return heap_state(h);
}

static size_t slab_bytes(const struct heap *h)
{
    return h->options[OPTION_SLAB];
}

/* ---- sizes ---- */

/* Where the objects of a slab would begin at the earliest: behind header and index. */
static size_t index_end(size_t count)
{
    size_t end = offsetof(struct slab, index) + count * sizeof(uint16_t);
    return (end + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1);
}

/* How many objects of that size fit a slab. */
static size_t objects_in(const struct heap *h, size_t object)
{
    size_t room = slab_bytes(h) - offsetof(struct slab, index), count = room / (object + sizeof(uint16_t));
    while (count > 0 && index_end(count) > slab_bytes(h) - count * object) /* the rounding may cost one */
        count--;
    return count;
}

/* Size of the objects for a request; 0: it is large. */
static size_t object_size(const struct heap *h, size_t bytes)
{
    size_t grain = h->options[OPTION_OBJECT], object;
    if (bytes > slab_bytes(h) || !heap_round_up_to(bytes ? bytes : 1, grain, &object))
        return 0;
    return object / grain <= CACHES && objects_in(h, object) >= 2 ? object : 0;
}

static size_t slab_block_size(const struct heap *h, size_t bytes)
{
    size_t object = object_size(h, bytes);
    return object ? object : runs_large_size(h, bytes);
}

/* ---- a slab and its objects ---- */

static struct slab **cache_of(struct heap *h, const struct slab *s)
{
    return &slab_state(h)->partial[s->object / h->options[OPTION_OBJECT] - 1];
}

/* Offset of object 0 in its slab. */
static size_t first_object(const struct heap *h, const struct slab *s)
{
    return slab_bytes(h) - s->count * s->object;
}

static void *object_at(const struct heap *h, struct slab *s, size_t number)
{
    return (unsigned char *)s + first_object(h, s) + number * s->object;
}

/* Number of the object at ptr; s->count if none begins there. */
static size_t number_of(const struct heap *h, const struct slab *s, const void *ptr)
{
    size_t distance = (size_t)((uintptr_t)ptr - (uintptr_t)s), first = first_object(h, s);
    if (distance < first || (distance - first) % s->object != 0)
        return s->count;
    return (distance - first) / s->object;
}

/* Number of the object to hand out next, of a slab that is not full. */
static size_t next_object(const struct slab *s)
{
    return s->first_free == INDEX_END ? s->fresh : s->first_free;
}

static bool is_used(const struct slab *s, size_t number)
{
    return number < s->fresh && s->index[number] == INDEX_USED;
}

/* What the header says of sizes and counts (I1, I3). */
static bool is_sane_slab(const struct heap *h, const struct slab *s)
{
    return s->object > 0 && object_size(h, s->object) == s->object && s->count == objects_in(h, s->object) &&
           s->used > 0 && s->used <= s->fresh && s->fresh <= s->count;
}

/* ---- the list of a cache ---- */

static void list_add(struct heap *h, struct slab *s)
{
    struct slab **list = cache_of(h, s);
    s->run.prev = NULL;
    s->run.next = *list ? &(*list)->run : NULL;
    if (*list)
        (*list)->run.prev = &s->run;
    *list = s;
}

static void list_remove(struct heap *h, struct slab *s)
{
    if (s->run.prev)
        s->run.prev->next = s->run.next;
    else
        *cache_of(h, s) = (struct slab *)s->run.next;
    if (s->run.next)
        s->run.next->prev = s->run.prev;
}

/* ---- operations ---- */

static enum heap_status slab_init(struct heap *h)
{
    runs_init(h);
    return HEAP_OK;
}

/* A slab of the cache for that size that has a free object; NULL: none, and no unit for a new one. */
HEAP_TWICE struct slab *slab_for(struct heap *h, size_t object, bool tells)
{
    struct slab *s = slab_state(h)->partial[object / h->options[OPTION_OBJECT] - 1];
    const void *first = s ? object_at(h, s, next_object(s)) : NULL;
    heap_note_look(h, tells, heap_class_look(first, object, object));
    if (s)
        return s;
    runs_tell_unit(h, tells);
    s = (struct slab *)runs_take_unit(h);
    if (!s)
        return NULL;
    s->object = object;
    s->count = (uint16_t)objects_in(h, object);
    s->used = s->fresh = 0;
    s->first_free = INDEX_END;
    list_add(h, s);
    return s;
}

HEAP_TWICE void *take(struct heap *h, size_t bytes, size_t align, bool tells)
{
    size_t object = object_size(h, bytes);
    if (object == 0 || align > HEAP_ALIGN)
        return tells ? runs_take_large_told(h, bytes, align) : runs_take_large(h, bytes, align);
    struct slab *s = slab_for(h, object, tells);
    if (!s)
        return NULL;
    size_t number = next_object(s);
    if (number == s->fresh)
        s->fresh++;
    else
        s->first_free = s->index[number];
    s->index[number] = INDEX_USED;
    if (++s->used == s->count)
        list_remove(h, s);
    return object_at(h, s, number);
}

HEAP_APART void *slab_alloc_told(struct heap *h, size_t bytes, size_t align)
{
    return take(h, bytes, align, true);
}

static void *slab_alloc(struct heap *h, size_t bytes, size_t align)
{
    return heap_is_told(h) ? slab_alloc_told(h, bytes, align) : take(h, bytes, align, false);
}

static size_t slab_need(const struct heap *h, size_t bytes, size_t align)
{
    bool is_small = object_size(h, bytes) > 0 && align == HEAP_ALIGN;
    return is_small ? runs_need_unit(h) : runs_need_large(h, bytes, align);
}

static void release_object(struct heap *h, struct slab *s, size_t number)
{
    bool was_full = s->used == s->count;
    s->index[number] = s->first_free;
    s->first_free = (uint16_t)number;
    if (--s->used == 0) { /* never the one of a full slab: there are two at least */
        list_remove(h, s);
        runs_give(h, &s->run);
    } else if (was_full) {
        list_add(h, s);
    }
}

static struct heap_freed slab_free(struct heap *h, void *ptr)
{
    struct run *r = runs_find(h, ptr);
    struct slab *s = (struct slab *)r;
    if (!r)
        return runs_refuse(h, HEAP_FAULT_HEADER, ptr);
    struct heap_freed freed = {.status = HEAP_OK, .granted = run_size(r)};
    if (run_kind(r) == RUN_LARGE) {
        runs_give(h, r);
        return freed;
    }
    if (!is_sane_slab(h, s))
        return runs_refuse(h, HEAP_FAULT_HEADER, ptr);
    size_t number = number_of(h, s, ptr);
    if (number == s->count)
        return runs_refuse(h, HEAP_FAULT_FREE_INTERIOR, ptr);
    if (!is_used(s, number))
        return runs_refuse(h, HEAP_FAULT_DOUBLE_FREE, ptr);
    freed.granted = s->object;
    release_object(h, s, number);
    return freed;
}

static bool object_in_slab(const struct heap *h, const struct run *r, const void *ptr, size_t *size, size_t *front)
{
    const struct slab *s = (const struct slab *)r;
    *size = s->object;
    *front = 0;
    return is_sane_slab(h, s) && is_used(s, number_of(h, s, ptr));
}

static size_t slab_usable(const struct heap *h, const void *ptr)
{
    return runs_usable(h, ptr, object_in_slab);
}

static size_t slab_granted(const struct heap *h, const void *ptr)
{
    return runs_granted(h, ptr, object_in_slab);
}

static bool slab_resize(struct heap *h, void *ptr, size_t bytes)
{
    return runs_resize(h, ptr, bytes, object_in_slab);
}

/* ---- walk and check ---- */

static bool walk_slab(struct heap *h, const struct run *r, struct runs_walk *w)
{
    const struct slab *s = (const struct slab *)r;
    size_t offset = (size_t)((uintptr_t)s - (uintptr_t)h->base);
    if (!is_sane_slab(h, s)) /* I1 */
        return heap_blame(h, HEAP_FAULT_HEADER, s);
    runs_visit(w, HEAP_META, offset, first_object(h, s));
    offset += first_object(h, s);
    for (size_t i = 0; i < s->count; i++, offset += s->object) {
        if (!runs_visit(w, is_used(s, i) ? HEAP_USED : HEAP_FREE, offset, s->object))
            break;
    }
    return true;
}

static bool slab_walk(struct heap *h, heap_visit_fn *visit, void *context)
{
    return runs_walk(h, visit, context, walk_slab);
}

/* The free objects of a slab in the order in which they would be handed out. */
static void list_objects(const struct heap *h, const struct slab *s, struct runs_walk *w)
{
    size_t offset = (size_t)((uintptr_t)s - (uintptr_t)h->base) + first_object(h, s);
    for (size_t i = s->first_free; i != INDEX_END; i = s->index[i])
        runs_visit(w, HEAP_FREE, offset + i * s->object, s->object);
    for (size_t i = s->fresh; i < s->count; i++)
        runs_visit(w, HEAP_FREE, offset + i * s->object, s->object);
}

/* The free objects cache after cache, then the free runs, of which new slabs are made. */
static bool slab_list(struct heap *h, heap_visit_fn *visit, void *context)
{
    struct runs_walk w = {.visit = visit, .context = context};
    for (size_t i = 0; i < CACHES; i++) {
        for (const struct slab *s = slab_state(h)->partial[i]; s; s = (const struct slab *)s->run.next)
            list_objects(h, s, &w);
    }
    runs_list(h, &w);
    return true;
}

/* Whether s, any address, is a slab, as far as its header tells. */
static bool is_slab(const struct heap *h, const struct slab *s)
{
    const void *inside = (const void *)((uintptr_t)s + RUN_HEADER), *found = runs_find(h, inside);
    return found == s && run_kind(&s->run) == RUN_CUT && is_sane_slab(h, s);
}

/* Whether the free objects of a sane slab are linked, as many as its counts say (I2, I3). It ends: there is a most. */
static bool has_sound_index(const struct slab *s)
{
    size_t left = (size_t)s->fresh - s->used;
    for (size_t i = s->first_free; i != INDEX_END; i = s->index[i], left--) {
        if (i >= s->fresh || is_used(s, i) || left == 0)
            return false;
    }
    return left == 0;
}

/* Whether its neighbours in the list of its cache know slab s. */
static bool is_listed(struct heap *h, const struct slab *s)
{
    const struct slab *prev = (const struct slab *)s->run.prev, *next = (const struct slab *)s->run.next;
    return (!next || (is_slab(h, next) && next->run.prev == &s->run)) &&
           (prev ? is_slab(h, prev) && prev->run.next == &s->run : *cache_of(h, s) == s);
}

/* The slab is what its counts say, and in its list unless it is full; where no slab can be believed to be, free and resize refuse. */
static bool slab_check_beside(struct heap *h, const void *ptr)
{
    const struct run *r = runs_find(h, ptr);
    const struct slab *s = (const struct slab *)r;
    if (!r || (run_kind(r) == RUN_CUT && !is_sane_slab(h, s)))
        return true;
    if (run_kind(r) == RUN_CUT && (!has_sound_index(s) || (s->used < s->count && !is_listed(h, s))))
        return heap_blame(h, HEAP_FAULT_HEADER, s);
    return runs_check_beside(h, r);
}

/* All lists (I4); *listed: how many slabs they have together. Each ends: a slab met twice would need two before it. */
static bool check_lists(struct heap *h, size_t *listed)
{
    *listed = 0;
    for (size_t i = 0; i < CACHES; i++) {
        const struct run *prev = NULL;
        for (const struct slab *s = slab_state(h)->partial[i]; s;
             prev = &s->run, s = (const struct slab *)s->run.next) {
            if (!is_slab(h, s) || s->run.prev != prev || s->object != (i + 1) * h->options[OPTION_OBJECT] ||
                s->used == s->count)
                return heap_blame(h, HEAP_FAULT_LIST, s);
            if (!has_sound_index(s))
                return heap_blame(h, HEAP_FAULT_COUNT, s);
            ++*listed;
        }
    }
    return true;
}

static bool slab_check_free(struct heap *h)
{
    size_t listed;
    return runs_check_free(h) && check_lists(h, &listed);
}

/* How many objects have the mark (I2). */
static size_t marked(const struct slab *s)
{
    size_t used = 0;
    for (size_t i = 0; i < s->fresh; i++)
        used += is_used(s, i);
    return used;
}

static bool slab_check(struct heap *h)
{
    size_t waiting = 0, listed;
    if (!runs_check(h) || !check_lists(h, &listed))
        return false;
    for (const struct run *r = runs_first(h); r; r = runs_above(h, r)) {
        const struct slab *s = (const struct slab *)r;
        if (run_kind(r) != RUN_CUT)
            continue;
        if (!has_sound_index(s) || marked(s) != s->used) /* I3 */
            return heap_blame(h, HEAP_FAULT_COUNT, s);
        waiting += s->used < s->count;
    }
    return listed == waiting || heap_blame(h, HEAP_FAULT_LIST, h->base); /* I4 */
}

static const struct heap_option slab_options[] = {
    [OPTION_OBJECT] = {.key = "object",
                       .help = "sizes of objects are multiples of this many bytes",
                       .min = HEAP_ALIGN,
                       .max = 1024,
                       .fallback = 16,
                       .multiple = HEAP_ALIGN},
    [OPTION_SLAB] = {.key = "slab",
                     .help = "bytes of a slab, and the unit of large blocks",
                     .min = RUN_UNIT_MIN,
                     .max = RUN_UNIT_MAX,
                     .fallback = 1024,
                     .multiple = RUN_UNIT_MIN},
    {.key = NULL},
};

const struct heap_ops heap_policy_slab = {
    .name = "slab",
    .summary = "caches of equal objects; empty slabs go back to the pool",
    .rule = "a free object of the class, else a new slab's first",
    .sizing = "up to the class's objects; beyond them up to whole units",
    .source = "Bonwick, The Slab Allocator: An Object-Caching Kernel Memory Allocator, 1994",
    .complexity = "alloc O(1), free O(1) or O(free runs) for a slab's last; large O(free runs)",
    .family = "classes of sizes",
    .rung = 110,
    .state_bytes = sizeof(struct slab_state),
    .options = slab_options,
    .init = slab_init,
    .alloc = slab_alloc,
    .free = slab_free,
    .resize = slab_resize,
    .need = slab_need,
    .extend = runs_extend,
    .usable = slab_usable,
    .granted = slab_granted,
    .walk = slab_walk,
    .list = slab_list,
    .check_free = slab_check_free,
    .check_beside = slab_check_beside,
    .check = slab_check,
    .block_size = slab_block_size,
    .origin = RUN_HEADER,
    .fixed = 0,
};
