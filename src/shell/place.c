/* What lies at an address of the kernel's, in words. */
#include "place.h"

#include <arch/image.h>
#include <arch/layout.h>

const char *place_guarded_stack(vaddr_t address)
{
    for (size_t i = 0; i < image_stack_count; i++) {
        if (address - (vaddr_t)image_stacks[i].guard < FRAME_SIZE)
            return image_stacks[i].name;
    }
    return NULL;
}

static const char *image_part_at(vaddr_t address)
{
    const struct {
        const unsigned char *from, *to;
        const char *name;
    } parts[] = {{image_text, image_rodata, "the kernel's text"},
                 {image_rodata, image_data, "the kernel's constants"},
                 {image_data, image_end, "the kernel's data"}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (address >= (vaddr_t)parts[i].from && address < (vaddr_t)parts[i].to)
            return parts[i].name;
    }
    return NULL;
}

static void print_region(const struct lab_sink *sink, const struct vmm_region *r, vaddr_t address)
{
    if (address < r->base)
        lab_print(sink, "guard page below region '%s'", r->name);
    else if (address - r->base >= r->reserve)
        lab_print(sink, "guard page above region '%s'", r->name);
    else
        lab_print(sink, "region '%s' (%s), byte %ju of %zu committed", r->name, vmm_backing_text(r->backing),
                  (uintmax_t)(address - r->base), r->committed);
}

void place_print(const struct lab_sink *sink, struct vmm_space *space, vaddr_t address)
{
    const char *stack = place_guarded_stack(address);
    const char *part = image_part_at(address);
    const struct vmm_region *region = space ? vmm_region_at(space, address) : NULL;
    if (stack)
        lab_print(sink, "guard page below the %s", stack);
    else if (part)
        lab_print(sink, "%s", part);
    else if (region)
        print_region(sink, region, address);
    else if (address < FRAME_SIZE)
        lab_print(sink, "page 0, never mapped");
    else if (address >= arch_layout.physmap && address - arch_layout.physmap < arch_layout.direct_limit)
        lab_print(sink, "physical map, frame 0x%jx", (uintmax_t)(address - arch_layout.physmap) / FRAME_SIZE);
    else
        lab_print(sink, "nothing there, no region and no part of the kernel");
}
