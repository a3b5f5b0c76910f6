/* Reading scripts: lines, statements, and the two passes over a file.
 *
 *   1. The first pass goes through everything a script does, loops and all, and counts the steps and allocations. What is wrong
 *      ends it silently.
 *   2. Then the arena is asked for what is needed, and the second pass fills it. It meets the same steps, looks blocks up as
 *      well, and tells the first thing that is wrong.
 *   3. Room for blocks was taken for every allocation: what names used again left over is given back.
 */
#include <lab/script.h>

#include "script_reader.h"

/* ---- one statement ---- */

/* Keeps a step, or counts it in the first pass. */
static void keep(struct reader *r, const struct lab_step *step)
{
    struct lab_script *script = r->script;
    if (!r->is_counting)
        script->steps[script->count] = *step;
    script->count++;
}

/* So that nothing is done that could not be kept. */
static bool has_room(struct reader *r, struct word statement)
{
    size_t most = r->is_file ? LAB_SCRIPT_STEPS_MAX : r->script->capacity;
    if (r->script->count < most)
        return true;
    r->is_full = true;
    return lab_fail(r->scan.error, statement.text, statement.length, "'%s': at most %zu steps",
                    word_show(statement.text, statement.length).text, most);
}

/* The end of the statement: before a comment, if it may have one, and the blanks before that. */
static const char *statement_end(const char *start, const char *end, bool has_text)
{
    for (const char *p = start; !has_text && p < end; p++) {
        if (*p == '#' && (p == start || scan_is_blank(p[-1])))
            end = p;
    }
    while (end > start && scan_is_blank(end[-1]))
        end--;
    return end;
}

/* Reads the line between `scan.next` and `scan.end`, its line end taken off. */
static bool read_statement(struct reader *r)
{
    struct word name = scan_word(&r->scan);
    if (name.length == 0 || name.text[0] == '#')
        return true;
    const struct statement *statement = statement_find(name);
    if (!statement)
        return word_unknown_name(r->scan.error, "statement", name, lab_statements);
    r->scan.end = statement_end(name.text, r->scan.end, statement->has_text);
    r->scan.form = statement->form;
    struct word text = {name.text, (size_t)(r->scan.end - name.text)};
    struct lab_step step = {.kind = statement->kind,
                            .line = r->script->line,
                            .is_again = script_is_again(r),
                            .show = statement->show,
                            .text = text.text,
                            .text_length = text.length};
    if ((step.kind != LAB_STEP_KINDS && !has_room(r, text)) || !statement->read(r, &step))
        return false;
    r->has_begun |= !statement->is_front;
    if (step.kind != LAB_STEP_KINDS)
        keep(r, &step);
    return true;
}

/* ---- a file ---- */

/* "line 7: " before what is wrong. */
static bool fail_at_line(struct lab_error *error, uint32_t line)
{
    struct lab_error bare;
    if (!error)
        return false;
    bare = *error;
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, error->message, sizeof error->message);
    lab_print(&sink, "line %u: %s", line, bare.message);
    word_mark_cut(&buffer);
    return false;
}

static bool read_line(struct reader *r)
{
    const char *start = r->next, *end = start;
    while (end < r->end && *end != '\n')
        end++;
    r->next = end < r->end ? end + 1 : end;
    r->script->line++;
    if (end > start && end[-1] == '\r')
        end--;
    r->scan.next = start;
    r->scan.end = end;
    if ((size_t)(end - start) > LAB_LINE_MAX)
        return lab_fail(r->scan.error, start, (size_t)(end - start), "'%s': %zu characters in a line, %d are allowed",
                        word_show(start, (size_t)(end - start)).text, (size_t)(end - start), LAB_LINE_MAX);
    if (++r->lines > LAB_LINES_MAX)
        return lab_fail(r->scan.error, start, (size_t)(end - start), "the loops go over more than %d lines",
                        LAB_LINES_MAX);
    return read_statement(r);
}

static bool read_file(struct reader *r)
{
    while (r->next < r->end) {
        if (!read_line(r))
            return fail_at_line(r->scan.error, r->script->line);
    }
    if (r->depth == 0)
        return true;
    const struct loop *open = &r->loops[r->depth - 1];
    lab_fail(r->scan.error, open->text.text, open->text.length, "'%s' has no end",
             word_show(open->text.text, open->text.length).text);
    return fail_at_line(r->scan.error, open->line);
}

void lab_script_seed(struct lab_script *script, uint64_t seed)
{
    script->seed = seed;
    lab_random_seed(&script->random, seed);
}

