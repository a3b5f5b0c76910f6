/* What users write for allocators, comparisons and runs, against a registry of this test's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <alloc/heap_ops.h>
#include <lab/spec.h>

#include "support.h"

static const char *const order_words[] = {"address", "lifo", "fifo", "size", NULL};
static const struct heap_option grid_options[] = {
    {.key = "slab", .help = "bytes of a slab", .min = 16, .max = 4096, .fallback = 64, .multiple = 16},
    {.key = "depth", .help = "levels", .min = 0, .max = 9, .fallback = 3, .multiple = 1},
    {.key = "order", .help = "of the list", .max = 3, .fallback = 1, .multiple = 1, .words = order_words},
    {.key = NULL},
};
static const struct heap_ops first_fit = {.name = "first-fit"}, best_fit = {.name = "best-fit"},
                             grid = {.name = "grid", .options = grid_options};

/* In place of the build's table. */
const struct heap_ops *const heap_policies[] = {&first_fit, &best_fit, &grid, NULL};

#define THERE_ARE "first-fit, best-fit, grid"

static struct lab_alloc_spec alloc, allocs[LAB_COMPARE_MAX];
static struct lab_run_spec run;
static struct lab_error error;
static size_t count;
static char *exact; /* the text under test, without a NUL: kept until the next one */

static const char *keep(const char *text)
{
    free(exact);
    exact = malloc(strlen(text) ? strlen(text) : 1);
    memcpy(exact, text, strlen(text));
    memset(&error, 0xA5, sizeof error);
    return exact;
}

static bool parse_alloc(const char *text)
{
    memset(&alloc, 0xA5, sizeof alloc);
    return lab_parse_alloc(keep(text), strlen(text), &alloc, &error);
}

static bool parse_compare(const char *text)
{
    memset(allocs, 0xA5, sizeof allocs);
    count = 77;
    return lab_parse_compare(keep(text), strlen(text), allocs, &count, &error);
}

static bool parse_run(const char *text)
{
    memset(&run, 0xA5, sizeof run);
    return lab_parse_run(keep(text), strlen(text), &run, &error);
}

static void is_refused(bool is_good, const char *word, const char *message)
{
    if (is_good)
        fail_msg("accepted, but expected: %s", message);
    assert_string_equal(error.message, message);
    assert_string_equal(error.word, word);
}

/* ---- allocators ---- */

static void alloc_alone_takes_defaults(void **state)
{
    (void)state;
    assert_true(parse_alloc("grid"));
    assert_ptr_equal(alloc.policy, &grid);
    assert_int_equal(alloc.grain, 0);
    assert_int_equal(alloc.options[0], 64);
    assert_int_equal(alloc.options[1], 3);
    assert_int_equal(alloc.options[2], 1);
    for (size_t i = 3; i < HEAP_OPTIONS_MAX; i++)
        assert_int_equal(alloc.options[i], 0);
    assert_ptr_equal(alloc.text, exact);
    assert_int_equal(alloc.text_length, 4);
}

static void alloc_with_options(void **state)
{
    (void)state;
    assert_true(parse_alloc("best-fit:grow=64K"));
    assert_ptr_equal(alloc.policy, &best_fit);
    assert_int_equal(alloc.grain, 65536);
    assert_int_equal(alloc.text_length, 17);
    assert_true(parse_alloc("grid:depth=0:grow=0x1000:slab=4K"));
    assert_int_equal(alloc.grain, 4096);
    assert_int_equal(alloc.options[0], 4096);
    assert_int_equal(alloc.options[1], 0);
    assert_true(parse_alloc("grid:grow=1G"));
    assert_int_equal(alloc.grain, (size_t)1 << 30);
}

static void option_that_is_a_word(void **state)
{
    (void)state;
    for (size_t i = 0; order_words[i]; i++) {
        char text[40];
        snprintf(text, sizeof text, "grid:order=%s:slab=16", order_words[i]);
        assert_true(parse_alloc(text));
        assert_int_equal(alloc.options[2], i);
        assert_int_equal(alloc.options[0], 16);
    }
#define ORDERS "order is one of address, lifo, fifo, size"
    is_refused(parse_alloc("grid:order=adress"), "order=adress", "'order=adress': did you mean address? " ORDERS);
    is_refused(parse_alloc("grid:order=lfio"), "order=lfio", "'order=lfio': did you mean lifo? " ORDERS);
    is_refused(parse_alloc("grid:order=1"), "order=1", "'order=1': " ORDERS);
    is_refused(parse_alloc("grid:order=lif"), "order=lif", "'order=lif': did you mean lifo? " ORDERS);
    is_refused(parse_alloc("grid:order=LIFO"), "order=LIFO", "'order=LIFO': " ORDERS);
    is_refused(parse_alloc("grid:order="), "order=", "'order=': " ORDERS);
    is_refused(parse_alloc("grid:order"), "order",
               "'order': did you mean order=? grid takes grow=, slab=, depth=, order=");
    is_refused(parse_alloc("grid:order=size:order=size"), "order=size", "'order=size': order= is given twice");
}

