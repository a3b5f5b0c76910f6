/* The frame allocator: named misuses, exhaustion and refill, runs, reservations; then random operations against a
 * plain array. The set under it is tested on its own first. */
#include "random.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mm/pmm.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))
#define FRAME(number) ((paddr_t)(number)*FRAME_SIZE)

static struct pmm pmm;
static void *storage;

static void open_pmm(const struct memmap_range *ranges, size_t count, paddr_t direct_limit)
{
    size_t bytes = pmm_storage_bytes(ranges[count - 1].end);
    free(storage);
    storage = malloc(bytes); /* exactly: the sanitizer sees a step beyond */
    assert_non_null(storage);
    memset(storage, 0xA5, bytes);
    memset(&pmm, 0xA5, sizeof pmm);
    pmm_init(&pmm, storage, ranges, count, direct_limit);
    assert_true(pmm_check(&pmm));
}

/* Frames 16 .. 39 and 44 .. 59, of which those below 32 are direct. */
static int open_small(void **state)
{
    (void)state;
    const struct memmap_range ranges[] = {{FRAME(16), FRAME(40)}, {FRAME(44), FRAME(60)}};
    open_pmm(ranges, 2, FRAME(32));
    return 0;
}

static int close_pmm(void **state)
{
    (void)state;
    free(storage);
    storage = NULL;
    return 0;
}

static paddr_t must_alloc(enum pmm_zone zone)
{
    paddr_t frame = 1;
    assert_int_equal(pmm_alloc(&pmm, zone, &frame), PMM_OK);
    return frame;
}

static void expect_counts(size_t total, size_t free_now, size_t reserved)
{
    assert_int_equal(pmm.total, total);
    assert_int_equal(pmm.free, free_now);
    assert_int_equal(pmm.reserved, reserved);
    assert_int_equal(pmm_used(&pmm), total - free_now);
    assert_true(pmm_check(&pmm));
}

/* ---- the set ---- */

static void test_set_against_array(void **state)
{
    (void)state;
    static const size_t limits[] = {1, 31, 32, 33, 64, 65, 1000, 1024, 1025, 4096, 4097, 40000};
    for (size_t n = 0; n < LENGTH(limits); n++) {
        size_t limit = limits[n], words = pmm_set_storage_words(limit);
        size_t *bits = malloc(words * sizeof *bits);
        bool *oracle = calloc(limit, sizeof *oracle);
        struct pmm_set set;
        memset(bits, 0xA5, words * sizeof *bits);
        run_begin(limit);
        REQUIRE(pmm_set_init(&set, bits, limit) == bits + words);
        for (int op = 0; op < 3000; op++) {
            size_t i = random_below(limit), to = i + 1 + random_below(limit - i), kind = random_below(40);
            if (kind == 0) {
                pmm_set_add_range(&set, i, to);
                memset(oracle + i, true, to - i);
            } else if (kind == 1) {
                pmm_set_remove_range(&set, i, to);
                memset(oracle + i, false, to - i);
            } else if (kind < 13) {
                pmm_set_add(&set, i);
                oracle[i] = true;
            } else {
                pmm_set_remove(&set, i);
                oracle[i] = false;
            }
            size_t from = random_below(limit + 3), next = from;
            while (next < limit && !oracle[next])
                next++;
            REQUIRE(pmm_set_next(&set, from) == (next < limit ? next : PMM_SET_NONE));
            REQUIRE(pmm_set_has(&set, i) == oracle[i]);
            REQUIRE(pmm_bits_all(set.level[0], i, to) == !memchr(oracle + i, false, to - i));
            REQUIRE(pmm_bits_none(set.level[0], i, to) == !memchr(oracle + i, true, to - i));
            REQUIRE(op % 100 != 0 || pmm_set_check(&set));
        }
        REQUIRE(pmm_set_check(&set));
        free(bits);
        free(oracle);
    }
}

/* The check must see what it is for. */
static void test_set_check_sees_damage(void **state)
{
    (void)state;
    size_t words = pmm_set_storage_words(5000), *bits = malloc(words * sizeof *bits);
    struct pmm_set set;
    pmm_set_init(&set, bits, 5000);
    pmm_set_add_range(&set, 100, 4000);
    assert_true(pmm_set_check(&set));
    set.level[1][0] ^= 1u << 5;
    assert_false(pmm_set_check(&set));
    free(bits);
}

/* ---- one frame ---- */

