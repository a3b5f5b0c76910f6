/* The shell's view of interrupts: counters, and the timer's rate. */
#include "interrupts.h"

#include <arch/irq.h>
#include <lab/number.h>
#include <lib/string.h>

static struct arch_irq_counts counts_now(void)
{
    bool was_enabled = arch_irq_disable();
    struct arch_irq_counts counts = arch_irq_counts;
    arch_irq_restore(was_enabled);
    return counts;
}

static void print_count(struct sh_context *c, const char *what, uint64_t count)
{
    char text[27];
    lab_print(&c->text, "  %-28s %14s\n", what, lab_grouped(count, text));
}

void interrupts_print(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    struct arch_irq_counts counts = counts_now();
    lab_print(&c->text, "Interrupts since the start:\n");
    print_count(c, "timer", counts.served[ARCH_IRQ_TIMER]);
    print_count(c, "serial line", counts.served[ARCH_IRQ_SERIAL]);
    print_count(c, "spurious on line 7", counts.spurious[0]);
    print_count(c, "spurious on line 15", counts.spurious[1]);
    print_count(c, "unexpected", counts.unexpected);
}

/* Whether `text` is 0 or a rate that the timer has. */
static bool parse_rate(const struct sh_timer *timer, const char *text, unsigned *hz)
{
    uint64_t number;
    if (lab_parse_number(text, strlen(text), false, &number) != LAB_NUMBER_OK || number > timer->hz_max)
        return false;
    *hz = (unsigned)number;
    return number == 0 || number >= timer->hz_min;
}

static void refuse_rate(struct sh_context *c, const char *text)
{
    char message[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "timer takes 0 (off) or %u to %u ticks a second", c->timer->hz_min, c->timer->hz_max);
    sh_error(c, SH_BAD_INPUT, text, message);
}

void interrupts_set_timer(struct sh_context *c, const char *text)
{
    unsigned hz;
    if (!parse_rate(c->timer, text, &hz)) {
        refuse_rate(c, text);
        return;
    }
    unsigned tenths = c->timer->set(hz);
    if (hz == 0)
        lab_print(&c->text, "The timer is off: no watchdog, and the shell polls.\n");
    else if (c->timer->await_tick())
        lab_print(&c->text, "The timer ticks %u.%u times a second.\n", tenths / 10, tenths % 10);
    else
        sh_error(c, SH_MACHINE, text, "no tick came: this machine has no timer that reaches the processor");
}
