/* The world of a run in the kernel: heap regions from the VMM, time from the processor's counter. */
#ifndef SHELL_WORLD_H
#define SHELL_WORLD_H

#include <lab/run.h>
#include <mm/kheap.h>

struct world {
    struct lab_world lab; /* hand this to lab_run_program; its context is the struct itself */
    struct vmm_space *space;
    enum vmm_backing backing;                   /* of the next region */
    bool is_large;                              /* it takes large leaves */
    struct inject *inject;                      /* which of the heap's allocations fail on purpose; NULL: none */
    const uint64_t *fault_count, *fault_cycles; /* kept by the page-fault handler */
    uint64_t fault_entry_cycles; /* what one fault costs besides: the way into the handler and out of it */
    uint64_t grow_cycles;
    struct kheap kheap;
    size_t frames_before; /* free frames before the region under way was made */
};

/* `icount_shift`: the counter's steps for an instruction as a power of two, or -1 if it counts time. Measures what a page
 * fault costs; needs a few frames for that. False: there are none. */
bool world_init(struct world *world, struct vmm_space *space, const uint64_t *fault_count, const uint64_t *fault_cycles,
                int icount_shift);

/* What the regions from now on are backed by. */
void world_set_memory(struct world *world, enum vmm_backing backing, bool is_large);

/* What the memory under the open region has done since it was opened. */
void world_memory(const struct world *world, struct lab_memory *memory);

/* Another world over the same address space, with a region of its own: `from` may have one open beside it. */
void world_twin(struct world *twin, const struct world *from);

/* Scratch memory for the lab from a region of its own: at most `reserve` bytes, frames at once when they are taken. False:
 * no address range for it. */
bool world_scratch(struct vmm_space *space, size_t reserve, struct lab_arena *arena);

/* Gives all frames of that memory back: nothing in it may be used any more. The arena then holds nothing. */
void world_scratch_end(struct lab_arena *arena);

#endif
