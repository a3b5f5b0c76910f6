/* Scripts that are wrong: each message to the letter, and the limits. */
#include "script_text.h"

#include "support.h"

static void statements(void **state)
{
    (void)state;
    bad("alloc 1\nallc 5 as a", "line 2: no statement 'allc': did you mean alloc? There are alloc, aalloc, resize, "
                                "free, write, read, check, use, "
                                "about, say, map, holes, blocks, list, stats, ask, expect, shel...");
    assert_string_equal(error.word, "allc");
    bad("xyzzy",
        "line 1: no statement 'xyzzy'; there are alloc, aalloc, resize, free, write, read, check, use, about, say, "
        "map, holes, blocks, list, stats, ask, expect, shel...");
    bad("map now", "line 1: 'now' is too much: map");
    assert_string_equal(error.word, "now");
    bad("alloc 5 as a b", "line 1: 'b' is too much: alloc SIZE [as BLOCK]");
    bad("alloc 5 6", "line 1: '6' is too much: alloc SIZE [as BLOCK]");
    bad("alloc 5 a", "line 1: 'a' is too much: alloc SIZE [as BLOCK]");
    bad("alloc 5 as", "line 1: a block is missing: alloc SIZE [as BLOCK]");
    bad("alloc", "line 1: a number is missing: alloc SIZE [as BLOCK]");
    bad("alloc as a", "line 1: a number is missing: alloc SIZE [as BLOCK]");
    bad("alloc 5 as a\nfree", "line 2: a block is missing: free BLOCK");
    bad("alloc 5 as a\nfree a a", "line 2: 'a' is too much: free BLOCK");
    bad("alloc 5 as a\nresize a", "line 2: a number is missing: resize BLOCK SIZE");
    bad("alloc 5 as a\nresize a 0", "line 2: '0': to give a block back, free it");
    bad("aalloc 5", "line 1: a number is missing: aalloc SIZE ALIGN [as BLOCK]");
    /* A unit of 16 bytes is a whole block at 32 bits, and less than one at 64. */
    if (sizeof(size_t) == 8)
        bad("use unit=16\nalloc 1 unit", "line 2: '1 unit': less than the smallest block, which has `min` bytes");
    bad("alloc 1\nexpect fault = double freely",
        "line 2: no fault 'double freely': did you mean double free? There are none, double free, invalid free: "
        "interior, invalid free: unaligned, invalid free: not in heap, invalid free: other h...");
    bad("aalloc 5 48 as a", "line 1: '48': an alignment is a power of two");
    bad("aalloc 5 1 - 1", "line 1: '1 - 1': an alignment is a power of two");
    bad("adversary 5", "line 1: a number is missing: adversary LIVE LARGEST");
    bad("adversary 5 6", "line 1: '6': the largest request has one byte at least, and LIVE at most");
    bad("adversary 5 0", "line 1: '0': the largest request has one byte at least, and LIVE at most");
    bad("adversary 5 5 5", "line 1: '5' is too much: adversary LIVE LARGEST");
    bad("shell", "line 1: a command is missing: shell COMMAND");
}

