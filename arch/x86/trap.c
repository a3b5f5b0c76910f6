/* Exceptions of both widths: the interrupt table, decoding, and the hand-over to the kernel.
 *
 * The stubs (isr.asm) push one layout of registers per width (trap_frame.h) and call trap_enter. Interrupts are off from the
 * gate on to the stub's return, in exceptions and in interrupts (irq.c).
 */
#include "trap.h"

#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/trap.h>
#include <arch/user.h>

#include <stddef.h>

#include "pic.h"

enum { VECTOR_NMI = 2, VECTOR_PROTECTION = 13, VECTOR_MACHINE_CHECK = 18 };

volatile unsigned arch_trap_depth;

static const char *const vector_names[TRAP_EXCEPTIONS] = {
    "divide error",
    "debug",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor segment overrun",
    "invalid task segment",
    "segment not present",
    "stack segment fault",
    "general protection",
    "page fault",
    "reserved vector 15",
    "floating-point error",
    "alignment check",
    "machine check",
    "SIMD floating-point error",
    "virtualization",
    "control protection",
};

/* Error code of a page fault: Intel SDM volume 3, section 4.7. */
struct arch_access arch_access_of(uintptr_t error)
{
    return (struct arch_access){
        .present = error & 1,
        .write = error >> 1 & 1,
        .user = error >> 2 & 1,
        .reserved = error >> 3 & 1,
        .fetch = error >> 4 & 1,
    };
}

void trap_describe(struct arch_trap *trap, unsigned vector, uintptr_t error)
{
    const char *name = vector < TRAP_EXCEPTIONS ? vector_names[vector] : "interrupt";
    *trap = (struct arch_trap){.vector = vector, .name = name ? name : "reserved exception", .error = error};
    trap->has_selector = vector >= 10 && vector <= 13;
    trap->has_address = vector == ARCH_TRAP_PAGE_FAULT || vector == ARCH_TRAP_DOUBLE_FAULT;
    if (trap->has_address)
        trap->address = arch_fault_address();
}

void trap_add_register(struct arch_trap *trap, const char *name, uintptr_t value)
{
    trap->register_name[trap->register_count] = name;
    trap->register_value[trap->register_count] = value;
    trap->register_count++;
}

/* Whether it goes on where the exception happened, or where a probe wants to. A processor that has stopped for good
 * stays so: arch_halt halts again. */
static bool is_resolved(struct trap_frame *frame, uint64_t entered)
{
    if (frame->vector == VECTOR_NMI)
        return cpu_is_stopped;
    if (frame->vector == ARCH_TRAP_PAGE_FAULT) {
        struct arch_access access = arch_access_of(frame->error);
        if (kernel_page_fault(arch_fault_address(), &access, entered))
            return true;
    }
    bool may_be_probe = frame->vector == ARCH_TRAP_PAGE_FAULT || frame->vector == VECTOR_PROTECTION;
    return may_be_probe && !trap_frame_is_user(frame) && probe_recover(frame);
}

static void report(const struct trap_frame *frame)
{
    struct arch_trap trap;
    trap_describe(&trap, (unsigned)frame->vector, frame->error);
    trap_fill(&trap, frame);
    kernel_trap(&trap);
}

/* What a program does ends the program. Two exceptions are not of its doing. */
static bool is_of_program(const struct trap_frame *frame)
{
    return trap_frame_is_user(frame) && frame->vector != VECTOR_NMI && frame->vector != VECTOR_MACHINE_CHECK;
}

static void exception(struct trap_frame *frame, uint64_t entered)
{
    if (is_resolved(frame, entered))
        return;
    if (is_of_program(frame))
        ring3_fault(frame);
    else
        report(frame);
}

/* A function saves its caller's frame pointer by the one-byte instruction `push ebp` (`push rbp`): mostly its first
 * one, in small functions that keep nothing on the stack never. As long as no such byte was passed, nothing was
 * pushed. */
bool arch_caller_slot(const unsigned char *function, const unsigned char *ip, size_t *slot)
{
    enum { PUSH_FRAME_POINTER = 0x55 };
    *slot = 0;
    if (ip == function + 1 && *function == PUSH_FRAME_POINTER) {
        *slot = sizeof(uintptr_t);
        return true;
    }
    for (const unsigned char *byte = function; byte < ip; byte++) {
        if (*byte == PUSH_FRAME_POINTER)
            return false;
    }
    return true;
}

static void trap(struct trap_frame *frame, uint64_t entered)
{
    arch_trap_depth++;
    if (frame->vector >= TRAP_IRQ_FIRST) {
        irq_enter(frame);
        irq_leave(entered);
    } else {
        exception(frame, entered);
    }
    arch_trap_depth--;
}

/* The last question is put without a jump, so that an interrupt takes as many instructions in ring 3 as in the kernel: the
 * clock of irq.c counts on it. */
void trap_enter(struct trap_frame *frame)
{
    uint64_t entered = arch_cycles();
    if (frame->vector == TRAP_USER_CALL)
        ring3_call(frame);
    else
        trap(frame, entered);
    if (ring3_stopped & trap_frame_ring(frame))
        ring3_return();
}

void trap_init(void)
{
    pic_init(TRAP_IRQ_FIRST);
    for (unsigned vector = 0; vector < TRAP_VECTORS; vector++)
        gate_set(vector, trap_stubs[vector], false);
    gate_set(TRAP_USER_CALL, (uintptr_t)trap_user_stub, true);
    gates_load();
    ring3_init();
}
