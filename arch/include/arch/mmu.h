/* The memory management unit: page tables in force, stale translations, fault address. */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/types.h>

#include <stdbool.h>

/* Whether the processor can forbid execution of a page in the format kfit uses. */
bool arch_mmu_has_nx(void);

/* Whether the processor can keep the kernel from running code of pages with PT_USER. */
bool arch_mmu_guards_user_code(void);

/* Puts the page tables with this root in force and enables no-execute and the guard of user code where there are. The
 * caller's code, stack and data must be mapped in them as they are now. */
void arch_mmu_activate(paddr_t root);

/* Forgets the translation of the page that holds this address. After every unmapping and every loss of rights. */
void arch_tlb_invalidate(vaddr_t address);

/* The address of the last page fault. */
vaddr_t arch_fault_address(void);

#endif
