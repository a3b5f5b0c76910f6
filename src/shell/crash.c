/* Faults on purpose: each does what a broken kernel would do. */
#include "crash.h"

#include <alloc/heap_ops.h>
#include <arch/image.h>
#include <arch/trap.h>
#include <lib/assert.h>
#include <lib/string.h>

#include "experiment.h"

static void touch_page_zero(struct sh_context *c)
{
    (void)c;
    volatile unsigned char *nowhere = NULL;
    __asm__ volatile("" : "+r"(nowhere)); /* the compiler must not know */
    nowhere[8] = 1;
}

static void write_constant(struct sh_context *c)
{
    (void)c;
    *(volatile unsigned char *)image_rodata = 1;
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

static void breakpoint(struct sh_context *c)
{
    (void)c;
    arch_raise_breakpoint();
}

static void assertion(struct sh_context *c)
{
    ASSERT(c == NULL);
}

/* Writes over the header behind the last block, as a program that overruns its buffer would: the check at the end of the run
 * must find it. */
static void overrun(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    (void)context;
    if (index == 1 && payload)
        memset((unsigned char *)(uintptr_t)payload + op->size, 0xEE, 2 * sizeof(size_t));
    (void)h;
}

static void corrupt_heap(struct sh_context *c)
{
    static const struct lab_op ops[] = {{.size = 24, .kind = LAB_ALLOC}, {.size = 56, .slot = 1, .kind = LAB_ALLOC}};
    struct lab_program program = {.ops = ops, .count = 2, .slots = 2, .count_of = {[LAB_ALLOC] = 2}};
    struct lab_observer observer = {.done = overrun};
    struct experiment_row row;
    if (experiment_prepare(c, &c->options, &c->options.allocs[0], "crash:heap", &row.run))
        experiment_run_one(c, &program, &row, &observer);
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
    {"page-zero", "write through a null pointer", touch_page_zero},
    {"read-only", "write to a constant", write_constant},
    {"guard", "write just below a region", touch_guard},
    {"stack", "recursion without end", overflow_stack},
    {"breakpoint", "a breakpoint without a debugger", breakpoint},
    {"assertion", "an assertion that does not hold", assertion},
    {"heap", "a block written past its end: found, reported, status 4", corrupt_heap},
    {"hang", "an allocator that never returns: the watchdog's report after 10 s, status 6", hang_in_a_run},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

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
