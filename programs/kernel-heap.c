/* kernel-heap: a program without a heap. It asks the kernel for each block, and since the block stays in the kernel's memory,
 * each byte that it writes or reads there is copied by a call. */
#include "replay.h"

void *memset(void *to, int byte, size_t bytes);

enum { BUFFER = 4096 };

static unsigned char buffer[BUFFER]; /* what is on its way into a block */

static uintptr_t answer(uintptr_t result)
{
    return user_is_refusal(result) ? REPLAY_NONE : result;
}

static uintptr_t take(size_t bytes, size_t align)
{
    return answer(system_call(USER_BLOCK_ALLOC, bytes, align, 0, 0));
}

static uintptr_t resize(uintptr_t block, size_t bytes)
{
    return answer(system_call(USER_BLOCK_RESIZE, block, bytes, 0, 0));
}

static bool give_back(uintptr_t block)
{
    return !user_is_refusal(system_call(USER_BLOCK_FREE, block, 0, 0, 0));
}

static void fill(uintptr_t block, unsigned char byte, size_t bytes)
{
    memset(buffer, byte, bytes < BUFFER ? bytes : BUFFER);
    for (size_t done = 0; done < bytes;) {
        size_t part = bytes - done < BUFFER ? bytes - done : BUFFER;
        system_call(USER_PUT, block, done, (uintptr_t)buffer, part);
        done += part;
    }
}

static void read(uintptr_t block, unsigned char *to, size_t bytes)
{
    system_call(USER_GET, block, 0, (uintptr_t)to, bytes);
}

int program_main(const struct user_arguments *arguments)
{
    static const struct replay_blocks blocks = {take, resize, give_back, fill, read};
    return replay(arguments, &blocks);
}
