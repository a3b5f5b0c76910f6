/* The duel: one program on a real heap and on the reference model at once, compared after every operation. */
#ifndef TESTS_LAB_DUEL_H
#define TESTS_LAB_DUEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <alloc/heap_ops.h>
#include <lab/model.h>

#include "../../../alloc/fit.h"
#include "support.h"

/* The two names of one policy. */
struct duel_policy {
    const char *name;
    enum lab_model_policy model;
};

static const struct duel_policy duel_policies[] = {
    {"first-fit", LAB_MODEL_FIRST}, {"first-fit-walk", LAB_MODEL_FIRST}, {"best-fit", LAB_MODEL_BEST},
    {"worst-fit", LAB_MODEL_WORST}, {"next-fit", LAB_MODEL_NEXT},
};

enum { DUEL_POLICIES = sizeof duel_policies / sizeof duel_policies[0] };

struct duel_terms {
    const struct duel_policy *policy;
    enum lab_model_order order;      /* one that our heaps have: see duel_order_words */
    enum lab_model_coalescing merge; /* the same: duel_merge_words */
    size_t split;                    /* smallest remainder that is split off */
    size_t limit;                    /* of the region; a multiple of HEAP_ALIGN */
    size_t grain;                    /* 0: the region is `limit` bytes from the start, and fixed */
    unsigned harden;                 /* of the real heap */
    bool is_checked;                 /* heap_check and lab_model_check after every operation, not only at the end */
};

/* Memory for any number of duels, one after the other. */
struct duel_ground {
    unsigned char *region, *scratch;
    uint8_t *starts;
    size_t region_bytes;
    struct lab_arena arena;
};

struct duel {
    const struct duel_terms *terms;
    struct heap heap;
    struct lab_model_player player;
    unsigned char **payloads; /* of each slot, in the real heap */
    uint64_t placement;       /* of the real heap, digested here */
    size_t refused;           /* by the real heap */
    size_t failed;            /* the index of the operation with the first difference */
    char difference[160];     /* empty: none */
};

static inline void duel_ground_make(struct duel_ground *g, size_t region_bytes, size_t scratch_bytes)
{
    g->region_bytes = region_bytes;
    g->region = aligned_alloc(HEAP_REGION_ALIGN, region_bytes);
    g->scratch = aligned_alloc(16, scratch_bytes);
    g->starts = malloc(heap_starts_bytes(region_bytes));
    assert_true(g->region && g->scratch && g->starts);
    memset(g->scratch, 0x5A, scratch_bytes);
    g->arena = (struct lab_arena){.base = g->scratch, .committed = scratch_bytes, .reserved = scratch_bytes};
}

static inline void duel_ground_free(struct duel_ground *g)
{
    free(g->region);
    free(g->scratch);
    free(g->starts);
}

static inline bool duel_grow(void *context, size_t committed, size_t added)
{
    (void)context, (void)committed, (void)added;
    return true;
}

/* Terms with the options at their defaults. */
static inline struct duel_terms duel_defaults(const struct duel_policy *policy)
{
    return (struct duel_terms){.policy = policy,
                               .order = LAB_MODEL_BY_ADDRESS,
                               .merge = LAB_MODEL_AT_ONCE,
                               .split = lab_model_format_here()->min};
}

static inline const struct heap_option *duel_option(const struct heap_ops *ops, const char *key)
{
    const struct heap_option *o = ops->options;
    while (o && o->key && strcmp(o->key, key) != 0)
        o++;
    return o && o->key ? o : NULL;
}

/* The value of a policy's option that is written as this word. The policy must have it, unless the word is its default's. */
static inline void duel_set_word(struct heap_setup *setup, const char *key, const char *word, bool is_default)
{
    const struct heap_option *o = duel_option(setup->ops, key);
    assert_true(o || is_default);
    for (size_t value = 0; o; value++) {
        assert_non_null(o->words[value]);
        if (strcmp(o->words[value], word) == 0) {
            setup->options[o - setup->ops->options] = value;
            break;
        }
    }
}

static const char *const duel_order_words[] = {
    [LAB_MODEL_BY_ADDRESS] = "address",
    [LAB_MODEL_INSERT_FRONT] = "lifo",
    [LAB_MODEL_INSERT_BACK] = "fifo",
    [LAB_MODEL_BY_SIZE] = "size",
};
static const char *const duel_merge_words[] = {
    [LAB_MODEL_AT_ONCE] = "eager",
    [LAB_MODEL_DEFERRED] = "deferred",
    [LAB_MODEL_NEVER] = "never",
};

/* The options of the terms, for the real heap. */
static inline void duel_set_options(struct heap_setup *setup, const struct duel_terms *terms)
{
    const struct heap_option *split = duel_option(setup->ops, "split");
    assert_non_null(split);
    setup->options[split - setup->ops->options] = terms->split;
    duel_set_word(setup, "order", duel_order_words[terms->order], terms->order == LAB_MODEL_BY_ADDRESS);
    duel_set_word(setup, "merge", duel_merge_words[terms->merge], false);
}

