/* Sessions: steps done, told, undone; expectations; mistakes. The texts are compared to the letter: they are what a lecture shows. */
#include <stdio.h>

#include "session_bench.h"

static void blocks_are_named_and_freed(void **state)
{
    begin(*state, "alloc 100 as a\nalloc 200 as b\nfree a\nexpect holes = 2\nexpect live = 200\n", "first-fit", false);
    assert_int_equal(play(LAB_TELL_NOTHING), LAB_STEPPED);
    assert_string_equal(bench.told_text, "");
    assert_int_equal(bench.session.held, 2);
    assert_int_equal(bench.session.live, 200);
    uint32_t a = lab_block_find(&bench.script, "a", 1), b = lab_block_find(&bench.script, "b", 1);
    assert_false(bench.session.blocks[a].is_live);
    assert_true(bench.session.blocks[b].is_live);
    lab_session_end(&bench.session);
}

static void broken_expectation_is_told(void **state)
{
    begin(*state, "alloc 100 as a\nexpect refused = 1\n", "first-fit", false);
    assert_int_equal(play(LAB_TELL_SCRIPT), LAB_STEPPED_OTHER);
    assert_int_equal(bench.session.broken, 1);
    assert_non_null(strstr(bench.told_text, "NOT AS EXPECTED: refused = 1, but it is 0 (line 2)\n"));
    lab_session_end(&bench.session);
}

/* A loop is told by its first round; of what is refused in the others, the first. */
static void loops_are_told_once(void **state)
{
    begin(*state, "use bump heap=4K\nrepeat 5 as i\nalloc 1500 as a[i]\nend\n", "bump", false);
    play(LAB_TELL_SCRIPT);
    assert_int_equal(bench.session.refused, 3);
    expect_told("[1] use bump heap=4096\n[2] alloc 1500 as a[0]\n  a[0] at 0x0000\n[4] alloc 1500 as a[2]\n"
                "  refused    1,088 bytes are free in 1 hole, the largest of 1,088\n"
                "             not enough, and the heap may not grow beyond 4,096 bytes\n");
    lab_session_end(&bench.session);
}

/* Whatever is done in between, going back and forth again gives the same heap. */
static void going_back_is_playing_anew(void **state)
{
    static const char source[] =
        "use first-fit heap=16K\nrepeat 20 as i\nalloc 100+i as b[i]\nend\nrepeat 10 as i\nfree "
        "b[2*i]\nend\nalloc 900 as c\nmap\nblocks\n";
    char first[TEXT_MAX];
    begin(*state, source, "best-fit", false);
    play(LAB_TELL_SCRIPT);
    strcpy(first, bench.told_text);
    for (size_t at = bench.script.count; at-- > 0;) {
        lab_session_seek(&bench.session, at);
        assert_int_equal(bench.session.next, at);
    }
    forget_text();
    play(LAB_TELL_SCRIPT);
    expect_told(first);
    lab_session_end(&bench.session);
}

static void first_use_gives_way_to_the_callers_allocator(void **state)
{
    begin(*state, "use best-fit\nalloc 1\n", "tlsf", true);
    play(LAB_TELL_NOTHING);
    assert_string_equal(bench.session.heap.ops->name, "tlsf");
    lab_session_end(&bench.session);
    begin(*state, "use best-fit\nalloc 1\n", "tlsf", false);
    play(LAB_TELL_NOTHING);
    assert_string_equal(bench.session.heap.ops->name, "best-fit");
    lab_session_end(&bench.session);
}

static void told_that_another_allocator_is_used(void **state)
{
    begin(*state, "use best-fit heap=8K\n", "tlsf", true);
    play(LAB_TELL_SCRIPT);
    expect_told("[1] use best-fit heap=8192\n  alloc=     tlsf in place of best-fit\n");
    lab_session_end(&bench.session);
    begin(*state, "use best-fit heap=8K\n", "tlsf", false);
    play(LAB_TELL_SCRIPT);
    expect_told("[1] use best-fit heap=8192\n");
    lab_session_end(&bench.session);
}

static void choice_is_told_by_the_rule_of_the_options(void **state)
{
    begin(*state,
          "use first-fit:order=lifo\nalloc 40 as a\nalloc 40\nalloc 40 as c\nalloc 40\nfree c\nfree a\nalloc 40\n",
          "first-fit", false);
    play(LAB_TELL_STEPS);
    assert_non_null(strstr(bench.told_text, ": the first hole in its list that is large enough\n"));
    assert_null(strstr(bench.told_text, "the lowest hole"));
    lab_session_end(&bench.session);
}

