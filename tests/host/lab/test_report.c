/* The comparison table and the report of a run, letter by letter. */
#include <string.h>

#include <lab/report.h>

#include "support.h"

static char text[16384];
static struct lab_buffer buffer;

static const struct lab_world world = {.arch = "x86_64", .vm = "demand", .pages = "4k", .clock_unit = "instructions"};

/* Three runs with numbers of every size; bump keeps no record. */
static const struct lab_result bump = {
    .ops = 40000,
    .done = 40000,
    .failed = 12345,
    .peak_live = 60000,
    .heap_peak = 1048576,
    .util = 57,
    .shape = {.committed = 1048576, .untracked = 1048000, .free = 576, .holes = 1, .largest_hole = 576},
    .counters = {.probes = 0},
    .cost_alloc = {.count = 20000, .mean = 31, .p50 = 30, .p99 = 44, .max = 1200},
    .cost_free = {.count = 20000, .mean = 12, .p50 = 12, .p99 = 12, .max = 30},
    .check_ran = true,
    .first_refused = 27655,
};

static const struct lab_result first_fit = {
    .ops = 40000,
    .done = 40000,
    .peak_live = 300000,
    .peak_live_used = 320000,
    .live_end = 200000,
    .heap_peak = 409600,
    .util = 732,
    .ext_frag = 619,
    .rms_frag = 480,
    .int_frag = 63,
    .overhead = 24,
    .unusable = {0, 1, 5, 12, 40, 100, 250, 619, 700, 1000, 1000, 1000, 1000},
    .shape = {.committed = 409600,
              .used = 210000,
              .free = 199584,
              .meta = 16,
              .used_blocks = 1234,
              .holes = 87,
              .largest_hole = 76000,
              .orphans = 9},
    .fixed = 16,
    .counters = {.live = 1234,
                 .probes = 123456,
                 .probes_max = 310,
                 .splits = 15000,
                 .merges = 14800,
                 .grows = 99,
                 .resized_in_place = 12,
                 .resized_moved = 3},
    .memory = {.faults = 100, .zero_hits = 0, .cow = 0, .frames = 103, .frames_peak = 104, .tables = 2},
    .cost_alloc = {.count = 20000, .mean = 250, .p50 = 190, .p99 = 2400, .max = 10250},
    .cost_free = {.count = 19985, .mean = 95, .p50 = 90, .p99 = 130, .max = 140},
    .cost_resize = {.count = 15, .mean = 700, .p50 = 600, .p99 = 900, .max = 900},
    .vm_alloc = {.count = 20000, .mean = 33, .p50 = 0, .p99 = 200, .max = 9000},
    .vm_cost = 1234567,
    .placement = 0x0123456789ABCDEF,
    .check_ran = true,
    .first_refused = SIZE_MAX,
};

static struct lab_result best_fit(void)
{
    struct lab_result r = first_fit;
    r.shape.committed = r.heap_peak = 405504;
    r.shape.holes = 140;
    r.util = 740;
    r.ext_frag = 580;
    r.counters.probes = 250000;
    r.counters.probes_max = 290;
    r.cost_alloc = (struct lab_cost){.count = 20000, .mean = 480, .p50 = 400, .p99 = 2100, .max = 9000};
    return r;
}

static struct lab_sink begin(void)
{
    memset(text, 'x', sizeof text);
    return lab_buffer_sink(&buffer, text, sizeof text);
}

static void compare(const struct lab_row *rows, size_t count)
{
    const struct lab_run run = {.run_text = "trace:lua", .seed = 1};
    struct lab_sink sink = begin();
    lab_report_comparison(&sink, &world, &run, rows, count, true);
    assert_int_equal(buffer.length, buffer.wanted);
}

