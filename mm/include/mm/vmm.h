/* Regions of an address space: a name, a range of addresses, and what backs them and when.
 *
 *      guard | committed ............ | not yet committed ....... | guard
 *            ^ base                   ^ base + committed          ^ base + reserve
 *
 * A `struct vmm_space` is owned by its caller and must stay where it is; regions are taken from its fixed pool and
 * belong to it. Sizes are bytes, rounded up to pages. Memory that was committed is there: a later touch never fails for
 * want of a frame or a table, but for failures injected on purpose. Not to be called from interrupt context;
 * vmm_handle_fault is called from the page-fault handler and uses no heap.
 */
#ifndef MM_VMM_H
#define MM_VMM_H

#include <lib/inject.h>
#include <mm/fault.h>
#include <mm/paging.h>

enum { VMM_REGIONS_MAX = 32 };

enum vmm_backing {
    VMM_IMMEDIATE, /* frames come when memory is committed */
    VMM_DEMAND,    /* frames are set aside then, and come when a page is first touched */
    VMM_ZERO,      /* the same, but until a page is first written the one shared zero page serves its reads */
    VMM_PHYSICAL,  /* given physical memory: modules, devices; its frames are not ours */
    VMM_SHARED,    /* another region's frames, which stay that region's */
    VMM_BACKING_COUNT
};

enum vmm_status {
    VMM_OK = 0,
    VMM_NO_MEMORY,     /* too few frames, those for page tables included; nothing has changed */
    VMM_NO_ADDRESSES,  /* no range of that length is left; nothing has changed */
    VMM_BAD_ARGUMENT,  /* length 0, above the reserve, or physical memory out of reach; nothing has changed */
    VMM_NO_DESCRIPTOR, /* VMM_REGIONS_MAX regions are in use; nothing has changed */
    VMM_STATUS_COUNT
};

/* Page faults that were resolved. Each is counted once in `faults`. */
struct vmm_faults {
    uint64_t faults;    /* all: first touches, and the two below */
    uint64_t zero_hits; /* of these, reads that the zero page serves from now on */
    uint64_t copies;    /* of these, writes to a page that showed the zero page */
};

struct vmm_region {
    const char *name; /* NULL: this descriptor is not in use */
    struct vmm_space *space;
    vaddr_t base;     /* a multiple of VMM_REGION_ALIGN */
    size_t reserve;   /* bytes that may be committed; whole pages */
    size_t committed; /* bytes that are; whole pages */
    size_t covered; /* bytes that memory is set aside for; above `committed` only where a large leaf reaches further */
    enum vmm_backing backing;
    bool is_large;              /* takes large leaves where it can */
    unsigned rights;            /* enum pt_flags */
    size_t frames, frames_peak; /* frames of its own now and at most, its page tables included */
    size_t tables;              /* of these, page tables that its commits made */
    size_t large_leaves;        /* mapped now */
    size_t sharers;             /* regions that share its frames */
    struct vmm_region *shared;  /* VMM_SHARED: whose frames they are */
    struct vmm_faults count;
};

/* Regions begin at multiples of this: what one last-level table maps, so that a region owns its tables; also the size
 * of a large leaf (2 MiB, i386: 4 MiB). */
#define VMM_REGION_ALIGN pt_table_span

struct vmm_space {
    struct paging *paging;
    vaddr_t first, last;        /* regions lie in [first, last] */
    paddr_t zero_page;          /* the one frame of zeros that all spaces show; never written, never given back */
    struct vmm_space *in_force; /* in the kernel's space: which other one is in force; NULL: none */
    struct inject *inject;      /* calls below that take memory and are to fail; NULL: none */
    struct vmm_faults count;
    struct vmm_region regions[VMM_REGIONS_MAX];
};

struct vmm_region_request {
    const char *name;         /* kept, not copied */
    size_t reserve;           /* bytes, rounded up to pages */
    enum vmm_backing backing; /* VMM_IMMEDIATE, VMM_DEMAND or VMM_ZERO */
    bool writable;
    bool is_user; /* for programs outside the kernel too */
    vaddr_t base; /* where it is to begin, a multiple of VMM_REGION_ALIGN; 0: at the lowest range that is free */
    /* A page's memory comes as a large leaf where the region reaches over all of the leaf, nothing is mapped in it yet
     * and a run of free frames is there; else as a page. The rest of the leaf is mapped before it is committed. */
    bool is_large;
};

