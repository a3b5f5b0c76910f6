/* The shadow of a heap: it knows what was asked and what was answered, nothing of the policy, and judges from that:
 * places, overlaps, contents, counters, and what the heap's own walk says of every live block. A verdict is the name
 * of what is wrong, or NULL. Needs no test framework, so that fuzz targets use it too; a program has one heap with a
 * shadow at a time.
 *
 * Exact at every level: operations, refusals, growths, resizes in place and moved, live blocks. Exact below harden 3 but for
 * policies that keep the record of a freed block (then each free may lower the number of used blocks by one or not):
 * used blocks. From harden 3 on a usable size is what was asked for, and the line of freed blocks that wait is followed
 * block by block: each free makes one join, and the oldest leave when it is full; all leave at once, in an operation that
 * needs a place, or none does; none is left after a growth, nor after a refused request of a size that a heap could
 * have. Those that left in one operation took as many records along as they had, at most. */
#ifndef TESTS_ALLOC_SHADOW_H
#define TESTS_ALLOC_SHADOW_H

#include <string.h>

#include <alloc/heap_ops.h>

/* A program may set both before it includes this. */
#ifndef SHADOW_CAPACITY
#define SHADOW_CAPACITY ((size_t)1 << 20) /* largest region */
#endif
#ifndef SHADOW_IDS
#define SHADOW_IDS 4096 /* most blocks live at once */
#endif

enum { SHADOW_WINDOWS = 4096 }; /* different contents */

enum shadow_op_kind { OP_ALLOC, OP_ALIGNED, OP_RESIZE, OP_FREE };

struct shadow_op {
    enum shadow_op_kind kind;
    unsigned id; /* below SHADOW_IDS */
    size_t bytes, align;
    bool is_skipped; /* makes no sense where it stands: set by shadow_do, left out of traces */
};

struct shadow_block {
    unsigned char *ptr; /* NULL: not live */
    size_t bytes;       /* asked for */
    size_t filled;      /* bytes of the pattern in it, from shadow_pattern + tag */
    size_t tag;
    bool has_record; /* the policy's walk shows it as a block */
};

/* A freed block on its way back to the policy. */
struct shadow_waiting {
    const void *ptr;
    bool has_record;
};

static struct {
    struct heap *h;
    struct shadow_block blocks[SHADOW_IDS];
    uint16_t owner[SHADOW_CAPACITY / HEAP_ALIGN]; /* whose each A bytes are: id + 1; 0: nobody's */
    size_t live;
    size_t records; /* blocks that the policy has a record of: the walk must show as many */
    size_t leaving; /* of them, may end with the operation under way */
    struct shadow_waiting line[HEAP_QUARANTINE]; /* the oldest first; empty below harden 3 */
    size_t waiting;
    uint64_t operations, refused, in_place, moved, grows;
    size_t committed;
} shadow;

static unsigned char
    shadow_pattern[SHADOW_CAPACITY + SHADOW_WINDOWS]; /* random bytes: every block is a window on them */

/* Once, before the first heap. */
static inline void shadow_make_pattern(void)
{
    uint32_t random = 11;
    for (size_t i = 0; i < sizeof shadow_pattern; i++) {
        random = random * 1664525 + 1013904223;
        shadow_pattern[i] = (unsigned char)(random >> 24);
    }
}

/* Heap h, new and empty, is the one to be judged from now on. */
static inline void shadow_begin(struct heap *h)
{
    memset(&shadow, 0, offsetof(__typeof__(shadow), owner));
    memset(shadow.owner, 0, h->reserved / HEAP_ALIGN * sizeof shadow.owner[0]);
    memset(&shadow.live, 0, sizeof shadow - offsetof(__typeof__(shadow), live));
    shadow.h = h;
    shadow.committed = h->committed;
}

/* ---- who owns what ---- */

static inline size_t shadow_offset(const void *ptr)
{
    return (size_t)((uintptr_t)ptr - (uintptr_t)shadow.h->base);
}

