/* The map and the list of holes, letter by letter, on heaps that are nothing but a list of extents. */
#include <string.h>

#include <alloc/heap_ops.h>
#include <lab/map.h>

#include "support.h"

static const struct heap_extent *extents; /* of the heap under test */
static size_t extent_count;

static bool walk_extents(struct heap *h, heap_visit_fn *visit, void *context)
{
    (void)h;
    for (size_t i = 0; i < extent_count; i++) {
        if (!visit(context, &extents[i]))
            break;
    }
    return true;
}

static const struct heap_ops listed = {.name = "listed", .walk = walk_extents};

static char text[8192];

static struct lab_sink begin(struct lab_buffer *buffer, struct heap *h, const struct heap_extent *list, size_t count)
{
    extents = list;
    extent_count = count;
    *h = (struct heap){.ops = &listed, .seam = &listed};
    for (size_t i = 0; i < count; i++)
        h->committed += list[i].size;
    memset(text, 'x', sizeof text);
    return lab_buffer_sink(buffer, text, sizeof text);
}

static const char *map_of(const struct heap_extent *list, size_t count, unsigned width, unsigned rows)
{
    struct lab_buffer buffer;
    struct heap h;
    struct lab_sink sink = begin(&buffer, &h, list, count);
    assert_int_equal(lab_map(&sink, &h, width, rows), HEAP_OK);
    assert_int_equal(buffer.length, buffer.wanted);
    return text;
}

