/* Allocates and frees 6 MiB in small blocks, one after the other: the heap stays small if the allocator frees. */
#include "program.h"

int main(void)
{
    for (int i = 0; i < 100000; i++) {
        void *volatile block = malloc(64);
        CHECK(block);
        free(block);
    }
    return 0;
}
