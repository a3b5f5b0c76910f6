/* Whole searches, look by look, and lists in their order: what the allocators of this folder show to whoever listens. That it is true
 * and complete under every policy is tested in test_tell.c and test_list.c. */
#include "fit_heap.h"

/* ---- a search as text ---- */

static char looks[1000];
static bool has_sizes; /* in units of A; those of some policies differ with the width */

static void write_look(void *context, struct heap *of, const struct heap_look *look)
{
    static const char *const places[HEAP_PLACES] = {[HEAP_PLACE_BLOCK] = "",
                                                    [HEAP_PLACE_FRONTIER] = "rest ",
                                                    [HEAP_PLACE_CLASS] = "class ",
                                                    [HEAP_PLACE_ROW] = "row ",
                                                    [HEAP_PLACE_PASS] = "pass "};
    static const char *const verdicts[HEAP_VERDICTS] = {
        [HEAP_TAKEN] = "taken",           [HEAP_BEST_YET] = "best yet",     [HEAP_NO_BETTER] = "no better",
        [HEAP_TOO_SMALL] = "too small",   [HEAP_MISALIGNED] = "misaligned", [HEAP_IN_USE] = "in use",
        [HEAP_NONE_THERE] = "none there", [HEAP_LEADS_ON] = "leads on",     [HEAP_JOINED] = "joined",
        [HEAP_DAMAGED] = "damaged"};
    char size[40] = "";
    assert_ptr_equal(context, looks);
    assert_ptr_equal(of, h);
    if (has_sizes)
        sprintf(size, look->size == look->most ? "%zu " : "%zu-%zu ", look->size / A, look->most / A);
    assert_true(strlen(looks) < sizeof looks - 60);
    sprintf(looks + strlen(looks), "%s%s%s%s", *looks ? ", " : "", places[look->place], size, verdicts[look->verdict]);
}

static const struct heap_listener listener = {.look = write_look, .context = looks};

static void listen(void)
{
    has_sizes = true;
    heap_listen(h, &listener);
}

/* What was told since the last time. */
static void assert_told(const char *expected)
{
    assert_string_equal(looks, expected);
    *looks = '\0';
}

/* A heap of 40 A that cannot grow, its options as given, "": as they are when nobody gives any. */
static void begin_with(const char *policy, const char *key, const char *word)
{
    const struct heap_ops *ops = heap_policy_find(policy);
    const struct region_shape shape = {.limit = 40 * A, .is_fixed = true};
    struct heap_setup setup = region_setup(&region, ops, &shape);
    size_t i = 0;
    while (*key && strcmp(ops->options[i].key, key) != 0)
        i++;
    while (*key && strcmp(ops->options[i].words[setup.options[i]], word) != 0)
        setup.options[i]++;
    assert_int_equal(heap_init(h, &setup), HEAP_OK);
    *looks = '\0';
    listen();
}

/* Holes of 3, 7 and 5 A, freed in the order 7, 3, 5, blocks of 2 A behind each, and 18 A above that nobody had. */
static void begin_with_holes(const char *policy, const char *order)
{
    begin_with(policy, *order ? "order" : "", order);
    void *a = take(3);
    take(2);
    void *b = take(7);
    take(2);
    void *c = take(5);
    take(2);
    give(b), give(a), give(c);
    *looks = '\0';
}

/* ---- the fit family ---- */

static void first_fit_stops_at_the_first(void **state)
{
    (void)state;
    begin_with_holes("first-fit", "");
    take(4);
    assert_told("3 too small, 7 taken");
    assert_null(heap_alloc(h, PAYLOAD(30)));
    assert_told("3 too small, 3 too small, 5 too small, 18 too small");
    give(take(3));
    assert_told("3 taken"); /* a free tells nothing */
}

static void hole_too_small_for_the_alignment_is_misaligned(void **state)
{
    (void)state;
    begin_with_holes("first-fit", "");
    take_aligned(3, 4 * A); /* payloads of the holes at 1, 6 and 15 A */
    assert_told("3 misaligned, 7 taken");
}

static void best_fit_looks_at_all_but_for_an_exact_one(void **state)
{
    (void)state;
    begin_with_holes("best-fit", "");
    take(4);
    assert_told("3 too small, 7 best yet, 5 best yet, 18 no better");
    begin_with_holes("best-fit", "");
    take(5);
    assert_told("3 too small, 7 best yet, 5 taken");
    begin_with_holes("best-fit", "size");
    take(4);
    assert_told("3 too small, 5 taken");
}

static void worst_fit_looks_at_all(void **state)
{
    (void)state;
    begin_with_holes("worst-fit", "");
    take(4);
    assert_told("3 too small, 7 best yet, 5 no better, 18 best yet");
}

