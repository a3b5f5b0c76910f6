/* Self-tests of memory protection. Each right is asked twice: the page tables say it, and the processor, by a probe
 * that may fault, does it. */
#include <arch/image.h>
#include <arch/mmu.h>
#include <arch/probe.h>

#include "selftest.h"

static const struct pt *tables(const struct sh_context *c)
{
    return &c->world.space->paging->pt;
}

/* ---- what the page tables say ---- */

/* Whether this page is mapped with exactly these rights (execution counts only with no-execute). */
static bool has_rights(struct sh_context *c, const unsigned char *page, unsigned flags)
{
    const struct pt *pt = tables(c);
    unsigned counted = pt->nx ? ~0u : ~(unsigned)PT_EXEC;
    struct pt_leaf leaf;
    return pt_query(pt, (vaddr_t)page, &leaf) && (leaf.flags & counted) == (flags & counted);
}

static bool have_rights(struct sh_context *c, const unsigned char *from, const unsigned char *to, unsigned flags)
{
    for (const unsigned char *page = from; page < to; page += FRAME_SIZE) {
        if (!has_rights(c, page, flags))
            return false;
    }
    return true;
}

static bool is_unmapped(struct sh_context *c, vaddr_t page)
{
    struct pt_leaf leaf;
    return !pt_query(tables(c), page, &leaf);
}

static bool text_is_read_execute(struct sh_context *c)
{
    return have_rights(c, image_text, image_rodata, PT_EXEC);
}

static bool constants_are_read_only(struct sh_context *c)
{
    return have_rights(c, image_rodata, image_data, 0);
}

static bool is_guard(const unsigned char *page)
{
    for (size_t i = 0; i < image_stack_count; i++) {
        if (image_stacks[i].guard == page)
            return true;
    }
    return false;
}

static bool data_is_read_write(struct sh_context *c)
{
    for (const unsigned char *page = image_data; page < image_end; page += FRAME_SIZE) {
        if (!is_guard(page) && !has_rights(c, page, PT_WRITE))
            return false;
    }
    return true;
}

static bool low_memory_is_unmapped(struct sh_context *c)
{
    for (vaddr_t page = 0; page < 2 << 20; page += FRAME_SIZE) {
        if (!is_unmapped(c, page))
            return false;
    }
    return true;
}

/* ---- what the processor does ---- */

/* The test of the probes: what is permitted does not fault, a fault that the kernel resolves is none, a wild one is. */
static bool probes_tell_the_truth(struct sh_context *c)
{
    static unsigned char byte = 1;
    return !arch_probe_read((vaddr_t)&byte) && !arch_probe_write((vaddr_t)&byte, 2) &&
           *(volatile unsigned char *)&byte == 2 && arch_probe_read(c->world.space->last - FRAME_SIZE);
}

/* Writes what is there already, so that a processor that permits it does no harm. */
static bool refuses_writing(vaddr_t at)
{
    return !arch_probe_read(at) && arch_probe_write(at, *(const unsigned char *)at);
}

static bool writing_text_faults(struct sh_context *c)
{
    (void)c;
    return refuses_writing((vaddr_t)image_text) && refuses_writing((vaddr_t)image_rodata - 1);
}

static bool writing_constants_faults(struct sh_context *c)
{
    (void)c;
    return refuses_writing((vaddr_t)image_rodata) && refuses_writing((vaddr_t)image_data - 1);
}

/* Without no-execute the same code must run: so the probe itself is tested where there is nothing to forbid. */
static bool running_data_faults(struct sh_context *c)
{
    static unsigned char code[] = {ARCH_PROBE_CODE};
    unsigned char on_stack[] = {ARCH_PROBE_CODE};
    bool is_forbidden = tables(c)->nx;
    __asm__ volatile("" : : "r"(on_stack) : "memory"); /* the compiler must not leave it out */
    return arch_probe_execute((vaddr_t)code) == is_forbidden && arch_probe_execute((vaddr_t)on_stack) == is_forbidden;
}

static bool low_memory_faults(struct sh_context *c)
{
    static const vaddr_t low[] = {0, 8, FRAME_SIZE, (vaddr_t)1 << 20};
    (void)c;
    for (size_t i = 0; i < sizeof low / sizeof *low; i++) {
        if (!arch_probe_read(low[i]) || !arch_probe_write(low[i], 0))
            return false;
    }
    return true;
}

