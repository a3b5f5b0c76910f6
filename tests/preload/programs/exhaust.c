/* Takes blocks until there is no memory, gives them back, and takes one of half of what it had: argument `reuse`. */
#include "program.h"

#include <errno.h>

enum { BLOCK = 64 << 10 };

int main(int count, char **words)
{
    void **blocks = NULL, **block;
    size_t taken = 0;
    errno = 0;
    while ((block = malloc(BLOCK))) {
        memset(block, 1, BLOCK);
        *block = blocks;
        blocks = block;
        taken++;
    }
    CHECK(errno == ENOMEM && taken > 0);
    while (blocks) {
        block = *blocks;
        free(blocks);
        blocks = block;
    }
    printf("%zu blocks\n", taken);
    if (count > 1 && strcmp(words[1], "reuse") == 0) {
        for (size_t i = 0; i < taken; i++)
            CHECK(malloc(BLOCK));
    }
    return 0;
}
