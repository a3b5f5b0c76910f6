/* Whose memory it is: the check before every copy from or to a program. Pure: it asks the regions, and touches nothing. */
#include "copy.h"

bool user_may_touch(struct vmm_space *space, vaddr_t address, size_t bytes, bool write)
{
    const unsigned wanted = PT_USER | (write ? PT_WRITE : 0);
    const struct vmm_region *r = vmm_region_at(space, address);
    if (bytes == 0)
        return true;
    if (!r || (r->rights & wanted) != wanted)
        return false;
    vaddr_t offset = address - r->base; /* in the guard page below it wraps, and is too large */
    return offset < r->committed && bytes <= r->committed - offset;
}
