/* The workloads: the same operations for equal seeds and at both widths, their shapes, and their parameters. */
#include <stdio.h>

#include <lab/workload.h>

#include "scratch.h"

static struct lab_arena arena;
static struct lab_program program;
static struct lab_values values;
static struct lab_error error;

static const struct lab_workload *find(const char *name)
{
    const struct lab_workload *w = lab_workload_find(name, strlen(name));
    assert_non_null(w);
    return w;
}

/* Makes a workload from what a user writes behind its name and colon. */
static struct program_books make(const char *name, const char *parameters, uint64_t seed)
{
    const struct lab_workload *w = find(name);
    lab_arena_release(&arena, 0);
    if (!lab_workload_values(w, parameters, strlen(parameters), seed, &values, &error))
        fail_msg("%s", error.message);
    assert_true(w->make(&values, &arena, &program));
    assert_int_equal(program.heap_limit, 0);
    assert_int_equal(program.due_count, 0);
    return check_program(&program);
}

static void bad(const char *name, const char *parameters, const char *word, const char *message)
{
    char *exact = malloc(strlen(parameters));
    memcpy(exact, parameters, strlen(parameters));
    assert_false(lab_workload_values(find(name), exact, strlen(parameters), 1, &values, &error));
    assert_string_equal(error.message, message);
    assert_string_equal(error.word, word);
    free(exact);
}

/* ---- equal everywhere ---- */

/* Seeds stay valid: these numbers are the same at both widths and may never change. */
static void operations_are_fixed(void **state)
{
    (void)state;
    static const struct {
        const char *name, *parameters;
        uint64_t seed, digest;
    } cases[] = {
        {"churn", "", 1, 0x4652E6F5EC72E61Du},
        {"churn", "ops=5000:live=50:size=0-4K:resize=200:align=300", UINT64_MAX, 0x1EC28A07066A6A5Fu},
        {"ramp", "", 1, 0x939E973044A5EF01u},
        {"comb", "size=1-100", 1, 0xF510FFE428C3B641u},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make(cases[i].name, cases[i].parameters, cases[i].seed);
        if (digest_program(&program) != cases[i].digest)
            fail_msg("%s:%s: 0x%llX", cases[i].name, cases[i].parameters, (unsigned long long)digest_program(&program));
    }
}

static void seeds_decide(void **state)
{
    (void)state;
    static const char *const names[] = {"churn", "ramp", "comb"};
    for (size_t i = 0; i < 3; i++) {
        const char *parameters = i == 2 ? "size=1-100" : "";
        make(names[i], parameters, 5);
        uint64_t first = digest_program(&program);
        make(names[i], parameters, 6);
        assert_int_not_equal(digest_program(&program), first);
        memset(arena.base, 0x5A, arena.used);
        make(names[i], parameters, 5);
        assert_int_equal(digest_program(&program), first);
    }
}

/* ---- churn ---- */

static void churn_stays_at_its_target(void **state)
{
    (void)state;
    static const uint32_t targets[] = {1, 10, 500, 3000};
    for (size_t i = 0; i < 4; i++) {
        char parameters[60];
        uint32_t target = targets[i], live = 0, slack = target / 10 + 12;
        snprintf(parameters, sizeof parameters, "live=%u:ops=40000:resize=0", target);
        make("churn", parameters, 3);
        assert_int_equal(program.count, 40000);
        for (size_t op = 0; op < program.count; op++) {
            live += program.ops[op].kind == LAB_FREE ? UINT32_MAX : 1;
            if (op > 12 * (size_t)target)
                assert_in_range(live, target > slack ? target - slack : 0, target + slack);
        }
    }
}

static void churn_sizes_fill_their_range(void **state)
{
    (void)state;
    size_t seen[8] = {0};
    make("churn", "size=5-12", 3);
    for (size_t i = 0; i < program.count; i++) {
        if (program.ops[i].kind == LAB_FREE)
            continue;
        assert_in_range(program.ops[i].size, 5, 12);
        seen[program.ops[i].size - 5]++;
    }
    for (size_t i = 0; i < 8; i++)
        assert_in_range(seen[i], 1100, 1700); /* about 11,000 requests */
}

