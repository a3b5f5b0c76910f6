/* The system calls. Each checks all that the program has named before it does anything, and says what it refuses. */
#include "calls.h"

#include <arch/irq.h>

#include "copy.h"
#include "private.h"

typedef uintptr_t call_fn(struct user_program *p, const uintptr_t *argument);

/* ---- the program itself ---- */

static uintptr_t do_nothing(struct user_program *p, const uintptr_t *argument)
{
    (void)p, (void)argument;
    return 0;
}

static uintptr_t do_exit(struct user_program *p, const uintptr_t *argument)
{
    p->status = argument[0];
    p->end = USER_EXITED;
    arch_user_stop();
    return 0;
}

/* What the console takes for it is nobody's cost. */
static uintptr_t do_write(struct user_program *p, const uintptr_t *argument)
{
    char text[USER_WRITE_MAX];
    const size_t bytes = argument[1];
    if (bytes > sizeof text)
        return user_refusal(USER_BAD_ARGUMENT);
    if (!user_copy_in(&p->space, text, argument[0], bytes))
        return user_refusal(USER_BAD_ADDRESS);
    if (bytes > USER_TEXT_MAX - p->text_written)
        return user_refusal(USER_TOO_MUCH_TEXT);
    p->text_written += bytes;
    p->count.bytes_in += bytes;
    uint64_t before = arch_own_cycles();
    p->request->write(p->request->write_context, text, bytes);
    user_count_written(arch_own_cycles() - before);
    return bytes;
}

static uintptr_t do_result(struct user_program *p, const uintptr_t *argument)
{
    if (!user_copy_in(&p->space, &p->result, argument[0], sizeof p->result))
        return user_refusal(USER_BAD_ADDRESS);
    p->has_result = true;
    p->count.bytes_in += sizeof p->result;
    return 0;
}

static uintptr_t do_pages(struct user_program *p, const uintptr_t *argument)
{
    struct vmm_region *r = p->heap;
    const vaddr_t end = r->base + r->committed;
    if (argument[0] > (r->reserve - r->committed) / USER_PAGE ||
        vmm_region_grow(r, r->committed + argument[0] * USER_PAGE) != VMM_OK)
        return user_refusal(USER_NO_MEMORY);
    return end;
}

/* ---- blocks of the kernel's heap: a block's number is how far its payload lies behind the lowest one there
 * can be ---- */

static uintptr_t block_of(const struct user_program *p, const void *payload)
{
    return (uintptr_t)((const unsigned char *)payload - p->blocks.base) - heap_origin(&p->blocks);
}

/* Made when the first block is asked for. */
static bool open_blocks(struct user_program *p)
{
    const struct user_arguments *a = &p->request->arguments;
    const struct kheap_request request = {
        .limit = a->heap_limit, .backing = p->request->backing, .is_large = p->request->is_large, .with_starts = true};
    struct heap_setup setup = {.ops = p->request->policy, .harden = a->harden, .grain = a->grain};
    if (p->has_blocks)
        return true;
    for (size_t i = 0; i < HEAP_OPTIONS_MAX; i++)
        setup.options[i] = a->options[i];
    if (!kheap_open(&p->block_memory, p->kernel, &request, &setup.region))
        return false;
    p->has_blocks = heap_init(&p->blocks, &setup) == HEAP_OK;
    if (!p->has_blocks)
        kheap_close(&p->block_memory);
    return p->has_blocks;
}

static uintptr_t refusal_of(enum heap_status status)
{
    switch (status) {
    case HEAP_NO_MEMORY:
        return user_refusal(USER_NO_MEMORY);
    case HEAP_BAD_ARGUMENT:
        return user_refusal(USER_BAD_ARGUMENT);
    default:
        return user_refusal(USER_BAD_BLOCK);
    }
}

/* The payload that a number names; NULL: no live block's of this program. */
static unsigned char *payload_of(struct user_program *p, uintptr_t block, size_t *usable)
{
    if (!p->has_blocks || block >= p->blocks.committed - heap_origin(&p->blocks))
        return NULL;
    unsigned char *payload = p->blocks.base + heap_origin(&p->blocks) + block;
    *usable = heap_usable(&p->blocks, payload);
    return *usable > 0 ? payload : NULL;
}

static uintptr_t do_block_alloc(struct user_program *p, const uintptr_t *argument)
{
    void *payload;
    if (!open_blocks(p))
        return user_refusal(USER_NO_MEMORY);
    enum heap_status status = heap_alloc_aligned(&p->blocks, argument[0], argument[1], &payload);
    return status == HEAP_OK ? block_of(p, payload) : refusal_of(status);
}

static uintptr_t do_block_free(struct user_program *p, const uintptr_t *argument)
{
    size_t usable;
    void *payload = payload_of(p, argument[0], &usable);
    enum heap_status status = payload ? heap_free(&p->blocks, payload) : HEAP_BAD_POINTER;
    return status == HEAP_OK ? 0 : refusal_of(status);
}

static uintptr_t do_block_resize(struct user_program *p, const uintptr_t *argument)
{
    size_t usable;
    void *moved, *payload = payload_of(p, argument[0], &usable);
    enum heap_status status = payload ? heap_resize(&p->blocks, payload, argument[1], &moved) : HEAP_BAD_POINTER;
    return status == HEAP_OK ? block_of(p, moved) : refusal_of(status);
}

/* [offset, offset + bytes) of a block; NULL: not all of that is in it. */
static unsigned char *part_of(struct user_program *p, const uintptr_t *argument)
{
    size_t usable;
    const size_t offset = argument[1], bytes = argument[3];
    unsigned char *payload = payload_of(p, argument[0], &usable);
    return payload && offset <= usable && bytes <= usable - offset ? payload + offset : NULL;
}

static uintptr_t do_put(struct user_program *p, const uintptr_t *argument)
{
    unsigned char *part = part_of(p, argument);
    if (!part)
        return user_refusal(USER_BAD_BLOCK);
    if (!user_copy_in(&p->space, part, argument[2], argument[3]))
        return user_refusal(USER_BAD_ADDRESS);
    p->count.bytes_in += argument[3];
    return argument[3];
}

static uintptr_t do_get(struct user_program *p, const uintptr_t *argument)
{
    const unsigned char *part = part_of(p, argument);
    if (!part)
        return user_refusal(USER_BAD_BLOCK);
    if (!user_copy_out(&p->space, argument[2], part, argument[3]))
        return user_refusal(USER_BAD_ADDRESS);
    p->count.bytes_out += argument[3];
    return argument[3];
}

/* ---- the table ---- */

static call_fn *const calls[USER_CALLS] = {
    [USER_NOTHING] = do_nothing,
    [USER_EXIT] = do_exit,
    [USER_WRITE] = do_write,
    [USER_PAGES] = do_pages,
    [USER_BLOCK_ALLOC] = do_block_alloc,
    [USER_BLOCK_FREE] = do_block_free,
    [USER_BLOCK_RESIZE] = do_block_resize,
    [USER_PUT] = do_put,
    [USER_GET] = do_get,
    [USER_RESULT] = do_result,
};

uintptr_t user_serve(struct user_program *p, const struct arch_user_call *call)
{
    if (call->number >= USER_CALLS) {
        p->count.unknown++;
        return user_refusal(USER_BAD_CALL);
    }
    p->count.calls[call->number]++;
    return calls[call->number](p, call->argument);
}
