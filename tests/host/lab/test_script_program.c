/* Scripts as programs, programs as scripts, scripts typed line by line. */
#include "script_text.h"

#include <lab/trace.h>

#include "support.h"

/* ---- what can be measured ---- */

/* Demands that this line is the first that keeps the script from being measured; 0: none does. */
static void unmeasurable(const char *text, uint32_t line)
{
    if (read_text(text) != LAB_OK)
        fail_msg("%s: %s", text, error.message);
    const struct lab_step *step = lab_script_unmeasurable(&script);
    assert_int_equal(step ? step->line : 0, line);
}

static void what_is_measured(void **state)
{
    (void)state;
    unmeasurable(
        "use best-fit\nsay x\nuse heap=8K\nalloc 10 as a\nwrite a\nread a 3\ncheck\nmap\nask\nresize a 5\nfree a\n"
        "alloc 1 as a\nexpect at a = 16\nexpect free > 0 under all",
        0);
    unmeasurable("", 0);
    unmeasurable("alloc 1\nuse best-fit", 2);
    unmeasurable("use best-fit\nexpect heap = 4096\nuse bump", 3); /* said of a heap that is not the one measured */
    unmeasurable("alloc 1 as a\nfree a\nfree a", 3);
    unmeasurable("alloc 1 as a\nwrite a 1 past", 2);
    unmeasurable("alloc 1 as a\nread a 2", 2);
    unmeasurable("shell vm", 1);
    unmeasurable("adversary 5 5", 1);
    unmeasurable("expect faults = 0", 1);
    unmeasurable("expect frames = 0", 1);
    unmeasurable("expect fault = none", 1);
    unmeasurable("expect status = 0", 1);
    unmeasurable("expect heap >= bound", 1);
}

static void program_has_the_operations(void **state)
{
    (void)state;
    struct lab_program program;
    good("use unit=32 heap=64K\nuse harden=2\nexpect live = 0\nsay x\nalloc 1 unit as a\naalloc 100 64 as b\nmap\n"
         "expect at b = 64 under all\nresize a 7\nfree a\nexpect refused = 0",
         11);
    size_t mark = arena.used;
    assert_true(lab_script_program(&script, &arena, &program));
    check_program(&program);
    assert_int_equal(program.count, 4);
    assert_int_equal(program.slots, 2);
    assert_int_equal(program.heap_limit, 65536);
    assert_int_equal(program.ops[0].size, 32 - sizeof(size_t));
    assert_int_equal(program.ops[1].kind, LAB_ALIGNED);
    assert_int_equal(program.ops[1].align_log2, 6);
    assert_int_equal(program.ops[2].kind, LAB_RESIZE);
    assert_int_equal(program.ops[3].kind, LAB_FREE);
    assert_int_equal(program.due_count, 3);
    assert_int_equal(program.due[0].after, 0);
    assert_int_equal(program.due[1].after, 2);
    assert_int_equal(program.due[1].expect.block, 1);
    assert_int_equal(program.due[2].after, 4);
    assert_int_equal(program.due[2].expect.line, 11);
    arena.used = mark;
    arena.reserved = arena.committed = mark + 64;
    assert_false(lab_script_program(&script, &arena, &program));
    assert_int_equal(arena.used, mark);
}

static void first_use_counts(void **state)
{
    (void)state;
    struct lab_use use;
    good("use best-fit heap=8K vm=zero\nuse first-fit harden=0\nalloc 1\nuse worst-fit", 4);
    lab_script_use(&script, &use);
    assert_ptr_equal(use.alloc.policy, heap_policy_find("first-fit"));
    assert_int_equal(use.heap_limit, 8192);
    assert_int_equal(use.harden, 0);
    assert_int_equal(use.vm_length, 4);
    good("alloc 1", 1);
    lab_script_use(&script, &use);
    assert_null(use.alloc.policy);
    assert_int_equal(use.heap_limit, 0);
    assert_int_equal(use.harden, -1);
}

/* ---- programs as scripts ---- */

static void dumps(const char *steps)
{
    static char dump[1 << 14];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, dump, sizeof dump);
    for (size_t i = 0; i < script.count; i++)
        dump_step(&sink, &script.steps[i]);
    assert_string_equal(dump, steps);
}

