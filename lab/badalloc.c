/* Bad requests: the table, and the judge of what comes of them. See badalloc.h. */
#include <lab/badalloc.h>

#define A HEAP_ALIGN
#define WORD sizeof(size_t)
#define S SIZE_MAX
#define PAGE ((size_t)4096)
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

void *memset(void *to, int byte, size_t bytes);

/* ---- the sizes ---- */

static void add(struct lab_bad_sizes *v, uint8_t row, size_t bytes)
{
    HEAP_ASSERT(v->count < LAB_BAD_SIZES_MAX);
    v->row[v->count] = row;
    v->bytes[v->count++] = bytes;
}

/* BA-01: just below the largest size there is. */
static void add_largest(struct lab_bad_sizes *v)
{
    const size_t below[] = {WORD, WORD - 1, WORD + A - 1, A, A - 1, PAGE, PAGE - 1, 2 * PAGE};
    for (size_t i = 0; i <= 64; i++)
        add(v, 1, S - i);
    for (size_t i = 0; i < COUNT(below); i++)
        add(v, 1, S - below[i]);
    add(v, 1, S & ~(A - 1));
}

/* BA-02: sizes that are negative, or become so, in a signed type. */
static void add_negative(struct lab_bad_sizes *v)
{
    const size_t half = S / 2 + 1, half_32 = 0x80000000u;
    const size_t minus[] = {1, 2, WORD, A, half_32};
    for (size_t i = 0; i < COUNT(minus); i++)
        add(v, 2, 0 - minus[i]);
    for (size_t i = 0; i <= 2 * WORD; i++) {
        add(v, 2, half_32 - WORD + i);
        add(v, 2, half - WORD + i);
    }
}

/* BA-03: around every power of two. */
static void add_powers(struct lab_bad_sizes *v)
{
    const size_t near[] = {0, 1, WORD - 1, WORD, WORD + 1, A};
    for (size_t power = 1; power != 0; power *= 2) {
        for (size_t i = 0; i < COUNT(near); i++) {
            add(v, 3, power + near[i]);
            add(v, 3, power - near[i]);
        }
    }
}

/* BA-04: around the heap's size and its largest hole. */
static void add_near_the_heap(struct lab_bad_sizes *v, struct heap *h)
{
    const size_t near[] = {0, 1, WORD, A, PAGE};
    struct heap_shape shape;
    heap_measure(h, &shape);
    for (size_t i = 0; i < COUNT(near); i++) {
        add(v, 4, h->committed + near[i]);
        add(v, 4, h->committed > near[i] ? h->committed - near[i] : 0);
        add(v, 4, shape.largest_hole + near[i]);
        add(v, 4, shape.largest_hole > near[i] ? shape.largest_hole - near[i] : 0);
    }
}

void lab_bad_sizes(struct heap *h, struct lab_bad_sizes *sizes)
{
    sizes->count = 0;
    add_largest(sizes);
    add_negative(sizes);
    add_powers(sizes);
    add_near_the_heap(sizes, h);
}

/* ---- a heap in use ---- */

static bool blame(struct lab_badalloc *b, const char *wrong)
{
    if (!b->wrong)
        b->wrong = wrong;
    return false;
}

static bool grow_as_far_as_memory(void *context, size_t committed, size_t added)
{
    const struct lab_badalloc *b = context;
    return committed <= b->bytes && added <= b->bytes - committed;
}

static size_t kept_bytes(size_t number)
{
    return 40 * number;
}

/* A few blocks, and holes between them where the policy makes any. From harden 3 on what is freed waits; in three
 * heaps of five (a number that no row repeats with) a refusal sends it back to the policy. */
static bool occupy(struct lab_badalloc *b)
{
    struct heap *h = &b->heap;
    for (size_t i = 0; i < COUNT(b->kept); i++) {
        b->kept[i] = heap_alloc(h, kept_bytes(i));
        if (!b->kept[i])
            return blame(b, "a small request is refused");
        memset(b->kept[i], (int)(0x30 + i), kept_bytes(i));
    }
    for (size_t i = 0; i < COUNT(b->kept); i += 2) {
        if (heap_free(h, b->kept[i]) != HEAP_OK)
            return blame(b, "a good free is refused");
        b->kept[i] = NULL;
    }
    return b->harden < 3 || b->cases % 5 < 2 || (!heap_alloc(h, S / 2) && h->quarantine.count == 0) ||
           blame(b, "a refusal leaves freed blocks waiting");
}

