/* The boot information parser against forged blocks, each in a buffer of its exact size. */
#include "support.h"

#include "forge.h"
#include "forged_cases.h"
#include "forged_maps.h"
#include "forged_modules.h"
#include "forged_strings.h"
#include "forged_tags.h"

#include "../../fuzz/fuzz_multiboot2.c"

static struct forge block;
static struct mb2_info info;

/* Parses a copy without a byte to spare, so that the sanitizer sees any look beyond it. It lives until the next one. */
static enum mb2_status parse_exactly(const unsigned char *bytes, size_t size, uint32_t magic)
{
    static unsigned char *copy;
    free(copy);
    copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    memset(&info, 0xA5, sizeof info);
    return mb2_parse(copy, size, magic, &info);
}

static size_t add(char *out, size_t used, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int length = vsnprintf(out + used, 8192 - used, format, list);
    va_end(list);
    return used + (size_t)length;
}

/* What was read, in one line. */
static const char *describe(void)
{
    static char out[8192];
    size_t used = add(out, 0, "cmd=[");
    for (size_t i = 0; i < info.command_line_length && i < 64; i++) {
        char c = info.command_line[i];
        used = add(out, used, "%c", c >= ' ' && c <= '~' ? c : '.');
    }
    used = add(out, used, "] %zu loader=%s map=", info.command_line_length, info.loader);
    for (size_t i = 0; i < info.map_count; i++)
        used = add(out, used, "%llX+%llX:%u,", (unsigned long long)info.map[i].base,
                   (unsigned long long)info.map[i].length, info.map[i].type);
    used = add(out, used, " modules=");
    for (size_t i = 0; i < info.module_count; i++)
        used = add(out, used, "%llX-%llX:%s/%zu,", (unsigned long long)info.modules[i].start,
                   (unsigned long long)info.modules[i].end, info.modules[i].name, info.modules[i].name_length);
    const struct mb2_screen *s = &info.screen;
    if (info.has_screen)
        used = add(out, used, " screen=%ux%u@%llX/%u:%u:%u ", s->width, s->height, (unsigned long long)s->address,
                   s->pitch, s->bits, s->type);
    else
        used = add(out, used, " screen=none ");
    add(out, used, "%s %zu modules, %zu entries", info.is_efi ? "efi" : "bios", info.module_count, info.map_count);
    return out;
}

enum { CASES_AT_LEAST = 500 };

#define TABLE(name)                      \
    {                                    \
        name, sizeof name / sizeof *name \
    }
static const struct {
    const struct forged_case *cases;
    size_t count;
} tables[] = {TABLE(forged_cases), TABLE(forged_tags), TABLE(forged_strings), TABLE(forged_maps),
              TABLE(forged_modules)};

/* Parses the case's block; says so and returns false if the outcome is another than the table's. */
static bool has_its_outcome(const struct forged_case *c)
{
    forge(&block, c->recipe);
    enum mb2_status status = parse_exactly(block.bytes, block.told, block.magic);
    bool reads_right = status != MB2_OK || !c->reads || strstr(describe(), c->reads);
    if (status != c->status || !reads_right)
        print_error("%s: status %d, expected %d; %s\n", c->name, (int)status, (int)c->status,
                    status == MB2_OK ? describe() : "");
    return status == c->status && reads_right;
}

static void forged_blocks_have_their_exact_outcome(void **state)
{
    (void)state;
    size_t wrong = 0, count = 0;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (size_t i = 0; i < tables[t].count; i++, count++)
            wrong += !has_its_outcome(&tables[t].cases[i]);
    }
    assert_int_equal(wrong, 0);
    assert_true(count >= CASES_AT_LEAST);
}

static void every_case_has_a_name_of_its_own(void **state)
{
    (void)state;
    static const char *names[2000];
    size_t count = 0;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (size_t i = 0; i < tables[t].count; i++) {
            const char *name = tables[t].cases[i].name;
            for (size_t j = 0; j < count; j++)
                assert_string_not_equal(name, names[j]);
            names[count++] = name;
            assert_true(count < sizeof names / sizeof *names);
        }
    }
}

static void other_magics_are_refused(void **state)
{
    (void)state;
    static const uint32_t magics[] = {0, 1, 0x2BADB002, 0xE85250D6, 0x36D76288, 0xB7D7636, 0x8962D736, 0xFFFFFFFF};
    forge(&block, "ok end");
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        assert_int_equal(parse_exactly(block.bytes, block.told, magics[i]), MB2_BAD_MAGIC);
    assert_int_equal(mb2_parse(NULL, 0, 0, &info), MB2_BAD_MAGIC);
    assert_int_equal(parse_exactly(block.bytes, block.told, MB2_MAGIC), MB2_OK);
}

/* Nothing was kept (EBX 0, unaligned or too large a block): the block is not looked at. */
static void a_block_that_was_not_kept_is_not_read(void **state)
{
    (void)state;
    assert_int_equal(mb2_parse(NULL, 0, MB2_MAGIC, &info), MB2_BAD_SIZE);
    assert_int_equal(mb2_parse(NULL, MB2_BLOCK_MAX + 1, MB2_MAGIC, &info), MB2_BAD_SIZE);
    assert_int_equal(mb2_parse(NULL, UINT32_MAX, MB2_MAGIC, &info), MB2_BAD_SIZE);
}

