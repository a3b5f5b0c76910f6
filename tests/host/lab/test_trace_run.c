/* Traces from text to result: what the parser hands on, the replay must understand. */
#include <lab/trace.h>

#include "world.h"

static struct lab_result run_text(struct test_world *w, const char *text, size_t heap_limit)
{
    struct lab_program program;
    struct lab_error error;
    size_t mark = w->arena.used;
    const struct lab_run settings = run_of(policy("first-fit"), heap_limit);
    if (lab_trace_parse(text, strlen(text), &w->arena, &program, &error) != LAB_OK)
        fail_msg("%s", error.message);
    struct lab_result result = run_program(w, &program, &settings, LAB_OK);
    assert_int_equal(result.done, program.count);
    lab_arena_release(&w->arena, mark);
    return result;
}

static void frees_of_nothing(void **state)
{
    struct lab_result r = run_text(*state, "r 9 0\nf -1\na 1 100\nr 9 0\nr 1 0\nr 1 0\n", WORLD_BYTES);
    assert_int_equal(r.ops, 6);
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.peak_live, 100);
    assert_int_equal(r.live_end, 0);
}

static void requests_beyond_the_machine_are_refused(void **state)
{
    struct lab_result r = run_text(*state,
                                   "a 0 18446744073709551615\nf 0\na 1 8\nr 1 18446744073709551615\nf 1\n"
                                   "m 2 8 9223372036854775808\nf 2\nm 3 8 4294967296\nm 4 8 4194304\nm 5 8 1\n",
                                   WORLD_BYTES);
    assert_int_equal(r.failed, 5);
    assert_int_equal(r.first_refused, 0);
    assert_int_equal(r.live_end, 8);
}

/* Its ID is unknown from then on, though the trace still names it. */
static void refused_allocation_leaves_no_id(void **state)
{
    struct lab_result r = run_text(*state, "a 0 9000\na 1 8\nf 0\na 0 9000\nr 0 100\nr 0 0\nf 1\n", 8192);
    assert_int_equal(r.failed, 2);
    assert_int_equal(r.peak_live, 108);
    assert_int_equal(r.live_end, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frees_of_nothing),
        TEST(requests_beyond_the_machine_are_refused),
        TEST(refused_allocation_leaves_no_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
