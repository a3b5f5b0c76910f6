/* Opening a run's heap; one call of it between two readings of the clock. Growth and page faults within it are the memory's cost, told by a clock
 * of their own, and so is what reading the clocks costs: both are subtracted. */
#include "call.h"

#define EMPTY_CALLS 16

enum lab_status lab_heap_open(struct heap *h, const struct lab_world *world, const struct lab_run *run, size_t limit)
{
    struct heap_setup setup = {.ops = run->policy, .harden = run->harden, .grain = run->grain};
    struct lab_memory unused;
    for (size_t i = 0; i < HEAP_OPTIONS_MAX; i++)
        setup.options[i] = run->options[i];
    if (!world->open(world->context, limit / HEAP_ALIGN * HEAP_ALIGN, run->harden, &setup.region))
        return LAB_NO_REGION;
    enum heap_status status = heap_init(h, &setup);
    if (status == HEAP_OK)
        return LAB_OK;
    world->close(world->context, &unused);
    return status == HEAP_BAD_ARGUMENT ? LAB_BAD_INPUT : LAB_NO_REGION;
}

static void perform(struct heap *h, struct lab_call *call)
{
    switch (call->action) {
    case LAB_CALL_NOTHING:
        break;
    case LAB_CALL_ALLOC:
        call->ptr = heap_alloc(h, call->bytes);
        break;
    case LAB_CALL_ALIGNED:
        call->status = heap_alloc_aligned(h, call->bytes, call->align, &call->ptr);
        break;
    case LAB_CALL_RESIZE:
        call->status = heap_resize(h, call->ptr, call->bytes, &call->ptr);
        break;
    case LAB_CALL_FREE:
        call->status = heap_free(h, call->ptr);
        break;
    }
}

/* The only place where the heap is called and the clock is read: never inlined, so that the empty call takes the very same
 * way as the others. */
__attribute__((noinline)) static struct lab_spent clocked(const struct lab_meter *meter, struct lab_call *call)
{
    const struct lab_world *world = meter->world;
    uint64_t vm_before = world->vm_clock(world->context);
    uint64_t before = world->clock(world->context);
    perform(meter->heap, call);
    uint64_t after = world->clock(world->context);
    uint64_t vm_after = world->vm_clock(world->context);
    uint64_t spent = after - before, in_memory = vm_after - vm_before;
    return (struct lab_spent){.own = spent > in_memory ? spent - in_memory : 0, .in_memory = in_memory};
}

void lab_meter_set(struct lab_meter *meter, const struct lab_world *world, struct heap *heap)
{
    *meter = (struct lab_meter){.world = world, .heap = heap, .empty_cost = UINT64_MAX};
    for (int i = 0; i < EMPTY_CALLS; i++) {
        struct lab_call nothing = {.action = LAB_CALL_NOTHING};
        uint64_t spent = clocked(meter, &nothing).own;
        if (spent < meter->empty_cost)
            meter->empty_cost = spent;
    }
}

struct lab_spent lab_call_measured(const struct lab_meter *meter, struct lab_call *call)
{
    struct lab_spent spent = clocked(meter, call);
    unsigned shift = meter->world->clock_shift;
    uint64_t own = spent.own > meter->empty_cost ? spent.own - meter->empty_cost : 0;
    return (struct lab_spent){.own = own >> shift, .in_memory = spent.in_memory >> shift};
}
