/* Fuzz target: any bytes as operations on a heap, judged by the shadow after each. The allocator is the one that the
 * environment names in KFIT_ALLOC, so that one program serves all and inputs are of use to all.
 *
 * The first four bytes set the heap up: size, fixed or growing, hardening level, options. Then three bytes are an
 * operation: kind and block, and 16 bits of size, of which the top four are an exponent. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SHADOW_CAPACITY ((size_t)65536)
#define SHADOW_IDS 32

#include "../host/alloc_shadow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_JUNK = 0xA5, FUZZ_OPS_MAX = 1024 };

static const struct heap_ops *fuzz_policy; /* NULL: not yet known */
static struct heap fuzz_heap;

static const struct heap_ops *policy_from_environment(void)
{
    const char *name = getenv("KFIT_ALLOC");
    const struct heap_ops *ops = heap_policy_find(name ? name : heap_policies[0]->name);
    if (!ops) {
        fprintf(stderr, "KFIT_ALLOC: there is no allocator '%s'\n", name);
        exit(2);
    }
    return ops;
}

static bool grant_growth(void *context, size_t committed, size_t added)
{
    (void)context, (void)committed, (void)added;
    return true;
}

/* Options as they are, or spread over their ranges by the byte. */
static void set_options(struct heap_setup *setup, uint8_t byte)
{
    const struct heap_option *o = setup->ops->options;
    for (size_t i = 0; o && o[i].key; i++) {
        size_t steps = (o[i].max - o[i].min) / o[i].multiple;
        bool is_usual = byte == 0 || steps == 0;
        setup->options[i] = is_usual ? o[i].fallback : o[i].min + (byte * (i + 1) % (steps + 1)) * o[i].multiple;
    }
}

/* False: the region does not suit the policy. */
static bool begin_fuzz_heap(const uint8_t *data, unsigned char *memory, uint8_t *starts)
{
    struct heap_setup setup = {.ops = fuzz_policy, .harden = data[2] % (HEAP_HARDEN_MAX + 1)};
    size_t limit = (size_t)1024 << data[0] % 7;
    limit -= data[0] / 7 % 8 * HEAP_ALIGN;
    memset(memory, FUZZ_JUNK, limit);
    memset(starts, 0, heap_starts_bytes(limit));
    setup.region = (struct heap_region){.base = memory, .committed = limit, .reserved = limit};
    if (data[1] % 2 == 1) {
        setup.region.committed = 0;
        setup.region.grow = grant_growth;
    }
    if (setup.harden > 0)
        setup.region.starts = starts;
    set_options(&setup, data[3]);
    memset(&fuzz_heap, FUZZ_JUNK, sizeof fuzz_heap);
    return heap_init(&fuzz_heap, &setup) == HEAP_OK;
}

static struct shadow_op fuzz_op(const uint8_t *data)
{
    static const enum shadow_op_kind kinds[] = {OP_ALLOC, OP_FREE,  OP_RESIZE, OP_ALIGNED,
                                                OP_FREE,  OP_ALLOC, OP_RESIZE, OP_FREE};
    unsigned bits = data[1] | (unsigned)data[2] << 8;
    struct shadow_op op = {.kind = kinds[data[0] >> 5], .id = data[0] % SHADOW_IDS};
    op.bytes = bits >> 12 == 15 ? SIZE_MAX - (bits & 0xFFF) : (bits & 0xFFF) >> (bits >> 12 & 7);
    op.align = (size_t)1 << (bits >> 12) % 13;
    op.bytes += op.kind == OP_RESIZE && op.bytes == 0;
    return op;
}

static void must(const char *wrong)
{
    if (!wrong)
        return;
    fprintf(stderr, "%s: %s\n", fuzz_policy->name, wrong);
    abort();
}

/* The region is as large as it may become, so that the sanitizer sees what passes its end. */
static void run_fuzz_heap(const uint8_t *data, size_t size)
{
    shadow_begin(&fuzz_heap);
    for (size_t i = 0; i < FUZZ_OPS_MAX && size >= 3; i++, data += 3, size -= 3) {
        struct shadow_op op = fuzz_op(data);
        must(shadow_do(&op));
        must(shadow_judge(i));
    }
    must(shadow_drain());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    if (!fuzz_policy) {
        fuzz_policy = policy_from_environment();
        shadow_make_pattern();
    }
    size_t limit = ((size_t)1024 << data[0] % 7) - data[0] / 7 % 8 * HEAP_ALIGN;
    unsigned char *memory = aligned_alloc(4096, (limit + 4095) & ~(size_t)4095);
    uint8_t *starts = malloc(heap_starts_bytes(limit));
    if (begin_fuzz_heap(data, memory, starts))
        run_fuzz_heap(data + 4, size - 4);
    free(starts);
    free(memory);
    return 0;
}
