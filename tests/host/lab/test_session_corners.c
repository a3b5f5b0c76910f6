/* Sessions where something is odd: stale pointers, steps that cannot be done, heaps that refuse, going back over commands. */
#include <stdio.h>

#include "session_bench.h"

/* One that was typed is meant as it stands, and the script's own is the first all the same. */
static void typed_use_is_not_overruled(void **state)
{
    begin(*state, "use bump\nuse best-fit\nuse worst-fit\n", "tlsf", true);
    bench.script.steps[0].line = 0;
    static const char *const names[] = {"bump", "bump", "worst-fit"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED);
        assert_string_equal(bench.session.heap.ops->name, names[i]);
    }
    lab_session_end(&bench.session);
}

/* What it would have chosen is not in force. */
static void use_that_cannot_be_done_chooses_nothing(void **state)
{
    begin(*state, "alloc 100 as a\nuse best-fit heap=128K harden=3\n", "tlsf", false);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED);
    bench.w->refuses_open = true;
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED_NO_HEAP);
    assert_string_equal(bench.session.run.policy->name, "tlsf");
    assert_int_equal(bench.session.run.harden, bench.session.asked.harden);
    assert_int_equal(bench.session.run.heap_limit, 65536);
    bench.w->refuses_open = false;
    assert_int_equal(lab_session_seek(&bench.session, bench.session.next), LAB_STEPPED);
    assert_true(block("a")->is_live);
    lab_session_end(&bench.session);
}

/* Under an allocator that refuses a request a scenario goes on; a person is told. */
static void refused_block_is_passed_over(void **state)
{
    begin(*state, "use heap=4096\nalloc 1M as a\nwrite a\nread a\nfree a\nalloc 10 as b\nwrite a\n", "first-fit", true);
    bench.script.steps[6].line = 0;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(lab_session_step(&bench.session, LAB_TELL_STEPS), i == 1 ? LAB_STEPPED_REFUSED : LAB_STEPPED);
    assert_non_null(strstr(bench.told_text, "  nothing is written: the block was refused\n"));
    assert_non_null(strstr(bench.told_text, "  nothing is read: the block was refused\n"));
    assert_non_null(strstr(bench.told_text, "  the heap   is as it was: there is no such block to free\n"));
    assert_true(block("b")->is_live);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_STEPS), LAB_STEPPED_BAD_STEP);
    lab_session_end(&bench.session);
}

static unsigned answer_three(void *context, const char *line, size_t length)
{
    (void)line;
    (void)length;
    ++*(unsigned *)context;
    return 3;
}

/* Commands are not run again when steps are done again; what came of them is known. */
static void status_outlives_going_back(void **state)
{
    unsigned runs = 0;
    begin(*state, "alloc 10\nshell x\nexpect status = 3\nalloc 20\n", "first-fit", false);
    bench.stage.command = answer_three;
    bench.stage.context = &runs;
    lab_session_seek(&bench.session, 4); /* untold, before it ever ran */
    assert_int_equal(bench.session.held + bench.session.broken, 0);
    lab_session_seek(&bench.session, 2);
    lab_session_step(&bench.session, LAB_TELL_SCRIPT);
    assert_non_null(strstr(bench.told_text, "not known: the command was passed over\n"));
    lab_session_seek(&bench.session, 0);
    play(LAB_TELL_SCRIPT);
    lab_session_seek(&bench.session, 4);
    assert_int_equal(bench.session.held, 1);
    assert_int_equal(bench.session.broken, 0);
    assert_int_equal(runs, 1);
    lab_session_end(&bench.session);
}

/* The same of a stale pointer that is resized, in place or moved: the block has one owner, who is the last. */
static void resize_of_a_stale_pointer_takes_a_strangers_block(void **state)
{
    static const char *const sources[] = {"alloc 100 as a\nfree a\nalloc 100 as b\nresize a 300\nalloc 9 as c\n",
                                          "alloc 100 as a\nfree a\nalloc 100 as b\nalloc 9 as w\nresize a 300\n"
                                          "free w\nalloc 50 as c\n"};
    for (size_t i = 0; i < 2; i++) {
        begin(*state, sources[i], "first-fit", false);
        assert_int_equal(play(LAB_TELL_STEPS), LAB_STEPPED);
        assert_false(block("b")->is_live);
        assert_true(block("a")->is_live);
        assert_int_equal(bench.session.live, 300 + block("c")->size);
        size_t c_at = (size_t)(block("c")->payload - bench.session.heap.base);
        assert_int_equal(lab_session_block_in(&bench.session, c_at, 1), lab_block_find(&bench.script, "c", 1));
        lab_session_end(&bench.session);
    }
}

