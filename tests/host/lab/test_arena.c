/* Scratch memory: alignment, overflow, the commit callback, giving back. */
#include <lab/arena.h>

#include "scratch.h"

static void pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    struct lab_arena arena = scratch_begin(1024);
    unsigned char *a = lab_arena_take(&arena, 3, 1), *b = lab_arena_take(&arena, 5, 7),
                  *c = lab_arena_take(&arena, 1, 16);
    assert_ptr_equal(a, arena.base);
    assert_ptr_equal(b, arena.base + 16);
    assert_ptr_equal(c, arena.base + 64); /* 16 + 35, rounded up */
    assert_int_equal(arena.used, 80);
    scratch_end(&arena);
}

static void full_to_the_last_byte(void **state)
{
    (void)state;
    struct lab_arena arena = scratch_begin(100);
    assert_non_null(lab_arena_take(&arena, 1, 90));
    assert_null(lab_arena_take(&arena, 1, 5)); /* would start at 96 */
    assert_int_equal(arena.used, 90);
    assert_non_null(lab_arena_take(&arena, 4, 1));
    assert_int_equal(arena.used, 100);
    assert_null(lab_arena_take(&arena, 1, 1));
    assert_null(lab_arena_take(&arena, 1, 0)); /* not even a start fits */
    lab_arena_release(&arena, 0);
    assert_ptr_equal(lab_arena_take(&arena, 100, 1), arena.base);
    scratch_end(&arena);
}

static void products_do_not_wrap(void **state)
{
    (void)state;
    struct lab_arena arena = scratch_begin(1024);
    assert_null(lab_arena_take(&arena, SIZE_MAX, SIZE_MAX));
    assert_null(lab_arena_take(&arena, SIZE_MAX / 2 + 1, 2)); /* 2^width: 0 if it wraps */
    assert_null(lab_arena_take(&arena, SIZE_MAX / 16 + 2, 16));
    assert_null(lab_arena_take(&arena, SIZE_MAX, 1));
    assert_null(lab_arena_take(&arena, 1, SIZE_MAX));
    assert_int_equal(arena.used, 0);
    assert_non_null(lab_arena_take(&arena, SIZE_MAX, 0));
    assert_non_null(lab_arena_take(&arena, 0, SIZE_MAX));
    assert_int_equal(arena.used, 0);
    scratch_end(&arena);
}

struct commits {
    size_t calls, asked, most; /* most: bytes it can make usable */
};

static bool commit(void *context, size_t bytes, size_t *committed)
{
    struct commits *c = context;
    c->calls++;
    c->asked = bytes;
    if (bytes > c->most)
        return false;
    *committed = (bytes + 255) / 256 * 256;
    return true;
}

static void commits_what_is_needed(void **state)
{
    (void)state;
    struct commits commits = {.most = 768};
    struct lab_arena arena = scratch_begin(2048);
    arena.committed = 0;
    arena.commit = commit;
    arena.context = &commits;
    assert_non_null(lab_arena_take(&arena, 1, 100));
    assert_int_equal(commits.asked, 100);
    assert_non_null(lab_arena_take(&arena, 1, 144)); /* there already */
    assert_int_equal(commits.calls, 1);
    assert_non_null(lab_arena_take(&arena, 1, 1));
    assert_int_equal(commits.asked, 257);
    assert_null(lab_arena_take(&arena, 1, 1000));
    assert_int_equal(commits.asked, 272 + 1000);
    assert_int_equal(arena.used, 257);
    assert_null(lab_arena_take(&arena, 1, 4096)); /* beyond the reserve nobody is asked */
    assert_int_equal(commits.calls, 3);
    assert_non_null(lab_arena_take(&arena, 1, 16));
    scratch_end(&arena);
}

static void without_callback_committed_is_all(void **state)
{
    (void)state;
    struct lab_arena arena = scratch_begin(2048);
    arena.committed = 64;
    assert_null(lab_arena_take(&arena, 1, 65));
    assert_non_null(lab_arena_take(&arena, 1, 64));
    scratch_end(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(full_to_the_last_byte),
        cmocka_unit_test(products_do_not_wrap),
        cmocka_unit_test(commits_what_is_needed),
        cmocka_unit_test(without_callback_committed_is_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
