/* Going through what lies on the desk. The unit is an operation: what a script says before it and expects behind it goes with it. */
#include "step.h"

#include <lab/number.h>
#include <lib/string.h>

#include "desk.h"
#include "scenarios.h"

static bool is_stopped(enum lab_stepped came)
{
    return came == LAB_STEPPED_END || came == LAB_STEPPED_NO_HEAP || came == LAB_STEPPED_BAD_STEP;
}

static bool expectation_follows(const struct lab_session *s)
{
    return s->next < s->script->count && s->script->steps[s->next].kind == LAB_STEP_EXPECT;
}

/* Up to the next operation, with the expectations behind it. False: there is none, or it could not be done. */
static bool advance(struct sh_context *c, enum lab_telling telling)
{
    struct lab_session *s = &desk_of(c)->session;
    bool is_done = false;
    while (!is_done) {
        size_t at = s->next;
        if (is_stopped(desk_step(c, telling)))
            return false;
        is_done = lab_is_operation(s->script->steps[at].kind);
    }
    while (expectation_follows(s)) {
        if (is_stopped(desk_step(c, telling)))
            return false;
    }
    return true;
}

static size_t count_operations(const struct lab_session *s, size_t from, size_t to)
{
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        count += lab_is_operation(s->script->steps[i].kind);
    return count;
}

/* ---- a whole scenario ---- */

static void print_end(struct sh_context *c)
{
    const struct desk *d = desk_of(c);
    const struct lab_session *s = &d->session;
    lab_print(&c->text, "The end of %s under %s: %zu operation%s, %zu refused", d->what, s->run.policy->name, s->done,
              s->done == 1 ? "" : "s", s->refused);
    if (s->broken > 0)
        lab_print(&c->text, "; %zu of %zu expectations did not hold", s->broken, s->held + s->broken);
    else if (s->held > 0)
        lab_print(&c->text, "; as expected (%zu of %zu)", s->held, s->held);
    lab_print(&c->text, ".\n");
}

static void play(struct sh_context *c)
{
    while (!is_stopped(desk_step(c, LAB_TELL_SCRIPT)))
        continue;
    print_end(c);
}

static void print_title(struct sh_context *c)
{
    const struct desk *d = desk_of(c);
    lab_print(&c->text, "%s", d->what);
    if (d->script.title_length > 0)
        lab_print(&c->text, ": %.*s", (int)d->script.title_length, d->script.title);
    lab_print(&c->text, "\n");
}

static void play_titled(struct sh_context *c)
{
    print_title(c);
    play(c);
}

void step_scenario(struct sh_context *c, const char *arguments)
{
    if (*arguments == '\0') {
        scenarios_list(c);
        return;
    }
    if (desk_load(c, arguments))
        play_titled(c);
}

void step_tell(struct sh_context *c, const struct options *options)
{
    if (desk_lay(c, options))
        play_titled(c);
}

/* ---- forward ---- */

static void print_where(struct sh_context *c)
{
    const struct lab_session *s = &desk_of(c)->session;
    size_t ahead = count_operations(s, s->next, s->script->count);
    if (ahead > 0)
        lab_print(&c->text, "%zu operation%s ahead: `step` does the next, `continue` all, `back` undoes one.\n", ahead,
                  ahead == 1 ? "" : "s");
    else
        print_end(c);
}

/* What a script is about, before its first operation. */
static void print_about(struct sh_context *c)
{
    const struct lab_session *s = &desk_of(c)->session;
    print_title(c);
    while (s->next < s->script->count && s->script->steps[s->next].kind == LAB_STEP_ABOUT)
        desk_step(c, LAB_TELL_STEPS);
    print_where(c);
}

void step_step(struct sh_context *c, const char *arguments)
{
    uint64_t count = 1;
    bool is_number = lab_parse_number(arguments, strlen(arguments), true, &count) == LAB_NUMBER_OK;
    if (*arguments != '\0' && !is_number) {
        if (desk_load(c, arguments))
            print_about(c);
        return;
    }
    if (!desk_is_in_use(c))
        return;
    bool is_more = true;
    for (uint64_t i = 0; i < count && is_more; i++)
        is_more = advance(c, LAB_TELL_STEPS);
    print_where(c);
}

void step_continue(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (desk_is_in_use(c))
        play(c);
}

/* ---- up to a point ---- */

enum goal_kind { GOAL_FAIL, GOAL_HOLE, GOAL_HOLES, GOAL_FREE, GOAL_HEAP };

struct goal {
    enum goal_kind what;
    char relation; /* '<' or '>' */
    uint64_t value;
};

static bool read_goal(const char *text, struct goal *goal)
{
    static const char *const words[] = {"hole", "holes", "free", "heap"};
    size_t length = 0;
    *goal = (struct goal){.what = GOAL_FAIL};
    if (strcmp(text, "fail") == 0)
        return true;
    while (text[length] >= 'a' && text[length] <= 'z')
        length++;
    goal->relation = text[length];
    if (goal->relation != '<' && goal->relation != '>')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) {
            goal->what = (enum goal_kind)(GOAL_HOLE + i);
            const char *number = text + length + 1;
            return lab_parse_number(number, strlen(number), true, &goal->value) == LAB_NUMBER_OK;
        }
    }
    return false;
}

