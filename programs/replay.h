/* One workload for both programs: the operations that the kernel hands over, done on whatever gives blocks. */
#ifndef PROGRAMS_REPLAY_H
#define PROGRAMS_REPLAY_H

#include "system.h"

/* Who gives blocks. A block is a number: how far its payload lies behind the lowest one there can be. */
struct replay_blocks {
    uintptr_t (*take)(size_t bytes, size_t align);      /* a block; REPLAY_NONE: refused, nothing has changed */
    uintptr_t (*resize)(uintptr_t block, size_t bytes); /* where it is now; or the same */
    bool (*give_back)(uintptr_t block);                 /* false: it was not taken back */
    void (*fill)(uintptr_t block, unsigned char byte, size_t bytes); /* writes its first bytes, all alike; they fit */
    void (*read)(uintptr_t block, unsigned char *to, size_t bytes);  /* reads its first bytes; they fit */
};

#define REPLAY_NONE UINTPTR_MAX

/* Does all operations of arguments->input: every byte of each block that is given is written, its first bytes are read again
 * before it goes. Tells the kernel the result. The program's exit status: 1 if a block did not hold what was written. */
int replay(const struct user_arguments *arguments, const struct replay_blocks *blocks);

#endif
