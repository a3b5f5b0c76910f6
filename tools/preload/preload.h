/* Inside the preload library: one heap for a whole process, behind the C library's names.
 *
 *     malloc.c    malloc, free and their kin: what C and POSIX promise, in terms of a struct heap
 *     process.c   the process's heap: its start at the first call, its end, its faults
 *     lock.c      the one lock, also over fork
 *     range.c     address space, taken once and made usable in large steps
 *     settings.c  the environment: which allocator, how hard, how large, where statistics go
 *     report.c    what is printed, by write(2) alone
 *
 * The program's own malloc is this library, so nothing here may call a function that allocates: no stdio, no dlsym.
 * The wall checks hold the library to a list of the symbols it may need. */
#ifndef PRELOAD_PRELOAD_H
#define PRELOAD_PRELOAD_H

#include <alloc/heap.h>
#include <lab/spec.h>

#include <limits.h>

/* Exit statuses, as everywhere in kfit. */
enum { PRELOAD_BAD_INPUT = 2, PRELOAD_CORRUPT = 4, PRELOAD_MACHINE = 5 };

/* ---- settings.c ---- */

enum { PRELOAD_ALLOC_MAX = 240 }; /* most characters of KFIT_PRELOAD_ALLOC */

struct preload_settings {
    struct lab_alloc_spec alloc;            /* KFIT_PRELOAD_ALLOC; its text is alloc_text */
    char alloc_text[PRELOAD_ALLOC_MAX + 1]; /* as the person wrote it */
    unsigned harden;                        /* KFIT_PRELOAD_HARDEN: 0 .. HEAP_HARDEN_MAX */
    size_t heap;                            /* KFIT_PRELOAD_HEAP: most bytes of the heap, a multiple of 4096 */
    char statistics[PATH_MAX];              /* KFIT_PRELOAD_STATS: file to append to; empty: standard error */
};

/* Reads the environment the process was started with. Ends the process, status 2, if something there is wrong. */
void preload_read_settings(struct preload_settings *settings);

/* ---- range.c ---- */

/* Address space of this process: [base, base + reserved), of which the first `committed` bytes can be used. */
struct preload_range {
    unsigned char *base;
    size_t committed, reserved;
};

/* Takes `bytes` of address space (rounded up to pages) at a multiple of `align`, a power of two of at least a page.
 * False: the system refuses. */
bool preload_reserve(struct preload_range *range, size_t bytes, size_t align);

/* Makes the first `bytes` bytes usable, zeroed where they are new, and more ahead of need. `bytes` <= reserved. False:
 * the system refuses, and nothing has changed. */
bool preload_commit(struct preload_range *range, size_t bytes);

/* ---- lock.c ---- */

/* One lock for the heap. Not recursive, but see preload_lock_share. */
void preload_lock(void);
void preload_unlock(void);

/* Between these two the thread that holds the lock runs code that is not ours and may allocate: for this thread alone
 * lock and unlock do nothing. */
void preload_lock_share(void);
void preload_lock_unshare(void);

/* Has the lock held while the process forks, so that the child finds the heap in order; `in_child` is called there.
 * The lock must be held and shared. Ends the process, status 5, if the C library refuses. */
void preload_lock_over_fork(void (*in_child)(void));

/* ---- process.c ---- */

/* The lock is taken, and the heap is there; NULL: a fault has been found and the process is about to end, nothing may
 * be allocated or freed any more. Each enter has its leave. */
struct heap *preload_enter(void);

/* After one call of a heap function. If that found a fault, it is reported and the process aborted. */
void preload_leave(const struct heap *h);

/* ---- report.c ---- */

/* What the statistics are about. */
struct preload_account {
    struct heap *heap;
    const struct preload_settings *settings;
    char program[16];                      /* its name, as the system shows it */
    uint64_t calls_before, refused_before; /* what the heap had counted when this process began, by a fork */
    size_t used_peak;                      /* most bytes in used blocks since then */
};

/* Ends the process with `status` after one line on standard error: kfit-preload: MESSAGE */
_Noreturn void preload_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* HEAP: double free at 0x7f... (allocator best-fit, op #17), on standard error. */
void preload_report_fault(const struct heap *h);

/* The same for an assertion: kfit-preload: FILE:LINE: assertion failed: EXPRESSION */
void preload_report_assertion(const char *expression, const char *file, int line);

/* Writes the statistics of the process, one line in one write. `fault` is what was found wrong, or HEAP_FAULT_NONE. */
void preload_report_statistics(const struct preload_account *account, enum heap_fault_class fault);

#endif