static void next_fit_goes_on_from_the_rover_and_around(void **state)
{
    (void)state;
    begin_with_holes("next-fit", "");
    take(6);
    assert_told("18 taken");
    take(12);
    assert_told("12 taken");
    take(7);
    assert_told("3 too small, 7 taken");
    assert_null(heap_alloc(h, PAYLOAD(6)));
    assert_told("5 too small, 3 too small");
}

static void walk_tells_of_blocks_in_use(void **state)
{
    (void)state;
    begin_with_holes("first-fit-walk", "");
    take(4);
    assert_told("3 too small, 2 in use, 7 taken");
}

static void pass_that_joins_tells_each_block(void **state)
{
    (void)state;
    begin_with("first-fit", "merge", "deferred");
    void *ptr[4];
    for (size_t i = 0; i < COUNT(ptr); i++)
        ptr[i] = take(4);
    take(23);
    give(ptr[0]), give(ptr[2]), give(ptr[3]);
    *looks = '\0';
    take(6);
    assert_told("4 too small, 4 too small, 4 too small, "
                "pass 4 none there, pass 4 in use, pass 4 leads on, pass 4 joined, pass 23 in use, "
                "4 too small, 8 taken");
}

static void search_before_and_after_growth_are_both_told(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 64 * HEAP_GRAIN};
    begin("first-fit", &shape);
    size_t units = HEAP_GRAIN / A;
    take(units / 2);
    *looks = '\0';
    listen();
    has_sizes = false;
    take(units);
    assert_told("too small, taken");
    assert_int_equal(h->counters.probes_now, 2);
}

static void damaged_block_ends_the_search(void **state)
{
    (void)state;
    begin_with("first-fit-walk", "", "");
    take(2);
    void *b = take(3);
    take(2);
    *header_of(b) = 5;
    *looks = '\0';
    has_sizes = false;
    assert_null(heap_alloc(h, 1));
    assert_told("in use, damaged");
    assert_int_equal(h->fault.class, HEAP_FAULT_HEADER);
}

/* ---- the others ---- */

static void bump_tells_of_the_rest(void **state)
{
    (void)state;
    begin_with("bump", "", "");
    assert_non_null(heap_alloc(h, 10 * A));
    assert_told("rest 40 taken");
    assert_null(heap_alloc(h, 31 * A));
    assert_told("rest 30 too small");
    void *out;
    assert_int_equal(heap_alloc_aligned(h, 20 * A, 32 * A, &out), HEAP_NO_MEMORY);
    assert_told("rest 30 misaligned");
    assert_int_equal(h->counters.probes, 0); /* no block is there to be looked at */
}

static void reuse_tells_of_blocks_and_then_of_the_rest(void **state)
{
    (void)state;
    begin_with("reuse", "", "");
    void *a = take(3);
    take(2);
    give(a);
    *looks = '\0';
    take(4);
    assert_told("3 too small, 2 in use, rest 34 taken");
    take(3);
    assert_told("3 taken");
}

static void buddy_tells_of_each_list(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 128 * A, .is_fixed = true};
    begin("buddy", &shape);
    listen();
    void *first = take(2);
    assert_told("class 2 taken");
    void *second = take(2);
    assert_told("class 2 none there, class 4 taken");
    assert_null(heap_alloc(h, PAYLOAD(128)));
    assert_told("class 128 none there"); /* no list of larger blocks can have one */
    give(first), give(second);
    *(size_t **)header_of(first) += 1;
    has_sizes = false;
    assert_null(heap_alloc(h, PAYLOAD(2)));
    assert_told("class damaged");
}

static void tlsf_tells_of_words_of_bits_and_of_the_list(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 1024 * A, .is_fixed = true};
    begin("tlsf", &shape);
    listen();
    has_sizes = false;
    void *low = take(2);
    assert_told("row none there, row leads on, row leads on, class taken");
    take(2), give(low);
    *looks = '\0';
    has_sizes = true;
    take(2);
    assert_told("row 2-31 leads on, class 2 taken");
}

static void segregated_tells_of_list_and_pool(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 8192, .is_fixed = true};
    begin("segregated", &shape);
    listen();
    take(3);
    assert_told(WORD == 8 ? "class 3 none there, 512 taken" : "class 3 none there, 1024 taken");
    take(3);
    assert_told("class 3 taken");
}

