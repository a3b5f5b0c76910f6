/* Page frames: who may have the next one. Counts exactly, finds one in the same few steps on every size of machine. */
#ifndef MM_PMM_H
#define MM_PMM_H

#include <mm/memmap.h>

#include <stdbool.h>

enum pmm_status {
    PMM_OK = 0,
    PMM_NO_MEMORY,                       /* no frame that may be had; nothing has changed */
    PMM_DOUBLE_FREE,                     /* the frame is free already */
    PMM_NOT_MANAGED,                     /* not one of the frames this allocator was given */
    PMM_UNALIGNED,                       /* the address is not the start of a frame */
};

enum pmm_zone {
    PMM_ANY,                             /* frames from `direct_limit` on first, to keep the others for tables */
    PMM_DIRECT,                          /* below `direct_limit`: reachable through the physical map */
};

enum { PMM_LEVELS = 5 };

#define PMM_LIMIT ((paddr_t)128 << 30)   /* frames must lie below this: 32^5 frames of 4 KiB */

struct pmm {
    uint32_t *level[PMM_LEVELS];         /* 0: a bit for each frame, set if free; above: a bit for each word that is not 0 */
    size_t words[PMM_LEVELS];
    uint32_t *managed;                   /* a bit for each frame: it belongs to this allocator */
    size_t frames;                       /* frame numbers are below this */
    size_t direct_frames;                /* frame numbers below this are direct */
    size_t total, free, reserved;        /* in frames; reserved <= free <= total */
};

/* Bytes of storage for frames below `end`. */
size_t pmm_storage_bytes(paddr_t end);

/* Takes over the frames of `ranges` (sorted, separate, whole frames). `storage` holds pmm_storage_bytes(end of the last
 * range) bytes, aligned to 8, and is the caller's to keep; nothing else is touched. */
void pmm_init(struct pmm *pmm, void *storage, const struct memmap_range *ranges, size_t count, paddr_t direct_limit);

/* The lowest free frame of the zone, content undefined. Leaves the reserved number of frames free. */
enum pmm_status pmm_alloc(struct pmm *pmm, enum pmm_zone zone, paddr_t *frame);

/* Gives a frame back. Anything but PMM_OK has changed nothing. */
enum pmm_status pmm_free(struct pmm *pmm, paddr_t frame);

/* Sets that many frames aside for pmm_alloc_reserved, which then cannot fail. False: not so many are left. */
bool pmm_reserve(struct pmm *pmm, size_t frames);
void pmm_unreserve(struct pmm *pmm, size_t frames);
paddr_t pmm_alloc_reserved(struct pmm *pmm);

const char *pmm_status_text(enum pmm_status status);

#endif
