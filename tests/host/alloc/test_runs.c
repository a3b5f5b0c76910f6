/* The pool of runs and the lists above it, damaged so that everything still holds together at first sight: each invariant
 * broken by itself is found, by the check or by the free that meets it. */
#include "../../../alloc/runs.h"

#include "runs_model.h"

enum { UNIT = 1024, UNITS = 12 };

static struct runs *const pool = (struct runs *)(void *)heap.state;

static void begin_units(const char *policy, unsigned harden)
{
    const size_t slab[2] = {16, UNIT}, segregated[2] = {4, UNIT};
    const struct region_shape shape = {.limit = UNITS * (size_t)UNIT, .is_fixed = true, .harden = harden};
    begin_with(policy, strcmp(policy, "slab") == 0 ? slab : segregated, &shape);
}

static struct run *run_of(size_t unit)
{
    return (struct run *)(void *)(region.memory + unit * UNIT);
}

/* A large block of that many units. */
static unsigned char *take_units(size_t units)
{
    return take(units * UNIT - RUN_HEADER);
}

/* The heads of a policy's lists, which follow the pool in its state. */
static void **list_heads(void)
{
    return (void **)(void *)(pool + 1);
}

/* The list that begins with this, a chunk's block or a slab. */
static void **list_of(const void *first)
{
    void **list = list_heads();
    while (*list != first) {
        list++;
        assert_true(list < (void **)(void *)(heap.state + HEAP_STATE_WORDS));
    }
    return list;
}

static void assert_found(enum heap_fault_class class)
{
    assert_int_equal(heap_check(h), HEAP_CORRUPT);
    assert_int_equal(h->fault.class, class);
}

/* ---- the pool ---- */

/* Used 0 to 1, free 2 to 3, used 4, free from 5 on. */
static unsigned char *begin_pool(void **state, unsigned harden)
{
    begin_units(policy_of(state)->name, harden);
    unsigned char *low = take_units(2), *gap = take_units(2);
    take_units(1);
    give(gap);
    return low;
}

/* R4: well linked, but two where one should be. */
static void free_runs_that_touch(void **state)
{
    begin_pool(state, 1);
    struct run *low = run_of(2), *high = run_of(3), *next = run_of(5);
    low->size = high->size = UNIT;
    high->below = run_of(4)->below = UNIT;
    low->next = high;
    high->prev = low;
    high->next = next;
    next->prev = high;
    assert_found(HEAP_FAULT_HEADER);
}

static void highest_run_is_forgotten(void **state)
{
    begin_pool(state, 1);
    pool->last = run_of(4); /* R2 */
    assert_found(HEAP_FAULT_LIST);
}

/* R3: the end of the list, from both sides. */
static void list_of_free_runs_ends_elsewhere(void **state)
{
    begin_pool(state, 1);
    pool->last_free = run_of(2);
    assert_found(HEAP_FAULT_LIST);
    pool->last_free = run_of(5);
    assert_sound(h);
    run_of(5)->next = run_of(2);
    assert_found(HEAP_FAULT_LIST);
    run_of(5)->next = NULL;
    run_of(2)->next = NULL;
    assert_found(HEAP_FAULT_LIST);
}

/* R5, and what a free makes of it. */
static void payload_of_a_large_block_is_elsewhere(void **state)
{
    static const size_t leads[] = {0, HEAP_ALIGN, RUN_HEADER + 1, RUN_HEADER + UNIT, 2 * UNIT, SIZE_MAX};
    unsigned char *p = begin_pool(state, 1);
    struct run *r = run_of(0);
    for (size_t i = 0; i < COUNT(leads); i++) {
        r->lead = r->lead_again = leads[i];
        assert_found(HEAP_FAULT_HEADER);
        assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    }
    r->lead = r->lead_again = RUN_HEADER;
    give(p);
    assert_sound(h);
}