static void has(const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void has_not(const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in:\n%s", part, text);
}

/* As assert_string_equal, whose message would be cut. */
static void is_text(const char *expected)
{
    size_t same = 0;
    while (expected[same] && expected[same] == text[same])
        same++;
    if (expected[same] != text[same])
        fail_msg("differs from here on:\n%s\n---- expected:\n%s", text + same, expected + same);
}

static unsigned longest_line(void)
{
    unsigned longest = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        unsigned length = (unsigned)(strchr(line, '\n') - line);
        longest = length > longest ? length : longest;
        assert_true(length == 0 || line[length - 1] != ' ');
    }
    return longest;
}

/* ---- the table ---- */

static void table_of_three(void **state)
{
    (void)state;
    const struct lab_result best = best_fit();
    const struct lab_row rows[] = {
        {"bump", LAB_OK, &bump, NULL}, {"first-fit", LAB_OK, &first_fit, NULL}, {"best-fit", LAB_OK, &best, NULL}};
    compare(rows, 3);
    is_text("The same run under each allocator: trace:lua (seed 1, x86_64, vm demand)\n"
            "\n"
            "Memory\n"
            "allocator  refused  with   heap  util  ext_frag  int_frag  holes  largest\n"
            "                    room    KiB     %         %         %           bytes\n"
            "bump        12,345     0  1,024   5.7         -         -      -        -\n"
            "first-fit        0*    0    400  73.2      61.9       6.3     87*  76,000\n"
            "best-fit         0*    0    396* 74.0*     58.0*      6.3    140   76,000\n"
            "\n"
            "Work (alloc, free, resize: cost in instructions)\n"
            "allocator  probes  probes  alloc  alloc   alloc  free  free  resize  resize\n"
            "             mean     max   mean    p99     max  mean   p99    mean     p99\n"
            "bump          0.0*      0*    31*    44*  1,200*   12*   12*      -       -\n"
            "first-fit     6.2     310    250  2,400  10,250    95   130     700     900\n"
            "best-fit     12.5     290    480  2,100   9,000    95   130     700     900\n"
            "* best of its column (no mark where all are alike)\n"
            "bump refused more than the best did: its other figures are of fewer blocks.\n"
            "\n"
            "At the end:\n"
            "  bump       (-) no record of its blocks: 1,048,000 bytes handed out\n"
            "  first-fit  87 holes, the largest 38.1 % of what is free\n"
            "  best-fit   140 holes, the largest 42.0 % of what is free\n"
            "\n"
            "refused    requests that were not met; with room: although enough bytes were\n"
            "           free, in pieces\n"
            "heap       the whole region at the end; 1 KiB = 1,024 bytes\n"
            "util       utilisation: most requested bytes live at one time / heap\n"
            "ext_frag   external fragmentation: 1 - largest hole / all free bytes, at the\n"
            "           end\n"
            "int_frag   internal fragmentation: 1 - requested bytes / used blocks, when\n"
            "           most bytes were live\n"
            "holes      free blocks at the end, and the largest of them\n"
            "probes     blocks looked at in search of a place: mean over all requests, and\n"
            "           most in one\n"
            "cost       cost of one operation, growth and page faults left out; p99: 99 of\n"
            "           100 cost no more\n"
            "\n"
            "In words: fewest refusals: first-fit and best-fit (tie); smallest heap:\n"
            "  best-fit; least external fragmentation: best-fit; least internal\n"
            "  fragmentation: all alike; fewest probes: bump; cheapest alloc: bump;\n"
            "  cheapest free: bump.\n");
}

/* Blocks that were freed and stay in use are no holes: figures of holes would flatter whoever keeps them. */
static void kept_blocks_hide_holes(void **state)
{
    (void)state;
    struct lab_result keeps = first_fit;
    keeps.counters.live = 1000;
    const struct lab_row rows[] = {{"bump-sized", LAB_OK, &keeps, NULL}, {"first-fit", LAB_OK, &first_fit, NULL}};
    compare(rows, 2);
    has("bump-sized        0     0   400  73.2         -       6.3      -        -\n");
    has("  bump-sized  (-) takes no block back: 234 freed ones still in use\n");
}

