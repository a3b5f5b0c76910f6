/* own-heap: a program that gets pages from the kernel and runs an allocator of its own on them. The heap is alloc/, the very
 * sources that the kernel is built with.
 *
 *      heap_alloc -> policy finds no place -> grow callback -> system call -> pages
 */
#include <alloc/heap_ops.h>

#include "replay.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

enum { LIMIT_MAX = 64 << 20 };

static struct heap heap;
static uint8_t starts[LIMIT_MAX / HEAP_ALIGN / 4 + 1]; /* pages of it are brought as the heap reaches them */

/* ---- the heap and its pages ---- */

/* The region ends with a whole page, though the heap's limit may lie inside it. */
static bool grow(void *context, size_t committed, size_t added)
{
    (void)context, (void)committed;
    return !user_is_refusal(system_call(USER_PAGES, (added + USER_PAGE - 1) / USER_PAGE, 0, 0, 0));
}

static enum heap_status open_heap(const struct user_arguments *arguments)
{
    struct heap_setup setup = {.ops = heap_policy_find(arguments->allocator),
                               .harden = arguments->harden,
                               .grain = arguments->grain,
                               .region = {.base = (void *)system_call(USER_PAGES, 0, 0, 0, 0),
                                          .reserved = arguments->heap_limit,
                                          .grow = grow,
                                          .starts = starts}};
    if (!setup.ops || arguments->heap_limit > LIMIT_MAX)
        return HEAP_BAD_ARGUMENT;
    for (size_t i = 0; i < USER_OPTIONS; i++)
        setup.options[i] = arguments->options[i];
    return heap_init(&heap, &setup);
}

/* ---- blocks: plain pointers, but for the digest ---- */

static uintptr_t block_of(const void *payload)
{
    return (uintptr_t)((const unsigned char *)payload - heap.base) - heap_origin(&heap);
}

static unsigned char *payload_of(uintptr_t block)
{
    return heap.base + heap_origin(&heap) + block;
}

static uintptr_t take(size_t bytes, size_t align)
{
    void *payload;
    return heap_alloc_aligned(&heap, bytes, align, &payload) == HEAP_OK ? block_of(payload) : REPLAY_NONE;
}

static uintptr_t resize(uintptr_t block, size_t bytes)
{
    void *moved;
    return heap_resize(&heap, payload_of(block), bytes, &moved) == HEAP_OK ? block_of(moved) : REPLAY_NONE;
}

static bool give_back(uintptr_t block)
{
    return heap_free(&heap, payload_of(block)) == HEAP_OK;
}

static void fill(uintptr_t block, unsigned char byte, size_t bytes)
{
    memset(payload_of(block), byte, bytes);
}

static void read(uintptr_t block, unsigned char *to, size_t bytes)
{
    memcpy(to, payload_of(block), bytes);
}

int program_main(const struct user_arguments *arguments)
{
    static const struct replay_blocks blocks = {take, resize, give_back, fill, read};
    if (open_heap(arguments) != HEAP_OK) {
        system_write("no heap: no such allocator, or too little memory\n");
        return 1;
    }
    int status = replay(arguments, &blocks);
    if (heap_check(&heap) == HEAP_OK)
        return status;
    system_write("the heap is damaged\n");
    return 1;
}
