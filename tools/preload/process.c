/* The heap of the process: started by the first call, looked at after each, checked and told of at the end. */
#include "preload.h"

#include <alloc/heap_ops.h>

#include <stdlib.h>
#include <sys/prctl.h>

static struct {
    struct preload_settings settings;
    struct preload_range region, starts;
    struct heap heap;
    struct preload_account account;
    bool is_ready; /* the heap can be used */
    bool is_dying; /* a fault was found: the heap must not be used any more */
} process;

/* ---- start ---- */

/* The heap's growth: the region, and of the start table what belongs to it. */
static bool grow(void *context, size_t committed, size_t added)
{
    (void)context;
    size_t bytes = committed + added; /* within what is reserved, so it fits */
    return (process.settings.harden == 0 || preload_commit(&process.starts, heap_starts_bytes(bytes))) &&
           preload_commit(&process.region, bytes);
}

static bool reserve_all(const struct preload_settings *s)
{
    return preload_reserve(&process.region, s->heap, HEAP_REGION_ALIGN) &&
           preload_reserve(&process.starts, heap_starts_bytes(process.region.reserved), HEAP_GRAIN) &&
           preload_commit(&process.starts, 1);
}

static void start_heap(const struct preload_settings *s)
{
    struct heap_setup setup = {
        .ops = s->alloc.policy,
        .harden = s->harden,
        .grain = s->alloc.grain,
        .region = {.base = process.region.base,
                   .reserved = process.region.reserved,
                   .grow = grow,
                   .starts = process.starts.base},
    };
    for (size_t i = 0; i < HEAP_OPTIONS_MAX; i++)
        setup.options[i] = s->alloc.options[i];
    enum heap_status status = heap_init(&process.heap, &setup);
    if (status == HEAP_BAD_ARGUMENT) /* values that are in range one by one, and do not go together */
        preload_fail(PRELOAD_BAD_INPUT, "%s refuses these options, or harden %u", s->alloc_text, s->harden);
    if (status != HEAP_OK)
        preload_fail(PRELOAD_MACHINE, "no memory for the start of a heap under %s", s->alloc_text);
}

/* What a process inherits by a fork is its parent's; it counts from here on. */
static void account_begin(void)
{
    struct preload_account *a = &process.account;
    a->heap = &process.heap;
    a->settings = &process.settings;
    a->calls_before = process.heap.counters.operations;
    a->refused_before = process.heap.counters.refused;
    a->used_peak = process.heap.counters.granted;
}

/* The name as the statistics show it: one word of printable ASCII. */
static void read_program_name(char *name, size_t capacity)
{
    prctl(PR_GET_NAME, name);
    name[capacity - 1] = '\0';
    for (char *c = name; *c; c++) {
        if (*c <= ' ' || *c > '~')
            *c = '?';
    }
}

static void start(void)
{
    preload_read_settings(&process.settings);
    if (!reserve_all(&process.settings))
        preload_fail(PRELOAD_MACHINE, "no %zu bytes of address space for the heap: a smaller heap may fit",
                     process.settings.heap);
    start_heap(&process.settings);
    account_begin();
    read_program_name(process.account.program, sizeof process.account.program);
    process.is_ready = true;
    preload_lock_share(); /* the C library may allocate to keep the handlers */
    preload_lock_over_fork(account_begin);
    preload_lock_unshare();
}

/* A program that never allocates shall have its heap, too, and a mistyped setting shall be told at once. */
__attribute__((constructor)) static void start_at_load(void)
{
    preload_leave(preload_enter());
}

/* ---- each call ---- */

struct heap *preload_enter(void)
{
    preload_lock();
    if (!process.is_ready)
        start();
    return process.is_dying ? NULL : &process.heap;
}

/* The lock is given back first: a handler for SIGABRT may want to allocate, and shall get NULL rather than wait. */
static _Noreturn void die(void)
{
    process.is_dying = true;
    preload_unlock();
    abort();
}

void preload_leave(const struct heap *h)
{
    if (h && h->fault.class != HEAP_FAULT_NONE) {
        enum heap_fault_class found = h->fault.class; /* measuring the heap may find another */
        preload_report_fault(h);
        preload_report_statistics(&process.account, found);
        die();
    }
    if (h && h->counters.granted > process.account.used_peak)
        process.account.used_peak = h->counters.granted;
    preload_unlock();
}

_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line)
{
    preload_report_assertion(expression, file, line);
    die();
}

/* ---- the end ---- */

/* Runs when the process ends by exit() or by returning from main, after the program's own handlers. A damaged heap is
 * worth a status of its own: exit() within exit() leaves out the destructors that are still to come, and flushes
 * stdio. */
__attribute__((destructor)) static void finish(void)
{
    struct heap *h = preload_enter();
    bool is_good = !h || heap_check(h) == HEAP_OK;
    if (h && !is_good)
        preload_report_fault(h);
    if (h)
        preload_report_statistics(&process.account, is_good ? HEAP_FAULT_NONE : h->fault.class);
    process.is_dying = process.is_dying || !is_good;
    preload_unlock();
    if (!is_good)
        exit(PRELOAD_CORRUPT);
}
