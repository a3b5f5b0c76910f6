/* What a page fault means: pure policy. The trap code asks, vmm.c carries out what the verdict says. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <stdbool.h>

/* What the processor reports of the access. */
struct fault_access {
    bool present;                        /* the page was mapped: its rights forbade the access */
    bool write, user, fetch, reserved;
};

/* What lies at the address. */
enum fault_place {
    FAULT_PLACE_NOWHERE,                 /* no region */
    FAULT_PLACE_GUARD,                   /* the guard page below or above a region */
    FAULT_PLACE_BEYOND,                  /* in a region, but not committed */
    FAULT_PLACE_RESIDENT,                /* committed memory whose frames came at commit */
    FAULT_PLACE_DEMAND,                  /* committed memory whose frames come at first touch */
};

enum fault_verdict {
    FAULT_MAP_FRAME,                     /* first touch: bring a frame and go on */
    FAULT_PROTECTION,                    /* the page is there and forbids this */
    FAULT_GUARD,                         /* ran off a region's end */
    FAULT_BEYOND,                        /* touched what the region has not committed */
    FAULT_WILD,                          /* nothing was ever there */
    FAULT_BAD_ENTRY,                     /* a page-table entry is damaged */
};

enum fault_verdict fault_decide(const struct fault_access *access, enum fault_place place);

/* A few words for a report: "guard page hit", ... */
const char *fault_verdict_text(enum fault_verdict verdict);

#endif