/* A new heap with occupants. */
static bool renew(struct lab_badalloc *b)
{
    struct heap_setup setup = {.ops = b->policy, .harden = b->harden};
    heap_default_options(b->policy, setup.options);
    setup.region = (struct heap_region){.base = b->memory, .committed = b->bytes, .reserved = b->bytes};
    if (b->is_endless) {
        setup.region.committed = 0;
        setup.region.reserved = (S - (uintptr_t)b->memory) & ~(A - 1);
        setup.region.grow = grow_as_far_as_memory;
        setup.region.grow_context = b;
    }
    if (b->harden > 0) {
        setup.region.starts = b->starts;
        memset(b->starts, 0, heap_starts_bytes(b->bytes));
    }
    if (heap_init(&b->heap, &setup) != HEAP_OK)
        return blame(b, "a good heap is refused");
    return occupy(b);
}

static uint64_t mix(uint64_t sum, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    size_t word; /* copied: the bytes may be of any type */
    for (; count >= sizeof word; from += sizeof word, count -= sizeof word) {
        __builtin_memcpy(&word, from, sizeof word);
        sum = (sum ^ word) * 0x100000001B3u;
    }
    return sum;
}

/* Of the blocks in use: starts, contents, number. */
static uint64_t digest_of_live(const struct lab_badalloc *b)
{
    const struct heap *h = &b->heap;
    const struct heap_counters *c = &h->counters;
    uint64_t sum = mix(c->live, &c->resized_moved, sizeof c->resized_moved);
    sum = mix(sum, &c->resized_in_place, sizeof c->resized_in_place);
    sum = mix(sum, &c->grows, sizeof c->grows);
    for (size_t i = 0; i < COUNT(b->kept); i++)
        sum = b->kept[i] ? mix(sum, b->kept[i], kept_bytes(i)) : sum;
    for (size_t i = 0; h->starts && i < heap_starts_bytes(h->committed); i++)
        sum = (sum ^ h->starts[i]) * 0x100000001B3u;
    return mix(sum, &h->committed, sizeof h->committed);
}

/* Stands for all that a refusal must leave alone: bytes, marks, the policy's state and what is counted of blocks; in a
 * heap where freed blocks wait, what is in use. */
static uint64_t digest(const struct lab_badalloc *b, bool is_all)
{
    const struct heap *h = &b->heap;
    const struct heap_counters *c = &h->counters;
    const uint64_t counted[] = {c->granted, c->blocks, c->splits, c->merges};
    uint64_t sum = digest_of_live(b);
    if (!is_all)
        return sum;
    sum = mix(sum, h->base, h->committed);
    sum = mix(sum, h->state, sizeof h->state);
    return mix(sum, counted, sizeof counted);
}

/* ---- the judge ---- */

/* What was answered to the request under trial, and what it must be held against. */
struct answer {
    enum heap_status status;
    unsigned char *ptr;
    size_t bytes, align;       /* that the block must have */
    bool is_argument_bad;      /* then it never reaches the heap */
    bool is_impossible;        /* no heap can grant it */
    bool is_all_to_stay;       /* no freed blocks wait */
    uint64_t before;           /* digest */
    struct heap_counters then; /* counters before */
};

static bool judge_granted(struct lab_badalloc *b, const struct answer *a)
{
    const struct heap *h = &b->heap;
    size_t offset = (size_t)((uintptr_t)a->ptr - (uintptr_t)h->base);
    if (a->is_argument_bad || a->is_impossible || !a->ptr)
        return blame(b, "granted what cannot be");
    if (offset < heap_origin(h) || offset > h->committed || a->bytes > h->committed - offset)
        return blame(b, "a block outside the heap");
    if (((uintptr_t)a->ptr & (a->align - 1)) != 0)
        return blame(b, "a block that is not aligned");
    memset(a->ptr, 0xA5, a->bytes);
    if (heap_check(&b->heap) != HEAP_OK)
        return blame(b, heap_fault_text(b->heap.fault.class));
    if (heap_free(&b->heap, a->ptr) != HEAP_OK || heap_check(&b->heap) != HEAP_OK)
        return blame(b, "the block cannot be given back");
    return true;
}

static bool judge_refused(struct lab_badalloc *b, const struct answer *a)
{
    const struct heap_counters *c = &b->heap.counters;
    unsigned calls = a->is_argument_bad ? 0 : 1;
    if (a->status != (a->is_argument_bad ? HEAP_BAD_ARGUMENT : HEAP_NO_MEMORY) || a->ptr)
        return blame(b, "a refusal that is not documented");
    if (digest(b, a->is_all_to_stay) != a->before)
        return blame(b, "a refusal changed the heap");
    if (c->operations != a->then.operations + calls || c->refused != a->then.refused + calls ||
        c->probes_max > c->probes)
        return blame(b, "a refusal is miscounted");
    if (heap_check(&b->heap) != HEAP_OK)
        return blame(b, heap_fault_text(b->heap.fault.class));
    return heap_alloc(&b->heap, 1) || blame(b, "no small request succeeds after a refusal");
}

