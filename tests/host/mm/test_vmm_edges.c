/* Regions at their edges: memory that may not be written, given memory and its books, tables that regions share, two
 * address spaces over one frame allocator, lengths near the end of what a size can be. */
#include "random.h"

#include <stdlib.h>
#include <string.h>

#include <mm/vmm.h>

enum { FIRST_FRAME = 300, FRAMES = 200 };

/* An address space of its own; both live off the same frames. */
static struct side {
    struct paging paging;
    struct vmm_space space;
    paddr_t cleared[FRAMES]; /* the frames that were cleared, in order, the zero page first */
    size_t cleared_count;
    vaddr_t invalidated; /* the last one */
} sides[2];

static unsigned char *memory;
static void *storage;
static struct pmm pmm;

/* ---- the machine ---- */

static unsigned char *frame_bytes(paddr_t frame)
{
    REQUIRE(frame % FRAME_SIZE == 0 && frame / FRAME_SIZE - FIRST_FRAME < FRAMES);
    return memory + (size_t)(frame - (paddr_t)FIRST_FRAME * FRAME_SIZE);
}

static void *direct_at(void *context, paddr_t frame)
{
    (void)context;
    return frame_bytes(frame);
}

static void invalidate(void *context, vaddr_t address)
{
    struct side *side = context;
    side->invalidated = address;
}

/* Frames are cleared one by one, before they are mapped. */
static void clear(void *context, paddr_t frame, size_t bytes)
{
    struct side *side = context;
    REQUIRE(side->cleared_count < FRAMES && bytes == FRAME_SIZE);
    memset(frame_bytes(frame), 0, FRAME_SIZE);
    side->cleared[side->cleared_count++] = frame;
}

static const vaddr_t window = sizeof(void *) == 8 ? 0xFFFFA00000000000u & UINTPTR_MAX : 0xD0000000u;

static void open_side(struct side *side)
{
    const struct paging_machine machine = {
        .context = side, .at = direct_at, .clear = clear, .invalidate = invalidate, .has_nx = true};
    memset(side, 0xA5, sizeof *side);
    side->cleared_count = 0;
    side->invalidated = 0;
    assert_int_equal(paging_init(&side->paging, &pmm, &machine), PT_OK);
    assert_int_equal(vmm_init(&side->space, &side->paging, window, window + 32 * pt_table_span - 1), VMM_OK);
    assert_int_equal(side->cleared_count, 1);
    assert_true(side->cleared[0] == side->space.zero_page);
    side->cleared_count = 0;
}

static int open_machine(void **state)
{
    (void)state;
    const paddr_t base = (paddr_t)FIRST_FRAME * FRAME_SIZE;
    const struct memmap_range range = {base, base + (paddr_t)FRAMES * FRAME_SIZE};
    run_begin(1);
    memory = malloc((size_t)FRAMES * FRAME_SIZE);
    storage = malloc(pmm_storage_bytes(range.end));
    assert_true(memory && storage);
    memset(memory, 0xDF, (size_t)FRAMES * FRAME_SIZE);
    pmm_init(&pmm, storage, &range, 1, range.end);
    open_side(&sides[0]);
    open_side(&sides[1]);
    return 0;
}

static int close_machine(void **state)
{
    (void)state;
    free(memory);
    free(storage);
    return 0;
}

static struct vmm_region *create(struct side *side, size_t reserve, enum vmm_backing backing, bool writable)
{
    struct vmm_region *region = NULL;
    struct vmm_region_request request = {.name = "r", .reserve = reserve, .backing = backing, .writable = writable};
    assert_int_equal(vmm_region_create(&side->space, &request, &region), VMM_OK);
    return region;
}

static enum fault_verdict touch(struct side *side, vaddr_t address, bool write)
{
    const struct fault_access access = {.write = write};
    return vmm_handle_fault(&side->space, address, &access);
}

static unsigned rights_at(const struct side *side, vaddr_t address)
{
    struct pt_leaf leaf;
    assert_true(pt_query(&side->paging.pt, address, &leaf));
    return leaf.flags;
}

static paddr_t frame_at(const struct side *side, vaddr_t address)
{
    struct pt_leaf leaf;
    assert_true(pt_query(&side->paging.pt, address, &leaf));
    return leaf.frame;
}

/* ---- clearing ---- */

