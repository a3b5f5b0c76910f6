/* Mistakes that programs make with a heap, committed on purpose: what each hardening level sees of them. */
#ifndef LAB_MISUSE_H
#define LAB_MISUSE_H

#include <lab/run.h>

/* One kind of mistake. */
struct lab_misuse {
    const char *name, *summary;
    unsigned level;                /* the lowest `harden` at which it is seen under every policy that can see it */
    enum heap_fault_class classes[2]; /* how it is told: one of these; the second may be NONE */
    bool (*commit)(struct heap *h);   /* on a fresh heap: commits it and makes the call that meets it; false: the policy has
                                         nothing there that could be damaged */
};

/* Ended by name NULL. */
extern const struct lab_misuse lab_misuses[];

/* The one of that name, `length` bytes; NULL: there is none. */
const struct lab_misuse *lab_misuse_find(const char *name, size_t length);

enum lab_misuse_outcome {
    LAB_MISUSE_FOUND,       /* *fault says how */
    LAB_MISUSE_UNNOTICED,
    LAB_MISUSE_UNSUPPORTED, /* the policy has nothing there that could be damaged */
};

/* Commits it in a heap of its own, as `run` asks for (policy, options, harden), and checks the heap if no call has noticed. Below
 * a mistake's level the policy may follow a wild pointer, as it would in earnest. Not LAB_OK: as lab_run_program. */
enum lab_status lab_misuse_run(const struct lab_world *world, const struct lab_run *run, const struct lab_misuse *misuse,
                               enum lab_misuse_outcome *outcome, struct heap_fault *fault);

#endif
