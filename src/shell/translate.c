/* An address taken apart as the processor does it: one line for each level of the page tables. */
#include "translate.h"

#include <lab/number.h>
#include <lib/string.h>

#include "desk.h"
#include "place.h"

enum { ENTRY_DIGITS = 2 * sizeof(vaddr_t) }; /* an entry is as wide as an address in both formats */

/* "512 GiB", "4 KiB": sizes here are powers of two. */
static void print_size(struct sh_context *c, size_t bytes, int width)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    unsigned unit = 0;
    for (; unit < 3 && bytes >= 1024; unit++)
        bytes /= 1024;
    lab_print(&c->text, "%*zu %-3s", width, bytes, units[unit]);
}

static void print_rights(struct sh_context *c, unsigned flags)
{
    lab_print(&c->text, "read%s%s%s%s", flags & PT_WRITE ? ", write" : "", flags & PT_EXEC ? ", execute" : "",
              flags & PT_USER ? ", user" : "", flags & PT_NOCACHE ? ", not cached" : "");
}

static void print_step(struct sh_context *c, const struct pt_step *step)
{
    lab_print(&c->text, "  %-4s  %2u..%2u  %5u  %010jx  %0*jx ", step->table, step->last_bit, step->first_bit,
              step->index, (uintmax_t)step->at, ENTRY_DIGITS, (uintmax_t)step->entry);
    print_size(c, step->span, 4);
    if (!step->is_present)
        lab_print(&c->text, "  not present\n");
    else if (!step->is_leaf)
        lab_print(&c->text, "  a table\n");
    else {
        lab_print(&c->text, "  a leaf: ");
        print_rights(c, step->flags);
        lab_print(&c->text, "\n");
    }
}

static void print_touch(struct sh_context *c, struct vmm_space *space, vaddr_t address, bool write)
{
    struct fault_access access = {.write = write};
    enum fault_verdict verdict = vmm_judge(space, address, &access);
    lab_print(&c->text, "  a %-6s %s\n", write ? "write:" : "read:",
              verdict == FAULT_SPURIOUS ? "permitted, no fault" : fault_verdict_text(verdict));
}

void translate_print(struct sh_context *c, struct vmm_space *space, vaddr_t address)
{
    struct pt_explanation e;
    pt_explain(&space->paging->pt, address, &e);
    lab_print(&c->text, "%p: ", (void *)address);
    place_print(&c->text, space, address);
    lab_print(&c->text, "\n");
    if (!e.is_canonical) {
        lab_print(&c->text,
                  "  no address of this processor: the bits above the first index must all be like its top bit\n");
        return;
    }
    lab_print(&c->text, "  table bits    index  entry at    %-*s  maps      what it is\n", ENTRY_DIGITS, "entry");
    for (unsigned i = 0; i < e.count; i++)
        print_step(c, &e.step[i]);
    if (e.is_mapped)
        lab_print(&c->text, "  offset 0x%zx: physical 0x%jx, in frame 0x%jx\n", e.offset, (uintmax_t)e.physical,
                  (uintmax_t)(e.physical / FRAME_SIZE));
    else
        lab_print(&c->text, "  the way ends here: nothing is mapped\n");
    print_touch(c, space, address, false);
    print_touch(c, space, address, true);
}

void translate_run(struct sh_context *c, const char *arguments)
{
    uint64_t address;
    const void *block = desk_block(c, arguments);
    if (block)
        translate_print(c, c->world.space, (vaddr_t)block);
    else if (lab_parse_number(arguments, strlen(arguments), false, &address) == LAB_NUMBER_OK && address <= UINTPTR_MAX)
        translate_print(c, c->world.space, (vaddr_t)address);
    else
        sh_error(c, SH_BAD_INPUT, arguments,
                 "translate takes one address of this width, like 0xC0100000, or a live block's name");
}