static void holes_are_put_into_words(void **state)
{
    (void)state;
    struct lab_result none = first_fit, one = first_fit;
    none.shape.holes = none.shape.free = none.ext_frag = 0;
    one.shape.holes = 1;
    one.ext_frag = 0;
    const struct lab_row rows[] = {
        {"full", LAB_OK, &none, NULL}, {"whole", LAB_OK, &one, NULL}, {"broken", LAB_CORRUPT, &none, NULL}};
    compare(rows, 3);
    has("\nAt the end:\n  full       no hole: nothing is free\n  whole      one hole: all that is free\n\n");
    const struct lab_row longer = {"best-fit:grow=64K:order=size", LAB_OK, &one, NULL};
    compare(&longer, 1);
    has("\nAt the end:\n  best-fit:grow=64K:order=size\n             one hole: all that is free\n");
}

/* A heading above each family, in every block; not in a table that is read at a glance. */
static void long_tables_are_grouped(void **state)
{
    (void)state;
    const struct lab_row rows[] = {{"a", LAB_OK, &first_fit, "walks"},
                                   {"b", LAB_OK, &first_fit, "walks"},
                                   {"c", LAB_OK, &first_fit, "lists"},
                                   {"d", LAB_OK, &first_fit, NULL},
                                   {"e", LAB_OK, &first_fit, NULL}};
    static const char *const headings[] = {"\n-- walks\na ", "\n-- lists\nc ", "\n-- others\nd "};
    compare(rows, 5);
    for (size_t i = 0; i < 3; i++) {
        const char *memory = strstr(text, headings[i]);
        assert_non_null(memory);
        assert_non_null(strstr(memory + 1, headings[i])); /* of the second block */
    }
    compare(rows, 4);
    has_not("--");
}

/* One row has nobody to compare with; columns without numbers go, and their formulas with them. */
static void table_of_one(void **state)
{
    (void)state;
    const struct lab_row row = {"bump", LAB_OK, &bump, NULL};
    compare(&row, 1);
    has_not("*");
    has_not("In words");
    has_not("ext_frag");
    has_not("resize ");
    has_not("refused more");
    has("\nutil ");
}

static void three_equal_rows_are_a_tie_of_all(void **state)
{
    (void)state;
    const struct lab_row rows[] = {
        {"a", LAB_OK, &first_fit, NULL}, {"b", LAB_OK, &first_fit, NULL}, {"c", LAB_OK, &first_fit, NULL}};
    compare(rows, 3);
    has_not("*");
    has("smallest heap: all alike;");
    has("cheapest free: all alike.");
}

static void three_names_are_joined(void **state)
{
    (void)state;
    const struct lab_row rows[] = {{"a", LAB_OK, &first_fit, NULL},
                                   {"b", LAB_OK, &first_fit, NULL},
                                   {"c", LAB_OK, &first_fit, NULL},
                                   {"d", LAB_OK, &bump, NULL}};
    compare(rows, 4);
    has("smallest heap: a, b and c (tie);");
}

static void failed_rows_say_why(void **state)
{
    (void)state;
    struct lab_result damaged = first_fit;
    damaged.done = 1234;
    damaged.check = HEAP_CORRUPT;
    damaged.fault.class = HEAP_FAULT_LIST;
    const struct lab_row rows[] = {{"first-fit", LAB_OK, &first_fit, NULL},
                                   {"mine", LAB_CORRUPT, &damaged, NULL},
                                   {"best-fit", LAB_NO_REGION, NULL, NULL}};
    compare(rows, 3);
    has("\nmine       no figures: heap damaged at operation 1,234: corrupted free list\n");
    has("\nbest-fit   no figures: not enough memory for the heap\n");
    has_not("*");
    assert_null(strstr(strstr(text, "Work"), "mine"));
}

static void nothing_but_failed_rows(void **state)
{
    (void)state;
    const struct lab_row row = {"bump", LAB_NO_SCRATCH, NULL, NULL};
    compare(&row, 1);
    has("bump       no figures: not enough scratch memory for a program of this length\n");
    has_not("Work");
    has_not("best of its column");
}

