/* A small machine on the host, or a larger one: frames of host memory, junk in all that are free, a frame allocator,
 * page tables and the kernel's space over them. A page is read and written through its translation, as a processor
 * would. */
#ifndef TESTS_MM_MACHINE_H
#define TESTS_MM_MACHINE_H

#include "random.h"

#include <stdlib.h>
#include <string.h>

#include <mm/vmm.h>

enum { MACHINE_FRAMES = 1300, DIRECT_FRAMES = 900, FIRST_FRAME = 256 };
enum { LARGE_MACHINE_FRAMES = 8192 }; /* several runs for large leaves, on both sides of the direct limit */

static unsigned char *memory; /* machine_frames frames */
static size_t machine_frames;
static void *storage;
static struct pmm pmm;
static struct paging paging;
static struct vmm_space space;
static size_t invalidations;
static paddr_t root_in_force;

/* ---- the machine ---- */

static inline unsigned char *frame_bytes(paddr_t frame)
{
    REQUIRE(frame % FRAME_SIZE == 0 && frame / FRAME_SIZE - FIRST_FRAME < machine_frames);
    return memory + (size_t)(frame - (paddr_t)FIRST_FRAME * FRAME_SIZE);
}

static inline void *direct_at(void *context, paddr_t frame)
{
    (void)context;
    REQUIRE(frame / FRAME_SIZE < FIRST_FRAME + DIRECT_FRAMES); /* tables must be reachable */
    return frame_bytes(frame);
}

static inline void count_invalidation(void *context, vaddr_t address)
{
    (void)context;
    (void)address;
    invalidations++;
}

static inline bool is_mapped(vaddr_t address)
{
    struct pt_leaf leaf;
    return pt_query(&paging.pt, address, &leaf);
}

/* The bytes of the page at `address`, NULL if nothing is mapped there. */
static inline unsigned char *page_bytes(vaddr_t address)
{
    struct pt_leaf leaf;
    return pt_query(&paging.pt, address, &leaf) ? frame_bytes(leaf.frame) : NULL;
}

/* Frames are cleared before they are mapped anywhere. */
static inline void clear_frames(void *context, paddr_t frame, size_t bytes)
{
    (void)context;
    REQUIRE(bytes > 0 && bytes % FRAME_SIZE == 0);
    for (size_t at = 0; at < bytes; at += FRAME_SIZE)
        memset(frame_bytes(frame + at), 0, FRAME_SIZE);
}

static inline void note_root(void *context, paddr_t root)
{
    (void)context;
    root_in_force = root;
}

static inline void junk_free_frames(void)
{
    for (size_t i = pmm_set_next(&pmm.free_frames, 0); i != PMM_SET_NONE; i = pmm_set_next(&pmm.free_frames, i + 1))
        memset(frame_bytes((paddr_t)i * FRAME_SIZE), 0xDF, FRAME_SIZE);
}

static const vaddr_t window_first = sizeof(void *) == 8 ? 0xFFFF900000000000u & UINTPTR_MAX : 0xE0000000u;

static const struct paging_machine machine = {
    .at = direct_at, .clear = clear_frames, .invalidate = count_invalidation, .activate = note_root, .has_nx = true};

/* Memory and frame allocator, nothing taken yet. */
static inline void open_frames(size_t frames)
{
    const paddr_t base = (paddr_t)FIRST_FRAME * FRAME_SIZE;
    const struct memmap_range range = {base, base + (paddr_t)frames * FRAME_SIZE};
    run_begin(1);
    machine_frames = frames;
    memory = malloc(frames * FRAME_SIZE);
    storage = malloc(pmm_storage_bytes(range.end));
    assert_true(memory && storage);
    pmm_init(&pmm, storage, &range, 1, base + (paddr_t)DIRECT_FRAMES * FRAME_SIZE);
    junk_free_frames();
    memset(&paging, 0xA5, sizeof paging);
    memset(&space, 0xA5, sizeof space);
}

static inline void open_spaces(void)
{
    assert_int_equal(paging_init(&paging, &pmm, &machine), PT_OK);
    assert_int_equal(vmm_init(&space, &paging, window_first, window_first + 64 * pt_table_span - 1), VMM_OK);
}

static inline int open_machine(void **state)
{
    (void)state;
    open_frames(MACHINE_FRAMES);
    open_spaces();
    return 0;
}

static inline int open_large_machine(void **state)
{
    (void)state;
    open_frames(LARGE_MACHINE_FRAMES);
    open_spaces();
    return 0;
}

static inline int close_machine(void **state)
{
    (void)state;
    free(memory);
    free(storage);
    return 0;
}

/* ---- helpers ---- */

static inline struct vmm_region *create(const char *name, size_t reserve, enum vmm_backing backing)
{
    struct vmm_region *region = NULL;
    struct vmm_region_request request = {.name = name, .reserve = reserve, .backing = backing, .writable = true};
    assert_int_equal(vmm_region_create(&space, &request, &region), VMM_OK);
    return region;
}

static inline enum fault_verdict touch(vaddr_t address, bool write)
{
    struct fault_access access = {.present = is_mapped(address), .write = write};
    return vmm_handle_fault(&space, address, &access);
}

static inline void require_zeros(vaddr_t page)
{
    const unsigned char *bytes = page_bytes(page);
    REQUIRE(bytes != NULL);
    REQUIRE(bytes[0] == 0 && memcmp(bytes, bytes + 1, FRAME_SIZE - 1) == 0);
}

/* Takes frames until `left` may be had; direct ones are taken last. */
static inline size_t take_all_but(size_t left, paddr_t *frames)
{
    size_t count = 0;
    while (pmm.free - pmm.reserved > left)
        assert_int_equal(pmm_alloc(&pmm, PMM_ANY, &frames[count++]), PMM_OK);
    return count;
}

static inline void give_back(const paddr_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pmm_free(&pmm, frames[i]), PMM_OK);
}

struct books {
    size_t free, reserved, tables, invalidations;
};

static inline struct books books_now(void)
{
    return (struct books){pmm.free, pmm.reserved, paging.pt.tables, invalidations};
}

static inline void expect_books(struct books b)
{
    REQUIRE(pmm.free == b.free);
    REQUIRE(pmm.reserved == b.reserved);
    REQUIRE(paging.pt.tables == b.tables);
    REQUIRE(pmm_check(&pmm));
}

#endif
