/* The kept traces of tests/corpus/alloc/, each under every policy, judged by the shadow after each operation: what once made an
 * allocator fail must not do so again, at either width, in any allocator.
 *
 * A trace is what test_random.c writes. Its heading says how the heap was set up:
 *     # NAME:option=value...                       the allocator, as a user names it
 *     # region BYTES fixed|growing harden LEVEL
 * The allocator named runs it in just this heap; all others, and it too, with default options at every hardening level, in a
 * region that is fixed and in one that grows. */
#include <dirent.h>

#include <lab/spec.h>
#include <lab/trace.h>

#include "alloc_region.h"
#include "alloc_shadow.h"

#define CORPUS KFIT_TRACES "/../tests/corpus/alloc"

enum { TEXT_MAX = 1 << 18, ARENA_BYTES = 8 << 20 };

static struct test_region region;
static struct heap heap, *const h = &heap; /* the heap under test, in `region` */

struct kept {
    char path[1024];
    char name[128]; /* the allocator and its options */
    struct region_shape shape;
    struct lab_program program;
};

/* ---- reading ---- */

static size_t read_text(const char *path, char *text)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t length = fread(text, 1, TEXT_MAX - 1, file);
    fclose(file);
    assert_true(length < TEXT_MAX - 1);
    text[length] = '\0';
    return length;
}

static void read_heading(struct kept *k, const char *text)
{
    char kind[16];
    unsigned long bytes;
    int found = sscanf(text, "# %127[^ \n]\n# region %lu %15s harden %u", k->name, &bytes, kind, &k->shape.harden);
    if (found != 4)
        fail_msg("%s: no heading that says allocator and region", k->path);
    k->shape.limit = bytes;
    k->shape.is_fixed = strcmp(kind, "fixed") == 0;
}

static void read_kept(struct kept *k, struct lab_arena *arena)
{
    static char text[TEXT_MAX];
    struct lab_error error = {0};
    size_t length = read_text(k->path, text);
    read_heading(k, text);
    if (lab_trace_parse(text, length, arena, &k->program, &error) != LAB_OK)
        fail_msg("%s: %s", k->path, error.message);
    assert_true(k->program.slots <= SHADOW_IDS);
}

/* ---- running ---- */

static struct shadow_op shadow_op_of(const struct lab_op *op)
{
    static const enum shadow_op_kind kinds[LAB_OP_KINDS] = {
        [LAB_ALLOC] = OP_ALLOC, [LAB_ALIGNED] = OP_ALIGNED, [LAB_RESIZE] = OP_RESIZE, [LAB_FREE] = OP_FREE};
    bool gives_back = op->kind == LAB_RESIZE && op->size == 0;
    return (struct shadow_op){.kind = gives_back ? OP_FREE : kinds[op->kind],
                              .id = op->slot,
                              .bytes = op->size,
                              .align = (size_t)1 << op->align_log2};
}

static void run(const struct kept *k, struct heap_setup setup)
{
    const char *wrong = NULL;
    memset(h, REGION_JUNK, sizeof *h);
    if (heap_init(h, &setup) != HEAP_OK) /* a region that is too small for this policy */
        return;
    shadow_begin(h);
    for (size_t i = 0; i < k->program.count; i++) {
        struct shadow_op op = shadow_op_of(&k->program.ops[i]);
        if (k->program.ops[i].slot == LAB_NULL_SLOT)
            continue;
        wrong = shadow_do(&op);
        if (!wrong)
            wrong = shadow_judge(i);
        if (wrong)
            fail_msg("%s under %s, operation %zu: %s", k->path, setup.ops->name, i + 1, wrong);
    }
    wrong = shadow_drain();
    if (wrong)
        fail_msg("%s under %s, all freed: %s", k->path, setup.ops->name, wrong);
}

static void run_as_found(const struct kept *k)
{
    struct lab_alloc_spec spec;
    struct lab_error error = {0};
    if (!lab_parse_alloc(k->name, strlen(k->name), &spec, &error))
        fail_msg("%s: %s", k->path, error.message);
    struct heap_setup setup = region_setup(&region, spec.policy, &k->shape);
    memcpy(setup.options, spec.options, sizeof setup.options);
    setup.grain = spec.grain;
    run(k, setup);
}

static void run_everywhere(const struct kept *k)
{
    for (size_t i = 0; heap_policies[i]; i++) {
        for (unsigned harden = 0; harden <= HEAP_HARDEN_MAX; harden++) {
            struct region_shape shape = {.limit = k->shape.limit, .is_fixed = true, .harden = harden};
            run(k, region_setup(&region, heap_policies[i], &shape));
            shape.is_fixed = false;
            run(k, region_setup(&region, heap_policies[i], &shape));
        }
    }
}

static void kept_traces_run_under_every_policy(void **state)
{
    (void)state;
    static struct kept k;
    size_t traces = 0;
    DIR *listing = opendir(CORPUS);
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        struct lab_arena arena = {.base = malloc(ARENA_BYTES), .committed = ARENA_BYTES, .reserved = ARENA_BYTES};
        k = (struct kept){0};
        assert_true(snprintf(k.path, sizeof k.path, "%s/%s", CORPUS, entry->d_name) < (int)sizeof k.path);
        if (entry->d_name[0] != '.') {
            read_kept(&k, &arena);
            run_as_found(&k);
            run_everywhere(&k);
            traces++;
        }
        free(arena.base);
    }
    closedir(listing);
    assert_true(traces > 0);
    print_message("%zu traces\n", traces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_traces_run_under_every_policy)};
    shadow_make_pattern();
    region_begin(&region, SHADOW_CAPACITY);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    region_end(&region);
    return failed;
}
