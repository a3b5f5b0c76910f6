/* A session: the heap of a script, step by step. What a step does is here; how it is told in story.c. */
#include <lab/session.h>

#include "adversary.h"
#include "call.h"
#include "session_view.h"
#include "story.h"
#include "touch.h"

/* ---- opening and closing ---- */

static bool grow(void *context, size_t committed, size_t added)
{
    struct lab_session *s = context;
    s->is_memory_short = !s->grow(s->grow_context, committed, added);
    if (s->is_memory_short)
        return false;
    lab_story_note_growth(s->story, added);
    return true;
}

bool lab_session_open(struct lab_session *s)
{
    if (s->is_open)
        return true;
    if (lab_heap_open(&s->heap, s->world, &s->run, s->run.heap_limit) != LAB_OK)
        return false;
    s->is_open = true;
    s->grow = s->heap.grow;
    s->grow_context = s->heap.grow_context;
    if (s->grow) {
        s->heap.grow = grow;
        s->heap.grow_context = s;
    }
    return true;
}

static void close_heap(struct lab_session *s)
{
    struct lab_memory unused;
    if (s->is_open)
        s->world->close(s->world->context, &unused);
    s->is_open = false;
    for (uint32_t i = 0; i < s->script->block_capacity; i++)
        s->blocks[i] = (struct lab_session_block){0};
    s->refused = s->live = 0;
    s->fault = (struct heap_fault){0};
}

/* As before the first step. */
static void rewind(struct lab_session *s)
{
    close_heap(s);
    s->run = s->asked;
    s->is_own = !s->is_alloc_asked;
    s->next = s->done = s->held = s->broken = 0;
    s->status = 0;
    s->is_status_known = true;
    s->high = s->bound = 0;
    if (s->stage->choose_vm)
        s->stage->choose_vm(s->stage->context, "", 0);
}

bool lab_session_begin(struct lab_session *s, const struct lab_world *world, const struct lab_stage *stage,
                       struct lab_arena *arena, const struct lab_run *asked, bool is_alloc_asked,
                       struct lab_script *script, const struct lab_sink *text, const struct lab_sink *records)
{
    *s = (struct lab_session){.world = world,
                              .stage = stage,
                              .arena = arena,
                              .text = text,
                              .records = records,
                              .script = script,
                              .asked = *asked,
                              .is_alloc_asked = is_alloc_asked};
    size_t mark = arena->used;
    s->asked_vm = world->vm;
    s->blocks = lab_arena_take(arena, script->block_capacity, sizeof *s->blocks);
    s->story = lab_arena_take(arena, 1, sizeof *s->story);
    if (!s->blocks || !s->story) {
        lab_arena_release(arena, mark);
        return false;
    }
    rewind(s);
    return true;
}

void lab_session_end(struct lab_session *s)
{
    rewind(s);
}

/* Whether the script says further on that something is wrong. */
static bool expects_fault(const struct lab_session *s)
{
    for (size_t i = s->next; i < s->script->count; i++) {
        const struct lab_step *step = &s->script->steps[i];
        if (step->kind <= LAB_STEP_USE)
            return false;
        if (step->kind == LAB_STEP_EXPECT && step->expect.quantity == LAB_Q_FAULT)
            return true;
    }
    return false;
}

/* After an operation: what the heap has to say besides the operation's result. */
static enum lab_stepped outcome(struct lab_session *s, bool is_refused)
{
    s->fault = s->heap.fault;
    if (s->fault.class != HEAP_FAULT_NONE)
        return expects_fault(s) ? LAB_STEPPED_FOUND : LAB_STEPPED_CORRUPT;
    s->refused += is_refused;
    return is_refused ? LAB_STEPPED_REFUSED : LAB_STEPPED;
}

/* An alignment that no heap takes: it was refused before the heap was asked, so what the heap says is of an operation before. */
static enum lab_stepped unheard(struct lab_session *s)
{
    s->fault = (struct heap_fault){0};
    s->refused++;
    return LAB_STEPPED_REFUSED;
}