static void unknown_allocator(void **state)
{
    (void)state;
    is_refused(parse_alloc("frist-fit"), "frist-fit",
               "no allocator 'frist-fit': did you mean first-fit? There are " THERE_ARE);
    is_refused(parse_alloc("bset-fit:grow=4K"), "bset-fit",
               "no allocator 'bset-fit': did you mean best-fit? There are " THERE_ARE);
    is_refused(parse_alloc("buddy"), "buddy", "no allocator 'buddy'; there are " THERE_ARE);
    is_refused(parse_alloc(""), "", "no allocator ''; there are " THERE_ARE);
    is_refused(parse_alloc("first-fi"), "first-fi",
               "no allocator 'first-fi': did you mean first-fit? There are " THERE_ARE);
    is_refused(parse_alloc("GRID"), "GRID", "no allocator 'GRID'; there are " THERE_ARE);
    is_refused(parse_alloc("\x1b[2J"), "?[2J", "no allocator '?[2J'; there are " THERE_ARE);
}

static void unknown_option(void **state)
{
    (void)state;
    is_refused(parse_alloc("first-fit:gorw=64K"), "gorw=64K", "'gorw=64K': did you mean grow=? first-fit takes grow=");
    is_refused(parse_alloc("grid:slap=64"), "slap=64",
               "'slap=64': did you mean slab=? grid takes grow=, slab=, depth=, order=");
    is_refused(parse_alloc("first-fit:slab=64"), "slab=64", "'slab=64': first-fit takes grow=");
    is_refused(parse_alloc("grid:depth"), "depth",
               "'depth': did you mean depth=? grid takes grow=, slab=, depth=, order=");
    is_refused(parse_alloc("grid:"), "", "'': grid takes grow=, slab=, depth=, order=");
    is_refused(parse_alloc("grid:depth=1:"), "", "'': grid takes grow=, slab=, depth=, order=");
    is_refused(parse_alloc("grid::depth=1"), "", "'': grid takes grow=, slab=, depth=, order=");
}

static void option_given_twice(void **state)
{
    (void)state;
    is_refused(parse_alloc("grid:depth=1:depth=1"), "depth=1", "'depth=1': depth= is given twice");
    is_refused(parse_alloc("grid:grow=4K:slab=16:grow=8K"), "grow=8K", "'grow=8K': grow= is given twice");
}

static void option_out_of_range(void **state)
{
    (void)state;
    static const char *const grows[] = {"grow=0",     "grow=1000", "grow=4095", "grow=4097",
                                        "grow=1025M", "grow=",     "grow=-4K",  "grow=18446744073709555712"};
    for (size_t i = 0; i < sizeof grows / sizeof *grows; i++) {
        char text[80], message[120];
        snprintf(text, sizeof text, "grid:%s", grows[i]);
        snprintf(message, sizeof message, "'%s': grow is a multiple of 4096 from 4096 to 1073741824", grows[i]);
        is_refused(parse_alloc(text), grows[i], message);
    }
    is_refused(parse_alloc("grid:slab=24"), "slab=24", "'slab=24': slab is a multiple of 16 from 16 to 4096");
    is_refused(parse_alloc("grid:slab=0"), "slab=0", "'slab=0': slab is a multiple of 16 from 16 to 4096");
    is_refused(parse_alloc("grid:depth=10"), "depth=10", "'depth=10': depth is a number from 0 to 9");
    is_refused(parse_alloc("grid:depth=x"), "depth=x", "'depth=x': depth is a number from 0 to 9");
}

/* What is allowed is still there behind a long word. */
static void long_words_are_cut(void **state)
{
    (void)state;
    char text[400], message[240], *word = text + strlen("grid:");
    memset(text, 'x', sizeof text);
    memcpy(text, "grid:", strlen("grid:"));
    text[399] = '\0';
    snprintf(message, sizeof message, "'%.60s...': grid takes grow=, slab=, depth=, order=", word);
    assert_false(parse_alloc(text));
    assert_string_equal(error.message, message);
    memcpy(word, "depth=", 6);
    snprintf(message, sizeof message, "'%.60s...': depth is a number from 0 to 9", word);
    assert_false(parse_alloc(text));
    assert_string_equal(error.message, message);
    snprintf(message, sizeof message, "no allocator '%.60s...'; there are " THERE_ARE, word);
    assert_false(parse_alloc(word));
    assert_string_equal(error.message, message);
}

