/* Scripts read: every statement, loops expanded, comments and line ends. */
#include "script_text.h"

#include "support.h"

static void heap_operations(void **state)
{
    (void)state;
    expands("alloc 10 as a\n"
            "alloc 0x20 as b[7]\n"
            "alloc 4K\n"
            "aalloc 100 64 as c\n"
            "aalloc 1 1\n"
            "resize a 20\n"
            "free b[7]\n",
            "1 alloc a 10\n"
            "2 alloc b[7] 32\n"
            "3 alloc b1 4096\n"
            "4 aalloc c 100 2^6\n"
            "5 aalloc b2 1 2^0\n"
            "6 resize a 20\n"
            "7 free b[7]\n");
    assert_int_equal(script.block_count, 5);
    assert_int_equal(script.named, 2);
    assert_int_equal(script.blocks[0].size, 20);
}

/* A name may be used again once its block is free, and is the same block then. */
static void names_are_used_again(void **state)
{
    (void)state;
    expands("alloc 10 as a\nfree a\nalloc 20 as a\nfree a\nalloc 5 as b1\nalloc 6\n",
            "1 alloc a 10\n2 free a\n3 alloc a 20\n4 free a\n5 alloc b1 5\n6 alloc b2 6\n");
    assert_int_equal(script.block_count, 3);
    assert_int_equal(script.block_capacity, 3);
    assert_int_equal(script.steps[0].block, script.steps[2].block);
}

static void touches(void **state)
{
    (void)state;
    expands("alloc 100 as a\n"
            "write a\n"
            "write a 5\n"
            "write a at 10\n"
            "read a at 90 10\n"
            "read a at 90 11\n"
            "write a 1 past\n"
            "write a 8 before\n"
            "read a\n"
            "write a 101\n",
            "1 alloc a 100\n"
            "2 write a 100 rest\n"
            "3 write a 5\n"
            "4 write a 90 at 10 rest\n"
            "5 read a 10 at 90\n"
            "6 read a 11 at 90 !\n"
            "7 write a 1 past !\n"
            "8 write a 8 at -8 !\n"
            "9 read a 100 rest\n"
            "10 write a 101 !\n");
}

/* A block is spoken of again after its free: on purpose, and told. */
static void dangling_is_told(void **state)
{
    (void)state;
    expands("alloc 10 as a\nfree a\nfree a\nwrite a\nread a 3\nresize a 4\nalloc 9 as a\nfree a\n",
            "1 alloc a 10\n2 free a\n3 free a !\n4 write a 10 rest !\n5 read a 3 !\n6 resize a 4 !\n7 alloc a 9\n"
            "8 free a\n");
}

static void texts_are_as_written(void **state)
{
    (void)state;
    expands("title  What  happens # here\n"
            "about\ta story \t\n"
            "about\n"
            "say  #1: \"no\" comment\n"
            "shell  vm # 5\n",
            "2 about \"a story\"\n3 about \"\"\n4 say \"#1: \"no\" comment\"\n5 shell \"vm # 5\"\n");
    assert_int_equal(script.title_length, 20);
    assert_memory_equal(script.title, "What  happens # here", 20);
}

static void words_that_stand_alone(void **state)
{
    (void)state;
    expands("map\nholes\nblocks\nlist\nstats\nask\ncheck\nadversary 64K 1K\n",
            "1 show 0\n2 show 1\n3 show 2\n4 show 3\n5 show 4\n6 ask\n7 check\n8 adversary 65536 1024\n");
}

/* Line ends of both kinds, tabs, blank lines, comments; a last line without an end. */
static void layout_means_nothing(void **state)
{
    (void)state;
    expands("\r\n# a comment\r\n\t alloc\t10   as a\t# another\r\n\n   #\nfree a #", "3 alloc a 10\n6 free a\n");
    assert_int_equal(script.steps[0].text_length, 15);
    assert_memory_equal(script.steps[0].text, "alloc\t10   as a", 15);
    good("", 0);
    good("\n\n", 0);
    good("# nothing", 0);
}

/* ---- loops ---- */

static void loops_expand(void **state)
{
    (void)state;
    expands("repeat 2 as i\n"
            "  alloc 10 + i as box[i]\n"
            "end\n"
            "each k from 1 to 6 step 2\n"
            "  alloc k as c[k]\n"
            "end\n"
            "repeat 2\n"
            "  say once\n"
            "end\n",
            "2 alloc box[0] 10\n"
            "2 alloc box[1] 11 again\n"
            "5 alloc c[1] 1\n"
            "5 alloc c[3] 3 again\n"
            "5 alloc c[5] 5 again\n"
            "8 say \"once\"\n"
            "8 say again \"once\"\n");
}

