/* The workloads: churn, ramp, comb; and the reading of their parameters. */
#include <lab/workload.h>

#include <lab/number.h>
#include <lab/random.h>

#include "builder.h"
#include "cstring.h"
#include "words.h"

/* ---- parameters ---- */

const struct lab_workload *lab_workload_find(const char *name, size_t length)
{
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        if (lab_matches(w->name, name, length))
            return w;
    }
    return NULL;
}

static bool parse_value(const struct lab_parameter *p, const char *text, size_t length, uint64_t *value)
{
    return lab_parse_number(text, length, true, value) == LAB_NUMBER_OK && *value >= p->min && *value <= p->max;
}

static bool parse_word(const struct lab_parameter *p, const char *text, size_t length, uint64_t *value)
{
    size_t index;
    bool is_found = word_find((struct word){text, length}, p->words, &index);
    *value = index;
    return is_found;
}

static bool parse_range(const struct lab_parameter *p, const char *text, size_t length, uint64_t *low, uint64_t *high)
{
    size_t dash = 0;
    while (dash < length && text[dash] != '-')
        dash++;
    if (dash == length)
        return parse_value(p, text, length, low) && parse_value(p, text, length, high);
    return parse_value(p, text, dash, low) && parse_value(p, text + dash + 1, length - dash - 1, high) && *low <= *high;
}

static bool bad_value(const struct lab_parameter *p, struct word word, struct lab_error *error)
{
    struct word_shown shown = word_show(word.text, word.length);
    if (p->words)
        return word_unknown_value(error, p->key, word, p->words);
    return lab_fail(error, word.text, word.length, "'%s': %s is %s from %ju to %ju", shown.text, p->key,
                    p->is_range ? "a range LOW-HIGH, or one number," : "a number", (uintmax_t)p->min,
                    (uintmax_t)p->max);
}

static bool unknown_parameter(const struct lab_workload *w, struct word word, struct lab_error *error)
{
    const char *keys[LAB_PARAMETERS_MAX + 1] = {NULL};
    for (size_t i = 0; i < LAB_PARAMETERS_MAX && w->parameters[i].key; i++)
        keys[i] = w->parameters[i].key;
    return word_unknown_key(error, w->name, word, keys);
}

/* One word "key=value". */
static bool parse_parameter(const struct lab_workload *w, struct word word, struct lab_values *values, bool *given,
                            struct lab_error *error)
{
    size_t key = word_before(word, '='), i = 0;
    const struct lab_parameter *p = w->parameters;
    while (p[i].key && !lab_matches(p[i].key, word.text, key))
        i++;
    if (!p[i].key || key == word.length)
        return unknown_parameter(w, word, error);
    if (given[i])
        return lab_fail(error, word.text, word.length, "'%s': %s= is given twice",
                        word_show(word.text, word.length).text, p[i].key);
    given[i] = true;
    const char *text = word.text + key + 1;
    size_t length = word.length - key - 1;
    bool is_good = p[i].words      ? parse_word(&p[i], text, length, &values->low[i])
                   : p[i].is_range ? parse_range(&p[i], text, length, &values->low[i], &values->high[i])
                                   : parse_value(&p[i], text, length, &values->low[i]);
    return is_good || bad_value(&p[i], word, error);
}

bool lab_workload_values(const struct lab_workload *workload, const char *text, size_t length, uint64_t seed,
                         struct lab_values *values, struct lab_error *error)
{
    bool given[LAB_PARAMETERS_MAX] = {false};
    struct word_list list = {.text = text, .length = length, .separator = ':', .is_done = length == 0};
    struct word word;
    *values = (struct lab_values){.seed = seed};
    for (size_t i = 0; workload->parameters[i].key; i++) {
        values->low[i] = workload->parameters[i].low;
        values->high[i] = workload->parameters[i].high;
    }
    while (word_next(&list, &word)) {
        if (!parse_parameter(workload, word, values, given, error))
            return false;
    }
    return true;
}

/* ---- what the generators share ---- */

