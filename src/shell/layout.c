/* The address space drawn from the constants that make it: the layout of this width, the linker's symbols, the regions. */
#include "layout.h"

#include <arch/cpu.h>
#include <arch/image.h>
#include <arch/layout.h>

enum { DIGITS = 2 * sizeof(vaddr_t) };

static void line(struct sh_context *c, vaddr_t first, vaddr_t last, const char *what)
{
    lab_print(&c->text, "  %0*jx - %0*jx  %s\n", DIGITS, (uintmax_t)first, DIGITS, (uintmax_t)last, what);
}

/* [from, to) of the image, which begin and end at pages. */
static void part(struct sh_context *c, const unsigned char *from, const unsigned char *to, const char *what)
{
    if (from < to)
        line(c, (vaddr_t)from, (vaddr_t)to - 1, what);
}

static void show_image(struct sh_context *c)
{
    lab_print(&c->text, "The kernel's image, at its physical address + %0*jx:\n", DIGITS,
              (uintmax_t)arch_layout.kernel_base);
    part(c, image_data, image_end, "data, stacks: read, write; below each stack a gap");
    part(c, image_rodata, image_data, "constants: read");
    part(c, image_text, image_rodata, "text: read, execute");
}

/* The region with the highest base below `limit`, NULL: none. */
static const struct vmm_region *next_below(const struct vmm_space *space, vaddr_t limit)
{
    const struct vmm_region *found = NULL;
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name && r->base < limit && (!found || r->base > found->base))
            found = r;
    }
    return found;
}

static void show_regions(struct sh_context *c)
{
    const struct vmm_space *space = c->world.space;
    lab_print(&c->text, "Regions, in %0*jx - %0*jx, each with an unmapped page below and above it:\n", DIGITS,
              (uintmax_t)space->first, DIGITS, (uintmax_t)space->last);
    for (const struct vmm_region *r = next_below(space, space->last); r; r = next_below(space, r->base))
        line(c, r->base, r->base + r->reserve - 1, r->name);
}

void layout_show(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    lab_print(&c->text, "The address space of %s, from the top:\n\n", arch_name);
    if (arch_layout.window)
        line(c, arch_layout.window, arch_layout.window + FRAME_SIZE - 1,
             "the window: frames outside the physical map are cleared through it");
    if (arch_layout.kernel_base > arch_layout.regions_last)
        show_image(c);
    show_regions(c);
    if (arch_layout.kernel_base < arch_layout.regions_first)
        show_image(c);
    lab_print(&c->text, "The physical map, every usable frame below %ju MiB at its physical address + %0*jx:\n",
              (uintmax_t)(arch_layout.direct_limit >> 20), DIGITS, (uintmax_t)arch_layout.physmap);
    line(c, arch_layout.physmap, arch_layout.physmap + (vaddr_t)(arch_layout.direct_limit - 1), "read, write");
    lab_print(&c->text, "Below %0*jx, where another address space differs from the kernel's:\n", DIGITS,
              (uintmax_t)arch_layout.kernel_from);
    line(c, arch_layout.user_first, arch_layout.user_last, "regions of another address space");
    line(c, 0, arch_layout.user_first - 1, "never mapped: a null pointer faults");
}
