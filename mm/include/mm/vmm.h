/* Regions of the kernel's address space: a name, a range of addresses, and what backs them and when.
 *
 *      guard | committed ............ | not yet committed ....... | guard
 *            ^ base                   ^ base + committed          ^ base + reserve
 *
 * A `struct vmm_space` is owned by its caller; regions are taken from its fixed pool and belong to it. Sizes are
 * bytes, rounded up to pages. Memory that was committed is there: a later touch never fails for want of a frame or a
 * table. Not to be called from interrupt context; vmm_handle_fault is called from the page-fault handler and uses no
 * heap.
 */
#ifndef MM_VMM_H
#define MM_VMM_H

#include <mm/fault.h>
#include <mm/paging.h>

enum { VMM_REGIONS_MAX = 32 };

enum vmm_backing {
    VMM_IMMEDIATE, /* frames come when memory is committed */
    VMM_DEMAND,    /* frames are set aside then, and come when a page is first touched */
    VMM_PHYSICAL,  /* given physical memory: modules, devices; its frames are not ours */
};

enum vmm_status {
    VMM_OK = 0,
    VMM_NO_MEMORY,     /* too few frames, those for page tables included; nothing has changed */
    VMM_NO_ADDRESSES,  /* no range of that length is left; nothing has changed */
    VMM_BAD_ARGUMENT,  /* length 0, above the reserve, or physical memory out of reach; nothing has changed */
    VMM_NO_DESCRIPTOR, /* VMM_REGIONS_MAX regions are in use; nothing has changed */
    VMM_STATUS_COUNT
};

struct vmm_region {
    const char *name; /* NULL: this descriptor is not in use */
    struct vmm_space *space;
    vaddr_t base;     /* a multiple of VMM_REGION_ALIGN */
    size_t reserve;   /* bytes that may be committed; whole pages */
    size_t committed; /* bytes that are; whole pages */
    enum vmm_backing backing;
    unsigned rights;            /* enum pt_flags */
    size_t frames, frames_peak; /* frames behind it now and at most, its page tables included */
    size_t tables;              /* of these, page tables that its commits made */
    uint64_t faults;            /* first touches served */
};

/* Regions begin at multiples of this: what one last-level table maps, so that a region owns its tables (2 MiB, i386:
 * 4 MiB). */
#define VMM_REGION_ALIGN pt_table_span

struct vmm_space {
    struct paging *paging;
    vaddr_t first, last;                       /* regions lie in [first, last] */
    void (*zero)(void *context, vaddr_t page); /* clears a page just mapped, writable now */
    void *context;
    struct vmm_region regions[VMM_REGIONS_MAX];
};

struct vmm_region_request {
    const char *name;         /* kept, not copied */
    size_t reserve;           /* bytes, rounded up to pages */
    enum vmm_backing backing; /* VMM_IMMEDIATE or VMM_DEMAND */
    bool writable;
};

/* Prepares a space whose regions lie in [first, last]. Owns nothing; `zero` gets `context`. */
void vmm_init(struct vmm_space *space, struct paging *paging, vaddr_t first, vaddr_t last,
              void (*zero)(void *context, vaddr_t page), void *context);

/* Sets the lowest range aside that is free, nothing committed, an unmapped guard page on both sides. VMM_OK and
 * *region, VMM_NO_ADDRESSES, VMM_NO_DESCRIPTOR or VMM_BAD_ARGUMENT. */
enum vmm_status vmm_region_create(struct vmm_space *space, const struct vmm_region_request *request,
                                  struct vmm_region **region);

/* Maps [physical, physical + bytes), which may begin and end anywhere in a page. *address is where its first byte is.
 * `flags`: PT_WRITE, PT_NOCACHE. The frames stay whose they are. Every status. */
enum vmm_status vmm_map_physical(struct vmm_space *space, const char *name, paddr_t physical, size_t bytes,
                                 unsigned flags, void **address, struct vmm_region **region);

/* Brings the committed part to at least `bytes` bytes, rounded up to pages; less than it has is nothing to do. New
 * memory reads as zeros. VMM_OK, VMM_NO_MEMORY or VMM_BAD_ARGUMENT (more than the reserve, or a physical region). */
enum vmm_status vmm_region_grow(struct vmm_region *region, size_t bytes);

/* Unmaps the region and gives back every frame, table and reservation of its. The descriptor may serve another
 * region. */
void vmm_region_destroy(struct vmm_region *region);

/* The region whose range or guard pages hold the address, or NULL. A guard page between two is either's. */
struct vmm_region *vmm_region_at(struct vmm_space *space, vaddr_t address);

/* Decides on a page fault and carries the verdict out: if fault_is_resolved(), the access can be tried again. */
enum fault_verdict vmm_handle_fault(struct vmm_space *space, vaddr_t address, const struct fault_access *access);

const char *vmm_status_text(enum vmm_status status);

#endif
