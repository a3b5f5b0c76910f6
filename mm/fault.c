/* The verdict on a page fault, from the access and the facts alone.
 *
 *      reserved bit set?   bad entry
 *      mapped?             permitted: spurious        forbidden: protection
 *      else by place:      demand, permitted: map a frame        demand, forbidden: protection
 *                          resident: bad entry        guard page, beyond commit, nowhere: say so
 *
 * Whether the page is mapped is asked of the page tables, not of the processor: what it reports may be out of date.
 */
#include <mm/fault.h>

static bool is_permitted(const struct fault_access *access, const struct fault_rights *rights)
{
    return (!access->write || rights->write) && (!access->fetch || rights->exec) && (!access->user || rights->user);
}

enum fault_verdict fault_decide(const struct fault_access *access, const struct fault_facts *facts)
{
    if (access->reserved)
        return FAULT_BAD_ENTRY;
    if (facts->is_mapped)
        return is_permitted(access, &facts->rights) ? FAULT_SPURIOUS : FAULT_PROTECTION;
    switch (facts->place) {
    case FAULT_PLACE_DEMAND:
        return is_permitted(access, &facts->rights) ? FAULT_MAP_FRAME : FAULT_PROTECTION;
    case FAULT_PLACE_RESIDENT:
        return FAULT_BAD_ENTRY;
    case FAULT_PLACE_GUARD:
        return FAULT_GUARD;
    case FAULT_PLACE_BEYOND:
        return FAULT_BEYOND;
    case FAULT_PLACE_NOWHERE:
        break;
    }
    return FAULT_WILD;
}

const char *fault_verdict_text(enum fault_verdict verdict)
{
    static const char *const text[FAULT_VERDICT_COUNT] = {
        [FAULT_MAP_FRAME] = "first touch of demand memory",      [FAULT_SPURIOUS] = "stale translation",
        [FAULT_PROTECTION] = "the page forbids this access",     [FAULT_GUARD] = "guard page hit",
        [FAULT_BEYOND] = "beyond what the region has committed", [FAULT_WILD] = "nothing is mapped there",
        [FAULT_BAD_ENTRY] = "damaged page-table entry",
    };
    return verdict < FAULT_VERDICT_COUNT ? text[verdict] : "unknown verdict";
}
