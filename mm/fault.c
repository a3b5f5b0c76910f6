/* The verdict on a page fault, from the access and the place alone. */
#include <mm/fault.h>

enum fault_verdict fault_decide(const struct fault_access *access, enum fault_place place)
{
    if (access->reserved)
        return FAULT_BAD_ENTRY;
    if (access->present)
        return FAULT_PROTECTION;
    switch (place) {
    case FAULT_PLACE_DEMAND:             /* data only: kfit runs no code from regions */
        return access->fetch || access->user ? FAULT_PROTECTION : FAULT_MAP_FRAME;
    case FAULT_PLACE_RESIDENT:           /* committed, so its page must be mapped: the tables are damaged */
        return FAULT_BAD_ENTRY;
    case FAULT_PLACE_GUARD:
        return FAULT_GUARD;
    case FAULT_PLACE_BEYOND:
        return FAULT_BEYOND;
    default:
        return FAULT_WILD;
    }
}

const char *fault_verdict_text(enum fault_verdict verdict)
{
    switch (verdict) {
    case FAULT_MAP_FRAME:
        return "first touch of demand memory";
    case FAULT_PROTECTION:
        return "the page forbids this access";
    case FAULT_GUARD:
        return "guard page hit";
    case FAULT_BEYOND:
        return "beyond what the region has committed";
    case FAULT_BAD_ENTRY:
        return "damaged page-table entry";
    default:
        return "nothing is mapped there";
    }
}