/* R5: a place where the payload could begin just as well, but only one of the two words says so. */
static void payload_of_a_large_block_is_in_two_places(void **state)
{
    unsigned char *p = begin_pool(state, 1);
    struct run *r = run_of(0);
    size_t *const words[] = {&r->lead, &r->lead_again};
    for (size_t i = 0; i < COUNT(words); i++) {
        *words[i] = RUN_HEADER + HEAP_ALIGN;
        assert_found(HEAP_FAULT_HEADER);
        assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
        *words[i] = RUN_HEADER;
    }
    give(p);
    assert_sound(h);
}

/* No bit of what the pool knows outside the region leads a check, a size query or a free out of it, or to a division by
 * zero: with and without the guards, which ask for the size of each block before anything else is checked. */
static void no_bit_of_the_pool_leads_astray(void **state)
{
    for (unsigned harden = 1; harden <= 3; harden += 2) {
        unsigned char *p = begin_pool(state, harden);
        unsigned char *highest = take_units(harden == 1 ? UNITS - 5 : 3);
        for (size_t i = 0; i < 8 * sizeof *pool; i++) {
            struct heap_snapshot sound = snapshot_begin(h);
            ((unsigned char *)pool)[i / 8] ^= (unsigned char)(1u << i % 8);
            assert_int_equal(heap_check(h), HEAP_CORRUPT);
            heap_usable(h, p);
            heap_usable(h, highest);
            *h = sound.heap;
            snapshot_end(&sound);
        }
        assert_sound(h);
        assert_int_equal(heap_free(h, p), HEAP_OK);
    }
}

/* Without a start table any aligned address may be freed: one behind a run whose header agrees with it. */
static void lead_beyond_its_run_is_not_believed(void **state)
{
    begin_pool(state, 0);
    run_of(4)->lead = run_of(4)->lead_again = UNIT + HEAP_ALIGN;
    assert_bad_free(region.memory + 5 * UNIT + HEAP_ALIGN, HEAP_CORRUPT, HEAP_FAULT_HEADER);
}