static const char *holes_of(const struct heap_extent *list, size_t count, size_t most)
{
    struct lab_buffer buffer;
    struct heap h;
    struct lab_sink sink = begin(&buffer, &h, list, count);
    assert_int_equal(lab_holes(&sink, &h, most), HEAP_OK);
    return text;
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define TEN_DOTS ".........."
#define DOTS_64 TEN_DOTS TEN_DOTS TEN_DOTS TEN_DOTS TEN_DOTS TEN_DOTS "...."

/* ---- the map ---- */

static const struct heap_extent small[] = {
    {HEAP_META, 0, 8},     {HEAP_USED, 8, 64},    {HEAP_FREE, 72, 96},     {HEAP_USED, 168, 64}, {HEAP_USED, 232, 16},
    {HEAP_FREE, 248, 264}, {HEAP_USED, 512, 496}, {HEAP_FREE, 1008, 3080}, {HEAP_META, 4088, 8},
};

static void small_heap_shows_each_block(void **state)
{
    (void)state;
    assert_string_equal(map_of(small, COUNT(small), 78, 16),
                        "listed: 4,096 bytes, 4 blocks used, 3,440 free in 3 holes, largest 3,080\n"
                        "0x0000  m|#######|...........|#######|#|................................\n"
                        "0x0200  |#############################################################|.\n"
                        "0x0400  " DOTS_64 "\n"
                        "0x0600  ...  4 more rows like this\n"
                        "0x0e00  ...............................................................m\n"
                        "one cell = 8 bytes:  | start of a block  # used  . free  m metadata\n");
}

/* The same heap in two rows of 32: cells of 64 bytes, most block edges lie within one. */
static void coarse_cells_tell_which_kind_prevails(void **state)
{
    (void)state;
    assert_string_equal(map_of(small, COUNT(small), 45, 2),
                        "listed: 4,096 bytes, 4 blocks used, 3,440 free in 3 holes, largest 3,080\n"
                        "0x0000  #--+....#######+................\n"
                        "0x0800  ...............................-\n"
                        "one cell = 64 bytes:  # used  . free\n"
                        "cells of both kinds:  + half or more of it in use  - more than half free\n");
}

/* Blocks of one cell could not show where they start, so no block does. */
static void edges_need_two_cells(void **state)
{
    (void)state;
    static const struct heap_extent list[] = {{HEAP_USED, 0, 16}, {HEAP_USED, 16, 48}, {HEAP_FREE, 64, 64}};
    assert_string_equal(map_of(list, COUNT(list), 78, 16), "listed: 128 bytes, 2 blocks used, 64 free in 1 hole\n"
                                                           "0x0000  ####....\n"
                                                           "one cell = 16 bytes:  # used  . free\n");
}

/* Large blocks alone do not do it: their edges must fall between cells. */
static void edges_within_cells_are_not_drawn(void **state)
{
    (void)state;
    static const struct heap_extent list[] = {{HEAP_USED, 0, 1032}, {HEAP_FREE, 1032, 3064}};
    assert_string_equal(map_of(list, COUNT(list), 78, 1),
                        "listed: 4,096 bytes, 1 block used, 3,064 free in 1 hole\n"
                        "0x0000  ################-...............................................\n"
                        "one cell = 64 bytes:  # used  . free\n"
                        "cells of both kinds:  + half or more of it in use  - more than half free\n");
}

static void untracked_bytes_are_neither(void **state)
{
    (void)state;
    static const struct heap_extent list[] = {{HEAP_UNTRACKED, 0, 520}, {HEAP_FREE, 520, 504}};
    assert_string_equal(map_of(list, COUNT(list), 28, 4), "listed: 1,024 bytes, 0 blocks used, 504 free in 1 hole\n"
                                                          "0x0000  ????????????????\n"
                                                          "0x0100  ????????????????\n"
                                                          "0x0200  ?...............\n"
                                                          "0x0300  ................\n"
                                                          "one cell = 16 bytes:  . free  ? untracked\n");
}

static void cell_rules_at_their_limits(void **state)
{
    (void)state;
    /* 16 cells of 256 bytes in one row; each line of the list fills one cell. */
    static const struct heap_extent list[] = {
        {HEAP_USED, 0, 128},         {HEAP_FREE, 128, 128},  /* half and half: + */
        {HEAP_USED, 256, 127},       {HEAP_FREE, 383, 129},  /* - */
        {HEAP_META, 512, 1},         {HEAP_USED, 513, 255},  /* none free: # */
        {HEAP_META, 768, 200},       {HEAP_FREE, 968, 56},   /* metadata counts as used: + */
        {HEAP_UNTRACKED, 1024, 128}, {HEAP_USED, 1152, 128}, /* half untracked: ? */
        {HEAP_UNTRACKED, 1280, 127}, {HEAP_FREE, 1407, 129}, /* less: - */
        {HEAP_META, 1536, 256},                              /* m */
        {HEAP_FREE, 1792, 2304},                             /* . to the end */
    };
    assert_string_equal(map_of(list, COUNT(list), 28, 1),
                        "listed: 4,096 bytes, 4 blocks used, 2,746 free in 5 holes, largest 2,304\n"
                        "0x0000  +-#+?-m.........\n"
                        "one cell = 256 bytes:  # used  . free  m metadata  ? untracked\n"
                        "cells of both kinds:  + half or more of it in use  - more than half free\n");
}

static void alike_rows_are_counted(void **state)
{
    (void)state;
    static const struct heap_extent list[] = {
        {HEAP_FREE, 0, 512}, {HEAP_USED, 512, 1024 + 256}, {HEAP_FREE, 1792, 240}};
    assert_string_equal(map_of(list, COUNT(list), 28, 8),
                        "listed: 2,032 bytes, 1 block used, 752 free in 2 holes, largest 512\n"
                        "0x0000  |...............\n"
                        "0x0100  ................\n"
                        "0x0200  |###############\n"
                        "0x0300  ################\n"
                        "0x0400  ###  3 more rows like this\n"
                        "0x0700  |..............\n"
                        "one cell = 16 bytes:  | start of a block  # used  . free\n");
}

static void rows_alike_at_the_end_are_counted_too(void **state)
{
    (void)state;
    static const struct heap_extent list[] = {{HEAP_FREE, 0, 1024}};
    assert_string_equal(map_of(list, COUNT(list), 28, 8), "listed: 1,024 bytes, 0 blocks used, 1,024 free in 1 hole\n"
                                                          "0x0000  |...............\n"
                                                          "0x0100  ................\n"
                                                          "0x0200  ...  2 more rows like this\n"
                                                          "one cell = 16 bytes:  | start of a block  . free\n");
}

static void empty_heap_has_no_rows(void **state)
{
    (void)state;
    assert_string_equal(map_of(NULL, 0, 78, 16), "listed: 0 bytes, 0 blocks used, 0 free in 0 holes\n");
}

/* Whatever the heap and the wish, the map fits its limits, and its cells are all there. */
static void any_heap_fits_the_screen(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        struct heap_extent list[64];
        size_t offset = 0, unit = (size_t)4 << test_random(&seed) % 14;
        for (size_t i = 0; i < COUNT(list); i++) {
            list[i].kind = (enum heap_extent_kind)(test_random(&seed) % 4);
            list[i].offset = offset;
            list[i].size = unit * (size_t)(test_random(&seed) % 9 + 1);
            offset += list[i].size;
        }
        unsigned width = (unsigned)(test_random(&seed) % 100), rows = (unsigned)(test_random(&seed) % 20);
        unsigned lines = 0, wide = 0;
        const char *line = map_of(list, COUNT(list), width, rows);
        for (; *line; line = strchr(line, '\n') + 1, lines++) {
            unsigned length = (unsigned)(strchr(line, '\n') - line);
            if (strncmp(line, "0x", 2) == 0)
                wide = length > wide ? length : wide;
            assert_true(length <= LAB_MAP_WIDTH_MAX);
        }
        unsigned most_wide = width < LAB_MAP_WIDTH_MIN ? LAB_MAP_WIDTH_MIN : width;
        unsigned most_rows = rows < 1 ? 1 : rows > LAB_MAP_ROWS_MAX ? LAB_MAP_ROWS_MAX : rows;
        assert_true(wide <= most_wide);
        assert_true(lines <= most_rows + 4); /* 20 at most: head and legend have two lines each */
    }
}

