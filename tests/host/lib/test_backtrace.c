/* Stack traces over forged stacks: whole chains, and every way in which a chain can be broken. */
#include "support.h"

#include <string.h>

#include <lib/backtrace.h>

enum { WORDS = 64, WORD = sizeof(uintptr_t) };

static uintptr_t low_stack[WORDS], high_stack[WORDS];
static struct backtrace_stack ranges[2];
static const struct backtrace_stacks both = {.stack = ranges, .count = 2};
static struct backtrace_step steps[BACKTRACE_MAX];

static int setup(void **state)
{
    (void)state;
    memset(low_stack, 0xDB, sizeof low_stack);
    memset(high_stack, 0xDB, sizeof high_stack);
    ranges[0] = (struct backtrace_stack){(uintptr_t)low_stack, (uintptr_t)(low_stack + WORDS)};
    ranges[1] = (struct backtrace_stack){(uintptr_t)high_stack, (uintptr_t)(high_stack + WORDS)};
    return 0;
}

/* A frame at stack[at], its caller's at `next`. */
static uintptr_t frame(uintptr_t *stack, size_t at, uintptr_t next, uintptr_t back)
{
    stack[at] = next;
    stack[at + 1] = back;
    return (uintptr_t)&stack[at];
}

static size_t walk(uintptr_t from)
{
    return backtrace_walk(&both, from, steps, BACKTRACE_MAX);
}

static void test_whole_chain(void **state)
{
    (void)state;
    uintptr_t third = frame(low_stack, 20, 0, 0x300);
    uintptr_t second = frame(low_stack, 8, third, 0x200);
    assert_int_equal(walk(frame(low_stack, 2, second, 0x100)), 3);
    assert_int_equal(steps[0].address, 0x100);
    assert_int_equal(steps[1].address, 0x200);
    assert_int_equal(steps[2].address, 0x300);
    assert_int_equal(steps[2].times, 1);
}

static void test_return_address_of_zero_ends_it(void **state)
{
    (void)state;
    uintptr_t second = frame(low_stack, 8, 0, 0);
    assert_int_equal(walk(frame(low_stack, 2, second, 0x100)), 1);
}

static void test_frame_pointers_that_lead_nowhere(void **state)
{
    (void)state;
    const uintptr_t nowhere[] = {0,
                                 1,
                                 WORD,
                                 UINTPTR_MAX,
                                 UINTPTR_MAX - WORD + 1,
                                 ranges[0].low - WORD,
                                 ranges[0].low + 1,
                                 ranges[0].high,
                                 ranges[0].high - WORD + 1};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        assert_int_equal(walk(nowhere[i]), 0);
        assert_int_equal(walk(frame(low_stack, 2, nowhere[i], 0x100)), 1);
    }
}

/* Only the saved frame pointer lies in the stack's last word: its return address would be behind the stack. */
static void test_frame_across_the_end(void **state)
{
    (void)state;
    low_stack[WORDS - 1] = 0;
    assert_int_equal(walk((uintptr_t)&low_stack[WORDS - 1]), 0);
    assert_int_equal(walk(frame(low_stack, WORDS - 2, 0, 0x100)), 1);
}

static void test_circles_end(void **state)
{
    (void)state;
    uintptr_t here = (uintptr_t)&low_stack[4];
    assert_int_equal(walk(frame(low_stack, 4, here, 0x100)), 1);
    assert_int_equal(steps[0].times, 1);
    uintptr_t first = frame(low_stack, 4, (uintptr_t)&low_stack[10], 0x100);
    frame(low_stack, 10, first, 0x200);
    assert_int_equal(walk(first), 2);
}

/* From the double-fault stack to the one that was interrupted, whichever lies higher. */
static void test_other_stack(void **state)
{
    (void)state;
    assert_int_equal(walk(frame(high_stack, 4, frame(low_stack, 30, 0, 0x200), 0x100)), 2);
    assert_int_equal(walk(frame(low_stack, 4, frame(high_stack, 30, 0, 0x200), 0x100)), 2);
}

/* To and fro between two stacks: the only circle that leads upward nowhere. */
static void test_circle_through_both_stacks(void **state)
{
    (void)state;
    uintptr_t first = (uintptr_t)&low_stack[4];
    uintptr_t second = frame(high_stack, 4, first, 0x100);
    frame(low_stack, 4, second, 0x100);
    assert_int_equal(walk(first), 1);
    assert_int_equal(steps[0].times, BACKTRACE_FRAMES);
    frame(low_stack, 4, second, 0x200);
    assert_int_equal(walk(first), BACKTRACE_MAX);
}

static void test_recursion_is_one_step(void **state)
{
    (void)state;
    uintptr_t next = frame(low_stack, 60, 0, 0x200);
    for (size_t at = 40; at >= 4; at -= 4)
        next = frame(low_stack, at, next, 0x100);
    assert_int_equal(walk(next), 2);
    assert_int_equal(steps[0].times, 10);
    assert_int_equal(steps[1].address, 0x200);
}

static void test_no_more_than_there_is_room(void **state)
{
    (void)state;
    uintptr_t next = 0;
    for (size_t i = 0; i < 20; i++)
        next = frame(low_stack, 60 - 3 * i, next, 0x1000 + i);
    assert_int_equal(walk(next), BACKTRACE_MAX);
    assert_int_equal(backtrace_walk(&both, next, steps, 3), 3);
    assert_int_equal(steps[0].address, 0x1000 + 19);
    assert_int_equal(backtrace_walk(&both, next, steps, 0), 0);
}

static void test_read(void **state)
{
    uintptr_t word;
    (void)state;
    low_stack[0] = 0x11;
    low_stack[WORDS - 1] = 0x22;
    assert_true(backtrace_read(&both, ranges[0].low, &word));
    assert_int_equal(word, 0x11);
    assert_true(backtrace_read(&both, ranges[0].high - WORD, &word));
    assert_int_equal(word, 0x22);
    assert_false(backtrace_read(&both, ranges[0].low + 1, &word));
    assert_false(backtrace_read(&both, 0, &word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_whole_chain, setup),
        cmocka_unit_test_setup(test_return_address_of_zero_ends_it, setup),
        cmocka_unit_test_setup(test_frame_pointers_that_lead_nowhere, setup),
        cmocka_unit_test_setup(test_frame_across_the_end, setup),
        cmocka_unit_test_setup(test_circles_end, setup),
        cmocka_unit_test_setup(test_other_stack, setup),
        cmocka_unit_test_setup(test_circle_through_both_stacks, setup),
        cmocka_unit_test_setup(test_recursion_is_one_step, setup),
        cmocka_unit_test_setup(test_no_more_than_there_is_room, setup),
        cmocka_unit_test_setup(test_read, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
