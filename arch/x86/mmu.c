/* The memory management unit, as far as both widths drive it alike. */
#include <arch/mmu.h>

#include "trap.h"

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
    return r;
}

bool arch_mmu_has_nx(void)
{
    if (sizeof(void *) == 4)
        return false; /* the two-level format of i386 has no such bit */
    return cpuid(0x80000000).eax >= 0x80000001 && cpuid(0x80000001).edx >> 20 & 1;
}

bool arch_mmu_guards_user_code(void)
{
    return cpuid(0).eax >= 7 && cpuid(7).ebx >> 7 & 1;
}

/* CR4.SMEP (Intel SDM volume 3, section 4.6). */
static void enable_user_code_guard(void)
{
    uintptr_t cr4;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | (uintptr_t)1 << 20) : "memory");
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
    if (arch_mmu_guards_user_code())
        enable_user_code_guard();
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