/* ---- spaces ---- */

/* Prepares the kernel's space, whose regions lie in [first, last], and takes the frame of the zero page. VMM_OK or
 * VMM_NO_MEMORY. */
enum vmm_status vmm_init(struct vmm_space *space, struct paging *paging, vaddr_t first, vaddr_t last);

/* Where the addresses of a space begin that are the kernel's. */
struct vmm_window {
    vaddr_t first, last; /* regions of the space lie here, below `kernel_from` */
    vaddr_t kernel_from; /* a multiple of what an entry of the root table maps */
};

/* Prepares another space, empty in its own addresses, with page tables of its own in *paging; the addresses from
 * window->kernel_from on are the kernel's, now and later. It is not in force: see arch_mmu_activate(). VMM_OK or
 * VMM_NO_MEMORY. */
enum vmm_status vmm_space_create(struct vmm_space *space, struct paging *paging, struct vmm_space *kernel,
                                 const struct vmm_window *window);

/* Puts a space in force beside the kernel's, or NULL: none. */
void vmm_switch(struct vmm_space *kernel, struct vmm_space *to);

/* Destroys its regions and gives its page tables back. It is not in force; no other space shares frames of its regions. */
void vmm_space_destroy(struct vmm_space *space);

/* ---- regions ---- */

/* Sets a range aside, nothing committed, an unmapped guard page on both sides: the lowest that is free, or the one that is
 * asked for. VMM_OK and *region, VMM_NO_ADDRESSES (the range asked for is not free, or not in the space), VMM_NO_DESCRIPTOR,
 * VMM_BAD_ARGUMENT, or VMM_NO_MEMORY (injected only). */
enum vmm_status vmm_region_create(struct vmm_space *space, const struct vmm_region_request *request,
                                  struct vmm_region **region);

/* Maps [physical, physical + bytes), which may begin and end anywhere in a page. *address is where its first byte is.
 * `flags`: PT_WRITE, PT_NOCACHE. The frames stay whose they are. Every status. */
enum vmm_status vmm_map_physical(struct vmm_space *space, const char *name, paddr_t physical, size_t bytes,
                                 unsigned flags, void **address, struct vmm_region **region);

/* Maps what an immediate region has committed once more, in `space`, at the lowest range that is free there. The frames
 * stay the source's, which is not to be destroyed before this region. Every status. */
enum vmm_status vmm_region_share(struct vmm_space *space, const char *name, struct vmm_region *source, bool writable,
                                 struct vmm_region **region);

/* Brings the committed part to at least `bytes` bytes, rounded up to pages; less than it has is nothing to do. New
 * memory reads as zeros. VMM_OK, VMM_NO_MEMORY or VMM_BAD_ARGUMENT (more than the reserve, or frames that are not its
 * own). */
enum vmm_status vmm_region_grow(struct vmm_region *region, size_t bytes);

/* New rights, enum pt_flags, for all of a region whose memory is its own: what it shows already and what it will bring.
 * Small leaves only. */
void vmm_region_protect(struct vmm_region *region, unsigned rights);

/* Unmaps the region and gives back every frame, table and reservation of its. The descriptor may serve another
 * region. */
void vmm_region_destroy(struct vmm_region *region);

/* The region whose range or guard pages hold the address, or NULL. A guard page between two is either's. */
struct vmm_region *vmm_region_at(struct vmm_space *space, vaddr_t address);

/* Decides on a page fault and carries the verdict out, in the kernel's space or, at an address of its own, in the one
 * in force beside it: if fault_is_resolved(), the access can be tried again. */
enum fault_verdict vmm_handle_fault(struct vmm_space *kernel, vaddr_t address, const struct fault_access *access);

/* The verdict that vmm_handle_fault would reach, and nothing done about it. FAULT_SPURIOUS: the access is permitted. */
enum fault_verdict vmm_judge(struct vmm_space *kernel, vaddr_t address, const struct fault_access *access);

/* Whether nobody has ever written to the zero page. */
bool vmm_zero_page_is_intact(const struct vmm_space *space);

/* "immediate", "demand", "zero", ... */
const char *vmm_backing_text(enum vmm_backing backing);

const char *vmm_status_text(enum vmm_status status);

#endif
