/* The history: what is kept, in which order, and that calling a line up and changing it changes nothing else. */
#include "typist.h"

#include <stdio.h>

static int setup(void **state)
{
    (void)state;
    typist_begin(NULL);
    return 0;
}

static void enter(const char *text)
{
    typist_types(text);
    typist_enters(text);
}

static void up_and_down(void **state)
{
    (void)state;
    enter("one");
    enter("two");
    enter("three");
    typist_types("dra");
    typist_key(UP);
    typist_has("three|");
    typist_key("\020");
    typist_has("two|");
    typist_key(UP);
    typist_key(UP);
    typist_key(UP);
    typist_has("one|");
    typist_key("\016");
    typist_key(DOWN);
    typist_has("three|");
    typist_key(DOWN);
    typist_has("dra|");
    typist_key(DOWN);
    typist_has("dra|");
    typist_types("ft");
    typist_enters("draft");
}

static void what_is_kept(void **state)
{
    (void)state;
    enter("one");
    enter("one");
    enter("");
    enter("   ");
    enter("one ");
    enter("one");
    assert_int_equal(history.count, 3);
    assert_string_equal(history_line(&history, 2), "one ");
}

static void an_edited_line_leaves_the_history_alone(void **state)
{
    (void)state;
    enter("run churn");
    enter("map");
    typist_key(UP);
    typist_key(UP);
    typist_key("\027");
    typist_types("comb");
    typist_key(DOWN);
    typist_has("map|");
    typist_key(UP);
    typist_has("run churn|");
    typist_key("\027");
    typist_types("ramp");
    typist_enters("run ramp");
    assert_string_equal(history_line(&history, 1), "run ramp");
    assert_string_equal(history_line(&history, 2), "map");
    assert_string_equal(history_line(&history, 3), "run churn");
    typist_key(UP);
    typist_enters("run ramp");
    assert_int_equal(history.count, 3);
}

static void the_oldest_go(void **state)
{
    char text[24];
    (void)state;
    for (size_t i = 0; i < HISTORY_LINES + 10; i++) {
        snprintf(text, sizeof text, "line %zu", i);
        enter(text);
    }
    for (size_t age = 1; age <= HISTORY_LINES; age++) {
        snprintf(text, sizeof text, "line %zu", (size_t)HISTORY_LINES + 10 - age);
        assert_string_equal(history_line(&history, age), text);
    }
    assert_null(history_line(&history, 0));
    assert_null(history_line(&history, HISTORY_LINES + 1));
    for (size_t i = 0; i < HISTORY_LINES + 5; i++)
        typist_key(UP);
    typist_has("line 10|");
    for (size_t i = 0; i < HISTORY_LINES + 5; i++)
        typist_key(DOWN);
    typist_has("|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(up_and_down, setup),
        cmocka_unit_test_setup(what_is_kept, setup),
        cmocka_unit_test_setup(an_edited_line_leaves_the_history_alone, setup),
        cmocka_unit_test_setup(the_oldest_go, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
