/* The story of one operation: everything its search looked at, in order, and what became of the heap; told as text, and as a
 * `step` record. The policies give the events through the front-end's listener; this is where they become words. */
#ifndef LAB_STORY_H
#define LAB_STORY_H

#include <lab/session.h>

#include "changes.h"

enum {
    STORY_FIRST = 6, /* places told from a search's beginning */
    STORY_LAST = 4,  /* and from its end; what lies between is counted */
    STORY_MAP_ROWS = 4,
};

/* A place that was looked at, or that the heap has grown. */
struct lab_event {
    struct heap_look look;
    size_t grown; /* bytes; 0: it is a look */
};

struct lab_story {
    struct heap_listener listener;
    struct lab_event first[STORY_FIRST],
        last[STORY_LAST]; /* the n-th event behind the first ones is last[n % STORY_LAST] */
    size_t events;
    struct heap_look chosen; /* the latest that was taken or the best until then; its address NULL: none */
    struct lab_extents before, after;
    struct heap_counters counted; /* before */
};

/* Listens from here on, and remembers the heap as it is. */
void lab_story_begin(struct lab_story *story, struct heap *h);

/* The region has grown by so many bytes. */
void lab_story_note_growth(struct lab_story *story, size_t added);

/* Listens no more, and remembers what became of the heap. */
void lab_story_end(struct lab_story *story, struct heap *h);

/* Event `number`, one of the first or of the last. */
const struct lab_event *lab_story_event(const struct lab_story *story, size_t number);

/* Before the step is done: what it is, or what it says. */
void lab_story_announce(const struct lab_session *s, const struct lab_step *step, enum lab_telling telling);

/* After it: what came of it. An operation under LAB_TELL_STEPS has its story between. */
void lab_story_close(struct lab_session *s, const struct lab_step *step, enum lab_stepped came,
                     enum lab_telling telling);

/* The operation's `step` record; s->done is its number. */
void lab_story_record(const struct lab_session *s, const struct lab_step *step, enum lab_stepped came);

/* An address as an offset from the region's base. */
static inline size_t story_offset(const struct lab_session *s, const void *address)
{
    return (size_t)((const unsigned char *)address - s->heap.base);
}

/* The parts of the text. What was asked for; what the search looked at; why it was refused; what became of the heap. */
void story_tell_asked(const struct lab_session *s, const struct lab_step *step, bool is_granted);
void story_tell_search(const struct lab_session *s, const struct lab_step *step);
void story_tell_refusal(struct lab_session *s, const struct lab_step *step);
void story_tell_change(struct lab_session *s, const struct lab_step *step);

/* One line for an extent: offset, size, kind, whose it is. */
void lab_story_print_extent(const struct lab_session *s, const struct heap_extent *extent);

#endif
