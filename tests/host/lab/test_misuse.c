/* Mistakes on purpose: each is told as what it is, from its level on, under every policy that can be so mistreated. */
#include <lab/misuse.h>
#include <lab/report.h>

#include "world.h"

enum { TEXT = 400 };

static bool is_expected(const struct lab_misuse *m, enum heap_fault_class class)
{
    return class == m->classes[0] || (m->classes[1] != HEAP_FAULT_NONE && class == m->classes[1]);
}

/* Which policies have nothing there: no header before the payload, no list in freed blocks. */
static bool may_be_unsupported(const struct lab_misuse *m)
{
    return lab_misuse_find("header", 6) == m || lab_misuse_find("links", 5) == m;
}

static void check_one(struct test_world *w, const struct lab_misuse *m, const struct heap_ops *ops, unsigned harden)
{
    struct lab_run run = run_of(ops, 0);
    struct heap_fault fault;
    enum lab_misuse_outcome outcome;
    run.harden = harden;
    assert_int_equal(lab_misuse_run(&w->world, &run, m, &outcome, &fault), LAB_OK);
    assert_int_equal(w->opens, w->closes);
    if (outcome == LAB_MISUSE_UNSUPPORTED && may_be_unsupported(m))
        return;
    if (outcome != LAB_MISUSE_FOUND || !is_expected(m, fault.class))
        fail_msg("%s, %s, harden %u: outcome %d, %s", m->name, ops->name, harden, (int)outcome,
                 heap_fault_text(fault.class));
    assert_true(fault.operation > 0);
    assert_non_null(fault.address);
}

static void each_is_told_from_its_level_on(void **state)
{
    for (const struct lab_misuse *m = lab_misuses; m->name; m++) {
        for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
            for (unsigned harden = m->level; harden <= HEAP_HARDEN_MAX; harden++)
                check_one(*state, m, *ops, harden);
        }
    }
}

/* Both of them can be damaged where it matters most. */
static void list_family_has_headers_and_links(void **state)
{
    struct test_world *w = *state;
    static const char *const names[] = {"first-fit", "best-fit"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct lab_run run = run_of(policy(names[i]), 0);
        struct heap_fault fault;
        enum lab_misuse_outcome outcome;
        run.harden = 2;
        assert_int_equal(lab_misuse_run(&w->world, &run, lab_misuse_find("header", 6), &outcome, &fault), LAB_OK);
        assert_int_equal(outcome, LAB_MISUSE_FOUND);
        assert_int_equal(lab_misuse_run(&w->world, &run, lab_misuse_find("links", 5), &outcome, &fault), LAB_OK);
        assert_int_equal(outcome, LAB_MISUSE_FOUND);
    }
}

/* Below its level: one byte past the end of a block whose size was rounded up is nobody's. */
static void what_no_level_below_sees_goes_unnoticed(void **state)
{
    struct test_world *w = *state;
    static const char *const names[] = {"overflow-1", "write-after-free"};
    for (size_t i = 0; i < COUNT(names); i++) {
        for (unsigned harden = 0; harden < 3; harden++) {
            struct lab_run run = run_of(policy("first-fit"), 0);
            struct heap_fault fault;
            enum lab_misuse_outcome outcome;
            run.harden = harden;
            const struct lab_misuse *m = lab_misuse_find(names[i], strlen(names[i]));
            assert_int_equal(lab_misuse_run(&w->world, &run, m, &outcome, &fault), LAB_OK);
            assert_int_equal(outcome, LAB_MISUSE_UNNOTICED);
        }
    }
}

/* ---- the line ---- */

static const char *line_of(const struct heap_fault *fault)
{
    static char text[TEXT];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_print_fault(&sink, heap_fault_text(fault->class), fault, "best-fit");
    return text;
}

static void line_says_all_that_is_known(void **state)
{
    (void)state;
    struct heap_fault fault = {.class = HEAP_FAULT_OVERFLOW, .operation = 17, .bytes = 3, .size = 112, .born_at = 4};
    fault.address = (void *)0x1f40;
    fault.block = (void *)0x1ed0;
    assert_string_equal(line_of(&fault), "HEAP: buffer overflow: 3 bytes past end at 0x1f40 (block 0x1ed0 size 112, "
                                         "allocator best-fit, op #17, allocated by #4)");
    fault.class = HEAP_FAULT_LATE_WRITE;
    fault.found = 0x0a;
    fault.freed_at = 9;
    assert_string_equal(line_of(&fault),
                        "HEAP: write after free: offset 3, found 0x0a expected 0xdf at 0x1f40 (block 0x1ed0 size 112, "
                        "allocator best-fit, op #17, allocated by #4, freed by #9)");
    fault = (struct heap_fault){.class = HEAP_FAULT_FREE_OUTSIDE, .operation = 2, .address = (void *)0x10};
    assert_string_equal(line_of(&fault), "HEAP: invalid free: not in heap at 0x10 (allocator best-fit, op #2)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_told_from_its_level_on, test_begin, test_end),
        cmocka_unit_test_setup_teardown(list_family_has_headers_and_links, test_begin, test_end),
        cmocka_unit_test_setup_teardown(what_no_level_below_sees_goes_unnoticed, test_begin, test_end),
        cmocka_unit_test(line_says_all_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
