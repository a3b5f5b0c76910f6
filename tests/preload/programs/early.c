/* Allocates before any constructor has run, and after the statistics were written, from destructors of the program. */
#include "program.h"

static struct filled *first;

static void allocate_early(void)
{
    first = fill(malloc(1000), 1000);
}

__attribute__((section(".preinit_array"), used)) static void (*const early)(void) = allocate_early;

__attribute__((destructor)) static void allocate_late(void)
{
    free(fill(malloc(500), 500));
}

int main(void)
{
    check_filled(first, 1000);
    free(first);
    puts("early and late");
    return 0;
}
