/* What both widths ask of the processor in the same way: counting, leaving, halting. */
#include <arch/cpu.h>
#include <arch/port.h>

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

_Noreturn void arch_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}