static void errors_may_be_ignored(void **state)
{
    (void)state;
    assert_false(lab_parse_alloc("nobody", 6, &alloc, NULL));
    assert_false(lab_parse_alloc("grid:x", 6, &alloc, NULL));
    assert_false(lab_parse_compare("grid,grid", 9, allocs, &count, NULL));
    assert_false(lab_parse_run("nothing", 7, &run, NULL));
}

/* ---- comparisons ---- */

static void compare_all(void **state)
{
    (void)state;
    assert_true(parse_compare("all"));
    assert_int_equal(count, 3);
    assert_ptr_equal(allocs[0].policy, &first_fit);
    assert_ptr_equal(allocs[2].policy, &grid);
    assert_int_equal(allocs[2].options[0], 64);
    assert_memory_equal(allocs[2].text, "grid", allocs[2].text_length);
}

static void compare_list(void **state)
{
    (void)state;
    assert_true(parse_compare("grid:slab=32,first-fit"));
    assert_int_equal(count, 2);
    assert_ptr_equal(allocs[0].policy, &grid);
    assert_int_equal(allocs[0].options[0], 32);
    assert_memory_equal(allocs[0].text, "grid:slab=32", allocs[0].text_length);
    assert_ptr_equal(allocs[1].policy, &first_fit);
    assert_true(parse_compare("best-fit"));
    assert_int_equal(count, 1);
    assert_true(parse_compare("grid,grid:slab=32,grid:slab=48")); /* one allocator's options side by side */
    assert_int_equal(count, 3);
}

static void bad_comparisons(void **state)
{
    (void)state;
    is_refused(parse_compare("grid,first-fit,grid"), "grid", "'grid' is named twice");
    is_refused(parse_compare("grid:slab=32,grid:slab=32"), "grid:slab=32", "'grid:slab=32' is named twice");
    is_refused(parse_compare("grid,bset-fit"), "bset-fit",
               "no allocator 'bset-fit': did you mean best-fit? There are " THERE_ARE);
    is_refused(parse_compare("grid,"), "", "no allocator ''; there are " THERE_ARE);
    is_refused(parse_compare(",grid"), "", "no allocator ''; there are " THERE_ARE);
    is_refused(parse_compare(""), "", "no allocator ''; there are " THERE_ARE);
    is_refused(parse_compare("all,grid"), "all", "no allocator 'all'; there are " THERE_ARE);
}

/* Writes so many parts "grid:slab=16,grid:slab=32,...". */
static bool parse_compare_of(size_t parts)
{
    char text[1000];
    size_t length = 0;
    for (size_t i = 0; i < parts; i++)
        length += (size_t)sprintf(text + length, "%sgrid:slab=%zu", i ? "," : "", 16 * (i + 1));
    return parse_compare(text);
}

static void longest_comparison(void **state)
{
    (void)state;
    assert_true(parse_compare_of(LAB_COMPARE_MAX));
    assert_int_equal(count, LAB_COMPARE_MAX);
    is_refused(parse_compare_of(LAB_COMPARE_MAX + 1), "grid:slab=528",
               "'grid:slab=528': at most 32 allocators in one comparison");
}

/* ---- runs ---- */

static void plain_runs(void **state)
{
    (void)state;
    assert_true(parse_run("none"));
    assert_int_equal(run.kind, LAB_RUN_NONE);
    assert_true(parse_run("tour"));
    assert_int_equal(run.kind, LAB_RUN_TOUR);
    assert_ptr_equal(run.text, exact);
    assert_int_equal(run.text_length, 4);
    is_refused(parse_run("none:x"), "none:x", "'none:x': nothing may follow the first word");
    is_refused(parse_run("tour:a"), "tour:a", "'tour:a': nothing may follow the first word");
}

static void selftest_runs(void **state)
{
    (void)state;
    assert_true(parse_run("selftest"));
    assert_int_equal(run.kind, LAB_RUN_SELFTEST);
    assert_int_equal(run.selftest, LAB_SELFTEST_ALL);
    assert_true(parse_run("selftest:machine"));
    assert_int_equal(run.kind, LAB_RUN_SELFTEST);
    assert_int_equal(run.selftest, LAB_SELFTEST_MACHINE);
    assert_true(parse_run("selftest:heaps"));
    assert_int_equal(run.selftest, LAB_SELFTEST_HEAPS);
#define TWO_PARTS ": the self-tests have two parts, selftest:machine and selftest:heaps"
    is_refused(parse_run("selftest:"), "selftest:", "'selftest:'" TWO_PARTS);
    is_refused(parse_run("selftest:heap"), "selftest:heap", "'selftest:heap'" TWO_PARTS);
    is_refused(parse_run("selftest:heaps,"), "selftest:heaps,", "'selftest:heaps,'" TWO_PARTS);
}