/* R2: what a run says of the one below is not followed out of the region, nor to where no such run is. */
static void run_below_is_not_where_it_is_said_to_be(void **state)
{
    unsigned char *p = begin_pool(state, 1);
    static const size_t below[] = {0, UNIT, 3 * UNIT, 6 * UNIT, 2 * UNIT + 1, SIZE_MAX & ~(size_t)(UNIT - 1)};
    struct run *r = run_of(4);
    for (size_t i = 0; i < COUNT(below); i++) {
        r->below = below[i];
        assert_found(HEAP_FAULT_HEADER);
        assert_bad_free((unsigned char *)r + RUN_HEADER, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    }
    r->below = 2 * UNIT;
    run_of(2)->below = UNIT; /* that the run above knows, too */
    assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
}

/* Well linked, but only runs of one unit are cut up. */
static void run_of_two_units_is_cut_up(void **state)
{
    begin_units(policy_of(state)->name, 1);
    void *p = take(100);
    struct run *rest = run_of(2);
    run_of(0)->size = 2 * UNIT | RUN_CUT;
    *rest = (struct run){.size = (UNITS - 2) * (size_t)UNIT, .below = 2 * UNIT};
    pool->first_free = pool->last_free = pool->last = rest;
    assert_found(HEAP_FAULT_HEADER);
    assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
}

/* R3: a list that goes on into a payload, where all that a free run needs has been forged. */
static void list_goes_on_into_a_payload(void **state)
{
    begin_units(policy_of(state)->name, 1);
    unsigned char *low = take_units(UNITS - 6);
    take_units(1);
    take_units(5); /* to the end */
    give(low);
    struct run *forged = run_of(UNITS - 3), *below = run_of(UNITS - 4), *above = run_of(UNITS - 2);
    below->size = UNIT | RUN_LARGE;
    above->below = UNIT;
    *forged = (struct run){.size = UNIT, .below = UNIT, .prev = run_of(0)};
    run_of(0)->next = pool->last_free = forged;
    assert_true(runs_check_free(h));
    assert_found(HEAP_FAULT_LIST);
}

/* R3 at harden 2: a run in use that looks free is joined by neither neighbour, whatever its links say. */
static void run_that_only_looks_free(void **state)
{
    begin_units(policy_of(state)->name, 2);
    unsigned char *below = take_units(1);
    take_units(1);
    unsigned char *above = take_units(1);
    take_units(1);
    struct run *liar = run_of(1), *listed = run_of(4), *const links[] = {NULL, listed, run_of(2), liar};
    liar->size = UNIT;
    for (size_t i = 0; i < COUNT(links) * COUNT(links); i++) {
        liar->next = links[i / COUNT(links)];
        liar->prev = links[i % COUNT(links)];
        if (liar->next == liar &&
            liar->prev == liar) /* a list of its own: the one it is not in is checked by heap_check */
            continue;
        assert_true(runs_check_free(h));
        assert_bad_free(below, HEAP_CORRUPT, HEAP_FAULT_HEADER);
        assert_bad_free(above, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    }
    run_of(2)->size = UNIT; /* and so does the next: free runs never touch */
    assert_bad_free(below, HEAP_CORRUPT, HEAP_FAULT_HEADER);
}

/* ---- segregated storage: its lists (I3) ---- */

static void class_with_a_list_of_another(void **state)
{
    (void)state;
    begin_units("segregated", 1);
    unsigned char *a = take(100), *b = take(200);
    give(a);
    give(b);
    void **low = list_of(a - WORD), **high = list_of(b - WORD), *first = *low;
    *low = *high;
    *high = first;
    assert_found(HEAP_FAULT_LIST);
    *high = *low;
    *low = first;
    assert_sound(h);
    *low = NULL; /* as many as are free, but one list too few */
    assert_found(HEAP_FAULT_LIST);
}

static void list_of_a_class_leads_astray(void **state)
{
    (void)state;
    begin_units("segregated", 1);
    unsigned char *p = take(100), *used = take(100);
    give(p);
    void **list = list_of(p - WORD), *first = *list, *next = ((void **)(void *)p)[0];
    memcpy(used, &next, sizeof next); /* goes on where the list did */
    void *wrong[] = {used - WORD, p - WORD + HEAP_ALIGN, region.memory + UNITS * UNIT, (void *)1, (void *)UINTPTR_MAX};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        *list = wrong[i];
        assert_found(HEAP_FAULT_LIST);
    }
    *list = first;
    assert_sound(h);
    memcpy(p, &first, sizeof first); /* a ring */
    assert_found(HEAP_FAULT_LIST);
}

/* ---- slabs: their lists and counts (I3, I4) ---- */

static void slab_is_missing_in_its_list(void **state)
{
    (void)state;
    begin_units("slab", 1);
    take(100);
    *list_of(run_of(0)) = NULL;
    assert_found(HEAP_FAULT_LIST);
}

/* One slab full, one not: in the list are both, then the full one instead of the other. */
static void full_slab_is_listed(void **state)
{
    (void)state;
    begin_units("slab", 1);
    struct run *full = run_of(0), *other = run_of(1);
    while (!pool->last || pool->first_free != run_of(2))
        take(100);
    void **list = list_of(other);
    full->next = other->next = full->prev = other->prev = NULL;
    *list = full;
    assert_found(HEAP_FAULT_LIST);
    full->next = other;
    other->prev = full;
    assert_found(HEAP_FAULT_LIST);
}

static void lists_of_slabs_lead_astray(void **state)
{
    (void)state;
    begin_units("slab", 1);
    take(100);
    take(200);
    unsigned char *large = take_units(1);
    void **list = list_of(run_of(0));
    memset(large, 0, UNIT - RUN_HEADER);
    void *wrong[] = {run_of(1), run_of(2),          run_of(4), (unsigned char *)run_of(0) + WORD,
                     (void *)1, (void *)UINTPTR_MAX};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        *list = wrong[i];
        assert_found(HEAP_FAULT_LIST);
    }
    *list = run_of(0);
    assert_sound(h);
    run_of(0)->prev = run_of(1);
    assert_found(HEAP_FAULT_LIST);
    run_of(0)->prev = NULL;
    run_of(0)->next = run_of(0); /* a ring */
    assert_found(HEAP_FAULT_LIST);
}