/* A page that nobody may write must still be cleared, and must not stay writable for it. */
static void test_read_only_memory_is_cleared(void **state)
{
    (void)state;
    struct side *side = &sides[0];
    struct vmm_region *at_once = create(side, 2 * FRAME_SIZE, VMM_IMMEDIATE, false);
    assert_int_equal(vmm_region_grow(at_once, 2 * FRAME_SIZE), VMM_OK);
    assert_int_equal(side->cleared_count, 2);
    assert_int_equal(rights_at(side, at_once->base) & PT_WRITE, 0);
    assert_int_equal(rights_at(side, at_once->base + FRAME_SIZE) & PT_WRITE, 0);
    assert_int_equal(side->invalidated, 0); /* it could never be written */
    assert_int_equal(touch(side, at_once->base, true), FAULT_PROTECTION);

    struct vmm_region *later = create(side, FRAME_SIZE, VMM_DEMAND, false);
    assert_int_equal(vmm_region_grow(later, FRAME_SIZE), VMM_OK);
    assert_int_equal(touch(side, later->base + 9, false), FAULT_MAP_FRAME);
    assert_int_equal(side->cleared_count, 3);
    assert_int_equal(rights_at(side, later->base) & PT_WRITE, 0);
}

/* Every new page once, and no other. */
static void test_each_new_page_is_cleared_once(void **state)
{
    (void)state;
    struct side *side = &sides[0];
    struct vmm_region *r = create(side, 20 * FRAME_SIZE, VMM_IMMEDIATE, true);
    for (size_t pages = 3; pages <= 12; pages += 3)
        assert_int_equal(vmm_region_grow(r, pages * FRAME_SIZE), VMM_OK);
    assert_int_equal(side->cleared_count, 12);
    for (size_t i = 0; i < 12; i++)
        assert_true(side->cleared[i] == frame_at(side, r->base + i * FRAME_SIZE));
    assert_int_equal(side->invalidated, 0); /* nothing that was mapped has changed */

    struct vmm_region *demand = create(side, 4 * FRAME_SIZE, VMM_DEMAND, true);
    assert_int_equal(vmm_region_grow(demand, 4 * FRAME_SIZE), VMM_OK);
    assert_int_equal(side->cleared_count, 12);
    assert_int_equal(touch(side, demand->base + 2 * FRAME_SIZE + 5, true), FAULT_MAP_FRAME);
    assert_int_equal(touch(side, demand->base + 2 * FRAME_SIZE + 5, true), FAULT_SPURIOUS);
    assert_int_equal(side->cleared_count, 13);
    assert_true(side->cleared[12] == frame_at(side, demand->base + 2 * FRAME_SIZE));
    assert_int_equal(sides[1].cleared_count, 0);
}

/* ---- the books ---- */

static void test_books_of_given_memory(void **state)
{
    (void)state;
    struct side *side = &sides[0];
    struct vmm_region *r = NULL;
    void *address = NULL;
    size_t free_before = pmm.free, tables = sizeof(void *) == 8 ? 3 : 1;
    assert_int_equal(vmm_map_physical(&side->space, "given", 0xFFE, 3, PT_WRITE, &address, &r), VMM_OK);
    assert_true((vaddr_t)address == r->base + 0xFFE);
    assert_int_equal(r->reserve, 2 * FRAME_SIZE);
    assert_int_equal(r->committed, 2 * FRAME_SIZE);
    assert_int_equal(r->tables, tables);
    assert_int_equal(r->frames, tables); /* given memory is not counted, its page tables are */
    assert_int_equal(r->frames_peak, tables);
    assert_int_equal(free_before - pmm.free, tables);
    assert_int_equal(side->cleared_count, 0); /* what is in it is its owner's */
    assert_int_equal(pt_unmap(&side->paging.pt, r->base, FRAME_SIZE, NULL, NULL), PT_OK); /* damage */
    assert_int_equal(touch(side, r->base, false), FAULT_BAD_ENTRY);
    vmm_region_destroy(r);
    assert_int_equal(pmm.free, free_before);
}

/* The peak is of data and tables together, and does not come from what was only set aside. */
static void test_peak(void **state)
{
    (void)state;
    struct side *side = &sides[0];
    struct vmm_region *r = create(side, 40 * FRAME_SIZE, VMM_DEMAND, true);
    size_t free_before = pmm.free, tables = sizeof(void *) == 8 ? 3 : 1;
    assert_int_equal(vmm_region_grow(r, 40 * FRAME_SIZE), VMM_OK);
    assert_int_equal(r->frames_peak, tables);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(touch(side, r->base + 5 * i * FRAME_SIZE, i % 2), FAULT_MAP_FRAME);
    assert_int_equal(r->frames, 7 + tables);
    assert_int_equal(r->frames_peak, 7 + tables);
    assert_int_equal(free_before - pmm.free, 7 + tables);
    assert_int_equal(pmm.reserved, 33);
}

