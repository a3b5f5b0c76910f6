/* Takes blocks until there is no memory, gives them back, and with the argument `reuse` takes as many again. */
#include "program.h"

#include <errno.h>
#include <unistd.h>

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
    for (size_t i = 0; i < taken && count > 1 && strcmp(words[1], "reuse") == 0; i++)
        CHECK(malloc(BLOCK));
    char line[40]; /* not through stdio, which may want a buffer where there is no memory */
    int length = snprintf(line, sizeof line, "%zu blocks\n", taken);
    CHECK(write(STDOUT_FILENO, line, (size_t)length) == length);
    return 0;
}
