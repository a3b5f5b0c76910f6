/* Undefined behaviour found by the kernel's own checks (preset ubsan): where the finding goes. */
#ifndef LIB_UBSAN_H
#define LIB_UBSAN_H

#include <stdint.h>

/* A finding: what it is, where in the source, and where in the code it was found. */
struct ubsan_finding {
    const char *kind; /* "signed addition overflows" ... */
    const char *file;
    uint32_t line;
    uintptr_t ip, frame_pointer; /* of the function that did it: a return address into it, and its own frame */
};

/* Provided by the kernel: panics. */
_Noreturn void ubsan_found(const struct ubsan_finding *finding);

#endif
