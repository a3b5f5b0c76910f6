/* The backing methods side by side. Each method gets a region of a few pages, all committed, which are touched in a fixed
 * order; before each touch the memory core is asked what it will do, after it how many frames are behind the region. */
#include "backing.h"

enum { PAGES = 6, METHODS = 3, TOUCHES = 6 };

static const enum vmm_backing methods[METHODS] = {VMM_IMMEDIATE, VMM_DEMAND, VMM_ZERO};

static const struct touch {
    bool write;
    size_t page;
    enum fault_verdict expected[METHODS]; /* FAULT_SPURIOUS: no fault */
} touches[TOUCHES] = {
    {false, 0, {FAULT_SPURIOUS, FAULT_MAP_FRAME, FAULT_MAP_ZERO}},
    {true, 0, {FAULT_SPURIOUS, FAULT_SPURIOUS, FAULT_COPY}},
    {true, 1, {FAULT_SPURIOUS, FAULT_MAP_FRAME, FAULT_MAP_FRAME}},
    {false, 2, {FAULT_SPURIOUS, FAULT_MAP_FRAME, FAULT_MAP_ZERO}},
    {false, 3, {FAULT_SPURIOUS, FAULT_MAP_FRAME, FAULT_MAP_ZERO}},
    {false, 3, {FAULT_SPURIOUS, FAULT_SPURIOUS, FAULT_SPURIOUS}},
};

/* What one method did. */
struct column {
    size_t frames_committed;
    enum fault_verdict verdict[TOUCHES];
    size_t frames[TOUCHES]; /* after each touch, page tables not counted */
    struct vmm_faults count;
    bool reads_zeros;
};

static size_t data_frames(const struct vmm_region *r)
{
    return r->frames - r->tables;
}

static void touch_page(struct vmm_region *r, const struct touch *touch, struct column *column, size_t i)
{
    volatile unsigned char *byte = (volatile unsigned char *)(r->base + touch->page * FRAME_SIZE + 100);
    struct fault_access access = {.write = touch->write};
    column->verdict[i] = vmm_judge(r->space, (vaddr_t)byte, &access);
    if (touch->write)
        *byte = 0xA5;
    else if (*byte != 0) /* no page is read after it was written */
        column->reads_zeros = false;
    column->frames[i] = data_frames(r);
}

/* False: no memory for it. */
static bool fill(struct vmm_space *space, enum vmm_backing backing, struct column *column)
{
    struct vmm_region *r;
    struct vmm_region_request request = {
        .name = "backing", .reserve = PAGES * FRAME_SIZE, .backing = backing, .writable = true};
    if (vmm_region_create(space, &request, &r) != VMM_OK)
        return false;
    bool is_there = vmm_region_grow(r, request.reserve) == VMM_OK;
    *column = (struct column){.frames_committed = data_frames(r), .reads_zeros = true};
    for (size_t i = 0; is_there && i < TOUCHES; i++)
        touch_page(r, &touches[i], column, i);
    column->count = r->count;
    vmm_region_destroy(r);
    return is_there;
}

static bool fill_all(struct sh_context *c, struct column columns[METHODS])
{
    for (size_t m = 0; m < METHODS; m++) {
        if (!fill(c->world.space, methods[m], &columns[m]))
            return false;
    }
    return true;
}

/* ---- the table ---- */

static const char *short_text(enum fault_verdict verdict)
{
    switch (verdict) {
    case FAULT_SPURIOUS:
        return "-";
    case FAULT_MAP_FRAME:
        return "a frame";
    case FAULT_MAP_ZERO:
        return "zero page";
    case FAULT_COPY:
        return "a copy";
    default:
        return fault_verdict_text(verdict);
    }
}

static void print_row(struct sh_context *c, const struct column columns[METHODS], size_t i)
{
    lab_print(&c->text, "  %-5s page %zu    ", touches[i].write ? "write" : "read", touches[i].page);
    for (size_t m = 0; m < METHODS; m++)
        lab_print(&c->text, "  %-12s %6zu", short_text(columns[m].verdict[i]), columns[m].frames[i]);
    lab_print(&c->text, "\n");
}

void backing_show(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    struct column columns[METHODS];
    if (!fill_all(c, columns)) {
        sh_error(c, SH_MACHINE, "backing", "too little memory for six pages: give the machine more");
        return;
    }
    lab_print(&c->text, "%d pages are committed, then touched one after the other.\n\n%16s", PAGES, "");
    for (size_t m = 0; m < METHODS; m++)
        lab_print(&c->text, m + 1 < METHODS ? "  %-19s" : "  %s", vmm_backing_text(methods[m]));
    lab_print(&c->text, "\n%16s", "");
    for (size_t m = 0; m < METHODS; m++)
        lab_print(&c->text, "  fault brings %6s", "frames");
    lab_print(&c->text, "\n  committed     ");
    for (size_t m = 0; m < METHODS; m++)
        lab_print(&c->text, "  %-12s %6zu", "-", columns[m].frames_committed);
    lab_print(&c->text, "\n");
    for (size_t i = 0; i < TOUCHES; i++)
        print_row(c, columns, i);
    lab_print(&c->text, "  faults        ");
    for (size_t m = 0; m < METHODS; m++)
        lab_print(&c->text, m + 1 < METHODS ? "  %-19ju" : "  %ju", (uintmax_t)columns[m].count.faults);
    lab_print(&c->text, "\n");
}

/* ---- the self-test ---- */

static bool column_holds(const struct column *column, size_t m)
{
    uint64_t faults = 0;
    for (size_t i = 0; i < TOUCHES; i++) {
        faults += column->verdict[i] != FAULT_SPURIOUS;
        if (column->verdict[i] != touches[i].expected[m])
            return false;
    }
    return column->reads_zeros && column->count.faults == faults;
}

bool backing_holds(struct sh_context *c)
{
    struct column columns[METHODS];
    const struct pmm *pmm = c->world.space->paging->pmm;
    size_t free_before = pmm->free;
    bool holds = fill_all(c, columns) && pmm->free == free_before;
    for (size_t m = 0; holds && m < METHODS; m++)
        holds = column_holds(&columns[m], m);
    return holds;
}
