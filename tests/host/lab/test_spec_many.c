/* A registry of more allocators than a comparison or a message has room for: nothing is left out in silence. */
#include <string.h>

#include <alloc/heap_ops.h>
#include <lab/spec.h>

#include "support.h"

static const struct heap_ops many = {.name = "an-allocator"};

#define FOUR &many, &many, &many, &many

/* In place of the build's table: 33. */
const struct heap_ops *const heap_policies[] = {FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, &many, NULL};

static void all_are_too_many(void **state)
{
    (void)state;
    struct lab_alloc_spec specs[LAB_COMPARE_MAX];
    struct lab_error error;
    size_t count;
    assert_false(lab_parse_compare("all", 3, specs, &count, &error));
    assert_string_equal(error.message, "'all': at most 32 allocators in one comparison");
    assert_string_equal(error.word, "all");
}

static void cut_list_is_marked(void **state)
{
    (void)state;
    struct lab_alloc_spec spec;
    struct lab_error error;
    assert_false(lab_parse_alloc("buddy", 5, &spec, &error));
    assert_memory_equal(error.message, "no allocator 'buddy'; there are an-allocator, an-allocator, ", 58);
    assert_string_equal(error.message + strlen(error.message) - 3, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_too_many),
        cmocka_unit_test(cut_list_is_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
