/* The workloads' parameters at and beyond both ends of their ranges, each with its exact message; and programs made of
 * values drawn at random, sound whatever they are. */
#include <stdio.h>

#include <lab/workload.h>

#include "scratch.h"

static struct lab_values values;
static struct lab_error error;

static bool parse(const struct lab_workload *w, const char *text)
{
    memset(&values, 0xA5, sizeof values);
    memset(&error, 0xA5, sizeof error);
    return lab_workload_values(w, text, strlen(text), 1, &values, &error);
}

static void accepted(const struct lab_workload *w, const char *text)
{
    if (!parse(w, text))
        fail_msg("%s:%s: %s", w->name, text, error.message);
}

static void refused(const struct lab_workload *w, const char *text, const char *message)
{
    if (parse(w, text))
        fail_msg("%s:%s is accepted", w->name, text);
    assert_string_equal(error.message, message);
    assert_string_equal(error.word, text);
}

/* 'ops=0': ops is a number from 1 to 4194304 */
static void out_of_range(const struct lab_workload *w, const struct lab_parameter *p, const char *value)
{
    char text[80], message[200];
    snprintf(text, sizeof text, "%s=%s", p->key, value);
    snprintf(message, sizeof message, "'%s': %s is %s from %llu to %llu", text, p->key,
             p->is_range ? "a range LOW-HIGH, or one number," : "a number", (unsigned long long)p->min,
             (unsigned long long)p->max);
    refused(w, text, message);
}

static void check_number(const struct lab_workload *w, const struct lab_parameter *p)
{
    char text[80];
    size_t i = (size_t)(p - w->parameters);
    const uint64_t ends[] = {p->min, p->max};
    for (size_t end = 0; end < 2; end++) {
        snprintf(text, sizeof text, "%s=%llu", p->key, (unsigned long long)ends[end]);
        accepted(w, text);
        assert_int_equal(values.low[i], ends[end]);
        assert_int_equal(values.high[i], p->is_range ? ends[end] : p->high);
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)p->max + 1);
    out_of_range(w, p, text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)p->min - 1); /* below 0 that is 2^64 - 1 */
    out_of_range(w, p, text);
    static const char *const never[] = {"", "-1", "x", "0x", "18446744073709551616", "1.5", "1 "};
    for (size_t n = 0; n < sizeof never / sizeof *never; n++)
        out_of_range(w, p, never[n]);
}

static void check_range(const struct lab_workload *w, const struct lab_parameter *p)
{
    char text[80];
    size_t i = (size_t)(p - w->parameters);
    unsigned long long min = p->min, max = p->max;
    snprintf(text, sizeof text, "%s=%llu-%llu", p->key, min, max);
    accepted(w, text);
    assert_int_equal(values.low[i], min);
    assert_int_equal(values.high[i], max);
    snprintf(text, sizeof text, "%llu-%llu", min, max + 1);
    out_of_range(w, p, text);
    snprintf(text, sizeof text, "%llu-%llu", max, min);
    out_of_range(w, p, text);
    snprintf(text, sizeof text, "%llu-", max);
    out_of_range(w, p, text);
}

static void check_words(const struct lab_workload *w, const struct lab_parameter *p)
{
    char text[80];
    for (size_t n = 0; p->words[n]; n++) {
        snprintf(text, sizeof text, "%s=%s", p->key, p->words[n]);
        accepted(w, text);
        assert_int_equal(values.low[p - w->parameters], n);
        snprintf(text, sizeof text, "%s=%zu", p->key, n); /* the number behind a word is nobody's business */
        assert_false(parse(w, text));
    }
}

static void each_parameter_has_its_range(void **state)
{
    (void)state;
    size_t numbers = 0, ranges = 0, words = 0;
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        for (const struct lab_parameter *p = w->parameters; p->key; p++) {
            numbers += !p->words;
            ranges += p->is_range;
            words += p->words != NULL;
            if (p->words)
                check_words(w, p);
            else
                check_number(w, p);
            if (p->is_range)
                check_range(w, p);
        }
    }
    assert_int_equal(numbers, 11);
    assert_int_equal(ranges, 3);
    assert_int_equal(words, 1);
}

