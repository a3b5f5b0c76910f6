/* An exception in words. Reads the tables of stacks and regions and nothing else. */
#include "fault_text.h"

#include <arch/image.h>
#include <arch/layout.h>

#include "memory.h"
#include "trace.h"

/* Bits of a page fault's error code (Intel SDM volume 3, section 4.7) and of one that names a selector (section
 * 6.13). */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16 };
enum { SELECTOR_EXTERNAL = 1, SELECTOR_IDT = 2, SELECTOR_LDT = 4 };

/* ---- what lies at an address ---- */

/* The stack whose guard page holds the address, or NULL. */
static const struct image_stack *guarded_stack_at(uintptr_t address)
{
    for (size_t i = 0; i < image_stack_count; i++) {
        if (address - (uintptr_t)image_stacks[i].guard < FRAME_SIZE)
            return &image_stacks[i];
    }
    return NULL;
}

static const char *image_part_at(uintptr_t address)
{
    const struct {
        const unsigned char *from, *to;
        const char *name;
    } parts[] = {{image_text, image_rodata, "the kernel's text"},
                 {image_rodata, image_data, "the kernel's constants"},
                 {image_data, image_end, "the kernel's data"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (address >= (uintptr_t)parts[i].from && address < (uintptr_t)parts[i].to)
            return parts[i].name;
    }
    return NULL;
}

static void print_region(const struct lab_sink *sink, const struct vmm_region *r, uintptr_t address)
{
    if (address < r->base)
        lab_print(sink, "guard page below region '%s'", r->name);
    else if (address - r->base >= r->reserve)
        lab_print(sink, "guard page above region '%s'", r->name);
    else
        lab_print(sink, "region '%s', byte %ju of %zu committed", r->name, (uintmax_t)(address - r->base),
                  r->committed);
}

void fault_text_address(const struct lab_sink *sink, uintptr_t address)
{
    const struct image_stack *stack = guarded_stack_at(address);
    const char *part = image_part_at(address);
    const struct vmm_region *region = memory.space.paging ? vmm_region_at(&memory.space, address) : NULL;
    if (stack)
        lab_print(sink, "guard page below the %s", stack->name);
    else if (part)
        lab_print(sink, "%s", part);
    else if (region)
        print_region(sink, region, address);
    else if (address < FRAME_SIZE)
        lab_print(sink, "page 0, never mapped");
    else if (address >= arch_layout.physmap && address - arch_layout.physmap < arch_layout.direct_limit)
        lab_print(sink, "physical map, frame 0x%jx",
                  (uintmax_t)(address - arch_layout.physmap) / FRAME_SIZE * FRAME_SIZE);
    else
        lab_print(sink, "nothing there, no region and no part of the kernel");
}

/* ---- the error code ---- */

static void print_page_fault(const struct lab_sink *sink, uintptr_t error)
{
    lab_print(sink, "%s, %s%s, %s mode",
              error & PF_FETCH   ? "execution"
              : error & PF_WRITE ? "write"
                                 : "read",
              error & PF_PRESENT ? "not permitted" : "not mapped",
              error & PF_RESERVED ? ", a reserved bit set in the tables" : "", error & PF_USER ? "user" : "kernel");
}

static void print_selector(const struct lab_sink *sink, uintptr_t error)
{
    uintptr_t selector = error & 0xFFF8;
    if (error == 0)
        lab_print(sink, "no selector");
    else if (error & SELECTOR_IDT)
        lab_print(sink, "gate of vector %ju", (uintmax_t)(selector >> 3));
    else
        lab_print(sink, "selector 0x%jx of the %s", (uintmax_t)selector, error & SELECTOR_LDT ? "LDT" : "GDT");
    if (error & SELECTOR_EXTERNAL)
        lab_print(sink, ", while an exception was delivered");
}

void fault_text_error(const struct lab_sink *sink, const struct arch_trap *trap)
{
    if (trap->vector == ARCH_TRAP_PAGE_FAULT)
        print_page_fault(sink, trap->error);
    else if (trap->has_selector)
        print_selector(sink, trap->error);
}

/* ---- the whole in one line ---- */

static void print_access(const struct lab_sink *sink, const struct arch_trap *trap)
{
    lab_print(sink, ": %s 0x%jx, %s",
              trap->error & PF_FETCH   ? "execution at"
              : trap->error & PF_WRITE ? "write to"
                                       : "read of",
              (uintmax_t)trap->address, trap->error & PF_PRESENT ? "not permitted" : "not mapped");
}

void fault_text_message(const struct lab_sink *sink, const struct arch_trap *trap)
{
    const struct image_stack *stack = trap->has_address ? guarded_stack_at(trap->address) : NULL;
    if (stack)
        lab_print(sink, "%s overflow (%s)", stack->name, trap->name);
    else
        lab_print(sink, "%s", trap->name);
    if (*trace_function(trap->ip, false)) {
        lab_print(sink, " in ");
        trace_print_place(sink, trap->ip, false);
    }
    if (trap->vector == ARCH_TRAP_PAGE_FAULT)
        print_access(sink, trap);
}
