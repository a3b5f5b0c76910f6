/* The reference model with the OSTEP simulator's parameters: its published runs to the byte, and its documented rules.
 *
 * A run is written as the simulator takes it, "+5,-0": allocate 5, free what allocation 0 returned; and as it prints it:
 * what was returned (header bytes behind the block's address, as in the book; -1: refused; 0: a free), "/" how many
 * entries were searched, ": " the list after it as address:size. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lab/model.h>

#include "support.h"

enum { MAX_BLOCKS = 64, MAX_ALLOCATIONS = 32 };

static unsigned char scratch[16384] __attribute__((aligned(16)));

/* A simulator under way: the model, and what each allocation so far has returned. */
struct simulator {
    struct lab_model model;
    uint32_t handles[MAX_ALLOCATIONS];
    unsigned allocations;
};

static void start(struct simulator *s, const struct lab_model_params *params)
{
    memset(scratch, 0xA5, sizeof scratch);
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    memset(s, 0x5A, sizeof *s);
    s->allocations = 0;
    assert_int_equal(lab_model_init(&s->model, params, &arena, MAX_BLOCKS), LAB_MODEL_OK);
}

static void print_list(const struct lab_model *m, char *text, size_t capacity)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < m->hole_count; i++)
        length += (size_t)snprintf(text + length, capacity - length, "%s%zu:%zu", i ? " " : "",
                                   lab_model_hole(m, i)->address, lab_model_hole(m, i)->size);
    assert_true(length < capacity);
}

/* Performs the operation at *text and moves *text behind it and its comma. */
static struct lab_model_result step(struct simulator *s, const char **text)
{
    char *end;
    char letter = **text;
    size_t number = strtoul(*text + 1, &end, 10);
    struct lab_model_result result;
    assert_true(letter == '+' || letter == '-');
    if (letter == '+') {
        result = lab_model_alloc(&s->model, number, 1);
        assert_true(s->allocations < MAX_ALLOCATIONS);
        s->handles[s->allocations++] = result.block;
    } else {
        assert_true(number < s->allocations);
        result = lab_model_free(&s->model, s->handles[number]);
        assert_int_equal(result.status, LAB_MODEL_OK);
    }
    assert_true(lab_model_check(&s->model));
    *text = *end == ',' ? end + 1 : end;
    return result;
}

static void expect_list(const struct simulator *s, const char *list)
{
    char text[512];
    print_list(&s->model, text, sizeof text);
    assert_string_equal(text, list);
}

/* Performs `operations` and compares the list at the end. */
static void play(struct simulator *s, const char *operations, const char *list)
{
    while (*operations)
        (void)step(s, &operations);
    expect_list(s, list);
}

/* Performs the operation at *text, and prints its answer: "1004/1". */
static void print_answer(struct simulator *s, const char **text, char *answer, size_t capacity)
{
    struct lab_model_result result = step(s, text);
    long returned = result.status == LAB_MODEL_OK ? (long)result.payload : -1;
    int length = snprintf(answer, capacity, "%ld/%u", returned, (unsigned)result.added.searched);
    assert_in_range(length, 1, capacity - 1);
}

/* Performs `operations` and compares all answers, separated by blanks, and the list at the end. */
static void expect_answers(struct simulator *s, const char *operations, const char *answers, const char *list)
{
    char text[512] = "";
    size_t length = 0;
    while (*operations) {
        if (length > 0)
            text[length++] = ' ';
        print_answer(s, &operations, text + length, sizeof text - length);
        length += strlen(text + length);
    }
    assert_string_equal(text, answers);
    expect_list(s, list);
}

/* Performs `operations` and compares the answer and the list after each: "1004/1: 1008:92". Ended by NULL. */
static void expect_lines(struct simulator *s, const char *operations, const char *const *lines)
{
    for (; *operations; lines++) {
        char answer[32];
        print_answer(s, &operations, answer, sizeof answer);
        size_t length = strlen(answer);
        assert_non_null(*lines);
        assert_memory_equal(*lines, answer, length);
        assert_memory_equal(*lines + length, ": ", 2);
        expect_list(s, *lines + length + 2);
    }
    assert_null(*lines);
}

/* ---- the published runs ---- */

static struct lab_model_params readme_params(void)
{
    struct lab_model_params params = lab_model_ostep();
    params.header = 4;
    params.align = 4;
    return params;
}

