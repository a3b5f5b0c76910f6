/* The watchdog of a run: a run that makes no progress becomes a report and an exit status. */
#ifndef SHELL_WATCHDOG_H
#define SHELL_WATCHDOG_H

#include <alloc/heap.h>

/* The heartbeat: counted up by whoever makes progress in a run. Wraps. */
extern volatile unsigned watchdog_beats;

/* A run begins, on this heap. `slowdown`: the machine's time runs faster than its processor by this power of two, as it
 * does under instruction counting; the patience grows with it. */
void watchdog_arm(const struct heap *heap, unsigned slowdown);

/* The run is over, or does what may take its time. */
void watchdog_disarm(void);

/* The timer's tick, `hz` of them a second; from its interrupt. Does not return if the run hangs. */
void watchdog_tick(unsigned hz);

#endif
