/* The world of a run in the kernel.
 *
 * Time spent in growth is measured around the grow callback. A page fault measures itself from its handler's first line; the few
 * instructions before and behind are learned once, from faults on a region made for that, and added for each fault.
 */
#include "world.h"

#include <arch/cpu.h>
#include <lib/assert.h>

static bool timed_grow(void *context, size_t committed, size_t added)
{
    struct world *w = context;
    uint64_t start = arch_cycles();
    bool is_grown = kheap_grow(&w->kheap, committed, added);
    w->grow_cycles += arch_cycles() - start;
    return is_grown;
}

static bool open_region(void *context, size_t limit, unsigned harden, struct heap_region *region)
{
    struct world *w = context;
    w->frames_before = w->space->paging->pmm->free;
    if (!kheap_open(&w->kheap, w->space, limit, w->backing, harden > 0, region))
        return false;
    region->grow = timed_grow;
    region->grow_context = w;
    return true;
}

static void close_region(void *context, struct lab_memory *memory)
{
    struct world *w = context;
    const struct vmm_region *bytes = w->kheap.bytes;
    *memory = (struct lab_memory){.faults = bytes->faults, .frames_peak = bytes->frames_peak};
    kheap_close(&w->kheap);
    memory->frames_leaked = (int64_t)w->frames_before - (int64_t)w->space->paging->pmm->free;
}

static uint64_t clock(void *context)
{
    (void)context;
    return arch_cycles();
}

static uint64_t vm_clock(void *context)
{
    const struct world *w = context;
    return w->grow_cycles + *w->fault_cycles + *w->fault_count * w->fault_entry_cycles;
}

void world_set_backing(struct world *world, enum vmm_backing backing)
{
    world->backing = backing;
    world->lab.vm = backing == VMM_IMMEDIATE ? "immediate" : "demand";
}

/* One first touch: everything it costs beyond a plain write and what the handler measures itself. */
static uint64_t measure_entry(const struct world *w, volatile unsigned char *page)
{
    uint64_t start = arch_cycles();
    uint64_t empty = arch_cycles() - start, handled = *w->fault_cycles;
    start = arch_cycles();
    *page = 1;
    uint64_t whole = arch_cycles() - start;
    handled = *w->fault_cycles - handled;
    return whole > handled + empty ? whole - handled - empty : 0;
}

static bool learn_entry_cost(struct world *w)
{
    enum { PAGES = 8 };
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "calibration", .reserve = PAGES * FRAME_SIZE, .backing = VMM_DEMAND, .writable = true};
    if (vmm_region_create(w->space, &request, &region) != VMM_OK)
        return false;
    bool is_there = vmm_region_grow(region, request.reserve) == VMM_OK;
    w->fault_entry_cycles = UINT64_MAX;
    for (size_t i = 0; is_there && i < PAGES; i++) {
        uint64_t cost = measure_entry(w, (volatile unsigned char *)(region->base + i * FRAME_SIZE));
        if (cost < w->fault_entry_cycles)
            w->fault_entry_cycles = cost;
    }
    vmm_region_destroy(region);
    return is_there;
}

bool world_init(struct world *world, struct vmm_space *space, const uint64_t *fault_count, const uint64_t *fault_cycles,
                int icount_shift)
{
    *world = (struct world){.space = space, .fault_count = fault_count, .fault_cycles = fault_cycles};
    world->lab = (struct lab_world){
        .context = world,
        .open = open_region,
        .close = close_region,
        .clock = clock,
        .vm_clock = vm_clock,
        .clock_shift = icount_shift < 0 ? 0 : (unsigned)icount_shift,
        .clock_unit = icount_shift < 0 ? "ticks" : "instructions",
        .arch = arch_name,
    };
    world_set_backing(world, VMM_DEMAND);
    return learn_entry_cost(world);
}

static bool commit_scratch(void *context, size_t bytes, size_t *committed)
{
    struct vmm_region *region = context;
    if (vmm_region_grow(region, bytes) != VMM_OK)
        return false;
    *committed = region->committed;
    return true;
}

bool world_scratch(struct vmm_space *space, size_t reserve, struct lab_arena *arena)
{
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "scratch", .reserve = reserve, .backing = VMM_IMMEDIATE, .writable = true};
    if (vmm_region_create(space, &request, &region) != VMM_OK)
        return false;
    *arena = (struct lab_arena){
        .base = (unsigned char *)region->base, .reserved = reserve, .commit = commit_scratch, .context = region};
    return true;
}

void world_scratch_end(struct lab_arena *arena)
{
    vmm_region_destroy(arena->context);
    *arena = (struct lab_arena){.base = NULL};
}