static void readme_example(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "1004/1: 1008:92",        "0/0: 1000:8 1008:92",
        "1012/2: 1000:8 1020:80", "0/0: 1000:8 1008:12 1020:80",
        "1012/3: 1000:8 1020:80", NULL,
    };
    struct lab_model_params params = readme_params();
    struct simulator s;
    start(&s, &params);
    expect_lines(&s, "+3,-0,+5,-1,+8", lines);
    assert_int_equal(s.model.totals.splits, 2); /* the last one fits exactly */
    assert_int_equal(s.model.totals.merges, 0);
}

static void readme_example_with_coalescing(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "1004/1: 1008:92", "0/0: 1000:100", "1004/1: 1012:88", "0/0: 1000:100", "1004/1: 1012:88", NULL,
    };
    struct lab_model_params params = readme_params();
    params.coalescing = LAB_MODEL_LIST_PASS;
    struct simulator s;
    start(&s, &params);
    expect_lines(&s, "+3,-0,+5,-1,+8", lines);
    assert_int_equal(s.model.totals.splits, 3);
    assert_int_equal(s.model.totals.merges, 2);
}

static const char question_one[] = "+3,-0,+5,-1,+8,-2,+8,-3,+2,+7";

static void book_question_one(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "1000/1: 1003:97",
        "0/0: 1000:3 1003:97",
        "1003/2: 1000:3 1008:92",
        "0/0: 1000:3 1003:5 1008:92",
        "1008/3: 1000:3 1003:5 1016:84",
        "0/0: 1000:3 1003:5 1008:8 1016:84",
        "1008/4: 1000:3 1003:5 1016:84",
        "0/0: 1000:3 1003:5 1008:8 1016:84",
        "1000/4: 1002:1 1003:5 1008:8 1016:84",
        "1008/4: 1002:1 1003:5 1015:1 1016:84",
        NULL,
    };
    struct lab_model_params params = lab_model_ostep();
    struct simulator s;
    start(&s, &params);
    expect_lines(&s, question_one, lines);
}

/* The same requests: first fit stops where it finds, worst fit always takes the large one. */
static void book_question_one_first_and_worst(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    struct simulator s;
    params.policy = LAB_MODEL_FIRST;
    start(&s, &params);
    expect_answers(&s, question_one, "1000/1 0/0 1003/2 0/0 1008/3 0/0 1008/3 0/0 1000/1 1008/3",
                   "1002:1 1003:5 1015:1 1016:84");
    params.policy = LAB_MODEL_WORST;
    start(&s, &params);
    expect_answers(&s, question_one, "1000/1 0/0 1003/2 0/0 1008/3 0/0 1016/4 0/0 1024/5 1026/5",
                   "1000:3 1003:5 1008:8 1016:8 1033:67");
}

/* ---- first fit wins, best fit wins ---- */

/* Four holes of 500, 700, 650 and 900 bytes, kept apart by blocks of one byte. */
static void start_paradox(struct simulator *s, enum lab_model_policy policy)
{
    struct lab_model_params params = lab_model_ostep();
    params.policy = policy;
    params.base = 0;
    params.initial = params.limit = 2753;
    start(s, &params);
    play(s, "+500,+1,+700,+1,+650,+1,+900,-0,-2,-4,-6", "0:500 501:700 1202:650 1853:900");
}

static void first_fit_wins(void **state)
{
    (void)state;
    static const char requests[] = "+600,+650,+900,+500,+100";
    struct simulator s;
    start_paradox(&s, LAB_MODEL_FIRST);
    expect_answers(&s, requests, "501/2 1202/3 1853/3 0/1 1101/1", "");
    start_paradox(&s, LAB_MODEL_BEST);
    expect_answers(&s, requests, "1202/4 501/4 1853/4 0/3 -1/2", "1151:50 1802:50");
    start_paradox(&s, LAB_MODEL_WORST);
    expect_answers(&s, requests, "1853/4 501/4 -1/4 1202/4 0/4", "100:400 1151:50 1702:150 2453:300");
}

