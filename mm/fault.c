/* The verdict on a page fault, from the access and the facts alone.
 *
 *      reserved bit set?   bad entry
 *      forbidden?          protection, wherever a mapping or the region has a say in it
 *      mapped?             a write to the zero page: copy        else: spurious
 *      else by place:      demand: map a frame        zero: a write maps a frame, a read the zero page
 *                          resident: bad entry        guard page, beyond commit, nowhere: say so
 *
 * Whether the page is mapped is asked of the page tables, not of the processor: what it reports may be out of date.
 */
#include <mm/fault.h>

static bool is_permitted(const struct fault_access *access, const struct fault_rights *rights)
{
    bool may_fetch = rights->exec && access->user == rights->user; /* the kernel runs no code of programs */
    return (!access->write || rights->write) && (!access->fetch || may_fetch) && (!access->user || rights->user);
}

/* For a page that is not mapped. */
static enum fault_verdict decide_by_place(const struct fault_access *access, enum fault_place place)
{
    switch (place) {
    case FAULT_PLACE_DEMAND:
        return FAULT_MAP_FRAME;
    case FAULT_PLACE_ZERO:
        return access->write ? FAULT_MAP_FRAME : FAULT_MAP_ZERO;
    case FAULT_PLACE_RESIDENT:
        return FAULT_BAD_ENTRY;
    case FAULT_PLACE_GUARD:
        return FAULT_GUARD;
    case FAULT_PLACE_BEYOND:
        return FAULT_BEYOND;
    default:
        return FAULT_WILD;
    }
}

enum fault_verdict fault_decide(const struct fault_access *access, const struct fault_facts *facts)
{
    bool has_rights = facts->is_mapped || facts->place == FAULT_PLACE_DEMAND || facts->place == FAULT_PLACE_ZERO;
    if (access->reserved)
        return FAULT_BAD_ENTRY;
    if (has_rights && !is_permitted(access, &facts->rights))
        return FAULT_PROTECTION;
    if (!facts->is_mapped)
        return decide_by_place(access, facts->place);
    return facts->is_zero_page && access->write ? FAULT_COPY : FAULT_SPURIOUS;
}

const char *fault_verdict_text(enum fault_verdict verdict)
{
    static const char *const text[FAULT_VERDICT_COUNT] = {
        [FAULT_MAP_FRAME] = "first touch of demand memory",
        [FAULT_MAP_ZERO] = "first read: the zero page serves",
        [FAULT_COPY] = "first write to a zero page",
        [FAULT_SPURIOUS] = "stale translation",
        [FAULT_PROTECTION] = "the page forbids this access",
        [FAULT_GUARD] = "guard page hit",
        [FAULT_BEYOND] = "beyond what the region has committed",
        [FAULT_WILD] = "nothing is mapped there",
        [FAULT_BAD_ENTRY] = "damaged page-table entry",
        [FAULT_NO_FRAME] = "its page frame was refused on purpose",
    };
    return verdict < FAULT_VERDICT_COUNT ? text[verdict] : "unknown verdict";
}
