/* Self-tests: what the host's tests cannot see, because it needs the processor and the firmware's memory map. */
#include "selftest.h"

#include <alloc/heap_ops.h>
#include <arch/irq.h>
#include <arch/layout.h>
#include <arch/probe.h>
#include <lib/string.h>

#include "backing.h"
#include "experiment.h"
#include "spaces.h"

static struct paging *paging_of(struct sh_context *c)
{
    return c->world.space->paging;
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
           pmm_free(pmm, frame) == PMM_DOUBLE_FREE && pmm_free(pmm, 0) == PMM_RESERVED &&
           pmm_free(pmm, (paddr_t)pmm->frames * FRAME_SIZE) == PMM_FOREIGN;
}

/* P-09: two frames that differ in address line 20 alone hold what each was given. True where no such pair is free. */
static bool address_line_20_works(struct sh_context *c)
{
    struct pmm *pmm = paging_of(c)->pmm;
    const size_t apart = ((size_t)1 << 20) / FRAME_SIZE;
    const struct pmm_run_request request = {.frames = apart + 1, .align = 2 * apart, .zone = PMM_DIRECT};
    paddr_t base;
    if (pmm_alloc_run(pmm, &request, &base) != PMM_OK)
        return true;
    volatile uint32_t *low = (volatile uint32_t *)(arch_layout.physmap + (vaddr_t)base);
    volatile uint32_t *high = low + (apart * FRAME_SIZE) / sizeof *low;
    *low = 0x4C4F5721;
    *high = 0x48494748;
    bool holds = *low == 0x4C4F5721 && *high == 0x48494748;
    return pmm_free_run(pmm, base, request.frames) == PMM_OK && holds;
}

/* Through every page of a region that shows it, and at its frame. */
static bool zero_page_cannot_be_written(struct sh_context *c)
{
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "selftest", .reserve = FRAME_SIZE, .backing = VMM_ZERO, .writable = true};
    if (vmm_region_create(c->world.space, &request, &region) != VMM_OK)
        return false;
    bool holds = vmm_region_grow(region, FRAME_SIZE) == VMM_OK && !arch_probe_read(region->base) &&
                 !arch_probe_write(region->base, 0xA5) && region->count.copies == 1;
    vmm_region_destroy(region);
    return holds && vmm_zero_page_is_intact(c->world.space);
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
static void (*plain_clear)(void *context, paddr_t frame, size_t bytes);

static void clear_and_look(void *context, paddr_t frame, size_t bytes)
{
    depth_in_fault = arch_trap_depth;
    plain_clear(context, frame, bytes);
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
    struct paging_machine *machine = &paging_of(c)->machine;
    const struct kheap_request request = {.limit = FRAME_SIZE, .backing = VMM_DEMAND};
    struct kheap k;
    struct heap_region region;
    if (!kheap_open(&k, c->world.space, &request, &region))
        return false;
    bool is_told = region.no_calls_while == &arch_trap_depth && kheap_grow(&k, 0, FRAME_SIZE);
    depth_in_fault = 0;
    plain_clear = machine->clear;
    machine->clear = clear_and_look;
    if (is_told)
        touch(region.base);
    machine->clear = plain_clear;
    kheap_close(&k);
    return is_told && depth_in_fault == 1 && arch_trap_depth == 0;
}

static const struct selftest memory_tests[] = {
    {"each backing brings what it must, zeroed, and gives it back", backing_holds},
    {"a write never reaches the zero page", zero_page_cannot_be_written},
    {"no translation outlives its mapping", no_stale_translation},
    {"address spaces are apart, and share what they should", spaces_hold},
    {"wrong frees of frames are told apart", frame_errors_are_told},
    {"address line 20 works", address_line_20_works},
    {"heaps see that a fault is under way", heaps_see_faults},
    {"spurious interrupts pass, and the timer ticks on", spurious_interrupts_pass},
    {NULL, NULL},
};

static const struct selftest *const groups[] = {selftest_protection, memory_tests, selftest_failures};

static void print_verdict(struct sh_context *c, bool holds, const char *name, const char *what)
{
    lab_print(&c->text, "  %-6s %s%s\n", holds ? "ok" : "FAILED", name, what);
    if (!holds)
        sh_error(c, SH_FAILED, name, "a self-test failed");
}

static void test_machine(struct sh_context *c)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        for (const struct selftest *test = groups[i]; test->name; test++)
            print_verdict(c, test->holds(c), test->name, "");
    }
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

/* Every allocator on requests that have broken allocators before, at the level of the options. */
static void test_bad_requests(struct sh_context *c, unsigned harden)
{
    bool are_enough = true;
    for (const struct heap_ops *const *policy = heap_policies; *policy; policy++) {
        size_t cases;
        bool holds = selftest_bad_requests(c, *policy, harden, &cases);
        print_verdict(c, holds, (*policy)->name, ": every bad request of the table is answered rightly");
        are_enough = are_enough && cases >= 2000;
    }
    print_verdict(c, are_enough, "the table of bad requests", " has 2,000 cases at least");
}

void selftest_run(struct sh_context *c, const struct options *options)
{
    lab_print(&c->text, "Self-tests:\n");
    if (options->run.selftest != LAB_SELFTEST_HEAPS)
        test_machine(c);
    if (options->run.selftest != LAB_SELFTEST_MACHINE) {
        test_allocators(c, options);
        test_bad_requests(c, options->harden);
    }
}
