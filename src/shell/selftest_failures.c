/* Self-tests with failures on purpose. Each scenario is done again and again: first its 1st call that takes memory fails, then
 * its 2nd, and so on until all pass untouched; once with that one call failing, once with all calls from it on. After each
 * round an error must have been told, the frame allocator must be sound, and every frame must be back. */
#include <arch/layout.h>
#include <arch/probe.h>

#include "experiment.h"
#include "programs.h"
#include "selftest.h"

enum {
    ROUNDS_MAX = 2000,    /* far more calls than any scenario makes */
    QUICK_FRAMES = 65536, /* of 256 MiB */
};

enum outcome { DONE, REFUSED, BROKEN };

/* Does something that takes memory, and undoes it. REFUSED: an error was told, and nothing is held. */
typedef enum outcome scenario_fn(struct sh_context *c);

static const struct vmm_region_request page_request = {
    .name = "failures", .reserve = 3 * FRAME_SIZE, .backing = VMM_IMMEDIATE, .writable = true};

/* ---- scenarios ---- */

static enum outcome grow_region(struct sh_context *c, enum vmm_backing backing, bool is_large)
{
    const size_t bytes = page_request.reserve;
    struct vmm_region *r;
    struct vmm_region_request request = page_request;
    request.backing = backing;
    request.is_large = is_large;
    request.reserve = is_large ? VMM_REGION_ALIGN : bytes; /* so that a leaf fits in */
    if (vmm_region_create(c->world.space, &request, &r) != VMM_OK)
        return REFUSED;
    enum outcome outcome =
        vmm_region_grow(r, bytes / 3) == VMM_OK && vmm_region_grow(r, bytes) == VMM_OK ? DONE : REFUSED;
    vmm_region_destroy(r);
    return outcome;
}

static enum outcome create_region(struct sh_context *c)
{
    struct vmm_region *r;
    if (vmm_region_create(c->world.space, &page_request, &r) != VMM_OK)
        return REFUSED;
    vmm_region_destroy(r);
    return DONE;
}

static enum outcome grow_at_once(struct sh_context *c)
{
    return grow_region(c, VMM_IMMEDIATE, false);
}

static enum outcome grow_on_demand(struct sh_context *c)
{
    return grow_region(c, VMM_DEMAND, false);
}

/* Falls back to pages where it gets no run: then it is slower, not refused. */
static enum outcome grow_large(struct sh_context *c)
{
    return grow_region(c, VMM_IMMEDIATE, true);
}

static enum outcome map_range(struct sh_context *c)
{
    void *address;
    struct vmm_region *r;
    if (vmm_map_physical(c->world.space, "failures", 0, page_request.reserve, 0, &address, &r) != VMM_OK)
        return REFUSED;
    vmm_region_destroy(r);
    return DONE;
}

/* A fault that finds no frame is told by the probe. */
static enum outcome touch_pages(struct sh_context *c, enum vmm_backing backing)
{
    struct vmm_region *r;
    struct vmm_region_request request = page_request;
    request.backing = backing;
    if (vmm_region_create(c->world.space, &request, &r) != VMM_OK)
        return REFUSED;
    bool is_there = vmm_region_grow(r, request.reserve) == VMM_OK;
    for (vaddr_t page = r->base; is_there && page < r->base + request.reserve; page += FRAME_SIZE)
        is_there = !arch_probe_read(page) && !arch_probe_write(page, 1);
    vmm_region_destroy(r);
    return is_there ? DONE : REFUSED;
}

static enum outcome touch_on_demand(struct sh_context *c)
{
    return touch_pages(c, VMM_DEMAND);
}

static enum outcome touch_zero_pages(struct sh_context *c)
{
    return touch_pages(c, VMM_ZERO);
}

static enum outcome create_space(struct sh_context *c)
{
    static struct vmm_space space;
    static struct paging paging;
    const struct vmm_window window = {
        .first = arch_layout.user_first, .last = arch_layout.user_last, .kernel_from = arch_layout.kernel_from};
    struct vmm_region *r;
    if (vmm_space_create(&space, &paging, c->world.space, &window) != VMM_OK)
        return REFUSED;
    bool is_there =
        vmm_region_create(&space, &page_request, &r) == VMM_OK && vmm_region_grow(r, page_request.reserve) == VMM_OK;
    vmm_space_destroy(&space);
    return is_there ? DONE : REFUSED;
}

/* A few dozen operations under the first allocator of the options. The memory comes at once: a page fault that finds no
 * frame is a panic, as it must be, and has its own scenario. */
