/* malloc, free and their kin as C11, POSIX and glibc define them, on the heap of the process.
 *
 * Where the standards leave a choice it is glibc's, so that a program behaves as it does without this library:
 *   malloc(0)             a distinct smallest block
 *   realloc(p, 0)         frees p and answers NULL
 *   memalign(24, n)       an alignment that is no power of two is raised to the next one
 *   free                  leaves errno alone
 * Alignments above HEAP_REGION_ALIGN (2 MiB) are refused with ENOMEM. What realloc moves keeps no alignment beyond
 * HEAP_ALIGN, as in C.
 */
#include "preload.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* NULL is "no memory". */
static void *answer(void *ptr)
{
    if (!ptr)
        errno = ENOMEM;
    return ptr;
}

EXPORTED void *malloc(size_t bytes)
{
    struct heap *h = preload_enter();
    void *ptr = h ? heap_alloc(h, bytes) : NULL;
    preload_leave(h);
    return answer(ptr);
}

EXPORTED void free(void *ptr)
{
    struct heap *h = preload_enter();
    if (h)
        heap_free(h, ptr); /* what it finds wrong, preload_leave sees */
    preload_leave(h);
}

EXPORTED void *calloc(size_t count, size_t bytes)
{
    struct heap *h = preload_enter();
    void *ptr = h ? heap_calloc(h, count, bytes) : NULL;
    preload_leave(h);
    return answer(ptr);
}

EXPORTED void *realloc(void *ptr, size_t bytes)
{
    if (ptr && bytes == 0) {
        free(ptr);
        return NULL;
    }
    void *now = NULL;
    struct heap *h = preload_enter();
    if (h)
        heap_resize(h, ptr, bytes, &now);
    preload_leave(h);
    return answer(now);
}

EXPORTED void *reallocarray(void *ptr, size_t count, size_t bytes)
{
    size_t product;
    if (__builtin_mul_overflow(count, bytes, &product))
        return answer(NULL);
    return realloc(ptr, product);
}

/* ---- aligned ---- */

/* NULL, errno untouched: refused. `align` is a power of two. */
static void *place_aligned(size_t align, size_t bytes)
{
    void *ptr = NULL;
    struct heap *h = preload_enter();
    if (h)
        heap_alloc_aligned(h, bytes, align, &ptr);
    preload_leave(h);
    return ptr;
}

static bool is_power_of_two(size_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

EXPORTED void *memalign(size_t align, size_t bytes)
{
    size_t power = HEAP_ALIGN;
    if (align > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    while (power < align)
        power *= 2;
    return answer(place_aligned(power, bytes));
}

EXPORTED void *aligned_alloc(size_t align, size_t bytes)
{
    if (!is_power_of_two(align)) {
        errno = EINVAL;
        return NULL;
    }
    return answer(place_aligned(align, bytes));
}

EXPORTED int posix_memalign(void **out, size_t align, size_t bytes)
{
    if (!is_power_of_two(align) || align < sizeof(void *))
        return EINVAL;
    void *ptr = place_aligned(align, bytes);
    if (!ptr)
        return ENOMEM;
    *out = ptr;
    return 0;
}

EXPORTED void *valloc(size_t bytes)
{
    return answer(place_aligned((size_t)getpagesize(), bytes));
}

EXPORTED void *pvalloc(size_t bytes)
{
    size_t page = (size_t)getpagesize();
    if (bytes > SIZE_MAX - (page - 1))
        return answer(NULL);
    return valloc((bytes + page - 1) & ~(page - 1));
}

/* ---- sizes ---- */

/* A headerless policy (it grants no bytes) knows no block's end: then nothing beyond the request is promised. */
static bool knows_sizes(const struct heap *h)
{
    return h->counters.granted > 0;
}

EXPORTED size_t malloc_usable_size(void *ptr)
{
    struct heap *h = preload_enter();
    size_t usable = h && ptr ? heap_usable(h, ptr) : 0;
    if (h && !knows_sizes(h))
        usable = 0;
    preload_leave(h);
    return usable;
}
