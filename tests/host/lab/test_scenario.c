/* The measured scenarios of lectures/, run: the published addresses and refusals of the two series, and what kills a bump heap. */
#include <string.h>

#include "lectures.h"
#include "world.h"

#define UNIT 32
#define SERIES_BYTES (2753 * (size_t)UNIT + HEAP_ALIGN)
#define SERIES_START 11 /* operations before the requests */

struct noted {
    size_t units[32]; /* where each block starts, in units; SIZE_MAX: refused */
    size_t limit;     /* most bytes ever committed */
};

static void note(void *context, struct heap *h, size_t index, const struct lab_op *op, const void *payload)
{
    struct noted *n = context;
    (void)op;
    n->limit = h->committed > n->limit ? h->committed : n->limit;
    if (index >= sizeof n->units / sizeof *n->units)
        return;
    size_t offset = payload ? (size_t)((const unsigned char *)payload - h->base) - heap_origin(h) : 0;
    assert_int_equal(offset % UNIT, 0);
    n->units[index] = payload ? offset / UNIT : SIZE_MAX;
}

/* Makes and runs a scenario under a policy, heap checked after every operation. */
static struct lab_result run(struct test_world *w, const char *name, const char *alloc, struct noted *noted)
{
    struct lab_program program;
    struct lab_result result;
    const struct lab_observer observer = {.context = noted, .done = note};
    struct lab_run settings = run_of(policy(alloc), WORLD_BYTES);
    settings.observer = noted ? &observer : NULL;
    settings.check_every = noted ? 1 : LAB_CHECK_END;
    if (noted)
        memset(noted, 0, sizeof *noted);
    size_t mark = w->arena.used;
    make_lecture(name, &w->arena, &program);
    check_program(&program);
    result = run_program(w, &program, &settings, LAB_OK);
    assert_false(result.expectation_failed);
    lab_arena_release(&w->arena, mark);
    return result;
}

/* The four holes both series begin with. */
static void check_beginning(const struct noted *noted)
{
    static const size_t starts[] = {0, 500, 501, 1201, 1202, 1852, 1853};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(noted->units[i], starts[i]);
}

#define NO SIZE_MAX

struct series {
    const char *scenario, *alloc;
    size_t places[5], requests; /* of the published run, in units */
    size_t refused, despite_room, holes, free, largest;
};

static const struct series published[] = {
    {"first-wins", "first-fit", {501, 1202, 1853, 0, 1101}, 5, 0, 0, 0, 0, 0},
    {"first-wins", "best-fit", {1202, 501, 1853, 0, NO}, 5, 1, 1, 2, 100, 50},
    {"best-wins", "first-fit", {501, 0, 1853, NO}, 4, 1, 1, 3, 950, 650},
    {"best-wins", "best-fit", {1202, 0, 501, 1853}, 4, 0, 0, 1, 50, 50},
    {"worst-loses", "worst-fit", {1853, 501, NO}, 3, 1, 1, 4, 1600, 650},
    {"worst-loses", "first-fit", {0, 501, 1853}, 3, 0, 0, 3, 900, 650},
    {"worst-loses", "best-fit", {0, 1202, 501}, 3, 0, 0, 1, 900, 900},
    {"worst-loses", "next-fit", {0, 501, 1853}, 3, 0, 0, 3, 900, 650},
};

static void series_run_as_published(void **state)
{
    struct test_world *w = *state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        const struct series *s = &published[i];
        struct noted noted;
        struct lab_result r = run(w, s->scenario, s->alloc, &noted);
        check_beginning(&noted);
        for (size_t n = 0; n < s->requests; n++)
            assert_int_equal(noted.units[SERIES_START + n], s->places[n]);
        assert_int_equal(r.ops, SERIES_START + s->requests);
        assert_int_equal(r.failed, s->refused);
        assert_int_equal(r.refused_despite_room, s->despite_room);
        assert_int_equal(r.shape.holes, s->holes);
        assert_int_equal(r.shape.free, s->free * UNIT);
        assert_int_equal(r.shape.largest_hole, s->largest * UNIT);
        assert_int_equal(r.shape.committed, SERIES_BYTES);
        assert_int_equal(noted.limit, SERIES_BYTES);
    }
}

static void expects(const char *name, const char *alloc, uint32_t refused)
{
    struct lab_program program;
    struct lab_arena arena = scratch_begin((size_t)4 << 20);
    size_t found = 0;
    make_lecture(name, &arena, &program);
    for (size_t i = 0; i < program.due_count; i++) {
        const struct lab_expect *e = &program.due[i].expect;
        if (!lab_expect_concerns(e, alloc, false, true) || e->quantity != LAB_Q_REFUSED)
            continue;
        assert_int_equal(program.due[i].after, program.count);
        assert_int_equal(e->relation, LAB_EQUAL);
        assert_int_equal(e->value, refused);
        found++;
    }
    assert_int_equal(found, 1);
    scratch_end(&arena);
}

