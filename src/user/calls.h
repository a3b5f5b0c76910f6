/* What a program may ask of the kernel: system calls, their errors, and what both sides hand each other. Read by the kernel
 * and by programs (programs/), at the width of both.
 *
 * A call is `int 0x80`: its number in register A, arguments in B, C, D and SI, the result in A; every other register is kept.
 * A result that is one of enum user_error is a refusal: nothing has changed, but that a target may be partly zeroed where a page
 * frame was refused on purpose.
 *
 * Memory a program names must be its own: mapped for it, writable where the kernel writes, the whole range in one of its
 * regions. Anything else is USER_BAD_ADDRESS, never a fault of the kernel's.
 */
#ifndef USER_CALLS_H
#define USER_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum user_call_number {
    USER_NOTHING,      /* 0: what a call costs that does nothing */
    USER_EXIT,         /* status (0: all is well): ends the program */
    USER_WRITE,        /* address, bytes (at most USER_WRITE_MAX): text for the console; the bytes */
    USER_PAGES,        /* count: so many pages more at the end of the program's heap region; where they begin. 0: where
                          the region's committed part ends now */
    USER_BLOCK_ALLOC,  /* bytes, align: a block of the kernel's heap for this program; its number */
    USER_BLOCK_FREE,   /* block: 0 */
    USER_BLOCK_RESIZE, /* block, bytes: where it is now, its number */
    USER_PUT,          /* block, offset, address, bytes: copies from the program into the block; the bytes */
    USER_GET,          /* block, offset, address, bytes: copies from the block to the program; the bytes */
    USER_RESULT,       /* address of a struct user_result: what the program found out; 0 */
    USER_CALLS
};

/* As results: the highest numbers there are. No address and no count reaches them. */
enum user_error {
    USER_BAD_CALL = 1,      /* no call has this number */
    USER_BAD_ADDRESS = 2,   /* memory that is not the program's to touch so */
    USER_BAD_ARGUMENT = 3,  /* an alignment that is no power of two, a resize to 0, too many bytes at once */
    USER_NO_MEMORY = 4,     /* the heap's limit is reached, no place in it, or too few page frames */
    USER_BAD_BLOCK = 5,     /* not the start of a live block of this program's, or beyond the end of one */
    USER_TOO_MUCH_TEXT = 6, /* USER_TEXT_MAX bytes are written already */
    USER_ERRORS
};

static inline uintptr_t user_refusal(enum user_error error)
{
    return (uintptr_t)0 - (uintptr_t)error;
}

static inline bool user_is_refusal(uintptr_t result)
{
    return (uintptr_t)0 - result - 1 < USER_ERRORS - 1;
}

enum {
    USER_PAGE = 4096,        /* bytes */
    USER_WRITE_MAX = 1024,   /* bytes of one write */
    USER_TEXT_MAX = 1 << 16, /* of all of them */
    USER_STACK = 64 * 1024,  /* bytes of stack; below it lies a page that is never mapped */
    USER_WORD_MAX = 32,
    USER_OPTIONS = 8,
};

/* What a program is given: in its stack, above where its stack pointer begins; its address in register A. */
struct user_arguments {
    char word[USER_WORD_MAX];            /* for the program alone; ended by NUL, like all texts here */
    char allocator[USER_WORD_MAX];       /* a registered name */
    size_t options[USER_OPTIONS], grain; /* as in struct heap_setup */
    unsigned harden;
    size_t heap_limit; /* most bytes its heap may have; a multiple of HEAP_ALIGN */
    const void *input; /* read-only bytes, here operations: an array of struct lab_op. NULL: none */
    size_t input_bytes;
    uint32_t slots;        /* every slot of the operations is below this */
    uintptr_t kernel_text; /* an address that is the kernel's, for programs that cannot leave it alone */
};

/* What a program tells at its end. Operations as in lab/program.h, the digest as `placement` in docs/reference.md. */
struct user_result {
    uint64_t done, refused,
        damaged; /* operations; requests that got nothing; blocks that did not hold what was written */
    uint64_t placement;
    uint64_t call_cycles; /* by the processor's counter: the least that a call costs which does nothing */
};

#endif
