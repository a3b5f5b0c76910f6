/* Running a program: the clock around it, its system calls, faults and the timer's ticks, each of which may end it.
 *
 * What the measurement of a call costs is learned before, from one of nothing, and taken off for each call.
 */
#include <arch/irq.h>

#include "private.h"

/* The program under way; NULL: none. Set while nothing runs, read by handlers. */
static struct user_program *volatile current;

/* ---- the clock ---- */

static struct {
    uint64_t before, vm_before; /* of the call under way */
    uint64_t in_calls;          /* cycles measured in calls so far */
    uint64_t calls;             /* measured so far */
    uint64_t written;           /* cycles that the console took */
} meter;

static uint64_t vm_now(const struct user_program *p)
{
    return p->request->vm_clock(p->request->vm_clock_context);
}

/* Never inlined: around nothing they take the very same way as around a call. */
__attribute__((noinline)) static void meter_begin(const struct user_program *p)
{
    meter.vm_before = vm_now(p);
    meter.before = arch_own_cycles();
}

__attribute__((noinline)) static void meter_end(const struct user_program *p)
{
    uint64_t after = arch_own_cycles(), vm_after = vm_now(p);
    meter.in_calls += after - meter.before - (vm_after - meter.vm_before);
    meter.calls++;
}

struct learned {
    uint64_t inside, around; /* cycles that an empty measurement shows, and that it takes as a whole */
};

static struct learned learn(const struct user_program *p)
{
    enum { ROUNDS = 8 };
    struct learned least = {UINT64_MAX, UINT64_MAX};
    for (int i = 0; i < ROUNDS; i++) {
        meter.in_calls = 0;
        uint64_t start = arch_own_cycles();
        uint64_t empty = arch_own_cycles() - start;
        start = arch_own_cycles();
        meter_begin(p);
        meter_end(p);
        uint64_t around = arch_own_cycles() - start - empty;
        least.around = around < least.around ? around : least.around;
        least.inside = meter.in_calls < least.inside ? meter.in_calls : least.inside;
    }
    meter.in_calls = meter.calls = meter.written = 0;
    return least;
}

void user_count_written(uint64_t cycles)
{
    meter.written += cycles;
}

/* ---- what the processor brings back ---- */

uintptr_t kernel_user_call(const struct arch_user_call *call)
{
    struct user_program *p = current;
    meter_begin(p);
    uintptr_t result = user_serve(p, call);
    meter_end(p);
    return result;
}

void kernel_user_fault(const struct arch_trap *trap)
{
    struct user_program *p = current;
    const struct arch_access seen = arch_access_of(trap->error);
    const struct fault_access access = {.present = seen.present,
                                        .write = seen.write,
                                        .user = seen.user,
                                        .fetch = seen.fetch,
                                        .reserved = seen.reserved};
    p->end = USER_FAULTED;
    p->trap = *trap;
    if (trap->vector == ARCH_TRAP_PAGE_FAULT)
        p->verdict = vmm_judge(p->kernel, trap->address, &access);
    if (fault_is_resolved(p->verdict)) /* it could have been: a frame was refused on purpose */
        p->verdict = FAULT_NO_FRAME;
}

void user_tick(unsigned hz)
{
    struct user_program *p = current;
    if (!p || ++p->ticks <= (uint64_t)USER_SECONDS * hz << p->request->slowdown)
        return;
    if (p->end == USER_RUNS)
        p->end = USER_OUT_OF_TIME;
    arch_user_stop();
}

/* ---- the run ---- */

static uint64_t faults_of(const struct user_program *p)
{
    const struct kheap *k = &p->block_memory;
    uint64_t faults = p->space.count.faults;
    if (p->has_blocks)
        faults += k->bytes->count.faults + k->starts->count.faults;
    return faults;
}

static size_t frames_of(const struct user_program *p)
{
    const struct kheap *k = &p->block_memory;
    size_t frames = p->paging.pt.tables;
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &p->space.regions[i];
        frames += r->name ? r->frames - r->tables : 0;
    }
    return frames + (p->has_blocks ? k->bytes->frames + k->starts->frames : 0);
}

/* The cycles between start and end, without what is not the program's doing. */
static void settle(struct user_program *p, uint64_t all, uint64_t vm, const struct learned *l)
{
    p->cycles.vm = vm;
    p->cycles.calls = meter.in_calls - meter.calls * l->inside - meter.written;
    p->cycles.all = all - meter.calls * l->around - meter.written;
    p->cycles.call = p->result.call_cycles > l->around ? p->result.call_cycles - l->around : 0;
}

void user_run(struct user_program *p)
{
    const struct arch_user_start start = {.ip = p->entry, .sp = p->sp, .argument = p->sp};
    const struct learned learned = learn(p);
    uint64_t faults = faults_of(p);
    vmm_switch(p->kernel, &p->space);
    current = p;
    uint64_t vm_before = vm_now(p), before = arch_own_cycles();
    arch_user_run(&start);
    uint64_t after = arch_own_cycles(), vm_after = vm_now(p);
    current = NULL;
    vmm_switch(p->kernel, NULL);
    settle(p, after - before, vm_after - vm_before, &learned);
    p->count.faults = faults_of(p) - faults;
    p->frames = frames_of(p);
}
