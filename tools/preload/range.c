/* Address space: taken from the system once, without memory behind it, and made usable in large steps. */
#include "preload.h"

#include <alloc/heap_ops.h>

#include <sys/mman.h>
#include <unistd.h>

/* A heap grows by its grain, 4 KiB as a rule; the system is asked once for a thousand of these. Memory is there when
 * it is touched, so a step ahead of need costs none. */
#define COMMIT_STEP ((size_t)4 << 20)

bool preload_reserve(struct preload_range *range, size_t bytes, size_t align)
{
    size_t reserved, whole;
    if (!heap_round_up(bytes, (size_t)getpagesize(), &reserved) || !heap_add(reserved, align, &whole))
        return false;
    unsigned char *start = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return false;
    size_t gap = heap_align_gap((uintptr_t)start, align);
    if (gap > 0)
        munmap(start, gap);
    munmap(start + gap + reserved, align - gap); /* never empty: gap < align */
    *range = (struct preload_range){.base = start + gap, .reserved = reserved};
    return true;
}

/* Moves the border between usable and not up to `target`. */
static bool commit_to(struct preload_range *range, size_t target)
{
    if (mprotect(range->base + range->committed, target - range->committed, PROT_READ | PROT_WRITE) != 0)
        return false;
    range->committed = target;
    return true;
}

bool preload_commit(struct preload_range *range, size_t bytes)
{
    size_t ahead, exact;
    if (bytes <= range->committed)
        return true;
    if (!heap_round_up(bytes, COMMIT_STEP, &ahead) || ahead > range->reserved)
        ahead = range->reserved;
    if (commit_to(range, ahead))
        return true;
    return heap_round_up(bytes, (size_t)getpagesize(), &exact) && exact < ahead && commit_to(range, exact);
}
