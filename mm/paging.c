/* Page tables of address spaces: table frames come from the frame allocator's direct zone and go back there. */
#include <mm/paging.h>

static bool take_frame(void *context, paddr_t *frame)
{
    struct paging *paging = context;
    return pmm_alloc(paging->pmm, PMM_DIRECT, frame) == PMM_OK;
}

static void give_frame(void *context, paddr_t frame)
{
    struct paging *paging = context;
    pmm_give_back(paging->pmm, frame, 1);
}

static void *frame_at(void *context, paddr_t frame)
{
    const struct paging *paging = context;
    return paging->machine.at(paging->machine.context, frame);
}

static void invalidate(void *context, vaddr_t address)
{
    const struct paging *paging = context;
    paging->machine.invalidate(paging->machine.context, address);
}

static void connect(struct paging *paging, struct pmm *pmm, const struct paging_machine *machine)
{
    paging->pmm = pmm;
    paging->machine = *machine;
    paging->world = (struct pt_world){
        .context = paging, .take = take_frame, .give = give_frame, .at = frame_at, .invalidate = invalidate};
}

enum pt_status paging_init(struct paging *paging, struct pmm *pmm, const struct paging_machine *machine)
{
    connect(paging, pmm, machine);
    return pt_init(&paging->pt, &paging->world, machine->has_nx);
}

enum pt_status paging_share(struct paging *paging, struct paging *kernel, vaddr_t from)
{
    connect(paging, kernel->pmm, &kernel->machine);
    return pt_share(&paging->pt, &paging->world, &kernel->pt, from);
}

void paging_destroy(struct paging *paging)
{
    pt_destroy(&paging->pt);
}
