/* Page faults: the facts at an address, the verdict on them (fault.c), and what it asks for. */
#include "vmm_private.h"

static enum fault_place place_of(const struct vmm_region *r, vaddr_t address)
{
    if (!r)
        return FAULT_PLACE_NOWHERE;
    if (address - r->base >= r->reserve)
        return FAULT_PLACE_GUARD;
    if (address - r->base >= r->committed)
        return FAULT_PLACE_BEYOND; /* V2 */
    return r->backing == VMM_DEMAND ? FAULT_PLACE_DEMAND
           : r->backing == VMM_ZERO ? FAULT_PLACE_ZERO
                                    : FAULT_PLACE_RESIDENT;
}

static struct fault_facts facts_at(const struct vmm_space *space, const struct vmm_region *r, vaddr_t address)
{
    struct pt_leaf leaf;
    bool is_mapped = pt_query(&space->paging->pt, address, &leaf);
    bool is_zero_page = is_mapped && r && r->backing == VMM_ZERO && leaf.frame == space->zero_page; /* V5 */
    unsigned rights = is_mapped && !is_zero_page ? leaf.flags : r ? r->rights : 0;
    return (struct fault_facts){
        .place = place_of(r, address),
        .is_mapped = is_mapped,
        .is_zero_page = is_zero_page,
        .rights = {.write = rights & PT_WRITE, .exec = rights & PT_EXEC, .user = rights & PT_USER},
    };
}

static void count(struct vmm_faults *faults, enum fault_verdict verdict)
{
    faults->faults++;
    faults->zero_hits += verdict == FAULT_MAP_ZERO;
    faults->copies += verdict == FAULT_COPY;
}

static enum fault_verdict carry_out(struct vmm_region *r, vaddr_t page, enum fault_verdict verdict)
{
    if (verdict == FAULT_MAP_ZERO)
        vmm_bring_zero(r, page);
    else if (vmm_bring(r, page) != PMM_OK)
        return FAULT_NO_FRAME;
    count(&r->count, verdict);
    count(&r->space->count, verdict);
    return verdict;
}

static struct vmm_space *space_of(struct vmm_space *kernel, vaddr_t address)
{
    struct vmm_space *other = kernel->in_force;
    return other && address <= other->paging->pt.last ? other : kernel;
}

bool vmm_zero_page_is_intact(const struct vmm_space *space)
{
    const struct paging_machine *machine = &space->paging->machine;
    const size_t *words = machine->at(machine->context, space->zero_page);
    for (size_t i = 0; i < FRAME_SIZE / sizeof *words; i++) {
        if (words[i] != 0)
            return false;
    }
    return true;
}

enum fault_verdict vmm_judge(struct vmm_space *kernel, vaddr_t address, const struct fault_access *access)
{
    struct vmm_space *space = space_of(kernel, address);
    struct fault_facts facts = facts_at(space, vmm_region_at(space, address), address);
    return fault_decide(access, &facts);
}

enum fault_verdict vmm_handle_fault(struct vmm_space *kernel, vaddr_t address, const struct fault_access *access)
{
    struct vmm_space *space = space_of(kernel, address);
    const struct paging_machine *machine = &space->paging->machine;
    enum fault_verdict verdict = vmm_judge(space, address, access);
    if (verdict == FAULT_MAP_FRAME || verdict == FAULT_MAP_ZERO || verdict == FAULT_COPY)
        return carry_out(vmm_region_at(space, address), address - address % FRAME_SIZE, verdict);
    if (verdict == FAULT_SPURIOUS)
        machine->invalidate(machine->context, address);
    return verdict;
}
