/* The trace parser: what each line becomes, how many IDs are told apart, and what it needs of memory. */
#include <stdio.h>

#include "trace_text.h"

/* ---- lines ---- */

static void each_operation(void **state)
{
    (void)state;
    const struct lab_op *ops = good("a 0 100\nm 1 0x10 64\nr 0 200\nf 1\nf 0\n", 5, 2);
    is_op(&ops[0], LAB_ALLOC, 0, 100, 0);
    is_op(&ops[1], LAB_ALIGNED, 1, 16, 6);
    is_op(&ops[2], LAB_RESIZE, 0, 200, 0);
    is_op(&ops[3], LAB_FREE, 1, 0, 0);
    is_op(&ops[4], LAB_FREE, 0, 0, 0);
}

static void nothing_at_all(void **state)
{
    (void)state;
    good("", 0, 0);
    good("\n\n", 0, 0);
    good("# only a comment", 0, 0);
}

static void blanks_comments_and_line_ends(void **state)
{
    (void)state;
    const struct lab_op *ops =
        good("# head\r\n\r\n  \t \r\n\ta\t5  7 \t\r\na 6 8#\r\n\nf 5# no blank\n #f 6\nf 6", 4, 2);
    is_op(&ops[0], LAB_ALLOC, 0, 7, 0);
    is_op(&ops[1], LAB_ALLOC, 1, 8, 0);
    is_op(&ops[2], LAB_FREE, 0, 0, 0);
    is_op(&ops[3], LAB_FREE, 1, 0, 0);
}

static void null_pointer_freed(void **state)
{
    (void)state;
    const struct lab_op *ops = good("f -1\na 1 5\nf -1\n", 3, 1);
    is_op(&ops[0], LAB_FREE, LAB_NULL_SLOT, 0, 0);
    is_op(&ops[2], LAB_FREE, LAB_NULL_SLOT, 0, 0);
}

static void resize_of_unknown_id_allocates(void **state)
{
    (void)state;
    const struct lab_op *ops = good("r 9 10\nr 9 20\nf 9\nr 9 30\n", 4, 1);
    is_op(&ops[0], LAB_RESIZE, 0, 10, 0);
    is_op(&ops[1], LAB_RESIZE, 0, 20, 0);
    is_op(&ops[3], LAB_RESIZE, 0, 30, 0);
}

static void resize_to_nothing_frees(void **state)
{
    (void)state;
    const struct lab_op *ops = good("a 9 10\nr 9 0\na 9 5\n", 3, 1);
    is_op(&ops[1], LAB_RESIZE, 0, 0, 0);
    is_op(&ops[2], LAB_ALLOC, 0, 5, 0);
    bad("a 9 10\nr 9 0\nf 9\n", "line 3: \"f 9\": ID 9 is not live");
}

/* It must not name a slot that does not exist. */
static void resize_of_unknown_id_to_nothing_does_nothing(void **state)
{
    (void)state;
    const struct lab_op *ops = good("r 9 0\na 8 1\nr 9 0\na 9 2\n", 4, 2);
    is_op(&ops[0], LAB_FREE, LAB_NULL_SLOT, 0, 0);
    is_op(&ops[2], LAB_FREE, LAB_NULL_SLOT, 0, 0);
    is_op(&ops[3], LAB_ALLOC, 1, 2, 0);
}

static void size_zero(void **state)
{
    (void)state;
    const struct lab_op *ops = good("a 0 0\nm 1 0 16\n", 2, 2);
    is_op(&ops[0], LAB_ALLOC, 0, 0, 0);
    is_op(&ops[1], LAB_ALIGNED, 1, 0, 4);
}

static void ids_may_be_sparse_and_used_again(void **state)
{
    (void)state;
    const struct lab_op *ops = good("a 18446744073709551615 1\na 0 2\na 4294967296 3\nf 0\na 77 4\nf 77\n"
                                    "f 18446744073709551615\na 0 5\na 18446744073709551615 6\nf 4294967296\n",
                                    10, 3);
    static const uint32_t slots[] = {0, 1, 2, 1, 1, 1, 0, 0, 1, 2};
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(ops[i].slot, slots[i]);
}

/* A width that cannot hold the size refuses it later; it is not cut down. */
static void sizes_beyond_the_width(void **state)
{
    (void)state;
    static const char text[] = "a 0 4294967295\na 1 4294967296\na 2 18446744073709551615\nr 0 8589934592\n";
    const struct lab_op *ops = good(text, 4, 3);
    static const uint64_t sizes[] = {4294967295u, 4294967296u, UINT64_MAX, 8589934592u};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ops[i].size, sizes[i] > SIZE_MAX ? SIZE_MAX : (size_t)sizes[i]);
}

