/* The addresses of regions: whole last-level tables each, the lowest free range first. */
#include "vmm_private.h"

#include <lib/assert.h>

size_t vmm_round_up(size_t bytes, size_t unit)
{
    size_t rest = bytes % unit;
    return rest == 0 ? bytes : bytes > SIZE_MAX - (unit - rest) ? 0 : bytes + (unit - rest);
}

/* Reserve and upper guard in whole tables; 0 if that does not fit. */
static size_t span_of(size_t reserve)
{
    return reserve > SIZE_MAX - FRAME_SIZE ? 0 : vmm_round_up(reserve + FRAME_SIZE, VMM_REGION_ALIGN);
}

size_t vmm_range_span(const struct vmm_region *r)
{
    return span_of(r->reserve);
}

/* A region that begins in [base, base + span), or NULL. None reaches in from below: base is where the window begins,
 * or where some region's span ends. */
static const struct vmm_region *region_in(const struct vmm_space *space, vaddr_t base, size_t span)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name && r->base - base < span)
            return r;
    }
    return NULL;
}

/* The lowest range of `span` bytes that no region uses; the first table's span is left out as a lower guard. 0: none.
 * */
static vaddr_t find_range(const struct vmm_space *space, size_t span)
{
    vaddr_t base = vmm_round_up(space->first, VMM_REGION_ALIGN) + VMM_REGION_ALIGN;
    while (base > space->first && base <= space->last && span - 1 <= space->last - base) {
        const struct vmm_region *in_the_way = region_in(space, base, span);
        if (!in_the_way)
            return base; /* V1 */
        base = in_the_way->base + vmm_range_span(in_the_way);
    }
    return 0;
}

/* Whether no region's span meets [base, base + span), and the space holds it with a table's span below as a guard. */
static bool is_range_free(const struct vmm_space *space, vaddr_t base, size_t span)
{
    if (base % VMM_REGION_ALIGN != 0 || base < vmm_round_up(space->first, VMM_REGION_ALIGN) + VMM_REGION_ALIGN ||
        base > space->last || span - 1 > space->last - base)
        return false;
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name && (r->base - base < span || base - r->base < vmm_range_span(r)))
            return false;
    }
    return true;
}

static vaddr_t choose_range(const struct vmm_space *space, vaddr_t wanted, size_t span)
{
    if (wanted == 0)
        return find_range(space, span);
    return is_range_free(space, wanted, span) ? wanted : 0;
}

static struct vmm_region *find_descriptor(struct vmm_space *space)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        if (!space->regions[i].name)
            return &space->regions[i];
    }
    return NULL;
}

enum vmm_status vmm_range_claim(struct vmm_space *space, const struct vmm_region_request *request,
                                struct vmm_region **region)
{
    ASSERT(request->name);
    size_t reserve = vmm_round_up(request->reserve, FRAME_SIZE), span = span_of(reserve);
    struct vmm_region *r = find_descriptor(space);
    if (request->reserve == 0)
        return VMM_BAD_ARGUMENT;
    if (reserve == 0 || span == 0)
        return VMM_NO_ADDRESSES;
    if (!r)
        return VMM_NO_DESCRIPTOR;
    vaddr_t base = choose_range(space, request->base, span);
    if (base == 0)
        return VMM_NO_ADDRESSES;
    *r = (struct vmm_region){
        .name = request->name,
        .space = space,
        .base = base,
        .reserve = reserve,
        .backing = request->backing,
        .is_large = request->is_large,
        .rights = (request->writable ? PT_WRITE : 0) | (request->is_user ? PT_USER : 0),
    };
    *region = r;
    return VMM_OK;
}

struct vmm_region *vmm_region_at(struct vmm_space *space, vaddr_t address)
{
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        struct vmm_region *r = &space->regions[i];
        if (r->name && address - (r->base - FRAME_SIZE) < r->reserve + 2 * FRAME_SIZE)
            return r;
    }
    return NULL;
}