/* Each block owns at least A bytes, so that those of 0 bytes are distinct too. */
static inline size_t shadow_units(size_t bytes)
{
    return bytes > 0 ? (bytes + HEAP_ALIGN - 1) / HEAP_ALIGN : 1;
}

static inline uint16_t *shadow_owner(const void *ptr)
{
    return &shadow.owner[shadow_offset(ptr) / HEAP_ALIGN];
}

static inline void shadow_disown(const struct shadow_block *b)
{
    memset(shadow_owner(b->ptr), 0, shadow_units(b->bytes) * sizeof shadow.owner[0]);
}

/* False if any of it is another's. */
static inline bool shadow_own(const struct shadow_block *b)
{
    uint16_t *owner = shadow_owner(b->ptr), id = (uint16_t)(b - shadow.blocks + 1);
    for (size_t i = 0; i < shadow_units(b->bytes); i++) {
        if (owner[i] != 0)
            return false;
        owner[i] = id;
    }
    return true;
}

static inline bool shadow_is_intact(const struct shadow_block *b, size_t bytes)
{
    return memcmp(b->ptr, shadow_pattern + b->tag, bytes < b->filled ? bytes : b->filled) == 0;
}

/* ---- verdicts ---- */

/* A place just answered. Fills all that may be written: the usable bytes where the policy keeps a record of them, else
 * what was asked for. */
static inline const char *shadow_judge_place(struct shadow_block *b, size_t align)
{
    size_t offset = shadow_offset(b->ptr), committed = shadow.h->committed;
    bool is_inside = offset >= heap_origin(shadow.h) && offset < committed && b->bytes <= committed - offset;
    if (!is_inside || (uintptr_t)b->ptr % align != 0)
        return "a block out of place";
    if (!shadow_own(b))
        return "two blocks overlap";
    size_t usable = heap_usable(shadow.h, b->ptr);
    if (usable < b->bytes || usable > committed - offset)
        return "usable makes no sense";
    if (shadow.h->harden >= 3 && usable != (b->bytes ? b->bytes : 1))
        return "usable is not what was asked for";
    b->filled = b->has_record ? usable : b->bytes;
    b->tag = (b->tag + 37) % SHADOW_WINDOWS;
    memcpy(b->ptr, shadow_pattern + b->tag, b->filled);
    return NULL;
}

static inline const char *shadow_judge_counters(void)
{
    const struct heap_counters *c = &shadow.h->counters;
    if (c->operations != shadow.operations || c->refused != shadow.refused || c->live != shadow.live)
        return "operations, refused or live miscounted";
    if (c->resized_in_place != shadow.in_place || c->resized_moved != shadow.moved || c->blocks != shadow.records)
        return "resizes or blocks miscounted";
    if (c->probes_max > c->probes || c->probes_now > c->probes_max)
        return "probes miscounted";
    bool has_grown = shadow.h->committed != shadow.committed;
    if (c->grows != shadow.grows + has_grown || shadow.h->committed < shadow.committed ||
        shadow.h->committed > shadow.h->reserved)
        return "growth miscounted";
    shadow.grows = c->grows;
    shadow.committed = shadow.h->committed;
    return NULL;
}

static inline const char *shadow_judge_shape(void)
{
    struct heap_shape s;
    if (heap_measure(shadow.h, &s) != HEAP_OK)
        return "the walk does not tile";
    if (s.used + s.free + s.meta + s.untracked != shadow.h->committed || s.committed != shadow.h->committed)
        return "the shape does not add up";
    if (s.used != shadow.h->counters.granted || s.used_blocks != shadow.records)
        return "blocks in use miscounted";
    if (s.largest_hole > s.free || (s.free > 0) != (s.holes > 0) || s.orphans > s.used_blocks)
        return "holes make no sense";
    return NULL;
}