static void test_order_and_zones(void **state)
{
    (void)state;
    assert_true(must_alloc(PMM_ANY) == FRAME(32)); /* direct ones are kept for tables */
    assert_true(must_alloc(PMM_DIRECT) == FRAME(16));
    for (size_t i = 33; i < 40; i++)
        assert_true(must_alloc(PMM_ANY) == FRAME(i));
    assert_true(must_alloc(PMM_ANY) == FRAME(44));
    assert_int_equal(pmm_free(&pmm, FRAME(35)), PMM_OK);
    assert_true(must_alloc(PMM_ANY) == FRAME(35));
    for (size_t i = 45; i < 60; i++)
        assert_true(must_alloc(PMM_ANY) == FRAME(i));
    assert_true(must_alloc(PMM_ANY) == FRAME(17)); /* nothing else is left */
    expect_counts(40, 14, 0);
}

static void test_direct_runs_out_first(void **state)
{
    (void)state;
    paddr_t frame = 77;
    for (size_t i = 16; i < 32; i++)
        assert_true(must_alloc(PMM_DIRECT) == FRAME(i));
    assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_NO_MEMORY);
    assert_true(frame == 77);
    expect_counts(40, 24, 0);
    assert_true(must_alloc(PMM_ANY) == FRAME(32));
}

/* P-07: every wrong free is told apart and changes nothing. */
static void test_wrong_frees(void **state)
{
    (void)state;
    paddr_t frame = must_alloc(PMM_ANY);
    assert_int_equal(pmm_free(&pmm, frame + 1), PMM_UNALIGNED);
    assert_int_equal(pmm_free(&pmm, frame + FRAME_SIZE - 1), PMM_UNALIGNED);
    assert_int_equal(pmm_free(&pmm, FRAME(0)), PMM_RESERVED);
    assert_int_equal(pmm_free(&pmm, FRAME(15)), PMM_RESERVED);
    assert_int_equal(pmm_free(&pmm, FRAME(40)), PMM_RESERVED);
    assert_int_equal(pmm_free(&pmm, FRAME(60)), PMM_FOREIGN);
    assert_int_equal(pmm_free(&pmm, FRAME(1) << 40), PMM_FOREIGN);
    assert_int_equal(pmm_free(&pmm, ((paddr_t)1 << 44) + frame), PMM_FOREIGN); /* the same number in 32 bits */
    assert_int_equal(pmm_free(&pmm, FRAME(16)), PMM_DOUBLE_FREE);              /* never given */
    expect_counts(40, 39, 0);
    assert_int_equal(pmm_free(&pmm, frame), PMM_OK);
    assert_int_equal(pmm_free(&pmm, frame), PMM_DOUBLE_FREE);
    expect_counts(40, 40, 0);
}

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(pmm_status_text(PMM_OK), "ok");
    assert_string_equal(pmm_status_text(PMM_NO_MEMORY), "no frame left");
    assert_string_equal(pmm_status_text(PMM_DOUBLE_FREE), "double free of frame");
    assert_string_equal(pmm_status_text(PMM_RESERVED), "free of reserved frame");
    assert_string_equal(pmm_status_text(PMM_FOREIGN), "free of foreign frame");
    assert_string_equal(pmm_status_text(PMM_UNALIGNED), "free of unaligned address");
    assert_string_equal(pmm_status_text(PMM_STATUS_COUNT), "unknown status");
}

/* P-08: take everything, each frame once and only managed ones; give it back in three orders. */
static void test_exhaustion_and_refill(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    const struct memmap_range ranges[] = {{FRAME(256), FRAME(1256)}, {FRAME(1300), FRAME(3300)}};
    static paddr_t frames[COUNT];
    open_pmm(ranges, 2, FRAME(1024));
    run_begin(8);
    for (int order = 0; order < 3; order++) {
        for (size_t i = 0; i < COUNT; i++) {
            frames[i] = must_alloc(PMM_ANY);
            assert_true(i == 0 || frames[i] != frames[i - 1]);
        }
        paddr_t frame;
        assert_int_equal(pmm_alloc(&pmm, PMM_ANY, &frame), PMM_NO_MEMORY);
        assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_NO_MEMORY);
        expect_counts(COUNT, 0, 0);
        for (size_t i = 0; i < COUNT; i++) {
            size_t j = order == 0 ? i : order == 1 ? COUNT - 1 - i : i + random_below(COUNT - i);
            paddr_t given = frames[j];
            frames[j] = order == 2 ? frames[i] : given;
            assert_int_equal(pmm_free(&pmm, given), PMM_OK); /* each was a different one, or this is a double free */
        }
        expect_counts(COUNT, COUNT, 0);
    }
}

