/* An exception in words: what was attempted, where, and what lies there. Any context; no heap. */
#ifndef FAULT_TEXT_H
#define FAULT_TEXT_H

#include <arch/trap.h>
#include <lab/text.h>

/* One line without its end: "page fault in f+0x12: write to 0x8, not mapped", "kernel stack overflow in f+0x9: ...". */
void fault_text_message(const struct lab_sink *sink, const struct arch_trap *trap);

/* The error code in words: "write, not mapped, kernel mode", "selector 0xfff8 of the GDT"; nothing where the
 * exception has none. */
void fault_text_error(const struct lab_sink *sink, const struct arch_trap *trap);

/* What lies at an address: "guard page below the kernel stack", "region 'heap', 4096 bytes from its base" ... */
void fault_text_address(const struct lab_sink *sink, uintptr_t address);

#endif
