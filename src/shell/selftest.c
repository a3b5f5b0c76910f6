/* Self-tests: what the host's tests cannot see, because it needs the processor and the firmware's memory map. */
#include "selftest.h"

#include <alloc/heap_ops.h>
#include <arch/image.h>
#include <arch/irq.h>
#include <lib/string.h>

#include "experiment.h"

struct test {
    const char *name;
    bool (*holds)(struct sh_context *c);
};

static struct paging *paging_of(struct sh_context *c)
{
    return c->world.space->paging;
}

/* Whether every page of [from, to) is mapped with exactly these rights (execution counts only with no-execute). */
static bool has_rights(struct sh_context *c, const unsigned char *from, const unsigned char *to, unsigned flags)
{
    const struct pt *pt = &paging_of(c)->pt;
    struct pt_leaf leaf;
    for (const unsigned char *page = from; page < to; page += FRAME_SIZE) {
        if (!pt_query(pt, (vaddr_t)page, &leaf))
            return false;
        unsigned rights = pt->nx ? leaf.flags : leaf.flags & ~(unsigned)PT_EXEC;
        if (rights != (pt->nx ? flags : flags & ~(unsigned)PT_EXEC))
            return false;
    }
    return true;
}

static bool text_is_read_execute(struct sh_context *c)
{
    return has_rights(c, image_text, image_rodata, PT_EXEC);
}

static bool constants_are_read_only(struct sh_context *c)
{
    return has_rights(c, image_rodata, image_data, 0);
}

static bool data_is_read_write(struct sh_context *c)
{
    return has_rights(c, image_data, kernel_stack_guard, PT_WRITE) &&
           has_rights(c, kernel_stack_guard + FRAME_SIZE, image_end, PT_WRITE);
}

static bool low_memory_is_unmapped(struct sh_context *c)
{
    struct pt_leaf leaf;
    for (vaddr_t page = 0; page < 2 << 20; page += FRAME_SIZE) {
        if (pt_query(&paging_of(c)->pt, page, &leaf))
            return false;
    }
    return true;
}

static bool stack_has_a_guard(struct sh_context *c)
{
    struct pt_leaf leaf;
    return !pt_query(&paging_of(c)->pt, (vaddr_t)kernel_stack_guard, &leaf);
}

/* A demand region: nothing there before the touch, zeros after it, one fault a page, and all frames come back. */
static bool demand_memory_works(struct sh_context *c)
{
    enum { PAGES = 5 };
    size_t free_before = paging_of(c)->pmm->free;
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "selftest", .reserve = PAGES * FRAME_SIZE, .backing = VMM_DEMAND, .writable = true};
    struct pt_leaf leaf;
    if (vmm_region_create(c->world.space, &request, &region) != VMM_OK)
        return false;
    bool holds = vmm_region_grow(region, request.reserve) == VMM_OK;
    for (size_t i = 0; holds && i < PAGES; i++) {
        volatile unsigned char *page = (volatile unsigned char *)(region->base + i * FRAME_SIZE);
        holds = !pt_query(&paging_of(c)->pt, (vaddr_t)page, &leaf) && page[0] == 0 && page[FRAME_SIZE - 1] == 0;
        page[1] = 0xA5;
        holds = holds && page[1] == 0xA5 && region->faults == i + 1;
    }
    holds = holds && !pt_query(&paging_of(c)->pt, region->base - FRAME_SIZE, &leaf) &&
            !pt_query(&paging_of(c)->pt, region->base + request.reserve, &leaf);
    vmm_region_destroy(region);
    return holds && paging_of(c)->pmm->free == free_before;
}

/* The same addresses, other frames: what was written before must not be seen through a stale translation. */
static bool no_stale_translation(struct sh_context *c)
{
    struct vmm_region_request request = {
        .name = "selftest", .reserve = FRAME_SIZE, .backing = VMM_IMMEDIATE, .writable = true};
    for (int round = 0; round < 3; round++) {
        struct vmm_region *region;
        if (vmm_region_create(c->world.space, &request, &region) != VMM_OK)
            return false;
        bool is_there = vmm_region_grow(region, FRAME_SIZE) == VMM_OK;
        volatile unsigned char *page = (volatile unsigned char *)region->base;
        bool is_zero = is_there && page[0] == 0;
        if (is_there)
            page[0] = 0xA5;
        vmm_region_destroy(region);
        if (!is_zero)
            return false;
    }
    return true;
}