static void program_becomes_script(void **state)
{
    (void)state;
    static const char trace[] = "a 7 10\nm 8 20 64\nr 9 5\nf -1\nr 7 30\nr 8 0\nr 1 0\na 8 3\nf 9\n";
    struct lab_program program;
    assert_int_equal(lab_trace_parse(trace, sizeof trace - 1, &arena, &program, &error), LAB_OK);
    assert_int_equal(lab_script_from_program(&program, &arena, &script, &error), LAB_OK);
    dumps("1 alloc b[0] 10\n2 aalloc b[1] 20 2^6\n3 alloc b[2] 5\n5 resize b[0] 30\n6 free b[1]\n8 alloc b[1] 3\n"
          "9 free b[2]\n");
    assert_int_equal(lab_block_find(&script, "b[2]", 4), 2);
    assert_null(lab_script_unmeasurable(&script));
}

static void large_programs_are_no_scripts(void **state)
{
    (void)state;
    struct lab_program program = {.count = 65537, .slots = 3};
    assert_int_equal(lab_script_from_program(&program, &arena, &script, &error), LAB_BAD_INPUT);
    assert_string_equal(error.message, "65537 operations on 3 blocks: a script has at most 65536 on 16384");
    program = (struct lab_program){.count = 0, .slots = 16385};
    assert_int_equal(lab_script_from_program(&program, &arena, &script, &error), LAB_BAD_INPUT);
    program.slots = 3;
    arena.reserved = arena.committed = 64;
    assert_int_equal(lab_script_from_program(&program, &arena, &script, &error), LAB_NO_SCRATCH);
    assert_int_equal(arena.used, 0);
}

/* ---- line by line ---- */

static enum lab_status add(const char *line)
{
    return lab_script_add(&script, line, strlen(line), &error);
}

static void lines_are_added(void **state)
{
    (void)state;
    assert_true(lab_script_start(&script, &arena, 6, 2));
    assert_int_equal(add("alloc 10 as a"), LAB_OK);
    assert_int_equal(add("  # nothing"), LAB_OK);
    assert_int_equal(add(""), LAB_OK);
    assert_int_equal(add("use unit=32 seed=1"), LAB_OK);
    assert_int_equal(add("alloc 2 units"), LAB_OK);
    assert_int_equal(add("alloc 1"), LAB_NO_SCRATCH);
    assert_string_equal(error.message, "no room for 'b2': at most 2 blocks");
    assert_int_equal(script.named, 1);
    assert_int_equal(add("free b1"), LAB_OK);
    assert_int_equal(add("free b1"), LAB_OK);
    assert_int_equal(add("map"), LAB_OK);
    assert_int_equal(add("map"), LAB_NO_SCRATCH);
    assert_string_equal(error.message, "'map': at most 6 steps");
    dumps(sizeof(size_t) == 8 ? "1 alloc a 10\n4 use\n5 alloc b1 56\n6 free b1\n7 free b1 !\n8 show 0\n"
                              : "1 alloc a 10\n4 use\n5 alloc b1 60\n6 free b1\n7 free b1 !\n8 show 0\n");
}

/* A line that is wrong leaves nothing behind: no block, no unit, no number of the seed's. */
static void bad_lines_change_nothing(void **state)
{
    (void)state;
    static const char *const wrong[] = {"alloc 5 as c d",
                                        "use unit=64 heap=1",
                                        "use seed=5 vm=x",
                                        "alloc random(1, 100) as a",
                                        "free zz",
                                        "alloc 7 as a",
                                        "title x",
                                        "about x",
                                        "repeat 2",
                                        "each i from 1 to 2",
                                        "end",
                                        "resize a 0"};
    static const char *const messages[] = {
        "'d' is too much: alloc SIZE [as BLOCK]",
        NULL,
        "'vm=x': vm is one of demand, immediate, zero",
        "'a' is live: free it first, or name it anew",
        "no block 'zz'; there are a",
        "'a' is live: free it first, or name it anew",
        "'title x': title and about are for files",
        "'about x': title and about are for files",
        "'repeat 2': loops are for files",
        "'each i from 1 to 2': loops are for files",
        "'end': no loop is open",
        "'0': to give a block back, free it",
    };
    assert_true(lab_script_start(&script, &arena, 6, 6));
    assert_int_equal(add("alloc 10 as a"), LAB_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct lab_script before = script;
        assert_int_equal(add(wrong[i]), LAB_BAD_INPUT);
        assert_memory_equal(&script, &before, sizeof script);
        if (messages[i])
            assert_string_equal(error.message, messages[i]);
        assert_int_equal(lab_block_find(&script, "c", 1), LAB_NO_INDEX);
        assert_int_equal(script.blocks[0].size, 10);
    }
}

