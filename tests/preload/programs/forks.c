/* Forks again and again while other threads allocate; each child allocates, too. Argument: how many forks.
 *
 * Fork handlers that allocate are registered before the first allocation, so before the library's own: they run while
 * it holds its lock. A child that waits for ever is ended by its alarm. */
#include "program.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, PATIENCE = 20 };

static atomic_bool is_over;
static unsigned handled;

static void churn(unsigned *random, int blocks)
{
    struct filled *kept[8] = {0};
    for (int i = 0; i < blocks; i++) {
        size_t bytes = sizeof(struct filled) + next_random(random) % 300;
        struct filled **slot = &kept[next_random(random) % 8];
        if (*slot)
            check_filled(*slot, (*slot)->bytes);
        free(*slot);
        *slot = fill(malloc(bytes), bytes);
    }
    for (int i = 0; i < 8; i++)
        free(kept[i]);
}

static void handler(void)
{
    handled++;
    churn(&(unsigned){handled}, 10);
}

static void register_early(void)
{
    pthread_atfork(handler, handler, handler);
}

__attribute__((section(".preinit_array"), used)) static void (*const early)(void) = register_early;

static void *work(void *seed)
{
    unsigned random = *(unsigned *)seed;
    while (!is_over)
        churn(&random, 100);
    return NULL;
}

static void fork_once(unsigned seed)
{
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(PATIENCE);
        churn(&seed, 200);
        exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

/* The ways to a new program that share memory with us for a moment. */
static void spawn_once(void)
{
    int status;
    pid_t child;
    char *words[] = {"true", NULL}, *environment[] = {NULL};
    CHECK(posix_spawn(&child, "/bin/true", NULL, NULL, words, environment) == 0);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    child = vfork();
    if (child == 0) {
        execve("/bin/true", words, environment);
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(int count, char **words)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];
    CHECK(count == 2);
    alarm(4 * PATIENCE);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        CHECK(pthread_create(&threads[i], NULL, work, &seeds[i]) == 0);
    }
    int forks = atoi(words[1]);
    for (int i = 0; i < forks; i++) {
        fork_once((unsigned)i + 1);
        if (i % 10 == 0)
            spawn_once();
    }
    is_over = true;
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(handled == 2 * (unsigned)forks); /* before and after, here */
    puts("all children came back");
    return 0;
}
