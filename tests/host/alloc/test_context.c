/* The rule of contexts: while the owner counts an interrupt or a fault under way, each call that changes a heap is an assertion,
 * and those that only read it are not. */
#include "alloc_region.h"
#include "assertion.h"

static struct test_region region;
static struct heap heap, *const h = &heap;
static struct heap_setup setup;
static unsigned under_way;
static void *block;

static void call_init(void)
{
    static struct heap other;
    heap_init(&other, &setup);
}

static void call_alloc(void)
{
    heap_alloc(h, 24);
}

static void call_alloc_aligned(void)
{
    void *out;
    heap_alloc_aligned(h, 24, 64, &out);
}

static void call_alloc_badly_aligned(void)
{
    void *out;
    heap_alloc_aligned(h, 24, 3, &out);
}

static void call_calloc(void)
{
    heap_calloc(h, 2, 12);
}

static void call_calloc_too_much(void)
{
    heap_calloc(h, SIZE_MAX, 2);
}

static void call_resize(void)
{
    void *out;
    heap_resize(h, block, 100, &out);
}

static void call_resize_to_nothing(void)
{
    void *out;
    heap_resize(h, block, 0, &out);
}

static void call_free(void)
{
    heap_free(h, block);
}

static void call_free_null(void)
{
    heap_free(h, NULL);
}

static void call_usable(void)
{
    heap_usable(h, block);
}

static void call_usable_null(void)
{
    heap_usable(h, NULL);
}

static void read_only(void)
{
    struct heap_shape shape;
    size_t below;
    if (heap_check(h) != HEAP_OK || heap_measure(h, &shape) != HEAP_OK || heap_free_below(h, 64, &below) != HEAP_OK)
        _exit(1);
}

/* The call, with so much under way. */
static bool is_refused(void (*call)(void), unsigned depth)
{
    under_way = depth;
    bool is_so = is_assertion(call);
    under_way = 0;
    return is_so;
}

static void begin(const struct heap_ops *ops, unsigned harden)
{
    const struct region_shape shape = {.limit = 16384, .is_fixed = true, .harden = harden};
    setup = region_setup(&region, ops, &shape);
    setup.region.no_calls_while = &under_way;
    memset(h, REGION_JUNK, sizeof *h);
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    block = heap_alloc(h, 40);
    assert_non_null(block);
}

static void calls_in_a_handler_are_assertions(void **state)
{
    static void (*const calls[])(void) = {call_init,   call_alloc,  call_alloc_aligned,     call_alloc_badly_aligned,
                                          call_calloc, call_resize, call_resize_to_nothing, call_calloc_too_much,
                                          call_free,   call_usable, call_free_null,         call_usable_null};
    (void)state;
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        for (unsigned harden = 0; harden <= 1; harden++) {
            begin(*ops, harden);
            for (size_t i = 0; i < COUNT(calls); i++) {
                assert_false(is_refused(calls[i], 0));
                assert_true(is_refused(calls[i], 1));
                assert_true(is_refused(calls[i], 2));
            }
        }
    }
}

static void reading_is_allowed(void **state)
{
    (void)state;
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        begin(*ops, 1);
        assert_false(is_refused(read_only, 1));
    }
}

static void nobody_counts(void **state)
{
    (void)state;
    begin(heap_policies[0], 1);
    setup.region.no_calls_while = NULL;
    h->no_calls_while = NULL;
    assert_false(is_refused(call_init, 1));
    assert_false(is_refused(call_alloc, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_in_a_handler_are_assertions),
        cmocka_unit_test(reading_is_allowed),
        cmocka_unit_test(nobody_counts),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = cmocka_run_group_tests_name("contexts", tests, NULL, NULL);
    region_end(&region);
    return failed;
}