static void churn_lifetimes_vary(void **state)
{
    (void)state;
    static size_t born[1000];
    size_t short_ones = 0, long_ones = 0;
    make("churn", "live=100:resize=0", 3);
    for (size_t i = 0; i < program.count; i++) {
        const struct lab_op *op = &program.ops[i];
        if (op->kind != LAB_FREE)
            born[op->slot] = i;
        else if (i - born[op->slot] < 20)
            short_ones++;
        else if (i - born[op->slot] > 600)
            long_ones++;
    }
    assert_in_range(short_ones, 500, 1500); /* of about 10,000 */
    assert_in_range(long_ones, 200, 1000);
}

static void churn_resizes_and_aligns_as_told(void **state)
{
    (void)state;
    struct program_books books = make("churn", "resize=100:align=500", 3);
    assert_in_range(books.count_of[LAB_RESIZE], 1800, 2200);
    size_t allocations = books.count_of[LAB_ALLOC] + books.count_of[LAB_ALIGNED], seen[16] = {0};
    assert_in_range(books.count_of[LAB_ALIGNED], allocations * 45 / 100, allocations * 55 / 100);
    for (size_t i = 0; i < program.count; i++) {
        if (program.ops[i].kind == LAB_ALIGNED) {
            assert_in_range(program.ops[i].align_log2, 5, 12);
            seen[program.ops[i].align_log2]++;
        }
    }
    for (unsigned log2 = 5; log2 <= 12; log2++)
        assert_true(seen[log2] > 300);
    books = make("churn", "resize=0:align=1000", 3);
    assert_int_equal(books.count_of[LAB_RESIZE] + books.count_of[LAB_ALLOC], 0);
    books = make("churn", "", 3);
    assert_int_equal(books.count_of[LAB_ALIGNED], 0);
    assert_in_range(books.count_of[LAB_RESIZE], 850, 1150);
}

/* A resize to 0 would free the block behind the generator's back. */
static void churn_never_resizes_to_nothing(void **state)
{
    (void)state;
    struct program_books books = make("churn", "size=0:resize=1000:ops=100", 3);
    assert_int_equal(books.count_of[LAB_ALLOC], 1);
    assert_int_equal(books.count_of[LAB_RESIZE], 99);
    assert_int_equal(program.ops[0].size, 0);
    assert_int_equal(program.ops[1].size, 1);
}

/* ---- ramp ---- */

static void ramp_rises_and_falls(void **state)
{
    (void)state;
    static bool freed[300];
    size_t in_place = 0;
    struct program_books books = make("ramp", "blocks=300:size=7-9", 3);
    assert_int_equal(program.count, 600);
    assert_int_equal(books.most_live, 300);
    assert_int_equal(books.live, 0);
    for (uint32_t i = 0; i < 300; i++) {
        uint32_t slot = program.ops[300 + i].slot;
        assert_int_equal(program.ops[i].kind, LAB_ALLOC);
        assert_in_range(program.ops[i].size, 7, 9);
        assert_int_equal(program.ops[i].slot, i);
        assert_false(freed[slot]);
        freed[slot] = true;
        in_place += slot == i;
    }
    assert_true(in_place < 10); /* shuffled: about one stays where it was */
}

static void ramp_in_order(void **state)
{
    (void)state;
    make("ramp", "blocks=50:order=fifo", 3);
    for (uint32_t i = 0; i < 50; i++)
        assert_int_equal(program.ops[50 + i].slot, i);
    make("ramp", "order=lifo:blocks=50", 3);
    for (uint32_t i = 0; i < 50; i++)
        assert_int_equal(program.ops[50 + i].slot, 49 - i);
}

/* ---- comb ---- */

