/* The quiz: which requests are questions, what is shown, and what its records say of each hole. */
#include <stdio.h>

#include <lab/json.h>
#include <lab/quiz.h>

#include "session_bench.h"

/* Holes of 10, 20 and 15 units, and what is left of the region; whole blocks of the same size at both widths. */
#define HOLES                                                                                                        \
    "use unit=32 heap=4K\nalloc 10 units as a\nalloc 1 unit as u\nalloc 20 units as b\nalloc 1 unit as v\nalloc 15 " \
    "units as c\nalloc 1 unit as w\nfree a\nfree b\nfree c\n"

static struct lab_quiz quiz;

static void begin_quiz(struct test_world *w, const char *source, const char *alloc)
{
    begin(w, source, alloc, true);
    lab_quiz_begin(&quiz, &bench.session);
}

/* Asks the next question, answers it, and leaves its record alone in recorded_text. */
static char answer(char given)
{
    assert_true(lab_quiz_next(&quiz));
    bench.recorded.length = 0;
    lab_quiz_reveal(&quiz, given);
    assert_in_range(bench.recorded.length, 1, LAB_RECORD_MAX);
    return quiz.answer;
}

static void end(void)
{
    assert_false(lab_quiz_next(&quiz));
    lab_session_end(&bench.session);
}

static void expect_record(const char *part)
{
    if (!strstr(bench.recorded_text, part))
        fail_msg("%s\nis not in\n%s", part, bench.recorded_text);
}

static void first_fit_says_why(void **state)
{
    begin_quiz(*state, HOLES "alloc 15 units as d\n", "first-fit");
    assert_int_equal(answer('c'), 'B');
    expect_record("\"type\":\"quiz\",\"question\":1,\"continues\":false,\"alloc\":\"first-fit\","
                  "\"rule\":\"the lowest hole that is large enough\",");
    expect_record("\"block_size\":480,\"heap\":4096,\"limit\":4096,\"map\":[\"first-fit: 4,096 bytes, 3 blocks used,");
    expect_record("\"size\":320,\"looked_at\":true,\"verdict\":\"too_small\",\"missing\":160,"
                  "\"reason\":\"too small: 160 missing\"},{\"letter\":\"B\",");
    expect_record("\"size\":640,\"looked_at\":true,\"verdict\":\"taken\",\"left_over\":160,"
                  "\"reason\":\"taken: 160 left over\"},{\"letter\":\"C\",");
    expect_record("\"size\":480,\"looked_at\":false,\"verdict\":\"not_looked_at\",\"left_over\":0,"
                  "\"reason\":\"not looked at; 0 more than needed\"},{\"letter\":\"D\",");
    expect_record("\"answer\":\"B\",\"given\":\"C\"}\n");
    end();
}

/* What is left of a hole is what the heap has left of it: nothing where it is not split. */
static void whole_hole_leaves_nothing(void **state)
{
    begin_quiz(*state, HOLES "alloc 5 units as d\n", "reuse");
    assert_int_equal(answer('A'), 'A');
    assert_non_null(strstr(bench.told_text, "  A  taken whole: 160 more than it needs\n"));
    expect_record("\"verdict\":\"taken\",\"left_over\":0,\"reason\":\"taken whole: 160 more than it needs\"}");
    end();
    begin_quiz(*state, HOLES "alloc 10*32 - header - align as d\n", "first-fit"); /* the rest is no block */
    assert_int_equal(answer('A'), 'A');
    assert_non_null(strstr(bench.told_text, sizeof(size_t) == 8 ? "  A  taken whole: 16 more than it needs\n"
                                                                : "  A  taken whole: 8 more than it needs\n"));
    end();
    begin_quiz(*state, HOLES "alloc 5 units as d\n", "first-fit");
    assert_int_equal(answer('A'), 'A');
    assert_non_null(strstr(bench.told_text, "  A  taken: 160 left over\n"));
    end();
}

static void best_fit_says_why(void **state)
{
    begin_quiz(*state, HOLES "alloc 15 units as d\n", "best-fit");
    assert_int_equal(answer('C'), 'C');
    expect_record("\"size\":640,\"looked_at\":true,\"verdict\":\"large_enough\",\"left_over\":160,"
                  "\"reason\":\"large enough; 160 more than needed\"}");
    expect_record("\"verdict\":\"taken\",\"left_over\":0,\"reason\":\"taken: 0 left over\"}");
    end();
}

