/* Programs in user mode: loaded from a file in memory into an address space of their own, run until they end, and gone with
 * every frame.
 *
 *      text     read, execute          from the file, each segment a region (elf.h)
 *      data     read, write
 *      input    read                   bytes that the kernel hands it
 *      stack    read, write            a guard page below; its arguments at the top
 *      heap     read, write            empty, grown by USER_PAGES
 *
 * The blocks of USER_BLOCK_ALLOC and its like are none of these: they lie in a heap of the kernel's own, where no program
 * reads or writes. The headers between them are believed by the kernel, so no program may touch them.
 */
#ifndef USER_PROGRAM_H
#define USER_PROGRAM_H

#include <arch/user.h>
#include <mm/kheap.h>

#include "calls.h"
#include "elf.h"

enum { USER_SECONDS = 5 }; /* of timer time that a program may take */

enum user_status {
    USER_OK = 0,
    USER_BAD_FILE, /* see the elf_status */
    USER_NO_ROOM,  /* too few page frames */
};

enum user_end {
    USER_RUNS,
    USER_EXITED,      /* by USER_EXIT */
    USER_FAULTED,     /* did what it may not */
    USER_OUT_OF_TIME, /* USER_SECONDS are over */
};

/* What is wanted. Pointers stay the caller's, as long as the program is loaded. */
struct user_request {
    const void *file;
    size_t file_bytes;
    const void *input;
    size_t input_bytes;
    struct user_arguments arguments; /* `input` and `kernel_text` are filled in by user_load; harden is 1 at least */
    const struct heap_ops *policy;   /* of the kernel's heap for its blocks */
    enum vmm_backing backing;        /* of both heaps */
    bool is_large;                   /* they take large leaves */
    unsigned slowdown;               /* the machine's time runs faster than its processor by this power of two */
    void (*write)(void *context, const char *text, size_t bytes); /* what USER_WRITE says */
    void *write_context;
    uint64_t (*vm_clock)(void *context); /* cycles spent in page faults so far */
    void *vm_clock_context;
};

/* Cycles of the processor's counter, without interrupts, without what the console took to write, without this measurement. */
struct user_cycles {
    uint64_t all;   /* from the first instruction to the end */
    uint64_t calls; /* of these, in system calls, page faults not counted; the way in and out is the program's */
    uint64_t vm;    /* of these, in page faults */
    uint64_t call;  /* what a call costs that does nothing, the way in and out included; 0: the program has not told */
};

struct user_counts {
    uint64_t calls[USER_CALLS];   /* of each number */
    uint64_t unknown;             /* of no known number */
    uint64_t bytes_in, bytes_out; /* copied from the program and to it */
    uint64_t faults;              /* page faults that were resolved, in its space and in the heap of its blocks */
};

struct user_program {
    const struct user_request *request;
    struct vmm_space *kernel;
    struct vmm_space space;
    struct paging paging;
    vaddr_t entry, sp;         /* where it begins */
    struct vmm_region *heap;   /* its own */
    struct kheap block_memory; /* the kernel's for it, from the first block on */
    struct heap blocks;
    bool has_blocks;

    enum user_end end;
    uintptr_t status;           /* USER_EXITED */
    struct arch_trap trap;      /* USER_FAULTED */
    enum fault_verdict verdict; /* of a page fault then */
    bool has_result;
    struct user_result result;
    struct user_counts count;
    struct user_cycles cycles;
    size_t frames; /* frames it held at its end, page tables included */
    size_t text_written;
    uint64_t ticks;
};

/* Loads a program; its space is not in force afterwards. *p must stay where it is. USER_OK, USER_BAD_FILE and *why, or
 * USER_NO_ROOM; then nothing is held. */
enum user_status user_load(struct user_program *p, struct vmm_space *kernel, const struct user_request *request,
                           enum elf_status *why);

/* Runs it to its end, one program at a time, once. */
void user_run(struct user_program *p);

/* Gives everything back that it had. */
void user_unload(struct user_program *p);

/* The timer's tick, `hz` of them a second; from its interrupt. Stops a program whose time is over. */
void user_tick(unsigned hz);

#endif
