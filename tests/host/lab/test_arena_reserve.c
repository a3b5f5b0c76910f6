/* Scratch memory at the end of its reserve, where the callback would give more; and with a callback that promises too
 * much. */
#include <lab/arena.h>

#include "scratch.h"

enum { RESERVED = 1024, TAKEN = 272 };

static size_t calls;

static bool commit(void *context, size_t bytes, size_t *committed)
{
    const bool *is_honest = context;
    calls++;
    assert_in_range(bytes, 1, RESERVED);
    if (*is_honest)
        *committed = bytes;
    return true;
}

static struct lab_arena begin(bool *is_honest)
{
    struct lab_arena arena = scratch_begin(RESERVED);
    arena.commit = commit;
    arena.context = is_honest;
    arena.used = arena.committed = TAKEN;
    calls = 0;
    return arena;
}

/* To the last byte of the reserve and no further; nobody is asked for what cannot be. */
static void reserve_is_the_end(void **state)
{
    (void)state;
    bool is_honest = true;
    struct lab_arena arena = begin(&is_honest);
    assert_null(lab_arena_take(&arena, RESERVED - TAKEN + 1, 1));
    assert_null(lab_arena_take(&arena, 1, RESERVED));
    assert_null(lab_arena_take(&arena, RESERVED / 16, 16));
    assert_int_equal(calls, 0);
    assert_int_equal(arena.used, TAKEN);
    unsigned char *last = lab_arena_take(&arena, RESERVED - TAKEN, 1);
    assert_ptr_equal(last, arena.base + TAKEN);
    memset(last, 1, RESERVED - TAKEN);
    assert_int_equal(arena.used, RESERVED);
    assert_int_equal(calls, 1);
    assert_ptr_equal(lab_arena_take(&arena, 5, 0), arena.base + RESERVED); /* nothing, at the very end */
    assert_null(lab_arena_take(&arena, 1, 1));
    scratch_end(&arena);
}

static void empty_promise(void **state)
{
    (void)state;
    bool is_honest = false;
    struct lab_arena arena = begin(&is_honest);
    assert_null(lab_arena_take(&arena, 1, 16));
    assert_int_equal(calls, 1);
    assert_int_equal(arena.used, TAKEN);
    scratch_end(&arena);
}

/* A mark so high that rounding it up would wrap. */
static void no_start_beyond_the_end_of_memory(void **state)
{
    (void)state;
    bool is_honest = true;
    struct lab_arena arena = begin(&is_honest);
    arena.used = SIZE_MAX - 3;
    assert_null(lab_arena_take(&arena, 1, 1));
    assert_null(lab_arena_take(&arena, 1, 0));
    assert_int_equal(calls, 0);
    scratch_end(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reserve_is_the_end),
        cmocka_unit_test(empty_promise),
        cmocka_unit_test(no_start_beyond_the_end_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