static bool judge(struct lab_badalloc *b, const struct answer *a)
{
    return a->status == HEAP_OK ? judge_granted(b, a) : judge_refused(b, a);
}

static void begin(const struct lab_badalloc *b, struct answer *a)
{
    a->is_all_to_stay = b->heap.quarantine.count == 0;
    a->before = digest(b, a->is_all_to_stay);
    a->then = b->heap.counters;
}

static enum heap_status status_of(const void *ptr)
{
    return ptr ? HEAP_OK : HEAP_NO_MEMORY;
}

/* ---- the calls ---- */

static bool is_filled(const unsigned char *bytes, int byte, size_t count)
{
    while (count > 0 && bytes[count - 1] == byte)
        count--;
    return count == 0;
}

static bool try_alloc(struct lab_badalloc *b)
{
    struct answer a = {.bytes = b->now.first, .align = A, .is_impossible = b->now.first > b->bytes};
    begin(b, &a);
    a.ptr = heap_alloc(&b->heap, b->now.first);
    a.status = status_of(a.ptr);
    return judge(b, &a);
}

static bool try_calloc(struct lab_badalloc *b)
{
    size_t count = b->now.first, size = b->now.second;
    struct answer a = {.bytes = count * size, .align = A, .is_impossible = size != 0 && count > b->bytes / size};
    begin(b, &a);
    a.ptr = heap_calloc(&b->heap, count, size);
    a.status = status_of(a.ptr);
    if (a.ptr && !a.is_impossible && !is_filled(a.ptr, 0, a.bytes))
        return blame(b, "a block that is not zeroed");
    return judge(b, &a);
}

static bool try_aligned(struct lab_badalloc *b)
{
    size_t align = b->now.second;
    struct answer a = {.bytes = b->now.first, .align = align > A ? align : A, .is_impossible = b->now.first > b->bytes};
    void *ptr = b;
    a.is_argument_bad = align == 0 || (align & (align - 1)) != 0 || align > HEAP_REGION_ALIGN;
    begin(b, &a);
    a.status = heap_alloc_aligned(&b->heap, b->now.first, align, &ptr);
    a.ptr = ptr;
    return judge(b, &a);
}

/* The block has a neighbour, so that it cannot grow where it stands. */
static bool try_resize(struct lab_badalloc *b)
{
    size_t old = b->now.first, bytes = b->now.second, kept = old < bytes ? old : bytes;
    struct answer a = {.bytes = bytes, .align = A, .is_argument_bad = bytes == 0, .is_impossible = bytes > b->bytes};
    unsigned char *block = heap_alloc(&b->heap, old);
    void *ptr = b;
    if (!block || !heap_alloc(&b->heap, 1))
        return blame(b, "a good request is refused");
    memset(block, 0x5A, old);
    begin(b, &a);
    a.status = heap_resize(&b->heap, block, bytes, &ptr);
    a.ptr = ptr;
    if (a.status == HEAP_OK && !is_filled(ptr, 0x5A, kept))
        return blame(b, "a resize lost content");
    if (a.status != HEAP_OK && (heap_usable(&b->heap, block) < old || !is_filled(block, 0x5A, old)))
        return blame(b, "a refused resize did harm");
    return judge(b, &a);
}

/* More than the region holds, without the front-end in front of it. */
static bool try_raw(struct lab_badalloc *b)
{
    struct heap *h = &b->heap;
    size_t bytes = b->now.first, size = heap_block_size(h, bytes);
    void *live = heap_alloc(h, 40);
    bool is_all_to_stay = h->quarantine.count == 0;
    uint64_t before = digest(b, is_all_to_stay);
    if (!live || h->seam->alloc(h, bytes, b->now.second))
        return blame(b, "the policy grants what cannot be");
    if (h->seam->need(h, bytes, b->now.second) < bytes - h->committed || (size != 0 && size < bytes))
        return blame(b, "the policy's arithmetic wraps");
    if (h->seam->resize && h->seam->resize(h, live, bytes))
        return blame(b, "the policy grows a block beyond the heap");
    return digest(b, is_all_to_stay) == before || blame(b, "a refusal by the policy changed the heap");
}