static size_t random_size(struct lab_random *random, const struct lab_values *v, unsigned parameter)
{
    uint32_t spread = (uint32_t)(v->high[parameter] - v->low[parameter]) + 1;
    return (size_t)v->low[parameter] + lab_random_below(random, spread);
}

/* An order of the numbers 0 .. count - 1: forward, backward or shuffled (R. Durstenfeld, Algorithm 235, 1964). */
enum order { ORDER_FIFO, ORDER_LIFO, ORDER_RANDOM };
static const char *const order_words[] = {"fifo", "lifo", "random", NULL};

static void fill_order(uint32_t *order, uint32_t count, enum order how, struct lab_random *random)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = how == ORDER_LIFO ? count - 1 - i : i;
    for (uint32_t i = count; how == ORDER_RANDOM && i > 1; i--) {
        uint32_t j = lab_random_below(random, i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

#define SIZE_LIMIT ((uint64_t)1 << 30)
#define COUNT_LIMIT ((uint64_t)4 << 20)

/* ---- churn: random sizes and lifetimes around a live-set target ---- */

enum { CHURN_OPS, CHURN_LIVE, CHURN_SIZE, CHURN_RESIZE, CHURN_ALIGN };

static const struct lab_parameter churn_parameters[] = {
    {"ops", "operations", 1, COUNT_LIMIT, 20000, 0, false, NULL},
    {"live", "blocks live at a time, about", 1, 1 << 20, 500, 0, false, NULL},
    {"size", "bytes of a request", 0, SIZE_LIMIT, 16, 512, true, NULL},
    {"resize", "permille of operations that resize a live block", 0, 1000, 50, 0, false, NULL},
    {"align", "permille of allocations aligned to 32 .. 4096 bytes", 0, 1000, 0, 0, false, NULL},
    {NULL, NULL, 0, 0, 0, 0, false, NULL},
};

/* Live slots stand in the front of `slots`, free ones behind: a block to free or resize is drawn from the front. */
struct churn {
    const struct lab_values *v;
    struct lab_random random;
    struct builder b;
    uint32_t *slots, live;
};

static void churn_alloc(struct churn *c)
{
    uint32_t slot = c->slots[c->live++];
    size_t size = random_size(&c->random, c->v, CHURN_SIZE);
    if (lab_random_below(&c->random, 1000) < c->v->low[CHURN_ALIGN])
        builder_add(&c->b, LAB_ALIGNED, slot, size, 5 + lab_random_below(&c->random, 8));
    else
        builder_alloc(&c->b, slot, size);
}

static void churn_free(struct churn *c)
{
    uint32_t i = lab_random_below(&c->random, c->live), slot = c->slots[i];
    c->slots[i] = c->slots[--c->live];
    c->slots[c->live] = slot;
    builder_free(&c->b, slot);
}

/* Below the target two of three steps allocate, above it one of three, so that the live set stays near it. */
static void churn_step(struct churn *c)
{
    uint32_t target = (uint32_t)c->v->low[CHURN_LIVE];
    if (c->live > 0 && lab_random_below(&c->random, 1000) < c->v->low[CHURN_RESIZE]) {
        uint32_t slot = c->slots[lab_random_below(&c->random, c->live)];
        size_t size = random_size(&c->random, c->v, CHURN_SIZE);
        builder_add(&c->b, LAB_RESIZE, slot, size ? size : 1, 0);
        return;
    }
    uint32_t draw = lab_random_below(&c->random, 3);
    bool wants_alloc = c->live < target ? draw < 2 : draw < 1;
    if (c->live == 0 || (wants_alloc && c->live < 2 * target))
        churn_alloc(c);
    else
        churn_free(c);
}

static bool make_churn(const struct lab_values *v, struct lab_arena *arena, struct lab_program *program)
{
    struct churn c = {.v = v};
    uint32_t slots = 2 * (uint32_t)v->low[CHURN_LIVE];
    size_t start = arena->used;
    if (!builder_start(&c.b, arena, program, (size_t)v->low[CHURN_OPS], slots))
        return false;
    size_t mark = arena->used;
    c.slots = lab_arena_take(arena, slots, sizeof *c.slots);
    if (!c.slots) {
        lab_arena_release(arena, start);
        return false;
    }
    for (uint32_t i = 0; i < slots; i++)
        c.slots[i] = i;
    lab_random_seed(&c.random, v->seed);
    while (!builder_is_full(&c.b))
        churn_step(&c);
    lab_arena_release(arena, mark);
    return true;
}

/* ---- ramp: up to a peak, then down ---- */

enum { RAMP_BLOCKS, RAMP_SIZE, RAMP_ORDER };

static const struct lab_parameter ramp_parameters[] = {
    {"blocks", "blocks at the peak", 1, 1 << 20, 2000, 0, false, NULL},
    {"size", "bytes of a request", 0, SIZE_LIMIT, 16, 512, true, NULL},
    {"order", "in which they are freed", 0, 0, ORDER_RANDOM, 0, false, order_words},
    {NULL, NULL, 0, 0, 0, 0, false, NULL},
};

static bool make_ramp(const struct lab_values *v, struct lab_arena *arena, struct lab_program *program)
{
    struct lab_random random;
    struct builder b;
    uint32_t blocks = (uint32_t)v->low[RAMP_BLOCKS];
    size_t start = arena->used;
    if (!builder_start(&b, arena, program, 2 * (size_t)blocks, blocks))
        return false;
    size_t mark = arena->used;
    uint32_t *order = lab_arena_take(arena, blocks, sizeof *order);
    if (!order) {
        lab_arena_release(arena, start);
        return false;
    }
    lab_random_seed(&random, v->seed);
    for (uint32_t i = 0; i < blocks; i++)
        builder_alloc(&b, i, random_size(&random, v, RAMP_SIZE));
    fill_order(order, blocks, (enum order)v->low[RAMP_ORDER], &random);
    for (uint32_t i = 0; i < blocks; i++)
        builder_free(&b, order[i]);
    lab_arena_release(arena, mark);
    return true;
}

/* ---- comb: every second block freed, then larger requests ---- */

enum { COMB_BLOCKS, COMB_SIZE, COMB_LARGER, COMB_REQUESTS };

static const struct lab_parameter comb_parameters[] = {
    {"blocks", "blocks of the comb", 2, 1 << 20, 1000, 0, false, NULL},
    {"size", "bytes of each", 0, SIZE_LIMIT, 64, 64, true, NULL},
    {"larger", "bytes of each request after the combing", 0, SIZE_LIMIT, 128, 0, false, NULL},
    {"requests", "how many of them", 0, 1 << 20, 250, 0, false, NULL},
    {NULL, NULL, 0, 0, 0, 0, false, NULL},
};

static bool make_comb(const struct lab_values *v, struct lab_arena *arena, struct lab_program *program)
{
    struct lab_random random;
    struct builder b;
    uint32_t blocks = (uint32_t)v->low[COMB_BLOCKS], requests = (uint32_t)v->low[COMB_REQUESTS];
    if (!builder_start(&b, arena, program, blocks + (blocks + 1) / 2 + (size_t)requests, blocks + requests))
        return false;
    lab_random_seed(&random, v->seed);
    for (uint32_t i = 0; i < blocks; i++)
        builder_alloc(&b, i, random_size(&random, v, COMB_SIZE));
    for (uint32_t i = 0; i < blocks; i += 2)
        builder_free(&b, i);
    for (uint32_t i = 0; i < requests; i++)
        builder_alloc(&b, blocks + i, (size_t)v->low[COMB_LARGER]);
    return true;
}

const struct lab_workload lab_workloads[] = {
    {"churn", "random sizes and lifetimes around a number of live blocks", churn_parameters, make_churn},
    {"ramp", "up to a peak of blocks, then all freed", ramp_parameters, make_ramp},
    {"comb", "every second block freed, then larger requests", comb_parameters, make_comb},
    {NULL, NULL, NULL, NULL},
};