static void forgotten_blocks_are_unknown(void **state)
{
    (void)state;
    assert_true(lab_script_start(&script, &arena, 8, 6));
    assert_int_equal(add("alloc 10 as a"), LAB_OK);
    assert_int_equal(add("alloc 10"), LAB_OK);
    assert_int_equal(add("alloc 10 as c"), LAB_OK);
    script.count -= 2; /* as undo does */
    lab_script_forget_blocks(&script);
    assert_int_equal(script.block_count, 1);
    assert_int_equal(lab_block_find(&script, "a", 1), 0);
    assert_int_equal(add("free c"), LAB_BAD_INPUT);
    assert_string_equal(error.message, "no block 'c': did you mean a? There are a");
    assert_int_equal(add("alloc 20"), LAB_OK);
    assert_int_equal(add("alloc 30 as c"), LAB_OK);
    dumps("1 alloc a 10\n4 alloc b1 20\n5 alloc c 30\n");
}

/* A block stays known that a step still allocates, and so does every one before it. */
static void blocks_of_steps_are_not_forgotten(void **state)
{
    (void)state;
    assert_true(lab_script_start(&script, &arena, 8, 6));
    assert_int_equal(add("alloc 10 as a"), LAB_OK);
    assert_int_equal(add("aalloc 10 64 as b"), LAB_OK);
    assert_int_equal(add("free b"), LAB_OK);
    script.count--;
    script.steps[0] = script.steps[1];
    script.count--;
    lab_script_forget_blocks(&script);
    assert_int_equal(script.block_count, 2);
    assert_int_equal(lab_block_find(&script, "b", 1), 1);
}

static void each_name_is_listed_once(void **state)
{
    (void)state;
    assert_true(lab_script_start(&script, &arena, 8, 6));
    assert_int_equal(add("alloc 1 as a[1]"), LAB_OK);
    assert_int_equal(add("alloc 1 as b[1]"), LAB_OK);
    assert_int_equal(add("alloc 1 as a[2]"), LAB_OK);
    assert_int_equal(add("free zz"), LAB_BAD_INPUT);
    assert_string_equal(error.message, "no block 'zz'; there are a, b");
}

static void seed_is_chosen(void **state)
{
    (void)state;
    assert_true(lab_script_start(&script, &arena, 6, 6));
    assert_int_equal(add("alloc random(0, 999)"), LAB_OK);
    lab_script_seed(&script, 1);
    assert_int_equal(add("alloc random(0, 999)"), LAB_OK);
    lab_script_seed(&script, 2);
    assert_int_equal(add("alloc random(0, 999)"), LAB_OK);
    assert_int_equal(script.steps[0].size, 702);
    assert_int_equal(script.steps[1].size, 702);
    assert_int_not_equal(script.steps[2].size, 702);
}

static void blocks_are_found(void **state)
{
    (void)state;
    char name[LAB_BLOCK_TEXT];
    good("repeat 300 as i\nalloc 1 as wall[i]\nalloc 1 as w\nfree w\nend\nalloc 2 as wall", 901);
    assert_int_equal(script.block_count, 302);
    for (uint32_t i = 0; i < 302; i++) {
        lab_block_text(&script, i, name);
        assert_int_equal(lab_block_find(&script, name, strlen(name)), i);
    }
    assert_string_equal(lab_block_text(&script, 301, name), "wall");
    assert_int_equal(lab_block_find(&script, "wall[300]", 9), LAB_NO_INDEX);
    assert_int_equal(lab_block_find(&script, "wall[]", 6), LAB_NO_INDEX);
    assert_int_equal(lab_block_find(&script, "wall[1", 6), LAB_NO_INDEX);
    assert_int_equal(lab_block_find(&script, "wal", 3), LAB_NO_INDEX);
    assert_int_equal(lab_block_find(&script, "[", 1), LAB_NO_INDEX);
    assert_int_equal(lab_block_find(&script, "", 0), LAB_NO_INDEX);
    good("alloc 1 as abcdefghijklmno[4294967294]", 1);
    assert_string_equal(lab_block_text(&script, 0, name), "abcdefghijklmno[4294967294]");
}