static enum outcome replay(struct sh_context *c)
{
    static const char parameters[] = "ops=60:live=12:size=200-3000:resize=200";
    const struct lab_workload *churn = lab_workload_find("churn", 5);
    struct lab_values values;
    struct lab_program program;
    struct lab_result result;
    struct lab_run run;
    enum outcome outcome = BROKEN;
    size_t mark = c->arena.used;
    if (lab_workload_values(churn, parameters, sizeof parameters - 1, 1, &values, NULL) &&
        churn->make(&values, &c->arena, &program) &&
        experiment_prepare(c, &c->options, &c->options.allocs[0], "selftest", &run)) {
        world_set_memory(&c->world, VMM_IMMEDIATE, false);
        enum lab_status status = lab_run_program(&c->world.lab, &c->arena, &program, &run, &result);
        bool is_refused = status == LAB_NO_REGION || status == LAB_NO_SCRATCH ||
                          (status == LAB_OK && result.failed > 0 && result.memory.frames_leaked == 0);
        outcome = status == LAB_OK && result.failed == 0 ? DONE : is_refused ? REFUSED : BROKEN;
    }
    lab_arena_release(&c->arena, mark);
    return outcome;
}

/* In a boot without programs there is nothing that could fail. */
static enum outcome run_program(struct sh_context *c)
{
    return programs_try(c, "kernel-heap") == PROGRAMS_REFUSED ? REFUSED : DONE;
}

/* ---- the rounds ---- */

static bool is_whole(struct sh_context *c, size_t free_frames)
{
    const struct pmm *pmm = c->world.space->paging->pmm;
    return pmm->free == free_frames && pmm->reserved == 0;
}

/* Call `k` fails, or all from it on. *is_over: there were fewer calls, and it went well after all the failures before. */
static bool round_holds(struct sh_context *c, scenario_fn *scenario, struct injection_plan plan, bool *is_over)
{
    size_t free_before = c->world.space->paging->pmm->free;
    injection_arm(&c->injection, &plan);
    enum outcome outcome = scenario(c);
    uint64_t failed = c->injection.pmm.failed + c->injection.vmm.failed + c->injection.heap.failed;
    *is_over = failed == 0;
    injection_arm(&c->injection, &(struct injection_plan){.where = INJECTION_NONE});
    bool is_told = failed == 0 ? outcome == DONE : outcome == REFUSED || (outcome == DONE && scenario == grow_large);
    return is_told && is_whole(c, free_before);
}

static bool survives(struct sh_context *c, scenario_fn *scenario, enum injection_where where)
{
    if (scenario(c) != DONE) /* untouched: scratch memory it takes for good is taken now */
        return false;
    for (int mode = 0; mode < 2; mode++) {
        bool is_over = false;
        for (uint64_t k = 1; !is_over; k++) {
            struct injection_plan plan = {.where = where, .how = {.nth = mode == 0 ? k : 0, .from = mode == 1 ? k : 0}};
            if (k > ROUNDS_MAX || !round_holds(c, scenario, plan, &is_over))
                return false;
        }
    }
    return true;
}

/* Frames and regions; what was planned at boot goes on afterwards. The whole frame allocator is gone over after each
 * scenario where that is quick, on every machine once at the end. */
static bool survives_all(struct sh_context *c, scenario_fn *scenario)
{
    const struct pmm *pmm = c->world.space->paging->pmm;
    struct injection kept = c->injection;
    bool holds = survives(c, scenario, INJECTION_PMM) && survives(c, scenario, INJECTION_VMM);
    c->injection = kept;
    return holds && (pmm->total > QUICK_FRAMES || pmm_check(pmm));
}

static bool region_create_holds(struct sh_context *c)
{
    return survives_all(c, create_region);
}

static bool map_range_holds(struct sh_context *c)
{
    return survives_all(c, map_range);
}

static bool growth_holds(struct sh_context *c)
{
    return survives_all(c, grow_at_once) && survives_all(c, grow_on_demand);
}

static bool large_leaf_holds(struct sh_context *c)
{
    return survives_all(c, grow_large);
}

static bool faults_hold(struct sh_context *c)
{
    return survives_all(c, touch_on_demand) && survives_all(c, touch_zero_pages);
}

static bool space_create_holds(struct sh_context *c)
{
    return survives_all(c, create_space);
}

static bool replay_holds(struct sh_context *c)
{
    struct injection kept = c->injection;
    bool holds = survives_all(c, replay) && survives(c, replay, INJECTION_HEAP);
    c->injection = kept;
    return holds;
}

static bool program_holds(struct sh_context *c)
{
    return survives_all(c, run_program);
}

static bool frames_are_sound(struct sh_context *c)
{
    return pmm_check(c->world.space->paging->pmm);
}

const struct selftest selftest_failures[] = {
    {"every failure on purpose is told and undone: making a region", region_create_holds},
    {"... mapping a range", map_range_holds},
    {"... growth, at once and on demand", growth_holds},
    {"... a large leaf, which falls back to pages", large_leaf_holds},
    {"... page faults, on demand and from the zero page", faults_hold},
    {"... an address space", space_create_holds},
    {"... a replay under an allocator", replay_holds},
    {"... a program in user mode", program_holds},
    {"the frame allocator is sound after all that", frames_are_sound},
    {NULL, NULL},
};
