/* Exceptions of both widths: the interrupt table, decoding, and the hand-over to the kernel.
 *
 * The stubs (isr.asm) push one layout of registers per width (trap_frame.h) and call trap_enter. Interrupts stay off
 * throughout: kfit polls its devices.
 */
#include "trap.h"

#include <arch/cpu.h>
#include <arch/mmu.h>
#include <arch/port.h>
#include <arch/trap.h>

#include <stddef.h>

enum { VECTOR_PROTECTION = 13 };

static const char *const vector_names[TRAP_VECTORS] = {
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
static struct arch_access decode_access(uintptr_t error)
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
    const char *name = vector < TRAP_VECTORS ? vector_names[vector] : NULL;
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

void trap_enter(struct trap_frame *frame)
{
    uint64_t entered = arch_cycles();
    if (frame->vector == ARCH_TRAP_PAGE_FAULT) {
        struct arch_access access = decode_access(frame->error);
        if (kernel_page_fault(arch_fault_address(), &access, entered))
            return;
    }
    if ((frame->vector == ARCH_TRAP_PAGE_FAULT || frame->vector == VECTOR_PROTECTION) && probe_recover(frame))
        return;
    struct arch_trap trap;
    trap_describe(&trap, (unsigned)frame->vector, frame->error);
    trap_fill(&trap, frame);
    kernel_trap(&trap);
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

/* Both interrupt controllers off: their vectors would fall on the exceptions, and kfit polls. */
static void mask_all_interrupts(void)
{
    arch_port_write8(0x21, 0xFF);
    arch_port_write8(0xA1, 0xFF);
}

void trap_init(void)
{
    mask_all_interrupts();
    for (unsigned vector = 0; vector < TRAP_VECTORS; vector++)
        gate_set(vector, trap_stubs[vector]);
    gates_load();
}