/* ---- runs ---- */

/* Chunks 0 (from frame 16 on), 1, 2, 3 (less its last frame); direct: below the middle of chunk 2. */
static void open_chunks(void)
{
    const struct memmap_range range = {FRAME(16), FRAME(4 * PMM_CHUNK - 1)};
    open_pmm(&range, 1, FRAME(2 * PMM_CHUNK + 256));
}

static size_t run_at(size_t frames, size_t align, enum pmm_zone zone)
{
    const struct pmm_run_request request = {.frames = frames, .align = align, .zone = zone};
    paddr_t base = 0;
    if (pmm_alloc_run(&pmm, &request, &base) != PMM_OK)
        return PMM_SET_NONE;
    assert_int_equal(base % (align * FRAME_SIZE), 0);
    assert_true(pmm_check(&pmm));
    return (size_t)(base / FRAME_SIZE);
}

static void test_runs_of_chunks(void **state)
{
    (void)state;
    open_chunks();
    assert_int_equal(run_at(PMM_CHUNK, PMM_CHUNK, PMM_DIRECT), PMM_CHUNK);    /* chunk 0 is not whole */
    assert_int_equal(run_at(PMM_CHUNK, PMM_CHUNK, PMM_DIRECT), PMM_SET_NONE); /* chunk 2 is not all direct */
    assert_int_equal(run_at(PMM_CHUNK, PMM_CHUNK, PMM_ANY), 2 * PMM_CHUNK);
    assert_int_equal(run_at(PMM_CHUNK, PMM_CHUNK, PMM_ANY), PMM_SET_NONE); /* chunk 3 lacks a frame */
    expect_counts(4 * PMM_CHUNK - 17, 2 * PMM_CHUNK - 17, 0);
    assert_int_equal(pmm_free_run(&pmm, FRAME(PMM_CHUNK), 2 * PMM_CHUNK), PMM_OK); /* two runs as one */
    assert_int_equal(run_at(2 * PMM_CHUNK, 2 * PMM_CHUNK, PMM_ANY), PMM_SET_NONE); /* only chunks 1 and 2 are whole */
    assert_int_equal(run_at(2 * PMM_CHUNK, PMM_CHUNK, PMM_ANY), PMM_CHUNK);
}

static void test_runs_of_any_size(void **state)
{
    (void)state;
    open_chunks();
    assert_int_equal(run_at(3, 1, PMM_DIRECT), 16);
    assert_int_equal(run_at(3, 4, PMM_DIRECT), 20);
    assert_int_equal(run_at(1, 1, PMM_DIRECT), 19); /* the gap that alignment left */
    assert_int_equal(run_at(100, 64, PMM_ANY), 2 * PMM_CHUNK + 256);
    assert_int_equal(run_at(3 * PMM_CHUNK, 1, PMM_ANY), PMM_SET_NONE); /* the run above cuts it */
    assert_int_equal(run_at(2 * PMM_CHUNK + 200, 1, PMM_ANY), 23);     /* across chunks */
    assert_int_equal(run_at(4 * PMM_CHUNK, 1, PMM_ANY), PMM_SET_NONE); /* more than there is */
    assert_int_equal(run_at(1, 8192, PMM_ANY), PMM_SET_NONE);
}

/* What surrounds a run must be free one by one: a single used frame in its way moves it. */
static void test_run_goes_around_used_frames(void **state)
{
    (void)state;
    open_chunks();
    assert_int_equal(run_at(2 * PMM_CHUNK + 256 - 16, 1, PMM_DIRECT), 16);
    assert_int_equal(pmm_free_run(&pmm, FRAME(40), 8), PMM_OK);
    assert_int_equal(pmm_free_run(&pmm, FRAME(50), 16), PMM_OK);
    assert_int_equal(run_at(9, 1, PMM_DIRECT), 50);
    assert_int_equal(run_at(8, 1, PMM_DIRECT), 40);
    assert_int_equal(run_at(8, 1, PMM_DIRECT), PMM_SET_NONE);
    assert_int_equal(run_at(7, 1, PMM_DIRECT), 59);
}