static void blocks_say_where_the_walk_ends(void **state)
{
    begin(*state, "use bump-sized\nalloc 24 as a\nalloc 24 as b\nwrite a 16 past\nblocks\n", "first-fit", false);
    play(LAB_TELL_SCRIPT);
    assert_non_null(strstr(bench.told_text, "  used  a, its payload at 0x00"));
    assert_non_null(strstr(bench.told_text, "\nthe walk ends here: corrupted block header\n"));
    lab_session_end(&bench.session);
}

/* A stale pointer: seen while nobody has its place; after that it takes a stranger's block. */
static void second_free_is_seen_or_kills_a_stranger(void **state)
{
    begin(*state, "alloc 100 as a\nfree a\nfree a\nexpect fault = double free\n", "first-fit", false);
    assert_int_equal(play(LAB_TELL_NOTHING), LAB_STEPPED_FOUND);
    assert_int_equal(bench.session.held, 1);
    lab_session_end(&bench.session);
    begin(*state, "alloc 100 as a\nfree a\nfree a\n", "first-fit", false);
    assert_int_equal(play(LAB_TELL_NOTHING), LAB_STEPPED_CORRUPT);
    lab_session_end(&bench.session);
    begin(*state, "alloc 100 as a\nfree a\nalloc 100 as b\nfree a\n", "first-fit", false);
    assert_int_equal(play(LAB_TELL_NOTHING), LAB_STEPPED);
    assert_false(bench.session.blocks[lab_block_find(&bench.script, "b", 1)].is_live);
    lab_session_end(&bench.session);
}

static void overflow_by_one_is_caught(void **state)
{
    begin(*state, "use first-fit harden=3\nalloc 100 as a\nwrite a 1 past\nfree a\nexpect fault = buffer overflow\n",
          "first-fit", false);
    assert_int_equal(play(LAB_TELL_SCRIPT), LAB_STEPPED_FOUND);
    assert_int_equal(bench.session.fault.bytes, 1);
    lab_session_end(&bench.session);
}

static void write_outside_the_heap_is_no_step(void **state)
{
    begin(*state, "alloc 100 as a\nwrite a 65536 past\n", "first-fit", false);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED_BAD_STEP);
    assert_int_equal(bench.session.next, 1);
    lab_session_end(&bench.session);
}

/* Robson's bound holds for every policy, and the two that are taught with it come near it. */
static void adversary_reaches_the_bound(void **state)
{
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        begin(*state, "use heap=256K\nadversary 8K 512\nexpect high >= bound under all\n", (*ops)->name, true);
        bench.session.asked.heap_limit = 1 << 20;
        uint64_t clock = bench.w->clock;
        assert_int_equal(play(LAB_TELL_SCRIPT), LAB_STEPPED);
        assert_true(bench.w->clock - clock > 3000); /* it is alive at each request, of which there are some 400 */
        assert_in_range(bench.session.live, 1, 8192 - bench.session.heap.counters.live * sizeof(size_t));
        assert_int_equal(bench.session.held, 1);
        if (strstr((*ops)->name, "first-fit") || strcmp((*ops)->name, "best-fit") == 0)
            assert_true(bench.session.high <= bench.session.bound + 4 * sizeof(size_t));
        lab_session_end(&bench.session);
        ((struct test_world *)*state)->arena.used = 0;
    }
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        count++;
    return count;
}

static void heap_record_names_its_blocks(void **state)
{
    begin(*state, "alloc 100 as a\nalloc 200 as b[3]\nalloc 300 as c\nfree c\nmap\n", "first-fit", false);
    play(LAB_TELL_SCRIPT);
    assert_int_equal(count_of(bench.recorded_text, "@kfit {\"schema\":\"kfit/1\",\"type\":\"heap\","), 1);
    assert_int_equal(count_of(bench.recorded_text, "[\"used\","), 2);
    assert_int_equal(count_of(bench.recorded_text, ",\"a\"]"), 1);
    assert_int_equal(count_of(bench.recorded_text, ",\"b[3]\"]"), 1);
    assert_int_equal(count_of(bench.recorded_text, "\"c\""), 0);
    lab_session_end(&bench.session);
}