static void numbers(void **state)
{
    (void)state;
    bad("alloc 5x", "line 1: '5x' is no number");
    bad("alloc 0x", "line 1: '0x' is no number");
    bad("alloc *", "line 1: '*' is no number");
    bad("alloc -5", "line 1: '-5' is no number");
    bad("alloc 18446744073709551616", "line 1: '18446744073709551616' does not fit 64 bits");
    bad("alloc 17179869184G", "line 1: '17179869184G' does not fit 64 bits");
    bad("alloc 3 - 5 as a", "line 1: '3 - 5': less than 0");
    bad("alloc 0xFFFFFFFFFFFFFFFF + 1", "line 1: '0xFFFFFFFFFFFFFFFF + 1': more than 64 bits");
    bad("alloc 4G * 4G", "line 1: '4G * 4G': more than 64 bits");
    bad("alloc 7 / (3 - 3)", "line 1: '7 / (3 - 3)': division by 0");
    bad("alloc 7 % 0", "line 1: '7 % 0': division by 0");
    bad("alloc 7 *", "line 1: a number is missing: alloc SIZE [as BLOCK]");
    bad("alloc (7", "line 1: '(7': a ) is missing");
    bad("alloc 7)", "line 1: ')' is too much: alloc SIZE [as BLOCK]");
    bad("alloc ((((((((((((((((1))))))))))))))))",
        "line 1: '((((((((((((((((': too many parentheses inside each other");
    bad("alloc aling",
        "line 1: no number 'aling': did you mean align? There are header, align, min, page, unit, random");
    bad("repeat 2 as rounds\nalloc round\nend",
        "line 2: no number 'round': did you mean rounds? There are rounds, header, align, min, page, unit, random");
    bad("alloc random", "line 1: 'random': random takes two numbers: random(LOW, HIGH)");
    bad("alloc random(5)", "line 1: 'random(5': random takes two numbers: random(LOW, HIGH)");
    bad("alloc random(5, 4)", "line 1: 'random(5, 4)': HIGH is below LOW");
    bad("alloc random(0, 4294967295)", "line 1: 'random(0, 4294967295)': HIGH and LOW are more than 32 bits apart");
    bad("alloc random(1, 2", "line 1: 'random(1, 2': a ) is missing");
    bad("alloc 5 units", "line 1: '5 units': no unit is named; use unit=32 names one of 32 bytes");
    bad("alloc 5 * unit", "line 1: '5 * unit': no unit is named; use unit=32 names one of 32 bytes");
    bad("use unit=32\nalloc 0 units", "line 2: '0 units': less than the smallest block, which has `min` bytes");
    good("alloc (((((((((((((((1)))))))))))))))", 1);
}

static void blocks(void **state)
{
    (void)state;
    bad("free a", "line 1: no block 'a': nothing was allocated yet");
    bad("alloc 1 as wall[1]\nalloc 1 as wall[2]\nalloc 1 as b\nfree wal[2]",
        "line 4: no block 'wal': did you mean wall? There are wall, b");
    bad("alloc 1 as wall[1]\nrepeat 2 as i\nfree wall[i + 1]\nend", "line 3: 'wall[2]' was never allocated");
    bad("alloc 1 as a\nalloc 2 as a", "line 2: 'a' is live: free it first, or name it anew");
    bad("repeat 3 as i\nalloc 2 as a[i / 2]\nend", "line 2: 'a[0]' is live: free it first, or name it anew");
    bad("alloc 1 as 1a", "line 1: '1a': a name begins with a letter");
    bad("alloc 1 as %", "line 1: '%': a name begins with a letter");
    bad("alloc 1 as free", "line 1: 'free' is a word of the language, not a name");
    bad("alloc 1 as page", "line 1: 'page' is a word of the language, not a name");
    bad("alloc 1 as units", "line 1: 'units' is a word of the language, not a name");
    bad("alloc 1 as abcdefghijklmnop", "line 1: 'abcdefghijklmnop': a name has at most 15 characters");
    good("alloc 1 as abcdefghijklmno", 1);
    bad("alloc 1 as a[1", "line 1: 'a[1': a ] is missing");
    bad("alloc 1 as a[]", "line 1: ']' is no number");
    bad("alloc 1 as a[4294967295]", "line 1: 'a[4294967295': an index has at most 32 bits");
    good("alloc 1 as a[4294967294]", 1);
    bad("alloc 1 as a.b", "line 1: '.b' is too much: alloc SIZE [as BLOCK]");
}

static void touches(void **state)
{
    (void)state;
    bad("alloc 1 as a\nwrite a at",
        "line 2: a number is missing: write BLOCK [at OFFSET] [COUNT], or write BLOCK COUNT "
        "past|before");
    bad("alloc 1 as a\nwrite a 0", "line 2: '0': one byte at least");
    bad("alloc 1 as a\nwrite a past",
        "line 2: a number is missing: write BLOCK [at OFFSET] [COUNT], or write BLOCK COUNT past|before");
    bad("alloc 1 as a\nread a 1 past", "line 2: 'past' is too much: read BLOCK [at OFFSET] [COUNT]");
    bad("alloc 1 as a\nwrite a at 1 1 past",
        "line 2: 'past' is too much: write BLOCK [at OFFSET] [COUNT], or write BLOCK COUNT past|before");
    bad("alloc 4 as a\nwrite a at 4", "line 2: 'write a at 4': the block has no byte there");
    bad("alloc 0 as a\nread a", "line 2: 'read a': the block has no byte there");
    bad("alloc 4 as a\nwrite a 0x8000000000000000", "line 2: '0x8000000000000000': more bytes than any block can have");
}