static void test_wrong_free_of_a_run_changes_nothing(void **state)
{
    (void)state;
    open_chunks();
    assert_int_equal(run_at(100, 1, PMM_DIRECT), 16);
    size_t free_before = pmm.free;
    assert_int_equal(pmm_free_run(&pmm, FRAME(16), 101), PMM_DOUBLE_FREE);
    assert_int_equal(pmm_free_run(&pmm, FRAME(15), 10), PMM_RESERVED);
    assert_int_equal(pmm_free_run(&pmm, FRAME(16) + 8, 10), PMM_UNALIGNED);
    assert_int_equal(pmm_free_run(&pmm, FRAME(4 * PMM_CHUNK), 1), PMM_FOREIGN);
    assert_int_equal(pmm_free_run(&pmm, FRAME(16), (size_t)-1 / FRAME_SIZE), PMM_DOUBLE_FREE);
    assert_int_equal(pmm_free_run(&pmm, FRAME(16), 0), PMM_OK);
    assert_int_equal(pmm.free, free_before);
    assert_int_equal(pmm_free_run(&pmm, FRAME(16), 100), PMM_OK);
    assert_int_equal(pmm.free, pmm.total);
}

/* ---- reservations ---- */

static void test_reservation_is_kept(void **state)
{
    (void)state;
    paddr_t frame;
    assert_false(pmm_reserve(&pmm, 41));
    assert_true(pmm_reserve(&pmm, 30));
    assert_false(pmm_reserve(&pmm, 11));
    assert_true(pmm_reserve(&pmm, 0));
    for (int i = 0; i < 10; i++)
        must_alloc(PMM_ANY);
    assert_int_equal(pmm_alloc(&pmm, PMM_ANY, &frame), PMM_NO_MEMORY);
    assert_int_equal(pmm_alloc(&pmm, PMM_DIRECT, &frame), PMM_NO_MEMORY);
    assert_int_equal(run_at(1, 1, PMM_ANY), PMM_SET_NONE);
    expect_counts(40, 30, 30);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(pmm_alloc_reserved(&pmm, &frame), PMM_OK);
        assert_int_equal(pmm_free(&pmm, frame), PMM_OK);
    }
    expect_counts(40, 30, 0);
    assert_true(pmm_reserve(&pmm, 30));
    pmm_unreserve(&pmm, 29);
    assert_int_equal(run_at(20, 1, PMM_ANY), PMM_SET_NONE); /* 29 may be had, but not 20 together */
    must_alloc(PMM_ANY);
    expect_counts(40, 29, 1);
}

static void test_run_leaves_reserved_frames(void **state)
{
    (void)state;
    assert_true(pmm_reserve(&pmm, 25));
    assert_int_equal(run_at(16, 1, PMM_ANY), PMM_SET_NONE);
    assert_int_equal(run_at(15, 1, PMM_ANY), 44);
}

/* ---- everything, against an array ---- */

enum { ORACLE_FRAMES = 2600 };

static struct {
    bool is_managed, is_free;
} oracle[ORACLE_FRAMES];
static size_t oracle_free, oracle_reserved, oracle_direct;

static void oracle_open(void)
{
    struct memmap_range ranges[8];
    size_t count = 1 + random_below(LENGTH(ranges)), at = random_below(64);
    memset(oracle, 0, sizeof oracle);
    oracle_free = oracle_reserved = 0;
    for (size_t r = 0; r < count; r++) {
        size_t end = at + 1 + random_below(random_below(3) ? 300 : 3);
        ranges[r] = (struct memmap_range){FRAME(at), FRAME(end)};
        for (; at < end; at++, oracle_free++)
            oracle[at].is_managed = oracle[at].is_free = true;
        at += random_below(20); /* 0: touching ranges */
    }
    oracle_direct = random_below(at + 100);
    open_pmm(ranges, count, FRAME(oracle_direct));
}

static size_t oracle_find(size_t low, size_t high, size_t frames, size_t align)
{
    for (size_t at = low; at + frames <= high; at++) {
        size_t n = 0;
        while (n < frames && at % align == 0 && oracle[at + n].is_free)
            n++;
        if (n == frames)
            return at;
    }
    return PMM_SET_NONE;
}

static size_t oracle_place(size_t frames, size_t align, enum pmm_zone zone)
{
    if (zone == PMM_DIRECT)
        return oracle_find(0, oracle_direct < ORACLE_FRAMES ? oracle_direct : ORACLE_FRAMES, frames, align);
    size_t at = oracle_find(oracle_direct, ORACLE_FRAMES, frames, align);
    return at != PMM_SET_NONE ? at : oracle_find(0, ORACLE_FRAMES, frames, align);
}

