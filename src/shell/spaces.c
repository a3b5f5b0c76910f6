/* Address spaces shown, by doing it:
 *
 *      space A                         space B
 *      0x...: page "own", 'A' in it    0x...: page "own", 'B' in it        the same address, two frames
 *      page "common" ------------------ page "shared"                       two addresses, one frame
 *      the kernel's half, the same in both
 */
#include "spaces.h"

#include <arch/layout.h>

#include "translate.h"

struct pair {
    struct vmm_space space[2];
    struct paging paging[2];
    struct vmm_region *own[2], *common, *shared;
    size_t created; /* of the spaces */
};

static struct pair pair;

static bool make_own_page(size_t i)
{
    struct vmm_region_request request = {.name = "own", .reserve = FRAME_SIZE, .backing = VMM_DEMAND, .writable = true};
    return vmm_region_create(&pair.space[i], &request, &pair.own[i]) == VMM_OK &&
           vmm_region_grow(pair.own[i], FRAME_SIZE) == VMM_OK;
}

static bool make_common_page(void)
{
    struct vmm_region_request request = {
        .name = "common", .reserve = FRAME_SIZE, .backing = VMM_IMMEDIATE, .writable = true};
    return vmm_region_create(&pair.space[0], &request, &pair.common) == VMM_OK &&
           vmm_region_grow(pair.common, FRAME_SIZE) == VMM_OK &&
           vmm_region_share(&pair.space[1], "shared", pair.common, false, &pair.shared) == VMM_OK;
}

static bool make(struct vmm_space *kernel)
{
    const struct vmm_window window = {
        .first = arch_layout.user_first, .last = arch_layout.user_last, .kernel_from = arch_layout.kernel_from};
    for (pair.created = 0; pair.created < 2; pair.created++) {
        if (vmm_space_create(&pair.space[pair.created], &pair.paging[pair.created], kernel, &window) != VMM_OK)
            return false;
    }
    return make_own_page(0) && make_own_page(1) && make_common_page();
}

static void destroy(void)
{
    if (pair.shared)
        vmm_region_destroy(pair.shared); /* before the frames it shows */
    while (pair.created > 0)
        vmm_space_destroy(&pair.space[--pair.created]);
    pair = (struct pair){.created = 0};
}

static volatile char *byte_of(const struct vmm_region *r)
{
    return (volatile char *)r->base;
}

/* In each space in turn: the first touch brings a frame there, and what was written stays apart. */
static bool write_and_read(struct vmm_space *kernel)
{
    bool holds = pair.own[0]->base == pair.own[1]->base;
    for (int i = 0; i < 2; i++) {
        vmm_switch(kernel, &pair.space[i]);
        *byte_of(pair.own[i]) = (char)('A' + i);
    }
    vmm_switch(kernel, &pair.space[0]);
    *byte_of(pair.common) = 'C';
    holds = holds && *byte_of(pair.own[0]) == 'A';
    vmm_switch(kernel, &pair.space[1]);
    holds = holds && *byte_of(pair.own[1]) == 'B' && *byte_of(pair.shared) == 'C';
    vmm_switch(kernel, NULL);
    return holds;
}

static paddr_t frame_of(const struct vmm_region *r)
{
    struct pt_leaf leaf;
    return pt_query(&r->space->paging->pt, r->base, &leaf) ? leaf.frame : 0;
}

static bool frames_are_right(void)
{
    return frame_of(pair.own[0]) != frame_of(pair.own[1]) && frame_of(pair.common) == frame_of(pair.shared) &&
           pair.space[0].count.faults == 1 && pair.space[1].count.faults == 1;
}

static void tell(struct sh_context *c)
{
    lab_print(&c->text,
              "Two address spaces, each with page tables of its own below\n%p; from there on both show the kernel.\n"
              "Each wrote a byte at the same address: 'A' in the one, 'B' in the other.\n\n",
              (void *)arch_layout.kernel_from);
    for (int i = 0; i < 2; i++) {
        lab_print(&c->text, "In space %c, ", 'A' + i);
        translate_print(c, &pair.space[i], pair.own[i]->base);
    }
    lab_print(&c->text, "\nOne frame in both: space A wrote 'C' into it, space B may only read it.\n\nIn space A, ");
    translate_print(c, &pair.space[0], pair.common->base);
    lab_print(&c->text, "In space B, ");
    translate_print(c, &pair.space[1], pair.shared->base);
}

static bool run(struct sh_context *c, bool tells)
{
    struct vmm_space *kernel = c->world.space;
    size_t free_before = kernel->paging->pmm->free;
    bool is_made = make(kernel), holds = is_made && write_and_read(kernel) && frames_are_right();
    if (is_made && tells)
        tell(c);
    if (!is_made && tells)
        sh_error(c, SH_MACHINE, "space", "too little memory for two address spaces: give the machine more");
    destroy();
    size_t free_after = kernel->paging->pmm->free;
    if (is_made && tells)
        lab_print(&c->text, "\nBoth spaces destroyed: %zu page frames free before, %zu after.\n", free_before,
                  free_after);
    return holds && free_after == free_before;
}

void spaces_show(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (!run(c, true) && c->status == SH_OK)
        sh_error(c, SH_FAILED, "space", "the two address spaces were not kept apart");
}

bool spaces_hold(struct sh_context *c)
{
    return run(c, false);
}