/* Without a count it is what the block has when the step is done, whatever was asked for or comes later in the script. */
static void write_goes_over_what_the_block_has(void **state)
{
    begin(
        *state,
        "alloc 100 as a\nalloc 100 as b\nresize a 100000\nwrite a\nread a at 99\nwrite a 150\nread a at 120 9\ncheck\n",
        "first-fit", false);
    assert_int_equal(play(LAB_TELL_NOTHING), LAB_STEPPED_REFUSED);
    assert_int_equal(block("a")->payload[99], 'W');
    assert_int_equal(bench.session.fault.class, HEAP_FAULT_NONE);
    lab_session_print_step(&bench.session, 3);
    lab_session_print_step(&bench.session, 4);
    expect_told("  write a\n  read a at 99\n");
    lab_session_end(&bench.session);
    begin(*state, "alloc 100 as a\nalloc 100 as b\nresize a 400\nwrite a\ncheck\n", "first-fit", false);
    lab_session_seek(&bench.session, 2);
    bench.session.next = 3; /* as if the resize had been undone */
    assert_int_equal(play(LAB_TELL_NOTHING), LAB_STEPPED);
    lab_session_end(&bench.session);
}

/* The largest alignments hold in no size_t of 32 bits. They are refused, and what was found before is not found again. */
static void unheard_of_alignments_are_refused(void **state)
{
    begin(*state,
          "alloc 10 as a\nfree a\nfree a\nexpect fault = double free\naalloc 10 4G*256 as b\naalloc 10 4M as c\n"
          "expect refused = 2\nexpect fault = none\naalloc 10 64K as d\n",
          "first-fit", false);
    assert_int_equal(play(LAB_TELL_STEPS), LAB_STEPPED_REFUSED);
    assert_int_equal(bench.session.held, 3);
    assert_int_equal(bench.session.broken, 0);
    assert_non_null(strstr(bench.told_text, "a heap gives no alignment above 2,097,152\n"));
    lab_session_end(&bench.session);
    begin(*state, "alloc 10\naalloc 10 4M\n", "first-fit", false);
    play(LAB_TELL_STEPS);
    assert_non_null(strstr(bench.recorded_text, "\"probes\":1,"));
    assert_non_null(strstr(bench.recorded_text, "\"refused\":true,\"asked\":10,"));
    assert_non_null(strstr(strstr(bench.recorded_text, "\"refused\":true"), "\"probes\":0,"));
    lab_session_end(&bench.session);
}

/* What is said of a refusal, and of growth, is true of the holes there are. */
static void refusals_are_told_as_they_are(void **state)
{
    begin(*state,
          "use heap=4K\nrepeat 2 as i\naalloc 10 2M as p[i]\nend\nalloc 1500 as a\nalloc 900 as w\nalloc 900 as v\n"
          "free w\nalloc 1400 as x\n",
          "first-fit", false);
    play(LAB_TELL_STEPS);
    assert_non_null(strstr(bench.told_text, "in 1 hole, the largest of 4,0"));
    assert_non_null(strstr(bench.told_text, "             large enough, but not at that alignment\n"));
    assert_non_null(strstr(bench.told_text, "             enough, but in pieces: that is fragmentation\n"));
    lab_session_end(&bench.session);
    /* A class of sizes of which not all hold the request is not searched. */
    begin(*state,
          "use heap=16K\nalloc 4000 as a\nalloc 100 as w\nfree a\nalloc 3990 as b\nalloc 3990 as c\nalloc 3990 as d\n",
          "tlsf", false);
    play(LAB_TELL_STEPS);
    assert_non_null(strstr(bench.told_text, "no hole would do, though one is large enough\n"));
    assert_non_null(strstr(bench.told_text, "             large enough, but no hole that this search takes\n"));
    assert_null(strstr(bench.told_text, "that is fragmentation"));
    lab_session_end(&bench.session);
    /* The limit is not what stands in the way. */
    begin(*state, "alloc 100\nalloc 8000\nalloc 200000\n", "first-fit", false);
    lab_session_step(&bench.session, LAB_TELL_STEPS);
    bench.w->refuses_growth = true;
    assert_int_equal(play(LAB_TELL_STEPS), LAB_STEPPED_REFUSED);
    const char *short_of =
        strstr(bench.told_text, "             not enough, and there is no memory for the heap to grow\n");
    assert_non_null(short_of);
    assert_non_null(strstr(short_of, "             not enough, and the heap may not grow beyond 65,536 bytes\n"));
    bench.w->refuses_growth = false;
    lab_session_end(&bench.session);
}

static void uses_are_written_whole(void **state)
{
    begin(*state, "use unit=32\nuse tlsf:sl=3 heap=16K harden=2 vm=zero unit=16 seed=7\n", "first-fit", false);
    lab_session_print_step(&bench.session, 0);
    lab_session_print_step(&bench.session, 1);
    expect_told("  use unit=32\n  use tlsf:sl=3 heap=16384 harden=2 vm=zero unit=16 seed=7\n");
    lab_session_end(&bench.session);
}