static void oracle_set(size_t at, size_t frames, bool is_free)
{
    for (size_t i = at; i < at + frames; i++)
        oracle[i].is_free = is_free;
    oracle_free = is_free ? oracle_free + frames : oracle_free - frames;
}

static void random_alloc(void)
{
    enum pmm_zone zone = random_below(3) ? PMM_ANY : PMM_DIRECT;
    bool is_run = random_below(4) == 0;
    size_t frames = is_run ? 1 + random_below(random_below(4) ? 40 : 700) : 1;
    size_t align = is_run ? (size_t)1 << random_below(11) : 1;
    struct pmm_run_request request = {.frames = frames, .align = align, .zone = zone};
    size_t expected = frames <= oracle_free - oracle_reserved ? oracle_place(frames, align, zone) : PMM_SET_NONE;
    paddr_t base = 1;
    enum pmm_status status = is_run ? pmm_alloc_run(&pmm, &request, &base) : pmm_alloc(&pmm, zone, &base);
    REQUIRE(status == (expected == PMM_SET_NONE ? PMM_NO_MEMORY : PMM_OK));
    REQUIRE(base == (status == PMM_OK ? FRAME(expected) : 1));
    if (status == PMM_OK)
        oracle_set(expected, frames, false);
}

static void random_free(void)
{
    size_t at = random_below(ORACLE_FRAMES), frames = random_below(4) ? 1 : 1 + random_below(300);
    enum pmm_status expected = PMM_OK;
    for (size_t i = at; i < at + frames && expected == PMM_OK; i++) {
        expected = i >= pmm.frames         ? PMM_FOREIGN
                   : !oracle[i].is_managed ? PMM_RESERVED
                   : oracle[i].is_free     ? PMM_DOUBLE_FREE
                                           : PMM_OK;
    }
    enum pmm_status status = frames == 1 ? pmm_free(&pmm, FRAME(at)) : pmm_free_run(&pmm, FRAME(at), frames);
    REQUIRE(status == expected);
    if (status == PMM_OK)
        oracle_set(at, frames, true);
}

static void random_reservation(void)
{
    size_t frames = random_below(60);
    if (random_below(2)) {
        bool fits = frames <= oracle_free - oracle_reserved;
        REQUIRE(pmm_reserve(&pmm, frames) == fits);
        oracle_reserved += fits ? frames : 0;
    } else if (frames <= oracle_reserved) {
        pmm_unreserve(&pmm, frames);
        oracle_reserved -= frames;
    } else if (oracle_reserved > 0) {
        size_t expected = oracle_place(1, 1, PMM_ANY);
        paddr_t frame;
        REQUIRE(pmm_alloc_reserved(&pmm, &frame) == PMM_OK && frame == FRAME(expected));
        oracle_reserved--;
        oracle_set(expected, 1, false);
    }
}

static void test_random_operations(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        run_begin(seed);
        oracle_open();
        for (int op = 0; op < 1000; op++) {
            size_t kind = random_below(20);
            kind < 9 ? random_alloc() : kind < 18 ? random_free() : random_reservation();
            REQUIRE(pmm.free == oracle_free && pmm.reserved == oracle_reserved);
            REQUIRE(op % 50 != 0 || pmm_check(&pmm));
        }
        for (size_t i = 0; i < pmm.frames; i++)
            REQUIRE(pmm_set_has(&pmm.free_frames, i) == oracle[i].is_free);
    }
}

/* P-04: 6 GiB with a hole below 4 GiB. Bitmaps only: the frames themselves do not exist here, so nothing may touch
 * them. */
static void test_large_machine(void **state)
{
    (void)state;
    const paddr_t gib = (paddr_t)1 << 30;
    const struct memmap_range ranges[] = {{gib / 1024, 3 * gib}, {4 * gib, 7 * gib}};
    open_pmm(ranges, 2, gib / 2);
    assert_int_equal(pmm.total, (6 * gib - gib / 1024) / FRAME_SIZE);
    assert_true(must_alloc(PMM_ANY) == gib / 2);
    assert_true(must_alloc(PMM_DIRECT) == gib / 1024);
    assert_int_equal(run_at(512, 512, PMM_ANY), gib / 2 / FRAME_SIZE + 512);
    assert_int_equal(run_at((size_t)(3 * gib / FRAME_SIZE), 512, PMM_ANY), 4 * gib / FRAME_SIZE);
    assert_true(pmm_storage_bytes(4 * gib) < 420 * 1024);
}

