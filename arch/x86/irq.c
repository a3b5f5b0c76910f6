/* Interrupts of both widths: dispatch to handlers, and the account of the time they take.
 *
 *      | stub: registers saved | trap_enter ........ irq_enter, handler ........ | registers back, iret |
 *                              ^ `entered`                          irq_leave ^
 *        `around`, first part    what the handler measures itself                `around`, second part
 *
 * arch_own_cycles() takes both away: what was measured inside, and `around` for each interrupt. `around` is straight code,
 * the same for every line; it is learned once, from interrupts raised by an `int` instruction, less that instruction.
 */
#include <arch/cpu.h>
#include <arch/irq.h>

#include <stddef.h>

#include "pic.h"
#include "trap.h"

#define FLAGS_INTERRUPTS 0x200u

struct arch_irq_counts arch_irq_counts;

static struct {
    arch_irq_fn *handlers[ARCH_IRQ_LINES];
    const struct trap_frame *frame; /* of the interrupt under way */
    uint64_t inside, count, around; /* cycles measured by handlers; interrupts; cycles of each besides */
} irq;

/* ---- on and off ---- */

bool arch_irq_disable(void)
{
    uintptr_t flags;
    __asm__ volatile("pushf\n\tpop %0\n\tcli" : "=r"(flags) : : "memory");
    return flags & FLAGS_INTERRUPTS;
}

void arch_irq_restore(bool was_enabled)
{
    if (was_enabled)
        __asm__ volatile("sti" : : : "memory");
}

void arch_irq_wait(void)
{
    __asm__ volatile("sti; hlt" : : : "memory"); /* sti holds interrupts back for one more instruction */
}

void arch_irq_register(unsigned line, arch_irq_fn *handler)
{
    bool was_enabled = arch_irq_disable();
    irq.handlers[line] = handler;
    pic_mask(line, handler == NULL);
    arch_irq_restore(was_enabled);
}

/* ---- one interrupt ---- */

static void serve(unsigned line)
{
    if (irq.handlers[line]) {
        arch_irq_counts.served[line]++;
        irq.handlers[line]();
    } else {
        arch_irq_counts.unexpected++;
        pic_mask(line, true);
    }
    pic_end(line);
}

void irq_enter(const struct trap_frame *frame)
{
    unsigned line = (unsigned)frame->vector - TRAP_IRQ_FIRST;
    irq.frame = frame;
    if (pic_is_spurious(line)) {
        arch_irq_counts.spurious[line == 15]++;
        pic_end_spurious(line);
    } else {
        serve(line);
    }
}

void irq_leave(uint64_t entered)
{
    irq.count++;
    irq.inside += arch_cycles() - entered;
}

void arch_irq_describe(struct arch_trap *trap)
{
    trap_describe(trap, (unsigned)irq.frame->vector, irq.frame->error);
    trap_fill(trap, irq.frame);
}

/* ---- the clock ---- */

uint64_t arch_own_cycles(void)
{
    bool was_enabled = arch_irq_disable();
    uint64_t own = arch_cycles() - irq.inside - irq.count * irq.around;
    arch_irq_restore(was_enabled);
    return own;
}

void arch_raise_spurious_7(void)
{
    __asm__ volatile("int %0" : : "i"(TRAP_IRQ_FIRST + 7) : "memory");
}

void arch_raise_spurious_15(void)
{
    __asm__ volatile("int %0" : : "i"(TRAP_IRQ_FIRST + 15) : "memory");
}

static uint64_t cycles_of_interrupt(void)
{
    uint64_t start = arch_cycles();
    __asm__ volatile("int %0" : : "i"(TRAP_IRQ_FIRST + 7) : "memory");
    return arch_cycles() - start;
}

/* The same with an instruction that does nothing in place of the `int`. */
static uint64_t cycles_of_nothing(void)
{
    uint64_t start = arch_cycles();
    __asm__ volatile("nop" : : : "memory");
    return arch_cycles() - start;
}

/* The least of several: the first ones find cold caches. */
void arch_irq_init(void)
{
    enum { ROUNDS = 8 };
    uint64_t around = UINT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t inside = irq.inside, whole = cycles_of_interrupt(), nothing = cycles_of_nothing();
        inside = irq.inside - inside;
        uint64_t cost = whole > inside + nothing ? whole - inside - nothing : 0;
        if (cost < around)
            around = cost;
    }
    arch_irq_counts = (struct arch_irq_counts){0};
    irq.inside = irq.count = 0;
    irq.around = around;
}
