/* malloc, realloc, calloc and the aligned ones, with good arguments and bad: what C, POSIX and glibc promise. With the
 * argument `sizes` malloc_usable_size is right about all blocks; with `no-sizes` it promises nothing, as the allocator
 * keeps none. */
#include "program.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

static const size_t huge[] = {SIZE_MAX,         SIZE_MAX - 15, SIZE_MAX - 4096,
                              SIZE_MAX / 2 + 1, SIZE_MAX / 2,  (size_t)1 << 46};

#define HUGES (sizeof huge / sizeof huge[0])

/* No warnings about sizes that cannot be: they are meant. */
static size_t hidden(size_t value)
{
    volatile size_t v = value;
    return v;
}

static bool is_refused(void *block)
{
    bool refused = !block && errno == ENOMEM;
    errno = 0;
    return refused;
}

static void check_refusals(void)
{
    char *block = malloc(100);
    memset(block, 7, 100);
    errno = 0;
    for (size_t i = 0; i < HUGES; i++) {
        size_t bytes = hidden(huge[i]);
        CHECK(is_refused(malloc(bytes)));
        CHECK(is_refused(calloc(bytes, 1)));
        CHECK(is_refused(calloc(bytes / 8, 9)));
        CHECK(is_refused(realloc(block, bytes)));
        CHECK(is_refused(reallocarray(block, bytes / 4, 5)));
        CHECK(is_refused(memalign(64, bytes)));
        CHECK(is_refused(aligned_alloc(4096, bytes)));
        CHECK(is_refused(valloc(bytes)));
        CHECK(is_refused(pvalloc(bytes)));
    }
    CHECK(is_refused(calloc(hidden(SIZE_MAX / 2), 3)));
    CHECK(is_refused(reallocarray(block, hidden((size_t)1 << 32), (size_t)1 << 32)));
    for (int i = 0; i < 100; i++)
        CHECK(block[i] == 7);
    free(block);
}

static void check_alignments(void)
{
    for (size_t align = 1; align <= (size_t)2 << 20; align *= 2) {
        char *blocks[3] = {memalign(align, 100), aligned_alloc(align, 100), NULL};
        int status = posix_memalign((void **)&blocks[2], align, 100);
        CHECK(align < sizeof(void *) ? status == EINVAL && !blocks[2] : status == 0);
        for (int i = 0; i < 3; i++) {
            CHECK(((uintptr_t)blocks[i] & (align - 1)) == 0);
            if (blocks[i])
                memset(blocks[i], i, 100);
        }
        blocks[0] = realloc(blocks[0], 5000); /* may lose its alignment, not its content */
        for (int i = 0; i < 100; i++)
            CHECK(blocks[0][i] == 0);
        for (int i = 0; i < 3; i++)
            free(blocks[i]);
    }
}

static void check_bad_alignments(void)
{
    static const size_t bad[] = {0, 3, 5, 12, 24, 100, 4095, 4097, SIZE_MAX, SIZE_MAX - 7};
    void *out = &out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t align = hidden(bad[i]);
        errno = 0;
        CHECK(posix_memalign(&out, align, 8) == EINVAL && out == &out && errno == 0);
        CHECK(!aligned_alloc(align, 8) && errno == EINVAL);
    }
    errno = 0;
    CHECK(posix_memalign(&out, (size_t)4 << 20, 8) == ENOMEM && out == &out && errno == 0);
    CHECK(posix_memalign(&out, 64, hidden(SIZE_MAX - 63)) == ENOMEM && out == &out && errno == 0);
    CHECK(is_refused(memalign((size_t)4 << 20, 8)));
    CHECK(is_refused(memalign(hidden(SIZE_MAX / 2 + 1), 8)));
    CHECK(!memalign(hidden(SIZE_MAX / 2 + 2), 8) && errno == EINVAL);
    void *raised = memalign(hidden(24), 8), *none = memalign(hidden(0), 8); /* glibc raises it to a power of two */
    CHECK(raised && (uintptr_t)raised % 32 == 0 && none);
    free(raised);
    free(none);
}

static void check_pages(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    char *a = valloc(10), *b = pvalloc(10), *c = pvalloc(hidden(0));
    CHECK(a && (uintptr_t)a % page == 0 && b && (uintptr_t)b % page == 0 && c);
    memset(b, 1, page);
    free(a);
    free(b);
    free(c);
}

static void check_small_print(void)
{
    void *a = malloc(hidden(0)), *b = malloc(hidden(0));
    CHECK(a && b && a != b);
    errno = 0;
    CHECK(realloc(a, hidden(0)) == NULL && errno == 0); /* a is free now */
    a = realloc(NULL, hidden(0));
    CHECK(a && a != b);
    errno = 4711;
    free(a);
    free(b);
    free(NULL);
    CHECK(errno == 4711);
    unsigned char *dirty = malloc(3000);
    memset(dirty, 0xff, 3000);
    free(dirty);
    unsigned char *zeroed = calloc(300, 10);
    for (int i = 0; i < 3000; i++)
        CHECK(zeroed[i] == 0);
    free(zeroed);
}

/* Every byte that is said to be usable can be written, and no other block notices. */
static void check_usable(void)
{
    unsigned char *blocks[100];
    size_t usable[100];
    for (unsigned i = 0; i < 100; i++) {
        blocks[i] = i % 5 == 0 ? memalign((size_t)32 << i % 7, i * 7) : malloc(i * 7);
        usable[i] = malloc_usable_size(blocks[i]);
        CHECK(usable[i] >= i * 7);
        memset(blocks[i], (int)i, usable[i]);
    }
    for (unsigned i = 0; i < 100; i++) {
        for (size_t at = 0; at < usable[i]; at++)
            CHECK(blocks[i][at] == i);
        free(blocks[i]);
    }
}

int main(int count, char **words)
{
    check_small_print();
    check_refusals();
    check_alignments();
    check_bad_alignments();
    check_pages();
    CHECK(malloc_usable_size(NULL) == 0);
    if (count > 1 && strcmp(words[1], "sizes") == 0)
        check_usable();
    if (count > 1 && strcmp(words[1], "no-sizes") == 0)
        CHECK(malloc_usable_size(malloc(100)) == 0);
    puts("as promised");
    return 0;
}
