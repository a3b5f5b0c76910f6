/* Frames for page tables on the host: a small pool with addresses of its own, junk in each, and failures on demand. */
#ifndef TESTS_MM_FRAMES_H
#define TESTS_MM_FRAMES_H

#include "random.h"

#include <stdlib.h>
#include <string.h>

#include <arch/pt.h>

enum { POOL_FRAMES = 64 };

static const paddr_t pool_base = 0x12345000;

static struct {
    uint64_t *bytes; /* POOL_FRAMES frames */
    bool taken[POOL_FRAMES];
    size_t taken_count;
    size_t budget; /* frames that may still be taken */
} pool;

static inline void *pool_at(void *context, paddr_t frame)
{
    (void)context;
    size_t i = (size_t)((frame - pool_base) / FRAME_SIZE);
    REQUIRE(frame >= pool_base && frame % FRAME_SIZE == 0 && i < POOL_FRAMES && pool.taken[i]);
    return pool.bytes + i * (FRAME_SIZE / sizeof *pool.bytes);
}

static inline bool pool_take(void *context, paddr_t *frame)
{
    if (pool.budget == 0)
        return false;
    REQUIRE(pool.taken_count < POOL_FRAMES);
    size_t i = random_below(POOL_FRAMES);
    while (pool.taken[i])
        i = (i + 1) % POOL_FRAMES;
    pool.taken[i] = true;
    pool.taken_count++;
    pool.budget--;
    *frame = pool_base + (paddr_t)i * FRAME_SIZE;
    memset(pool_at(context, *frame), 0xA5, FRAME_SIZE);
    return true;
}

static inline void pool_give(void *context, paddr_t frame)
{
    memset(pool_at(context, frame), 0xDF, FRAME_SIZE); /* also demands that it was taken */
    pool.taken[(frame - pool_base) / FRAME_SIZE] = false;
    pool.taken_count--;
}

static inline void pool_open(void)
{
    free(pool.bytes);
    memset(&pool, 0, sizeof pool);
    pool.bytes = malloc(POOL_FRAMES * FRAME_SIZE);
    assert_non_null(pool.bytes);
    pool.budget = SIZE_MAX;
}

static inline void pool_close(void)
{
    free(pool.bytes);
    pool.bytes = NULL;
}

#endif