/* Room for more: what was there stays, and is found. */
static void scripts_are_widened(void **state)
{
    (void)state;
    const uint8_t *live;
    good("repeat 40 as i\nalloc i as a[i]\nend\nfree a[7]", 41);
    size_t mark = arena.used, reserved = arena.reserved;
    struct lab_script before = script;
    arena.reserved = arena.committed = mark + 5000;
    assert_false(lab_script_widen(&script, &arena, 100, 50));
    assert_memory_equal(&script, &before, sizeof script);
    assert_int_equal(arena.used, mark);
    arena.reserved = arena.committed = reserved;
    assert_true(lab_script_widen(&script, &arena, 100, 50));
    live = script.is_live;
    assert_true(live[6] && !live[7]);
    assert_int_equal(script.capacity, 141);
    assert_int_equal(script.block_capacity, 90);
    assert_int_equal(lab_block_find(&script, "a[39]", 5), 39);
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(add("alloc 3"), LAB_OK);
    assert_int_equal(add("alloc 3"), LAB_NO_SCRATCH);
    assert_int_equal(lab_block_find(&script, "b50", 3), 89);
    assert_int_equal(script.steps[40].kind, LAB_STEP_FREE);
    good("repeat 65000\nsay x\nend", 65000);
    assert_true(lab_script_widen(&script, &arena, 4096, 1));
    assert_int_equal(script.capacity, LAB_SCRIPT_STEPS_MAX);
}

static void is_title(const char *text, const char *title)
{
    size_t length = 77;
    const char *found = lab_script_title(text, strlen(text), &length);
    assert_int_equal(found != NULL, title != NULL);
    assert_int_equal(length, title ? strlen(title) : 0);
    if (title)
        assert_memory_equal(found, title, length);
}

static void titles_are_found(void **state)
{
    (void)state;
    is_title("# x\r\n\r\nabout y\r\n title  a good one \r\nallc", "a good one");
    is_title("map\ntitle late", NULL);
    is_title("about x\n", NULL);
    is_title("titel x\ntitle y", NULL);
    is_title("", NULL);
}

/* Which allocators a script's own expectations are not said of. */
static void others_are_named(void **state)
{
    (void)state;
    struct lab_alloc_spec spec;
    static const struct {
        const char *use, *alloc;
        bool is_other;
    } cases[] = {
        {"use heap=8K\nalloc 1", "bump", false},
        {"use best-fit\nalloc 1", "best-fit", false},
        {"use best-fit\nalloc 1", "best-fit:grow=4K", false},
        {"use best-fit\nalloc 1", "best-fit:grow=8K", true},
        {"use best-fit\nalloc 1", "first-fit", true},
        {"use best-fit\nalloc 1", "best-fit:order=lifo", true},
        {"use best-fit:order=lifo\nuse heap=4K\nalloc 1", "best-fit:order=lifo", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_text(cases[i].use), LAB_OK);
        assert_true(lab_parse_alloc(cases[i].alloc, strlen(cases[i].alloc), &spec, NULL));
        assert_int_equal(lab_script_names_other(&script, &spec), cases[i].is_other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(what_is_measured),
        SCRIPT_TEST(program_has_the_operations),
        SCRIPT_TEST(first_use_counts),
        SCRIPT_TEST(program_becomes_script),
        SCRIPT_TEST(large_programs_are_no_scripts),
        SCRIPT_TEST(lines_are_added),
        SCRIPT_TEST(bad_lines_change_nothing),
        SCRIPT_TEST(forgotten_blocks_are_unknown),
        SCRIPT_TEST(blocks_of_steps_are_not_forgotten),
        SCRIPT_TEST(each_name_is_listed_once),
        SCRIPT_TEST(seed_is_chosen),
        SCRIPT_TEST(blocks_are_found),
        SCRIPT_TEST(scripts_are_widened),
        SCRIPT_TEST(titles_are_found),
        SCRIPT_TEST(others_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