static bool frame_errors_are_told(struct sh_context *c)
{
    struct pmm *pmm = paging_of(c)->pmm;
    paddr_t frame;
    if (pmm_alloc(pmm, PMM_ANY, &frame) != PMM_OK)
        return false;
    return pmm_free(pmm, frame + 1) == PMM_UNALIGNED && pmm_free(pmm, frame) == PMM_OK &&
           pmm_free(pmm, frame) == PMM_DOUBLE_FREE && pmm_free(pmm, 0) == PMM_NOT_MANAGED;
}

/* Counted as spurious, and the timer, if there is one, ticks on. */
static bool spurious_interrupts_pass(struct sh_context *c)
{
    const volatile struct arch_irq_counts *now = &arch_irq_counts;
    bool has_timer = c->timer->await_tick();
    uint64_t before[2] = {now->spurious[0], now->spurious[1]};
    arch_raise_spurious_7();
    arch_raise_spurious_15();
    bool are_counted = now->spurious[0] == before[0] + 1 && now->spurious[1] == before[1] + 1;
    return are_counted && (!has_timer || c->timer->await_tick());
}

static volatile unsigned depth_in_fault;
static void (*plain_zero)(void *context, vaddr_t page);

static void zero_and_look(void *context, vaddr_t page)
{
    depth_in_fault = arch_trap_depth;
    plain_zero(context, page);
}

/* A first touch; the compiler must not move anything across the fault it brings. */
static void touch(volatile unsigned char *byte)
{
    __asm__ volatile("" : : : "memory");
    *byte = 1;
    __asm__ volatile("" : : : "memory");
}

/* Each heap is told where to read that an exception or an interrupt is under way, and there it can be read. */
static bool heaps_see_faults(struct sh_context *c)
{
    struct vmm_space *space = c->world.space;
    struct kheap k;
    struct heap_region region;
    if (!kheap_open(&k, space, FRAME_SIZE, VMM_DEMAND, false, &region))
        return false;
    bool is_told = region.no_calls_while == &arch_trap_depth && kheap_grow(&k, 0, FRAME_SIZE);
    depth_in_fault = 0;
    plain_zero = space->zero;
    space->zero = zero_and_look;
    if (is_told)
        touch(region.base);
    space->zero = plain_zero;
    kheap_close(&k);
    return is_told && depth_in_fault == 1 && arch_trap_depth == 0;
}

static const struct test tests[] = {
    {"text is read and execute only", text_is_read_execute},
    {"constants are read only", constants_are_read_only},
    {"data is read and write, not execute", data_is_read_write},
    {"page 0 and the boot mapping are gone", low_memory_is_unmapped},
    {"the stack has a guard page", stack_has_a_guard},
    {"demand memory comes at first touch, and goes back", demand_memory_works},
    {"no translation outlives its mapping", no_stale_translation},
    {"wrong frees of frames are told apart", frame_errors_are_told},
    {"heaps see that a fault is under way", heaps_see_faults},
    {"spurious interrupts pass, and the timer ticks on", spurious_interrupts_pass},
};

static void print_verdict(struct sh_context *c, bool holds, const char *name, const char *what)
{
    lab_print(&c->text, "  %-6s %s%s\n", holds ? "ok" : "FAILED", name, what);
    if (!holds)
        sh_error(c, SH_FAILED, name, "a self-test failed");
}

/* Every allocator through a short random workload, checked after each operation. */
static void test_allocators(struct sh_context *c, const struct options *options)
{
    static const char parameters[] = "ops=2000:live=100:size=0-600:align=100";
    const struct lab_workload *churn = lab_workload_find("churn", 5);
    struct lab_values values;
    struct lab_program program;
    size_t mark = c->arena.used;
    struct options checked = *options;
    checked.check_every = 1;
    lab_workload_values(churn, parameters, sizeof parameters - 1, options->seed, &values, NULL);
    if (!churn->make(&values, &c->arena, &program)) {
        sh_error(c, SH_MACHINE, "selftest", "too little memory for the self-test: give the machine more");
        return;
    }
    for (const struct heap_ops *const *policy = heap_policies; *policy; policy++) {
        struct experiment_row row;
        struct lab_alloc_spec spec;
        bool is_ready = lab_parse_alloc((*policy)->name, strlen((*policy)->name), &spec, NULL) &&
                        experiment_prepare(c, &checked, &spec, "selftest", &row.run);
        if (is_ready)
            experiment_run_one(c, &program, &row, NULL);
        print_verdict(c, is_ready && row.status == LAB_OK && row.result.memory.frames_leaked == 0, (*policy)->name,
                      ": 2,000 operations, checked after each, no frame lost");
    }
    lab_arena_release(&c->arena, mark);
}

void selftest_run(struct sh_context *c, const struct options *options)
{
    lab_print(&c->text, "Self-tests:\n");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        print_verdict(c, tests[i].holds(c), tests[i].name, "");
    test_allocators(c, options);
}
