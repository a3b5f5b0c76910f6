/* The trace parser: once over the text to count the operations, once more to make them.
 *
 * A line is at most five fields: letter, ID, size, alignment, and one more to notice that there are too many.
 */
#include <lab/trace.h>

#include <lab/number.h>

#include "idmap.h"
#include "words.h"

enum { FIELDS_MAX = 5 };

/* One line, its comment and line end taken off. */
struct line {
    const char *text;
    size_t length, number; /* number from 1 */
    struct word fields[FIELDS_MAX];
    unsigned field_count; /* FIELDS_MAX also stands for more */
};

struct reader {
    const char *next, *end;
    size_t number;
};

struct parser {
    struct idmap ids;
    struct lab_program *program;
    struct lab_op *ops;
    struct lab_error *error;
    bool is_out_of_scratch;
};

/* ---- lines and fields ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void split_fields(struct line *line)
{
    size_t i = 0;
    line->field_count = 0;
    while (line->field_count < FIELDS_MAX) {
        while (i < line->length && is_blank(line->text[i]))
            i++;
        if (i == line->length)
            return;
        size_t start = i;
        while (i < line->length && !is_blank(line->text[i]))
            i++;
        line->fields[line->field_count++] = (struct word){line->text + start, i - start};
    }
}

static bool read_line(struct reader *reader, struct line *line)
{
    if (reader->next == reader->end)
        return false;
    const char *start = reader->next, *p = start, *content_end = NULL;
    while (p < reader->end && *p != '\n') {
        if (*p == '#' && !content_end)
            content_end = p;
        p++;
    }
    if (!content_end)
        content_end = p;
    reader->next = p < reader->end ? p + 1 : p;
    *line = (struct line){.text = start, .length = (size_t)(content_end - start), .number = ++reader->number};
    while (line->length > 0 && is_blank(line->text[line->length - 1]))
        line->length--;
    split_fields(line);
    return true;
}

static bool is_number(const struct word *field)
{
    return field->text[0] >= '0' && field->text[0] <= '9';
}

/* ---- errors ---- */

/* line 7: "a 5": a number is missing */
static bool bad_line(const struct parser *p, const struct line *line, const char *what)
{
    return lab_fail(p->error, line->text, line->length, "line %zu: \"%s\": %s", line->number,
                    word_show(line->text, line->length).text, what);
}

/* line 7: "f 5": ID 5 is not live */
static bool bad_field(const struct parser *p, const struct line *line, const struct word *field, const char *before,
                      const char *after)
{
    return lab_fail(p->error, line->text, line->length, "line %zu: \"%s\": %s%s%s", line->number,
                    word_show(line->text, line->length).text, before, word_show(field->text, field->length).text,
                    after);
}

/* ---- one operation ---- */

static bool field_number(const struct parser *p, const struct line *line, unsigned i, uint64_t *value)
{
    const struct word *field = &line->fields[i];
    switch (lab_parse_number(field->text, field->length, false, value)) {
    case LAB_NUMBER_OK:
        return true;
    case LAB_NUMBER_OVERFLOW:
        return bad_field(p, line, field, "", " does not fit 64 bits");
    default:
        return bad_field(p, line, field, "'", "' is no unsigned number");
    }
}

static size_t size_of(uint64_t value)
{
    return value > SIZE_MAX ? SIZE_MAX : (size_t)value;
}

static bool make_live(struct parser *p, uint64_t id, struct lab_op *op)
{
    op->slot = idmap_insert(&p->ids, id);
    p->is_out_of_scratch = op->slot == IDMAP_NONE;
    return !p->is_out_of_scratch;
}

static bool parse_alignment(struct parser *p, const struct line *line, struct lab_op *op)
{
    uint64_t align;
    if (!field_number(p, line, 3, &align))
        return false;
    if (align == 0 || (align & (align - 1)) != 0)
        return bad_field(p, line, &line->fields[3], "alignment ", " is no power of two");
    while (align > 1) {
        align >>= 1;
        op->align_log2++;
    }
    return true;
}

static bool parse_alloc(struct parser *p, const struct line *line, uint64_t id, struct lab_op *op)
{
    if (idmap_find(&p->ids, id) != IDMAP_NONE)
        return bad_field(p, line, &line->fields[1], "ID ", " is live already");
    if (op->kind == LAB_ALIGNED && !parse_alignment(p, line, op))
        return false;
    return make_live(p, id, op);
}

/* An unknown ID is allocated. Size 0 frees; on an unknown ID that is the free of nothing. */
static bool parse_resize(struct parser *p, uint64_t id, struct lab_op *op)
{
    uint32_t slot = idmap_find(&p->ids, id);
    if (slot == IDMAP_NONE && op->size > 0)
        return make_live(p, id, op);
    if (slot == IDMAP_NONE) {
        op->kind = LAB_FREE;
        return true;
    }
    if (op->size == 0)
        idmap_remove(&p->ids, id);
    op->slot = slot;
    return true;
}

