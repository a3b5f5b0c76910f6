/* The story of an operation, as text of at most 78 columns:
 *
 *     asked      600 bytes; the block has 608: 8 before the payload
 *     looked at  0x0010         500  hole  too small: 108 are missing
 *                0x0a30         700  hole  taken
 *     before     0x0a30         700  hole
 *     after      0x0a30         608  used  d, its payload at 0x0a38
 *                0x0c90          92  hole
 */
#include "story.h"

#include <lab/map.h>
#include <lab/record.h>

#include "call.h"
#include "flow.h"

/* ---- telling: a line's beginning ---- */

static void begin_line(const struct lab_session *s, const char *label)
{
    lab_print(s->text, "  %-9s  ", label);
}

enum { BEHIND_LABEL = 13 }; /* columns */

/* "0x0a30         700" */
static void print_place(const struct lab_session *s, size_t offset, size_t size)
{
    char digits[27];
    lab_print(s->text, "0x%04zx  %10s  ", offset, lab_grouped(size, digits));
}

/* ---- what was asked ---- */

/* Of a block that was granted: how its size comes about. */
static void print_parts(const struct lab_sink *sink, const struct lab_session *s, const struct lab_session_block *block)
{
    size_t payload = story_offset(s, block->payload);
    const struct heap_extent *e = lab_extents_at(&s->story->after, payload);
    char digits[2][27];
    if (!e || e->kind != HEAP_USED)
        return;
    size_t front = payload - e->offset, asked = block->size, rest = e->size - front;
    lab_print(sink, "; the block has %s", lab_grouped(e->size, digits[0]));
    if (front > 0)
        lab_print(sink, ": %s before the payload", lab_grouped(front, digits[0]));
    if (rest > asked)
        lab_print(sink, front > 0 ? ", %s behind" : ": %s behind it", lab_grouped(rest - asked, digits[1]));
}

void story_tell_asked(const struct lab_session *s, const struct lab_step *step, bool is_granted)
{
    char text[240], digits[27];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    if (step->kind == LAB_STEP_FREE)
        return;
    lab_print(&sink, "%s byte%s", lab_grouped(step->size, digits), step->size == 1 ? "" : "s");
    if (step->kind == LAB_STEP_ALIGNED)
        lab_print(&sink, " at a multiple of %s", lab_grouped((uint64_t)1 << step->align_log2, digits));
    if (is_granted)
        print_parts(&sink, s, &s->blocks[step->block]);
    else
        lab_print(&sink, ": a block of %s", lab_grouped(heap_block_size(&s->heap, step->size), digits));
    begin_line(s, "asked");
    lab_flow_print(s->text, BEHIND_LABEL, text);
    if (s->run.policy->sizing) {
        begin_line(s, "size");
        lab_print(s->text, "%s\n", s->run.policy->sizing);
    }
}

/* ---- what the search looked at ---- */

static void tell_verdict(const struct lab_session *s, const struct heap_look *look, size_t wanted)
{
    static const char *const words[HEAP_VERDICTS] = {
        [HEAP_TAKEN] = "taken",
        [HEAP_BEST_YET] = "large enough: the best so far",
        [HEAP_NO_BETTER] = "large enough, but no better",
        [HEAP_TOO_SMALL] = "too small",
        [HEAP_MISALIGNED] = "large enough, not at that alignment",
        [HEAP_IN_USE] = "in use",
        [HEAP_NONE_THERE] = "nothing free there",
        [HEAP_LEADS_ON] = "something free there",
        [HEAP_JOINED] = "joined with the one below",
        [HEAP_DAMAGED] = "damaged: the search ends",
    };
    char digits[27];
    if (look->place == HEAP_PLACE_PASS && look->verdict != HEAP_JOINED) {
        lab_print(s->text, "a pass over all blocks: %s\n",
                  look->verdict == HEAP_LEADS_ON ? "a hole lies above it" : "no hole above it");
        return;
    }
    bool is_brief = look->place == HEAP_PLACE_FRONTIER && look->verdict == HEAP_MISALIGNED;
    lab_print(s->text, "%s", is_brief ? "not at that alignment" : words[look->verdict]);
    if (look->verdict == HEAP_TOO_SMALL && look->place == HEAP_PLACE_BLOCK && wanted > look->size)
        lab_print(s->text, ": %s missing", lab_grouped(wanted - look->size, digits));
    lab_print(s->text, "\n");
}

static void print_sizes(const struct lab_session *s, const struct heap_look *look)
{
    char digits[2][27];
    lab_print(s->text, "%s of %s", look->place == HEAP_PLACE_ROW ? "classes" : "class",
              lab_grouped(look->size, digits[0]));
    if (look->most != look->size)
        lab_print(s->text, " to %s", lab_grouped(look->most, digits[1]));
    lab_print(s->text, ": ");
}

