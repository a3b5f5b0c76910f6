/* A session looked at: what is shown of its heap, and what is expected of it. */
#include "session_view.h"

#include <lab/map.h>
#include <lab/metrics.h>
#include <lab/record.h>

#include "flow.h"
#include "step_text.h"
#include "story.h"

enum { MAP_ROWS = 8, LIST_MOST = 32 };

uint32_t lab_session_block_in(const struct lab_session *s, size_t offset, size_t size)
{
    for (uint32_t i = 0; i < s->script->block_count; i++) {
        const struct lab_session_block *b = &s->blocks[i];
        if (b->is_live && (size_t)(b->payload - s->heap.base) - offset < size)
            return i;
    }
    return LAB_NO_INDEX;
}

bool lab_session_shape(struct lab_session *s, struct heap_shape *shape)
{
    return s->is_open && heap_measure(&s->heap, shape) == HEAP_OK;
}

/* ---- expectations ---- */

static const void *payload_of(const void *context, uint32_t block)
{
    const struct lab_session *s = context;
    return s->blocks[block].is_live ? s->blocks[block].payload : NULL;
}

enum lab_stepped lab_session_expect(struct lab_session *s, const struct lab_step *step, enum lab_telling telling)
{
    struct lab_memory memory = {0};
    char name[LAB_BLOCK_TEXT];
    uint64_t found;
    if (s->stage->memory && s->is_open)
        s->stage->memory(s->stage->context, &memory);
    struct lab_view view = {.heap = &s->heap,
                            .refused = s->refused,
                            .live = s->live,
                            .fault = s->fault.class,
                            .status = s->status,
                            .high = s->high,
                            .bound = s->bound,
                            .memory = &memory,
                            .context = s,
                            .payload = payload_of};
    if (!lab_expect_concerns(&step->expect, s->run.policy->name, s->is_own, lab_run_is_plain(&s->run)))
        return LAB_STEPPED;
    if (step->expect.quantity == LAB_Q_STATUS && !s->is_status_known) {
        if (telling != LAB_TELL_NOTHING)
            lab_print(s->text, "  not known: the command was passed over\n");
        return LAB_STEPPED;
    }
    bool holds = lab_expect_holds(&step->expect, &view, &found);
    s->held += holds;
    s->broken += !holds;
    if (telling != LAB_TELL_NOTHING) {
        bool has_block = lab_quantity_has_block(step->expect.quantity);
        lab_print(s->text, "  %s ", holds ? "as expected:" : "NOT AS EXPECTED:");
        lab_expect_print(s->text, &step->expect,
                         has_block ? lab_block_text(s->script, step->expect.block, name) : NULL);
        if (!holds) {
            lab_print(s->text, ", but it is ");
            lab_quantity_print(s->text, step->expect.quantity, found);
            if (step->line > 0)
                lab_print(s->text, " (line %u)", (unsigned)step->line);
        }
        lab_print(s->text, "\n");
    }
    return holds ? LAB_STEPPED : LAB_STEPPED_OTHER;
}

/* ---- showing ---- */

static void show_holes_in_order(struct lab_session *s)
{
    lab_print(s->text, "by address\n");
    lab_holes(s->text, &s->heap, LIST_MOST);
    lab_print(s->text, "in the order of %s\n", s->run.policy->name);
    lab_holes_in_order(s->text, &s->heap, LIST_MOST);
}

static bool show_extent(void *context, const struct heap_extent *extent)
{
    lab_story_print_extent(context, extent);
    return true;
}

static void show_stats(struct lab_session *s)
{
    const struct heap_counters *c = &s->heap.counters;
    struct heap_shape shape;
    char text[400], digits[3][27];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    if (!lab_session_shape(s, &shape))
        return;
    unsigned ext_frag = lab_ext_frag(&shape);
    lab_print(s->text, "live: %s bytes requested; heap: %s bytes, %s of them used\n", lab_grouped(s->live, digits[0]),
              lab_grouped(shape.committed, digits[1]), lab_grouped(shape.used, digits[2]));
    lab_print(&sink, "free: %s bytes in %s hole%s, largest %s; external fragmentation %u.%u %%",
              lab_grouped(shape.free, digits[0]), lab_grouped(shape.holes, digits[1]), shape.holes == 1 ? "" : "s",
              lab_grouped(shape.largest_hole, digits[2]), ext_frag / 10, ext_frag % 10);
    lab_flow_print(s->text, 0, text);
    sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_print(&sink, "refused: %zu; looked at in all: %ju; splits: %ju; merges: %ju; growths: %ju", s->refused,
              (uintmax_t)c->probes, (uintmax_t)c->splits, (uintmax_t)c->merges, (uintmax_t)c->grows);
    lab_flow_print(s->text, 0, text);
}

static bool owner_of(const void *context, const struct heap_extent *extent, char *out)
{
    const struct lab_session *s = context;
    uint32_t block = lab_session_block_in(s, extent->offset, extent->size);
    if (block != LAB_NO_INDEX)
        lab_block_text(s->script, block, out);
    return block != LAB_NO_INDEX;
}

void lab_session_show(struct lab_session *s, enum lab_show show)
{
    switch (show) {
    case LAB_SHOW_MAP:
        lab_map(s->text, &s->heap, LAB_MAP_WIDTH_MAX, MAP_ROWS);
        lab_record_heap(s->records, &s->heap, &(struct lab_owners){.name = owner_of, .context = s});
        break;
    case LAB_SHOW_HOLES:
        lab_holes(s->text, &s->heap, LIST_MOST);
        break;
    case LAB_SHOW_LIST:
        show_holes_in_order(s);
        break;
    case LAB_SHOW_BLOCKS:
        if (heap_walk(&s->heap, show_extent, s) != HEAP_OK)
            lab_print(s->text, "the walk ends here: %s\n", heap_fault_text(s->heap.fault.class));
        break;
    case LAB_SHOW_STATS:
        show_stats(s);
        break;
    }
}

/* ---- steps as lines ---- */

void lab_session_print_step(const struct lab_session *s, size_t step)
{
    lab_print(s->text, "  ");
    lab_step_print(s->text, s->script, &s->script->steps[step]);
    lab_print(s->text, "\n");
}

void lab_session_print_use(const struct lab_session *s)
{
    const struct lab_run *run = &s->asked;
    lab_print(s->text, "  use %s heap=%zu harden=%u vm=%s\n", run->alloc_text, run->heap_limit, run->harden,
              s->asked_vm);
}