/* Whatever does not fit is counted, with the longest names too. */
static void long_heap_record_is_cut_and_says_so(void **state)
{
    unsigned left_out;
    begin(*state, "repeat 300 as i\nalloc 24 as abcdefghijklmno[i]\nend\nmap\n", "first-fit", false);
    play(LAB_TELL_SCRIPT);
    assert_in_range(bench.recorded.length, LAB_RECORD_MAX - 200, LAB_RECORD_MAX);
    const char *said = strstr(bench.recorded_text, "\"extents_left_out\":");
    assert_non_null(said);
    assert_int_equal(sscanf(said, "\"extents_left_out\":%u}", &left_out), 1);
    size_t kept = count_of(bench.recorded_text, "[\"used\",") + count_of(bench.recorded_text, "[\"free\",") +
                  count_of(bench.recorded_text, "[\"meta\",");
    struct heap_shape shape;
    assert_true(lab_session_shape(&bench.session, &shape));
    assert_int_equal(kept + left_out, shape.used_blocks + shape.holes + 2); /* pad and end mark */
    lab_session_end(&bench.session);
}

/* Compares a text with the file tests/host/lab/golden/NAME-32.txt or NAME-64.txt; KFIT_GOLDEN=update in the environment writes it
 * instead. */
static void expect_golden(const char *name, const char *text)
{
    static char expected[TEXT_MAX];
    char path[400];
    const char *update = getenv("KFIT_GOLDEN");
    bool is_update = update && strcmp(update, "update") == 0;
    snprintf(path, sizeof path, "%s/%s-%d.txt", KFIT_GOLDEN_FILES, name, (int)sizeof(void *) * 8);
    FILE *file = fopen(path, is_update ? "w" : "r");
    assert_non_null(file);
    if (is_update)
        fputs(text, file);
    else
        expected[fread(expected, 1, sizeof expected - 1, file)] = '\0';
    fclose(file);
    if (!is_update)
        assert_string_equal(text, expected);
}

/* A screen of 80 columns shows every line whole, whatever the numbers. */
static void expect_narrow(const char *text)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = strchr(text, '\n') ? strchr(text, '\n') : text + strlen(text);
        if (end - text > 78)
            fail_msg("%d columns: %.*s", (int)(end - text), (int)(end - text), text);
    }
}

static void stories_are_narrow(void **state)
{
    static const char source[] =
        "alloc 1 as s\naalloc 1 8K as t\nalloc 1000009 as a\nalloc 100003 as b\naalloc 100003 64K as c\nfree a\nresize "
        "b "
        "1200001\naalloc 1000003 1M as d\naalloc 3000003 2M as f\nalloc 9000000 as e\nstats\nblocks\nlist\n";
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        for (int harden = 0; harden <= 3; harden += 3) {
            char text[600];
            snprintf(text, sizeof text, "use heap=4M harden=%d\n%s", harden, source);
            begin(*state, text, (*ops)->name, true);
            play(LAB_TELL_STEPS);
            expect_narrow(bench.told_text);
            lab_session_end(&bench.session);
            ((struct test_world *)*state)->arena.used = 0;
        }
    }
}

/* Every kind of thing that a step's story has, under every policy: the words of a lecture. */
static void told_step_by_step(void **state)
{
    static const char source[] = "use heap=8K\nalloc 500 as a\nalloc 100 as b\nalloc 700 as c\nalloc 1 as d\nfree a\n"
                                 "free c\naalloc 60 128 as e\nalloc 600 as f\nresize b 400\nfree d\nfree d\nalloc "
                                 "3000 as g\nalloc 9000 as h\nlist\nblocks\nstats\n";
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        char name[40];
        begin(*state, source, (*ops)->name, true);
        play(LAB_TELL_STEPS);
        snprintf(name, sizeof name, "step-%s", (*ops)->name);
        expect_golden(name, bench.told_text);
        if (strcmp((*ops)->name, "best-fit") == 0)
            expect_golden("step-records", bench.recorded_text);
        lab_session_end(&bench.session);
        ((struct test_world *)*state)->arena.used = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_named_and_freed),
        TEST(broken_expectation_is_told),
        TEST(loops_are_told_once),
        TEST(going_back_is_playing_anew),
        TEST(first_use_gives_way_to_the_callers_allocator),
        TEST(told_that_another_allocator_is_used),
        TEST(choice_is_told_by_the_rule_of_the_options),
        TEST(blocks_say_where_the_walk_ends),
        TEST(second_free_is_seen_or_kills_a_stranger),
        TEST(overflow_by_one_is_caught),
        TEST(write_outside_the_heap_is_no_step),
        TEST(adversary_reaches_the_bound),
        TEST(heap_record_names_its_blocks),
        TEST(long_heap_record_is_cut_and_says_so),
        TEST(stories_are_narrow),
        TEST(told_step_by_step),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
