/* Damage by single bits: each bit of an allocator's bookkeeping is flipped, one at a time, in a hundred heaps for each
 * policy, and heap_check, or the first operation that goes wrong by it, must say so in 99 of 100 cases.
 *
 * Bookkeeping is what of the region is neither a caller's payload nor the inside of a block (of which the first four
 * words and the last are taken: header, links, boundary tag), and the policy's state in struct heap. Where one extent
 * of metadata is large (heads, tables), each heap takes its turn at every eighth bit.
 *
 * A flip counts if it changes what the heap means: if the check finds an invariant broken; or if the walk, a usable
 * size or one of the operations that follow (frees, allocations, resizes) comes out otherwise than in a twin without
 * damage. What counts and is not told, is missed; a crash or an endless loop is missed too. A policy that keeps no
 * record of its blocks has nothing to compare with: it is tried, but nothing is asked of it.
 *
 * KFIT_TEST_HEAPS sets another number of heaps; KFIT_SHOW_MISSED lists the bits that are missed.
 *
 * Built without sanitizers, because damage that is not told may lead anywhere; the region lies between pages without
 * access, at one address for every run. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include <alloc/heap_ops.h>

#include "support.h"

#define A HEAP_ALIGN
#define WORD sizeof(size_t)

enum {
    HEAPS = 100,
    BYTES_MAX = 16384, /* largest region */
    BLOCKS = 24,       /* most that are live */
    STEPS = 40,        /* operations after the damage */
    LARGE_META = 512,
    GUARD = 1 << 24,
};

#define REGION_ADDRESS ((unsigned char *)0x20000000)

static struct heap heap, *const h = &heap;
static uint8_t starts[BYTES_MAX];
static void *blocks[BLOCKS]; /* NULL: not live */

/* The heap before the damage, and what it and its operations come to without. */
static struct twin {
    struct heap heap;
    unsigned char bytes[BYTES_MAX];
    uint8_t starts[BYTES_MAX];
    void *blocks[BLOCKS];
    uint64_t shape; /* walk and usable sizes */
    uint64_t answers[STEPS];
} twin;

static struct tally {
    uint64_t flips, changed, by_check, by_operation, missed, crashes, hangs;
    bool is_recordless;
} tally;

/* ---- a heap in use ---- */

static void make_heap(const struct heap_ops *ops, size_t bytes)
{
    struct heap_setup setup = {.ops = ops, .harden = 1};
    size_t limit = ops->fixed / A * A + bytes;
    assert_true(limit <= BYTES_MAX);
    memset(REGION_ADDRESS, 0xA5, limit);
    memset(starts, 0, sizeof starts);
    setup.region =
        (struct heap_region){.base = REGION_ADDRESS, .committed = limit, .reserved = limit, .starts = starts};
    heap_default_options(ops, setup.options);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    memset(blocks, 0, sizeof blocks);
}

static void use_heap(uint64_t *random)
{
    for (size_t i = 0; i < 3 * BLOCKS; i++) {
        void **block = &blocks[test_random(random) % BLOCKS];
        size_t bytes = (size_t)(test_random(random) % (test_random(random) % 4 == 0 ? 300 : 60));
        if (*block) {
            assert_int_equal(heap_free(h, *block), HEAP_OK);
            *block = NULL;
        } else if (test_random(random) % 8 == 0) {
            heap_alloc_aligned(h, bytes, 64, block);
        } else {
            *block = heap_alloc(h, bytes);
        }
        if (*block)
            memset(*block, (int)(0x40 + i), bytes);
    }
}

/* ---- what it means ---- */

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * 0x100000001B3u ^ sum >> 29;
}

static bool mix_extent(void *context, const struct heap_extent *extent)
{
    uint64_t *sum = context;
    *sum = mix(mix(mix(*sum, (uint64_t)extent->kind), extent->offset), extent->size);
    tally.is_recordless = tally.is_recordless || extent->kind == HEAP_UNTRACKED;
    return true;
}

static uint64_t shape_of(void)
{
    uint64_t sum = 1;
    if (heap_walk(h, mix_extent, &sum) != HEAP_OK)
        return 0;
    for (size_t i = 0; i < BLOCKS; i++)
        sum = mix(sum, blocks[i] ? heap_usable(h, blocks[i]) : 0);
    return sum;
}