static void best_fit_wins(void **state)
{
    (void)state;
    static const char requests[] = "+600,+500,+700,+900";
    struct simulator s;
    start_paradox(&s, LAB_MODEL_FIRST);
    expect_answers(&s, requests, "501/2 0/1 1853/3 -1/3", "1101:100 1202:650 2553:200");
    struct lab_model_shape shape = lab_model_measure(&s.model);
    assert_int_equal(shape.free, 950); /* 900 bytes refused with 950 free */
    assert_int_equal(shape.largest_hole, 650);
    start_paradox(&s, LAB_MODEL_BEST);
    expect_answers(&s, requests, "1202/4 0/4 501/3 1853/2", "1802:50");
    start_paradox(&s, LAB_MODEL_WORST);
    expect_answers(&s, requests, "1853/4 501/4 -1/4 -1/4", "0:500 1001:200 1202:650 2453:300");
}

/* ---- list orders ---- */

/* Holes of 10, 30, 10 and 20 bytes, freed in the order 30, 10 (the upper), 20, 10 (the lower); 15 bytes at the end. */
static void start_ordered(struct simulator *s, enum lab_model_order order, const char *list)
{
    struct lab_model_params params = lab_model_ostep();
    params.order = order;
    params.base = 0;
    params.initial = params.limit = 88;
    start(s, &params);
    play(s, "+10,+1,+30,+1,+10,+1,+20", "73:15");
    play(s, "-2,-4,-6,-0", list);
}

static void list_orders(void **state)
{
    (void)state;
    struct simulator s;
    start_ordered(&s, LAB_MODEL_BY_ADDRESS, "0:10 11:30 42:10 53:20 73:15");
    start_ordered(&s, LAB_MODEL_INSERT_FRONT, "0:10 53:20 42:10 11:30 73:15");
    start_ordered(&s, LAB_MODEL_INSERT_BACK, "73:15 11:30 42:10 53:20 0:10");
    start_ordered(&s, LAB_MODEL_SIZE_UP, "42:10 0:10 73:15 53:20 11:30");   /* equal sizes: who came first */
    start_ordered(&s, LAB_MODEL_SIZE_DOWN, "11:30 53:20 73:15 42:10 0:10"); /* the same */
}

/* A tie goes to the first in list order, for best and worst fit, whatever its address. */
static void ties_go_by_list_order(void **state)
{
    (void)state;
    struct simulator s;
    start_ordered(&s, LAB_MODEL_SIZE_UP, "42:10 0:10 73:15 53:20 11:30");
    play(&s, "+10", "0:10 73:15 53:20 11:30");
    start_ordered(&s, LAB_MODEL_INSERT_FRONT, "0:10 53:20 42:10 11:30 73:15");
    play(&s, "+10", "53:20 42:10 11:30 73:15");

    struct lab_model_params params = lab_model_ostep();
    params.policy = LAB_MODEL_WORST;
    params.order = LAB_MODEL_INSERT_BACK;
    start(&s, &params);
    play(&s, "+20,+1,+20,+1,+20,+1,+37,-4,-0,-2", "1042:20 1000:20 1021:20");
    play(&s, "+5", "1047:15 1000:20 1021:20");
    play(&s, "+5", "1047:15 1005:15 1021:20");
}

/* What remains of a split keeps its place: the list by size is no longer sorted, until the next free sorts it whole. */
static void split_does_not_sort(void **state)
{
    (void)state;
    struct simulator s;
    start_ordered(&s, LAB_MODEL_SIZE_DOWN, "11:30 53:20 73:15 42:10 0:10");
    s.model.params.policy = LAB_MODEL_FIRST;
    play(&s, "+28", "39:2 53:20 73:15 42:10 0:10");
    play(&s, "+3", "39:2 56:17 73:15 42:10 0:10");
    play(&s, "-7", "11:28 56:17 73:15 42:10 0:10 39:2");
}

/* ---- coalescing ---- */

static void start_in_thirds(struct simulator *s, enum lab_model_order order)
{
    struct lab_model_params params = lab_model_ostep();
    params.order = order;
    params.coalescing = LAB_MODEL_LIST_PASS;
    start(s, &params);
    play(s, "+10,+20,+30", "1060:40");
}

/* By address all becomes one again, whatever the order of the frees. */
static void coalescing_by_address_is_complete(void **state)
{
    (void)state;
    struct simulator s;
    start_in_thirds(&s, LAB_MODEL_BY_ADDRESS);
    play(&s, "-0", "1000:10 1060:40");
    play(&s, "-2", "1000:10 1030:70");
    play(&s, "-1", "1000:100"); /* three become one in one pass */
    assert_int_equal(s.model.totals.merges, 3);
}