/* Numbers as large as they get, and a long name: never more than 100 columns, and nothing is lost. */
static void large_numbers_fit_the_page(void **state)
{
    (void)state;
    struct lab_result large = first_fit;
    large.failed = 4000000000u;
    large.refused_despite_room = 3999999999u;
    large.shape.committed = large.shape.largest_hole = large.shape.holes = 4294967295u;
    large.counters.probes_max = 9876543210u;
    large.counters.probes = 123456789012345u;
    large.cost_alloc.mean = large.cost_alloc.p99 = 12345678901u;
    large.cost_alloc.max = 1234567890123u;
    large.cost_free.mean = large.cost_free.p99 = 22345678901u;
    large.cost_resize.mean = large.cost_resize.p99 = 32345678901u;
    const struct lab_row rows[] = {{"first-fit", LAB_OK, &first_fit, NULL},
                                   {"best-fit:grow=64K:order=size", LAB_OK, &large, NULL}};
    compare(rows, 2);
    assert_in_range(longest_line(), 90, 100);
    has("\nbest-fit:grow=64K:order=size\n           4,000,000,000  3,999,999,999  4,194,304 ");
    has("1,234,567,890,123");
    has("32,345,678,901  32,345,678,901\n");
}

/* Names and numbers of every length: some blocks are filled to the last column. */
static void every_length_fits_the_page(void **state)
{
    (void)state;
    struct lab_result r = first_fit;
    char name[41] = "";
    unsigned longest = 0;
    for (unsigned length = 1; length <= 40; length++) {
        name[length - 1] = 'n';
        r.cost_alloc.max = 1;
        for (unsigned digits = 1; digits < 19; digits++, r.cost_alloc.max *= 10) {
            const struct lab_row row = {name, LAB_OK, &r, NULL};
            compare(&row, 1);
            unsigned line = longest_line();
            longest = line > longest ? line : longest;
            assert_true(line <= 100);
        }
    }
    assert_int_equal(longest, 99); /* and a mark has its place behind */
}

static void long_specifications_are_wrapped(void **state)
{
    (void)state;
    char spec[300];
    memset(spec, 's', sizeof spec);
    spec[299] = '\0';
    const struct lab_run run = {.run_text = spec, .alloc_text = "first-fit", .seed = 1};
    struct lab_sink sink = begin();
    lab_report_run(&sink, &world, &run, &first_fit);
    assert_in_range(longest_line(), 90, 100);
    has("(seed 1,");
}

/* ---- one run ---- */