static bool try_case(struct lab_badalloc *b, struct lab_bad_case what)
{
    static bool (*const calls[])(struct lab_badalloc *) = {
        [LAB_BAD_ALLOC] = try_alloc,   [LAB_BAD_CALLOC] = try_calloc, [LAB_BAD_ALIGNED] = try_aligned,
        [LAB_BAD_RESIZE] = try_resize, [LAB_BAD_RAW] = try_raw,
    };
    b->now = what;
    b->cases++;
    return renew(b) && calls[what.call](b);
}

/* ---- the rows ---- */

/* BA-01 to BA-04, BA-10, BA-14, BA-15: each size to each call that takes one. */
static bool try_sizes(struct lab_badalloc *b)
{
    const size_t olds[] = {1, A, 100, b->bytes / 16};
    for (size_t i = 0; i < b->sizes.count; i++) {
        size_t bytes = b->sizes.bytes[i];
        unsigned row = b->sizes.row[i];
        bool is_raw = bytes > b->bytes;
        if (!try_case(b, (struct lab_bad_case){row, LAB_BAD_ALLOC, bytes, 0}) ||
            !try_case(b, (struct lab_bad_case){10, LAB_BAD_RESIZE, olds[i % COUNT(olds)], bytes}) ||
            (is_raw && !try_case(b, (struct lab_bad_case){row, LAB_BAD_RAW, bytes, A})) ||
            (is_raw && !try_case(b, (struct lab_bad_case){7, LAB_BAD_RAW, bytes, A << i % 18})))
            return false;
    }
    return true;
}

/* BA-06: all pairs, and two products that just wrap. */
static bool try_products(struct lab_badalloc *b)
{
    const size_t factors[] = {0,     1,           2,           A,     WORD,      65535, 65536,
                              65537, 0x80000000u, 0xFFFFFFFFu, S / 2, S / 2 + 1, S - 1, S};
    const size_t half = (size_t)1 << (4 * WORD);
    const size_t more[][2] = {{0x10000, 0x10000}, {0x40000001, 4}, {half + 1, half}};
    for (size_t i = 0; i < COUNT(factors); i++) {
        for (size_t k = 0; k < COUNT(factors); k++) {
            if (!try_case(b, (struct lab_bad_case){6, LAB_BAD_CALLOC, factors[i], factors[k]}))
                return false;
        }
    }
    for (size_t i = 0; i < COUNT(more); i++) {
        if (!try_case(b, (struct lab_bad_case){6, LAB_BAD_CALLOC, more[i][0], more[i][1]}))
            return false;
    }
    return true;
}

/* BA-07: the largest sizes and some small ones, at every alignment; both halves of the address space at once. */
static bool try_alignments(struct lab_badalloc *b)
{
    static const size_t aligns[] = {1, 2, 4, 8, 16, 64, PAGE, 2 * PAGE, 1 << 20, 2 << 20, 1 << 30, 0x80000000u};
    for (size_t i = 0; i < b->sizes.count; i++) {
        bool is_small = b->sizes.bytes[i] <= 65 && b->sizes.row[i] == 3;
        for (size_t k = 0; (b->sizes.row[i] == 1 || is_small) && k < COUNT(aligns); k++) {
            if (!try_case(b, (struct lab_bad_case){7, LAB_BAD_ALIGNED, b->sizes.bytes[i], aligns[k]}))
                return false;
        }
    }
    return try_case(b, (struct lab_bad_case){7, LAB_BAD_ALIGNED, 0x80000000u, 0x80000000u});
}

/* BA-08: alignments that are none. */
static bool try_bad_alignments(struct lab_badalloc *b)
{
    const size_t aligns[] = {0, 3, 5, 6, 12, 24, 100, PAGE - 1, PAGE + 1, S, S - 1, 0 - (size_t)8, S / 2, S / 2 + 1};
    const size_t sizes[] = {0, 1, 100, S};
    for (size_t i = 0; i < COUNT(aligns); i++) {
        for (size_t k = 0; k < COUNT(sizes); k++) {
            if (!try_case(b, (struct lab_bad_case){8, LAB_BAD_ALIGNED, sizes[k], aligns[i]}))
                return false;
        }
    }
    return true;
}

bool lab_badalloc_run(struct lab_badalloc *b)
{
    b->cases = 0;
    b->wrong = NULL;
    memset(b->memory, 0xA5, b->bytes);
    if (!renew(b))
        return false;
    lab_bad_sizes(&b->heap, &b->sizes);
    return try_sizes(b) && try_products(b) && try_alignments(b) && try_bad_alignments(b);
}