/* ---- operations of the heap ---- */

static void occupy(struct lab_session *s, uint32_t block, void *payload, size_t size)
{
    s->blocks[block] = (struct lab_session_block){.payload = payload, .size = size, .is_live = true};
    s->live += size;
}

/* A pointer that is given back, or exchanged for another, may be a stranger's by now: whoever has it has lost its block. */
static void lose(struct lab_session *s, const unsigned char *payload)
{
    for (uint32_t i = 0; i < s->script->block_count; i++) {
        struct lab_session_block *b = &s->blocks[i];
        if (b->payload != payload || !b->is_live)
            continue;
        b->is_live = false;
        s->live -= b->size;
    }
}

static enum lab_stepped do_alloc(struct lab_session *s, const struct lab_step *step)
{
    void *payload = NULL;
    if (s->blocks[step->block].is_live)
        return LAB_STEPPED_BAD_STEP;
    s->blocks[step->block] = (struct lab_session_block){0};
    if (step->kind == LAB_STEP_ALIGNED &&
        heap_alloc_aligned(&s->heap, step->size, lab_alignment(step->align_log2), &payload) == HEAP_BAD_ARGUMENT)
        return unheard(s);
    if (step->kind == LAB_STEP_ALLOC)
        payload = heap_alloc(&s->heap, step->size);
    if (payload)
        occupy(s, step->block, payload, step->size);
    return outcome(s, !payload);
}

static enum lab_stepped do_free(struct lab_session *s, const struct lab_step *step)
{
    unsigned char *payload = s->blocks[step->block].payload;
    if (heap_free(&s->heap, payload) == HEAP_OK)
        lose(s, payload);
    return outcome(s, false);
}

static enum lab_stepped do_resize(struct lab_session *s, const struct lab_step *step)
{
    void *moved;
    unsigned char *payload = s->blocks[step->block].payload;
    enum heap_status status = heap_resize(&s->heap, payload, step->size, &moved);
    if (status == HEAP_OK) {
        lose(s, payload);
        occupy(s, step->block, moved, step->size);
    }
    return outcome(s, status == HEAP_NO_MEMORY || status == HEAP_BAD_ARGUMENT);
}

static enum lab_stepped do_check(struct lab_session *s)
{
    heap_check(&s->heap);
    return outcome(s, false);
}

static enum lab_stepped operate(struct lab_session *s, const struct lab_step *step)
{
    s->is_memory_short = false;
    switch (step->kind) {
    case LAB_STEP_FREE:
        return do_free(s, step);
    case LAB_STEP_RESIZE:
        return do_resize(s, step);
    case LAB_STEP_CHECK:
        return do_check(s);
    default:
        return do_alloc(s, step);
    }
}

/* ---- a fresh heap ---- */

/* The first `use` of a script may name an allocator for which the caller has another one. One that was typed (line 0) is meant
 * as it stands. */
static bool is_overruled(const struct lab_session *s, const struct lab_step *step)
{
    if (!s->is_alloc_asked || step->line == 0)
        return false;
    for (const struct lab_step *other = s->script->steps; other < step; other++) {
        if (other->kind == LAB_STEP_USE && other->line > 0 && other->use.alloc.policy)
            return false;
    }
    return true;
}

static void choose_alloc(struct lab_session *s, const struct lab_step *step)
{
    const struct lab_alloc_spec *alloc = &step->use.alloc;
    if (!alloc->policy || is_overruled(s, step))
        return;
    s->run.policy = alloc->policy;
    s->run.grain = alloc->grain;
    for (size_t i = 0; i < HEAP_OPTIONS_MAX; i++)
        s->run.options[i] = alloc->options[i];
    s->is_own = true;
}

