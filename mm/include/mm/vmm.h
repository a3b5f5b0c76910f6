/* Regions of the kernel's address space: a name, a range of addresses, and what backs them and when.
 *
 *      guard | committed ............ | not yet committed ....... | guard
 *            ^ base                   ^ base + committed          ^ base + reserve
 *
 * Not to be called from interrupt context; vmm_handle_fault is called from the page-fault handler and uses no heap.
 */
#ifndef MM_VMM_H
#define MM_VMM_H

#include <mm/fault.h>
#include <mm/paging.h>

enum { VMM_REGIONS_MAX = 32 };

enum vmm_backing {
    VMM_IMMEDIATE,                       /* frames come when memory is committed */
    VMM_DEMAND,                          /* frames are set aside then, and come when a page is first touched */
    VMM_PHYSICAL,                        /* given physical memory: modules, devices; its frames are not ours */
};

enum vmm_status {
    VMM_OK = 0,
    VMM_NO_MEMORY,                       /* too few frames; nothing has changed */
    VMM_NO_ADDRESSES,                    /* no range of that length is left, or no region descriptor */
    VMM_BAD_ARGUMENT,                    /* length 0, or more than was reserved */
};

struct vmm_region {
    const char *name;                    /* NULL: this descriptor is not in use */
    struct vmm_space *space;
    vaddr_t base;                        /* a multiple of VMM_REGION_ALIGN */
    size_t reserve;                      /* bytes that may be committed; whole pages */
    size_t committed;                    /* bytes that are; whole pages */
    enum vmm_backing backing;
    unsigned rights;                     /* enum pt_flags */
    size_t frames, frames_peak;          /* frames behind it now and at most, its page tables included */
    size_t tables;                       /* of these, page tables */
    uint64_t faults;                     /* page faults served */
};

/* Regions begin at multiples of this, which every width's tables allow to give back whole (2 MiB or 4 MiB). */
#define VMM_REGION_ALIGN pt_table_span

struct vmm_space {
    struct paging *paging;
    vaddr_t first, last;                 /* regions lie in [first, last] */
    void (*zero)(void *context, vaddr_t page);   /* clears a page just mapped */
    void *context;
    struct vmm_region regions[VMM_REGIONS_MAX];
};

struct vmm_region_request {
    const char *name;                    /* kept, not copied */
    size_t reserve;                      /* bytes, rounded up to pages */
    enum vmm_backing backing;            /* VMM_IMMEDIATE or VMM_DEMAND */
    bool writable;
};

/* Prepares a space whose regions lie in [first, last]. Owns nothing; `zero` gets `context`. */
void vmm_init(struct vmm_space *space, struct paging *paging, vaddr_t first, vaddr_t last,
              void (*zero)(void *context, vaddr_t page), void *context);

/* Sets a range aside, nothing committed, an unmapped guard page on both sides. */
enum vmm_status vmm_region_create(struct vmm_space *space, const struct vmm_region_request *request,
                                  struct vmm_region **region);

/* Maps [physical, physical + bytes), which may begin and end anywhere in a page. *address is where its first byte is. `flags`:
 * PT_WRITE, PT_NOCACHE. */
enum vmm_status vmm_map_physical(struct vmm_space *space, const char *name, paddr_t physical, size_t bytes, unsigned flags,
                                 void **address, struct vmm_region **region);

/* Brings the committed part to at least `bytes` bytes, rounded up to pages; less than it has is nothing to do. New memory
 * reads as zeros. From VMM_OK on it is there: demand-backed pages have their frames and tables set aside. */
enum vmm_status vmm_region_grow(struct vmm_region *region, size_t bytes);

/* Unmaps the region and gives back every frame, table and reservation of its. */
void vmm_region_destroy(struct vmm_region *region);

/* The region whose range or guard pages hold the address, or NULL. */
struct vmm_region *vmm_region_at(struct vmm_space *space, vaddr_t address);

/* Decides on a page fault and, on FAULT_MAP_FRAME, resolves it: the access can be tried again. */
enum fault_verdict vmm_handle_fault(struct vmm_space *space, vaddr_t address, const struct fault_access *access);

const char *vmm_status_text(enum vmm_status status);

#endif
