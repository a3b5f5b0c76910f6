/* Writing to blocks and reading from them. Each page is touched by a single byte first, between two looks at what the memory
 * below has done, so that each fault is told with its page. */
#include "touch.h"

#define PAGE ((size_t)4096)
#define WRITTEN 0x57 /* 'W' */

/* How many bytes a step goes over. Whatever the block was asked for in the script, it has what it was granted for: only what is
 * misuse in the script goes beyond that. */
static size_t size_of(const struct lab_session_block *b, const struct lab_step *step)
{
    size_t offset = (size_t)step->offset, rest = offset < b->size ? b->size - offset : 0;
    if (!step->is_rest && (step->is_misuse || step->size < rest))
        return step->size;
    return rest;
}

/* The step's range, as offsets from the region's base; nothing is left of a block that is shorter now. False: it leaves the heap. */
static bool range_of(const struct lab_session *s, const struct lab_step *step, size_t *from, size_t *end)
{
    const struct lab_session_block *b = &s->blocks[step->block];
    size_t payload = (size_t)(b->payload - s->heap.base);
    size_t start = step->is_past ? payload + b->size : payload;
    size_t size = size_of(b, step);
    *from = start + (size_t)step->offset;
    bool is_below = step->offset < 0 && (size_t)-step->offset > start;
    *end = *from + size;
    if (size == 0)
        return true;
    return !is_below && *from <= s->heap.committed && size <= s->heap.committed - *from;
}

static void memory_now(const struct lab_session *s, struct lab_memory *memory)
{
    *memory = (struct lab_memory){0};
    if (s->stage->memory)
        s->stage->memory(s->stage->context, memory);
}

static void touch_byte(struct lab_session *s, size_t offset, bool writes)
{
    volatile unsigned char *byte = s->heap.base + offset;
    if (writes)
        *byte = WRITTEN;
    else
        (void)*byte;
}

/* What the memory did for one page. */
static void tell_page(const struct lab_session *s, size_t page, const struct lab_memory *then,
                      const struct lab_memory *now)
{
    lab_print(s->text, "  page %-4zu at 0x%04zx  ", page, page * PAGE);
    if (now->faults == then->faults)
        lab_print(s->text, "no fault: it is there\n");
    else if (now->cow != then->cow)
        lab_print(s->text, "fault %ju: a frame of its own in place of the page of zeros\n", (uintmax_t)now->faults);
    else if (now->zero_hits != then->zero_hits)
        lab_print(s->text, "fault %ju: shows the shared page of zeros\n", (uintmax_t)now->faults);
    else
        lab_print(s->text, "fault %ju: brings a frame\n", (uintmax_t)now->faults);
}

/* A scenario goes on under allocators that refuse a request of its; who types it should know. */
static bool is_of_refused(const struct lab_session *s, const struct lab_step *step)
{
    return s->is_open && !s->blocks[step->block].payload && step->line > 0;
}

enum lab_stepped lab_touch(struct lab_session *s, const struct lab_step *step, enum lab_telling telling)
{
    bool writes = step->kind == LAB_STEP_WRITE;
    size_t from, end;
    if (is_of_refused(s, step)) {
        if (telling != LAB_TELL_NOTHING && !step->is_again)
            lab_print(s->text, "  nothing is %s: the block was refused\n", writes ? "written" : "read");
        return LAB_STEPPED;
    }
    if (!s->is_open || !s->blocks[step->block].payload || !range_of(s, step, &from, &end))
        return LAB_STEPPED_BAD_STEP;
    for (size_t at = from, next; at < end; at = next) {
        struct lab_memory then, now;
        next = (at / PAGE + 1) * PAGE;
        memory_now(s, &then);
        touch_byte(s, at, writes);
        memory_now(s, &now);
        if (telling != LAB_TELL_NOTHING && s->stage->memory && !step->is_again)
            tell_page(s, at / PAGE, &then, &now);
        for (size_t i = at + 1; i < next && i < end; i++)
            touch_byte(s, i, writes);
    }
    return LAB_STEPPED;
}
