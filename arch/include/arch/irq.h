/* Interrupts: sixteen lines of the interrupt controller, a handler for each, and a clock that does not see them.
 *
 * Handlers run with interrupts off, on the stack of what they interrupted. They use no heap, allocate nothing, and share
 * with the main code only what that touches with interrupts off.
 */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <arch/trap.h>

enum {
    ARCH_IRQ_TIMER = 0,
    ARCH_IRQ_SERIAL = 4, /* COM1 */
    ARCH_IRQ_LINES = 16,
};

typedef void arch_irq_fn(void);

/* Interrupts since the start. */
struct arch_irq_counts {
    uint64_t served[ARCH_IRQ_LINES]; /* by a handler of that line */
    uint64_t spurious[2];            /* on line 7 and on line 15: the controller had nothing in service */
    uint64_t unexpected;             /* on a line without a handler: ignored, and the line is masked */
};
extern struct arch_irq_counts arch_irq_counts;

/* Learns what an interrupt costs besides its handler. Once, at start, before interrupts are enabled. */
void arch_irq_init(void);

/* Sets the handler of a line (0 .. 15) and lets the line through; NULL masks it. */
void arch_irq_register(unsigned line, arch_irq_fn *handler);

/* Interrupts off, and back as they were: `was_enabled` is what the matching arch_irq_disable returned. They nest. */
bool arch_irq_disable(void);
void arch_irq_restore(bool was_enabled);

/* Enables interrupts and stops until one has been served, in one step: called with interrupts off, none that arrives
 * before can be missed. Returns with interrupts on. Only where one is sure to come, or the machine stands still. */
void arch_irq_wait(void);

/* In a handler: what the interrupt stopped, for a report. */
void arch_irq_describe(struct arch_trap *trap);

/* arch_cycles() less all that went by in interrupts since the start: the clock to measure with. From one reading to the
 * next it counts what the code between them did and nothing else, whether interrupts came or not. Not in a handler. */
uint64_t arch_own_cycles(void);

/* For self-tests: the interrupts the controller raises when a request has vanished before it was acknowledged. */
void arch_raise_spurious_7(void);
void arch_raise_spurious_15(void);

#endif
