/* Page frames: who may have the next one. Counts exactly; finds one frame, or an aligned run of them, in the same few
 * steps on every size of machine.
 *
 * A `struct pmm` is owned by its caller; several may live at once. The frames themselves are never touched: their
 * content is undefined when handed out. No function locks, prints or allocates. Callable in fault context, but not
 * from two contexts at once. */
#ifndef MM_PMM_H
#define MM_PMM_H

#include <lib/inject.h>
#include <mm/memmap.h>
#include <mm/pmm_set.h>

#include <stdbool.h>

enum pmm_status {
    PMM_OK = 0,
    PMM_NO_MEMORY,   /* no frame, or no such run, that may be had; nothing has changed */
    PMM_DOUBLE_FREE, /* the frame is free already */
    PMM_RESERVED,    /* inside the machine's memory, but never given to this allocator: the kernel, a module, a hole */
    PMM_FOREIGN,     /* beyond the last frame of the machine */
    PMM_UNALIGNED,   /* the address is not the start of a frame */
    PMM_STATUS_COUNT
};

enum pmm_zone {
    PMM_ANY,    /* frames from `direct_limit` on first, to keep the others for tables */
    PMM_DIRECT, /* below `direct_limit`: reachable through the physical map */
};

/* Frames that are kept track of together, so that runs are found fast: aligned groups of 2^0 .. 2^9 frames. The largest
 * group is a chunk: 2 MiB, a large page of x86_64, half one of i386. */
enum { PMM_ORDERS = 10, PMM_CHUNK = 1 << (PMM_ORDERS - 1) };

#define PMM_LIMIT ((paddr_t)128 << 30) /* frames must lie below this */

/* All counts are in frames. Readable by everyone, written by pmm.c alone. */
struct pmm {
    union {
        struct pmm_set free_frames;             /* by frame number: address / FRAME_SIZE */
        struct pmm_set free_groups[PMM_ORDERS]; /* of order k: numbers of the aligned groups of 2^k frames, all free */
    };                                          /* free_frames is order 0 */
    size_t *managed;                            /* a bit for each frame: it belongs to this allocator */
    size_t frames;                              /* frame numbers are below this */
    size_t direct_frames;                       /* frame numbers below this are direct */
    size_t total, free;                         /* managed, free now; reserved ones are free */
    size_t reserved;                            /* of the free ones, set aside */
    struct inject *inject; /* the caller's: calls that take or reserve frames and are to fail; NULL: none */
};

/* Bytes of storage for frames below `end`, which is above 0 and at most PMM_LIMIT. */
size_t pmm_storage_bytes(paddr_t end);

/* Takes over the frames of `ranges` (as memmap_build() makes them: sorted, separate, whole frames, at least one).
 * `storage` holds pmm_storage_bytes(end of the last range) bytes, aligned to 8, of any content, and is the caller's
 * to keep. */
void pmm_init(struct pmm *pmm, void *storage, const struct memmap_range *ranges, size_t count, paddr_t direct_limit);

/* The lowest free frame of the zone. Never one of the reserved number. PMM_OK or PMM_NO_MEMORY. */
enum pmm_status pmm_alloc(struct pmm *pmm, enum pmm_zone zone, paddr_t *frame);

/* Gives a frame back. Anything but PMM_OK has changed nothing. */
enum pmm_status pmm_free(struct pmm *pmm, paddr_t frame);

struct pmm_run_request {
    size_t frames; /* above 0 */
    size_t align;  /* the first frame's number is a multiple of this power of two */
    enum pmm_zone zone;
    size_t from_reserved; /* so many of them are drawn from the reserved number, which holds them */
};

/* The lowest run of free frames in the zone that suits; PMM_ANY takes one above the direct limit if there is one. A run
 * of a power of two up to PMM_CHUNK, aligned to its size, is found as fast as a frame; others by going over the free
 * stretches that might hold them, upwards. PMM_OK or PMM_NO_MEMORY. */
enum pmm_status pmm_alloc_run(struct pmm *pmm, const struct pmm_run_request *request, paddr_t *base);

/* Gives back `frames` frames from `base` on, be they of one run or of many. Anything but PMM_OK has changed nothing.
 * */
enum pmm_status pmm_free_run(struct pmm *pmm, paddr_t base, size_t frames);

/* The same of frames that the caller is sure to own: anything but PMM_OK is a mistake in the kernel, reported by name
 * with the frame's number ("pmm: double free of frame 0x..."), and does not return. */
void pmm_give_back(struct pmm *pmm, paddr_t base, size_t frames);

/* Sets that many frames aside for pmm_alloc_reserved, which then cannot fail. False: not so many are left, and
 * nothing has changed. */
bool pmm_reserve(struct pmm *pmm, size_t frames);

/* Gives up that many reserved frames; at most `reserved`. */
void pmm_unreserve(struct pmm *pmm, size_t frames);

/* Draws one of the reserved frames, as pmm_alloc(PMM_ANY) chooses. There must be one. PMM_OK, or PMM_NO_MEMORY if a
 * failure is injected: then it is still reserved. */
enum pmm_status pmm_alloc_reserved(struct pmm *pmm, paddr_t *frame);

/* Frames handed out and not given back. */
static inline size_t pmm_used(const struct pmm *pmm)
{
    return pmm->total - pmm->free;
}

/* Whether every invariant of pmm.c holds. Goes over all frames: for tests and for the `check` of a shell. */
bool pmm_check(const struct pmm *pmm);

/* A few words for a report, to be followed by the address: "double free of frame", "free of reserved frame", ... */
const char *pmm_status_text(enum pmm_status status);

#endif