/* At harden 2 a free looks at the slab it gives to: here one with free objects, which is in no list, or only says so. */
static void slab_beside_its_list(void **state)
{
    (void)state;
    begin_units("slab", 2);
    unsigned char *p = take(100);
    take(200);
    struct run *s = run_of(0), *const links[] = {NULL, run_of(1), run_of(2), run_of(4)};
    *list_of(s) = NULL;
    for (size_t i = 0; i < COUNT(links) * COUNT(links); i++) {
        s->next = links[i / COUNT(links)];
        s->prev = links[i % COUNT(links)];
        assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
    }
}

/* Nobody looks at a full slab before one of its objects is freed. */
static void full_slab_with_a_free_object(void **state)
{
    (void)state;
    begin_units("slab", 2);
    unsigned char *p = take(100);
    while (pool->first_free == run_of(1))
        take(100);
    uint16_t *first_free = (uint16_t *)(void *)((unsigned char *)run_of(0) + sizeof(struct run) + sizeof(size_t)) + 3;
    *first_free = 0;
    assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
}

/* Its last object is marked free, but it was not given back. */
static void slab_without_an_object_in_use(void **state)
{
    (void)state;
    begin_units("slab", 1);
    void *p = take(100);
    struct {
        uint16_t count, used, fresh, first_free, index[1];
    } numbers;
    unsigned char *at = (unsigned char *)run_of(0) + sizeof(struct run) + sizeof(size_t);
    memcpy(&numbers, at, sizeof numbers);
    assert_true(numbers.used == 1 && numbers.fresh == 1);
    numbers.index[0] = numbers.first_free;
    numbers.used = numbers.first_free = 0;
    memcpy(at, &numbers, sizeof numbers);
    assert_found(HEAP_FAULT_HEADER);
    assert_bad_free(p, HEAP_CORRUPT, HEAP_FAULT_HEADER);
}

static bool is_over_a_pool(const struct heap_ops *ops)
{
    return ops->extend == runs_extend;
}

int main(void)
{
    const struct CMUnitTest shared[] = {
        cmocka_unit_test(free_runs_that_touch),
        cmocka_unit_test(highest_run_is_forgotten),
        cmocka_unit_test(list_of_free_runs_ends_elsewhere),
        cmocka_unit_test(payload_of_a_large_block_is_elsewhere),
        cmocka_unit_test(payload_of_a_large_block_is_in_two_places),
        cmocka_unit_test(no_bit_of_the_pool_leads_astray),
        cmocka_unit_test(lead_beyond_its_run_is_not_believed),
        cmocka_unit_test(run_below_is_not_where_it_is_said_to_be),
        cmocka_unit_test(run_of_two_units_is_cut_up),
        cmocka_unit_test(list_goes_on_into_a_payload),
        cmocka_unit_test(run_that_only_looks_free),
    };
    const struct CMUnitTest lists[] = {
        cmocka_unit_test(class_with_a_list_of_another), cmocka_unit_test(list_of_a_class_leads_astray),
        cmocka_unit_test(slab_is_missing_in_its_list),  cmocka_unit_test(full_slab_is_listed),
        cmocka_unit_test(lists_of_slabs_lead_astray),   cmocka_unit_test(slab_without_an_object_in_use),
        cmocka_unit_test(slab_beside_its_list),         cmocka_unit_test(full_slab_with_a_free_object),
    };
    region_begin(&region, HEAP_REGION_ALIGN);
    int failed = run_under_policies("runs", shared, COUNT(shared), is_over_a_pool);
    failed += cmocka_run_group_tests_name("runs: the lists above them", lists, NULL, NULL);
    region_end(&region);
    return failed;
}
