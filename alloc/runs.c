/* The pool of runs: first fit over whole units, merge at once. Picture and invariants R1 to R5 are in runs.h.
 *
 * Taking walks over the free runs, lowest address first. Giving back joins the run with free neighbours; a run that
 * touches none is put into the list at its place, found by walking it. Cost: O(free runs) both; units are large, so
 * runs are few. Only joins and cuts of runs are counted as merges and splits, not what a policy cuts a run into.
 */
#include "runs.h"

static struct runs *pool(struct heap *h)
{
    return heap_state(h);
}

static const struct runs *pool_const(const struct heap *h)
{
    return heap_state_const(h);
}

static size_t unit_of(const struct heap *h)
{
    return h->options[RUNS_OPTION_UNIT];
}

static struct run *run_at(const struct heap *h, size_t offset)
{
    return (struct run *)(h->base + offset);
}

static size_t offset_of(const struct heap *h, const void *ptr)
{
    return (size_t)((uintptr_t)ptr - (uintptr_t)h->base);
}

struct run *runs_first(const struct heap *h)
{
    return pool_const(h)->top > 0 ? run_at(h, 0) : NULL;
}

struct run *runs_above(const struct heap *h, const struct run *r)
{
    size_t above = offset_of(h, r) + run_size(r);
    return above < pool_const(h)->top ? run_at(h, above) : NULL;
}

static struct run *run_below(const struct heap *h, const struct run *r)
{
    return r->below > 0 ? run_at(h, offset_of(h, r) - r->below) : NULL;
}

static bool is_free(const struct run *r)
{
    return r && run_kind(r) == RUN_FREE;
}

/* ---- the list of free runs ---- */

/* Makes r the list's entry between `prev` and `next`; NULL: the list's end. Whatever stood between them is out. */
static void list_link(struct heap *h, struct run *r, struct run *prev, struct run *next)
{
    struct runs *p = pool(h);
    r->prev = prev;
    r->next = next;
    *(prev ? &prev->next : &p->first_free) = r;
    *(next ? &next->prev : &p->last_free) = r;
}

static void list_remove(struct heap *h, struct run *r)
{
    struct runs *p = pool(h);
    *(r->prev ? &r->prev->next : &p->first_free) = r->next;
    *(r->next ? &r->next->prev : &p->last_free) = r->prev;
}

static void list_insert(struct heap *h, struct run *r)
{
    struct run *prev = NULL, *next = pool(h)->first_free;
    while (next && next < r) {
        prev = next;
        next = next->next;
    }
    list_link(h, r, prev, next);
}

/* ---- cutting and joining ---- */

/* Gives r its size and kind, and lets the run above know (R2). What it knows of the run below stays. */
static void write_run(struct heap *h, struct run *r, size_t size, enum run_kind kind)
{
    r->size = size | kind;
    struct run *above = runs_above(h, r);
    if (above)
        above->below = size;
    else
        pool(h)->last = r;
}

/* Cuts r behind `size` bytes. Returns the upper part, free and not in the list, or NULL if there is none. */
static struct run *cut(struct heap *h, struct run *r, size_t size)
{
    size_t rest = run_size(r) - size;
    if (rest == 0)
        return NULL;
    struct run *upper = run_at(h, offset_of(h, r) + size);
    write_run(h, upper, rest, RUN_FREE);
    write_run(h, r, size, run_kind(r));
    heap_note_split(h);
    return upper;
}

/* Takes [start, end), offsets of whole units, out of free run r. Its contents are the caller's. */
static struct run *take_part(struct heap *h, struct run *r, size_t start, size_t end, enum run_kind kind)
{
    struct run *prev = r->prev, *next = r->next, *taken = r;
    if (start > offset_of(h, r)) { /* the low part stays free, in its place in the list */
        taken = cut(h, r, start - offset_of(h, r));
        prev = r;
    }
    struct run *rest = cut(h, taken, end - start);
    if (rest)
        list_link(h, rest, prev, next);
    else if (taken == r)
        list_remove(h, r);
    write_run(h, taken, end - start, kind);
    return taken;
}