/* Live blocks in an extent: none outside what is in use, at most one in a used block, each wholly inside. */
static inline bool shadow_count_blocks(void *context, const struct heap_extent *extent)
{
    size_t *found = context, here = 0, end = extent->offset + extent->size;
    for (size_t at = (extent->offset + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1); at < end; at += HEAP_ALIGN) {
        uint16_t id = shadow.owner[at / HEAP_ALIGN];
        if (id == 0)
            continue;
        const struct shadow_block *b = &shadow.blocks[id - 1];
        if (shadow_offset(b->ptr) != at || b->bytes > end - at)
            return false;
        here++;
        at += (shadow_units(b->bytes) - 1) * HEAP_ALIGN;
    }
    *found += here;
    return here == 0 || extent->kind == HEAP_UNTRACKED || (extent->kind == HEAP_USED && here == 1);
}

/* Every block: in one extent of its own in use (or in untracked bytes), content and all. */
static inline const char *shadow_judge_blocks(void)
{
    size_t found = 0;
    if (heap_walk(shadow.h, shadow_count_blocks, &found) != HEAP_OK || found != shadow.live)
        return "a live block is not in use";
    for (size_t i = 0; i < SHADOW_IDS; i++) {
        if (shadow.blocks[i].ptr && !shadow_is_intact(&shadow.blocks[i], SIZE_MAX))
            return "the content of a block changed";
    }
    return NULL;
}

/* After each operation: counters, the heap's own check (where the guards make it long, after every fourth; at harden 4 the
 * heap does it itself), and the content of one block in turn; now and then all there is. */
static inline const char *shadow_judge(size_t operation)
{
    const char *wrong = shadow_judge_counters();
    bool is_to_check = shadow.h->harden < 3 || operation % 4 == 3;
    if (!wrong && is_to_check && heap_check(shadow.h) != HEAP_OK)
        wrong = heap_fault_text(shadow.h->fault.class);
    const struct shadow_block *b = &shadow.blocks[operation % SHADOW_IDS];
    if (!wrong && b->ptr && !shadow_is_intact(b, SIZE_MAX))
        wrong = "the content of a block changed";
    if (!wrong && operation % 16 == 15)
        wrong = shadow_judge_shape();
    return wrong || operation % 256 != 255 ? wrong : shadow_judge_blocks();
}

/* ---- the line of freed blocks ---- */

static inline void shadow_leave(void)
{
    shadow.leaving += shadow.line[0].has_record;
    memmove(shadow.line, shadow.line + 1, --shadow.waiting * sizeof shadow.line[0]);
}

/* A block was freed. */
static inline void shadow_join(const struct shadow_block *b)
{
    if (shadow.h->harden < 3) {
        shadow.leaving += b->has_record;
        return;
    }
    if (shadow.waiting == HEAP_QUARANTINE)
        shadow_leave();
    shadow.line[shadow.waiting++] = (struct shadow_waiting){b->ptr, b->has_record};
}

/* A place was sought for that many bytes: all may have left, `joined` blocks joined later. `is_refused` or a growth:
 * they must have. */
static inline const char *shadow_seek(size_t bytes, bool is_refused, size_t joined)
{
    bool must_leave = is_refused ? bytes <= SIZE_MAX / 2 : shadow.h->committed != shadow.committed;
    bool have_left = shadow.waiting > 0 && shadow.h->quarantine.count == joined;
    while (have_left && shadow.waiting > 0)
        shadow_leave();
    return must_leave && shadow.waiting > 0 ? "freed blocks wait while the heap grows or refuses" : NULL;
}

/* The operation is over and found nothing: who waits, and how many records there are, of which it brought `added`. */
static inline const char *shadow_settle(size_t added)
{
    const struct heap_quarantine *q = &shadow.h->quarantine;
    size_t most = shadow.records + added, now = shadow.h->counters.blocks, leaving = shadow.leaving;
    if (shadow.h->fault.class != HEAP_FAULT_NONE)
        return heap_fault_text(shadow.h->fault.class);
    if (q->count != shadow.waiting)
        return "freed blocks that wait miscounted";
    for (unsigned i = 0; i < q->count; i++) {
        if (q->waiting[(q->first + i) % HEAP_QUARANTINE].ptr != shadow.line[i].ptr)
            return "another block waits";
    }
    shadow.records = now;
    shadow.leaving = 0;
    return now > most || most - now > leaving ? "blocks miscounted" : NULL;
}

/* ---- one operation, on the heap and on the shadow ---- */

