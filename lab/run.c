/* One run: a program, operation by operation, against one policy in a fresh heap.
 *
 *   1. Take scratch: a slot for each ID, a cost for each operation. Open a region, bind the heap, measure an empty call.
 *   2. For each operation: check the content it is about to lose, call the heap (call.c measures it), check what came
 *      back, fill the block, bring digest, counts and peaks up to date, call the observers.
 *   3. Check what is still live, measure the heap's shape, close the region.
 */
#include <lab/metrics.h>

#include "call.h"
#include "content.h"
#include "costs.h"
#include "dues.h"

#define DIGEST_START 0xCBF29CE484222325u /* FNV-1a, 64 bits */
#define DIGEST_PRIME 0x100000001B3u

/* What an ID stands for now. */
struct slot {
    unsigned char *payload; /* NULL: nothing is live here */
    size_t size;            /* requested */
    uint32_t stamp;         /* of its content */
};

/* The free bytes of the heap, as of the last walk that was needed to know them. */
struct room {
    bool known;
    size_t free, granted, committed;
};

/* The costs of one kind of call: in the heap, and in the memory under it. */
struct kind {
    struct lab_costs own, in_memory;
};

struct running {
    const struct lab_world *world;
    const struct lab_program *program;
    const struct lab_run *run;
    struct lab_result *result;
    struct heap heap;
    struct slot *slots;
    struct kind alloc, free, resize;
    struct lab_meter meter;
    struct room room;
    struct dues dues;
    size_t live; /* P */
};

/* ---- what was found wrong: the first finding stays ---- */

static bool is_sound(const struct running *r)
{
    return r->result->check == HEAP_OK;
}

static void blame_heap(struct running *r, enum heap_status status)
{
    if (is_sound(r) && status != HEAP_OK) {
        r->result->check = status;
        r->result->fault = r->heap.fault;
    }
}

/* The blocks contradict each other, though the heap has noticed nothing: status as in struct lab_result. */
static void blame_block(struct running *r, enum heap_status status, const void *payload)
{
    if (is_sound(r)) {
        r->result->check = status;
        r->result->fault = (struct heap_fault){.address = payload, .operation = r->heap.counters.operations};
    }
}

static void check_heap(struct running *r)
{
    r->result->check_ran = true;
    blame_heap(r, heap_check(&r->heap));
}

static void check_content(struct running *r, const struct slot *slot)
{
    if (!lab_content_is_intact(slot->payload, slot->size, slot->stamp, slot->size))
        blame_block(r, HEAP_CORRUPT, slot->payload);
}

/* A policy's answer is not written to before it is known to lie in the heap. */
static void check_place(struct running *r, const void *payload, size_t bytes, size_t align)
{
    const struct heap *h = &r->heap;
    uintptr_t base = (uintptr_t)h->base, address = (uintptr_t)payload;
    bool is_inside =
        address >= base + heap_origin(h) && address - base <= h->committed && bytes <= h->committed - (address - base);
    if (!is_inside || !heap_is_aligned(address, align > HEAP_ALIGN ? align : HEAP_ALIGN))
        blame_block(r, HEAP_BAD_POINTER, payload);
}

/* An allocation has no status, and a full check after an operation changes none: what either found is in the heap's fault. */
static void call_heap(struct running *r, struct lab_call *call, struct kind *kind)
{
    struct lab_spent spent = lab_call_measured(&r->meter, call);
    lab_costs_add(&kind->own, spent.own);
    lab_costs_add(&kind->in_memory, spent.in_memory);
    if (call->status == HEAP_BAD_POINTER || call->status == HEAP_CORRUPT)
        blame_heap(r, call->status);
    else if (r->heap.fault.class != HEAP_FAULT_NONE)
        blame_heap(r, HEAP_CORRUPT);
}

/* ---- digest, refusals ---- */

static void digest(struct running *r, uint64_t number)
{
    for (unsigned shift = 0; shift < 64; shift += 8)
        r->result->placement = (r->result->placement ^ (number >> shift & 255)) * DIGEST_PRIME;
}

/* F now. A bump heap may refuse the rest of a long run, so the heap is walked again only if it can have changed: blocks
 * handed out forget the number, and a free shows in the granted bytes, unless it gave nothing back. */
static size_t free_bytes(struct running *r)
{
    const struct heap *h = &r->heap;
    struct room *room = &r->room;
    if (!room->known || room->granted != h->counters.granted || room->committed != h->committed) {
        struct heap_shape shape;
        blame_heap(r, heap_measure(&r->heap, &shape));
        *room =
            (struct room){.known = true, .free = shape.free, .granted = h->counters.granted, .committed = h->committed};
    }
    return room->free;
}

/* Whether there are enough free bytes for the request, though in pieces. What is neither granted nor fixed is the most
 * that can be free, which often settles it without a walk. */
