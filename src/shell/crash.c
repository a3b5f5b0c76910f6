/* Faults on purpose: each does what a broken kernel would do. */
#include "crash.h"

#include <alloc/heap_ops.h>
#include <arch/image.h>
#include <arch/probe.h>
#include <arch/raise.h>
#include <lab/json.h>
#include <lib/assert.h>
#include <lib/string.h>

#include "current.h"
#include "experiment.h"

/* An address that no region will ever hold: below them lies unused room on every width. */
static volatile unsigned char *nowhere(const struct sh_context *c)
{
    return (volatile unsigned char *)(c->world.space->last - FRAME_SIZE);
}

/* ---- exceptions of the processor ---- */

static void divide(struct sh_context *c)
{
    (void)c;
    arch_raise_divide();
}

static void undefined_code(struct sh_context *c)
{
    (void)c;
    arch_raise_undefined();
}

static void protection(struct sh_context *c)
{
    (void)c;
    arch_raise_protection();
}

static void breakpoint(struct sh_context *c)
{
    (void)c;
    arch_raise_breakpoint();
}

static void interrupt(struct sh_context *c)
{
    (void)c;
    arch_raise_nmi();
}

static void double_fault(struct sh_context *c)
{
    (void)c;
    arch_raise_double_fault();
}

/* ---- memory that must not be touched ---- */

static void read_unmapped(struct sh_context *c)
{
    volatile unsigned char byte = *nowhere(c);
    (void)byte;
}

static void touch_page_zero(struct sh_context *c)
{
    (void)c;
    volatile unsigned char *null = NULL;
    __asm__ volatile("" : "+r"(null)); /* the compiler must not know */
    null[8] = 1;
}

static void write_constant(struct sh_context *c)
{
    (void)c;
    *(volatile unsigned char *)image_rodata = 1;
}

static void run_data(struct sh_context *c)
{
    static unsigned char code[] = {ARCH_PROBE_CODE};
    arch_run_code((vaddr_t)code);
    sh_error(c, SH_BAD_INPUT, "execute", "the data ran as code: this width or processor cannot forbid execution");
}

static void touch_guard(struct sh_context *c)
{
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "crash", .reserve = FRAME_SIZE, .backing = VMM_IMMEDIATE, .writable = true};
    if (vmm_region_create(c->world.space, &request, &region) == VMM_OK)
        *(volatile unsigned char *)(region->base - 1) = 1;
}

static unsigned recurse(volatile unsigned *depth)
{
    volatile unsigned here[64];
    here[0] = *depth + 1;
    return here[0] == UINT32_MAX ? 0 : recurse(&here[0]) + here[0];
}

static void overflow_stack(struct sh_context *c)
{
    volatile unsigned depth = 0;
    (void)c;
    recurse(&depth);
}

/* ---- mistakes that the kernel itself notices ---- */

static void fail_assertion(struct sh_context *c)
{
    ASSERT(c == NULL);
}

static void free_frame_twice(struct sh_context *c)
{
    struct pmm *pmm = c->world.space->paging->pmm;
    paddr_t frame;
    if (pmm_alloc(pmm, PMM_ANY, &frame) != PMM_OK)
        return;
    pmm_give_back(pmm, frame, 1);
    pmm_give_back(pmm, frame, 1);
}

static void overflow_number(struct sh_context *c)
{
    volatile int32_t number = INT32_MAX;
    number = number + 1;
    sh_error(c, SH_BAD_INPUT, "overflow",
             "the signed overflow went unnoticed: only a build of the preset ubsan sees it");
}

/* ---- inside a run ---- */

static void run_two_blocks(struct sh_context *c, const struct lab_observer *observer)
{
    static const struct lab_op ops[] = {{.size = 24, .kind = LAB_ALLOC}, {.size = 56, .slot = 1, .kind = LAB_ALLOC}};
    struct lab_program program = {.ops = ops, .count = 2, .slots = 2, .count_of = {[LAB_ALLOC] = 2}};
    struct experiment_row row;
    if (experiment_prepare(c, &c->options, &c->options.allocs[0], "crash", &row.run))
        experiment_run_one(c, &program, &row, observer);
}

/* Writes over the header behind the last block, as a program that overruns its buffer would: the check at the end of
 * the run must find it. */
static void overrun(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    (void)context;
    if (index == 1 && payload)
        memset((unsigned char *)(uintptr_t)payload + op->size, 0xEE, 2 * sizeof(size_t));
    (void)h;
}

static void corrupt_heap(struct sh_context *c)
{
    struct lab_observer observer = {.done = overrun};
    run_two_blocks(c, &observer);
}

/* Takes the right to write from the heap's memory: the allocator's next header is a fault. */
static void forbid_writing(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    struct sh_context *c = context;
    (void)index, (void)op, (void)payload;
    pt_protect(&c->world.space->paging->pt, (vaddr_t)h->base, h->committed, 0);
}

static void fault_in_allocator(struct sh_context *c)
{
    struct lab_observer observer = {.context = c, .done = forbid_writing};
    run_two_blocks(c, &observer);
}