/* One of the operations that follow, always the same: its answer. */
static uint64_t step(size_t number)
{
    void **block = &blocks[number * 7 % BLOCKS], *ptr = *block;
    enum heap_status status = HEAP_OK;
    if (!ptr) {
        *block = ptr = heap_alloc(h, number * number * 3 % 200);
    } else if (number % 3 == 0) {
        status = heap_resize(h, ptr, number * 29 % 150 + 1, &ptr);
        *block = ptr ? ptr : *block;
    } else {
        status = heap_free(h, ptr);
        *block = NULL;
    }
    return mix((uint64_t)status, (uintptr_t)ptr);
}

static void keep_twin(void)
{
    twin.heap = heap;
    memcpy(twin.bytes, h->base, h->committed);
    memcpy(twin.starts, starts, heap_starts_bytes(h->committed));
    memcpy(twin.blocks, blocks, sizeof blocks);
}

static void restore_twin(void)
{
    heap = twin.heap;
    memcpy(h->base, twin.bytes, h->committed);
    memcpy(starts, twin.starts, heap_starts_bytes(h->committed));
    memcpy(blocks, twin.blocks, sizeof blocks);
}

static void record_twin(void)
{
    keep_twin();
    twin.shape = shape_of();
    for (size_t i = 0; i < STEPS; i++)
        twin.answers[i] = step(i);
    assert_int_equal(heap_check(h), HEAP_OK);
    restore_twin();
}

/* ---- damage, and whether it is told ---- */

static sigjmp_buf escape;
static volatile sig_atomic_t is_armed;
static uint64_t flips_at_last_tick;
static int idle_ticks;

static void on_crash(int signal)
{
    if (is_armed)
        siglongjmp(escape, signal);
    _exit(99);
}

/* Ten ticks at one flip are an endless loop. */
static void on_tick(int signal)
{
    idle_ticks = tally.flips == flips_at_last_tick ? idle_ticks + 1 : 0;
    flips_at_last_tick = tally.flips;
    if (is_armed && idle_ticks >= 10)
        siglongjmp(escape, signal);
}

enum verdict { UNCHANGED, TOLD_BY_CHECK, TOLD_BY_OPERATION, MISSED };

static enum verdict judge_damage(void)
{
    if (heap_check(h) != HEAP_OK)
        return TOLD_BY_CHECK;
    bool is_same = shape_of() == twin.shape;
    for (size_t i = 0; i < STEPS; i++) {
        uint64_t answer = step(i);
        if (h->fault.class != HEAP_FAULT_NONE)
            return TOLD_BY_OPERATION;
        is_same = is_same && answer == twin.answers[i];
        if (!is_same)
            return heap_check(h) != HEAP_OK ? TOLD_BY_OPERATION : MISSED;
    }
    return heap_check(h) != HEAP_OK ? TOLD_BY_OPERATION : UNCHANGED;
}

/* `byte` lies in the region or in the heap's state. */
static void flip(unsigned char *byte, unsigned bit)
{
    static enum verdict verdict;
    tally.flips++;
    *byte ^= (unsigned char)(1u << bit);
    int signal = sigsetjmp(escape, 1);
    if (signal == 0) {
        is_armed = 1;
        verdict = judge_damage();
    } else {
        verdict = MISSED;
        tally.crashes += signal != SIGVTALRM;
        tally.hangs += signal == SIGVTALRM;
        idle_ticks = 0;
    }
    is_armed = 0;
    tally.changed += verdict != UNCHANGED;
    tally.by_check += verdict == TOLD_BY_CHECK;
    tally.by_operation += verdict == TOLD_BY_OPERATION;
    tally.missed += verdict == MISSED;
    if (verdict == MISSED && getenv("KFIT_SHOW_MISSED"))
        print_message(
            "  missed: %s at %td, bit %u%s\n", byte >= h->base && byte < h->base + h->committed ? "region" : "state",
            byte >= h->base && byte < h->base + h->committed ? byte - h->base : byte - (unsigned char *)h->state, bit,
            signal ? " (crash or hang)" : "");
    restore_twin();
}

/* Within the test: the framework has handlers of its own. */
static void begin_signals(void)
{
    struct sigaction action = {.sa_handler = on_crash};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGABRT, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    action.sa_handler = on_tick;
    sigaction(SIGVTALRM, &action, NULL);
    const struct itimerval every = {{0, 10000}, {0, 10000}};
    setitimer(ITIMER_VIRTUAL, &every, NULL);
}