static struct reader reader_of(struct lab_script *script, struct lab_error *error)
{
    return (struct reader){
        .script = script, .scan = {.error = error}, .terms = {.unit = script->unit, .random = &script->random}};
}

/* The first pass: *steps and *allocs up to where something is wrong. */
static void count(const char *text, size_t length, uint64_t seed, size_t *steps, uint32_t *allocs)
{
    struct lab_script script = {.count = 0};
    lab_script_seed(&script, seed);
    struct reader r = reader_of(&script, NULL);
    r.is_file = true;
    r.is_counting = true;
    r.next = text;
    r.end = text + length;
    read_file(&r);
    *steps = script.count;
    *allocs = r.allocs;
}

/* The second pass. */
static bool fill(struct lab_script *script, const char *text, size_t length, struct lab_error *error)
{
    struct reader r = reader_of(script, error);
    r.is_file = true;
    r.next = text;
    r.end = text + length;
    return read_file(&r);
}

/* An empty script with its steps; *mark: the arena's, before blocks are taken. */
static bool take_steps(struct lab_script *script, struct lab_arena *arena, size_t steps, uint64_t seed)
{
    *script = (struct lab_script){.capacity = steps};
    lab_script_seed(script, seed);
    script->steps = lab_arena_take(arena, steps, sizeof *script->steps);
    return script->steps != NULL;
}

enum lab_status lab_script_read(const char *text, size_t length, uint64_t seed, struct lab_arena *arena,
                                struct lab_script *script, struct lab_error *error)
{
    size_t mark = arena->used, steps;
    uint32_t allocs;
    count(text, length, seed, &steps, &allocs);
    bool has_steps = take_steps(script, arena, steps, seed);
    size_t blocks_mark = arena->used;
    enum lab_status status = has_steps && blocks_take(script, arena, allocs) ? LAB_OK : LAB_NO_SCRATCH;
    if (status == LAB_OK && !fill(script, text, length, error))
        status = LAB_BAD_INPUT;
    if (status == LAB_OK) {
        blocks_fit(script, arena, blocks_mark);
        return LAB_OK;
    }
    *script = (struct lab_script){.count = 0};
    lab_arena_release(arena, mark);
    return status;
}

const char *lab_script_title(const char *text, size_t length, size_t *title_length)
{
    struct lab_script script = {.count = 0};
    struct reader r = reader_of(&script, NULL);
    r.is_file = true;
    r.is_counting = true;
    r.next = text;
    r.end = text + length;
    while (r.next < r.end && !script.title && !r.has_begun && read_line(&r))
        continue;
    *title_length = script.title_length;
    return script.title;
}

/* ---- line by line ---- */

bool lab_script_start(struct lab_script *script, struct lab_arena *arena, size_t steps_max, uint32_t blocks_max)
{
    size_t mark = arena->used;
    HEAP_ASSERT(steps_max <= LAB_SCRIPT_STEPS_MAX && blocks_max <= LAB_SCRIPT_BLOCKS_MAX);
    if (take_steps(script, arena, steps_max, 1) && blocks_take(script, arena, blocks_max))
        return true;
    *script = (struct lab_script){.count = 0};
    lab_arena_release(arena, mark);
    return false;
}

static size_t at_most(size_t number, size_t most)
{
    return number < most ? number : most;
}

bool lab_script_widen(struct lab_script *script, struct lab_arena *arena, size_t steps, uint32_t blocks)
{
    size_t mark = arena->used, capacity = script->count + at_most(steps, LAB_SCRIPT_STEPS_MAX - script->count);
    struct lab_step *moved = lab_arena_take(arena, capacity, sizeof *moved);
    uint32_t more = (uint32_t)at_most(blocks, LAB_SCRIPT_BLOCKS_MAX - script->block_count);
    if (!moved || !blocks_move(script, arena, script->block_count + more)) {
        lab_arena_release(arena, mark);
        return false;
    }
    for (size_t i = 0; i < script->count; i++)
        moved[i] = script->steps[i];
    script->steps = moved;
    script->capacity = capacity;
    return true;
}

enum lab_status lab_script_add(struct lab_script *script, const char *text, size_t length, struct lab_error *error)
{
    struct lab_script before = *script;
    struct reader r = reader_of(script, error);
    r.scan.next = text;
    r.scan.end = text + length;
    script->line++;
    if (read_statement(&r))
        return LAB_OK;
    *script = before;
    return r.is_full ? LAB_NO_SCRATCH : LAB_BAD_INPUT;
}