void runs_give(struct heap *h, struct run *r)
{
    struct run *above = runs_above(h, r), *below = run_below(h, r);
    size_t size = run_size(r);
    if (is_free(above)) {
        list_remove(h, above);
        size += run_size(above);
        heap_note_merge(h);
    }
    if (is_free(below)) { /* its place in the list stays */
        write_run(h, below, run_size(below) + size, RUN_FREE);
        heap_note_merge(h);
        return;
    }
    write_run(h, r, size, RUN_FREE);
    list_insert(h, r);
}

/* ---- taking ---- */

/* Where a large block would lie: offsets. */
struct spot {
    size_t start, payload, end; /* of the run, of the payload, of the run's last unit */
};

/* The lowest spot in a free stretch that begins at offset `from`; false if no region can reach that far. */
static bool spot_in(const struct heap *h, size_t from, size_t bytes, size_t align, struct spot *spot)
{
    size_t unit = unit_of(h), first = from + RUN_HEADER;
    if (!heap_add(first, heap_align_gap((uintptr_t)h->base + first, align), &spot->payload) ||
        !heap_add(spot->payload, bytes ? bytes : 1, &spot->end) || !heap_round_up_to(spot->end, unit, &spot->end))
        return false;
    spot->start = spot->payload - RUN_HEADER;
    spot->start -= spot->start % unit; /* R5 */
    return true;
}

/* The free run with the lowest address that can hold it, and the spot there; NULL: there is none. */
HEAP_TWICE struct run *find_large(struct heap *h, size_t bytes, size_t align, struct spot *spot, bool tells)
{
    for (struct run *r = pool(h)->first_free; r; r = r->next) {
        heap_note_probe(h);
        bool can_be = spot_in(h, offset_of(h, r), bytes, align, spot);
        bool holds = can_be && spot->end - offset_of(h, r) <= run_size(r);
        enum heap_verdict verdict = holds ? HEAP_TAKEN : heap_why_not(run_size(r), runs_large_size(h, bytes));
        heap_tell_look(h, tells, heap_block_look(r, run_size(r), verdict));
        if (holds || !can_be)
            return holds ? r : NULL;
    }
    return NULL;
}

HEAP_TWICE void *take_large(struct heap *h, size_t bytes, size_t align, bool tells)
{
    struct spot spot;
    struct run *r = find_large(h, bytes, align, &spot, tells);
    if (!r)
        return NULL;
    r = take_part(h, r, spot.start, spot.end, RUN_LARGE);
    r->lead = r->lead_again = spot.payload - spot.start;
    return h->base + spot.payload;
}

void *runs_take_large(struct heap *h, size_t bytes, size_t align)
{
    return take_large(h, bytes, align, false);
}

void *runs_take_large_told(struct heap *h, size_t bytes, size_t align)
{
    return take_large(h, bytes, align, true);
}

struct run *runs_take_unit(struct heap *h)
{
    struct run *r = pool(h)->first_free;
    if (!r)
        return NULL;
    heap_note_probe(h);
    size_t start = offset_of(h, r);
    return take_part(h, r, start, start + unit_of(h), RUN_CUT);
}

bool runs_resize_large(struct heap *h, struct run *r, size_t bytes)
{
    size_t size = run_size(r), wanted;
    if (!heap_add(r->lead, bytes, &wanted) || !heap_round_up_to(wanted, unit_of(h), &wanted))
        return false;
    if (wanted <= size) {
        struct run *tail = cut(h, r, wanted);
        if (tail)
            runs_give(h, tail);
        return true;
    }
    struct run *above = runs_above(h, r);
    if (!is_free(above) || wanted - size > run_size(above))
        return false;
    size_t end = offset_of(h, r) + wanted;
    take_part(h, above, offset_of(h, above), end, RUN_LARGE);
    write_run(h, r, wanted, RUN_LARGE);
    return true;
}

/* ---- growth ---- */

/* Where a free run at the region's end begins, or would begin. */
static size_t free_end(const struct heap *h)
{
    const struct runs *p = pool_const(h);
    return is_free(p->last) ? offset_of(h, p->last) : p->top;
}

size_t runs_need_large(const struct heap *h, size_t bytes, size_t align)
{
    struct spot spot;
    return spot_in(h, free_end(h), bytes, align, &spot) ? spot.end - h->committed : SIZE_MAX;
}

size_t runs_need_unit(const struct heap *h)
{
    const struct runs *p = pool_const(h);
    return unit_of(h) - (h->committed - p->top);
}

