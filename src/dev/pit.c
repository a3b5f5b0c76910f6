/* The programmable interval timer. Channel 0 counts down from a divisor at 1.193182 MHz and raises line 0 at each end.
 * Source: Intel 8254 data sheet, mode 2. */
#include "pit.h"

#include <arch/irq.h>
#include <arch/port.h>

#include <stddef.h>

enum {
    CHANNEL_0 = 0x40,
    CONTROL = 0x43,
    CONTROL_RATE = 0x34, /* channel 0, both bytes of the divisor, mode 2: over and over */
    INPUT_HZ = 1193182,
    DIVISOR_MAX = 65536, /* written as 0 */
    LOOKS = 2000000,     /* of about a microsecond: far above the time of the slowest tick, on a busy host, too */
};

static struct {
    unsigned hz;
    volatile unsigned ticks; /* since it was set to that; wraps, but not to 0 */
    void (*tick)(unsigned hz);
} pit;

static void on_interrupt(void)
{
    pit.ticks = pit.ticks + 1 ? pit.ticks + 1 : 1;
    if (pit.tick)
        pit.tick(pit.hz);
}

void pit_on_tick(void (*tick)(unsigned hz))
{
    bool was_enabled = arch_irq_disable();
    pit.tick = tick;
    arch_irq_restore(was_enabled);
}

/* 18 is a little less than the divisor can do: then it is 18.2. */
static unsigned divisor_for(unsigned hz)
{
    unsigned divisor = (INPUT_HZ + hz / 2) / hz;
    return divisor < DIVISOR_MAX ? divisor : DIVISOR_MAX;
}

unsigned pit_set(unsigned hz)
{
    arch_irq_register(ARCH_IRQ_TIMER, NULL);
    pit.hz = hz;
    pit.ticks = 0;
    if (hz == 0)
        return 0;
    unsigned divisor = divisor_for(hz);
    arch_port_write8(CONTROL, CONTROL_RATE);
    arch_port_write8(CHANNEL_0, (uint8_t)divisor);
    arch_port_write8(CHANNEL_0, (uint8_t)(divisor >> 8));
    arch_irq_register(ARCH_IRQ_TIMER, on_interrupt);
    return INPUT_HZ * 10 / divisor;
}

bool pit_is_ticking(void)
{
    return pit.ticks != 0;
}

/* A port is read at each look, because that takes its time on any machine. */
bool pit_await_tick(void)
{
    unsigned before = pit.ticks;
    for (unsigned i = 0; i < LOOKS && pit.hz != 0; i++) {
        arch_port_read8(CHANNEL_0);
        if (pit.ticks != before)
            return true;
    }
    return false;
}