static void a_reserved_word_and_any_alignment_do_not_matter(void **state)
{
    (void)state;
    forge(&block, "ok tag=1 s=a=1 1=0 mod=1,2 s=m 1=0 end");
    memset(block.bytes + 4, 0xFF, 4);
    for (size_t shift = 0; shift < 8; shift++) {
        unsigned char *copy = malloc(block.used + shift);
        memcpy(copy + shift, block.bytes, block.used);
        assert_int_equal(mb2_parse(copy + shift, block.used, MB2_MAGIC, &info), MB2_OK);
        assert_non_null(strstr(describe(), "cmd=[a=1] 3 loader= map=100000+7F00000:1, modules=1-2:m/1, "));
        free(copy);
    }
}

/* Every length a command line is likely to be cut at. */
static void command_lines_arrive_whole(void **state)
{
    (void)state;
    static const size_t lengths[] = {0,   1,    7,    8,    9,    127,  128,  255,  256,  257,   511,
                                     512, 1023, 1024, 1025, 2047, 2048, 4095, 4096, 4097, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char recipe[64];
        snprintf(recipe, sizeof recipe, "ok tag=1 long=%zu 1=0 end", lengths[i]);
        forge(&block, recipe);
        assert_int_equal(parse_exactly(block.bytes, block.told, MB2_MAGIC), MB2_OK);
        assert_int_equal(info.command_line_length, lengths[i]);
        assert_int_equal(strlen(info.command_line), lengths[i]);
    }
}

static void at_most_128_modules(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 129; count++) {
        char whole[40];
        snprintf(whole, sizeof whole, "ok %u*module=7,8 end", count);
        forge(&block, whole);
        enum mb2_status status = parse_exactly(block.bytes, block.told, MB2_MAGIC);
        assert_int_equal(status, count <= MB2_MODULES_MAX ? MB2_OK : MB2_TOO_MANY_MODULES);
        if (status == MB2_OK)
            assert_int_equal(info.module_count, count);
    }
}

/* A block cut anywhere is refused, whatever its total says: nothing is read of what is missing. */
static void every_cut_is_refused(void **state)
{
    (void)state;
    forge(&block, "tag=1 s=heap=8M 1=0 tag=2 s=GRUB 1=0 mod=1,2 s=m 1=0 map=40 e=1,2,1 e=3,4,2 "
                  "screen=0xB8000,160,80,25,16,2 tag=12 8=1 end");
    assert_int_equal(parse_exactly(block.bytes, block.used, MB2_MAGIC), MB2_OK);
    for (size_t size = 0; size < block.used; size++) {
        assert_int_equal(parse_exactly(block.bytes, size, MB2_MAGIC), MB2_BAD_SIZE);
        forge_set32(&block, 0, (uint32_t)size);
        assert_int_not_equal(parse_exactly(block.bytes, size, MB2_MAGIC), MB2_OK);
        forge_set32(&block, 0, (uint32_t)block.used);
    }
}

static void mutate(uint64_t *seed)
{
    static const uint32_t odd[] = {0,  1,  6,  7,          8,          9,          15,        16,
                                   23, 24, 40, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF};
    for (uint64_t n = test_random(seed) % 6 + 1; n > 0; n--) {
        size_t at = (size_t)(test_random(seed) % block.told);
        if (test_random(seed) % 2)
            block.bytes[at] = (unsigned char)test_random(seed);
        else
            forge_set32(&block, at & ~(size_t)3, odd[test_random(seed) % (sizeof odd / sizeof *odd)]);
    }
    if (test_random(seed) % 4 == 0)
        block.told = (size_t)(test_random(seed) % (block.told + 1));
    if (test_random(seed) % 2 == 0 && block.told >= 4)
        forge_set32(&block, 0, (uint32_t)block.told); /* an honest total lets more of the block be read */
}

static void mutated_blocks_are_read_inside_their_bounds(void **state)
{
    (void)state;
    uint64_t seed = 20240607;
    size_t accepted = 0;
    static struct forge intact;
    for (unsigned round = 0; round < 300; round++) {
        const struct forged_case *c = &forged_cases[test_random(&seed) % (sizeof forged_cases / sizeof *forged_cases)];
        forge(&intact, c->recipe);
        if (intact.used > 4096 || intact.told < 8)
            continue;
        for (unsigned i = 0; i < 300; i++) {
            memcpy(block.bytes, intact.bytes, intact.used + 8);
            block.told = intact.told;
            mutate(&seed);
            unsigned char *exact = malloc(block.told ? block.told : 1);
            memcpy(exact, block.bytes, block.told);
            LLVMFuzzerTestOneInput(exact, block.told);
            accepted += mb2_parse(exact, block.told, MB2_MAGIC, &info) == MB2_OK;
            free(exact);
        }
    }
    assert_true(accepted > 1000);
}

static void every_status_has_a_text_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < MB2_STATUS_COUNT; a++) {
        assert_true(strlen(mb2_status_text((enum mb2_status)a)) <= 100);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(mb2_status_text((enum mb2_status)a), mb2_status_text((enum mb2_status)b));
    }
    assert_non_null(strstr(mb2_status_text(MB2_NO_MAP), "no usable memory"));
    assert_non_null(strstr(mb2_status_text(MB2_NO_MEMORY), "no usable memory"));
    assert_string_equal(mb2_status_text(MB2_STATUS_COUNT), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_blocks_have_their_exact_outcome),
        cmocka_unit_test(every_case_has_a_name_of_its_own),
        cmocka_unit_test(other_magics_are_refused),
        cmocka_unit_test(a_block_that_was_not_kept_is_not_read),
        cmocka_unit_test(a_reserved_word_and_any_alignment_do_not_matter),
        cmocka_unit_test(command_lines_arrive_whole),
        cmocka_unit_test(at_most_128_modules),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(mutated_blocks_are_read_inside_their_bounds),
        cmocka_unit_test(every_status_has_a_text_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