/* The record has the map of the question, not of the heap after the answer, with the letters under it and a legend. */
static void map_is_that_of_the_question(void **state)
{
    begin_quiz(*state, HOLES "alloc 15 units as d\n", "first-fit");
    answer('\0');
    expect_record("3 blocks used, ");
    expect_record("in 4 holes");
    expect_record("\"        A");
    expect_record("\"one cell = ");
    expect_record("\"given\":\"\"}");
    end();
}

static void alignment_is_told(void **state)
{
    begin_quiz(*state, HOLES "aalloc 32 1K as d\n", "first-fit");
    answer('A');
    assert_non_null(strstr(bench.told_text, "is asked for 32 bytes at a multiple of 1,024: a block of"));
    expect_record("\"asked\":32,\"align\":1024,\"block_size\":");
    expect_record("\"verdict\":\"misaligned\",");
    expect_record("\"reason\":\"large enough, but not at that alignment\"}");
    end();
}

/* Whoever answers must know the list where it is not by address; and the rule is that of the heap's options. */
static void order_of_the_list_is_shown(void **state)
{
    begin_quiz(*state, HOLES "alloc 9 units as d\n", "first-fit");
    assert_int_equal(answer('A'), 'A');
    assert_null(strstr(bench.told_text, "in the order of"));
    expect_record("\"order\":\"ABCD\",");
    end();
    begin_quiz(*state, "use first-fit\nuse first-fit:order=lifo\n" HOLES "alloc 9 units as d\n", "first-fit");
    assert_int_equal(answer('C'), 'C');
    assert_non_null(strstr(bench.told_text, "\n  in the order of first-fit: C B A D\n  G  "));
    assert_non_null(strstr(bench.told_text, "\n  first-fit: the first hole in its list that is large enough\n"));
    expect_record("\"rule\":\"the first hole in its list that is large enough\",");
    expect_record("\"order\":\"CBAD\",");
    end();
    begin_quiz(*state, "use first-fit\nuse first-fit:order=size\n" HOLES "alloc 11 units as d\n", "first-fit");
    assert_int_equal(answer('C'), 'C');
    expect_record("\"rule\":\"the first in its list, the smallest that is large enough\",");
    end();
}

/* A question continues the one before it unless something has touched the heap in between. */
static void questions_in_a_row(void **state)
{
    begin_quiz(*state,
               HOLES "alloc 9 units as d\nsay still the same\nmap\nalloc 9 units as e\nfree u\nalloc 5 units as f\n",
               "first-fit");
    answer('A');
    expect_record("\"question\":1,\"continues\":false,");
    answer('A');
    expect_record("\"question\":2,\"continues\":true,");
    answer('A');
    expect_record("\"question\":3,\"continues\":false,");
    end();
}

static void growth_and_refusal(void **state)
{
    begin_quiz(
        *state,
        "use unit=32 heap=8K\nalloc 10 units as a\nalloc 1 unit as u\nfree a\nalloc 130 units as b\nalloc 200 units "
        "as c\n",
        "first-fit");
    assert_int_equal(answer('g'), 'G');
    expect_record("\"heap\":4096,\"limit\":8192,");
    assert_non_null(strstr(bench.told_text, "  G  none of them: the heap grows, to 8,192 bytes at most\n"));
    assert_int_equal(answer('r'), 'R');
    expect_record("\"heap\":8192,");
    expect_record("\"answer\":\"R\",\"given\":\"R\"}");
    end();
}

static void score_is_recorded(void **state)
{
    begin_quiz(*state, HOLES "alloc 15 units as d\nalloc 1 unit as e\nalloc 1 unit as f\n", "first-fit");
    answer('B');
    answer('D');
    answer('\0');
    bench.recorded.length = 0;
    lab_quiz_tell_score(&quiz);
    assert_string_equal(
        bench.recorded_text,
        "@kfit {\"schema\":\"kfit/1\",\"type\":\"score\",\"questions\":3,\"answered\":2,\"right\":1}\n");
    assert_non_null(strstr(bench.told_text, "1 of 3 right, 1 skipped.\n"));
    end();
}