static void comb_frees_every_second(void **state)
{
    (void)state;
    struct program_books books = make("comb", "blocks=5:size=64:larger=200:requests=3", 3);
    static const struct {
        enum lab_op_kind kind;
        uint32_t slot;
        size_t size;
    } expected[] = {
        {LAB_ALLOC, 0, 64},  {LAB_ALLOC, 1, 64},  {LAB_ALLOC, 2, 64},  {LAB_ALLOC, 3, 64},
        {LAB_ALLOC, 4, 64},  {LAB_FREE, 0, 0},    {LAB_FREE, 2, 0},    {LAB_FREE, 4, 0},
        {LAB_ALLOC, 5, 200}, {LAB_ALLOC, 6, 200}, {LAB_ALLOC, 7, 200},
    };
    assert_int_equal(program.count, 11);
    assert_int_equal(books.live, 5);
    for (size_t i = 0; i < 11; i++) {
        assert_int_equal(program.ops[i].kind, expected[i].kind);
        assert_int_equal(program.ops[i].slot, expected[i].slot);
        assert_int_equal(program.ops[i].size, expected[i].size);
    }
    make("comb", "requests=0:blocks=2", 3);
    assert_int_equal(program.count, 3);
}

/* ---- parameters ---- */

static void values_are_read(void **state)
{
    (void)state;
    const struct lab_workload *churn = find("churn");
    static const char text[] = "size=0x10-1K:ops=2K:live=7";
    assert_true(lab_workload_values(churn, text, sizeof text - 1, 99, &values, &error));
    assert_int_equal(values.low[0], 2048);
    assert_int_equal(values.low[1], 7);
    assert_int_equal(values.low[2], 16);
    assert_int_equal(values.high[2], 1024);
    assert_int_equal(values.low[3], 50); /* the default */
    assert_int_equal(values.seed, 99);
    assert_true(lab_workload_values(churn, "size=40", 7, 99, &values, &error));
    assert_int_equal(values.low[2], 40);
    assert_int_equal(values.high[2], 40);
}

static void bad_parameters(void **state)
{
    (void)state;
#define CHURN_KEYS "churn takes ops=, live=, size=, resize=, align="
    bad("churn", "lvie=5", "lvie=5", "'lvie=5': did you mean live=? " CHURN_KEYS);
    bad("churn", "colour=5", "colour=5", "'colour=5': " CHURN_KEYS);
    bad("churn", "ops", "ops", "'ops': did you mean ops=? " CHURN_KEYS);
    bad("churn", "=5", "=5", "'=5': " CHURN_KEYS);
    bad("churn", "ops=5:", "", "'': " CHURN_KEYS);
    bad("churn", "ops=5::live=3", "", "'': " CHURN_KEYS);
    bad("churn", "ops=5:live=3:ops=5", "ops=5", "'ops=5': ops= is given twice");
}

static void bad_values(void **state)
{
    (void)state;
    bad("churn", "live=5:ops=0", "ops=0", "'ops=0': ops is a number from 1 to 4194304");
    bad("churn", "ops=5M", "ops=5M", "'ops=5M': ops is a number from 1 to 4194304");
    bad("churn", "ops=", "ops=", "'ops=': ops is a number from 1 to 4194304");
    bad("churn", "ops=5-6", "ops=5-6", "'ops=5-6': ops is a number from 1 to 4194304");
    bad("churn", "ops=18446744073709551617", "ops=18446744073709551617",
        "'ops=18446744073709551617': ops is a number from 1 to 4194304");
    bad("churn", "resize=1001", "resize=1001", "'resize=1001': resize is a number from 0 to 1000");
    static const char *const ranges[] = {"size=9-8", "size=-8", "size=8-", "size=2G", "size=1-2-3", "size="};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        char message[120];
        snprintf(message, sizeof message, "'%s': size is a range LOW-HIGH, or one number, from 0 to 1073741824",
                 ranges[i]);
        bad("churn", ranges[i], ranges[i], message);
    }
    bad("ramp", "order=fi", "order=fi", "'order=fi': order is one of fifo, lifo, random");
    bad("ramp", "order=", "order=", "'order=': order is one of fifo, lifo, random");
}

