/* The programmable interval timer as the kernel's clock tick: channel 0 of the 8254, on interrupt line 0. */
#ifndef DEV_PIT_H
#define DEV_PIT_H

#include <stdbool.h>

enum {
    PIT_HZ = 100, /* what the kernel runs with */
    PIT_HZ_MIN = 18,
    PIT_HZ_MAX = 10000,
};

/* Called at each tick, from the interrupt, with the ticks of a second; NULL: nobody. */
void pit_on_tick(void (*tick)(unsigned hz));

/* Ticks at about `hz` (PIT_HZ_MIN .. PIT_HZ_MAX) a second from now on, or none for 0. Returns the rate as the divider makes
 * it, in tenths of a tick a second. Nothing tells whether there is a timer that obeys, except pit_is_ticking() later. */
unsigned pit_set(unsigned hz);

/* Whether a tick has come since the last pit_set: then more will, and a wait for an interrupt ends. */
bool pit_is_ticking(void);

/* Waits for the next tick; false: none came in a second or so. With interrupts on. */
bool pit_await_tick(void);

#endif