static void tell_look(const struct lab_session *s, const struct heap_look *look, size_t wanted)
{
    if (look->place == HEAP_PLACE_CLASS || look->place == HEAP_PLACE_ROW)
        print_sizes(s, look);
    else
        print_place(s, story_offset(s, look->address), look->size);
    if (look->place == HEAP_PLACE_FRONTIER)
        lab_print(s->text, "above the frontier: ");
    else if (look->place == HEAP_PLACE_BLOCK && look->verdict != HEAP_IN_USE)
        lab_print(s->text, "hole  ");
    tell_verdict(s, look, wanted);
}

/* Why nothing was found before the heap grew; `wanted`: of the whole block. */
static const char *reason_to_grow(const struct lab_story *story, size_t wanted)
{
    const struct lab_extents *before = &story->before;
    for (size_t i = 0; i < before->count; i++) {
        if (before->list[i].kind == HEAP_FREE && before->list[i].size >= wanted)
            return "no hole would do, though one is large enough";
    }
    return before->is_whole ? "nothing was large enough" : "no hole would do";
}

static void tell_event(const struct lab_session *s, size_t number, size_t wanted)
{
    const struct lab_story *story = s->story;
    const struct lab_event *e = lab_story_event(story, number);
    bool follows_growth = number > 0 && number <= STORY_FIRST && story->first[number - 1].grown > 0;
    char digits[27];
    if (e->grown > 0) {
        begin_line(s, "grown");
        lab_print(s->text, "by %s bytes: %s\n", lab_grouped(e->grown, digits), reason_to_grow(story, wanted));
        return;
    }
    begin_line(s, number == 0 ? "looked at" : follows_growth ? "again" : "");
    tell_look(s, &e->look, wanted);
}

void story_tell_search(const struct lab_session *s, const struct lab_step *step)
{
    const struct lab_story *story = s->story;
    size_t wanted = heap_block_size(&s->heap, step->size), events = story->events;
    size_t skipped = events > STORY_FIRST + STORY_LAST ? events - STORY_FIRST - STORY_LAST : 0;
    char digits[27];
    for (size_t i = 0; i < events; i++) {
        if (skipped > 0 && i == STORY_FIRST) {
            begin_line(s, "");
            lab_print(s->text, "... and %s more\n", lab_grouped(skipped, digits));
            i += skipped;
        }
        tell_event(s, i, wanted);
    }
    if (story->chosen.address) {
        begin_line(s, "chosen");
        lab_print(s->text, "0x%04zx: %s\n", story_offset(s, story->chosen.address), heap_rule_of(&s->heap));
    }
}

/* ---- what became of the heap ---- */

void lab_story_print_extent(const struct lab_session *s, const struct heap_extent *e)
{
    char name[LAB_BLOCK_TEXT];
    print_place(s, e->offset, e->size);
    lab_print(s->text, "%s", e->kind == HEAP_FREE ? "hole" : lab_extent_word(e->kind));
    uint32_t block = e->kind == HEAP_USED ? lab_session_block_in(s, e->offset, e->size) : LAB_NO_INDEX;
    if (block != LAB_NO_INDEX)
        lab_print(s->text, "  %s, its payload at 0x%04zx", lab_block_text(s->script, block, name),
                  story_offset(s, s->blocks[block].payload));
    lab_print(s->text, "\n");
}

static void tell_extents(const struct lab_session *s, const char *label, const struct heap_extent *list, size_t count)
{
    enum { MOST = 6 };
    for (size_t i = 0; i < count && i < MOST; i++) {
        begin_line(s, i == 0 ? label : "");
        lab_story_print_extent(s, &list[i]);
    }
    if (count > MOST) {
        begin_line(s, "");
        lab_print(s->text, "... and %zu more\n", count - MOST);
    }
}

static void tell_counts(const struct lab_session *s)
{
    const struct heap_counters *now = &s->heap.counters, *then = &s->story->counted;
    uint64_t splits = now->splits - then->splits, merges = now->merges - then->merges;
    char digits[27];
    if (splits + merges == 0)
        return;
    begin_line(s, "so");
    if (splits > 0)
        lab_print(s->text, "%s split%s%s", lab_grouped(splits, digits), splits == 1 ? "" : "s", merges > 0 ? ", " : "");
    if (merges > 0)
        lab_print(s->text, "%s merge%s", lab_grouped(merges, digits), merges == 1 ? "" : "s");
    lab_print(s->text, "\n");
}

/* What of the heap an operation is about: the block it granted, else all that has changed. */
static struct lab_marks changed_part(const struct lab_session *s, const struct lab_step *step,
                                     const struct lab_change *change)
{
    const struct lab_extents *after = &s->story->after;
    const struct lab_session_block *b = &s->blocks[step->block];
    const struct heap_extent *first = b->is_live ? lab_extents_at(after, story_offset(s, b->payload)) : NULL;
    const struct heap_extent *last = first;
    if (!first && change->after > 0) {
        first = &after->list[change->first];
        last = first + change->after - 1;
    }
    struct lab_marks marks = {.is_brief = true};
    if (first) {
        marks.from = first->offset;
        marks.to = last->offset + last->size;
    }
    return marks;
}