static enum lab_stepped use(struct lab_session *s, const struct lab_step *step)
{
    const struct lab_use *u = &step->use;
    struct lab_run before = s->run;
    bool was_own = s->is_own;
    close_heap(s);
    choose_alloc(s, step);
    if (u->heap_limit)
        s->run.heap_limit = u->heap_limit;
    if (u->harden >= 0)
        s->run.harden = (unsigned)u->harden;
    bool has_vm = !u->vm_length || !s->stage->choose_vm || s->stage->choose_vm(s->stage->context, u->vm, u->vm_length);
    if (has_vm && lab_session_open(s))
        return LAB_STEPPED;
    s->run = before;
    s->is_own = was_own;
    return has_vm ? LAB_STEPPED_NO_HEAP : LAB_STEPPED_BAD_STEP;
}

/* ---- a step ---- */

/* Untold it is passed over, and its status is what it was when it was done last. */
static enum lab_stepped command(struct lab_session *s, struct lab_step *step, enum lab_telling telling)
{
    if (!s->stage->command)
        return LAB_STEPPED;
    if (telling != LAB_TELL_NOTHING) {
        step->ran.status = s->stage->command(s->stage->context, step->text, step->text_length);
        step->ran.is_known = true;
    }
    s->is_status_known = step->ran.is_known;
    s->status = step->ran.status;
    return s->status == 0 || telling == LAB_TELL_NOTHING ? LAB_STEPPED : LAB_STEPPED_FAILED;
}

/* Steps that need a heap. */
static enum lab_stepped work(struct lab_session *s, const struct lab_step *step, enum lab_telling telling)
{
    if (!lab_session_open(s))
        return LAB_STEPPED_NO_HEAP;
    if (step->kind == LAB_STEP_ADVERSARY)
        return lab_adversary_play(s, step, telling);
    if (step->kind == LAB_STEP_WRITE || step->kind == LAB_STEP_READ)
        return lab_touch(s, step, telling);
    if (step->kind == LAB_STEP_SHOW) {
        if (telling != LAB_TELL_NOTHING)
            lab_session_show(s, step->show);
        return LAB_STEPPED;
    }
    if (step->kind == LAB_STEP_EXPECT)
        return lab_session_expect(s, step, telling);
    if (telling != LAB_TELL_STEPS)
        return operate(s, step);
    lab_story_begin(s->story, &s->heap);
    enum lab_stepped came = operate(s, step);
    lab_story_end(s->story, &s->heap);
    return came;
}

static enum lab_stepped perform(struct lab_session *s, struct lab_step *step, enum lab_telling telling)
{
    switch (step->kind) {
    case LAB_STEP_ABOUT:
    case LAB_STEP_SAY:
    case LAB_STEP_ASK:
        return LAB_STEPPED;
    case LAB_STEP_USE:
        return use(s, step);
    case LAB_STEP_COMMAND:
        return command(s, step, telling);
    default:
        return work(s, step, telling);
    }
}

enum lab_stepped lab_session_step(struct lab_session *s, enum lab_telling telling)
{
    if (s->next == s->script->count)
        return LAB_STEPPED_END;
    struct lab_step *step = &s->script->steps[s->next++];
    s->world->clock(s->world->context); /* a sign of life */
    s->done += lab_is_operation(step->kind);
    if (telling != LAB_TELL_NOTHING)
        lab_story_announce(s, step, telling);
    enum lab_stepped came = perform(s, step, telling);
    if (telling != LAB_TELL_NOTHING)
        lab_story_close(s, step, came, telling);
    if (came == LAB_STEPPED_NO_HEAP || came == LAB_STEPPED_BAD_STEP)
        s->next--, s->done -= lab_is_operation(step->kind);
    return came;
}

enum lab_stepped lab_session_seek(struct lab_session *s, size_t next)
{
    enum lab_stepped came = LAB_STEPPED;
    rewind(s);
    while (s->next < next && came != LAB_STEPPED_NO_HEAP && came != LAB_STEPPED_BAD_STEP && came != LAB_STEPPED_END)
        came = lab_session_step(s, LAB_TELL_NOTHING);
    return came;
}
