/* Bringing memory up, in this order:
 *
 *   1. the firmware's map, less the first MiB, the kernel, the modules and the screen, becomes ranges of free frames
 *   2. the frame allocator's bitmaps take the start of one of these ranges
 *   3. new page tables: the kernel image with the rights of each part, and the physical map of all frames
 *   4. the new tables are put in force; identity mapping, boot part and the stacks' guard pages go with the old ones
 */
#include "memory.h"

#include <arch/cpu.h>
#include <arch/image.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/trap.h>
#include <lib/assert.h>
#include <lib/string.h>

struct memory memory;
struct memory_faults memory_faults;

#define MIB ((paddr_t)1 << 20)

static struct memmap_range reserved[MB2_MODULES_MAX + 3];
static struct memmap_range ranges[MEMMAP_MAX];

_Static_assert(sizeof reserved / sizeof *reserved <= MEMMAP_RESERVED_MAX, "modules, first MiB, kernel, screen");
static size_t range_count;

/* ---- free frames ---- */

static paddr_t image_physical(const unsigned char *symbol)
{
    return (vaddr_t)symbol - arch_layout.kernel_base;
}

static size_t list_reserved(const struct mb2_info *info)
{
    size_t count = 0;
    reserved[count++] = (struct memmap_range){0, MIB};
    reserved[count++] = (struct memmap_range){(vaddr_t)image_start, image_physical(image_end)};
    for (size_t i = 0; i < info->module_count; i++)
        reserved[count++] = (struct memmap_range){info->modules[i].start, info->modules[i].end};
    if (info->has_screen) {
        const struct mb2_screen *s = &info->screen;
        reserved[count++] = (struct memmap_range){s->address, s->address + (uint64_t)s->pitch * s->height};
    }
    return count;
}

static const char *find_free_frames(const struct mb2_info *info)
{
    struct memmap_sizes sizes;
    struct memmap_input input = {.entries = info->map,
                                 .entry_count = info->map_count,
                                 .reserved = reserved,
                                 .reserved_count = list_reserved(info),
                                 .limit = arch_layout.memory_limit};
    enum memmap_status status = memmap_measure(&input, &sizes);
    memory.total = sizes.available;
    memory.usable = sizes.usable;
    memory.beyond = sizes.beyond;
    if (status == MEMMAP_OK)
        status = memmap_build(&input, ranges, &range_count);
    return status == MEMMAP_OK ? NULL : memmap_status_text(status);
}

/* ---- frame allocator ---- */

static void *direct(void *context, paddr_t frame)
{
    (void)context;
    return (void *)(arch_layout.physmap + (vaddr_t)frame);
}

/* Cuts whole frames for `bytes` bytes off the low end of a range that the first page tables map; 0 if none has them. */
static paddr_t cut_storage(size_t bytes)
{
    paddr_t wanted = (bytes + FRAME_SIZE - 1) / FRAME_SIZE * FRAME_SIZE;
    for (size_t i = 0; i < range_count; i++) {
        paddr_t base = ranges[i].base;
        if (wanted < ranges[i].end - base && base + wanted <= arch_layout.boot_limit) {
            ranges[i].base += wanted;
            return base;
        }
    }
    return 0;
}

/* ---- page tables ---- */

static bool map_image_part(const unsigned char *from, const unsigned char *to, unsigned flags)
{
    size_t bytes = (size_t)(to - from);
    return bytes == 0 || pt_map(&memory.paging.pt, (vaddr_t)from, image_physical(from), bytes, flags) == PT_OK;
}

/* The lowest guard page of a stack from `from` on; image_end if there is none. */
static const unsigned char *next_guard(const unsigned char *from)
{
    const unsigned char *next = image_end;
    for (size_t i = 0; i < image_stack_count; i++) {
        const unsigned char *guard = image_stacks[i].guard;
        if (guard >= from && guard < next)
            next = guard;
    }
    return next;
}

/* Data and bss, all but the guard pages. */
static bool map_image_data(void)
{
    const unsigned char *from = image_data;
    while (from < image_end) {
        const unsigned char *guard = next_guard(from);
        if (!map_image_part(from, guard, PT_WRITE))
            return false;
        from = guard + FRAME_SIZE;
    }
    return true;
}

static bool map_image(void)
{
    return map_image_part(image_text, image_rodata, PT_EXEC) && map_image_part(image_rodata, image_data, 0) &&
           map_image_data();
}

