/* Counts how often the library asks the system to make memory usable, and how much: its mprotect is this program's.
 * Argument: MiB to allocate, in blocks of 1,000 bytes. */
#include "program.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t steps, committed;

int mprotect(void *start, size_t bytes, int rights)
{
    if (rights == (PROT_READ | PROT_WRITE))
        steps++, committed += bytes;
    return (int)syscall(SYS_mprotect, start, bytes, rights);
}

int main(int count, char **words)
{
    CHECK(count == 2);
    size_t bytes = (size_t)atoi(words[1]) << 20;
    for (size_t i = 0; i < bytes / 1000; i++)
        CHECK(malloc(1000));
    printf("%zu %zu\n", steps, committed);
    return 0;
}