/* What lecture sheets may rely on: every range and every default. */
static void ranges_and_defaults(void **state)
{
    (void)state;
    static const struct {
        const char *workload, *key;
        uint64_t min, max, low, high;
    } table[] = {
        {"churn", "ops", 1, 4194304, 20000, 0},    {"churn", "live", 1, 1048576, 500, 0},
        {"churn", "size", 0, 1073741824, 16, 512}, {"churn", "resize", 0, 1000, 50, 0},
        {"churn", "align", 0, 1000, 0, 0},         {"ramp", "blocks", 1, 1048576, 2000, 0},
        {"ramp", "size", 0, 1073741824, 16, 512},  {"ramp", "order", 0, 0, 2, 0},
        {"comb", "blocks", 2, 1048576, 1000, 0},   {"comb", "size", 0, 1073741824, 64, 64},
        {"comb", "larger", 0, 1073741824, 128, 0}, {"comb", "requests", 0, 1048576, 250, 0},
    };
    size_t n = 0;
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        accepted(w, "");
        for (size_t i = 0; w->parameters[i].key; i++, n++) {
            const struct lab_parameter *p = &w->parameters[i];
            assert_true(n < sizeof table / sizeof *table);
            assert_string_equal(w->name, table[n].workload);
            assert_string_equal(p->key, table[n].key);
            assert_int_equal(p->min, table[n].min);
            assert_int_equal(p->max, table[n].max);
            assert_int_equal(values.low[i], table[n].low);
            assert_int_equal(p->is_range, table[n].high != 0);
            if (p->is_range)
                assert_int_equal(values.high[i], table[n].high);
        }
    }
    assert_int_equal(n, sizeof table / sizeof *table);
}

static void each_parameter_once_and_with_a_value(void **state)
{
    (void)state;
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        for (const struct lab_parameter *p = w->parameters; p->key; p++) {
            char text[80], twice[160], message[200];
            snprintf(text, sizeof text, "%s=%s", p->key, p->words ? p->words[0] : "7");
            snprintf(twice, sizeof twice, "%s:%s", text, text);
            snprintf(message, sizeof message, "'%s': %s= is given twice", text, p->key);
            assert_false(parse(w, twice));
            assert_string_equal(error.message, message);
            snprintf(message, sizeof message, "'%s': did you mean %s=? %s takes ", p->key, p->key, w->name);
            assert_false(parse(w, p->key));
            assert_memory_equal(error.message, message, strlen(message));
        }
    }
}

/* ---- programs from any values ---- */

enum { DRAWS = 300 };

/* Up to `most`, small ones often. */
static uint64_t draw(uint64_t *random, uint64_t min, uint64_t max, uint64_t most)
{
    uint64_t top = max < most ? max : most;
    uint64_t width = top - min;
    unsigned bits = 0;
    while (width >> bits)
        bits++;
    width >>= test_random(random) % (bits + 1);
    return min + test_random(random) % (width + 1);
}

static void draw_values(const struct lab_workload *w, uint64_t *random)
{
    accepted(w, "");
    values.seed = test_random(random);
    for (size_t i = 0; w->parameters[i].key; i++) {
        const struct lab_parameter *p = &w->parameters[i];
        uint64_t words = 0;
        while (p->words && p->words[words])
            words++;
        values.low[i] =
            p->words ? test_random(random) % words : draw(random, p->min, p->max, p->is_range ? p->max : 2000);
        if (p->is_range)
            values.high[i] = draw(random, values.low[i], p->max, p->max);
    }
}

/* Of the operations that ask for something: churn's size, ramp's and comb's, and comb's larger= behind its blocks. */
static void check_sizes(const struct lab_workload *w, const struct lab_program *program)
{
    bool is_churn = strcmp(w->name, "churn") == 0, is_comb = strcmp(w->name, "comb") == 0;
    size_t at = is_churn ? 2 : 1;
    for (size_t i = 0; i < program->count; i++) {
        const struct lab_op *op = &program->ops[i];
        uint64_t low = values.low[at], high = values.high[at];
        if (op->kind == LAB_FREE)
            continue;
        if (is_comb && op->slot >= values.low[0])
            low = high = values.low[2];
        if (op->kind == LAB_RESIZE) /* never to nothing: that would be a free */
            low += low == 0, high += high == 0;
        if (op->size < low || op->size > high)
            fail_msg("%s: operation %zu asks for %zu bytes", w->name, i, op->size);
    }
}

static size_t count_of_values(const struct lab_workload *w)
{
    size_t first = (size_t)values.low[0];
    if (strcmp(w->name, "churn") == 0)
        return first;
    return strcmp(w->name, "ramp") == 0 ? 2 * first : first + (first + 1) / 2 + (size_t)values.low[3];
}

static void any_values_make_a_sound_program(void **state)
{
    (void)state;
    uint64_t random = 77;
    struct lab_arena arena = scratch_begin((size_t)1 << 20);
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        for (int n = 0; n < DRAWS; n++) {
            struct lab_program program;
            draw_values(w, &random);
            memset(arena.base, 0xA5, arena.reserved);
            memset(&program, 0xA5, sizeof program);
            assert_true(w->make(&values, &arena, &program));
            assert_int_equal(arena.used, program.count * sizeof(struct lab_op));
            struct program_books books = check_program(&program);
            assert_int_equal(program.count, count_of_values(w));
            assert_true(books.most_live <= program.slots);
            check_sizes(w, &program);
            lab_arena_release(&arena, 0);
        }
    }
    scratch_end(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_parameter_has_its_range),
        cmocka_unit_test(ranges_and_defaults),
        cmocka_unit_test(each_parameter_once_and_with_a_value),
        cmocka_unit_test(any_values_make_a_sound_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