/* The physical map of [base, end), as far as frames there are direct. */
static bool map_direct(paddr_t base, paddr_t end)
{
    if (end > arch_layout.direct_limit)
        end = arch_layout.direct_limit;
    return base >= end || pt_map(&memory.paging.pt, arch_layout.physmap + (vaddr_t)base, base, (size_t)(end - base),
                                 PT_WRITE | PT_LARGE_OK) == PT_OK;
}

static void invalidate(void *context, vaddr_t address)
{
    (void)context;
    arch_tlb_invalidate(address);
}

static void activate(void *context, paddr_t root)
{
    (void)context;
    arch_mmu_activate(root);
}

static bool map_window(void)
{
    return arch_layout.window == 0 || pt_prepare(&memory.paging.pt, arch_layout.window, FRAME_SIZE) == PT_OK;
}

/* Through the window, whose table is there: a page at a time. */
static void clear_far_frame(paddr_t frame)
{
    struct pt *pt = &memory.paging.pt;
    enum pt_status status = pt_map(pt, arch_layout.window, frame, FRAME_SIZE, PT_WRITE);
    ASSERT(status == PT_OK);
    memset((void *)arch_layout.window, 0, FRAME_SIZE);
    pt_unmap(pt, arch_layout.window, FRAME_SIZE, NULL, NULL);
}

static void clear_frames(void *context, paddr_t frame, size_t bytes)
{
    if (frame + bytes <= arch_layout.direct_limit) {
        memset(direct(context, frame), 0, bytes);
        return;
    }
    for (size_t done = 0; done < bytes; done += FRAME_SIZE)
        clear_far_frame(frame + done);
}

static bool build_tables(paddr_t storage, size_t storage_bytes)
{
    struct paging_machine machine = {.at = direct,
                                     .clear = clear_frames,
                                     .invalidate = invalidate,
                                     .activate = activate,
                                     .has_nx = arch_mmu_has_nx()};
    paddr_t storage_end = storage + (storage_bytes + FRAME_SIZE - 1) / FRAME_SIZE * FRAME_SIZE;
    if (paging_init(&memory.paging, &memory.pmm, &machine) != PT_OK || !map_image() || !map_window() ||
        !map_direct(storage, storage_end))
        return false;
    for (size_t i = 0; i < range_count; i++) {
        if (!map_direct(ranges[i].base, ranges[i].end))
            return false;
    }
    return true;
}

static const char too_little_for_tables[] =
    "too little memory: no room for the page tables; give the machine at least 16 MiB";

const char *memory_init(const struct mb2_info *info, struct inject *frames, struct inject *regions)
{
    const char *problem = find_free_frames(info);
    if (problem)
        return problem;
    size_t storage_bytes = pmm_storage_bytes(ranges[range_count - 1].end);
    paddr_t storage = cut_storage(storage_bytes);
    if (storage == 0)
        return "too little memory: no room for the frame allocator; give the machine at least 16 MiB";
    uint64_t start = arch_cycles();
    pmm_init(&memory.pmm, direct(NULL, storage), ranges, range_count, arch_layout.direct_limit);
    memory.frames_cycles = arch_cycles() - start;
    memory.pmm.inject = frames;
    start = arch_cycles();
    if (!build_tables(storage, storage_bytes))
        return too_little_for_tables;
    memory.tables_cycles = arch_cycles() - start;
    if (vmm_init(&memory.space, &memory.paging, arch_layout.regions_first, arch_layout.regions_last) != VMM_OK)
        return too_little_for_tables;
    memory.space.inject = regions;
    arch_mmu_activate(memory.paging.pt.root); /* last: until here a failure can be said on the screen */
    return NULL;
}

/* ---- page faults ---- */

/* Interrupts are off here, so plain cycles count what the handler did and nothing else. */
bool kernel_page_fault(uintptr_t address, const struct arch_access *access, uint64_t entered)
{
    struct fault_access seen = {.present = access->present,
                                .write = access->write,
                                .user = access->user,
                                .fetch = access->fetch,
                                .reserved = access->reserved};
    if (!memory.space.paging || memory_faults.is_handling)
        return false;
    memory_faults.is_handling = true;
    enum fault_verdict verdict = vmm_handle_fault(&memory.space, address, &seen);
    memory_faults.count += fault_is_resolved(verdict);
    memory_faults.verdict = verdict;
    memory_faults.is_handling = false;
    memory_faults.cycles += arch_cycles() - entered;
    return fault_is_resolved(verdict);
}