static void report_of_a_run(void **state)
{
    (void)state;
    const struct lab_run run = {.alloc_text = "first-fit", .run_text = "trace:lua", .seed = 18446744073709551615u};
    struct lab_sink sink = begin();
    lab_report_run(&sink, &world, &run, &first_fit);
    is_text("first-fit on trace:lua (seed 18446744073709551615, x86_64, vm demand)\n"
            "Requests   operations done               40,000 of 40,000\n"
            "           refused                            0, 0 of them with enough bytes free\n"
            "           resized                           12 in place, 3 moved\n"
            "Memory     heap                         409,600 bytes, 409,600 at most\n"
            "             used                       210,000 bytes in 1,234 blocks, headers included\n"
            "             free                       199,584 bytes in 87 holes, the largest 76,000\n"
            "             metadata                        16 bytes outside blocks, 16 of them fixed\n"
            "             untracked                        0 bytes handed out without a record\n"
            "           live at the end              200,000 bytes requested, 300,000 at most\n"
            "           orphans                            9 used blocks with a hole on both sides\n"
            "Ratios     util                            73.2 %  most live bytes / heap\n"
            "           ext_frag                        61.9 %  1 - largest hole / free\n"
            "           rms_frag                        48.0 %  1 - root of the sum of squared holes / free\n"
            "           int_frag                         6.3 %  1 - live / used, when most bytes were live\n"
            "           overhead                         2.4 %  used and metadata bytes nobody asked for / heap\n"
            "           unusable, in %: share of the free bytes in holes too small for a request of\n"
            "               16    32    64   128   256   512    1K    2K    4K    8K   16K   32K   64K  bytes\n"
            "              0.0   0.1   0.5   1.2   4.0  10.0  25.0  61.9  70.0 100.0 100.0 100.0 100.0\n"
            "Work       probes                       123,456 blocks looked at, 310 at most in one operation\n"
            "           blocks and region             15,000 splits, 14,800 merges, 99 growths\n"
            "Cost       instructions  operations          mean  half at most   99% at most           max\n"
            "           alloc             20,000           250           190         2,400        10,250\n"
            "           free              19,985            95            90           130           140\n"
            "           resize                15           700           600           900           900\n"
            "VM cost    1,234,567 in growth and page faults, not counted above; within calls:\n"
            "           alloc             20,000            33             0           200         9,000\n"
            "Frames     100 page faults, 0 zero-page reads, 0 copies on write\n"
            "           104 frames at most, 103 at the end, 2 of these page tables; 0 leaked\n"
            "Check      ok; leak: 1,234 blocks, 200,000 bytes never freed\n"
            "Placement  0123456789abcdef\n");
    assert_true(longest_line() <= 100);
}

static void faults_and_leaks_are_in_the_report(void **state)
{
    (void)state;
    const struct lab_run run = {.alloc_text = "a", .run_text = "b", .seed = 1};
    struct lab_result r = first_fit;
    struct lab_sink sink = begin();
    r.check = HEAP_BAD_POINTER;
    r.fault.class = HEAP_FAULT_DOUBLE_FREE;
    r.done = 77;
    r.memory.frames_leaked = -2;
    r.expectation_failed = true;
    lab_report_run(&sink, &world, &run, &r);
    has("Check      double free, found at operation 77; an expectation of the scenario did not hold\n");
    has("; -2 leaked\n");
}

static void host_has_no_frames_to_report(void **state)
{
    (void)state;
    const struct lab_run run = {.alloc_text = "a", .run_text = "b", .seed = 1};
    struct lab_result r = first_fit;
    struct lab_sink sink = begin();
    memset(&r.memory, 0, sizeof r.memory);
    lab_report_run(&sink, &world, &run, &r);
    has_not("Frames");
}

static void texts_of_checks(void **state)
{
    (void)state;
    struct lab_result r = {.check_ran = true};
    assert_string_equal(lab_check_text(&r), "ok");
    r.check_ran = false;
    assert_string_equal(lab_check_text(&r), "off");
    r.check = HEAP_CORRUPT;
    assert_string_equal(lab_check_text(&r), "payload overwritten");
    r.check = HEAP_BAD_POINTER;
    assert_string_equal(lab_check_text(&r), "payload outside the heap");
    r.fault.class = HEAP_FAULT_TILING;
    assert_string_equal(lab_check_text(&r), "blocks do not tile the region");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_three),
        cmocka_unit_test(kept_blocks_hide_holes),
        cmocka_unit_test(holes_are_put_into_words),
        cmocka_unit_test(long_tables_are_grouped),
        cmocka_unit_test(table_of_one),
        cmocka_unit_test(three_equal_rows_are_a_tie_of_all),
        cmocka_unit_test(three_names_are_joined),
        cmocka_unit_test(failed_rows_say_why),
        cmocka_unit_test(nothing_but_failed_rows),
        cmocka_unit_test(large_numbers_fit_the_page),
        cmocka_unit_test(every_length_fits_the_page),
        cmocka_unit_test(long_specifications_are_wrapped),
        cmocka_unit_test(report_of_a_run),
        cmocka_unit_test(faults_and_leaks_are_in_the_report),
        cmocka_unit_test(host_has_no_frames_to_report),
        cmocka_unit_test(texts_of_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