/* ---- inside the report of another fault ---- */

/* In place of what clears a new frame: runs in the page-fault handler. */
static void clear_wrong_page(void *context, paddr_t frame, size_t bytes)
{
    (void)frame, (void)bytes;
    *nowhere(context) = 0;
}

/* A page whose frame comes at its first touch, or NULL. */
static volatile unsigned char *untouched_page(struct sh_context *c)
{
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "crash", .reserve = FRAME_SIZE, .backing = VMM_DEMAND, .writable = true};
    bool is_there =
        vmm_region_create(c->world.space, &request, &region) == VMM_OK && vmm_region_grow(region, FRAME_SIZE) == VMM_OK;
    return is_there ? (volatile unsigned char *)region->base : NULL;
}

static void fault_in_fault(struct sh_context *c)
{
    struct paging_machine *machine = &c->world.space->paging->machine;
    volatile unsigned char *page = untouched_page(c);
    machine->clear = clear_wrong_page;
    machine->context = c;
    *page = 1;
}

/* The frame was set aside, so this takes a failure on purpose. */
static void no_frame_in_fault(struct sh_context *c)
{
    const struct injection_plan plan = {.where = INJECTION_PMM, .how = {.nth = 1}};
    volatile unsigned char *page = untouched_page(c);
    injection_arm(&c->injection, &plan);
    *page = 1;
}

/* The report reads the current heap: leaves it a pointer that leads nowhere. */
static void fault_in_panic(struct sh_context *c)
{
    kfit_current_heap = (const struct heap *)(vaddr_t)nowhere(c);
    ASSERT(kfit_current_heap == NULL);
}

/* A record whose text cannot be read: what is written of it must not reach the reader. */
static void fault_in_record(struct sh_context *c)
{
    struct lab_json j;
    lab_json_begin(&j, &c->records, "error");
    lab_json_text(&j, "message", (const char *)(vaddr_t)nowhere(c));
    lab_json_end(&j);
}

static void *search_for_ever(struct heap *h, size_t bytes, size_t align)
{
    (void)bytes, (void)align;
    while (h->committed > 0)
        __asm__ volatile("" : : : "memory");
    return NULL;
}

/* A run under an allocator whose search never ends: the watchdog must find it. */
static void hang_in_a_run(struct sh_context *c)
{
    static const struct lab_op ops[] = {{.size = 24, .kind = LAB_ALLOC}};
    static struct heap_ops endless;
    struct lab_program program = {.ops = ops, .count = 1, .slots = 1, .count_of = {[LAB_ALLOC] = 1}};
    struct experiment_row row;
    if (!experiment_prepare(c, &c->options, &c->options.allocs[0], "crash:hang", &row.run))
        return;
    endless = *row.run.policy;
    endless.alloc = search_for_ever;
    row.run.policy = &endless;
    experiment_run_one(c, &program, &row, NULL);
}

static const struct {
    const char *kind, *help;
    void (*raise)(struct sh_context *c);
} kinds[] = {
    {"divide", "a division by zero", divide},
    {"undefined", "an instruction that is none", undefined_code},
    {"protection", "a segment selector beyond the table: general protection", protection},
    {"breakpoint", "a breakpoint without a debugger", breakpoint},
    {"nmi", "the non-maskable interrupt, by an instruction", interrupt},
    {"double-fault", "a fault with no stack to report it on", double_fault},
    {"not-present", "a read where nothing is mapped", read_unmapped},
    {"page-zero", "a write through a null pointer", touch_page_zero},
    {"read-only", "a write to a constant", write_constant},
    {"execute", "a call into data; i386 cannot forbid it: status 2", run_data},
    {"guard", "a write just below a region", touch_guard},
    {"stack", "recursion without end", overflow_stack},
    {"assertion", "an assertion that does not hold", fail_assertion},
    {"frame", "a page frame given back twice", free_frame_twice},
    {"overflow", "a signed overflow: seen by the preset ubsan alone, else status 2", overflow_number},
    {"heap", "a block written past its end: found, reported, status 4", corrupt_heap},
    {"in-allocator", "a page fault inside an allocator, in a run", fault_in_allocator},
    {"in-fault", "a page fault inside the page-fault handler", fault_in_fault},
    {"no-frame", "a page fault that finds no page frame, on purpose", no_frame_in_fault},
    {"in-record", "a page fault while a record is written", fault_in_record},
    {"in-panic", "a page fault inside the report of a panic", fault_in_panic},
    {"hang", "an allocator that never returns: the watchdog's report after 10 s, status 6", hang_in_a_run},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const char *crash_kind(size_t index)
{
    return index < KINDS ? kinds[index].kind : NULL;
}

void crash_run(struct sh_context *c, const char *kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].kind, kind) == 0) {
            kinds[i].raise(c);
            return;
        }
    }
    if (*kind)
        sh_error(c, SH_BAD_INPUT, kind, "no such fault; `crash` lists them");
    for (size_t i = 0; i < KINDS && !*kind; i++)
        lab_print(&c->text, "  crash %-12s %s\n", kinds[i].kind, kinds[i].help);
}
