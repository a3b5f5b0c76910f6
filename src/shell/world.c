/* The world of a run in the kernel.
 *
 * Time spent in growth is measured around the grow callback. A page fault measures itself from its handler's first line;
 * the few instructions before and behind are learned once, from faults on a region made for that, and added for each fault.
 * Interrupts are in none of these times: every reading is of the clock that leaves them out.
 */
#include "world.h"

#include <arch/cpu.h>
#include <arch/irq.h>
#include <lib/assert.h>

#include "watchdog.h"

static bool timed_grow(void *context, size_t committed, size_t added)
{
    struct world *w = context;
    uint64_t start = arch_own_cycles();
    bool is_grown = kheap_grow(&w->kheap, committed, added);
    w->grow_cycles += arch_own_cycles() - start;
    return is_grown;
}

static bool fails_on_purpose(void *context)
{
    return inject_hits(context);
}

static bool open_region(void *context, size_t limit, unsigned harden, struct heap_region *region)
{
    struct world *w = context;
    w->frames_before = w->space->paging->pmm->free;
    struct kheap_request request = {
        .limit = limit, .backing = w->backing, .is_large = w->is_large, .with_starts = harden > 0};
    if (!kheap_open(&w->kheap, w->space, &request, region))
        return false;
    region->grow = timed_grow;
    region->grow_context = w;
    region->refuses = w->inject ? fails_on_purpose : NULL;
    region->refuses_context = w->inject;
    return true;
}

void world_memory(const struct world *world, struct lab_memory *memory)
{
    const struct vmm_region *bytes = world->kheap.bytes;
    *memory = (struct lab_memory){.faults = bytes->count.faults,
                                  .zero_hits = bytes->count.zero_hits,
                                  .cow = bytes->count.copies,
                                  .frames = bytes->frames,
                                  .frames_peak = bytes->frames_peak,
                                  .tables = bytes->tables,
                                  .large_leaves = bytes->large_leaves};
}

static void close_region(void *context, struct lab_memory *memory)
{
    struct world *w = context;
    world_memory(w, memory);
    kheap_close(&w->kheap);
    memory->frames_leaked = (int64_t)w->frames_before - (int64_t)w->space->paging->pmm->free;
}

static uint64_t clock(void *context)
{
    (void)context;
    watchdog_beats++;
    return arch_own_cycles();
}

static uint64_t vm_clock(void *context)
{
    const struct world *w = context;
    return w->grow_cycles + *w->fault_cycles + *w->fault_count * w->fault_entry_cycles;
}

void world_set_memory(struct world *world, enum vmm_backing backing, bool is_large)
{
    world->backing = backing;
    world->is_large = is_large;
    world->lab.vm = vmm_backing_text(backing);
    world->lab.pages = is_large ? "large" : "4k";
}

/* Never inlined: both calls below take the very same way. */
__attribute__((noinline)) static uint64_t timed_write(volatile unsigned char *page)
{
    uint64_t start = arch_own_cycles();
    *page = 1;
    return arch_own_cycles() - start;
}

/* One first touch: everything it costs beyond a plain write and what the handler measures itself. */
static uint64_t measure_entry(const struct world *w, volatile unsigned char *page)
{
    uint64_t handled = *w->fault_cycles;
    uint64_t first = timed_write(page);
    handled = *w->fault_cycles - handled;
    uint64_t plain = timed_write(page);
    return first > handled + plain ? first - handled - plain : 0;
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
    world_set_memory(world, VMM_DEMAND, false);
    return learn_entry_cost(world);
}

void world_twin(struct world *twin, const struct world *from)
{
    *twin = *from;
    twin->lab.context = twin;
    twin->inject = NULL;
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
