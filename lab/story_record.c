/* The story of an operation as a `step` record: what the text says, for programs. */
#include <lab/json.h>
#include <lab/record.h>

#include "step_text.h"
#include "story.h"

enum { EXTENTS_MOST = 8 };

static void put_look(struct lab_json *j, const struct lab_session *s, const struct heap_look *look)
{
    static const char *const places[HEAP_PLACES] = {"block", "frontier", "class", "row", "pass"};
    static const char *const verdicts[HEAP_VERDICTS] = {
        [HEAP_TAKEN] = "taken",         [HEAP_BEST_YET] = "best_yet",     [HEAP_NO_BETTER] = "no_better",
        [HEAP_TOO_SMALL] = "too_small", [HEAP_MISALIGNED] = "misaligned", [HEAP_IN_USE] = "in_use",
        [HEAP_NONE_THERE] = "none",     [HEAP_LEADS_ON] = "leads_on",     [HEAP_JOINED] = "joined",
        [HEAP_DAMAGED] = "damaged"};
    lab_json_text(j, "place", places[look->place]);
    if (look->address)
        lab_json_number(j, "at", story_offset(s, look->address));
    lab_json_number(j, "size", look->size);
    if (look->most != look->size)
        lab_json_number(j, "most", look->most);
    lab_json_text(j, "verdict", verdicts[look->verdict]);
}

static void put_events(struct lab_json *j, const struct lab_session *s)
{
    const struct lab_story *story = s->story;
    size_t skipped = story->events > STORY_FIRST + STORY_LAST ? story->events - STORY_FIRST - STORY_LAST : 0;
    lab_json_open_array(j, "events");
    for (size_t i = 0; i < story->events; i++) {
        if (i == STORY_FIRST)
            i += skipped;
        const struct lab_event *e = lab_story_event(story, i);
        lab_json_open_object(j, NULL);
        if (e->grown > 0)
            lab_json_number(j, "grown", e->grown);
        else
            put_look(j, s, &e->look);
        lab_json_close_object(j);
    }
    lab_json_close_array(j);
    if (skipped > 0)
        lab_json_number(j, "events_left_out", skipped);
}

static void put_extents(struct lab_json *j, const char *key, const struct heap_extent *list, size_t count)
{
    lab_json_open_array(j, key);
    for (size_t i = 0; i < count && i < EXTENTS_MOST; i++) {
        lab_json_open_object(j, NULL);
        lab_json_text(j, "kind", lab_extent_word(list[i].kind));
        lab_json_number(j, "at", list[i].offset);
        lab_json_number(j, "size", list[i].size);
        lab_json_close_object(j);
    }
    lab_json_close_array(j);
}

static void put_change(struct lab_json *j, const struct lab_story *story)
{
    if (!story->before.is_whole || !story->after.is_whole)
        return;
    struct lab_change change = lab_extents_compare(&story->before, &story->after);
    put_extents(j, "before", story->before.list + change.first, change.before);
    put_extents(j, "after", story->after.list + change.first, change.after);
    if (change.before > EXTENTS_MOST || change.after > EXTENTS_MOST)
        lab_json_bool(j, "extents_cut", true);
}

static void put_counts(struct lab_json *j, const struct lab_session *s)
{
    const struct heap_counters *now = &s->heap.counters, *then = &s->story->counted;
    lab_json_number(j, "probes", now->probes - then->probes);
    lab_json_number(j, "splits", now->splits - then->splits);
    lab_json_number(j, "merges", now->merges - then->merges);
    lab_json_number(j, "heap", s->heap.committed);
}

void lab_story_record(const struct lab_session *s, const struct lab_step *step, enum lab_stepped came)
{
    struct lab_json j;
    char line[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, line, sizeof line);
    lab_step_print(&sink, s->script, step);
    lab_json_begin(&j, s->records, "step");
    lab_json_number(&j, "step", s->done);
    lab_json_text(&j, "alloc", s->run.policy->name);
    lab_json_long_text(&j, "line", line, buffer.length, 100);
    lab_json_bool(&j, "refused", came == LAB_STEPPED_REFUSED);
    if (s->fault.class != HEAP_FAULT_NONE)
        lab_json_text(&j, "fault", heap_fault_text(s->fault.class));
    if (step->kind != LAB_STEP_FREE) {
        lab_json_number(&j, "asked", step->size);
        lab_json_number(&j, "block_size", heap_block_size(&s->heap, step->size));
    }
    if (step->kind != LAB_STEP_FREE && s->blocks[step->block].is_live)
        lab_json_number(&j, "payload", story_offset(s, s->blocks[step->block].payload));
    put_events(&j, s);
    put_change(&j, s->story);
    put_counts(&j, s);
    lab_json_end(&j);
}
