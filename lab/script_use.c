/* use: an allocator, and what is the heap's. */
#include "script_reader.h"

#include "cstring.h"

enum { UNIT_MULTIPLE = 16, UNIT_MAX = 1 << 20 };

enum key { KEY_HEAP, KEY_HARDEN, KEY_VM, KEY_UNIT, KEY_SEED };
static const char *const keys[] = {"heap", "harden", "vm", "unit", "seed", NULL};

/* One word KEY=VALUE. */
struct pair {
    struct word word, value;
};

/* The value as an expression, all of it, in a range. */
static bool read_number(struct reader *r, const struct pair *pair, uint64_t min, uint64_t max, uint64_t *number)
{
    struct scan inside = r->scan;
    inside.next = pair->value.text;
    inside.end = pair->value.text + pair->value.length;
    if (!expression_read(&inside, &r->terms, number) || !scan_end(&inside))
        return false;
    if (*number >= min && *number <= max)
        return true;
    return lab_fail(r->scan.error, pair->word.text, pair->word.length, "'%s': %ju is no number from %ju to %ju",
                    word_show(pair->word.text, pair->word.length).text, (uintmax_t)*number, (uintmax_t)min,
                    (uintmax_t)max);
}

static bool read_vm(struct reader *r, const struct pair *pair, struct lab_use *use)
{
    static const char *const words[] = {"demand", "immediate", "zero", NULL};
    size_t unused;
    use->vm = pair->value.text;
    use->vm_length = pair->value.length;
    return word_find(pair->value, words, &unused) || word_unknown_value(r->scan.error, keys[KEY_VM], pair->word, words);
}

static bool read_unit(struct reader *r, const struct pair *pair, struct lab_use *use)
{
    uint64_t unit;
    if (!read_number(r, pair, UNIT_MULTIPLE, UNIT_MAX, &unit))
        return false;
    r->terms.unit = use->unit = (size_t)unit;
    return unit % UNIT_MULTIPLE == 0 || script_refuse(r, pair->word, "a unit is a multiple of 16 bytes");
}

static bool read_value(struct reader *r, enum key key, const struct pair *pair, struct lab_use *use)
{
    uint64_t number;
    switch (key) {
    case KEY_VM:
        return read_vm(r, pair, use);
    case KEY_UNIT:
        return read_unit(r, pair, use);
    case KEY_HEAP:
        if (!read_number(r, pair, HEAP_GRAIN, PTRDIFF_MAX, &number))
            return false;
        use->heap_limit = (size_t)number;
        return true;
    case KEY_HARDEN:
        if (!read_number(r, pair, 0, HEAP_HARDEN_MAX, &number))
            return false;
        use->harden = (int)number;
        return true;
    default:
        if (!read_number(r, pair, 0, UINT64_MAX, &number))
            return false;
        lab_script_seed(r->script, number);
        use->has_seed = true;
        use->seed = number;
        return true;
    }
}

static bool read_pair(struct reader *r, struct word word, unsigned *given, struct lab_step *step)
{
    size_t key, at = word_before(word, '=');
    struct pair pair = {.word = word, .value = {word.text + at + 1, word.length - at - 1}};
    if (at == word.length || !word_find((struct word){word.text, at}, keys, &key))
        return word_unknown_key(r->scan.error, "use", word, keys);
    if (*given & 1u << key)
        return script_refuse(r, word, "it is given twice");
    *given |= 1u << key;
    return read_value(r, (enum key)key, &pair, &step->use);
}

/* An allocator's options are behind colons, which no KEY has. */
static bool is_allocator(struct word word)
{
    size_t colon = word_before(word, ':');
    return word_before(word, '=') >= colon;
}

static bool read_words(struct reader *r, struct lab_step *step)
{
    unsigned given = 0;
    struct word word = scan_peek(&r->scan);
    if (word.length == 0)
        return scan_missing(&r->scan, "what to use");
    if (is_allocator(word)) {
        scan_word(&r->scan);
        if (!lab_parse_alloc(word.text, word.length, &step->use.alloc, r->scan.error))
            return false;
    }
    while (!scan_is_done(&r->scan)) {
        if (!read_pair(r, scan_word(&r->scan), &given, step))
            return false;
    }
    return true;
}

bool script_read_use(struct reader *r, struct lab_step *step)
{
    step->use = (struct lab_use){.harden = -1};
    if (!read_words(r, step))
        return false;
    r->script->unit = r->terms.unit;
    for (uint32_t i = 0; !r->is_counting && i < r->script->block_count; i++)
        r->script->is_live[i] = false;
    return true;
}
