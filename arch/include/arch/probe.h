/* Probes: accesses that may fault, and live to tell. They let a self-test ask the processor itself what it forbids,
 * where the page tables only say what it ought to. */
#ifndef ARCH_PROBE_H
#define ARCH_PROBE_H

#include <arch/types.h>

#include <stdbool.h>

/* One access of one byte at `address`. True: the processor refused it (a page fault that the kernel did not resolve,
 * or an address it does not translate), and nothing has changed. A page fault that the kernel resolves is no refusal.
 * Any address; not in fault context. */
bool arch_probe_read(vaddr_t address);
bool arch_probe_write(vaddr_t address, uint8_t value);

/* Calls what lies at `address`, where a byte ARCH_PROBE_CODE must stand if the access is permitted: it returns at
 * once. */
#define ARCH_PROBE_CODE 0xC3
bool arch_probe_execute(vaddr_t address);

#endif