static bool is_reached(struct lab_session *s, const struct goal *goal, enum lab_stepped came)
{
    struct heap_shape shape;
    if (goal->what == GOAL_FAIL)
        return came != LAB_STEPPED;
    if (!lab_session_shape(s, &shape))
        return false;
    uint64_t values[] = {[GOAL_HOLE] = shape.largest_hole,
                         [GOAL_HOLES] = shape.holes,
                         [GOAL_FREE] = shape.free,
                         [GOAL_HEAP] = shape.committed};
    return goal->relation == '<' ? values[goal->what] < goal->value : values[goal->what] > goal->value;
}

/* Looks for the point untold, then tells the operation that led to it. */
static void go_on_until(struct sh_context *c, const struct goal *goal)
{
    struct lab_session *s = &desk_of(c)->session;
    enum lab_stepped came = LAB_STEPPED;
    bool is_there = false;
    size_t at = s->next;
    desk_work_begin(c);
    while (!is_there && !is_stopped(came)) {
        at = s->next;
        came = lab_session_step(s, LAB_TELL_NOTHING);
        is_there = !is_stopped(came) && lab_is_operation(s->script->steps[at].kind) && is_reached(s, goal, came);
    }
    if (is_there)
        lab_session_seek(s, at);
    desk_work_end(c);
    if (is_there)
        desk_step(c, LAB_TELL_STEPS);
    else
        lab_print(&c->text, "It does not come to that.\n");
    print_where(c);
}

void step_until(struct sh_context *c, const char *arguments)
{
    struct goal goal;
    if (!read_goal(arguments, &goal))
        sh_error(c, SH_BAD_INPUT, arguments,
                 "until takes fail, or hole, holes, free or heap with > or < and a number: until hole>4K");
    else if (desk_is_in_use(c))
        go_on_until(c, &goal);
}

/* ---- back ---- */

/* The step of the last operation done, `count` operations back; at the first one it stops. False: none is done. */
static bool find_back(const struct lab_session *s, uint64_t count, size_t *step)
{
    bool is_found = false;
    for (size_t i = s->next; i-- > 0 && count > 0;) {
        if (!lab_is_operation(s->script->steps[i].kind))
            continue;
        *step = i;
        is_found = true;
        count--;
    }
    return is_found;
}

static void print_next(struct sh_context *c)
{
    struct lab_session *s = &desk_of(c)->session;
    if (s->is_open)
        lab_session_show(s, LAB_SHOW_MAP);
    if (s->next < s->script->count) {
        lab_print(&c->text, "Next:");
        lab_session_print_step(s, s->next);
    }
}

static bool go_back(struct sh_context *c, uint64_t count, size_t *step)
{
    struct lab_session *s = &desk_of(c)->session;
    if (!desk_is_in_use(c))
        return false;
    if (!find_back(s, count, step)) {
        sh_error(c, SH_BAD_INPUT, "back", "nothing has been done yet");
        return false;
    }
    desk_work_begin(c);
    lab_session_seek(s, *step);
    desk_work_end(c);
    return true;
}

void step_back(struct sh_context *c, const char *arguments)
{
    uint64_t count = 1;
    size_t step;
    bool is_number =
        *arguments == '\0' || lab_parse_number(arguments, strlen(arguments), true, &count) == LAB_NUMBER_OK;
    if (!is_number || count == 0)
        sh_error(c, SH_BAD_INPUT, arguments, "back takes a number of operations, 1 or more");
    else if (go_back(c, count, &step))
        print_next(c);
}

void step_undo(struct sh_context *c, const char *arguments)
{
    struct desk *d = desk_of(c);
    size_t step;
    (void)arguments;
    if (!go_back(c, 1, &step))
        return;
    lab_print(&c->text, "Undone:");
    lab_session_print_step(&d->session, step);
    if (d->script.steps[step].line == 0)
        desk_drop(c, step);
    print_next(c);
}

/* Words of a scenario file, which nobody types here. */
static bool is_told_only(enum lab_step_kind kind)
{
    return kind == LAB_STEP_ABOUT || kind == LAB_STEP_SAY || kind == LAB_STEP_ASK;
}

void step_history(struct sh_context *c, const char *arguments)
{
    const struct lab_session *s = &desk_of(c)->session;
    (void)arguments;
    if (!desk_is_in_use(c))
        return;
    lab_session_print_use(s);
    for (size_t i = 0; i < s->next; i++) {
        if (!is_told_only(s->script->steps[i].kind))
            lab_session_print_step(s, i);
    }
}

/* ---- looking ---- */

bool step_show(struct sh_context *c)
{
    struct lab_session *s = &desk_of(c)->session;
    size_t i = 0;
    if (!desk_of(c)->is_begun || !lab_session_open(s))
        return false;
    while (strcmp(lab_show_names[i], c->command) != 0)
        i++;
    lab_session_show(s, (enum lab_show)i);
    return true;
}
