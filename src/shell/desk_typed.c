/* Steps that are typed: put into the script where the session stands, and done; taken out again if they cannot be. */
#include "desk.h"

#include <lib/string.h>

#include "line.h"

/* The step that was added last goes where the session stands. */
static void move_to_next(struct lab_script *script, size_t next)
{
    struct lab_step added = script->steps[script->count - 1];
    added.line = 0; /* of no file */
    memmove(&script->steps[next + 1], &script->steps[next], (script->count - 1 - next) * sizeof added);
    script->steps[next] = added;
}

void desk_drop(struct sh_context *c, size_t step)
{
    struct lab_script *script = &desk_of(c)->script;
    script->count--;
    memmove(&script->steps[step], &script->steps[step + 1], (script->count - step) * sizeof *script->steps);
    lab_script_forget_blocks(script);
}

/* The script knows its blocks as they are at its end; what is typed is about those of now. */
static void match_blocks(struct desk *d)
{
    for (uint32_t i = 0; i < d->script.block_count; i++) {
        const struct lab_session_block *b = &d->session.blocks[i];
        d->script.is_live[i] = b->is_live;
        if (b->payload)
            d->script.blocks[i].size = b->size;
    }
}

/* Out it goes again. A `use` has taken the heap that was there: it is made anew. */
static void take_back(struct sh_context *c, size_t step)
{
    struct desk *d = desk_of(c);
    bool is_use = d->script.steps[step].kind == LAB_STEP_USE;
    desk_drop(c, step);
    if (!is_use)
        return;
    desk_work_begin(c);
    lab_session_seek(&d->session, step);
    desk_work_end(c);
}

static void add_and_do(struct sh_context *c, const char *line, size_t length)
{
    struct desk *d = desk_of(c);
    struct lab_session *s = &d->session;
    struct lab_error error;
    size_t count = d->script.count;
    match_blocks(d);
    if (lab_script_add(&d->script, line, length, &error) != LAB_OK) {
        sh_error(c, SH_BAD_INPUT, error.word, error.message);
        return;
    }
    if (d->script.count == count)
        return;
    move_to_next(&d->script, s->next);
    enum lab_stepped came = desk_step(c, LAB_TELL_STEPS);
    if (came == LAB_STEPPED_BAD_STEP || came == LAB_STEPPED_NO_HEAP)
        take_back(c, s->next);
}

void desk_statement(struct sh_context *c, const char *arguments)
{
    struct desk *d = desk_of(c);
    size_t room = strlen(c->command) + strlen(arguments) + 2;
    if (!desk_may_change(c) || (!d->is_begun && !desk_begin(c)))
        return;
    char *line = lab_arena_take(&d->arena, room, 1);
    struct lab_buffer buffer;
    if (!line) {
        sh_error(c, SH_MACHINE, c->command, "too little memory for more steps: `use` begins anew");
        return;
    }
    struct lab_sink sink = lab_buffer_sink(&buffer, line, room);
    lab_print(&sink, "%s %s", c->command, arguments);
    add_and_do(c, line, buffer.length);
}

/* Whether the line can be read as it stands; told if not. What is on the desk is not to be lost by a slip. */
static bool is_good_use(struct sh_context *c, const char *arguments)
{
    char line[LINE_MAX_CHARACTERS + 8];
    struct lab_buffer buffer;
    struct lab_script script;
    struct lab_error error;
    size_t mark = c->arena.used;
    struct lab_sink sink = lab_buffer_sink(&buffer, line, sizeof line);
    lab_print(&sink, "%s %s", c->command, arguments);
    enum lab_status status = lab_script_start(&script, &c->arena, 1, 0)
                                 ? lab_script_add(&script, line, buffer.length, &error)
                                 : LAB_NO_SCRATCH;
    lab_arena_release(&c->arena, mark);
    if (status == LAB_BAD_INPUT)
        sh_error(c, SH_BAD_INPUT, error.word, error.message);
    if (status == LAB_NO_SCRATCH)
        sh_error(c, SH_MACHINE, c->command, "too little memory: give the machine more");
    return status == LAB_OK;
}

void desk_use(struct sh_context *c, const char *arguments)
{
    if (desk_of(c)->is_loaded || (is_good_use(c, arguments) && desk_begin(c)))
        desk_statement(c, arguments);
}
