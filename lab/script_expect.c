/* expect QUANTITY [BLOCK] RELATION VALUE [under ALLOCATORS] [on 32|on 64] */
#include "script_reader.h"

#include "cstring.h"

/* Reads the sign of a relation; the longer ones come first. */
static bool read_relation(struct reader *r, enum lab_relation *relation)
{
    static const struct {
        const char *sign;
        enum lab_relation relation;
    } table[] = {{"!=", LAB_NOT_EQUAL}, {"<=", LAB_LESS_EQUAL}, {">=", LAB_GREATER_EQUAL},
                 {"=", LAB_EQUAL},      {"<", LAB_LESS},        {">", LAB_GREATER}};
    scan_is_done(&r->scan);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t length = lab_length(table[i].sign);
        if ((size_t)(r->scan.end - r->scan.next) >= length && lab_is_prefix(table[i].sign, r->scan.next, length)) {
            r->scan.next += length;
            *relation = table[i].relation;
            return true;
        }
    }
    return scan_missing(&r->scan, "one of = != < <= > >=");
}

static bool read_quantity(struct reader *r, struct lab_expect *expect)
{
    size_t quantity;
    struct word name = scan_name(&r->scan, true);
    if (name.length == 0)
        return scan_missing(&r->scan, "a quantity");
    if (!word_find(name, lab_quantity_names, &quantity))
        return word_unknown_name(r->scan.error, "quantity", name, lab_quantity_names);
    expect->quantity = (enum lab_quantity)quantity;
    bool has_block = quantity == LAB_Q_AT || quantity == LAB_Q_SIZE;
    return !has_block || block_read(r, &expect->block);
}

/* ---- the value ---- */

static bool unknown_fault(struct reader *r)
{
    const char *names[HEAP_FAULT_CLASSES + 1] = {"none"};
    for (unsigned class = 1; class < HEAP_FAULT_CLASSES; class ++)
        names[class] = heap_fault_text((enum heap_fault_class) class);
    names[HEAP_FAULT_CLASSES] = NULL;
    struct word rest = {r->scan.next, (size_t)(r->scan.end - r->scan.next)};
    if (rest.length == 0)
        return scan_missing(&r->scan, "a fault");
    return word_unknown_name(r->scan.error, "fault", rest, names);
}

/* A fault's name is several words: the longest that stands there. */
static bool read_fault(struct reader *r, struct lab_expect *expect)
{
    size_t best = 0;
    scan_is_done(&r->scan);
    size_t left = (size_t)(r->scan.end - r->scan.next);
    for (unsigned class = 0; class < HEAP_FAULT_CLASSES; class ++) {
        const char *name = class == HEAP_FAULT_NONE ? "none" : heap_fault_text((enum heap_fault_class) class);
        size_t length = lab_length(name);
        bool is_there = length <= left && lab_is_prefix(name, r->scan.next, length) &&
                        (length == left || scan_is_blank(r->scan.next[length]));
        if (is_there && length > best) {
            best = length;
            expect->value = class;
        }
    }
    if (expect->relation > LAB_NOT_EQUAL)
        return script_refuse(r, (struct word){r->scan.next, left}, "a fault is compared by = or !=");
    r->scan.next += best;
    return best > 0 || unknown_fault(r);
}

static bool read_value(struct reader *r, struct lab_expect *expect)
{
    bool is_units;
    struct word text;
    if (expect->quantity == LAB_Q_FAULT)
        return read_fault(r, expect);
    if (scan_take(&r->scan, lab_quantity_names[LAB_Q_BOUND])) {
        expect->is_bound = true;
        return true;
    }
    if (!script_read_amount(r, &expect->value, &is_units, &text))
        return false;
    if (is_units && expect->value > UINT64_MAX / r->terms.unit)
        return script_refuse(r, text, "more than 64 bits");
    expect->value *= is_units ? r->terms.unit : 1;
    return true;
}

/* ---- whom it concerns ---- */

static bool read_under(struct reader *r, struct lab_expect *expect)
{
    struct word part, names = scan_word(&r->scan);
    struct word_list list = {.text = names.text, .length = names.length, .separator = ','};
    if (names.length == 0)
        return scan_missing(&r->scan, "an allocator");
    expect->under = names.text;
    expect->under_length = names.length;
    if (lab_matches("all", names.text, names.length))
        return true;
    while (word_next(&list, &part)) {
        struct lab_alloc_spec spec;
        if (word_before(part, ':') < part.length)
            return script_refuse(r, part, "under names allocators, without options");
        if (!lab_parse_alloc(part.text, part.length, &spec, r->scan.error))
            return false;
    }
    return true;
}

static bool read_width(struct reader *r, bool *is_here)
{
    struct word width = scan_word(&r->scan);
    bool is_32 = lab_matches("32", width.text, width.length), is_64 = lab_matches("64", width.text, width.length);
    if (width.length == 0)
        return scan_missing(&r->scan, "32 or 64");
    if (!is_32 && !is_64)
        return script_refuse(r, width, "on is followed by 32 or 64");
    *is_here = is_64 == (sizeof(size_t) == 8);
    return true;
}

bool script_read_expect(struct reader *r, struct lab_step *step)
{
    struct lab_expect *expect = &step->expect;
    bool is_here = true;
    *expect = (struct lab_expect){.line = step->line};
    if (!read_quantity(r, expect) || !read_relation(r, &expect->relation) || !read_value(r, expect))
        return false;
    if (scan_take(&r->scan, "under") && !read_under(r, expect))
        return false;
    if (scan_take(&r->scan, "on") && !read_width(r, &is_here))
        return false;
    if (!scan_end(&r->scan))
        return false;
    if (!is_here)
        step->kind = LAB_STEP_KINDS;
    return true;
}
