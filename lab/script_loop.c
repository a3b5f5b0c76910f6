/* repeat, each, end: a loop's body is read again in every round.
 *
 * While a loop is open, terms.variables has its variable at the loop's depth; one without a name counts rounds all the same.
 */
#include "script_reader.h"

#include "cstring.h"

bool script_is_again(const struct reader *r)
{
    for (unsigned i = 0; i < r->depth; i++) {
        if (r->loops[i].is_again)
            return true;
    }
    return false;
}

static bool loop_may_begin(struct reader *r, const struct lab_step *step)
{
    struct word statement = {step->text, step->text_length};
    _Static_assert(LAB_LOOPS_MAX == 4, "as the message says");
    if (!r->is_file)
        return script_refuse(r, statement, "loops are for files");
    return r->depth < LAB_LOOPS_MAX || script_refuse(r, statement, "at most 4 loops inside each other");
}

/* Takes the name of a variable off the statement, one that no loop around has. */
static bool read_variable(struct reader *r, struct word *name)
{
    *name = scan_word(&r->scan);
    if (!script_name_is_good(r, "a variable", *name))
        return false;
    struct scan inside = {.next = name->text, .end = name->text + name->length};
    if (scan_name(&inside, false).length < name->length)
        return script_refuse(r, *name, "a variable's name is letters, digits and _");
    for (unsigned i = 0; i < r->depth; i++) {
        const struct word *other = &r->terms.variables[i].name;
        if (other->length == name->length && lab_is_prefix(other->text, name->text, name->length))
            return script_refuse(r, *name, "a loop around this one has that variable");
    }
    return true;
}

static void begin_loop(struct reader *r, const struct lab_step *step, const struct variable *first, uint64_t last,
                       uint64_t width)
{
    r->loops[r->depth] = (struct loop){
        .body = r->next, .text = {step->text, step->text_length}, .line = step->line, .last = last, .step = width};
    r->terms.variables[r->depth++] = *first;
    r->terms.variable_count = r->depth;
}

bool script_read_repeat(struct reader *r, struct lab_step *step)
{
    uint64_t rounds;
    struct variable variable = {.value = 0};
    if (!loop_may_begin(r, step) || !expression_read(&r->scan, &r->terms, &rounds))
        return false;
    if (scan_take(&r->scan, "as") && !read_variable(r, &variable.name))
        return false;
    if (!scan_end(&r->scan))
        return false;
    if (rounds == 0)
        return script_refuse(r, (struct word){step->text, step->text_length}, "a loop goes round once at least");
    begin_loop(r, step, &variable, rounds - 1, 1);
    return true;
}

/* from A to B [step S] */
static bool read_bounds(struct reader *r, uint64_t *from, uint64_t *to, uint64_t *width)
{
    *width = 1;
    if (!scan_take(&r->scan, "from"))
        return scan_missing(&r->scan, "from");
    if (!expression_read(&r->scan, &r->terms, from))
        return false;
    if (!scan_take(&r->scan, "to"))
        return scan_missing(&r->scan, "to");
    return expression_read(&r->scan, &r->terms, to) &&
           (!scan_take(&r->scan, "step") || expression_read(&r->scan, &r->terms, width)) && scan_end(&r->scan);
}

bool script_read_each(struct reader *r, struct lab_step *step)
{
    struct variable variable;
    uint64_t to, width;
    if (!loop_may_begin(r, step) || !read_variable(r, &variable.name) || !read_bounds(r, &variable.value, &to, &width))
        return false;
    if (width == 0 || to < variable.value)
        return script_refuse(r, (struct word){step->text, step->text_length}, "a loop counts up, by 1 at least");
    begin_loop(r, step, &variable, to, width);
    return true;
}

bool script_read_end(struct reader *r, struct lab_step *step)
{
    if (r->depth == 0)
        return script_refuse(r, (struct word){step->text, step->text_length}, "no loop is open");
    if (!scan_end(&r->scan))
        return false;
    struct loop *loop = &r->loops[r->depth - 1];
    struct variable *variable = &r->terms.variables[r->depth - 1];
    if (loop->last - variable->value < loop->step) {
        r->terms.variable_count = --r->depth;
        return true;
    }
    variable->value += loop->step;
    loop->is_again = true;
    r->next = loop->body;
    r->script->line = loop->line;
    return true;
}