static void loops(void **state)
{
    (void)state;
    bad("repeat 3\nalloc 1", "line 1: 'repeat 3' has no end");
    assert_string_equal(error.word, "repeat 3");
    bad("repeat 3\nrepeat 2\nend\n", "line 1: 'repeat 3' has no end");
    bad("repeat 3\nend\nend", "line 3: 'end': no loop is open");
    bad("repeat 3\nend loop", "line 2: 'loop' is too much: end");
    bad("repeat 0\nend", "line 1: 'repeat 0': a loop goes round once at least");
    bad("repeat", "line 1: a number is missing: repeat COUNT [as VARIABLE]");
    bad("repeat 2 as\nend", "line 1: a variable is missing: repeat COUNT [as VARIABLE]");
    bad("repeat 2 as to\nend", "line 1: 'to' is a word of the language, not a name");
    bad("repeat 2 as a-b\nend", "line 1: 'a-b': a variable's name is letters, digits and _");
    bad("repeat 2 as i j\nend", "line 1: 'j' is too much: repeat COUNT [as VARIABLE]");
    bad("repeat 2 as i\nrepeat 3 as i\nend\nend", "line 2: 'i': a loop around this one has that variable");
    bad("each i from 5 to 4\nend", "line 1: 'each i from 5 to 4': a loop counts up, by 1 at least");
    bad("each i from 5 to 6 step 0\nend", "line 1: 'each i from 5 to 6 step 0': a loop counts up, by 1 at least");
    bad("each i 5 to 6\nend", "line 1: from is missing: each VARIABLE from A to B [step S]");
    bad("each i from 5\nend", "line 1: to is missing: each VARIABLE from A to B [step S]");
    bad("each from 1 to 2\nend", "line 1: 'from' is a word of the language, not a name");
    bad("each i from 1 to 2 by 1\nend", "line 1: 'by' is too much: each VARIABLE from A to B [step S]");
    bad("repeat 2\nrepeat 2\nrepeat 2\nrepeat 2\nrepeat 2\n", "line 5: 'repeat 2': at most 4 loops inside each other");
    bad("repeat 2 as i\nend\nalloc i", "line 3: no number 'i'; there are header, align, min, page, unit, random");
}

static void texts(void **state)
{
    (void)state;
    char line[200] = "title ";
    bad("title", "line 1: a text is missing: title TEXT");
    bad("title a\ntitle b", "line 2: 'b': there is a title already");
    bad("map\ntitle b", "line 2: 'title b': title and about stand before everything else");
    bad("say x\nabout b", "line 2: 'about b': title and about stand before everything else");
    bad("repeat 2\nabout b\nend", "line 2: 'about b': title and about stand before everything else");
    bad("say a\tb", "line 1: 'a b': a text is printable ASCII, without tabs");
    bad("say \xC3\xA4", "line 1: '\?\?': a text is printable ASCII, without tabs");
    memset(line + 6, 'x', 71);
    bad(line,
        "line 1: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': 71 characters, 70 are allowed");
    line[76] = '\0';
    good(line, 0);
    memcpy(line, "say   ", 6);
    memset(line + 6, 'x', 101);
    bad(line,
        "line 1: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': 101 characters, 100 are allowed");
    line[106] = '\0';
    good(line, 1);
}