static bool is_refused_despite_room(struct running *r, size_t bytes)
{
    const struct heap *h = &r->heap;
    size_t block = heap_block_size(h, bytes);
    if (block == 0 || block > h->committed - heap_fixed(h) - h->counters.granted)
        return false;
    return free_bytes(r) >= block;
}

static void note_refusal(struct running *r, size_t index, size_t bytes)
{
    struct lab_result *result = r->result;
    digest(r, UINT64_MAX);
    result->failed++;
    if (result->first_refused == SIZE_MAX)
        result->first_refused = index;
    if (is_refused_despite_room(r, bytes))
        result->refused_despite_room++;
}

/* ---- the operations: each returns whether its request was granted ---- */

/* A block now stands at `payload`, checked to lie in the heap: it is the slot's from here on. */
static void occupy(struct running *r, struct slot *slot, size_t index, unsigned char *payload)
{
    const struct lab_op *op = &r->program->ops[index];
    *slot = (struct slot){.payload = payload, .size = op->size, .stamp = lab_content_stamp(op->slot, index)};
    lab_content_write(payload, op->size, slot->stamp);
    digest(r, (uint64_t)(payload - r->heap.base) - heap_origin(&r->heap));
    r->live += op->size;
    r->room.known = false;
}

static bool do_alloc(struct running *r, struct slot *slot, size_t index)
{
    const struct lab_op *op = &r->program->ops[index];
    bool is_aligned = op->kind == LAB_ALIGNED;
    struct lab_call call = {.action = is_aligned ? LAB_CALL_ALIGNED : LAB_CALL_ALLOC, .bytes = op->size};
    call.align = is_aligned ? lab_alignment(op->align_log2) : HEAP_ALIGN;
    HEAP_ASSERT(!slot->payload);
    call_heap(r, &call, &r->alloc);
    if (!call.ptr) {
        if (is_sound(r))
            note_refusal(r, index, op->size);
        return false;
    }
    check_place(r, call.ptr, op->size, call.align);
    if (is_sound(r))
        occupy(r, slot, index, call.ptr);
    return true;
}

static bool do_free(struct running *r, struct slot *slot)
{
    check_content(r, slot);
    struct lab_call call = {.action = LAB_CALL_FREE, .ptr = slot->payload};
    call_heap(r, &call, &r->free);
    r->live -= slot->size;
    *slot = (struct slot){0};
    return true;
}

static bool do_resize(struct running *r, struct slot *slot, size_t index)
{
    const struct lab_op *op = &r->program->ops[index];
    const struct slot old = *slot;
    check_content(r, slot);
    struct lab_call call = {.action = LAB_CALL_RESIZE, .bytes = op->size, .ptr = old.payload};
    call_heap(r, &call, &r->resize);
    if (call.status == HEAP_NO_MEMORY || call.status == HEAP_BAD_ARGUMENT) {
        note_refusal(r, index, op->size);
        check_content(r, slot);
        return false;
    }
    if (is_sound(r))
        check_place(r, call.ptr, op->size, HEAP_ALIGN);
    if (!is_sound(r))
        return true;
    if (!lab_content_is_intact(call.ptr, old.size, old.stamp, op->size)) /* what was copied, or stayed */
        blame_block(r, HEAP_CORRUPT, call.ptr);
    r->live -= old.size;
    occupy(r, slot, index, call.ptr);
    return true;
}

static bool do_operation(struct running *r, size_t index)
{
    const struct lab_op *op = &r->program->ops[index];
    if (op->slot == LAB_NULL_SLOT) {
        HEAP_ASSERT(op->kind == LAB_FREE);
        return true;
    }
    HEAP_ASSERT(op->slot < r->program->slots);
    struct slot *slot = &r->slots[op->slot];
    bool gives_back = op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0);
    if (gives_back)
        return !slot->payload || do_free(r, slot);
    if (op->kind == LAB_RESIZE && slot->payload)
        return do_resize(r, slot, index);
    return do_alloc(r, slot, index);
}

/* ---- after each operation ---- */

static void note_peaks(struct running *r)
{
    struct lab_result *result = r->result;
    if (r->live > result->peak_live) {
        result->peak_live = r->live;
        result->peak_live_used = r->heap.counters.granted;
    }
    if (r->heap.committed > result->heap_peak)
        result->heap_peak = r->heap.committed;
}

static void sample(struct running *r)
{
    struct heap_shape shape;
    enum heap_status status = heap_measure(&r->heap, &shape);
    blame_heap(r, status);
    if (status == HEAP_OK)
        r->run->observer->sample(r->run->observer->context, r->result->done, r->live, &shape);
}

static void tell_observer(struct running *r, size_t index, bool is_granted)
{
    const struct lab_observer *o = r->run->observer;
    const struct lab_op *op = &r->program->ops[index];
    if (!o)
        return;
    const void *payload = is_granted && op->slot != LAB_NULL_SLOT ? r->slots[op->slot].payload : NULL;
    if (o->done)
        o->done(o->context, &r->heap, index, op, payload);
    if (o->refused && !is_granted)
        o->refused(o->context, &r->heap, index, op);
    if (o->sample && r->run->sample_every != 0 && r->result->done % r->run->sample_every == 0)
        sample(r);
}