/* Upper tables that the first region made serve the second as well; whoever goes last gives them back. */
static void share_tables(bool first_goes_first)
{
    struct side *side = &sides[0];
    size_t free_before = pmm.free;
    struct vmm_region *a = create(side, FRAME_SIZE, VMM_IMMEDIATE, true);
    struct vmm_region *b = create(side, FRAME_SIZE, VMM_IMMEDIATE, true);
    assert_int_equal(vmm_region_grow(a, 1), VMM_OK);
    assert_int_equal(vmm_region_grow(b, 1), VMM_OK);
    assert_int_equal(a->tables, sizeof(void *) == 8 ? 3 : 1);
    assert_int_equal(b->tables, 1);
    struct vmm_region *stays = first_goes_first ? b : a;
    size_t frames_of_both = a->frames + b->frames;
    assert_int_equal(free_before - pmm.free, frames_of_both);
    vmm_region_destroy(first_goes_first ? a : b);
    assert_int_equal(free_before - pmm.free, frames_of_both - 2); /* a page and its last-level table */
    assert_int_equal(touch(side, stays->base, true), FAULT_SPURIOUS);
    assert_int_equal(vmm_region_grow(stays, 1), VMM_OK);
    vmm_region_destroy(stays);
    assert_int_equal(pmm.free, free_before);
    assert_int_equal(side->paging.pt.tables, 1);
    assert_true(pmm_check(&pmm));
}

static void test_shared_tables(void **state)
{
    (void)state;
    share_tables(true);
    share_tables(false);
}

/* ---- two spaces ---- */

/* The same addresses in two spaces are two memories, and what one reserves the other cannot take. */
static void test_two_spaces(void **state)
{
    (void)state;
    size_t free_before = pmm.free;
    struct vmm_region *a = create(&sides[0], 100 * FRAME_SIZE, VMM_DEMAND, true);
    struct vmm_region *b = create(&sides[1], 150 * FRAME_SIZE, VMM_DEMAND, true);
    struct pt_leaf of_a, of_b;
    assert_true(a->base == b->base);
    assert_int_equal(vmm_region_grow(a, 100 * FRAME_SIZE), VMM_OK);
    assert_int_equal(vmm_region_grow(b, 101 * FRAME_SIZE), VMM_NO_MEMORY);
    assert_int_equal(vmm_region_grow(b, 50 * FRAME_SIZE), VMM_OK);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(touch(&sides[0], a->base + i * FRAME_SIZE, true), FAULT_MAP_FRAME);
    assert_int_equal(touch(&sides[1], b->base, true), FAULT_MAP_FRAME);
    assert_true(pt_query(&sides[0].paging.pt, a->base, &of_a) && pt_query(&sides[1].paging.pt, b->base, &of_b));
    assert_true(of_a.frame != of_b.frame);
    vmm_region_destroy(a);
    assert_int_equal(touch(&sides[1], b->base + 49 * FRAME_SIZE, true), FAULT_MAP_FRAME);
    assert_int_equal(vmm_region_grow(b, 101 * FRAME_SIZE), VMM_OK);
    vmm_region_destroy(b);
    assert_int_equal(pmm.free, free_before);
    assert_int_equal(pmm.reserved, 0);
}

/* ---- lengths ---- */

/* Rounding up to pages, a guard behind, rounding up to tables: none of them may wrap to something small. */
static void test_lengths_near_the_end(void **state)
{
    (void)state;
    struct side *side = &sides[0];
    struct vmm_region *region = NULL;
    void *address = NULL;
    for (size_t away = 0; away < 3 * pt_table_span;
         away += away < 5 * FRAME_SIZE ? FRAME_SIZE / 2 : pt_table_span / 2) {
        for (size_t odd = 0; odd < 3; odd++) {
            struct vmm_region_request request = {.name = "r", .reserve = SIZE_MAX - away - odd};
            assert_int_equal(vmm_region_create(&side->space, &request, &region), VMM_NO_ADDRESSES);
            enum vmm_status status =
                vmm_map_physical(&side->space, "p", 0x1FFF, SIZE_MAX - away - odd, 0, &address, &region);
            assert_true(status == VMM_NO_ADDRESSES || status == VMM_BAD_ARGUMENT);
        }
    }
    assert_null(region);
    assert_null(address);
    assert_int_equal(sides[0].paging.pt.tables, 1);
}

int main(void)
{
#define IN_MACHINE(test) cmocka_unit_test_setup_teardown(test, open_machine, close_machine)
    const struct CMUnitTest tests[] = {
        IN_MACHINE(test_read_only_memory_is_cleared),
        IN_MACHINE(test_each_new_page_is_cleared_once),
        IN_MACHINE(test_books_of_given_memory),
        IN_MACHINE(test_peak),
        IN_MACHINE(test_shared_tables),
        IN_MACHINE(test_two_spaces),
        IN_MACHINE(test_lengths_near_the_end),
    };
    return cmocka_run_group_tests_name("vmm_edges", tests, NULL, NULL);
}
