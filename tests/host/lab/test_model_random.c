/* Every allocator of the fit family, with every order, time of merging and several smallest remainders, held to the reference
 * model, operation by operation, over random sequences. With KFIT_DEEP=1 in the environment ten times as many. */
#include "duel.h"

enum {
    A = HEAP_ALIGN, /* 16 or 8 */
    SLOTS = 24,
    DEFAULTS = 1000, /* random sequences for each policy with its defaults, ... */
    OTHERS = 250,    /* ... and with each other choice of options; ten times as many with KFIT_DEEP */
    SEQUENCE_LENGTH = 160,
    REGION_BYTES = 4 << 20, /* room for an alignment of 2 MiB */
};

/* ---- random sequences ---- */

struct maker {
    uint64_t random;
    size_t usual, large; /* sizes asked for: up to `usual`, one in eight up to `large` */
    struct lab_op ops[SEQUENCE_LENGTH];
    size_t sizes[SLOTS]; /* 0: not live */
};

static size_t below(struct maker *m, size_t bound)
{
    return (size_t)(test_random(&m->random) % bound);
}

static size_t random_size(struct maker *m)
{
    switch (below(m, 32)) {
    case 0:
        return 0;
    case 1:
        return SIZE_MAX - below(m, 64);
    case 2:
    case 3:
    case 4:
    case 5:
        return below(m, m->large + 1);
    default:
        return below(m, m->usual + 1);
    }
}

/* Near the old size, to meet the edges of the smallest block, or any. */
static size_t random_new_size(struct maker *m, size_t old)
{
    size_t size = old + below(m, 8 * A);
    if (below(m, 3) == 0)
        return random_size(m);
    return size > 4 * A ? size - 4 * A : size;
}

static struct lab_op random_op(struct maker *m)
{
    uint32_t slot = (uint32_t)below(m, SLOTS);
    struct lab_op op = {.slot = slot};
    if (m->sizes[slot] == 0) {
        bool is_aligned = below(m, 4) == 0;
        op.kind = below(m, 16) == 0 ? LAB_RESIZE : is_aligned ? LAB_ALIGNED : LAB_ALLOC;
        op.align_log2 = (uint8_t)(below(m, 16) == 0 ? 20 + below(m, 3) : below(m, 14));
        op.size = random_size(m);
    } else if (below(m, 5) < 2) {
        op.kind = LAB_RESIZE;
        op.size = random_new_size(m, m->sizes[slot]);
    } else {
        op.kind = LAB_FREE;
    }
    if (op.kind != LAB_ALIGNED)
        op.align_log2 = 0;
    bool is_gone = op.kind == LAB_FREE || (op.kind == LAB_RESIZE && op.size == 0);
    m->sizes[slot] = is_gone ? 0 : op.size == 0 || op.size > m->large ? 1 : op.size;
    return op;
}

static bool is_default(const struct duel_terms *terms)
{
    return terms->order == LAB_MODEL_BY_ADDRESS && terms->merge == LAB_MODEL_AT_ONCE;
}

/* Most often the smallest there is, else a little more, or more than most holes have. */
static size_t random_split(struct maker *m)
{
    static const size_t units[] = {2, 2, 3, 4, 8, 40, 65536};
    return units[below(m, sizeof units / sizeof *units)] * A;
}

/* Everything of a sequence comes from its seed: sizes, limits, grain, operations; and the smallest remainder, unless all is to
 * be as by default. */
static struct lab_program random_program(struct maker *m, uint64_t seed, struct duel_terms *terms)
{
    struct lab_program program = {.ops = m->ops, .count = SEQUENCE_LENGTH, .slots = SLOTS};
    memset(m, 0, sizeof *m);
    m->random = seed;
    terms->grain = below(m, 5) == 0 ? 0 : 4096 * (1 + below(m, 3) * below(m, 4));
    terms->limit = 1024 + below(m, 48000) / A * A; /* may be less than a grain */
    if (below(m, 32) == 0)
        terms->limit = REGION_BYTES - below(m, 100) * A;
    terms->harden = (unsigned)below(m, 2);
    terms->is_checked = true;
    m->usual = 8u << below(m, 7);
    m->large = terms->limit / (1 + below(m, 12));
    if (!is_default(terms))
        terms->split = random_split(m);
    for (size_t i = 0; i < SEQUENCE_LENGTH; i++) {
        m->ops[i] = random_op(m);
        program.count_of[m->ops[i].kind]++;
    }
    return program;
}

