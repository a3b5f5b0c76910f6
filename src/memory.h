/* Bringing memory up: from the firmware's map to the kernel's own page tables. Once, at start. */
#ifndef MEMORY_H
#define MEMORY_H

#include <boot/multiboot2.h>
#include <mm/vmm.h>

#include <stdbool.h>

struct memory {
    struct pmm pmm;
    struct paging paging;
    struct vmm_space space;
    uint64_t total;  /* bytes of available memory in the firmware's map */
    uint64_t usable; /* of these, in whole frames this width can use, before the kernel takes any */
    uint64_t beyond; /* available, but above what this width can use */
    uint64_t frames_cycles,
        tables_cycles; /* of the processor's counter, to set up the frame allocator and the page tables */
};

extern struct memory memory;

/* Builds the frame allocator and the kernel's page tables and puts them in force. `frames` and `regions` are kept: which
 * calls of the frame allocator and of the VMM fail on purpose. NULL, or one line that says what is wrong: then this
 * machine will not do. */
const char *memory_init(const struct mb2_info *info, struct inject *frames, struct inject *regions);

/* Page faults since the start, and the cycles spent in them. */
struct memory_faults {
    uint64_t count, cycles;
    enum fault_verdict verdict; /* on the last one */
    bool is_handling;           /* the handler is at work: a fault now is its own */
};
extern struct memory_faults memory_faults;

#endif