static bool stack_guards_fault(struct sh_context *c)
{
    for (size_t i = 0; i < image_stack_count; i++) {
        vaddr_t guard = (vaddr_t)image_stacks[i].guard;
        if (!is_unmapped(c, guard) || !arch_probe_write(guard, 0) || !arch_probe_write(guard + FRAME_SIZE - 1, 0) ||
            arch_probe_read(guard + FRAME_SIZE) || arch_probe_read((vaddr_t)image_stacks[i].top - 1))
            return false;
    }
    return true;
}

/* ---- regions ---- */

enum { REGION_BYTES = 2 * FRAME_SIZE };

/* A fresh writable region, its memory committed; NULL if there is no memory for it. */
static struct vmm_region *make_region(struct sh_context *c)
{
    struct vmm_region *region;
    struct vmm_region_request request = {
        .name = "selftest", .reserve = REGION_BYTES, .backing = VMM_DEMAND, .writable = true};
    if (vmm_region_create(c->world.space, &request, &region) != VMM_OK)
        return NULL;
    if (vmm_region_grow(region, REGION_BYTES) == VMM_OK)
        return region;
    vmm_region_destroy(region);
    return NULL;
}

static bool region_guards_fault(struct sh_context *c)
{
    struct vmm_region *r = make_region(c);
    if (!r)
        return false;
    bool holds = arch_probe_write(r->base - 1, 0) && arch_probe_read(r->base - FRAME_SIZE) &&
                 arch_probe_write(r->base + REGION_BYTES, 0) &&
                 arch_probe_read(r->base + REGION_BYTES + FRAME_SIZE - 1) && !arch_probe_write(r->base, 1) &&
                 !arch_probe_write(r->base + REGION_BYTES - 1, 1);
    vmm_region_destroy(r);
    return holds;
}

static bool running_region_faults(struct sh_context *c)
{
    struct vmm_region *r = make_region(c);
    if (!r)
        return false;
    bool holds = !arch_probe_write(r->base, ARCH_PROBE_CODE) && arch_probe_execute(r->base) == tables(c)->nx;
    vmm_region_destroy(r);
    return holds;
}

/* The same with code that programs may run: it is theirs alone where the processor can keep the kernel from it. */
static bool running_user_code_faults(struct sh_context *c)
{
    struct vmm_region *r = make_region(c);
    if (!r)
        return false;
    bool is_written = !arch_probe_write(r->base, ARCH_PROBE_CODE);
    vmm_region_protect(r, PT_USER | PT_EXEC);
    bool holds = is_written && arch_probe_execute(r->base) == arch_mmu_guards_user_code();
    vmm_region_destroy(r);
    return holds;
}

/* A write that the processor has just translated must fault once the right is gone: the old translation is
 * forgotten. */
static bool lost_rights_are_noticed(struct sh_context *c)
{
    struct vmm_region *r = make_region(c);
    if (!r)
        return false;
    bool holds = !arch_probe_write(r->base, 0xA5) &&
                 pt_protect(&c->world.space->paging->pt, r->base, FRAME_SIZE, 0) == PT_OK &&
                 arch_probe_write(r->base, 0x5A) && *(volatile unsigned char *)r->base == 0xA5;
    vmm_region_destroy(r);
    return holds;
}

const struct selftest selftest_protection[] = {
    {"text is read and execute only", text_is_read_execute},
    {"constants are read only", constants_are_read_only},
    {"data is read and write, not execute", data_is_read_write},
    {"page 0 and the boot mapping are gone", low_memory_is_unmapped},
    {"a probe tells a fault from none", probes_tell_the_truth},
    {"a write to text faults", writing_text_faults},
    {"a write to a constant faults", writing_constants_faults},
    {"data does not run, where the processor can forbid it", running_data_faults},
    {"a region's memory does not run either", running_region_faults},
    {"the kernel does not run a program's code, where the processor can forbid it", running_user_code_faults},
    {"page 0, 4 KiB and 1 MiB fault", low_memory_faults},
    {"the page below each stack faults", stack_guards_fault},
    {"both guard pages of a region fault", region_guards_fault},
    {"a write faults as soon as its right is gone", lost_rights_are_noticed},
    {NULL, NULL},
};