/* A fault is expected by the step's own expectations, not by those of a later one. */
static void fault_is_expected_at_once(void **state)
{
    begin(*state, "alloc 9 as a\nfree a\nfree a\nalloc 9 as b\nexpect fault = double free\n", "first-fit", false);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED_CORRUPT);
    lab_session_end(&bench.session);
}

/* Names behind `under` are of allocators with their options as they are when nobody gives any. */
static void under_is_of_plain_allocators(void **state)
{
    static const char *const uses[] = {"best-fit", "best-fit:order=lifo", "best-fit:grow=8K"};
    for (size_t i = 0; i < 3; i++) {
        char source[120];
        snprintf(source, sizeof source, "use %s\nalloc 1\nexpect live = 1 under best-fit\n", uses[i]);
        begin(*state, source, "first-fit", false);
        play(LAB_TELL_NOTHING);
        assert_int_equal(bench.session.held, i == 0);
        lab_session_end(&bench.session);
    }
}

/* What the heap would not take back is live still. */
static void block_that_stayed_is_not_allocated_again(void **state)
{
    begin(*state, "use harden=3\nalloc 9 as a\nwrite a 1 past\nfree a\nexpect fault = buffer overflow\nalloc 9 as a\n",
          "first-fit", false);
    for (int i = 0; i < 5; i++)
        lab_session_step(&bench.session, LAB_TELL_NOTHING);
    assert_true(block("a")->is_live);
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED_BAD_STEP);
    assert_int_equal(bench.session.next, 5);
    lab_session_end(&bench.session);
}

static bool knows_no_vm(void *context, const char *word, size_t length)
{
    (void)context;
    (void)word;
    return length == 0;
}

static void backing_nobody_knows_is_no_step(void **state)
{
    begin(*state, "use best-fit vm=zero\n", "tlsf", false);
    bench.stage.choose_vm = knows_no_vm;
    assert_int_equal(lab_session_step(&bench.session, LAB_TELL_NOTHING), LAB_STEPPED_BAD_STEP);
    assert_string_equal(bench.session.run.policy->name, "tlsf");
    lab_session_end(&bench.session);
}

/* What an adversary reached is forgotten with its heap. */
static void adversary_is_forgotten(void **state)
{
    begin(*state, "use heap=256K\nadversary 8K 512\n", "first-fit", false);
    play(LAB_TELL_NOTHING);
    assert_true(bench.session.high > 0 && bench.session.bound > 0);
    lab_session_seek(&bench.session, 1);
    assert_int_equal(bench.session.high + bench.session.bound, 0);
    lab_session_end(&bench.session);
}

/* A long search in a record: the first six events, the last four, and how many are missing between them. */
static void long_search_is_cut_in_its_middle(void **state)
{
    begin(*state,
          "repeat 20 as i\nalloc 200+8*i as a[i]\nalloc 1 as w[i]\nend\nrepeat 20 as i\nfree a[i]\nend\nalloc 1000 as "
          "b\n",
          "first-fit", false);
    play(LAB_TELL_NOTHING);
    lab_session_seek(&bench.session, bench.script.count - 1);
    lab_session_step(&bench.session, LAB_TELL_STEPS);
    size_t events = 0;
    for (const char *at = bench.recorded_text; (at = strstr(at, "\"place\":")); at++)
        events++;
    assert_int_equal(events, 6 + 4);
    assert_non_null(strstr(bench.recorded_text, "],\"events_left_out\":11,"));
    assert_non_null(strstr(bench.recorded_text, "\"verdict\":\"taken\"}],\"events_left_out\""));
    assert_non_null(strstr(bench.told_text, "             ... and 11 more\n"));
    lab_session_end(&bench.session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(typed_use_is_not_overruled),
        TEST(use_that_cannot_be_done_chooses_nothing),
        TEST(refused_block_is_passed_over),
        TEST(status_outlives_going_back),
        TEST(resize_of_a_stale_pointer_takes_a_strangers_block),
        TEST(write_goes_over_what_the_block_has),
        TEST(unheard_of_alignments_are_refused),
        TEST(refusals_are_told_as_they_are),
        TEST(uses_are_written_whole),
        TEST(fault_is_expected_at_once),
        TEST(under_is_of_plain_allocators),
        TEST(block_that_stayed_is_not_allocated_again),
        TEST(backing_nobody_knows_is_no_step),
        TEST(adversary_is_forgotten),
        TEST(long_search_is_cut_in_its_middle),
    };
    return cmocka_run_group_tests_name("session corners", tests, NULL, NULL);
}