static bool parse_free(struct parser *p, const struct line *line, uint64_t id, struct lab_op *op)
{
    op->slot = idmap_find(&p->ids, id);
    if (op->slot == IDMAP_NONE)
        return bad_field(p, line, &line->fields[1], "ID ", " is not live");
    idmap_remove(&p->ids, id);
    return true;
}

/* Kind and number of fields of an operation's letter; false: no such letter. */
static bool kind_of(const struct word *field, uint8_t *kind, unsigned *fields)
{
    static const struct {
        char letter;
        uint8_t kind, fields;
    } table[] = {{'a', LAB_ALLOC, 3}, {'f', LAB_FREE, 2}, {'r', LAB_RESIZE, 3}, {'m', LAB_ALIGNED, 4}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (field->length == 1 && field->text[0] == table[i].letter) {
            *kind = table[i].kind;
            *fields = table[i].fields;
            return true;
        }
    }
    return false;
}

static bool is_null_free(const struct line *line, uint8_t kind)
{
    const struct word *id = &line->fields[1];
    return kind == LAB_FREE && id->length == 2 && id->text[0] == '-' && id->text[1] == '1';
}

static bool parse_operation(struct parser *p, const struct line *line, struct lab_op *op)
{
    unsigned fields;
    uint64_t id, size = 0;
    *op = (struct lab_op){.slot = LAB_NULL_SLOT};
    if (!kind_of(&line->fields[0], &op->kind, &fields))
        return bad_field(p, line, &line->fields[0], "unknown operation '", "': a, r, f or m is expected");
    if (line->field_count < fields)
        return bad_line(p, line, "a number is missing");
    if (line->field_count > fields)
        return bad_line(p, line, "a number too many");
    if (is_null_free(line, op->kind))
        return true;
    if (!field_number(p, line, 1, &id) || (fields > 2 && !field_number(p, line, 2, &size)))
        return false;
    op->size = size_of(size);
    if (op->kind == LAB_FREE)
        return parse_free(p, line, id, op);
    return op->kind == LAB_RESIZE ? parse_resize(p, id, op) : parse_alloc(p, line, id, op);
}

/* ---- the whole text ---- */

static bool are_numbers(const struct parser *p, const struct line *line)
{
    uint64_t value;
    for (unsigned i = 0; i < line->field_count; i++) {
        if (!field_number(p, line, i, &value))
            return false;
    }
    return true;
}

/* Passes over the numbers before the first operation of a malloc-lab file: two or four, on any number of lines. */
static bool skip_header(const struct parser *p, struct reader *reader)
{
    unsigned numbers = 0;
    struct line line, last = {.number = 0};
    struct reader after = *reader;
    while (numbers <= 4 && read_line(&after, &line)) {
        if (line.field_count > 0 && !is_number(&line.fields[0]))
            break;
        if (!are_numbers(p, &line))
            return false;
        if (line.field_count > 0)
            last = line;
        numbers += line.field_count;
        *reader = after;
    }
    if (numbers == 0 || numbers == 2 || numbers == 4)
        return true;
    return bad_line(p, &last, "a malloc-lab header is 2 or 4 numbers before the first operation");
}

static size_t count_operations(struct reader reader)
{
    struct line line;
    size_t count = 0;
    while (read_line(&reader, &line))
        count += line.field_count > 0;
    return count;
}

static bool parse_operations(struct parser *p, struct reader reader)
{
    struct line line;
    struct lab_op *op = p->ops;
    while (read_line(&reader, &line)) {
        if (line.field_count == 0)
            continue;
        if (!parse_operation(p, &line, op))
            return false;
        p->program->count_of[op->kind]++;
        op++;
    }
    return true;
}

enum lab_status lab_trace_parse(const char *text, size_t length, struct lab_arena *arena, struct lab_program *program,
                                struct lab_error *error)
{
    size_t mark = arena->used;
    struct reader reader = {.next = text, .end = text + length};
    struct parser p = {.ids = {.arena = arena}, .program = program, .error = error};
    *program = (struct lab_program){.ops = NULL};
    if (!skip_header(&p, &reader))
        return LAB_BAD_INPUT;
    size_t count = count_operations(reader);
    p.ops = lab_arena_take(arena, count, sizeof *p.ops);
    size_t kept = arena->used;
    if (p.ops && parse_operations(&p, reader)) {
        program->ops = p.ops;
        program->count = count;
        program->slots = p.ids.slots;
        lab_arena_release(arena, kept);
        return LAB_OK;
    }
    *program = (struct lab_program){.ops = NULL};
    lab_arena_release(arena, mark);
    return !p.ops || p.is_out_of_scratch ? LAB_NO_SCRATCH : LAB_BAD_INPUT;
}