static inline void duel_begin(struct duel *d, struct duel_ground *g, const struct duel_terms *terms,
                              const struct lab_program *program)
{
    struct lab_model_params params =
        lab_model_kfit(terms->policy->model, lab_model_format_here(), terms->grain, terms->limit);
    bool grows = terms->grain != 0;
    struct heap_setup setup = {
        .ops = heap_policy_find(terms->policy->name),
        .region = {.base = g->region,
                   .committed = grows ? 0 : terms->limit,
                   .reserved = terms->limit,
                   .grow = grows ? duel_grow : NULL,
                   .starts = terms->harden ? g->starts : NULL},
        .harden = terms->harden,
        .grain = terms->grain,
    };
    assert_true(terms->limit <= g->region_bytes);
    duel_set_options(&setup, terms);
    params.order = terms->order;
    params.coalescing = terms->merge;
    params.split_min = terms->split;
    memset(g->region, 0xA5, terms->limit);
    memset(g->starts, 0, heap_starts_bytes(terms->limit));
    memset(d, 0x5A, sizeof *d);
    d->terms = terms;
    d->difference[0] = '\0';
    d->placement = 0xCBF29CE484222325u;
    d->refused = 0;
    assert_int_equal(heap_init(&d->heap, &setup), HEAP_OK);
    assert_int_equal(lab_model_player_init(&d->player, &params, program, &g->arena), LAB_MODEL_OK);
    d->payloads = lab_arena_take(&g->arena, program->slots, sizeof *d->payloads);
    assert_non_null(d->payloads);
    memset(d->payloads, 0, program->slots * sizeof *d->payloads);
}

/* A request of the real heap; NULL: refused. */
static inline unsigned char *duel_request(struct heap *h, const struct lab_op *op, unsigned char *old)
{
    void *payload = NULL;
    if (op->kind == LAB_RESIZE)
        (void)heap_resize(h, old, op->size, &payload);
    else if (op->kind == LAB_ALIGNED)
        (void)heap_alloc_aligned(h, op->size, (size_t)1 << op->align_log2, &payload);
    else
        payload = heap_alloc(h, op->size);
    return payload;
}

static inline void duel_differ(struct duel *d, const char *what, uint64_t heap, uint64_t model)
{
    if (d->difference[0] == '\0')
        snprintf(d->difference, sizeof d->difference, "%s: heap %llu, model %llu", what, (unsigned long long)heap,
                 (unsigned long long)model);
}

static inline void duel_compare(struct duel *d, const char *what, uint64_t heap, uint64_t model)
{
    if (heap != model)
        duel_differ(d, what, heap, model);
}

static inline void duel_compare_request(struct duel *d, const unsigned char *payload,
                                        const struct lab_model_result *result)
{
    uint64_t heap = payload ? (uint64_t)(payload - d->heap.base) : UINT64_MAX;
    uint64_t number = payload ? heap - heap_origin(&d->heap) : UINT64_MAX;
    duel_compare(d, "payload's offset (or refused)", heap,
                 result->status == LAB_MODEL_OK ? result->payload : UINT64_MAX);
    for (unsigned shift = 0; shift < 64; shift += 8)
        d->placement = (d->placement ^ (number >> shift & 255)) * 0x100000001B3u;
}

static inline void duel_compare_counters(struct duel *d)
{
    const struct heap_counters *heap = &d->heap.counters;
    const struct lab_model_totals *model = &d->player.model.totals;
    duel_compare(d, "splits", heap->splits, model->splits);
    duel_compare(d, "merges", heap->merges, model->merges);
    duel_compare(d, "grows", heap->grows, model->grows);
    duel_compare(d, "committed bytes", d->heap.committed, d->player.model.committed);
}

/* The list of holes, entry by entry in its order; not of a policy that keeps none. */
static inline void duel_compare_list(struct duel *d)
{
    const struct lab_model *m = &d->player.model;
    const struct block *hole = d->heap.ops->state_bytes > 0 ? fit_first_hole(&d->heap) : NULL;
    for (size_t i = 0; i < m->hole_count && d->heap.ops->state_bytes > 0; i++) {
        uint64_t offset = hole ? (uintptr_t)hole - (uintptr_t)d->heap.base : UINT64_MAX;
        duel_compare(d, "offset of an entry of the list", offset, lab_model_hole(m, i)->address);
        hole = hole ? hole->next_hole : NULL;
    }
    duel_compare(d, "entry behind the last", hole != NULL, false);
}

static inline void duel_check(struct duel *d)
{
    duel_compare(d, "heap_check", heap_check(&d->heap), HEAP_OK);
    duel_compare(d, "lab_model_check", true, lab_model_check(&d->player.model));
    duel_compare_list(d);
}