static void loops_nest(void **state)
{
    (void)state;
    expands("repeat 2 as i\n"
            "  say first\n"
            "  each k from i to 1\n"
            "    alloc 1 as a[10 * i + k]\n"
            "  end\n"
            "end\n"
            "alloc 2\n",
            "2 say \"first\"\n"
            "4 alloc a[0] 1\n"
            "4 alloc a[1] 1 again\n"
            "2 say again \"first\"\n"
            "4 alloc a[11] 1 again\n"
            "7 alloc b1 2\n");
    good("repeat 2\nrepeat 2\nrepeat 2\nrepeat 2\nalloc 1\nend\nend\nend\nend", 16);
}

static void loops_at_the_ends_of_numbers(void **state)
{
    (void)state;
    expands("each i from 0xFFFFFFFFFFFFFFFE to 0xFFFFFFFFFFFFFFFF step 3\nalloc i\nend\n"
            "each i from 0xFFFFFFFFFFFFFFFF to 0xFFFFFFFFFFFFFFFF\nsay x\nend\n",
            sizeof(size_t) == 8 ? "2 alloc b1 18446744073709551614\n5 say \"x\"\n"
                                : "2 alloc b1 4294967295\n5 say \"x\"\n");
}

/* ---- units, sizes ---- */

static void units_are_whole_blocks(void **state)
{
    (void)state;
    const struct lab_step *steps = good("use unit=32\nalloc 500 units\nalloc 1 unit\nalloc 2 * 3 + 1 units as c\n"
                                        "resize c 4 units\nalloc 5 * unit\nexpect free = 3 units\nuse unit=64\n"
                                        "alloc 1 unit",
                                        9);
    assert_int_equal(steps[1].size, 500 * 32 - sizeof(size_t));
    assert_int_equal(steps[2].size, 32 - sizeof(size_t));
    assert_int_equal(steps[3].size, 7 * 32 - sizeof(size_t));
    assert_int_equal(steps[4].size, 4 * 32 - sizeof(size_t));
    assert_int_equal(steps[5].size, 160);
    assert_int_equal(steps[6].expect.value, 96);
    assert_int_equal(steps[8].size, 64 - sizeof(size_t));
    assert_int_equal(script.unit, 64);
}

static void huge_sizes_stay_requests(void **state)
{
    (void)state;
    const struct lab_step *steps =
        good("use unit=32\nalloc 0xFFFFFFFFFFFFFFFF\nalloc 4G\nalloc 0xFFFFFFFFFFFFFFFF units\n"
             "alloc 0\naalloc 4 0x8000000000000000",
             6);
    assert_true(steps[1].size == SIZE_MAX);
    assert_true(steps[2].size == (sizeof(size_t) == 8 ? (size_t)(UINT64_C(4) << 30) : SIZE_MAX));
    assert_true(steps[3].size == SIZE_MAX);
    assert_int_equal(steps[4].size, 0);
    assert_int_equal(steps[5].align_log2, 63);
}

/* ---- use ---- */

static void use_names_what_changes(void **state)
{
    (void)state;
    const struct lab_step *steps = good("use best-fit:grow=64K heap=2*page+align harden=3 vm=zero unit=32 seed=9\n"
                                        "use heap=4K\nuse first-fit",
                                        3);
    const struct lab_use *use = &steps[0].use;
    assert_ptr_equal(use->alloc.policy, heap_policy_find("best-fit"));
    assert_int_equal(use->alloc.grain, 65536);
    assert_int_equal(use->heap_limit, 8192 + HEAP_ALIGN);
    assert_int_equal(use->harden, 3);
    assert_int_equal(use->vm_length, 4);
    assert_memory_equal(use->vm, "zero", 4);
    assert_int_equal(script.seed, 9);
    assert_null(steps[1].use.alloc.policy);
    assert_int_equal(steps[1].use.heap_limit, 4096);
    assert_int_equal(steps[1].use.harden, -1);
    assert_int_equal(steps[1].use.vm_length, 0);
    assert_int_equal(steps[2].use.heap_limit, 0);
}

/* A fresh heap has no blocks: their names are free, and what is still said of them is misuse. */
static void use_forgets_blocks(void **state)
{
    (void)state;
    expands("alloc 1 as a\nalloc 1 as c\nuse best-fit\nfree c\nalloc 2 as a\n",
            "1 alloc a 1\n2 alloc c 1\n3 use\n4 free c !\n5 alloc a 2\n");
}

/* ---- random ---- */