static void damaged_heap_is_drawn_as_far_as_it_goes(void **state)
{
    (void)state;
    static const struct heap_extent list[] = {{HEAP_USED, 0, 64}, {HEAP_FREE, 96, 32}};
    struct lab_buffer buffer;
    struct heap h;
    struct lab_sink sink = begin(&buffer, &h, list, COUNT(list));
    assert_int_equal(lab_map(&sink, &h, 78, 16), HEAP_CORRUPT);
    assert_int_equal(h.fault.class, HEAP_FAULT_TILING);
    assert_string_equal(text, "listed: 96 bytes, 1 block used, 0 free in 0 holes\n"
                              "0x0000  |###\n"
                              "one cell = 16 bytes:  | start of a block  # used\n"
                              "the map ends here: blocks do not tile the region\n");
}

/* ---- the list of holes ---- */

static void all_holes_with_their_sum(void **state)
{
    (void)state;
    assert_string_equal(holes_of(small, COUNT(small), 3), "   hole      offset    size in bytes\n"
                                                          "      1  0x00000048               96\n"
                                                          "      2  0x000000f8              264\n"
                                                          "      3  0x000003f0            3,080\n"
                                                          "    all                        3,440\n");
}

static void first_holes_and_what_is_left(void **state)
{
    (void)state;
    assert_string_equal(holes_of(small, COUNT(small), 2), "   hole      offset    size in bytes\n"
                                                          "      1  0x00000048               96\n"
                                                          "      2  0x000000f8              264\n"
                                                          "and 1 more hole, 3,080 bytes together\n");
    assert_string_equal(holes_of(small, COUNT(small), 0), "and 3 more holes, 3,440 bytes together\n");
}

static void one_hole_and_none(void **state)
{
    (void)state;
    assert_string_equal(holes_of(small, 3, 5), "   hole      offset    size in bytes\n"
                                               "      1  0x00000048               96\n");
    assert_string_equal(holes_of(small, 2, 5), "no holes\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_heap_shows_each_block),
        cmocka_unit_test(coarse_cells_tell_which_kind_prevails),
        cmocka_unit_test(edges_need_two_cells),
        cmocka_unit_test(edges_within_cells_are_not_drawn),
        cmocka_unit_test(untracked_bytes_are_neither),
        cmocka_unit_test(cell_rules_at_their_limits),
        cmocka_unit_test(alike_rows_are_counted),
        cmocka_unit_test(rows_alike_at_the_end_are_counted_too),
        cmocka_unit_test(empty_heap_has_no_rows),
        cmocka_unit_test(any_heap_fits_the_screen),
        cmocka_unit_test(damaged_heap_is_drawn_as_far_as_it_goes),
        cmocka_unit_test(all_holes_with_their_sum),
        cmocka_unit_test(first_holes_and_what_is_left),
        cmocka_unit_test(one_hole_and_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
