/* The story of an operation: listening, and telling it where it belongs. Its words are in story_text.c. */
#include "story.h"

#include <lab/report.h>

#include "step_text.h"

/* ---- listening ---- */

static void add_event(struct lab_story *story, const struct lab_event *event)
{
    if (story->events < STORY_FIRST)
        story->first[story->events] = *event;
    else
        story->last[(story->events - STORY_FIRST) % STORY_LAST] = *event;
    story->events++;
}

static void note_look(void *context, struct heap *h, const struct heap_look *look)
{
    struct lab_story *story = context;
    (void)h;
    add_event(story, &(struct lab_event){.look = *look});
    if (look->verdict == HEAP_TAKEN || look->verdict == HEAP_BEST_YET)
        story->chosen = *look;
}

void lab_story_begin(struct lab_story *story, struct heap *h)
{
    story->events = 0;
    story->chosen = (struct heap_look){0};
    story->counted = h->counters;
    lab_extents_read(&story->before, h);
    story->listener = (struct heap_listener){.look = note_look, .context = story};
    heap_listen(h, &story->listener);
}

void lab_story_note_growth(struct lab_story *story, size_t added)
{
    add_event(story, &(struct lab_event){.grown = added});
}

void lab_story_end(struct lab_story *story, struct heap *h)
{
    heap_listen(h, NULL);
    lab_extents_read(&story->after, h);
}

const struct lab_event *lab_story_event(const struct lab_story *story, size_t number)
{
    return number < STORY_FIRST ? &story->first[number] : &story->last[(number - STORY_FIRST) % STORY_LAST];
}

/* ---- from a step's announcement to its end ---- */

static void print_statement(const struct lab_session *s, const struct lab_step *step)
{
    lab_print(s->text, "[%zu] ", s->done);
    lab_step_print(s->text, s->script, step);
    lab_print(s->text, "\n");
}

void lab_story_announce(const struct lab_session *s, const struct lab_step *step, enum lab_telling telling)
{
    if (step->kind == LAB_STEP_ABOUT || step->kind == LAB_STEP_SAY)
        lab_print(s->text, "%.*s\n", (int)step->text_length, step->text);
    if (lab_is_operation(step->kind) && (!step->is_again || telling == LAB_TELL_STEPS))
        print_statement(s, step);
}

static void tell_place(const struct lab_session *s, const struct lab_step *step)
{
    char name[LAB_BLOCK_TEXT];
    if (step->kind != LAB_STEP_FREE && s->blocks[step->block].is_live)
        lab_print(s->text, "  %s at 0x%04zx\n", lab_block_text(s->script, step->block, name),
                  story_offset(s, s->blocks[step->block].payload));
}

static void tell_finding(const struct lab_session *s)
{
    lab_print(s->text, "  found: ");
    lab_print_fault(s->text, heap_fault_text(s->fault.class), &s->fault, s->run.policy->name);
    lab_print(s->text, "\n");
}

/* Of those refused in a loop's later rounds the heap's first one is told, and the others are counted. */
static void tell_refused(struct lab_session *s, const struct lab_step *step, bool is_full)
{
    if (!is_full && step->is_again) {
        if (s->refused > 1)
            return;
        print_statement(s, step);
    }
    story_tell_refusal(s, step);
}

/* What the step names is not what the caller has asked for. */
static void tell_overruled(const struct lab_session *s, const struct lab_step *step)
{
    if (step->use.alloc.policy && !s->is_own)
        lab_print(s->text, "  alloc=     %s in place of %.*s\n", s->run.policy->name, (int)step->use.alloc.text_length,
                  step->use.alloc.text);
}

void lab_story_close(struct lab_session *s, const struct lab_step *step, enum lab_stepped came,
                     enum lab_telling telling)
{
    bool is_full = telling == LAB_TELL_STEPS;
    if (came == LAB_STEPPED_FOUND)
        tell_finding(s);
    if (step->kind == LAB_STEP_USE && came == LAB_STEPPED)
        tell_overruled(s, step);
    if (!lab_is_request(step->kind) || came == LAB_STEPPED_BAD_STEP || came == LAB_STEPPED_NO_HEAP)
        return;
    if (is_full) {
        story_tell_asked(s, step, came == LAB_STEPPED && s->blocks[step->block].is_live);
        story_tell_search(s, step);
    }
    if (came == LAB_STEPPED_REFUSED)
        tell_refused(s, step, is_full);
    else if (is_full && came == LAB_STEPPED)
        story_tell_change(s, step);
    else if (!is_full && !step->is_again)
        tell_place(s, step);
    if (is_full)
        lab_story_record(s, step, came);
}