/* What is allowed is still there behind a long word. */
static void long_words_are_cut(void **state)
{
    (void)state;
    char word[400], message[240];
    memset(word, 'x', sizeof word);
    memcpy(word, "order=", 6);
    word[399] = '\0';
    snprintf(message, sizeof message, "'%.60s...': order is one of fifo, lifo, random", word);
    assert_false(lab_workload_values(find("ramp"), word, 399, 1, &values, &error));
    assert_string_equal(error.message, message);
    word[5] = 'x';
    snprintf(message, sizeof message, "'%.60s...': ramp takes blocks=, size=, order=", word);
    assert_false(lab_workload_values(find("ramp"), word, 399, 1, &values, &error));
    assert_string_equal(error.message, message);
}

/* Defaults lie in their ranges, and a workload's tables suit the code that reads them. */
static void tables_are_sound(void **state)
{
    (void)state;
    size_t workloads = 0;
    for (const struct lab_workload *w = lab_workloads; w->name; w++, workloads++) {
        size_t count = 0;
        assert_ptr_equal(find(w->name), w);
        assert_in_range(strlen(w->summary), 10, 70);
        for (const struct lab_parameter *p = w->parameters; p->key; p++, count++) {
            assert_non_null(p->help);
            assert_true(p->words || (p->low >= p->min && p->low <= p->max));
            assert_true(!p->is_range || (p->high >= p->low && p->high <= p->max));
        }
        assert_in_range(count, 1, LAB_PARAMETERS_MAX);
    }
    assert_int_equal(workloads, 3);
    assert_null(lab_workload_find("churnx", 6));
    assert_null(lab_workload_find("chur", 4));
    assert_null(lab_workload_find("", 0));
    assert_ptr_equal(lab_workload_find("rampage", 4), find("ramp"));
}

/* The largest values are made, or refused for want of memory. */
static void extremes(void **state)
{
    (void)state;
    make("churn", "ops=1:live=1M:size=1G", 1);
    assert_int_equal(program.ops[0].size, (size_t)1 << 30);
    make("churn", "ops=1000:live=1:size=0-1G", 1);
    assert_true(program.ops[0].size > 0);
    make("ramp", "blocks=1:size=0", 1);
    make("comb", "blocks=100K:requests=100K", 1);
    assert_int_equal(program.slots, 204800);
}

static void too_little_scratch(void **state)
{
    (void)state;
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        bool fits = false;
        size_t refused = 0;
        assert_true(lab_workload_values(w, "", 0, 1, &values, &error));
        for (size_t bytes = 64; !fits; bytes += 4096) {
            struct lab_arena small = scratch_begin(bytes);
            assert_non_null(lab_arena_take(&small, 1, 32));
            fits = w->make(&values, &small, &program);
            refused += !fits;
            assert_int_equal(small.used, fits ? 32 + program.count * sizeof(struct lab_op) : 32);
            scratch_end(&small);
        }
        assert_true(refused > 3);
    }
}

static int begin(void **state)
{
    (void)state;
    arena = scratch_begin(SCRATCH_BYTES);
    return 0;
}

static int end(void **state)
{
    (void)state;
    scratch_end(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_fixed),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(churn_stays_at_its_target),
        cmocka_unit_test(churn_sizes_fill_their_range),
        cmocka_unit_test(churn_lifetimes_vary),
        cmocka_unit_test(churn_resizes_and_aligns_as_told),
        cmocka_unit_test(churn_never_resizes_to_nothing),
        cmocka_unit_test(ramp_rises_and_falls),
        cmocka_unit_test(ramp_in_order),
        cmocka_unit_test(comb_frees_every_second),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(bad_parameters),
        cmocka_unit_test(bad_values),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(extremes),
        cmocka_unit_test(too_little_scratch),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