static void is_name(struct lab_name name, const char *text)
{
    assert_int_equal(name.length, strlen(text));
    assert_memory_equal(name.text, text, name.length);
}

static void trace_runs(void **state)
{
    (void)state;
    assert_true(parse_run("trace:sqlite"));
    assert_int_equal(run.kind, LAB_RUN_TRACES);
    assert_int_equal(run.trace_count, 1);
    is_name(run.traces[0], "sqlite");
    assert_true(parse_run("trace:a,bc,d:e"));
    assert_int_equal(run.trace_count, 3);
    is_name(run.traces[0], "a");
    is_name(run.traces[1], "bc");
    is_name(run.traces[2], "d:e"); /* a file may be called that */
    assert_ptr_equal(run.traces[1].text, exact + 8);
}

static void bad_trace_runs(void **state)
{
    (void)state;
    static const char *const missing[] = {"trace", "trace:", "trace:a,", "trace:,a", "trace:a,,b"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        char message[80];
        snprintf(message, sizeof message, "'%s': a trace's name is missing", missing[i]);
        is_refused(parse_run(missing[i]), missing[i], message);
    }
    assert_true(parse_run("trace:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16"));
    assert_int_equal(run.trace_count, LAB_TRACES_MAX);
    is_refused(parse_run("trace:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18"), "17",
               "'17': at most 16 traces in one run");
}

static void workload_runs(void **state)
{
    (void)state;
    assert_true(parse_run("churn:ops=20000:live=500:size=16-512"));
    assert_int_equal(run.kind, LAB_RUN_WORKLOAD);
    assert_string_equal(run.workload->name, "churn");
    assert_int_equal(run.values.low[0], 20000);
    assert_int_equal(run.values.low[1], 500);
    assert_int_equal(run.values.high[2], 512);
    assert_true(parse_run("ramp"));
    assert_string_equal(run.workload->name, "ramp");
    assert_int_equal(run.values.low[0], 2000);
    is_refused(parse_run("churn:"), "churn:", "'churn:': key=value is missing behind the colon");
    is_refused(parse_run("comb:blocks=1"), "blocks=1", "'blocks=1': blocks is a number from 2 to 1048576");
}

/* Whether there is such a file is seen when it is loaded. */
static void scenario_runs(void **state)
{
    (void)state;
    assert_true(parse_run("scenario:best-wins"));
    assert_int_equal(run.kind, LAB_RUN_SCENARIO);
    assert_int_equal(run.scenario.length, 9);
    assert_memory_equal(run.scenario.text, "best-wins", 9);
    assert_true(parse_run("scenario:long-lived:x=1"));
    assert_int_equal(run.scenario.length, 14);
    is_refused(parse_run("scenario"), "scenario", "'scenario': a scenario's name is missing");
    is_refused(parse_run("scenario:"), "scenario:", "'scenario:': a scenario's name is missing");
}

static void unknown_runs(void **state)
{
    (void)state;
#define RUNS "trace, scenario, selftest, tour, none, churn, ramp, comb"
    is_refused(parse_run("chrun:ops=5"), "chrun", "no run 'chrun': did you mean churn? There are " RUNS);
    is_refused(parse_run("trce:lua"), "trce", "no run 'trce': did you mean trace? There are " RUNS);
    is_refused(parse_run("senario:x"), "senario", "no run 'senario': did you mean scenario? There are " RUNS);
    is_refused(parse_run("sqlite"), "sqlite", "no run 'sqlite'; there are " RUNS);
    is_refused(parse_run(""), "", "no run ''; there are " RUNS);
    is_refused(parse_run(":x"), "", "no run ''; there are " RUNS);
}

static int end(void **state)
{
    (void)state;
    free(exact);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc_alone_takes_defaults),
        cmocka_unit_test(alloc_with_options),
        cmocka_unit_test(option_that_is_a_word),
        cmocka_unit_test(unknown_allocator),
        cmocka_unit_test(unknown_option),
        cmocka_unit_test(option_given_twice),
        cmocka_unit_test(option_out_of_range),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(errors_may_be_ignored),
        cmocka_unit_test(compare_all),
        cmocka_unit_test(compare_list),
        cmocka_unit_test(bad_comparisons),
        cmocka_unit_test(longest_comparison),
        cmocka_unit_test(plain_runs),
        cmocka_unit_test(selftest_runs),
        cmocka_unit_test(trace_runs),
        cmocka_unit_test(bad_trace_runs),
        cmocka_unit_test(workload_runs),
        cmocka_unit_test(scenario_runs),
        cmocka_unit_test(unknown_runs),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
