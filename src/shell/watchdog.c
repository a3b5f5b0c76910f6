/* The watchdog of a run: at each tick of the timer it looks whether the heartbeat has moved.
 *
 * A run beats twice for each operation (its clock is read, world.c). Between two operations the heap may be checked or
 * measured, which walks all of it several times: hence patience for each MiB of heap besides. Without a timer nothing is
 * watched.
 */
#include "watchdog.h"

#include <arch/irq.h>

enum { PATIENCE = 10, PATIENCE_PER_MIB = 1 }; /* seconds of timer time */

volatile unsigned watchdog_beats;

static struct {
    const struct heap *volatile heap; /* of the run that is watched; NULL: none */
    unsigned slowdown, beats_seen;
    uint64_t still; /* ticks since the heartbeat moved */
} watchdog;

void watchdog_arm(const struct heap *heap, unsigned slowdown)
{
    bool was_enabled = arch_irq_disable();
    watchdog.slowdown = slowdown;
    watchdog.still = 0;
    watchdog.heap = heap;
    arch_irq_restore(was_enabled);
}

void watchdog_disarm(void)
{
    watchdog.heap = NULL;
}

static uint64_t patience_in_ticks(unsigned hz)
{
    uint64_t seconds = PATIENCE + (uint64_t)(watchdog.heap->committed >> 20) * PATIENCE_PER_MIB;
    return seconds * hz << watchdog.slowdown;
}

void watchdog_tick(unsigned hz)
{
    struct arch_trap trap;
    if (!watchdog.heap)
        return;
    if (watchdog.beats_seen != watchdog_beats) {
        watchdog.beats_seen = watchdog_beats;
        watchdog.still = 0;
    } else if (++watchdog.still > patience_in_ticks(hz)) {
        arch_irq_describe(&trap);
        kernel_hang(&trap);
    }
}
