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

/* An array as the memory of a heap that never grows; the policy's options are the usual ones. */
static struct heap *heap_in_array(const struct heap_ops *ops)
{
    enum { ROOM = 65536 };
    static _Alignas(max_align_t) unsigned char memory[ROOM];
    static struct heap h;
    struct heap_setup setup = {.ops = ops, .region = {.base = memory, .committed = ROOM, .reserved = ROOM}};
    heap_default_options(ops, setup.options);
    assert_int_equal(heap_init(&h, &setup), HEAP_OK);
    return &h;
}

/* Whether a changed word before a payload changes the size that the policy tells. */
static bool has_header(const struct heap_ops *ops)
{
    struct heap *h = heap_in_array(ops);
    heap_alloc(h, 97); /* even without a header the word before the next block is in the array */
    size_t *block = heap_alloc(h, 97), before = ops->granted(h, block);
    block[-1] += HEAP_ALIGN;
    return ops->granted(h, block) != before;
}

/* Whether it writes anything into a block that comes back. */
static bool has_links(const struct heap_ops *ops)
{
    struct heap *h = heap_in_array(ops);
    size_t *block = heap_alloc(h, 97), junk = (size_t)0x123456789ABCDEF1u;
    heap_alloc(h, 97);
    block[0] = block[1] = junk;
    assert_int_equal(heap_free(h, block), HEAP_OK);
    return block[0] != junk || block[1] != junk;
}

static enum lab_misuse_outcome outcome_of(struct test_world *w, const char *kind, const struct heap_ops *ops)
{
    struct lab_run run = run_of(ops, 0);
    struct heap_fault fault;
    enum lab_misuse_outcome outcome;
    run.harden = 2;
    assert_int_equal(lab_misuse_run(&w->world, &run, lab_misuse_find(kind, strlen(kind)), &outcome, &fault), LAB_OK);
    return outcome;
}

/* Where there is a header or a link to damage, it is damaged, and seen. */
static void what_a_policy_keeps_in_blocks_is_supported(void **state)
{
    size_t headers = 0, links = 0;
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        bool can_header = has_header(*ops), can_links = has_links(*ops);
        assert_int_equal(outcome_of(*state, "header", *ops), can_header ? LAB_MISUSE_FOUND : LAB_MISUSE_UNSUPPORTED);
        assert_int_equal(outcome_of(*state, "links", *ops), can_links ? LAB_MISUSE_FOUND : LAB_MISUSE_UNSUPPORTED);
        headers += can_header;
        links += can_links;
        assert_true(!can_links || (*ops)->check_free);
    }
    assert_true(headers >= 8 && links >= 6);
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
        cmocka_unit_test_setup_teardown(what_a_policy_keeps_in_blocks_is_supported, test_begin, test_end),
        cmocka_unit_test_setup_teardown(what_no_level_below_sees_goes_unnoticed, test_begin, test_end),
        cmocka_unit_test(line_says_all_that_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
