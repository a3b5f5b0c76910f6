/* Misuses the heap in the way its argument names, after a line to its standard output that is still in the buffer. */
#include "program.h"

#include <signal.h>
#include <unistd.h>

/* So that the compiler neither warns nor leaves anything out. */
static void *hidden(void *ptr)
{
    void *volatile p = ptr;
    return p;
}

/* A handler that allocates while the process is being aborted: it gets NULL and is not kept waiting. */
static void allocate(int number)
{
    (void)number;
    void *block = hidden(malloc(10));
    free(block);
    free(hidden(&block)); /* nothing is looked at any more */
    if (!block && write(STDOUT_FILENO, "no memory\n", 10) == 10)
        return;
}

static void misuse(const char *what, char *block)
{
    char local[64];
    if (strcmp(what, "twice") == 0 || strcmp(what, "handler") == 0)
        free(block), free(hidden(block));
    else if (strcmp(what, "interior") == 0)
        free(hidden(block + 32));
    else if (strcmp(what, "unaligned") == 0)
        free(hidden(block + 1));
    else if (strcmp(what, "outside") == 0)
        free(hidden(local));
    else if (strcmp(what, "realloc") == 0)
        free(block), block = realloc(hidden(block), 200);
    else if (strcmp(what, "overflow") == 0)
        memset(hidden(block), 0x41, 100 + 64);
}

int main(int count, char **words)
{
    CHECK(count == 2);
    printf("a line\n");
    char *block = malloc(100), *next = malloc(100);
    CHECK(block && next);
    if (strcmp(words[1], "handler") == 0)
        signal(SIGABRT, allocate);
    misuse(words[1], block);
    return 0;
}