static inline const char *shadow_alloc(const struct shadow_op *op, struct shadow_block *b)
{
    size_t align = op->kind == OP_ALIGNED && op->align > HEAP_ALIGN ? op->align : HEAP_ALIGN;
    void *ptr = NULL;
    shadow.operations++;
    if (op->kind == OP_ALIGNED)
        heap_alloc_aligned(shadow.h, op->bytes, op->align, &ptr);
    else
        ptr = heap_alloc(shadow.h, op->bytes);
    const char *wrong = shadow_seek(op->bytes, !ptr, 0);
    if (!ptr) {
        shadow.refused++;
        wrong = shadow.h->fault.class == HEAP_FAULT_NONE ? wrong : "a search meets damage";
        return wrong ? wrong : shadow_settle(0);
    }
    shadow.live++;
    b->ptr = ptr;
    b->bytes = op->bytes;
    b->has_record = shadow.h->seam->granted(shadow.h, ptr) > 0;
    wrong = wrong ? wrong : shadow_settle(b->has_record);
    return wrong ? wrong : shadow_judge_place(b, align);
}

static inline const char *shadow_free(struct shadow_block *b)
{
    if (!shadow_is_intact(b, SIZE_MAX))
        return "the content of a block changed";
    shadow.operations++;
    if (heap_free(shadow.h, b->ptr) != HEAP_OK)
        return "a good free is refused";
    shadow_join(b);
    shadow_disown(b);
    shadow.live--;
    b->ptr = NULL;
    return shadow_settle(0);
}

static inline const char *shadow_refused_resize(const struct shadow_op *op, const struct shadow_block *b,
                                                const void *ptr)
{
    const char *wrong = shadow_seek(op->bytes, true, 0);
    shadow.refused++;
    if (ptr || !shadow_is_intact(b, SIZE_MAX))
        return "a refused resize did harm";
    return wrong ? wrong : shadow_settle(0);
}

static inline const char *shadow_resize(const struct shadow_op *op, struct shadow_block *b)
{
    const struct shadow_block old = *b;
    const char *wrong = NULL;
    void *ptr;
    shadow.operations++;
    enum heap_status status = heap_resize(shadow.h, b->ptr, op->bytes, &ptr);
    if (status == HEAP_NO_MEMORY)
        return shadow_refused_resize(op, b, ptr);
    if (status != HEAP_OK)
        return "a good resize is refused";
    bool has_moved = ptr != old.ptr;
    shadow.in_place += !has_moved;
    shadow.moved += has_moved;
    shadow_disown(b);
    b->ptr = ptr;
    b->bytes = op->bytes;
    b->has_record = shadow.h->seam->granted(shadow.h, ptr) > 0;
    if (!shadow_is_intact(b, op->bytes))
        return "a resize lost content";
    if (has_moved) {
        wrong = shadow_seek(op->bytes, false, 1);
        shadow_join(&old);
    }
    wrong = wrong ? wrong : shadow_settle(has_moved && b->has_record);
    return wrong ? wrong : shadow_judge_place(b, HEAP_ALIGN);
}

/* Frees of what is not live, and allocations of what is, are left out: that is what shrinking makes of some. */
static inline const char *shadow_do(struct shadow_op *op)
{
    struct shadow_block *b = &shadow.blocks[op->id];
    op->is_skipped = op->kind == OP_FREE ? !b->ptr : b->ptr && op->kind != OP_RESIZE;
    if (op->is_skipped)
        return NULL;
    if (op->kind == OP_FREE)
        return shadow_free(b);
    return b->ptr ? shadow_resize(op, b) : shadow_alloc(op, b);
}

/* Frees everything, in the order of the ids. */
static inline const char *shadow_drain(void)
{
    const char *wrong = shadow_judge_blocks();
    for (size_t i = 0; i < SHADOW_IDS && !wrong; i++) {
        if (!shadow.blocks[i].ptr)
            continue;
        wrong = shadow_free(&shadow.blocks[i]);
        if (!wrong)
            wrong = shadow_judge(i);
    }
    return wrong ? wrong : shadow_judge_shape();
}

#endif