static void expectations_are_stated(void **state)
{
    (void)state;
    expects("first-wins", "first-fit", 0);
    expects("first-wins", "best-fit", 1);
    expects("best-wins", "first-fit", 1);
    expects("best-wins", "best-fit", 0);
    expects("worst-loses", "worst-fit", 1);
    expects("worst-loses", "first-fit", 0);
    expects("worst-loses", "best-fit", 0);
    expects("next-roams", "next-fit", 1);
    expects("next-roams", "first-fit", 0);
    expects("next-roams", "best-fit", 0);
    expects("all-free", "reuse", 4);
    expects("all-free", "first-fit", 0);
    expects("crowd", "first-fit-walk", 0);
    expects("long-lived", "first-fit", 0);
    expects("long-lived", "best-fit", 0);
    expects("good-misses", "tlsf", 8);
    expects("good-misses", "first-fit", 0);
    expects("good-misses", "best-fit", 0);
}

/* An expectation that is not met is told, with what was found. */
static void broken_expectation_is_told(void **state)
{
    struct test_world *w = *state;
    struct lab_program program;
    size_t mark = w->arena.used;
    const struct lab_due wrong[] = {{16, {.quantity = LAB_Q_REFUSED, .value = 1, .under = "all", .under_length = 3}}};
    const struct lab_run settings = run_of(policy("first-fit"), WORLD_BYTES);
    make_lecture("first-wins", &w->arena, &program);
    program.due = wrong;
    program.due_count = 1;
    struct lab_result result = run_program(w, &program, &settings, LAB_OK);
    assert_true(result.expectation_failed);
    assert_ptr_equal(result.expectation, &wrong[0].expect);
    assert_int_equal(result.expectation_found, 0);
    lab_arena_release(&w->arena, mark);
}

/* The small blocks: one in each hole, behind the place of the large one; under first fit all in the first. */
static void next_fit_roams(void **state)
{
    static const size_t roamed[] = {400, 901, 1602, 2253}, kept[] = {400, 410, 420, 430};
    struct test_world *w = *state;
    for (int is_next = 0; is_next < 2; is_next++) {
        struct noted noted;
        struct lab_result r = run(w, "next-roams", is_next ? "next-fit" : "first-fit", &noted);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(noted.units[SERIES_START + 3 * i + 1], is_next ? roamed[i] : kept[i]);
        assert_int_equal(noted.units[SERIES_START + 12], is_next ? NO : 501);
        assert_int_equal(r.failed, is_next);
        assert_int_equal(r.refused_despite_room, is_next);
    }
}

static void long_lived_block_kills_bump_heaps(void **state)
{
    struct test_world *w = *state;
    static const char *const living[] = {"first-fit", "best-fit"}, *const dying[] = {"bump", "bump-sized"};
    for (size_t i = 0; i < 2; i++) {
        struct lab_result r = run(w, "long-lived", living[i], NULL);
        assert_int_equal(r.failed, 0);
        assert_int_equal(r.ops, 4001);
        assert_int_equal(r.peak_live, 184);
        assert_int_equal(r.live_end, 64);
        assert_int_equal(r.heap_peak, 4096);
        r = run(w, "long-lived", dying[i], NULL);
        assert_in_range(r.failed, 1700, 1800);
        assert_int_equal(r.heap_peak, 32768);
    }
}

/* Eight holes of the size asked for, and not one is taken: the heap is refused to death with most of it free. */
static void good_fit_misses_what_fits(void **state)
{
    struct test_world *w = *state;
    struct lab_result r = run(w, "good-misses", "tlsf", NULL);
    assert_int_equal(r.failed, 8);
    assert_int_equal(r.refused_despite_room, 8);
    assert_in_range(r.shape.holes, 8, 9); /* and what is left at the end */
    assert_true(r.shape.free > 40000 && r.shape.largest_hole > 5000);
    r = run(w, "good-misses", "first-fit", NULL);
    assert_int_equal(r.failed, 0);
}

/* Nothing is in use, and nearly all of the heap is free: no larger block finds a place, because nothing is merged. */
static void blocks_of_reuse_stay_small(void **state)
{
    struct test_world *w = *state;
    static const char *const merging[] = {"first-fit-walk", "first-fit", "best-fit"};
    struct lab_result r = run(w, "all-free", "reuse", NULL);
    assert_int_equal(r.failed, 4);
    assert_int_equal(r.refused_despite_room, 4);
    assert_int_equal(r.shape.used_blocks, 0);
    assert_int_equal(r.shape.holes, 241); /* the boxes, and what was never cut */
    assert_true(r.shape.free > 32768 - HEAP_ALIGN && r.shape.largest_hole < 6553);
    for (size_t i = 0; i < 3; i++) {
        r = run(w, "all-free", merging[i], NULL);
        assert_int_equal(r.failed, 0);
        assert_int_equal(r.shape.holes, 1);
    }
}

