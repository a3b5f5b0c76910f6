/* The table of bad requests (lab/badalloc.h) under every policy, at every hardening level, in a region that is fixed
 * and in one that may reach the end of the address space; in memory with nothing behind it, and in memory as near to
 * the top of the address space as this process may have it (BA-14), where no address behind the heap can be computed
 * without wrapping. The kernels run the same table as a self-test. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include <lab/badalloc.h>

#include "alloc_region.h"

enum { PAGE = 4096, CASES_MIN = 2000 };

static struct lab_badalloc run;
static size_t cases; /* of the policy under test */

static void try_table(void **state, unsigned char *memory, size_t bytes)
{
    run.policy = policy_of(state);
    run.memory = memory;
    run.bytes = bytes;
    run.starts = malloc(heap_starts_bytes(bytes));
    for (run.harden = 0; run.harden <= HEAP_HARDEN_MAX; run.harden++) {
        for (int is_endless = 0; is_endless <= 1; is_endless++) {
            run.is_endless = is_endless;
            if (!lab_badalloc_run(&run))
                fail_msg("%s, harden %u, %s region at %p: BA-%02u, call %d of %zu, %zu: %s", run.policy->name,
                         run.harden, is_endless ? "endless" : "fixed", (void *)memory, run.now.row, (int)run.now.call,
                         run.now.first, run.now.second, run.wrong);
            assert_true(run.cases >= CASES_MIN);
            cases += run.cases;
        }
    }
    free(run.starts);
}

/* Room for blocks behind what the policy keeps for itself. */
static size_t bytes_for(const struct heap_ops *ops)
{
    return (ops->fixed + 3 * PAGE) / PAGE * PAGE;
}

static void bad_requests_are_answered_rightly(void **state)
{
    size_t bytes = bytes_for(policy_of(state));
    unsigned char *memory = aligned_alloc(PAGE, bytes);
    cases = 0;
    try_table(state, memory, bytes);
    free(memory);
    print_message("%s: %zu cases\n", policy_of(state)->name, cases);
}

/* The highest memory there is for a process: below the last pages of 32 bits, below the half of 64 bits that is the
 * kernel's. */
static unsigned char *map_at_the_top(size_t bytes)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    uintptr_t end = (uintptr_t)(UINT64_C(0x7FFFFFFFF000) & UINTPTR_MAX);
    for (unsigned pages = 0; pages < 65536; pages++) {
        void *wanted = (void *)(end - bytes - (uintptr_t)pages * PAGE);
        void *memory = mmap(wanted, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (memory == wanted)
            return memory;
        if (memory != MAP_FAILED)
            munmap(memory, bytes);
    }
    fail_msg("no memory near the top of the address space");
    return NULL;
}

static void bad_requests_at_the_top_of_the_address_space(void **state)
{
    size_t bytes = bytes_for(policy_of(state));
    unsigned char *memory = map_at_the_top(bytes);
    cases = 0;
    try_table(state, memory, bytes);
    print_message("%s: %zu cases in memory that ends at %p\n", policy_of(state)->name, cases, (void *)(memory + bytes));
    munmap(memory, bytes);
}

/* ---- the judge itself: faults of the kinds it looks for are told ---- */

static const struct heap_ops *sound;

static void *wrapping_alloc(struct heap *h, size_t bytes, size_t align)
{
    return sound->alloc(h, bytes > SIZE_MAX - HEAP_ALIGN ? 1 : bytes, align);
}

static size_t wrapping_need(const struct heap *h, size_t bytes, size_t align)
{
    return sound->need(h, bytes > SIZE_MAX - HEAP_ALIGN ? 1 : bytes, align);
}

static bool lying_resize(struct heap *h, void *ptr, size_t bytes)
{
    return bytes > SIZE_MAX / 2 || sound->resize(h, ptr, bytes);
}

static void *untidy_alloc(struct heap *h, size_t bytes, size_t align)
{
    void *ptr = sound->alloc(h, bytes, align);
    h->state[HEAP_STATE_WORDS - 1] += ptr == NULL;
    return ptr;
}

static void faults_are_told(void **state)
{
    (void)state;
    sound = heap_policies[0];
    struct heap_ops faulty[] = {*sound, *sound, *sound, *sound};
    faulty[0].alloc = wrapping_alloc;
    faulty[1].need = wrapping_need;
    faulty[2].resize = lying_resize;
    faulty[3].alloc = untidy_alloc;
    run = (struct lab_badalloc){.bytes = 4 * PAGE};
    run.memory = aligned_alloc(PAGE, run.bytes);
    for (size_t i = 0; i < COUNT(faulty); i++) {
        run.policy = &faulty[i];
        assert_false(lab_badalloc_run(&run));
        assert_non_null(run.wrong);
    }
    run.policy = sound;
    assert_true(lab_badalloc_run(&run));
    free(run.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_requests_are_answered_rightly),
        cmocka_unit_test(bad_requests_at_the_top_of_the_address_space),
    };
    const struct CMUnitTest judge[] = {
        cmocka_unit_test(faults_are_told),
    };
    int failed = run_under_policies("table of bad requests", tests, COUNT(tests), is_any_policy);
    return failed + cmocka_run_group_tests_name("table of bad requests: the judge", judge, NULL, NULL);
}
