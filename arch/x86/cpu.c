/* What both widths ask of the processor in the same way: counting, leaving, halting. */
#include <arch/cpu.h>
#include <arch/port.h>

#include "trap.h"

#define EXIT_PORT 0xF4 /* QEMU's isa-debug-exit */
#define EXIT_BASE 0x10 /* keeps a status apart from the emulator's own exit codes 0 and 1 */

uint64_t arch_cycles(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

void arch_exit(unsigned status)
{
    arch_port_write8(EXIT_PORT, (uint8_t)(EXIT_BASE + status));
}

volatile bool cpu_is_stopped;

/* A non-maskable interrupt ends the wait all the same: hence the loop. */
_Noreturn void arch_halt(void)
{
    cpu_is_stopped = true;
    for (;;)
        __asm__ volatile("cli; hlt");
}
