/* The memory management unit, as far as both widths drive it alike. */
#include <arch/mmu.h>

#include "cpuid.h"
#include "trap.h"

bool arch_mmu_has_nx(void)
{
    if (sizeof(void *) == 4)
        return false; /* the two-level format of i386 has no such bit */
    return cpuid_has(0x80000001) && cpuid(0x80000001).edx >> 20 & 1;
}

bool arch_mmu_guards_user_code(void)
{
    return cpuid_has(7) && cpuid(7).ebx >> 7 & 1;
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
    msr_write(MSR_EFER, msr_read(MSR_EFER) | 1u << 11);
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