size_t runs_large_size(const struct heap *h, size_t bytes)
{
    size_t size;
    bool fits = heap_add(bytes ? bytes : 1, RUN_HEADER, &size) && heap_round_up_to(size, unit_of(h), &size);
    return fits ? size : 0;
}

void runs_extend(struct heap *h, size_t added)
{
    struct runs *p = pool(h);
    struct run *last = p->last, *fresh = run_at(h, p->top);
    size_t whole = h->committed - h->committed % unit_of(h) - p->top;
    (void)added; /* part of it may be an incomplete unit, or complete one that was there */
    if (whole == 0)
        return;
    p->top += whole;
    if (is_free(last)) {
        write_run(h, last, run_size(last) + whole, RUN_FREE);
        heap_note_merge(h);
        return;
    }
    fresh->below = last ? run_size(last) : 0;
    write_run(h, fresh, whole, RUN_FREE);
    list_link(h, fresh, p->last_free, NULL);
}

void runs_init(struct heap *h)
{
    *pool(h) = (struct runs){0};
    runs_extend(h, h->committed);
}

/* ---- questions ---- */

/* Whether a run may stand there, as far as its own header says. */
static bool has_sane_size(const struct heap *h, const struct run *r)
{
    const struct runs *p = pool_const(h);
    size_t size = run_size(r);
    return size > 0 && size % unit_of(h) == 0 && size <= p->top - offset_of(h, r) && (r->size & RUN_KINDS) <= RUN_CUT;
}

/* Whether r, its own size sane, and the runs beside it know each other (R2). */
static bool has_sane_below(const struct heap *h, const struct run *r)
{
    const struct runs *p = pool_const(h);
    size_t offset = offset_of(h, r);
    if (r->below > offset || r->below % unit_of(h) != 0 || (r->below == 0) != (offset == 0))
        return false;
    const struct run *below = run_below(h, r), *above = runs_above(h, r);
    return (!below || run_size(below) == r->below) && (above ? above->below == run_size(r) : p->last == r);
}

static bool has_sane_lead(const struct heap *h, const struct run *r)
{
    return r->lead == r->lead_again && r->lead >= RUN_HEADER && r->lead - RUN_HEADER < unit_of(h) &&
           r->lead < run_size(r) && heap_is_aligned((uintptr_t)r + r->lead, HEAP_ALIGN);
}

struct run *runs_find(const struct heap *h, const void *ptr)
{
    const struct runs *p = pool_const(h);
    size_t offset = offset_of(h, ptr);
    if (offset < RUN_HEADER || offset >= p->top || p->top > h->committed)
        return NULL;
    size_t start = offset - RUN_HEADER;
    start -= start % unit_of(h);
    struct run *r = run_at(h, start);
    if (!has_sane_size(h, r) || is_free(r) || !has_sane_below(h, r))
        return NULL;
    if (run_kind(r) == RUN_CUT)
        return run_size(r) == unit_of(h) ? r : NULL;
    return has_sane_lead(h, r) && r->lead == offset - start ? r : NULL;
}

/* Whether r, any address, is a free run as far as its own header and the runs beside it tell (R1, R2). */
static bool is_sound_free(const struct heap *h, const struct run *r)
{
    size_t offset = offset_of(h, r);
    return offset < pool_const(h)->top && offset % unit_of(h) == 0 && has_sane_size(h, r) && is_free(r) &&
           has_sane_below(h, r);
}

/* R4 for sound run r. */
static bool touches_free(const struct heap *h, const struct run *r)
{
    return is_free(run_below(h, r)) || is_free(runs_above(h, r));
}

/* Whether free run r, any address, is in the list (R3). */
static bool is_listed(const struct heap *h, const struct run *r)
{
    const struct runs *p = pool_const(h);
    if (!is_sound_free(h, r) || touches_free(h, r))
        return false;
    return (r->prev ? is_sound_free(h, r->prev) && r->prev->next == r : p->first_free == r) &&
           (r->next ? is_sound_free(h, r->next) && r->next->prev == r : p->last_free == r);
}

bool runs_check_beside(struct heap *h, const struct run *r)
{
    const struct run *above = runs_above(h, r), *below = run_below(h, r);
    if (is_free(above) && !is_listed(h, above))
        return heap_blame(h, HEAP_FAULT_HEADER, above);
    return !is_free(below) || is_listed(h, below) || heap_blame(h, HEAP_FAULT_HEADER, below);
}