/* What all the sequences together have met: a sequence that never grows tests no growth. */
struct coverage {
    uint64_t refused, splits, merges, grows, in_place, moved, short_grows;
};

static void note_coverage(struct coverage *c, const struct duel *d)
{
    c->refused += d->refused;
    c->splits += d->heap.counters.splits;
    c->merges += d->heap.counters.merges;
    c->grows += d->heap.counters.grows;
    c->in_place += d->heap.counters.resized_in_place;
    c->moved += d->heap.counters.resized_moved;
    c->short_grows += d->terms->grain != 0 && d->heap.committed % d->terms->grain != 0;
}

/* Random sequences on one allocator with one choice of options. */
static void random_sequences(const struct duel_terms *options, size_t sequences, struct coverage *met)
{
    static struct maker maker;
    struct duel_ground ground;
    struct duel d;
    duel_ground_make(&ground, REGION_BYTES, 65536);
    bool agree = true;
    for (uint64_t seed = 1; seed <= sequences && agree; seed++) {
        struct duel_terms terms = *options;
        struct lab_program program = random_program(&maker, seed, &terms);
        agree = duel_run(&d, &ground, &terms, &program);
        note_coverage(met, &d);
        if (!agree) {
            printf("seed %llu, operation %zu: %s; shrunk:\n", (unsigned long long)seed, d.failed, d.difference);
            duel_shrink(&d, &ground, &terms, &program);
        }
    }
    duel_ground_free(&ground);
    assert_true(agree);
}

static size_t times_deep(size_t sequences)
{
    const char *deep = getenv("KFIT_DEEP");
    return deep && *deep ? 10 * sequences : sequences;
}

static const enum lab_model_order orders[] = {LAB_MODEL_BY_ADDRESS, LAB_MODEL_INSERT_FRONT, LAB_MODEL_INSERT_BACK,
                                              LAB_MODEL_BY_SIZE};
static const enum lab_model_coalescing merges[] = {LAB_MODEL_AT_ONCE, LAB_MODEL_DEFERRED, LAB_MODEL_NEVER};

enum {
    ORDERS = sizeof orders / sizeof *orders,
    MERGES = sizeof merges / sizeof *merges,
};

static const struct duel_policy *policy_named(const char *name)
{
    size_t i = 0;
    while (i < DUEL_POLICIES && strcmp(duel_policies[i].name, name) != 0)
        i++;
    assert_true(i < DUEL_POLICIES);
    return &duel_policies[i];
}

static void defaults_agree(void **state)
{
    struct coverage met = {0};
    struct duel_terms terms = duel_defaults(policy_named(*state));
    random_sequences(&terms, times_deep(DEFAULTS), &met);
    assert_true(met.refused > 1000 && met.grows > 1000 && met.short_grows > 100);
    assert_true(met.splits > 10000 && met.merges > 10000 && met.in_place > 1000 && met.moved > 1000);
}

/* Every order that the allocator takes with every time of merging. */
static void options_agree(void **state)
{
    struct duel_terms terms = duel_defaults(policy_named(*state));
    bool takes_order = duel_option(heap_policy_find(terms.policy->name), "order") != NULL;
    for (size_t order = 0; order < (takes_order ? ORDERS : 1); order++) {
        for (size_t merge = 0; merge < MERGES; merge++) {
            struct coverage met = {0};
            terms.order = orders[order];
            terms.merge = merges[merge];
            random_sequences(&terms, times_deep(OTHERS), &met);
            assert_true(met.refused > 250 && met.grows > 250 && met.splits > 2500);
            assert_true(met.in_place > 250 && met.moved > 250);
            assert_true(terms.merge == LAB_MODEL_NEVER ? met.merges == 0 : met.merges > 1000);
        }
    }
}

/* Each test once for each allocator of the family that this build has. */
int main(void)
{
    static const struct CMUnitTest both[] = {cmocka_unit_test(defaults_agree), cmocka_unit_test(options_agree)};
    static struct CMUnitTest tests[2 * DUEL_POLICIES];
    static char names[2 * DUEL_POLICIES][64];
    size_t count = 0;
    for (size_t i = 0; i < 2 * DUEL_POLICIES; i++) {
        const char *policy = duel_policies[i / 2].name;
        if (!heap_policy_find(policy))
            continue;
        snprintf(names[count], sizeof names[count], "%s: %s", policy, both[i % 2].name);
        tests[count] = both[i % 2];
        tests[count].name = names[count];
        tests[count++].initial_state = (void *)(uintptr_t)policy;
    }
    return _cmocka_run_group_tests("model_random", tests, count, NULL, NULL);
}
