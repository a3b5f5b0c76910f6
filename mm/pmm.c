/* The frame allocator: a set of free frames, and a set of chunks that are free as a whole.
 *
 *      frames        |0 1 2 3|4 5 6 7|8 9 . .|      (a chunk drawn as 4 frames, it has 512)
 *      free_frames    x     x x x x x   x           next free frame: a few steps, see pmm_set.c
 *      chunk_free     2       4       1
 *      free_chunks            x                     next chunk for a large page: the same few steps
 *
 * Frames are handed out lowest first, so what is in use stays together and whole chunks stay whole. A reservation is
 * a number: so many of the free frames are not for pmm_alloc and pmm_alloc_run. Which ones is decided when they are
 * drawn.
 *
 * Invariants:
 *   F1  a free frame is managed
 *   F2  `free` is the number of free frames, `total` of managed ones; reserved <= free
 *   F3  chunk_free is the number of free frames in each chunk
 *   F4  a chunk is in free_chunks exactly if all its PMM_CHUNK frames are free
 *
 * Cost: alloc, free, aligned chunks O(levels) = 5 steps at most; other runs O(free frames and chunks below the place
 * found). A frame costs 2 bits and a little, 265 KiB for each 4 GiB.
 */
#include <mm/pmm.h>

#include <lib/assert.h>

enum { WORD_BITS = 8 * sizeof(size_t) };

/* ---- numbers ---- */

/* Fits a size_t on both widths: frames lie below PMM_LIMIT. */
static size_t number_of(paddr_t frame)
{
    return (size_t)(frame / FRAME_SIZE);
}

static paddr_t frame_of(size_t number)
{
    return (paddr_t)number * FRAME_SIZE;
}