/* The same addresses, at 500 times the cost and more. */
static void crowd_is_walked_over(void **state)
{
    struct test_world *w = *state;
    struct lab_result list = run(w, "crowd", "first-fit", NULL), walk = run(w, "crowd", "first-fit-walk", NULL);
    assert_int_equal(walk.failed, 0);
    assert_int_equal(walk.placement, list.placement);
    assert_int_equal(list.counters.probes_max, 2); /* growth searches twice */
    assert_in_range(list.counters.probes, 2000, 2000 + list.counters.grows);
    assert_in_range(walk.counters.probes_max, 1001, 2001);
    assert_true(walk.counters.probes > 500 * list.counters.probes);
}

/* Refusals of the scenario under a policy, all of them despite room. */
static void check_refused(struct test_world *w, const char *name, const char *alloc, size_t refused)
{
    struct lab_result r = run(w, name, alloc, NULL);
    assert_int_equal(r.failed, refused);
    assert_int_equal(r.refused_despite_room, refused);
    assert_int_equal(r.heap_peak, 16384);
    expects(name, alloc, (uint32_t)refused);
}

static void phases_defeat_size_classes(void **state)
{
    check_refused(*state, "phases", "segregated", 60);
    check_refused(*state, "phases", "slab", 0);
    check_refused(*state, "phases", "first-fit", 0);
}

static void survivors_defeat_slabs(void **state)
{
    check_refused(*state, "survivors", "slab", 16);
    check_refused(*state, "survivors", "segregated", 16);
    check_refused(*state, "survivors", "first-fit", 0);
}

/* Nothing is free that could serve, and half of all that is used is not: fragmentation inside the blocks. */
static void doubling_defeats_buddy(void **state)
{
    struct test_world *w = *state;
    struct lab_result buddy = run(w, "doubling", "buddy", NULL), fit = run(w, "doubling", "first-fit", NULL);
    assert_int_equal(buddy.ops, 15);
    assert_int_equal(buddy.failed, 8);
    assert_int_equal(buddy.shape.used, 7 * 4096);
    assert_int_equal(buddy.int_frag, 500); /* 2,047 of 4,096 */
    assert_int_equal(fit.failed, 0);
    assert_true(fit.int_frag < 15);
    expects("doubling", "buddy", 8);
    expects("doubling", "first-fit", 0);
}

/* Every file of the folder reads at this width, has a title, and says what it is about. */
static void files_are_sound(void **state)
{
    (void)state;
    static char names[LECTURES_MAX][LECTURE_NAME_MAX];
    size_t count = lecture_names(names);
    assert_true(count >= 11);
    for (size_t i = 0; i < count; i++) {
        struct lab_script script;
        struct lab_arena arena = scratch_begin((size_t)32 << 20);
        read_lecture(names[i], &arena, &script);
        if (script.title_length < 10 || script.steps[0].kind != LAB_STEP_ABOUT || script.steps[0].text_length == 0)
            fail_msg("%s: what is it about?", names[i]);
        scratch_end(&arena);
    }
}

/* The example that docs/scenarios.md explains line by line: it reads, and its expectations hold. */
static void documented_example_holds(void **state)
{
    struct test_world *w = *state;
    static char page[1 << 16];
    struct lab_script script;
    struct lab_program program;
    struct lab_error error;
    size_t mark = w->arena.used;
    FILE *file = fopen(KFIT_LECTURES "/../docs/scenarios.md", "rb");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    char *start = strstr(page, "```\n") + 4, *end = strstr(start, "```");
    if (lab_script_read(start, (size_t)(end - start), 1, &w->arena, &script, &error) != LAB_OK)
        fail_msg("%s", error.message);
    assert_true(lab_script_program(&script, &w->arena, &program));
    assert_int_equal(program.due_count, 2);
    for (int is_best = 0; is_best < 2; is_best++) {
        const struct lab_run settings = run_of(policy(is_best ? "best-fit" : "first-fit"), WORLD_BYTES);
        assert_false(run_program(w, &program, &settings, LAB_OK).expectation_failed);
    }
    lab_arena_release(&w->arena, mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(series_run_as_published),
        TEST(expectations_are_stated),
        TEST(broken_expectation_is_told),
        TEST(next_fit_roams),
        TEST(long_lived_block_kills_bump_heaps),
        TEST(files_are_sound),
        TEST(documented_example_holds),
        TEST(phases_defeat_size_classes),
        TEST(survivors_defeat_slabs),
        TEST(doubling_defeats_buddy),
        TEST(good_fit_misses_what_fits),
        TEST(blocks_of_reuse_stay_small),
        TEST(crowd_is_walked_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