/* All of 6 GiB taken but for every other frame, and for one place at the very end: a run, aligned to its size or
 * not at all, is found there at once, many thousand times over. Going over the free frames would take minutes. */
static void test_runs_in_a_fragmented_machine(void **state)
{
    (void)state;
    static const size_t sizes[] = {4, 16, 64, 512};
    const struct memmap_range range = {FRAME(256), (paddr_t)6 << 30};
    const size_t chunks = (size_t)(range.end / FRAME_SIZE / PMM_CHUNK), last = chunks - 1;
    open_pmm(&range, 1, FRAME(256));
    assert_int_equal(run_at(last * PMM_CHUNK - 256, 1, PMM_ANY), 256);
    for (size_t i = 257; i < last * PMM_CHUNK; i += 2)
        assert_int_equal(pmm_free(&pmm, FRAME(i)), PMM_OK);
    clock_t start = clock();
    for (size_t n = 0; n < 20000; n++) {
        struct pmm_run_request request = {.zone = PMM_ANY};
        paddr_t base;
        request.frames = sizes[n / 2 % LENGTH(sizes)];
        request.align = n % 2 ? request.frames : 1;
        assert_int_equal(pmm_alloc_run(&pmm, &request, &base), PMM_OK);
        assert_true(base == FRAME(last * PMM_CHUNK) - (request.align == 1 ? FRAME_SIZE : 0));
        assert_int_equal(pmm_free_run(&pmm, base, request.frames), PMM_OK);
    }
    assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
}

/* The checker must see each kind of damage. */
static void test_check_sees_damage(void **state)
{
    (void)state;
    open_chunks();
    must_alloc(PMM_ANY);
    const struct pmm good = pmm;
    pmm.free--;
    assert_false(pmm_check(&pmm));
    pmm = good;
    pmm.total++;
    assert_false(pmm_check(&pmm));
    pmm = good;
    pmm.reserved = pmm.free + 1;
    assert_false(pmm_check(&pmm));
    pmm = good;
    for (unsigned order = 1; order < PMM_ORDERS; order++) { /* a group missing, one too many */
        size_t group = PMM_CHUNK >> order, taken = (2 * PMM_CHUNK + 256) >> order;
        pmm_set_remove(&pmm.free_groups[order], group);
        assert_false(pmm_check(&pmm));
        pmm_set_add(&pmm.free_groups[order], group);
        pmm_set_add(&pmm.free_groups[order], taken);
        assert_false(pmm_check(&pmm));
        pmm_set_remove(&pmm.free_groups[order], taken);
    }
    pmm_set_add(&pmm.free_frames, 3); /* not managed */
    assert_false(pmm_check(&pmm));
    pmm_set_remove(&pmm.free_frames, 3);
    assert_true(pmm_check(&pmm));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_against_array),
        cmocka_unit_test(test_set_check_sees_damage),
        cmocka_unit_test_setup_teardown(test_order_and_zones, open_small, close_pmm),
        cmocka_unit_test_setup_teardown(test_direct_runs_out_first, open_small, close_pmm),
        cmocka_unit_test_setup_teardown(test_wrong_frees, open_small, close_pmm),
        cmocka_unit_test(test_texts),
        cmocka_unit_test_teardown(test_exhaustion_and_refill, close_pmm),
        cmocka_unit_test_teardown(test_runs_of_chunks, close_pmm),
        cmocka_unit_test_teardown(test_runs_of_any_size, close_pmm),
        cmocka_unit_test_teardown(test_run_goes_around_used_frames, close_pmm),
        cmocka_unit_test_teardown(test_wrong_free_of_a_run_changes_nothing, close_pmm),
        cmocka_unit_test_setup_teardown(test_reservation_is_kept, open_small, close_pmm),
        cmocka_unit_test_setup_teardown(test_run_leaves_reserved_frames, open_small, close_pmm),
        cmocka_unit_test_teardown(test_random_operations, close_pmm),
        cmocka_unit_test_teardown(test_large_machine, close_pmm),
        cmocka_unit_test_teardown(test_runs_in_a_fragmented_machine, close_pmm),
        cmocka_unit_test_teardown(test_check_sees_damage, close_pmm),
    };
    return cmocka_run_group_tests_name("pmm", tests, NULL, NULL);
}
