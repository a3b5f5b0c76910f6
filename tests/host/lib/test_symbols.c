/* Names for addresses: every boundary of a small table, and a large random one against a search from the front. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <lib/symbols.h>

#define BASE ((uintptr_t)0xC0101000)

static const char names[] = "first\0second\0last";
static const struct image_symbol few[] = {{0, 0}, {0x10, 6}, {0x11, 13}};

static const struct symbol_table table = {.base = BASE, .end = BASE + 0x100, .symbol = few, .count = 3, .names = names};

static void expect(uintptr_t address, const char *name, uintptr_t offset)
{
    uintptr_t found;
    const char *said = symbol_find(&table, address, &found);
    assert_int_equal(found, offset);
    if (name)
        assert_string_equal(said, name);
    else
        assert_null(said);
}

static void test_boundaries(void **state)
{
    (void)state;
    expect(BASE, "first", 0);
    expect(BASE + 0xF, "first", 0xF);
    expect(BASE + 0x10, "second", 0);
    expect(BASE + 0x11, "last", 0);
    expect(BASE + 0xFF, "last", 0xEE);
}

static void test_no_function(void **state)
{
    (void)state;
    expect(BASE - 1, NULL, BASE - 1);
    expect(BASE + 0x100, NULL, BASE + 0x100);
    expect(0, NULL, 0);
    expect(UINTPTR_MAX, NULL, UINTPTR_MAX);
}

/* The kernel's first link has an empty table; and a table need not begin with the text. */
static void test_gaps(void **state)
{
    struct symbol_table t = table;
    uintptr_t offset;
    (void)state;
    t.count = 0;
    assert_null(symbol_find(&t, BASE + 5, &offset));
    assert_int_equal(offset, BASE + 5);
    t.symbol = few + 1;
    t.count = 2;
    assert_null(symbol_find(&t, BASE + 0xF, &offset));
    assert_int_equal(offset, BASE + 0xF);
    assert_string_equal(symbol_find(&t, BASE + 0x10, &offset), "second");
}

static void test_random_tables(void **state)
{
    enum { MANY = 1000, SPAN = 20000 };
    static struct image_symbol many[MANY];
    uint64_t random = 7;
    (void)state;
    for (int round = 0; round < 20; round++) {
        uint32_t at = 0;
        for (uint32_t i = 0; i < MANY; i++) {
            at += 1 + (uint32_t)(test_random(&random) % 16);
            many[i] = (struct image_symbol){at, i % 3 * 6};
        }
        struct symbol_table t = {.base = BASE, .end = BASE + SPAN, .symbol = many, .count = MANY, .names = names};
        for (uint32_t address = 0, i = 0; address < SPAN; address++) {
            uintptr_t offset;
            while (i < MANY && many[i].offset <= address)
                i++;
            const char *name = symbol_find(&t, BASE + address, &offset);
            assert_ptr_equal(name, i ? names + many[i - 1].name : NULL);
            assert_int_equal(offset, i ? address - many[i - 1].offset : BASE + address);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_no_function),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_random_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