/* In other orders only an entry that follows the one it touches joins: all is free, still in pieces. */
static void coalescing_joins_list_neighbours_only(void **state)
{
    (void)state;
    struct simulator s;
    start_in_thirds(&s, LAB_MODEL_INSERT_FRONT);
    play(&s, "-0,-1,-2", "1030:30 1010:20 1000:10 1060:40");
    play(&s, "+50", "1030:30 1010:20 1000:10 1060:40"); /* refused, with 100 bytes free */
    assert_int_equal(s.handles[3], LAB_MODEL_NO_BLOCK);
    start_in_thirds(&s, LAB_MODEL_INSERT_FRONT);
    play(&s, "-2,-1,-0", "1000:100");
    start_in_thirds(&s, LAB_MODEL_INSERT_BACK);
    play(&s, "-0,-1,-2", "1060:40 1000:60");
    start_in_thirds(&s, LAB_MODEL_INSERT_BACK);
    play(&s, "-2,-1,-0", "1060:40 1030:30 1010:20 1000:10");
}

/* By size: neighbours by chance, and no sorting after a merge. */
static void coalescing_by_size_does_not_sort(void **state)
{
    (void)state;
    struct simulator s;
    start_in_thirds(&s, LAB_MODEL_SIZE_UP);
    play(&s, "-0", "1000:10 1060:40");
    play(&s, "-1", "1000:30 1060:40");
    play(&s, "-2", "1000:100"); /* the 30 freed now is sorted behind the 30 there; what they make touches the 40 */
    start_in_thirds(&s, LAB_MODEL_SIZE_DOWN);
    play(&s, "-2", "1060:40 1030:30");
    play(&s, "-1", "1060:40 1030:30 1010:20");
    play(&s, "-0", "1060:40 1030:30 1010:20 1000:10");
}

/* A list by size, unsorted by a merge: first fit meets the large entry first. */
static void merged_entry_keeps_its_place(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    struct simulator s;
    params.policy = LAB_MODEL_FIRST;
    params.order = LAB_MODEL_SIZE_UP;
    params.coalescing = LAB_MODEL_LIST_PASS;
    start(&s, &params);
    play(&s, "+10,+12,+1,+15,+62", "");
    play(&s, "-3", "1023:15");
    play(&s, "-0", "1000:10 1023:15");
    play(&s, "-1", "1000:22 1023:15"); /* 10, 12, 15 were sorted; now 22, 15 */
    play(&s, "+14", "1014:8 1023:15");
}

/* ---- failure, and the parameters themselves ---- */

static void refusal_changes_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "1000/1: 1010:10", "-1/1: 1010:10", "1010/1: 1015:5", "0/0: 1000:10 1015:5", "0/0: 1000:10 1010:5 1015:5", NULL,
    };
    struct lab_model_params params = lab_model_ostep();
    params.initial = params.limit = 20;
    struct simulator s;
    start(&s, &params);
    expect_lines(&s, "+10,+20,+5,-0,-2", lines);
    struct lab_model_result huge = lab_model_alloc(&s.model, SIZE_MAX, 1);
    assert_int_equal(huge.status, LAB_MODEL_REFUSED);
    assert_int_equal(huge.added.searched, 3);
    assert_int_equal(huge.payload, 0);
    assert_int_equal(huge.block, LAB_MODEL_NO_BLOCK);
    expect_list(&s, "1000:10 1010:5 1015:5");
}

/* The request is rounded before the header is added, and addresses are not aligned. */
static void rounds_the_request_only(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    params.header = 5;
    params.align = 8;
    struct simulator s;
    start(&s, &params);
    play(&s, "+1", "1013:87");
    play(&s, "+8", "1026:74");
    play(&s, "+9", "1047:53");
    play(&s, "+0", "1052:48"); /* a header and nothing else */
}

/* Any remainder is split off, down to one byte; a request of no bytes costs none, and its block can be freed. */
static void smallest_pieces(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    struct simulator s;
    params.coalescing = LAB_MODEL_LIST_PASS;
    start(&s, &params);
    play(&s, "+99", "1099:1");
    play(&s, "+1", "");
    play(&s, "+1", "");
    play(&s, "-1,-0", "1000:100");
    play(&s, "+0,+10,+0,+10", "1020:80");
    play(&s, "-4,-6", "1000:100"); /* the block of no bytes at 1010 is in nobody's way */
    play(&s, "-5,-3", "1000:100 1000:0 1010:0");
}

