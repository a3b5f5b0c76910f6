/* The machine records of a run, key by key. See record.h. */
#include <lab/json.h>
#include <lab/record.h>
#include <lab/report.h>

#include "cstring.h"

/* Bytes of a user's text in a record, escaped: with two of them, and the longest numbers, it is within its limit. */
#define TEXT_MOST 640

/* "grow=64K" of "best-fit:grow=64K"; "" if there are no options. */
static const char *options_of(const char *alloc_text)
{
    while (*alloc_text && *alloc_text != ':')
        alloc_text++;
    return *alloc_text ? alloc_text + 1 : alloc_text;
}

static void put_long_text(struct lab_json *j, const char *key, const char *text)
{
    lab_json_long_text(j, key, text, lab_length(text), TEXT_MOST);
}

static void put_what_ran(struct lab_json *j, const struct lab_world *world, const struct lab_run *run)
{
    lab_json_text(j, "alloc", run->policy->name);
    put_long_text(j, "options", options_of(run->alloc_text));
    put_long_text(j, "run", run->run_text);
    lab_json_number(j, "seed", run->seed);
    lab_json_text(j, "arch", world->arch);
    lab_json_text(j, "vm", world->vm);
    lab_json_text(j, "pages", world->pages);
}

static void put_requests(struct lab_json *j, const struct lab_result *r)
{
    lab_json_number(j, "ops", r->ops);
    lab_json_number(j, "done", r->done);
    lab_json_number(j, "failed", r->failed);
    lab_json_number(j, "refused_despite_room", r->refused_despite_room);
    if (r->failed > 0)
        lab_json_number(j, "first_refused", r->first_refused);
}

static void put_memory(struct lab_json *j, const struct lab_result *r)
{
    const struct heap_shape *s = &r->shape;
    lab_json_number(j, "peak_live", r->peak_live);
    lab_json_number(j, "peak_live_used", r->peak_live_used);
    lab_json_number(j, "live_end", r->live_end);
    lab_json_number(j, "heap", s->committed);
    lab_json_number(j, "heap_peak", r->heap_peak);
    lab_json_number(j, "used", s->used);
    lab_json_number(j, "free", s->free);
    lab_json_number(j, "meta", s->meta);
    lab_json_number(j, "untracked", s->untracked);
    lab_json_number(j, "fixed", r->fixed);
    lab_json_number(j, "holes", s->holes);
    lab_json_number(j, "largest_hole", s->largest_hole);
    lab_json_number(j, "blocks", (uint64_t)s->used_blocks + s->holes);
}

static void put_ratios(struct lab_json *j, const struct lab_result *r)
{
    lab_json_number(j, "util", r->util);
    lab_json_number(j, "ext_frag", r->ext_frag);
    lab_json_number(j, "rms_frag", r->rms_frag);
    lab_json_open_array(j, "unusable");
    for (size_t i = 0; i < LAB_UNUSABLE_COUNT; i++)
        lab_json_number(j, NULL, r->unusable[i]);
    lab_json_close_array(j);
    lab_json_number(j, "int_frag", r->int_frag);
    lab_json_number(j, "overhead", r->overhead);
    lab_json_number(j, "orphans", r->shape.orphans);
}

static void put_counters(struct lab_json *j, const struct heap_counters *c)
{
    lab_json_number(j, "probes", c->probes);
    lab_json_number(j, "probes_max", c->probes_max);
    lab_json_number(j, "splits", c->splits);
    lab_json_number(j, "merges", c->merges);
    lab_json_number(j, "grows", c->grows);
    lab_json_number(j, "resized_in_place", c->resized_in_place);
    lab_json_number(j, "resized_moved", c->resized_moved);
}

static void put_frames(struct lab_json *j, const struct lab_memory *m)
{
    lab_json_number(j, "faults", m->faults);
    lab_json_number(j, "zero_hits", m->zero_hits);
    lab_json_number(j, "cow", m->cow);
    lab_json_number(j, "frames", m->frames);
    lab_json_number(j, "frames_peak", m->frames_peak);
    lab_json_number(j, "tables", m->tables);
    lab_json_number(j, "large_leaves", m->large_leaves);
    lab_json_signed(j, "frames_leaked", m->frames_leaked);
}

static void put_cost(struct lab_json *j, const char *key, const struct lab_cost *cost)
{
    lab_json_open_object(j, key);
    lab_json_number(j, "count", cost->count);
    lab_json_number(j, "mean", cost->mean);
    lab_json_number(j, "p50", cost->p50);
    lab_json_number(j, "p99", cost->p99);
    lab_json_number(j, "max", cost->max);
    lab_json_close_object(j);
}

