/* The lock of the process's heap, and what becomes of it when the process forks.
 *
 *     thread that forks           other threads
 *     -----------------           -------------
 *     before_fork: lock, share    wait in preload_lock
 *       (other handlers run: they may allocate)
 *     fork ----------------------------------------> child: one thread, the heap between two operations
 *     in the parent: unshare, unlock                 in the child: unshare, a new lock
 *
 * The handlers are registered at the first allocation, which is before nearly everyone else's: so ours run last before
 * a fork and first after it. For the few registered earlier the lock is shared: the thread that holds it may allocate.
 */
#include "preload.h"

#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uintptr_t sharing; /* the holder, as long as it shares the lock with itself; else 0 */
static void (*child_begins)(void);

/* Of another thread's value nobody but that thread reads more than that it is another's; so no order is needed. */
static bool is_shared_with_me(void)
{
    return atomic_load_explicit(&sharing, memory_order_relaxed) == (uintptr_t)pthread_self();
}

void preload_lock(void)
{
    if (!is_shared_with_me())
        pthread_mutex_lock(&lock);
}

void preload_unlock(void)
{
    if (!is_shared_with_me())
        pthread_mutex_unlock(&lock);
}

void preload_lock_share(void)
{
    atomic_store_explicit(&sharing, (uintptr_t)pthread_self(), memory_order_relaxed);
}

void preload_lock_unshare(void)
{
    atomic_store_explicit(&sharing, 0, memory_order_relaxed);
}

static void before_fork(void)
{
    preload_lock();
    preload_lock_share();
}

static void after_fork_in_parent(void)
{
    preload_lock_unshare();
    preload_unlock();
}

static void after_fork_in_child(void)
{
    preload_lock_unshare();
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER; /* the copy knows threads that are not here */
    child_begins();
}

void preload_lock_over_fork(void (*in_child)(void))
{
    child_begins = in_child;
    if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
        preload_fail(PRELOAD_MACHINE, "the C library takes no more fork handlers");
}