struct heap_freed runs_refuse(struct heap *h, enum heap_fault_class class, const void *ptr)
{
    enum heap_fault_class told = h->starts ? HEAP_FAULT_HEADER : class;
    heap_blame(h, told, ptr);
    return (struct heap_freed){.status = told == HEAP_FAULT_HEADER ? HEAP_CORRUPT : HEAP_BAD_POINTER};
}

/* ---- walk and check ---- */

bool runs_visit(struct runs_walk *w, enum heap_extent_kind kind, size_t offset, size_t size)
{
    const struct heap_extent extent = {.kind = kind, .offset = offset, .size = size};
    if (size > 0 && !w->is_stopped)
        w->is_stopped = !w->visit(w->context, &extent);
    return !w->is_stopped;
}

bool runs_walk(struct heap *h, heap_visit_fn *visit, void *context, runs_walk_fn *walk_cut)
{
    const struct runs *p = pool(h);
    struct runs_walk w = {.visit = visit, .context = context};
    size_t below = 0;
    if (p->top > h->committed)
        return heap_blame(h, HEAP_FAULT_LIST, h->base);
    for (size_t offset = 0; offset < p->top; offset += below) {
        const struct run *r = run_at(h, offset);
        if (!has_sane_size(h, r) || r->below != below) /* R1, R2 */
            return heap_blame(h, HEAP_FAULT_HEADER, r);
        below = run_size(r);
        if (run_kind(r) != RUN_CUT)
            runs_visit(&w, is_free(r) ? HEAP_FREE : HEAP_USED, offset, below);
        else if (below != unit_of(h) || !walk_cut(h, r, &w))
            return heap_blame(h, HEAP_FAULT_HEADER, r);
        if (w.is_stopped)
            return true;
    }
    runs_visit(&w, HEAP_FREE, p->top, h->committed - p->top);
    return true;
}

void runs_list(const struct heap *h, struct runs_walk *w)
{
    for (const struct run *r = pool_const(h)->first_free; r; r = r->next)
        runs_visit(w, HEAP_FREE, offset_of(h, r), run_size(r));
}

/* What is known of the pool without its list: top, and `last` is a run that ends there. */
static bool has_sane_ends(const struct heap *h)
{
    const struct runs *p = pool_const(h);
    if (p->top != h->committed - h->committed % unit_of(h))
        return false;
    if (p->top == 0 || !p->last)
        return p->top == 0 && !p->last;
    size_t offset = offset_of(h, p->last);
    return offset < p->top && offset % unit_of(h) == 0 && has_sane_size(h, p->last) &&
           run_size(p->last) == p->top - offset && is_free(p->last) == (p->last == p->last_free);
}

/* It ends: addresses rise. */
bool runs_check_free(struct heap *h)
{
    const struct runs *p = pool(h);
    const struct run *prev = NULL;
    if (!has_sane_ends(h))
        return heap_blame(h, HEAP_FAULT_LIST, p->last);
    for (const struct run *r = p->first_free; r; prev = r, r = r->next) { /* R3 */
        if (!is_sound_free(h, r) || r->prev != prev || (prev && r < prev))
            return heap_blame(h, HEAP_FAULT_LIST, prev ? prev : r);
        if (touches_free(h, r)) /* R4 */
            return heap_blame(h, HEAP_FAULT_HEADER, r);
    }
    return p->last_free == prev || heap_blame(h, HEAP_FAULT_LIST, p->last_free);
}

bool runs_check(struct heap *h)
{
    const struct run *wanted = pool(h)->first_free;
    if (!runs_check_free(h)) /* R2 to R4 for all runs in the list */
        return false;
    for (const struct run *r = runs_first(h); r; r = runs_above(h, r)) {
        if (run_kind(r) == RUN_LARGE && !has_sane_lead(h, r)) /* R5 */
            return heap_blame(h, HEAP_FAULT_HEADER, r);
        if (is_free(r) && r != wanted) /* R3 */
            return heap_blame(h, HEAP_FAULT_LIST, r);
        if (is_free(r))
            wanted = r->next;
    }
    return !wanted || heap_blame(h, HEAP_FAULT_LIST, wanted); /* R3: and no more than these */
}