static void use(void **state)
{
    (void)state;
    bad("use",
        "line 1: what to use is missing: use [ALLOCATOR] [heap=SIZE] [harden=N] [vm=WORD] [unit=BYTES] [seed=N]");
    assert_int_equal(read_text("use frist-fit"), LAB_BAD_INPUT);
    assert_non_null(strstr(error.message, "line 1: no allocator 'frist-fit': did you mean first-fit? There are "));
    bad("use first-fit best-fit", "line 1: 'best-fit': use takes heap=, harden=, vm=, unit=, seed=");
    bad("use first-fit hepa=5", "line 1: 'hepa=5': did you mean heap=? use takes heap=, harden=, vm=, unit=, seed=");
    bad("use heap=4K heap=8K", "line 1: 'heap=8K': it is given twice");
    bad("use heap=4095", sizeof(size_t) == 8 ? "line 1: 'heap=4095': 4095 is no number from 4096 to 9223372036854775807"
                                             : "line 1: 'heap=4095': 4095 is no number from 4096 to 2147483647");
    bad("use heap=",
        "line 1: a number is missing: use [ALLOCATOR] [heap=SIZE] [harden=N] [vm=WORD] [unit=BYTES] [seed=N]");
    bad("use harden=5", "line 1: 'harden=5': 5 is no number from 0 to 4");
    bad("use vm=swap", "line 1: 'vm=swap': vm is one of demand, immediate, zero");
    bad("use unit=24", "line 1: 'unit=24': a unit is a multiple of 16 bytes");
    bad("use unit=2M", "line 1: 'unit=2M': 2097152 is no number from 16 to 1048576");
    bad("use heap=4K)",
        "line 1: ')' is too much: use [ALLOCATOR] [heap=SIZE] [harden=N] [vm=WORD] [unit=BYTES] [seed=N]");
    bad("use first-fit:grow=5", "line 1: 'grow=5': grow is a multiple of 4096 from 4096 to 1073741824");
}

#define EXPECT_FORM "expect QUANTITY [BLOCK] RELATION VALUE [under ALLOCATORS] [on 32|on 64]"

static void expectations(void **state)
{
    (void)state;
    bad("expect", "line 1: a quantity is missing: " EXPECT_FORM);
    bad("expect refusd = 1", "line 1: no quantity 'refusd': did you mean refused? There are refused, heap, used, free, "
                             "largest, meta, holes, "
                             "blocks, orphans, live, splits, merges, grows, probes, looked, at, s...");
    bad("expect refused", "line 1: one of = != < <= > >= is missing: " EXPECT_FORM);
    bad("expect refused is 1", "line 1: one of = != < <= > >= is missing: " EXPECT_FORM);
    bad("expect refused =", "line 1: a number is missing: " EXPECT_FORM);
    bad("expect refused == 1", "line 1: '=' is no number");
    bad("expect at = 5", "line 1: '=': a name begins with a letter");
    bad("expect size a = 5", "line 1: no block 'a': nothing was allocated yet");
    bad("expect fault = doble free",
        "line 1: no fault 'doble free': did you mean double free? There are none, double free, invalid free: interior, "
        "invalid free: unaligned, invalid free: not in heap, invalid free: other h...");
    bad("expect fault > none", "line 1: 'none': a fault is compared by = or !=");
    bad("expect fault =", "line 1: a fault is missing: " EXPECT_FORM);
    bad("expect refused = 1 under", "line 1: an allocator is missing: " EXPECT_FORM);
    assert_int_equal(read_text("expect refused = 1 under first-fit,bst-fit"), LAB_BAD_INPUT);
    assert_non_null(strstr(error.message, "line 1: no allocator 'bst-fit': did you mean best-fit? There are "));
    bad("expect refused = 1 under first-fit:grow=8K",
        "line 1: 'first-fit:grow=8K': under names allocators, without options");
    bad("expect refused = 1 on 16", "line 1: '16': on is followed by 32 or 64");
    bad("expect refused = 1 on", "line 1: 32 or 64 is missing: " EXPECT_FORM);
    bad("expect refused = 1 on 64 under all", "line 1: 'under' is too much: " EXPECT_FORM);
    bad("use unit=32\nexpect free = 0x1000000000000000 units", "line 2: '0x1000000000000000 units': more than 64 bits");
    bad("expect refused = 1 unit", "line 1: '1 unit': no unit is named; use unit=32 names one of 32 bytes");
}