/* A hole joined around a block of no bytes: what follows that block in the books does not begin where it ends. */
static void block_of_no_bytes_inside_a_hole(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    struct simulator s;
    params.order = LAB_MODEL_INSERT_BACK;
    params.coalescing = LAB_MODEL_LIST_PASS;
    start(&s, &params);
    play(&s, "+10,+0,+10,-0,-2", "1020:80 1000:20");
    struct lab_model_result moved = lab_model_resize(&s.model, s.handles[1], 5);
    assert_int_equal(moved.payload, 1000);
    expect_list(&s, "1020:80 1005:15 1010:0");
}

/* Once its address is used again, a block can be freed through a stale pointer: the stranger's block is gone. */
static void stale_pointer_frees_a_stranger(void **state)
{
    (void)state;
    struct lab_model_params params = lab_model_ostep();
    struct simulator s;
    start(&s, &params);
    play(&s, "+10,-0", "1000:10 1010:90");
    assert_int_equal(lab_model_find(&s.model, 1000), LAB_MODEL_NO_BLOCK);
    assert_int_equal(lab_model_free(&s.model, s.handles[0]).status, LAB_MODEL_BAD_BLOCK); /* at once: it is caught */
    play(&s, "+10", "1010:90");
    uint32_t stale = lab_model_find(&s.model, 1000);
    assert_int_equal(lab_model_free(&s.model, stale).status, LAB_MODEL_OK);
    expect_list(&s, "1000:10 1010:90");
}

static void parameters_are_checked(void **state)
{
    (void)state;
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model m;
    struct lab_model_params good = lab_model_ostep(), bad[8];
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].align = 0;
    bad[1].split_min = 0;
    bad[2].limit = 99;
    bad[3].lead = 101;
    bad[4].base = SIZE_MAX - 1000;
    bad[5].policy = LAB_MODEL_NEXT;
    bad[5].order = LAB_MODEL_SIZE_UP;
    bad[6].rounding = LAB_MODEL_ROUND_BLOCK;
    bad[6].align = 12;
    bad[7].header = SIZE_MAX;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(lab_model_init(&m, &bad[i], &arena, MAX_BLOCKS), LAB_MODEL_BAD_ARGUMENT);
    assert_int_equal(lab_model_init(&m, &good, &arena, 3), LAB_MODEL_BAD_ARGUMENT);
    assert_int_equal(lab_model_init(&m, &good, &arena, 1 << 20), LAB_MODEL_NO_SCRATCH);
}

/* Out of blocks is said before anything has changed. */
static void out_of_scratch(void **state)
{
    (void)state;
    struct lab_arena arena = {.base = scratch, .committed = sizeof scratch, .reserved = sizeof scratch};
    struct lab_model_params params = lab_model_ostep();
    struct simulator s = {.allocations = 0};
    assert_int_equal(lab_model_init(&s.model, &params, &arena, 5), LAB_MODEL_OK);
    play(&s, "+10,+10", "1020:80");
    assert_int_equal(lab_model_alloc(&s.model, 10, 1).status, LAB_MODEL_NO_SCRATCH);
    assert_int_equal(lab_model_resize(&s.model, s.handles[0], 5).status, LAB_MODEL_NO_SCRATCH);
    expect_list(&s, "1020:80");
    play(&s, "-1,-0", "1000:10 1010:10 1020:80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readme_example),
        cmocka_unit_test(readme_example_with_coalescing),
        cmocka_unit_test(book_question_one),
        cmocka_unit_test(book_question_one_first_and_worst),
        cmocka_unit_test(first_fit_wins),
        cmocka_unit_test(best_fit_wins),
        cmocka_unit_test(list_orders),
        cmocka_unit_test(ties_go_by_list_order),
        cmocka_unit_test(split_does_not_sort),
        cmocka_unit_test(coalescing_by_address_is_complete),
        cmocka_unit_test(coalescing_joins_list_neighbours_only),
        cmocka_unit_test(coalescing_by_size_does_not_sort),
        cmocka_unit_test(merged_entry_keeps_its_place),
        cmocka_unit_test(refusal_changes_nothing),
        cmocka_unit_test(rounds_the_request_only),
        cmocka_unit_test(smallest_pieces),
        cmocka_unit_test(block_of_no_bytes_inside_a_hole),
        cmocka_unit_test(stale_pointer_frees_a_stranger),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(out_of_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
