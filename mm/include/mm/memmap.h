/* From the firmware's memory map to the frames that are really free. Pure: no state, no allocation, any context;
 * takes 5 KiB of stack. */
#ifndef MM_MEMMAP_H
#define MM_MEMMAP_H

#include <arch/types.h>

#include <stddef.h>
#include <stdint.h>

#define MEMMAP_MAX 128          /* entries and resulting ranges, each */
#define MEMMAP_RESERVED_MAX 136 /* reservations */

#define MEMMAP_AVAILABLE 1 /* the only type that may be used */

/* An entry as the loader gives it: unsorted, overlapping, odd-ended, empty, wrapping: anything. */
struct memmap_entry {
    uint64_t base, length; /* bytes; an entry that wraps ends at 2^64 - 1 */
    uint32_t type;
};

/* Bytes [base, end). In results both are multiples of FRAME_SIZE. */
struct memmap_range {
    paddr_t base, end;
};

struct memmap_input {
    const struct memmap_entry *entries;
    size_t entry_count;
    const struct memmap_range *reserved; /* the first MiB, the kernel, modules, ...: any bytes */
    size_t reserved_count;
    paddr_t limit; /* addresses from here on cannot be used on this width; 0: none */
};

enum memmap_status {
    MEMMAP_OK = 0,
    MEMMAP_TOO_MANY, /* more than MEMMAP_MAX entries or resulting ranges, or than MEMMAP_RESERVED_MAX reservations */
    MEMMAP_NONE,     /* no whole free frame */
    MEMMAP_STATUS_COUNT
};

/* Fills `ranges` (room for MEMMAP_MAX) with the sorted, separate ranges of whole frames that lie inside type 1
 * entries, outside every entry of another type, outside every reservation, below the limit. A frame of several
 * touching type 1 entries is whole. An empty entry or reservation is none. Anything but MEMMAP_OK: `ranges` is not to
 * be used. */
enum memmap_status memmap_build(const struct memmap_input *input, struct memmap_range *ranges, size_t *count);

/* Sum of the lengths of such ranges. */
uint64_t memmap_bytes(const struct memmap_range *ranges, size_t count);

/* What a map holds before anything is reserved, in bytes. */
struct memmap_sizes {
    uint64_t available; /* inside type 1, outside every other type, each byte once, odd ends included */
    uint64_t usable;    /* of these, in whole frames below the limit */
    uint64_t beyond;    /* of these, in whole frames from the limit on */
};

/* Measures the entries of `input`; its reservations are passed over. MEMMAP_OK or MEMMAP_TOO_MANY (*sizes is all 0
 * then). */
enum memmap_status memmap_measure(const struct memmap_input *input, struct memmap_sizes *sizes);

/* One line for a status: what is wrong and what to do. */
const char *memmap_status_text(enum memmap_status status);

#endif