static void slab_tells_of_cache_and_pool(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 8192, .is_fixed = true};
    begin("slab", &shape);
    listen();
    has_sizes = false;
    void *a = heap_alloc(h, 48);
    assert_told("class none there, taken");
    assert_non_null(heap_alloc(h, 48));
    assert_told("class taken");
    assert_non_null(heap_alloc(h, 5000)); /* a large block: the pool alone */
    assert_told("taken");
    assert_null(heap_alloc(h, 5000));
    assert_told("too small");
    give(a);
}

/* ---- lists in their order ---- */

struct sizes {
    char text[400];
    size_t offsets[40], count;
};

static bool add_size(void *context, const struct heap_extent *extent)
{
    struct sizes *sizes = context;
    sprintf(sizes->text + strlen(sizes->text), "%s%zu", sizes->count ? " " : "", extent->size / A);
    sizes->offsets[sizes->count++] = extent->offset;
    return sizes->count < COUNT(sizes->offsets);
}

/* "5 2 8": the sizes of the holes as listed, in units of A. */
static struct sizes assert_listed(const char *expected)
{
    struct sizes sizes = {.count = 0};
    assert_int_equal(heap_list(h, add_size, &sizes), HEAP_OK);
    assert_string_equal(sizes.text, expected);
    return sizes;
}

static void family_lists_in_the_order_of_its_option(void **state)
{
    (void)state;
    begin_with_holes("first-fit", "address");
    assert_listed("3 7 5 18");
    begin_with_holes("first-fit", "lifo");
    assert_listed("5 3 7 18");
    begin_with_holes("first-fit", "fifo");
    assert_listed("18 7 3 5");
    begin_with_holes("first-fit", "size");
    assert_listed("3 5 7 18");
    begin_with_holes("first-fit-walk", ""); /* no list: the walk's order */
    assert_listed("3 7 5 18");
}

/* Class after class, each from the block freed last. */
static void buddy_lists_from_the_smallest(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 128 * A, .is_fixed = true};
    begin("buddy", &shape);
    assert_listed("2 4 8 16 32 64");
    void *ptr[8];
    for (size_t i = 0; i < COUNT(ptr); i++)
        ptr[i] = take(2);
    assert_listed("2 4 8 32 64");
    give(ptr[1]), give(ptr[5]);
    struct sizes sizes = assert_listed("2 2 2 4 8 32 64");
    assert_int_equal(sizes.offsets[0], offset_in(h, header_of(ptr[5])));
    assert_int_equal(sizes.offsets[1], offset_in(h, header_of(ptr[1])));
}

/* The object freed last, then those never handed out, and then the pool's runs. */
static void slab_lists_what_it_hands_out_next(void **state)
{
    (void)state;
    const struct region_shape shape = {.limit = 8192, .is_fixed = true};
    begin("slab", &shape);
    char *a = heap_alloc(h, 200), *b = heap_alloc(h, 200), *c = heap_alloc(h, 200);
    give(b), give(a);
    assert_non_null(c);
    struct sizes sizes = {.count = 0};
    assert_int_equal(heap_list(h, add_size, &sizes), HEAP_OK);
    assert_int_equal(sizes.offsets[0], offset_in(h, a));
    assert_int_equal(sizes.offsets[1], offset_in(h, b));
    assert_true(sizes.offsets[sizes.count - 1] >= 1024); /* the second unit */
    assert_ptr_equal(heap_alloc(h, 200), a);
    assert_ptr_equal(heap_alloc(h, 200), b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_fit_stops_at_the_first),
        cmocka_unit_test(hole_too_small_for_the_alignment_is_misaligned),
        cmocka_unit_test(best_fit_looks_at_all_but_for_an_exact_one),
        cmocka_unit_test(worst_fit_looks_at_all),
        cmocka_unit_test(next_fit_goes_on_from_the_rover_and_around),
        cmocka_unit_test(walk_tells_of_blocks_in_use),
        cmocka_unit_test(pass_that_joins_tells_each_block),
        cmocka_unit_test(search_before_and_after_growth_are_both_told),
        cmocka_unit_test(damaged_block_ends_the_search),
        cmocka_unit_test(bump_tells_of_the_rest),
        cmocka_unit_test(reuse_tells_of_blocks_and_then_of_the_rest),
        cmocka_unit_test(buddy_tells_of_each_list),
        cmocka_unit_test(tlsf_tells_of_words_of_bits_and_of_the_list),
        cmocka_unit_test(segregated_tells_of_list_and_pool),
        cmocka_unit_test(slab_tells_of_cache_and_pool),
        cmocka_unit_test(family_lists_in_the_order_of_its_option),
        cmocka_unit_test(buddy_lists_from_the_smallest),
        cmocka_unit_test(slab_lists_what_it_hands_out_next),
    };
    region_begin(&region, 64 * HEAP_GRAIN);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    region_end(&region);
    return failed;
}
