/* What a page fault means: pure policy. The trap code asks vmm.c, which gathers the facts, asks here and carries the
 * verdict out. No state, no allocation, any context. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <stdbool.h>

/* What the processor reports of the access: its error code, decoded. */
struct fault_access {
    bool present;  /* the processor knew a translation: rights forbade the access */
    bool write;    /* else a read */
    bool user;     /* by a program outside the kernel */
    bool fetch;    /* of an instruction; only where the processor tells */
    bool reserved; /* an entry on the way had a reserved bit set */
};

/* What lies at the address. */
enum fault_place {
    FAULT_PLACE_NOWHERE,  /* no region: the kernel image, the physical map, or nothing */
    FAULT_PLACE_GUARD,    /* the guard page below or above a region */
    FAULT_PLACE_BEYOND,   /* in a region, but not committed */
    FAULT_PLACE_RESIDENT, /* committed memory whose frames came at commit */
    FAULT_PLACE_DEMAND,   /* committed memory whose frames come at first touch */
    FAULT_PLACE_ZERO,     /* the same, but the shared zero page serves until the first write */
    FAULT_PLACE_COUNT
};

struct fault_rights {
    bool write, exec, user;
};

struct fault_facts {
    enum fault_place place;
    bool is_mapped;             /* by the page tables, now */
    bool is_zero_page;          /* to the shared zero page; only where is_mapped */
    struct fault_rights rights; /* of the mapping if there is one, but never the zero page's; else of the region */
};

enum fault_verdict {
    FAULT_MAP_FRAME,  /* first touch: bring a frame and go on */
    FAULT_MAP_ZERO,   /* first touch, a read: show the shared zero page and go on */
    FAULT_COPY,       /* first write to a page that shows the zero page: bring a frame of its own and go on */
    FAULT_SPURIOUS,   /* mapped and permitted: the translation was stale, forget it and go on */
    FAULT_PROTECTION, /* rights forbid this */
    FAULT_GUARD,      /* ran off a region's end */
    FAULT_BEYOND,     /* touched what the region has not committed */
    FAULT_WILD,       /* nothing was ever there */
    FAULT_BAD_ENTRY,  /* a page-table entry is damaged: a reserved bit, or committed memory that is not mapped */
    FAULT_NO_FRAME,   /* a frame was due and could not be had: never a verdict, but what may come of one */
    FAULT_VERDICT_COUNT
};

/* Never FAULT_NO_FRAME. */
enum fault_verdict fault_decide(const struct fault_access *access, const struct fault_facts *facts);

/* Whether the access can be tried again once the verdict is carried out. */
static inline bool fault_is_resolved(enum fault_verdict verdict)
{
    return verdict <= FAULT_SPURIOUS;
}

/* A few words for a report: "guard page hit", ... */
const char *fault_verdict_text(enum fault_verdict verdict);

#endif
