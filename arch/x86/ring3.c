/* User mode at both widths: the way into a program, its system calls and faults, and the way back.
 *
 *      ring3_enter (ring3.asm of each width) keeps the kernel's registers on the stack, notes the stack pointer in the task
 *      segment, where entries from ring 3 begin, and returns from an interrupt that never was, into ring 3. ring3_leave takes
 *      the same stack pointer and returns as if ring3_enter were done.
 *
 * The processor has faster ways into ring 0, which lead where a firmware may have set them to lead. They are closed.
 */
#include <arch/irq.h>
#include <arch/user.h>
#include <lib/assert.h>

#include "cpuid.h"
#include "trap.h"

/* ring3.asm. `slot`: ring3_stack_slot(). */
void ring3_enter(const struct arch_user_start *start, void *slot);
_Noreturn void ring3_leave(void *slot);

volatile uintptr_t ring3_stopped;
static bool is_running;

/* `syscall` is undefined without EFER.SCE, `sysenter` faults without a code segment (Intel SDM volume 3, sections 5.8.7 and
 * 5.8.8). */
void ring3_init(void)
{
    enum { MSR_SYSENTER_CS = 0x174 };
    if (cpuid(1).edx >> 11 & 1)
        msr_write(MSR_SYSENTER_CS, 0);
    if (cpuid_has(0x80000001) && cpuid(0x80000001).edx & (1u << 11 | 1u << 29))
        msr_write(MSR_EFER, msr_read(MSR_EFER) & ~(uint64_t)1);
}

void arch_user_run(const struct arch_user_start *start)
{
    ASSERT(!is_running);
    is_running = true;
    ring3_stopped = 0;
    ring3_enter(start, ring3_stack_slot());
    is_running = false;
    ring3_stopped = 0;
}

void arch_user_stop(void)
{
    ring3_stopped = 3;
}

void ring3_call(struct trap_frame *frame)
{
    const struct arch_user_call call = trap_frame_call(frame);
    arch_irq_restore(true);
    *trap_frame_result(frame) = kernel_user_call(&call);
    arch_irq_disable();
}

void ring3_fault(const struct trap_frame *frame)
{
    struct arch_trap trap;
    trap_describe(&trap, (unsigned)frame->vector, frame->error);
    trap_fill(&trap, frame);
    kernel_user_fault(&trap);
    arch_user_stop();
}

_Noreturn void ring3_return(void)
{
    ring3_leave(ring3_stack_slot());
}
