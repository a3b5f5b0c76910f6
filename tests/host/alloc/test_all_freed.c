/* What is left when everything has been freed, under every policy: a heap is filled with blocks of all sizes until it
 * refuses, and all are freed in one of three orders. Then the largest hole must serve the largest request whose block
 * it can hold; and if one block, given back, leaves no trace in the heap's shape, then this series leaves none either:
 * the heap's full capacity is there again. What a policy loses for good (no reuse, no merging, chunks that stay with a
 * class) is printed. */
#include "alloc_region.h"

enum { LIMIT = 65536, BLOCKS_MAX = 8192 };

static struct test_region region;
static struct heap heap, *const h = &heap;
static void *blocks[BLOCKS_MAX];

static const struct region_shape fixed_region = {.limit = LIMIT, .is_fixed = true, .harden = 1};

static struct heap_shape measured(void)
{
    struct heap_shape shape;
    assert_int_equal(heap_measure(h, &shape), HEAP_OK);
    return shape;
}

static bool leaves_no_trace(const struct heap_ops *ops)
{
    region_heap(&region, h, ops, &fixed_region);
    struct heap_shape before = measured();
    void *first = heap_alloc(h, 1), *second = heap_alloc(h, 100);
    assert_int_equal(heap_free(h, first), HEAP_OK);
    assert_int_equal(heap_free(h, second), HEAP_OK);
    struct heap_shape after = measured();
    return memcmp(&before, &after, sizeof before) == 0;
}

/* The largest request that is granted now; nothing of it stays. Only for heaps where nothing is left of a block. */
static size_t largest_request(void)
{
    size_t granted = 0, refused = LIMIT + 1;
    while (refused - granted > 1) {
        size_t middle = granted + (refused - granted) / 2;
        void *ptr = heap_alloc(h, middle);
        *(ptr ? &granted : &refused) = middle;
        assert_int_equal(heap_free(h, ptr), HEAP_OK);
    }
    return granted;
}

/* The largest request whose whole block has at most that many bytes. */
static size_t request_of_block(size_t bytes)
{
    size_t request = bytes;
    while (request > 0 && (heap_block_size(h, request) == 0 || heap_block_size(h, request) > bytes))
        request--;
    return request;
}

static size_t fill(uint64_t *random)
{
    size_t count = 0, refused = 0;
    while (refused < 20 && count < BLOCKS_MAX) {
        size_t bytes = (size_t)(test_random(random) % (64u << test_random(random) % 7));
        blocks[count] = heap_alloc(h, bytes);
        refused += !blocks[count];
        count += blocks[count] != NULL;
    }
    assert_true(count > 20 && count < BLOCKS_MAX);
    return count;
}

static void free_all(size_t count, int order, uint64_t *random)
{
    for (size_t left = count; left > 0; left--) {
        size_t at = order == 0 ? count - left : order == 1 ? left - 1 : (size_t)(test_random(random) % left);
        assert_int_equal(heap_free(h, blocks[at]), HEAP_OK);
        if (order == 2)
            blocks[at] = blocks[left - 1];
    }
    assert_int_equal(h->counters.live, 0);
    assert_sound(h);
}

static void capacity_is_there_again(void **state)
{
    const struct heap_ops *ops = policy_of(state);
    bool is_whole = leaves_no_trace(ops);
    size_t capacity = 0, largest_of_all = SIZE_MAX;
    if (is_whole) {
        region_heap(&region, h, ops, &fixed_region);
        capacity = largest_request();
    }
    for (int order = 0; order < 3; order++) {
        uint64_t random = 5 + (uint64_t)order;
        region_heap(&region, h, ops, &fixed_region);
        struct heap_shape before = measured();
        size_t count = fill(&random);
        free_all(count, order, &random);
        struct heap_shape after = measured();
        if (is_whole) {
            assert_memory_equal(&before, &after, sizeof before);
            assert_int_equal(largest_request(), capacity);
        } else if (after.largest_hole >= heap_block_size(h, 0)) {
            assert_non_null(heap_alloc(h, request_of_block(after.largest_hole)));
        }
        largest_of_all = after.largest_hole < largest_of_all ? after.largest_hole : largest_of_all;
    }
    print_message("%s: largest hole after all is freed %zu of %zu bytes%s\n", ops->name, largest_of_all, (size_t)LIMIT,
                  is_whole ? ", as at the start" : "");
}

/* The first half of the promise would be empty without policies that keep it: those that fit holes do, where there are any. */
static void policies_that_fit_holes_come_together_again(void **state)
{
    size_t fits = 0;
    (void)state;
    for (size_t i = 0; heap_policies[i]; i++) {
        if (!strstr(heap_policies[i]->name, "-fit"))
            continue;
        fits++;
        if (!leaves_no_trace(heap_policies[i]))
            fail_msg("%s: a freed block leaves a trace", heap_policies[i]->name);
    }
    if (fits == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(capacity_is_there_again)};
    const struct CMUnitTest all[] = {cmocka_unit_test(policies_that_fit_holes_come_together_again)};
    region_begin(&region, LIMIT);
    int failed = run_under_policies("everything freed", tests, COUNT(tests), is_any_policy);
    failed += cmocka_run_group_tests_name("everything freed: which", all, NULL, NULL);
    region_end(&region);
    return failed;
}