static void random_is_the_seeds(void **state)
{
    (void)state;
    static const char text[] = "repeat 50 as i\nalloc random(16, 18) as a[i]\nend";
    size_t first[50], differences = 0, seen[3] = {0};
    assert_int_equal(read_bytes(text, sizeof text - 1, 7), LAB_OK);
    for (size_t i = 0; i < 50; i++) {
        first[i] = script.steps[i].size;
        assert_in_range(first[i], 16, 18);
        seen[first[i] - 16]++;
    }
    assert_true(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
    assert_int_equal(read_bytes(text, sizeof text - 1, 7), LAB_OK);
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(script.steps[i].size, first[i]);
    assert_int_equal(read_bytes(text, sizeof text - 1, 8), LAB_OK);
    for (size_t i = 0; i < 50; i++)
        differences += script.steps[i].size != first[i];
    assert_true(differences > 10);
    /* The same at every width and in every version. */
    expands("use seed=1\nrepeat 4\nalloc random(0, 999)\nend\nuse seed=1\nalloc random(5, 5) + random(0, 999)\n",
            "1 use\n3 alloc b1 702\n3 alloc b2 520 again\n3 alloc b3 574 again\n3 alloc b4 391 again\n5 use\n6 alloc "
            "b5 525\n");
}

/* ---- expectations ---- */

static void expectations(void **state)
{
    (void)state;
    expands("alloc 5 as a\n"
            "expect refused=1\n"
            "expect free != 4K under first-fit,best-fit\n"
            "expect at a >= 0x40 under all\n"
            "expect size a<=8*2\n"
            "expect zero-hits > 0\n"
            "expect fault = double free\n"
            "expect fault != none\n"
            "expect fault = invalid free: not in heap under first-fit\n"
            "expect high >= bound\n"
            "expect status < 1\n",
            "1 alloc a 5\n"
            "2 expect refused = 1\n"
            "3 expect free != 4096 under first-fit,best-fit\n"
            "4 expect at a >= 0x40 under all\n"
            "5 expect size a <= 16\n"
            "6 expect zero-hits > 0\n"
            "7 expect fault = double free\n"
            "8 expect fault != none\n"
            "9 expect fault = invalid free: not in heap under first-fit\n"
            "10 expect high >= bound\n"
            "11 expect status < 1\n");
    assert_int_equal(script.steps[3].expect.block, 0);
    assert_int_equal(script.steps[3].expect.line, 4);
}

static void expectations_of_one_width(void **state)
{
    (void)state;
    expands("expect heap = 1 on 32\nexpect heap = 2 on 64\nexpect heap = 3 under all on 64\n",
            sizeof(size_t) == 8 ? "2 expect heap = 2\n3 expect heap = 3 under all\n" : "1 expect heap = 1\n");
}

static void every_quantity_and_fault_is_read(void **state)
{
    (void)state;
    char line[100];
    for (unsigned q = 0; q < LAB_QUANTITIES; q++) {
        bool has_block = q == LAB_Q_AT || q == LAB_Q_SIZE;
        sprintf(line, "alloc 1 as a\nexpect %s %s = %s", lab_quantity_names[q], has_block ? "a" : "",
                q == LAB_Q_FAULT ? "none" : "7");
        assert_int_equal(good(line, 2)[1].expect.quantity, q);
    }
    for (unsigned class = 1; class < HEAP_FAULT_CLASSES; class ++) {
        sprintf(line, "expect fault = %s", heap_fault_text((enum heap_fault_class) class));
        assert_int_equal(good(line, 1)->expect.value, class);
    }
}

static void every_statement_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; lab_statements[i]; i++) {
        read_text(lab_statements[i]);
        assert_null(strstr(error.message, "no statement"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(heap_operations),
        SCRIPT_TEST(names_are_used_again),
        SCRIPT_TEST(touches),
        SCRIPT_TEST(dangling_is_told),
        SCRIPT_TEST(texts_are_as_written),
        SCRIPT_TEST(words_that_stand_alone),
        SCRIPT_TEST(layout_means_nothing),
        SCRIPT_TEST(loops_expand),
        SCRIPT_TEST(loops_nest),
        SCRIPT_TEST(loops_at_the_ends_of_numbers),
        SCRIPT_TEST(units_are_whole_blocks),
        SCRIPT_TEST(huge_sizes_stay_requests),
        SCRIPT_TEST(use_names_what_changes),
        SCRIPT_TEST(use_forgets_blocks),
        SCRIPT_TEST(random_is_the_seeds),
        SCRIPT_TEST(expectations),
        SCRIPT_TEST(expectations_of_one_width),
        SCRIPT_TEST(every_quantity_and_fault_is_read),
        SCRIPT_TEST(every_statement_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