static void every_alignment(void **state)
{
    (void)state;
    for (unsigned log2 = 0; log2 < 64; log2++) {
        char text[60];
        snprintf(text, sizeof text, "m 0 5 %llu\n", 1ull << log2);
        is_op(good(text, 1, 1), LAB_ALIGNED, 0, 5, log2);
    }
}

static void malloc_lab_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "20000\n2\n4\n1\n",  /* classic */
        "1 2 4 0\n",         /* 2011 */
        "1\n2\n4\n1\n",      /* 2011 */
        "3 2 4 1000\n",      /* 2016 */
        "0\n2\r\n4\n\n60\n", /* 2016 */
        "2 4\n",             /* xv6 */
        "# mine\n2\n\n4 # ops\n",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char text[100];
        snprintf(text, sizeof text, "%sa 0 512\na 1 128\nr 0 640\nf 1\n", headers[i]);
        is_op(good(text, 4, 2), LAB_ALLOC, 0, 512, 0);
        good(headers[i], 0, 0);
    }
}

/* ---- memory ---- */

/* At every size of the arena: whole, or nothing. */
static void too_little_scratch(void **state)
{
    (void)state;
    static const char text[] = "a 0 1\na 1 2\nf 0\n";
    size_t refused = 0;
    bool fits = false;
    for (size_t bytes = 0; bytes < 32768; bytes += 512) {
        struct lab_arena small = scratch_begin(bytes + 32);
        memset(&program, 0xA5, sizeof program);
        assert_non_null(lab_arena_take(&small, 1, 16));
        enum lab_status status = lab_trace_parse(text, sizeof text - 1, &small, &program, &error);
        assert_true(status == LAB_OK || (status == LAB_NO_SCRATCH && !fits));
        fits = status == LAB_OK;
        refused += !fits;
        assert_int_equal(program.count, fits ? 3 : 0);
        assert_int_equal(small.used, fits ? 16 + 3 * sizeof(struct lab_op) : 16);
        scratch_end(&small);
    }
    assert_true(fits && refused > 1);
}

/* ---- many IDs: against a list kept here ---- */

enum { NAMES = 3000, STEPS = 40000 };

static uint64_t strange_id(uint64_t *random, size_t i)
{
    switch (i % 4) {
    case 0:
        return i;
    case 1:
        return (uint64_t)i << 32;
    case 2:
        return UINT64_MAX - i;
    default:
        return test_random(random) | 3;
    }
}

static void many_ids(void **state)
{
    (void)state;
    static uint64_t ids[NAMES];
    static uint32_t slots[NAMES];
    static uint16_t chosen[STEPS];
    static bool is_live[NAMES], frees[STEPS];
    uint64_t random = 2024;
    size_t length = 0, live = 0, most = 0;
    char *text = malloc((size_t)STEPS * 40);
    for (size_t i = 0; i < NAMES; i++)
        ids[i] = strange_id(&random, i);
    for (size_t i = 0; i < STEPS; i++) {
        size_t n = (size_t)(test_random(&random) % NAMES);
        chosen[i] = (uint16_t)n;
        frees[i] = is_live[n];
        is_live[n] = !is_live[n];
        live += is_live[n] ? 1 : (size_t)-1;
        most = live > most ? live : most;
        length += (size_t)sprintf(text + length, frees[i] ? "f %llu\n" : "a %llu 8\n", (unsigned long long)ids[n]);
    }
    assert_int_equal(parse_bytes(text, length), LAB_OK);
    check_program(&program);
    assert_int_equal(program.count, STEPS);
    assert_int_equal(program.slots, most); /* slots are used again before there is a new one */
    for (size_t i = 0; i < STEPS; i++) {
        const struct lab_op *op = &program.ops[i];
        assert_int_equal(op->kind, frees[i] ? LAB_FREE : LAB_ALLOC);
        if (!frees[i])
            slots[chosen[i]] = op->slot;
        assert_int_equal(op->slot, slots[chosen[i]]);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRACE_TEST(each_operation),
        TRACE_TEST(nothing_at_all),
        TRACE_TEST(blanks_comments_and_line_ends),
        TRACE_TEST(null_pointer_freed),
        TRACE_TEST(resize_of_unknown_id_allocates),
        TRACE_TEST(resize_to_nothing_frees),
        TRACE_TEST(resize_of_unknown_id_to_nothing_does_nothing),
        TRACE_TEST(size_zero),
        TRACE_TEST(ids_may_be_sparse_and_used_again),
        TRACE_TEST(sizes_beyond_the_width),
        TRACE_TEST(every_alignment),
        TRACE_TEST(malloc_lab_headers),
        TRACE_TEST(too_little_scratch),
        TRACE_TEST(many_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
