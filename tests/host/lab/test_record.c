/* The machine records of a run: every key in its place, and never longer than promised. */
#include <string.h>

#include <lab/json.h>
#include <lab/record.h>

#include "support.h"

static char text[2 * LAB_RECORD_MAX];
static struct lab_buffer buffer;

static const struct lab_world world = {.arch = "i386", .vm = "zero", .pages = "large", .clock_unit = "ticks"};
static const struct heap_ops policy = {.name = "best-fit"};

static struct lab_sink begin(void)
{
    memset(text, 'x', sizeof text);
    return lab_buffer_sink(&buffer, text, sizeof text);
}

/* A number of its own in every field. */
static const struct lab_result full_result = {
    .ops = 1,
    .done = 2,
    .failed = 3,
    .refused_despite_room = 4,
    .peak_live = 6,
    .peak_live_used = 7,
    .live_end = 8,
    .heap_peak = 10,
    .fixed = 15,
    .util = 19,
    .ext_frag = 20,
    .rms_frag = 21,
    .int_frag = 23,
    .overhead = 24,
    .unusable = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
    .shape = {.committed = 9,
              .used = 11,
              .free = 12,
              .meta = 13,
              .untracked = 14,
              .holes = 16,
              .largest_hole = 17,
              .used_blocks = 2,
              .orphans = 25},
    .counters = {.probes = 26,
                 .probes_max = 27,
                 .splits = 28,
                 .merges = 29,
                 .grows = 30,
                 .resized_in_place = 31,
                 .resized_moved = 32},
    .memory = {.faults = 33, .zero_hits = 34, .cow = 35, .frames = 75, .frames_peak = 36, .tables = 76, .large_leaves = 77, .frames_leaked = -37},
    .cost_alloc = {40, 41, 42, 43, 44},
    .cost_free = {50, 51, 52, 53, 54},
    .cost_resize = {60, 61, 62, 63, 64},
    .vm_alloc = {80, 81, 82, 83, 84},
    .vm_free = {85, 86, 87, 88, 89},
    .vm_resize = {90, 91, 92, 93, 94},
    .vm_cost = 70,
    .placement = 0xABC,
    .first_refused = 5,
    .check_ran = true,
};

static void result_has_every_key(void **state)
{
    (void)state;
    struct lab_sink sink = begin();
    const struct lab_run run = {
        .policy = &policy, .alloc_text = "best-fit:grow=64K", .run_text = "trace:lua", .seed = UINT64_MAX};
    lab_record_result(&sink, &world, &run, &full_result);
    assert_string_equal(
        text,
        "@kfit {\"schema\":\"kfit/1\",\"type\":\"result\",\"alloc\":\"best-fit\",\"options\":\"grow=64K\","
        "\"run\":\"trace:lua\",\"seed\":18446744073709551615,\"arch\":\"i386\",\"vm\":\"zero\",\"pages\":\"large\",\"ops\":1,\"done\":2,"
        "\"failed\":3,\"refused_despite_room\":4,\"first_refused\":5,\"peak_live\":6,\"peak_live_used\":7,\"live_end\":"
        "8,"
        "\"heap\":9,\"heap_peak\":10,\"used\":11,\"free\":12,\"meta\":13,\"untracked\":14,\"fixed\":15,\"holes\":16,"
        "\"largest_hole\":17,\"blocks\":18,\"util\":19,\"ext_frag\":20,\"rms_frag\":21,"
        "\"unusable\":[0,1,2,3,4,5,6,7,8,9,10,11,12],\"int_frag\":23,\"overhead\":24,\"orphans\":25,\"probes\":26,"
        "\"probes_max\":27,\"splits\":28,\"merges\":29,\"grows\":30,\"resized_in_place\":31,\"resized_moved\":32,"
        "\"faults\":33,\"zero_hits\":34,\"cow\":35,\"frames\":75,\"frames_peak\":36,\"tables\":76,\"large_leaves\":77,\"frames_leaked\":-37,\"check\":\"ok\","
        "\"expectation_failed\":false,\"cost\":{\"unit\":\"ticks\","
        "\"alloc\":{\"count\":40,\"mean\":41,\"p50\":42,\"p99\":43,\"max\":44},"
        "\"free\":{\"count\":50,\"mean\":51,\"p50\":52,\"p99\":53,\"max\":54},"
        "\"resize\":{\"count\":60,\"mean\":61,\"p50\":62,\"p99\":63,\"max\":64}},\"vm_cost\":{\"unit\":\"ticks\",\"total\":70,"
        "\"alloc\":{\"count\":80,\"mean\":81,\"p50\":82,\"p99\":83,\"max\":84},"
        "\"free\":{\"count\":85,\"mean\":86,\"p50\":87,\"p99\":88,\"max\":89},"
        "\"resize\":{\"count\":90,\"mean\":91,\"p50\":92,\"p99\":93,\"max\":94}},"
        "\"placement\":\"0000000000000abc\"}\n");
}

static void nothing_refused_has_no_first_one(void **state)
{
    (void)state;
    struct lab_sink sink = begin();
    const struct lab_run run = {.policy = &policy, .alloc_text = "best-fit", .run_text = "x", .seed = 1};
    const struct lab_result result = {
        .first_refused = SIZE_MAX, .check = HEAP_CORRUPT, .fault = {.class = HEAP_FAULT_LIST}};
    lab_record_result(&sink, &world, &run, &result);
    assert_null(strstr(text, "first_refused"));
    assert_non_null(strstr(text, "\"options\":\"\","));
    assert_non_null(strstr(text, "\"check\":\"corrupted free list\""));
}

/* The longest numbers and texts that are nothing but escapes. */
static void longest_result_fits(void **state)
{
    (void)state;
    char hostile[2000];
    memset(hostile, 1, sizeof hostile);
    hostile[0] = ':';
    hostile[sizeof hostile - 1] = '\0';
    struct lab_sink sink = begin();
    const struct lab_run run = {.policy = &policy, .alloc_text = hostile, .run_text = hostile, .seed = UINT64_MAX};
    struct lab_result result;
    memset(&result, 0xFF, sizeof result);
    result.check = HEAP_CORRUPT;
    result.fault.class = HEAP_FAULT_COUNT;
    result.expectation_failed = false;
    result.memory.frames_leaked = INT64_MIN;
    lab_record_result(&sink, &world, &run, &result);
    assert_in_range(buffer.wanted, 3500, LAB_RECORD_MAX);
    assert_non_null(strstr(text, "\"options_cut\":true"));
    assert_non_null(strstr(text, "\"run_cut\":true"));
    assert_string_equal(text + buffer.length - 2, "}\n");
}

static void sample_has_every_key(void **state)
{
    (void)state;
    struct lab_sink sink = begin();
    const struct lab_run run = {.policy = &policy};
    const struct heap_shape shape = {.committed = 4096, .free = 100, .holes = 3, .largest_hole = 64};
    lab_record_sample(&sink, &run, 500, 3000, &shape);
    assert_string_equal(text, "@kfit {\"schema\":\"kfit/1\",\"type\":\"sample\",\"alloc\":\"best-fit\",\"op\":500,"
                              "\"live\":3000,\"heap\":4096,\"free\":100,\"holes\":3,\"largest_hole\":64}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_has_every_key),
        cmocka_unit_test(nothing_refused_has_no_first_one),
        cmocka_unit_test(longest_result_fits),
        cmocka_unit_test(sample_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