/* ---- the allocator's list ---- */

enum { LIST_MOST = 12 };

struct listing {
    const struct lab_session *s;
    struct lab_flow flow;
    size_t count;
};

/* Whether a hole is as it was before the operation. */
static bool is_old(const struct lab_story *story, const struct heap_extent *hole)
{
    const struct heap_extent *e = lab_extents_at(&story->before, hole->offset);
    return !story->before.is_whole || (e && e->kind == HEAP_FREE && e->offset == hole->offset && e->size == hole->size);
}

static bool list_hole(void *context, const struct heap_extent *hole)
{
    struct listing *l = context;
    char text[48], digits[27];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, sizeof text);
    lab_print(&sink, "0x%04zx:%s", hole->offset, lab_grouped(hole->size, digits));
    if (l->count++ < LIST_MOST)
        lab_flow_word(&l->flow, text, is_old(l->s->story, hole) ? "" : "*");
    return true;
}

/* The holes in the allocator's own order; those that are new, or not what they were, have a star. */
static void tell_list(struct lab_session *s)
{
    struct listing l = {.s = s};
    begin_line(s, "list");
    l.flow = lab_flow_start(s->text, LAB_TEXT_WIDTH, BEHIND_LABEL, BEHIND_LABEL);
    heap_list(&s->heap, list_hole, &l);
    if (l.count == 0)
        lab_flow_words(&l.flow, "empty");
    if (l.count > LIST_MOST) {
        lab_flow_words(&l.flow, "and");
        lab_flow_number(&l.flow, l.count - LIST_MOST, "");
        lab_flow_words(&l.flow, "more");
    }
    lab_flow_end(&l.flow);
}

void story_tell_change(struct lab_session *s, const struct lab_step *step)
{
    const struct lab_extents *before = &s->story->before, *after = &s->story->after;
    if (!before->is_whole || !after->is_whole) {
        bool is_large = before->count == LAB_EXTENTS_MAX || after->count == LAB_EXTENTS_MAX;
        begin_line(s, "the heap");
        lab_print(s->text, is_large ? "has too many blocks to be compared\n" : "cannot be walked: `check` says why\n");
        return;
    }
    struct lab_change change = lab_extents_compare(before, after);
    if (change.before + change.after == 0) {
        bool is_of_nothing = step->kind == LAB_STEP_FREE && !s->blocks[step->block].payload;
        begin_line(s, "the heap");
        lab_print(s->text, is_of_nothing ? "is as it was: there is no such block to free\n" : "is as it was\n");
    }
    tell_extents(s, "before", before->list + change.first, change.before);
    tell_extents(s, "after", after->list + change.first, change.after);
    tell_counts(s);
    tell_list(s);
    struct lab_marks marks = changed_part(s, step, &change);
    lab_map_marked(s->text, &s->heap, LAB_MAP_WIDTH_MAX, STORY_MAP_ROWS, &marks);
}

/* The heap has holes of `shape` and takes none of them for the request. */
static void tell_why_refused(const struct lab_session *s, const struct lab_step *step, const struct heap_shape *shape)
{
    size_t wanted = heap_block_size(&s->heap, step->size);
    char digits[27];
    if (step->kind == LAB_STEP_ALIGNED && lab_alignment(step->align_log2) > HEAP_REGION_ALIGN)
        lab_print(s->text, "a heap gives no alignment above %s\n", lab_grouped(HEAP_REGION_ALIGN, digits));
    else if (wanted > 0 && shape->largest_hole >= wanted)
        lab_print(s->text, step->kind == LAB_STEP_ALIGNED ? "large enough, but not at that alignment\n"
                                                          : "large enough, but no hole that this search takes\n");
    else if (wanted > 0 && shape->free >= wanted)
        lab_print(s->text, "enough, but in pieces: that is fragmentation\n");
    else if (s->is_memory_short)
        lab_print(s->text, "not enough, and there is no memory for the heap to grow\n");
    else
        lab_print(s->text, "not enough, and the heap may not grow beyond %s bytes\n",
                  lab_grouped(s->heap.reserved, digits));
}

void story_tell_refusal(struct lab_session *s, const struct lab_step *step)
{
    struct heap_shape shape;
    char digits[3][27];
    if (!lab_session_shape(s, &shape))
        return;
    begin_line(s, "refused");
    lab_print(s->text, "%s bytes are free", lab_grouped(shape.free, digits[0]));
    if (shape.holes > 0)
        lab_print(s->text, " in %s hole%s, the largest of %s", lab_grouped(shape.holes, digits[1]),
                  shape.holes == 1 ? "" : "s", lab_grouped(shape.largest_hole, digits[2]));
    lab_print(s->text, "\n");
    begin_line(s, "");
    tell_why_refused(s, step, &shape);
}
