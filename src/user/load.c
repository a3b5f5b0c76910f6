/* Loading a program: an address space, a region for each segment, stack, input and heap. Bytes are written through the
 * program's own addresses while its regions may still be written; then each segment gets the rights it asks for. */
#include <arch/image.h>
#include <arch/layout.h>
#include <lib/assert.h>

#include "copy.h"
#include "private.h"

/* Entries of functions find their stack aligned so. */
enum { STACK_ALIGN = 16 };

/* A region of the program's, all of it committed. */
static struct vmm_region *open_region(struct user_program *p, const struct vmm_region_request *request)
{
    struct vmm_region *r;
    bool is_there =
        vmm_region_create(&p->space, request, &r) == VMM_OK && vmm_region_grow(r, request->reserve) == VMM_OK;
    return is_there ? r : NULL;
}

static bool load_segment(struct user_program *p, const struct elf_segment *s)
{
    struct vmm_region_request request = {.name = s->is_executable ? "text"
                                                 : s->is_writable ? "data"
                                                                  : "constants",
                                         .base = s->address,
                                         .reserve = s->memory_bytes,
                                         .backing = VMM_DEMAND,
                                         .writable = true,
                                         .is_user = true};
    const unsigned char *bytes = (const unsigned char *)p->request->file + s->offset;
    struct vmm_region *r = open_region(p, &request);
    if (!r || !user_copy_out(&p->space, s->address, bytes, s->file_bytes))
        return false;
    vmm_region_protect(r, PT_USER | (s->is_writable ? PT_WRITE : 0) | (s->is_executable ? PT_EXEC : 0));
    return true;
}

/* Read-only afterwards. `*address`: where it is; 0 if there is none. */
static bool load_input(struct user_program *p, vaddr_t *address)
{
    const struct user_request *wanted = p->request;
    struct vmm_region_request request = {
        .name = "input", .reserve = wanted->input_bytes, .backing = VMM_DEMAND, .writable = true, .is_user = true};
    *address = 0;
    if (wanted->input_bytes == 0)
        return true;
    struct vmm_region *r = open_region(p, &request);
    if (!r || !user_copy_out(&p->space, r->base, wanted->input, wanted->input_bytes))
        return false;
    vmm_region_protect(r, PT_USER);
    *address = r->base;
    return true;
}

static bool load_stack(struct user_program *p, vaddr_t input)
{
    struct vmm_region_request request = {
        .name = "stack", .reserve = USER_STACK, .backing = VMM_DEMAND, .writable = true, .is_user = true};
    struct user_arguments arguments = p->request->arguments;
    struct vmm_region *r = open_region(p, &request);
    if (!r)
        return false;
    arguments.input = (const void *)input;
    arguments.input_bytes = p->request->input_bytes;
    arguments.kernel_text = (uintptr_t)image_text;
    p->sp = r->base + USER_STACK - (sizeof arguments + STACK_ALIGN - 1) / STACK_ALIGN * STACK_ALIGN;
    return user_copy_out(&p->space, p->sp, &arguments, sizeof arguments);
}

static bool open_heap(struct user_program *p)
{
    struct vmm_region_request request = {.name = "program heap",
                                         .reserve = p->request->arguments.heap_limit,
                                         .backing = p->request->backing,
                                         .is_large = p->request->is_large,
                                         .writable = true,
                                         .is_user = true};
    return vmm_region_create(&p->space, &request, &p->heap) == VMM_OK;
}

static bool load_all(struct user_program *p, const struct elf_plan *plan)
{
    vaddr_t input;
    for (size_t i = 0; i < plan->count; i++) {
        if (!load_segment(p, &plan->segments[i]))
            return false;
    }
    return load_input(p, &input) && load_stack(p, input) && open_heap(p);
}

enum user_status user_load(struct user_program *p, struct vmm_space *kernel, const struct user_request *request,
                           enum elf_status *why)
{
    const struct vmm_window window = {
        .first = arch_layout.user_first, .last = arch_layout.user_last, .kernel_from = arch_layout.kernel_from};
    const struct elf_window place = {.first = USER_SEGMENTS, .last = USER_SEGMENTS_LAST, .align = USER_SEGMENT_ALIGN};
    struct elf_plan plan;
    ASSERT(request->arguments.harden > 0);
    *p = (struct user_program){.request = request, .kernel = kernel};
    *why = elf_plan(request->file, request->file_bytes, &place, &plan);
    if (*why != ELF_OK)
        return USER_BAD_FILE;
    p->entry = plan.entry;
    if (vmm_space_create(&p->space, &p->paging, kernel, &window) != VMM_OK)
        return USER_NO_ROOM;
    vmm_switch(kernel, &p->space);
    bool is_there = load_all(p, &plan);
    vmm_switch(kernel, NULL);
    if (!is_there)
        user_unload(p);
    return is_there ? USER_OK : USER_NO_ROOM;
}

void user_unload(struct user_program *p)
{
    if (p->has_blocks)
        kheap_close(&p->block_memory);
    p->has_blocks = false;
    vmm_space_destroy(&p->space);
}