static bool is_check_due(const struct running *r)
{
    size_t every = r->run->check_every;
    return every != LAB_CHECK_OFF && every != LAB_CHECK_END && r->result->done % every == 0;
}

static const void *payload_of(const void *context, uint32_t slot)
{
    const struct running *r = context;
    return r->slots[slot].payload;
}

static void check_dues(struct running *r)
{
    struct lab_view view = {
        .heap = &r->heap, .refused = r->result->failed, .live = r->live, .context = r, .payload = payload_of};
    if (is_sound(r))
        dues_check(&r->dues, &view, r->result);
}

static void run_operations(struct running *r)
{
    uint64_t vm_before = r->world->vm_clock(r->world->context);
    check_dues(r);
    for (size_t index = 0; index < r->program->count && is_sound(r); index++) {
        bool is_granted = do_operation(r, index);
        r->result->done = index + 1;
        note_peaks(r);
        check_dues(r);
        if (is_check_due(r) && is_sound(r))
            check_heap(r);
        if (is_sound(r))
            tell_observer(r, index, is_granted);
    }
    uint64_t spent = r->world->vm_clock(r->world->context) - vm_before;
    r->result->vm_cost = spent >> r->world->clock_shift;
}

/* ---- beginning and end ---- */

static bool kind_init(struct kind *kind, struct lab_arena *arena, size_t calls)
{
    return lab_costs_init(&kind->own, arena, calls) && lab_costs_init(&kind->in_memory, arena, calls);
}

static bool take_scratch(struct running *r, struct lab_arena *arena)
{
    const struct lab_program *p = r->program;
    size_t resizes = p->count_of[LAB_RESIZE];
    r->slots = lab_arena_take(arena, p->slots, sizeof *r->slots);
    if (!r->slots && p->slots > 0)
        return false;
    for (size_t i = 0; i < p->slots; i++)
        r->slots[i] = (struct slot){0};
    return kind_init(&r->alloc, arena, p->count_of[LAB_ALLOC] + p->count_of[LAB_ALIGNED] + resizes) &&
           kind_init(&r->free, arena, p->count_of[LAB_FREE] + resizes) && kind_init(&r->resize, arena, resizes);
}

/* A damaged heap may not be measurable: then only its size is known. */
static void measure_end(struct running *r)
{
    struct lab_result *result = r->result;
    enum heap_status status = heap_measure(&r->heap, &result->shape);
    blame_heap(r, status);
    if (status == HEAP_OK)
        blame_heap(r, lab_rate_unusable(&r->heap, result->unusable));
    else
        result->shape = (struct heap_shape){.committed = r->heap.committed};
    lab_rate_result(result);
}

static void summarise(const struct kind *kind, struct lab_cost *own, struct lab_cost *in_memory)
{
    *own = lab_costs_summary(&kind->own);
    *in_memory = lab_costs_summary(&kind->in_memory);
}

static void finish(struct running *r)
{
    struct lab_result *result = r->result;
    for (size_t i = 0; i < r->program->slots && is_sound(r); i++) {
        if (r->slots[i].payload)
            check_content(r, &r->slots[i]);
    }
    if (r->run->check_every != LAB_CHECK_OFF && is_sound(r))
        check_heap(r);
    result->live_end = r->live;
    result->counters = r->heap.counters;
    summarise(&r->alloc, &result->cost_alloc, &result->vm_alloc);
    summarise(&r->free, &result->cost_free, &result->vm_free);
    summarise(&r->resize, &result->cost_resize, &result->vm_resize);
    measure_end(r);
    if (r->run->observer && r->run->observer->finished)
        r->run->observer->finished(r->run->observer->context, &r->heap);
}

enum lab_status lab_run_program(const struct lab_world *world, struct lab_arena *arena,
                                const struct lab_program *program, const struct lab_run *run, struct lab_result *result)
{
    struct running r = {.world = world, .program = program, .run = run, .result = result};
    size_t mark = arena->used;
    *result = (struct lab_result){.ops = program->count, .first_refused = SIZE_MAX, .placement = DIGEST_START};
    size_t limit = program->heap_limit ? program->heap_limit : run->heap_limit;
    enum lab_status status = take_scratch(&r, arena) ? lab_heap_open(&r.heap, world, run, limit) : LAB_NO_SCRATCH;
    if (status == LAB_OK) {
        result->fixed = heap_fixed(&r.heap);
        result->heap_peak = r.heap.committed;
        lab_meter_set(&r.meter, world, &r.heap);
        r.dues = dues_of(program, run);
        if (run->observer && run->observer->started)
            run->observer->started(run->observer->context, &r.heap);
        run_operations(&r);
        finish(&r);
        world->close(world->context, &result->memory);
        status = is_sound(&r) ? LAB_OK : LAB_CORRUPT;
    }
    lab_arena_release(arena, mark);
    return status;
}
