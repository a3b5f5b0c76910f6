/* What the tests of the fit family share: one heap, and layouts as text.
 *
 * Layouts are written in units of A, the same at both widths: "#2 .3" is a used block of 2 A, then a hole of 3 A. Blocks
 * are taken and given back in the same units. */
#ifndef TESTS_FIT_HEAP_H
#define TESTS_FIT_HEAP_H

#include "alloc_region.h"

#define A HEAP_ALIGN
#define PAYLOAD(units) ((units)*A - WORD) /* the largest request that a block of that many units holds */

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

static inline bool is_of_the_fit_family(const struct heap_ops *ops)
{
    return strstr(ops->name, "-fit") != NULL;
}

/* Those of the family that keep their holes in a list: all but the one that walks over the blocks. */
static inline bool has_a_list_of_holes(const struct heap_ops *ops)
{
    return is_of_the_fit_family(ops) && strstr(ops->name, "-walk") == NULL;
}

static inline void begin(const char *policy, const struct region_shape *shape)
{
    const struct heap_ops *ops = heap_policy_find(policy);
    assert_non_null(ops);
    region_heap(&region, h, ops, shape);
}

/* A heap that cannot grow with `units` A for blocks, and one more for the pad and the end mark. */
static inline void begin_fixed(void **state, size_t units)
{
    const struct region_shape shape = {.limit = (units + 1) * A, .is_fixed = true, .harden = 1};
    region_heap(&region, h, policy_of(state), &shape);
}

static inline bool append_extent(void *context, const struct heap_extent *extent)
{
    char *text = context;
    if (extent->kind != HEAP_META)
        sprintf(text + strlen(text), "%s%c%zu", *text ? " " : "", extent->kind == HEAP_USED ? '#' : '.',
                extent->size / A);
    return true;
}

static inline void assert_layout(const char *expected)
{
    static char text[4096];
    *text = '\0';
    assert_int_equal(heap_walk(h, append_extent, text), HEAP_OK);
    assert_string_equal(text, expected);
    assert_sound(h);
}

static inline void *take(size_t units)
{
    unsigned char *p = heap_alloc(h, PAYLOAD(units));
    assert_non_null(p);
    memset(p, 0xFF, PAYLOAD(units));
    return p;
}

static inline void *take_aligned(size_t units, size_t align)
{
    void *p;
    assert_int_equal(heap_alloc_aligned(h, PAYLOAD(units), align, &p), HEAP_OK);
    memset(p, 0xFF, PAYLOAD(units));
    return p;
}

static inline void give(void *ptr)
{
    assert_int_equal(heap_free(h, ptr), HEAP_OK);
}

static inline void *resize(void *ptr, size_t units)
{
    void *moved;
    assert_int_equal(heap_resize(h, ptr, PAYLOAD(units), &moved), HEAP_OK);
    return moved;
}

static inline void assert_cuts_and_joins(uint64_t splits, uint64_t merges)
{
    assert_int_equal(h->counters.splits, splits);
    assert_int_equal(h->counters.merges, merges);
}

/* Header of the block whose payload is at ptr, and the last word of a block of that many units. */
static inline size_t *header_of(void *ptr)
{
    return (size_t *)ptr - 1;
}

static inline size_t *tag_of(void *ptr, size_t units)
{
    return (size_t *)((unsigned char *)header_of(ptr) + units * A) - 1;
}

#endif
