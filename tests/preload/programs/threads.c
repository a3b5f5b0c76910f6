/* Eight threads allocate, resize and free, and pass blocks on through common slots. Argument: rounds a thread. */
#include "program.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, SLOTS = 200 };

static struct filled *_Atomic slots[SLOTS];
static int rounds;

static void give_back(struct filled *block)
{
    if (block)
        check_filled(block, block->bytes);
    free(block);
}

static struct filled *resized(struct filled *block, size_t bytes)
{
    size_t before = block->bytes;
    struct filled *now = realloc(block, bytes);
    CHECK(now);
    check_filled(now, before < bytes ? before : bytes);
    return fill(now, bytes);
}

static void *work(void *seed)
{
    unsigned random = *(unsigned *)seed;
    for (int i = 0; i < rounds; i++) {
        size_t bytes = sizeof(struct filled) + next_random(&random) % 400;
        struct filled *block = next_random(&random) % 8 == 0 ? aligned_alloc(256, bytes) : malloc(bytes);
        fill(block, bytes);
        struct filled *other = atomic_exchange(&slots[next_random(&random) % SLOTS], block);
        if (other && next_random(&random) % 4 == 0)
            other = resized(other, sizeof(struct filled) + next_random(&random) % 800);
        give_back(other);
    }
    return NULL;
}

int main(int count, char **words)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    CHECK(count == 2);
    rounds = atoi(words[1]);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        CHECK(pthread_create(&threads[i], NULL, work, &seeds[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < SLOTS; i++)
        give_back(slots[i]);
    puts("all blocks were intact");
    return 0;
}