/* ---- limits ---- */

static void steps_are_limited(void **state)
{
    (void)state;
    good("repeat 65536\nsay x\nend", LAB_SCRIPT_STEPS_MAX);
    bad("repeat 65537\nsay x\nend", "line 2: 'say x': at most 65536 steps");
}

static void blocks_are_limited(void **state)
{
    (void)state;
    good("repeat 16384 as i\nalloc 1 as a[i]\nend", LAB_SCRIPT_BLOCKS_MAX);
    assert_int_equal(lab_block_find(&script, "a[16383]", 8), 16383);
    bad("repeat 16385 as i\nalloc 1 as a[i]\nend", "line 2: no room for 'a[16384]': at most 16384 blocks");
    good("repeat 20000\nalloc 1 as a\nfree a\nend", 40000);
    assert_int_equal(script.block_capacity, 1);
}

static void lines_are_limited(void **state)
{
    (void)state;
    char line[300];
    bad("repeat 262144\nend", "line 2: the loops go over more than 262144 lines");
    bad("repeat 65536\nrepeat 65536\nrepeat 65536\nend\nend\nend", "line 4: the loops go over more than 262144 lines");
    good("repeat 262143\nend", 0);
    memset(line, 'x', sizeof line);
    memcpy(line, "map # ", 6);
    line[251] = '\0';
    bad(line,
        "line 1: 'map # xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...': 251 characters in a line, 250 are "
        "allowed");
    line[250] = '\0';
    good(line, 1);
}

/* What is wrong first in the file is told, whichever pass meets it. */
static void first_mistake_is_told(void **state)
{
    (void)state;
    bad("free a\nallc", "line 1: no block 'a': nothing was allocated yet");
    bad("alloc 1 as a\nalloc 1 as a\nrepeat 0\nend", "line 2: 'a' is live: free it first, or name it anew");
}

/* The bytes of a file may be anything; each byte of the message is printable. */
static void no_byte_upsets_it(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[] = "alloc 5 as ?\n";
        text[11] = (char)byte;
        enum lab_status status = read_bytes(text, sizeof text - 1, 1);
        assert_true(status == LAB_OK || status == LAB_BAD_INPUT);
        for (const char *c = error.message; *c; c++)
            assert_in_range(*c, ' ', '~');
    }
    assert_int_equal(read_bytes("map\0", 4, 1), LAB_BAD_INPUT);
}

/* Every size of arena: a whole script, or nothing and the arena as it was. */
static void too_little_scratch(void **state)
{
    (void)state;
    static const char text[] = "repeat 5 as i\nalloc 1 as a[i]\nfree a[i]\nend\n";
    size_t enough = 0;
    assert_int_equal(read_bytes(text, sizeof text - 1, 1), LAB_OK);
    struct lab_arena whole = arena;
    for (size_t bytes = 48; bytes < 16384; bytes += 8) {
        arena.committed = arena.reserved = bytes;
        enum lab_status status = read_bytes(text, sizeof text - 1, 1);
        assert_true(status == LAB_OK || status == LAB_NO_SCRATCH);
        assert_false(status == LAB_NO_SCRATCH && enough > 0);
        if (status == LAB_OK && enough == 0)
            enough = bytes;
    }
    arena = whole;
    assert_in_range(enough, 10 * sizeof(struct lab_step), 10 * sizeof(struct lab_step) + 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPT_TEST(statements),
        SCRIPT_TEST(numbers),
        SCRIPT_TEST(blocks),
        SCRIPT_TEST(touches),
        SCRIPT_TEST(loops),
        SCRIPT_TEST(texts),
        SCRIPT_TEST(use),
        SCRIPT_TEST(expectations),
        SCRIPT_TEST(steps_are_limited),
        SCRIPT_TEST(blocks_are_limited),
        SCRIPT_TEST(lines_are_limited),
        SCRIPT_TEST(first_mistake_is_told),
        SCRIPT_TEST(no_byte_upsets_it),
        SCRIPT_TEST(too_little_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