static inline void duel_step(struct duel *d, const struct lab_op *op)
{
    struct lab_model_result result = lab_model_play(&d->player, op);
    unsigned char **slot = op->slot == LAB_NULL_SLOT ? NULL : &d->payloads[op->slot];
    if (op->kind == LAB_FREE || (op->kind == LAB_RESIZE && op->size == 0)) {
        duel_compare(d, "status of a free", heap_free(&d->heap, slot ? *slot : NULL), HEAP_OK);
        if (slot)
            *slot = NULL;
    } else {
        unsigned char *payload = duel_request(&d->heap, op, *slot);
        duel_compare_request(d, payload, &result);
        if (payload)
            *slot = payload;
        else
            d->refused++;
    }
    duel_compare_counters(d);
    if (d->terms->is_checked)
        duel_check(d);
}

static inline void duel_compare_end(struct duel *d)
{
    struct heap_shape heap;
    struct lab_model_shape model = lab_model_measure(&d->player.model);
    duel_check(d);
    duel_compare(d, "heap_measure", heap_measure(&d->heap, &heap), HEAP_OK);
    duel_compare(d, "used bytes at the end", heap.used, model.used);
    duel_compare(d, "free bytes at the end", heap.free, model.free);
    duel_compare(d, "fixed bytes", heap_fixed(&d->heap), model.fixed);
    duel_compare(d, "used blocks at the end", heap.used_blocks, model.used_blocks);
    duel_compare(d, "holes at the end", heap.holes, model.holes);
    duel_compare(d, "largest hole at the end", heap.largest_hole, model.largest_hole);
    duel_compare(d, "granted bytes", d->heap.counters.granted, model.used);
    duel_compare(d, "live blocks", d->heap.counters.live, model.used_blocks);
    duel_compare(d, "refused requests", d->refused, d->player.refused);
    duel_compare(d, "placement digest", d->placement, d->player.placement);
}

/* Runs all of it up to the first difference; true if there is none. */
static inline bool duel_run(struct duel *d, struct duel_ground *g, const struct duel_terms *terms,
                            const struct lab_program *program)
{
    size_t mark = g->arena.used;
    duel_begin(d, g, terms, program);
    for (d->failed = 0; d->failed < program->count && d->difference[0] == '\0'; d->failed++)
        duel_step(d, &program->ops[d->failed]);
    if (d->difference[0] == '\0')
        duel_compare_end(d);
    else
        d->failed--;
    lab_arena_release(&g->arena, mark);
    return d->difference[0] == '\0';
}

/* ---- telling about a difference ---- */

static inline void duel_print_op(const struct lab_op *op)
{
    static const char letters[] = {'a', 'm', 'r', 'f'};
    printf("%c %d", letters[op->kind], (int)op->slot);
    if (op->kind != LAB_FREE)
        printf(" %zu", op->size);
    if (op->kind == LAB_ALIGNED)
        printf(" %llu", 1ULL << op->align_log2);
    printf("\n");
}

/* Whether no `a` or `m` meets a slot that is live. At most 64 slots. */
static inline bool duel_is_valid(const struct lab_op *ops, size_t count)
{
    uint64_t live = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bit = ops[i].slot < 64 ? (uint64_t)1 << ops[i].slot : 0;
        bool is_request = ops[i].kind == LAB_ALLOC || ops[i].kind == LAB_ALIGNED;
        if (is_request && (live & bit))
            return false;
        bool frees = ops[i].kind == LAB_FREE || ops[i].size == 0;
        live = frees && !is_request ? live & ~bit : live | bit;
    }
    return true;
}

/* Takes out, one after the other, all operations without which there still is a difference, and prints what is left as
 * a trace. At most 64 slots. */
static inline void duel_shrink(struct duel *d, struct duel_ground *g, const struct duel_terms *terms,
                               const struct lab_program *program)
{
    struct lab_op *ops = malloc(program->count * sizeof *ops), *fewer = malloc(program->count * sizeof *ops);
    struct lab_program left = *program;
    size_t count = d->failed + 1 < program->count ? d->failed + 1 : program->count;
    memcpy(ops, program->ops, count * sizeof *ops);
    left.ops = fewer;
    for (size_t i = count; i-- > 0;) {
        memcpy(fewer, ops, i * sizeof *ops);
        memcpy(fewer + i, ops + i + 1, (count - i - 1) * sizeof *ops);
        left.count = count - 1;
        if (duel_is_valid(fewer, left.count) && !duel_run(d, g, terms, &left))
            memcpy(ops, fewer, --count * sizeof *ops);
    }
    left.ops = ops;
    left.count = count;
    (void)duel_run(d, g, terms, &left);
    printf("# %s:order=%s:merge=%s:split=%zu, limit %zu, grain %zu, harden %u: %s\n", terms->policy->name,
           duel_order_words[terms->order], duel_merge_words[terms->merge], terms->split, terms->limit, terms->grain,
           terms->harden, d->difference);
    for (size_t i = 0; i < count; i++)
        duel_print_op(&ops[i]);
    free(ops);
    free(fewer);
}

#endif
