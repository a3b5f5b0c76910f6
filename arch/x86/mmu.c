/* The memory management unit, as far as both widths drive it alike. */
#include <arch/mmu.h>

#include "trap.h"

static void cpuid(uint32_t leaf, uint32_t *eax, uint32_t *edx)
{
    uint32_t ebx, ecx;
    __asm__ volatile("cpuid" : "=a"(*eax), "=b"(ebx), "=c"(ecx), "=d"(*edx) : "a"(leaf), "c"(0));
}

bool arch_mmu_has_nx(void)
{
    uint32_t eax, edx;
    if (sizeof(void *) == 4)
        return false; /* the two-level format of i386 has no such bit */
    cpuid(0x80000000, &eax, &edx);
    if (eax < 0x80000001)
        return false;
    cpuid(0x80000001, &eax, &edx);
    return edx >> 20 & 1;
}

/* EFER.NXE: without it the no-execute bit is a reserved one (Intel SDM volume 3, section 4.1.1). */
static void enable_nx(void)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xC0000080));
    __asm__ volatile("wrmsr" : : "a"(low | 1u << 11), "d"(high), "c"(0xC0000080));
}

void arch_mmu_activate(paddr_t root)
{
    if (arch_mmu_has_nx())
        enable_nx();
    trap_root_changed((uintptr_t)root);
    __asm__ volatile("mov %0, %%cr3" : : "r"((uintptr_t)root) : "memory");
}

void arch_tlb_invalidate(vaddr_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

vaddr_t arch_fault_address(void)
{
    vaddr_t address;
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    return address;
}