static void put_costs(struct lab_json *j, const struct lab_world *world, const struct lab_result *r)
{
    lab_json_open_object(j, "cost");
    lab_json_text(j, "unit", world->clock_unit);
    put_cost(j, "alloc", &r->cost_alloc);
    put_cost(j, "free", &r->cost_free);
    put_cost(j, "resize", &r->cost_resize);
    lab_json_close_object(j);
    lab_json_open_object(j, "vm_cost");
    lab_json_text(j, "unit", world->clock_unit);
    lab_json_number(j, "total", r->vm_cost);
    put_cost(j, "alloc", &r->vm_alloc);
    put_cost(j, "free", &r->vm_free);
    put_cost(j, "resize", &r->vm_resize);
    lab_json_close_object(j);
}

static void put_placement(struct lab_json *j, uint64_t placement)
{
    char digits[17];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, digits, sizeof digits);
    lab_print(&sink, "%016jx", (uintmax_t)placement);
    lab_json_text(j, "placement", digits);
}

void lab_record_result(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                       const struct lab_result *result)
{
    struct lab_json j;
    lab_json_begin(&j, sink, "result");
    put_what_ran(&j, world, run);
    put_requests(&j, result);
    put_memory(&j, result);
    put_ratios(&j, result);
    put_counters(&j, &result->counters);
    put_frames(&j, &result->memory);
    lab_json_text(&j, "check", lab_check_text(result));
    lab_json_bool(&j, "expectation_failed", result->expectation_failed);
    put_costs(&j, world, result);
    put_placement(&j, result->placement);
    lab_json_end(&j);
}

void lab_record_sample(const struct lab_sink *sink, const struct lab_run *run, size_t done, size_t live_bytes,
                       const struct heap_shape *shape)
{
    struct lab_json j;
    lab_json_begin(&j, sink, "sample");
    lab_json_text(&j, "alloc", run->policy->name);
    lab_json_number(&j, "op", done);
    lab_json_number(&j, "live", live_bytes);
    lab_json_number(&j, "heap", shape->committed);
    lab_json_number(&j, "free", shape->free);
    lab_json_number(&j, "holes", shape->holes);
    lab_json_number(&j, "largest_hole", shape->largest_hole);
    lab_json_end(&j);
}

/* ---- a heap as it stands ---- */

enum {
    EXTENT_MOST = 112, /* bytes of one in the record, the longest numbers and name taken */
    HEAP_TAIL = 64,    /* of what stands behind them */
};

struct extents {
    struct lab_json *json;
    const struct lab_owners *owners;
    size_t left_out;
};

const char *lab_extent_word(enum heap_extent_kind kind)
{
    static const char *const words[] = {
        [HEAP_META] = "meta", [HEAP_USED] = "used", [HEAP_FREE] = "free", [HEAP_UNTRACKED] = "untracked"};
    return words[kind];
}

static bool put_extent(void *context, const struct heap_extent *extent)
{
    struct extents *e = context;
    char name[LAB_BLOCK_TEXT];
    if (e->left_out > 0 || e->json->written + EXTENT_MOST + HEAP_TAIL > LAB_RECORD_MAX) {
        e->left_out++;
        return true;
    }
    lab_json_open_array(e->json, NULL);
    lab_json_text(e->json, NULL, lab_extent_word(extent->kind));
    lab_json_number(e->json, NULL, extent->offset);
    lab_json_number(e->json, NULL, extent->size);
    if (extent->kind == HEAP_USED && e->owners && e->owners->name(e->owners->context, extent, name))
        lab_json_text(e->json, NULL, name);
    lab_json_close_array(e->json);
    return true;
}

void lab_record_heap(const struct lab_sink *sink, struct heap *h, const struct lab_owners *owners)
{
    struct lab_json j;
    struct extents extents = {.json = &j, .owners = owners};
    lab_json_begin(&j, sink, "heap");
    lab_json_text(&j, "alloc", h->ops->name);
    lab_json_number(&j, "heap", h->committed);
    lab_json_open_array(&j, "extents");
    heap_walk(h, put_extent, &extents);
    lab_json_close_array(&j);
    if (extents.left_out > 0)
        lab_json_number(&j, "extents_left_out", extents.left_out);
    lab_json_end(&j);
}