/* Six holes in the largest map there is, under every policy. */
static void longest_record_fits(void **state)
{
    static const char source[] = "use heap=64K\nrepeat 5 as i\nalloc 7000 as a[i]\nalloc 40 as u[i]\nend\nrepeat 5 as "
                                 "i\nfree a[i]\nend\nalloc 6000 as d\n";
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        size_t longest = 0;
        begin_quiz(*state, source, (*ops)->name);
        while (lab_quiz_next(&quiz)) {
            bench.recorded.length = 0;
            lab_quiz_reveal(&quiz, '\0');
            assert_in_range(bench.recorded.length, 1, LAB_RECORD_MAX);
            expect_record("\"given\":\"\"}\n");
            longest = bench.recorded.length > longest ? bench.recorded.length : longest;
        }
        if (strcmp((*ops)->name, "first-fit") == 0)
            assert_in_range(longest, 1200, LAB_RECORD_MAX); /* there were six holes */
        lab_session_end(&bench.session);
        ((struct test_world *)*state)->arena.used = 0;
    }
}

static void each_seed_deals_its_own(void **state)
{
    static const char source[] = "use heap=16K\nalloc 1000 as a\nalloc 2000 as b\nalloc 3000 as c\n";
    size_t sizes[3][3];
    for (size_t i = 0; i < 3; i++) {
        begin_quiz(*state, source, "first-fit");
        lab_quiz_deal(&bench.script, i == 2 ? 1 : i + 1);
        for (size_t step = 0; step < 3; step++)
            sizes[i][step] = bench.script.steps[step + 1].size;
        lab_session_end(&bench.session);
    }
    assert_memory_equal(sizes[0], sizes[2], sizeof sizes[0]);
    assert_memory_not_equal(sizes[0], sizes[1], sizeof sizes[0]);
}

/* A mark between requests does not part them, and what is said of the old ones is not said of the new. */
static void marks_and_texts_change_no_deal(void **state)
{
    static const char *const sources[] = {
        "use heap=16K\nalloc 1000 as a\nalloc 2000 as b\nalloc 3000 as c\n",
        "about Three.\nuse heap=16K\nask\nalloc 1000 as a\nalloc 2000 as b\nask\nalloc 3000 as c\nsay So.\n",
    };
    size_t sizes[2][3];
    for (size_t i = 0; i < 2; i++) {
        size_t found = 0;
        begin_quiz(*state, sources[i], "first-fit");
        lab_quiz_deal(&bench.script, 1);
        for (size_t step = 0; step < bench.script.count; step++) {
            assert_int_not_equal(bench.script.steps[step].kind, LAB_STEP_SAY);
            assert_int_not_equal(bench.script.steps[step].kind, LAB_STEP_ABOUT);
            if (bench.script.steps[step].kind == LAB_STEP_ALLOC)
                sizes[i][found++] = bench.script.steps[step].size;
        }
        assert_int_equal(found, 3);
        lab_session_end(&bench.session);
    }
    assert_memory_equal(sizes[0], sizes[1], sizeof sizes[0]);
}

/* Blocks of other sizes are written to where they are, not where the old ones were. */
static void writes_stay_inside_dealt_blocks(void **state)
{
    static const char source[] =
        "use heap=32K\nalloc 1000 as a\nalloc 2000 as b\nalloc 3000 as c\nalloc 16 as w\nwrite a\nwrite b 2000\nwrite "
        "c at 2990\nread c 3000\ncheck\nexpect live = 6016 under all\nexpect fault = none under all\n";
    for (uint64_t seed = 1; seed <= 50; seed++) {
        begin_quiz(*state, source, "first-fit");
        lab_quiz_deal(&bench.script, seed);
        lab_session_seek(&bench.session, bench.script.count);
        assert_int_equal(bench.session.next, bench.script.count);
        assert_int_equal(bench.session.fault.class, HEAP_FAULT_NONE);
        assert_int_equal(bench.session.held, 1);
        assert_int_equal(bench.session.broken, 0);
        lab_session_end(&bench.session);
        ((struct test_world *)*state)->arena.used = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_fit_says_why),
        TEST(whole_hole_leaves_nothing),
        TEST(best_fit_says_why),
        TEST(map_is_that_of_the_question),
        TEST(alignment_is_told),
        TEST(order_of_the_list_is_shown),
        TEST(questions_in_a_row),
        TEST(growth_and_refusal),
        TEST(marks_and_texts_change_no_deal),
        TEST(writes_stay_inside_dealt_blocks),
        TEST(score_is_recorded),
        TEST(longest_record_fits),
        TEST(each_seed_deals_its_own),
    };
    return cmocka_run_group_tests_name("quiz", tests, NULL, NULL);
}
