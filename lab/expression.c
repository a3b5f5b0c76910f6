/* The numbers of a script: a recursive descent that works out what it reads. */
#include "expression.h"

#include <alloc/heap.h>
#include <lab/number.h>

#include "cstring.h"
#include "script_reader.h"

enum { NESTING_MAX = 16, PAGE = 4096 };

struct calculation {
    struct scan *scan;
    struct terms *terms;
    const char *start;
    unsigned nesting;
};

enum constant { HEADER, ALIGN, MIN, PAGE_SIZE, UNIT, RANDOM };
const char *const expression_constants[] = {"header", "align", "min", "page", "unit", "random", NULL};

static bool read_sum(struct calculation *c, uint64_t *value);

/* ---- errors ---- */

static bool no_number(struct calculation *c, const char *what, struct word word)
{
    return lab_fail(c->scan->error, word.text, word.length, "'%s' %s", word_show(word.text, word.length).text, what);
}

/* '3 - 5': less than 0
 * What was read so far is the word. */
static bool no_result(struct calculation *c, const char *what)
{
    struct word read = scan_since(c->scan, c->start);
    return lab_fail(c->scan->error, read.text, read.length, "'%s': %s", word_show(read.text, read.length).text, what);
}

/* ---- primaries ---- */

/* Takes that character off, blanks before it too. */
static bool take_sign(struct scan *s, char sign)
{
    if (scan_is_done(s) || *s->next != sign)
        return false;
    s->next++;
    return true;
}

static bool read_number(struct calculation *c, uint64_t *value)
{
    struct word word = scan_name(c->scan, false);
    switch (lab_parse_number(word.text, word.length, true, value)) {
    case LAB_NUMBER_OK:
        return true;
    case LAB_NUMBER_OVERFLOW:
        return no_number(c, "does not fit 64 bits", word);
    default:
        return no_number(c, "is no number", word);
    }
}

static bool draw(struct calculation *c, uint64_t low, uint64_t high, uint64_t *value)
{
    if (high < low)
        return no_result(c, "HIGH is below LOW");
    if (high - low >= UINT32_MAX)
        return no_result(c, "HIGH and LOW are more than 32 bits apart");
    *value = low + lab_random_below(c->terms->random, (uint32_t)(high - low + 1));
    return true;
}

/* What stands behind `random`. */
static bool read_random(struct calculation *c, uint64_t *value)
{
    uint64_t low, high;
    if (!take_sign(c->scan, '('))
        return no_result(c, "random takes two numbers: random(LOW, HIGH)");
    if (!read_sum(c, &low))
        return false;
    if (!take_sign(c->scan, ','))
        return no_result(c, "random takes two numbers: random(LOW, HIGH)");
    if (!read_sum(c, &high))
        return false;
    return take_sign(c->scan, ')') ? draw(c, low, high, value) : no_result(c, "a ) is missing");
}

static bool read_constant(struct calculation *c, enum constant constant, uint64_t *value)
{
    switch (constant) {
    case HEADER:
        *value = sizeof(size_t);
        break;
    case ALIGN:
        *value = HEAP_ALIGN;
        break;
    case MIN:
        *value = SCRIPT_BLOCK_MIN;
        break;
    case PAGE_SIZE:
        *value = PAGE;
        break;
    case UNIT:
        *value = c->terms->unit;
        return *value > 0 || no_result(c, "no unit is named; use unit=32 names one of 32 bytes");
    case RANDOM:
        return read_random(c, value);
    }
    return true;
}

/* Every name there is, for the message. */
static bool unknown_name(struct calculation *c, struct word name)
{
    char texts[LAB_LOOPS_MAX][LAB_BLOCK_NAME_MAX + 1];
    const char *names[LAB_LOOPS_MAX + sizeof expression_constants / sizeof *expression_constants];
    size_t count = 0;
    for (unsigned i = 0; i < c->terms->variable_count; i++) {
        const struct word *variable = &c->terms->variables[i].name;
        if (variable->length == 0)
            continue;
        word_copy(texts[count], sizeof texts[count], variable->text, variable->length);
        names[count] = texts[count];
        count++;
    }
    for (size_t i = 0; i <= RANDOM; i++)
        names[count++] = expression_constants[i];
    names[count] = NULL;
    return word_unknown_name(c->scan->error, "number", name, names);
}

static bool read_name(struct calculation *c, uint64_t *value)
{
    size_t constant;
    struct scan before = *c->scan;
    struct word name = scan_name(c->scan, false);
    for (unsigned i = 0; i < c->terms->variable_count; i++) {
        const struct variable *v = &c->terms->variables[i];
        if (name.length == v->name.length && lab_is_prefix(v->name.text, name.text, name.length)) {
            *value = v->value;
            return true;
        }
    }
    if (word_find(name, expression_constants, &constant))
        return read_constant(c, (enum constant)constant, value);
    if (!script_is_reserved(name))
        return unknown_name(c, name);
    *c->scan = before;
    return scan_missing(c->scan, "a number");
}

static bool read_primary(struct calculation *c, uint64_t *value)
{
    if (scan_is_done(c->scan))
        return scan_missing(c->scan, "a number");
    if (scan_is_digit(*c->scan->next))
        return read_number(c, value);
    if (scan_is_letter(*c->scan->next))
        return read_name(c, value);
    if (!take_sign(c->scan, '('))
        return no_number(c, "is no number", scan_peek(c->scan));
    return read_sum(c, value) && (take_sign(c->scan, ')') || no_result(c, "a ) is missing"));
}

/* ---- operators ---- */

static bool multiply(struct calculation *c, uint64_t a, uint64_t b, uint64_t *value)
{
    if (b != 0 && a > UINT64_MAX / b)
        return no_result(c, "more than 64 bits");
    *value = a * b;
    return true;
}

static bool divide(struct calculation *c, uint64_t a, uint64_t b, bool wants_rest, uint64_t *value)
{
    if (b == 0)
        return no_result(c, "division by 0");
    *value = wants_rest ? a % b : a / b;
    return true;
}

static bool read_product(struct calculation *c, uint64_t *value)
{
    if (!read_primary(c, value))
        return false;
    for (;;) {
        uint64_t right;
        char sign = scan_is_done(c->scan) ? '\0' : *c->scan->next;
        if (sign != '*' && sign != '/' && sign != '%')
            return true;
        c->scan->next++;
        if (!read_primary(c, &right))
            return false;
        if (!(sign == '*' ? multiply(c, *value, right, value) : divide(c, *value, right, sign == '%', value)))
            return false;
    }
}

static bool add_up(struct calculation *c, uint64_t *value)
{
    if (!read_product(c, value))
        return false;
    for (;;) {
        uint64_t right;
        char sign = scan_is_done(c->scan) ? '\0' : *c->scan->next;
        if (sign != '+' && sign != '-')
            return true;
        c->scan->next++;
        if (!read_product(c, &right))
            return false;
        if (sign == '-' && right > *value)
            return no_result(c, "less than 0");
        if (sign == '+' && right > UINT64_MAX - *value)
            return no_result(c, "more than 64 bits");
        *value = sign == '+' ? *value + right : *value - right;
    }
}

static bool read_sum(struct calculation *c, uint64_t *value)
{
    if (c->nesting == NESTING_MAX)
        return no_result(c, "too many parentheses inside each other");
    c->nesting++;
    bool is_good = add_up(c, value);
    c->nesting--;
    return is_good;
}

bool expression_read(struct scan *scan, struct terms *terms, uint64_t *value)
{
    scan_is_done(scan);
    struct calculation c = {.scan = scan, .terms = terms, .start = scan->next};
    return read_sum(&c, value);
}
