/* Probes: three instructions that may fault, and a table that says where to go on if they do.
 *
 *      .probes    | instruction | recovery |    one row for each probe; each the distance from the field itself
 *
 * The trap code looks here before it reports: only a fault at exactly one of these instructions is recovered from. A
 * call to where execution is forbidden faults at its target, with its return address on the stack: so the row of that
 * probe names the return address.
 */
#include <arch/mmu.h>
#include <arch/probe.h>

#include <stddef.h>

#include "trap.h"

struct probe {
    int32_t at, recovery;
};

/* From kernel.ld. */
extern const struct probe image_probes[], image_probes_end[];

#define PROBE_ROW(at, recovery)              \
    ".pushsection .probes, \"a\"\n\t"        \
    ".long " at " - ., " recovery " - .\n\t" \
    ".popsection\n\t"

bool arch_probe_read(vaddr_t address)
{
    uint8_t faulted = 1, byte;
    __asm__ volatile("1:\tmovb (%2), %1\n\t"
                     "movb $0, %0\n"
                     "2:\n\t" PROBE_ROW("1b", "2b")
                     : "+q"(faulted), "=&q"(byte)
                     : "r"(address)
                     : "memory");
    return faulted;
}

bool arch_probe_write(vaddr_t address, uint8_t value)
{
    uint8_t faulted = 1;
    __asm__ volatile("1:\tmovb %1, (%2)\n\t"
                     "movb $0, %0\n"
                     "2:\n\t" PROBE_ROW("1b", "2b")
                     : "+q"(faulted)
                     : "q"(value), "r"(address)
                     : "memory");
    return faulted;
}

/* The recovered stack pointer still has the return address below it: it is put back from a copy. */
bool arch_probe_execute(vaddr_t address)
{
    uint8_t faulted = 1;
    uintptr_t sp;
    __asm__ volatile("mov %%" ARCH_SP ", %1\n\t"
                     "call *%2\n"
                     "1:\tmovb $0, %0\n"
                     "2:\tmov %1, %%" ARCH_SP "\n\t" PROBE_ROW("1b", "2b")
                     : "+q"(faulted), "=&r"(sp)
                     : "r"(address)
                     : "memory");
    return faulted;
}

static uintptr_t target(const int32_t *field)
{
    return (uintptr_t)field + (uintptr_t)(intptr_t)*field;
}

static const struct probe *find(uintptr_t at)
{
    for (const struct probe *p = image_probes; p < image_probes_end; p++) {
        if (at == target(&p->at))
            return p;
    }
    return NULL;
}

bool probe_recover(struct trap_frame *frame)
{
    uintptr_t *ip = trap_frame_ip(frame);
    const struct probe *probe = find(*ip);
    if (!probe && *ip == arch_fault_address())
        probe = find(*(const uintptr_t *)trap_frame_sp(frame));
    if (probe)
        *ip = target(&probe->recovery);
    return probe != NULL;
}