/* ---- what there is to flip ---- */

static struct {
    bool is_bookkeeping[BYTES_MAX];
    bool is_of_large_meta[BYTES_MAX];
} map;

static bool map_extent(void *context, const struct heap_extent *extent)
{
    (void)context;
    bool is_block = extent->kind != HEAP_META, is_large = extent->kind == HEAP_META && extent->size > LARGE_META;
    for (size_t i = 0; i < extent->size; i++) {
        bool is_inside = is_block && i >= 4 * WORD && i < extent->size - WORD;
        map.is_bookkeeping[extent->offset + i] = !is_inside && extent->kind != HEAP_UNTRACKED;
        map.is_of_large_meta[extent->offset + i] = is_large;
    }
    return true;
}

static void map_bookkeeping(void)
{
    memset(&map, 0, sizeof map);
    assert_int_equal(heap_walk(h, map_extent, NULL), HEAP_OK);
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t usable = blocks[i] ? heap_usable(h, blocks[i]) : 0;
        if (usable > 0)
            memset(&map.is_bookkeeping[(uintptr_t)blocks[i] - (uintptr_t)h->base], false, usable);
    }
}

static void flip_all(size_t turn)
{
    for (size_t i = 0; i < 8 * twin.heap.committed; i++) {
        if (map.is_bookkeeping[i / 8] && (!map.is_of_large_meta[i / 8] || (i + turn) % 8 == 0))
            flip(REGION_ADDRESS + i / 8, i % 8);
    }
    for (size_t i = 0; i < 8 * h->ops->state_bytes; i++)
        flip((unsigned char *)h->state + i / 8, i % 8);
}

/* ---- the test ---- */

static void flip_bits_of(const struct heap_ops *ops, size_t heaps)
{
    tally = (struct tally){0};
    for (size_t i = 0; i < heaps; i++) {
        uint64_t random = 1000 + i;
        make_heap(ops, 1024u << i % 3);
        use_heap(&random);
        map_bookkeeping();
        record_twin();
        flip_all(i);
    }
}

static void flipped_bits_are_told(void **state)
{
    (void)state;
    const char *heaps = getenv("KFIT_TEST_HEAPS");
    begin_signals();
    print_message("%-16s %9s %9s %9s %9s %7s %7s %5s\n", "", "flips", "count", "by check", "by op", "missed", "crashes",
                  "hangs");
    size_t bad = 0;
    for (size_t i = 0; heap_policies[i]; i++) {
        flip_bits_of(heap_policies[i], heaps ? strtoul(heaps, NULL, 0) : HEAPS);
        const struct tally *t = &tally;
        bool is_enough = t->is_recordless || t->missed * 100 <= t->changed;
        bad += !is_enough;
        print_message("%-16s %9llu %9llu %9llu %9llu %7llu %7llu %5llu%s\n", heap_policies[i]->name,
                      (unsigned long long)t->flips, (unsigned long long)t->changed, (unsigned long long)t->by_check,
                      (unsigned long long)t->by_operation, (unsigned long long)t->missed,
                      (unsigned long long)t->crashes, (unsigned long long)t->hangs,
                      t->is_recordless ? "  (keeps no record)"
                      : is_enough      ? ""
                                       : "  TOO MANY");
    }
    assert_int_equal(bad, 0);
}

/* ---- the sweep itself: a policy whose check looks at nothing is found out ---- */

static bool blind_check(struct heap *own)
{
    (void)own;
    return true;
}

static void blind_check_is_found_out(void **state)
{
    (void)state;
    size_t tried = 0;
    begin_signals();
    for (size_t i = 0; heap_policies[i]; i++) {
        struct heap_ops blind = *heap_policies[i];
        blind.check = blind_check;
        flip_bits_of(&blind, 2);
        tried += tally.missed * 100 > tally.changed;
    }
    assert_true(tried > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(flipped_bits_are_told),
                                       cmocka_unit_test(blind_check_is_found_out)};
    unsigned char *whole = mmap(REGION_ADDRESS - GUARD, 2 * GUARD + BYTES_MAX, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (whole != REGION_ADDRESS - GUARD || mprotect(REGION_ADDRESS, BYTES_MAX, PROT_READ | PROT_WRITE) != 0) {
        perror("the region's address is taken");
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
