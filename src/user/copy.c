/* Copies from and to a program. Its pages may not be there yet: so each is touched by a probe, which brings it, before it is
 * copied from or to. A copy itself cannot fault then. */
#include "copy.h"

#include <arch/probe.h>
#include <lib/string.h>

/* The first byte of the range on each page; bytes above 0. */
static bool bring(vaddr_t address, size_t bytes, bool write)
{
    const vaddr_t last = address + (bytes - 1);
    for (vaddr_t at = address; at <= last; at = at - at % FRAME_SIZE + FRAME_SIZE) {
        if (write ? arch_probe_write(at, 0) : arch_probe_read(at))
            return false;
    }
    return true;
}

bool user_copy_in(struct vmm_space *space, void *to, vaddr_t from, size_t bytes)
{
    if (!user_may_touch(space, from, bytes, false) || (bytes > 0 && !bring(from, bytes, false)))
        return false;
    memcpy(to, (const void *)from, bytes);
    return true;
}

bool user_copy_out(struct vmm_space *space, vaddr_t to, const void *from, size_t bytes)
{
    if (!user_may_touch(space, to, bytes, true) || (bytes > 0 && !bring(to, bytes, true)))
        return false;
    memcpy((void *)to, from, bytes);
    return true;
}
