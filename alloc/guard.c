/* Zones, poison and quarantine around every block: see guard.h for the picture. */
#include "guard.h"

#include "frontend.h"
#include "starts.h"

int memcmp(const void *a, const void *b, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

/* In front of a payload. */
struct record {
    size_t size;  /* bytes asked for; a request of 0 counts as 1 */
    size_t room;  /* from the policy's payload to its usable end */
    size_t birth; /* the operation that allocated it, times 64, plus the logarithm of the front */
    size_t seal;
};

_Static_assert(sizeof(struct record) == GUARD_FRONT, "the record is the whole front");
_Static_assert(GUARD_FRONT % HEAP_ALIGN == 0, "the front keeps the alignment");

enum { LOG_BITS = 6 };

static struct record *record_of(const void *ptr)
{
    return (struct record *)((uintptr_t)ptr - sizeof(struct record));
}

static size_t front_of(const struct record *r)
{
    return (size_t)1 << (r->birth & ((1u << LOG_BITS) - 1));
}

/* The policy's payload of the block whose record is sound. */
static unsigned char *inner_of(const void *ptr)
{
    return (unsigned char *)((uintptr_t)ptr - front_of(record_of(ptr)));
}

static size_t rotate(size_t x)
{
    unsigned half = sizeof x * 8 / 2;
    return x << half | x >> half;
}

/* Each step can be undone, so a change of one word alone always changes the seal. */
static size_t seal_of(const struct record *r)
{
    const size_t odd = (size_t)0x9E3779B97F4A7C15u;
    size_t x = ((size_t)(uintptr_t)r ^ r->size) * odd;
    x = (rotate(x) ^ r->room) * odd;
    x = (rotate(x) ^ r->birth) * odd;
    return rotate(x);
}

/* ---- judging ---- */

/* Each byte is the one before it: the common case at the speed of the library. */
static bool is_all(const unsigned char *bytes, unsigned char byte, size_t count)
{
    return count == 0 || (bytes[0] == byte && memcmp(bytes, bytes + 1, count - 1) == 0);
}

/* The finding, with all that the record tells. */
static bool blame(struct heap *h, struct heap_fault fault, const void *ptr)
{
    const struct record *r = record_of(ptr);
    fault.block = ptr;
    if (fault.class != HEAP_FAULT_UNDERFLOW) {
        fault.size = r->size;
        fault.born_at = r->birth >> LOG_BITS;
    }
    return heap_blame_fully(h, &fault);
}

static bool is_front_intact(struct heap *h, const unsigned char *ptr)
{
    const struct record *r = record_of(ptr);
    struct heap_fault fault = {.class = HEAP_FAULT_UNDERFLOW, .address = ptr - 1};
    if (r->seal != seal_of(r))
        return blame(h, fault, ptr);
    const unsigned char *byte = (const unsigned char *)r, *first = inner_of(ptr);
    if (is_all(first, GUARD_ZONE, (size_t)(byte - first)))
        return true;
    while (byte[-1] == GUARD_ZONE)
        byte--;
    fault.address = byte - 1;
    return blame(h, fault, ptr);
}

static bool is_back_intact(struct heap *h, const unsigned char *ptr)
{
    const struct record *r = record_of(ptr);
    const unsigned char *end = ptr + r->size, *last = inner_of(ptr) + r->room;
    if (is_all(end, GUARD_ZONE, (size_t)(last - end)))
        return true;
    while (last[-1] == GUARD_ZONE)
        last--;
    struct heap_fault fault = {.class = HEAP_FAULT_OVERFLOW, .address = end, .bytes = (size_t)(last - end)};
    return blame(h, fault, ptr);
}

/* A headerless policy, which counts no blocks, has no header that could lie. */
static bool is_header_intact(struct heap *h, const unsigned char *ptr)
{
    const unsigned char *inner = inner_of(ptr);
    struct heap_fault fault = {.class = HEAP_FAULT_HEADER, .address = inner};
    if (h->counters.blocks == 0 || h->ops->usable(h, inner) == record_of(ptr)->room)
        return true;
    return blame(h, fault, ptr);
}

bool guard_is_intact(struct heap *h, const void *ptr)
{
    return is_front_intact(h, ptr) && is_back_intact(h, ptr) && is_header_intact(h, ptr);
}

static bool is_poison_intact(struct heap *h, const unsigned char *ptr, uint64_t freed_at)
{
    size_t size = record_of(ptr)->size, i = 0;
    if (is_all(ptr, GUARD_FREED, size))
        return true;
    while (ptr[i] == GUARD_FREED)
        i++;
    struct heap_fault fault = {
        .class = HEAP_FAULT_LATE_WRITE, .address = ptr + i, .bytes = i, .found = ptr[i], .freed_at = freed_at};
    return blame(h, fault, ptr);
}

/* Level 2's judgement of the policy's payload, before the policy touches its block. */
static bool is_beside_sound(struct heap *h, const void *inner)
{
    return !h->ops->check_beside || h->ops->check_beside(h, inner);
}

/* ---- the quarantine ---- */

static unsigned place_in_line(const struct heap_quarantine *q, unsigned i)
{
    return (q->first + i) % HEAP_QUARANTINE;
}

static bool is_waiting_intact(struct heap *h, unsigned i)
{
    const struct heap_quarantine *q = &h->quarantine;
    unsigned place = place_in_line(q, i);
    const void *ptr = q->waiting[place].ptr;
    return is_front_intact(h, ptr) && is_poison_intact(h, ptr, q->waiting[place].freed_at) && is_back_intact(h, ptr) &&
           is_header_intact(h, ptr);
}

/* Gives the block that waits longest back to the policy; false: it is damaged, and stays. */
static bool release_oldest(struct heap *h)
{
    struct heap_quarantine *q = &h->quarantine;
    if (!is_waiting_intact(h, 0))
        return false;
    unsigned char *inner = inner_of(q->waiting[q->first].ptr);
    if (!is_beside_sound(h, inner))
        return false;
    struct heap_freed freed = h->ops->free(h, inner);
    if (freed.status != HEAP_OK)
        return heap_blame(h, HEAP_FAULT_HEADER, q->waiting[q->first].ptr);
    heap_note_returned(h, freed.granted);
    q->first = place_in_line(q, 1);
    q->count--;
    return true;
}

/* Whether any block was given back, and none that waits is damaged. */
static bool release_all(struct heap *h)
{
    bool had_any = h->quarantine.count > 0;
    while (h->quarantine.count > 0) {
        if (!release_oldest(h))
            return false;
    }
    return had_any;
}

bool guard_recall(const struct heap *h, const void *ptr, struct heap_fault *fault)
{
    const struct heap_quarantine *q = &h->quarantine;
    for (unsigned i = 0; i < q->count; i++) {
        unsigned place = place_in_line(q, i);
        const struct record *r = record_of(ptr);
        if (q->waiting[place].ptr != ptr || r->seal != seal_of(r))
            continue;
        fault->block = ptr;
        fault->size = r->size;
        fault->born_at = r->birth >> LOG_BITS;
        fault->freed_at = q->waiting[place].freed_at;
        return true;
    }
    return false;
}

bool guard_check(struct heap *h)
{
    for (const void *ptr = starts_next_live(h, h->base); ptr;
         ptr = starts_next_live(h, (const char *)ptr + HEAP_ALIGN)) {
        if (!guard_is_intact(h, ptr))
            return false;
    }
    for (unsigned i = 0; i < h->quarantine.count; i++) {
        if (!is_waiting_intact(h, i))
            return false;
    }
    return true;
}

/* ---- the operations around the policy's ---- */

/* What the policy is asked for: front, payload and zone; false if that does not fit a size_t. */
static bool enclose(size_t bytes, size_t front, size_t *total)
{
    return heap_add(bytes ? bytes : 1, front, total) && heap_add(*total, GUARD_BACK, total);
}

static size_t front_for(size_t align)
{
    return align > GUARD_FRONT ? align : GUARD_FRONT;
}

/* Writes record and zone for `size` bytes at ptr. `birth` as in struct record. The zone is there: a policy promises as many
 * usable bytes as it was asked for. */
static void seal(struct heap *h, unsigned char *ptr, size_t size, size_t birth)
{
    struct record *r = record_of(ptr);
    r->size = size;
    r->birth = birth;
    r->room = h->ops->usable(h, inner_of(ptr));
    r->seal = seal_of(r);
    HEAP_ASSERT(r->room >= front_of(r) + size + GUARD_BACK);
    memset(ptr + size, GUARD_ZONE, r->room - front_of(r) - size);
}

static unsigned log2_of(size_t power)
{
    return (unsigned)__builtin_ctzl(power);
}

static void *guard_alloc(struct heap *h, size_t bytes, size_t align)
{
    size_t total, front = front_for(align);
    if (!enclose(bytes, front, &total))
        return NULL;
    unsigned char *inner = h->ops->alloc(h, total, align);
    if (!inner && release_all(h))
        inner = h->ops->alloc(h, total, align);
    if (!inner)
        return NULL;
    size_t size = bytes ? bytes : 1;
    unsigned char *ptr = inner + front;
    seal(h, ptr, size, (size_t)h->counters.operations << LOG_BITS | log2_of(front));
    memset(inner, GUARD_ZONE, front - GUARD_FRONT);
    memset(ptr, GUARD_FRESH, size);
    return ptr;
}

static struct heap_freed guard_free(struct heap *h, void *ptr)
{
    struct heap_quarantine *q = &h->quarantine;
    if (!guard_is_intact(h, ptr) || (q->count == HEAP_QUARANTINE && !release_oldest(h)))
        return (struct heap_freed){.status = HEAP_CORRUPT};
    memset(ptr, GUARD_FREED, record_of(ptr)->size);
    unsigned place = place_in_line(q, q->count++);
    q->waiting[place].ptr = ptr;
    q->waiting[place].freed_at = h->counters.operations;
    return (struct heap_freed){.status = HEAP_OK};
}

static bool guard_resize(struct heap *h, void *ptr, size_t bytes)
{
    const struct record *r = record_of(ptr);
    size_t total, before = r->size, birth = r->birth;
    if (!h->ops->resize || !enclose(bytes, front_of(r), &total) || !is_beside_sound(h, inner_of(ptr)) ||
        !h->ops->resize(h, inner_of(ptr), total))
        return false;
    seal(h, ptr, bytes, birth);
    if (bytes > before)
        memset((unsigned char *)ptr + before, GUARD_FRESH, bytes - before);
    return true;
}

static size_t guard_need(const struct heap *h, size_t bytes, size_t align)
{
    size_t total;
    return enclose(bytes, front_for(align), &total) ? h->ops->need(h, total, align) : SIZE_MAX;
}

static size_t guard_usable(const struct heap *h, const void *ptr)
{
    (void)h;
    return record_of(ptr)->size;
}

static size_t guard_granted(const struct heap *h, const void *ptr)
{
    return h->ops->granted(h, inner_of(ptr));
}

static size_t guard_block_size(const struct heap *h, size_t bytes)
{
    size_t total;
    return enclose(bytes, GUARD_FRONT, &total) ? h->ops->block_size(h, total) : 0;
}

const struct heap_ops guard_ops = {
    .alloc = guard_alloc,
    .free = guard_free,
    .resize = guard_resize,
    .need = guard_need,
    .usable = guard_usable,
    .granted = guard_granted,
    .block_size = guard_block_size,
};