static bool is_managed(const struct pmm *pmm, size_t i)
{
    return pmm->managed[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

static size_t managed_words(size_t frames)
{
    return frames / WORD_BITS + 1;
}

static size_t chunks_for(size_t frames)
{
    return (frames + PMM_CHUNK - 1) / PMM_CHUNK;
}

/* ---- start ---- */

size_t pmm_storage_bytes(paddr_t end)
{
    ASSERT(end > 0 && end <= PMM_LIMIT);
    size_t frames = number_of(end), chunks = chunks_for(frames);
    size_t words = managed_words(frames) + pmm_set_storage_words(frames) + pmm_set_storage_words(chunks);
    return words * sizeof(size_t) + chunks * sizeof(uint16_t);
}

static void lay_out_storage(struct pmm *pmm, void *storage)
{
    size_t *next = storage, chunks = chunks_for(pmm->frames);
    pmm->managed = next;
    for (size_t i = 0; i < managed_words(pmm->frames); i++)
        *next++ = 0;
    next = pmm_set_init(&pmm->free_frames, next, pmm->frames);
    next = pmm_set_init(&pmm->free_chunks, next, chunks);
    pmm->chunk_free = (uint16_t *)(void *)next;
    for (size_t c = 0; c < chunks; c++)
        pmm->chunk_free[c] = 0;
}

static void take_over(struct pmm *pmm, size_t from, size_t to)
{
    pmm_set_fill_bits(pmm->managed, from, to);
    pmm_set_add_range(&pmm->free_frames, from, to);
    pmm->total += to - from;
    while (from < to) {
        size_t chunk = from / PMM_CHUNK, chunk_end = (chunk + 1) * PMM_CHUNK;
        size_t part = (chunk_end < to ? chunk_end : to) - from;
        pmm->chunk_free[chunk] = (uint16_t)(pmm->chunk_free[chunk] + part);
        if (pmm->chunk_free[chunk] == PMM_CHUNK)
            pmm_set_add(&pmm->free_chunks, chunk);
        from += part;
    }
}

void pmm_init(struct pmm *pmm, void *storage, const struct memmap_range *ranges, size_t count, paddr_t direct_limit)
{
    ASSERT(count > 0 && ranges[count - 1].end <= PMM_LIMIT);
    paddr_t end = ranges[count - 1].end, direct = direct_limit < end ? direct_limit : end;
    *pmm = (struct pmm){.frames = number_of(end), .direct_frames = number_of(direct)};
    lay_out_storage(pmm, storage);
    for (size_t r = 0; r < count; r++)
        take_over(pmm, number_of(ranges[r].base), number_of(ranges[r].end));
    pmm->free = pmm->total;
}

/* ---- a frame changes hands ---- */

static void take(struct pmm *pmm, size_t i)
{
    ASSERT(is_managed(pmm, i)); /* F1 */
    pmm_set_remove(&pmm->free_frames, i);
    if (pmm->chunk_free[i / PMM_CHUNK]-- == PMM_CHUNK)
        pmm_set_remove(&pmm->free_chunks, i / PMM_CHUNK);
    pmm->free--;
}

static void give(struct pmm *pmm, size_t i)
{
    pmm_set_add(&pmm->free_frames, i);
    if (++pmm->chunk_free[i / PMM_CHUNK] == PMM_CHUNK)
        pmm_set_add(&pmm->free_chunks, i / PMM_CHUNK);
    pmm->free++;
}

/* Every allocation that may be refused asks here first. */
static bool may_take(struct pmm *pmm, size_t frames)
{
    return frames <= pmm->free - pmm->reserved && !inject_hits(pmm->inject);
}

/* ---- one frame ---- */

static size_t find_any(const struct pmm *pmm)
{
    size_t i = pmm_set_next(&pmm->free_frames, pmm->direct_frames);
    return i != PMM_SET_NONE ? i : pmm_set_next(&pmm->free_frames, 0);
}

enum pmm_status pmm_alloc(struct pmm *pmm, enum pmm_zone zone, paddr_t *frame)
{
    if (!may_take(pmm, 1))
        return PMM_NO_MEMORY;
    size_t i = zone == PMM_DIRECT ? pmm_set_next(&pmm->free_frames, 0) : find_any(pmm);
    if (i == PMM_SET_NONE || (zone == PMM_DIRECT && i >= pmm->direct_frames))
        return PMM_NO_MEMORY;
    take(pmm, i);
    *frame = frame_of(i);
    return PMM_OK;
}

static enum pmm_status may_give(const struct pmm *pmm, paddr_t frame)
{
    if (frame % FRAME_SIZE != 0)
        return PMM_UNALIGNED;
    if (frame / FRAME_SIZE >= pmm->frames || !is_managed(pmm, number_of(frame)))
        return PMM_NOT_MANAGED;
    return pmm_set_has(&pmm->free_frames, number_of(frame)) ? PMM_DOUBLE_FREE : PMM_OK;
}

enum pmm_status pmm_free(struct pmm *pmm, paddr_t frame)
{
    enum pmm_status status = may_give(pmm, frame);
    if (status == PMM_OK)
        give(pmm, number_of(frame));
    return status;
}

/* ---- runs ---- */

/* The lowest aligned number from `at` on where a run may begin: its first frame is free, and, where the run covers
 * whole chunks from its start, its first chunk. */
static size_t next_start(const struct pmm *pmm, size_t at, const struct pmm_run_request *request)
{
    bool by_chunk = request->frames >= PMM_CHUNK && request->align >= PMM_CHUNK;
    for (;;) {
        size_t aligned = (at + request->align - 1) & ~(request->align - 1);
        at = by_chunk ? pmm_set_next(&pmm->free_chunks, aligned / PMM_CHUNK) : pmm_set_next(&pmm->free_frames, aligned);
        if (at == PMM_SET_NONE)
            return at;
        at = by_chunk ? at * PMM_CHUNK : at;
        if (at % request->align == 0)
            return at;
    }
}

/* The first frame of [at, end) that is not free, else `end`. */
static size_t free_until(const struct pmm *pmm, size_t at, size_t end)
{
    while (at < end) {
        if (at % PMM_CHUNK == 0 && pmm_set_has(&pmm->free_chunks, at / PMM_CHUNK))
            at += PMM_CHUNK;
        else if (pmm_set_has(&pmm->free_frames, at))
            at++;
        else
            return at;
    }
    return end;
}

/* The lowest run inside [low, high), or PMM_SET_NONE. */
static size_t find_run(const struct pmm *pmm, size_t low, size_t high, const struct pmm_run_request *request)
{
    for (size_t at = next_start(pmm, low, request);; at = next_start(pmm, at, request)) {
        if (at == PMM_SET_NONE || at >= high || high - at < request->frames)
            return PMM_SET_NONE;
        size_t end = free_until(pmm, at, at + request->frames);
        if (end == at + request->frames)
            return at;
        at = end + 1;
    }
}

enum pmm_status pmm_alloc_run(struct pmm *pmm, const struct pmm_run_request *request, paddr_t *base)
{
    size_t at = PMM_SET_NONE, align = request->align;
    ASSERT(request->frames > 0 && align > 0 && (align & (align - 1)) == 0);
    ASSERT(request->from_reserved <= request->frames && request->from_reserved <= pmm->reserved);
    if (!may_take(pmm, request->frames - request->from_reserved) || align > pmm->frames)
        return PMM_NO_MEMORY;
    if (request->zone == PMM_ANY)
        at = find_run(pmm, pmm->direct_frames, pmm->frames, request);
    if (at == PMM_SET_NONE)
        at = find_run(pmm, 0, request->zone == PMM_ANY ? pmm->frames : pmm->direct_frames, request);
    if (at == PMM_SET_NONE)
        return PMM_NO_MEMORY;
    for (size_t i = 0; i < request->frames; i++)
        take(pmm, at + i);
    pmm->reserved -= request->from_reserved;
    *base = frame_of(at);
    return PMM_OK;
}

enum pmm_status pmm_free_run(struct pmm *pmm, paddr_t base, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        enum pmm_status status = may_give(pmm, base + frame_of(i));
        if (status != PMM_OK)
            return status;
    }
    for (size_t i = 0; i < frames; i++)
        give(pmm, number_of(base) + i);
    return PMM_OK;
}

/* ---- reservations ---- */

bool pmm_reserve(struct pmm *pmm, size_t frames)
{
    if (!may_take(pmm, frames))
        return false;
    pmm->reserved += frames;
    return true;
}

void pmm_unreserve(struct pmm *pmm, size_t frames)
{
    ASSERT(frames <= pmm->reserved);
    pmm->reserved -= frames;
}

enum pmm_status pmm_alloc_reserved(struct pmm *pmm, paddr_t *frame)
{
    ASSERT(pmm->reserved > 0 && pmm->reserved <= pmm->free); /* F2 */
    if (inject_hits(pmm->inject))
        return PMM_NO_MEMORY;
    size_t i = find_any(pmm);
    pmm->reserved--;
    take(pmm, i);
    *frame = frame_of(i);
    return PMM_OK;
}

/* ---- check, texts ---- */

static bool check_chunk(const struct pmm *pmm, size_t chunk, size_t *total, size_t *free)
{
    size_t free_here = 0;
    for (size_t i = chunk * PMM_CHUNK; i < (chunk + 1) * PMM_CHUNK && i < pmm->frames; i++) {
        bool is_free = pmm_set_has(&pmm->free_frames, i);
        if (is_free && !is_managed(pmm, i)) /* F1 */
            return false;
        *total += is_managed(pmm, i);
        free_here += is_free;
    }
    *free += free_here;
    return pmm->chunk_free[chunk] == free_here &&                                          /* F3 */
           pmm_set_has(&pmm->free_chunks, chunk) == (pmm->chunk_free[chunk] == PMM_CHUNK); /* F4 */
}

bool pmm_check(const struct pmm *pmm)
{
    size_t total = 0, free = 0;
    for (size_t chunk = 0; chunk < chunks_for(pmm->frames); chunk++) {
        if (!check_chunk(pmm, chunk, &total, &free))
            return false;
    }
    return total == pmm->total && free == pmm->free && pmm->reserved <= free && /* F2 */
           pmm_set_check(&pmm->free_frames) && pmm_set_check(&pmm->free_chunks);
}

const char *pmm_status_text(enum pmm_status status)
{
    static const char *const text[PMM_STATUS_COUNT] = {
        [PMM_OK] = "ok",
        [PMM_NO_MEMORY] = "no frame left",
        [PMM_DOUBLE_FREE] = "double free of frame",
        [PMM_NOT_MANAGED] = "free of a reserved or foreign frame",
        [PMM_UNALIGNED] = "free of an address that is no frame's start",
    };
    return status < PMM_STATUS_COUNT ? text[status] : "unknown status";
}
