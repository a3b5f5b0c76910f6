/* Reading specifications: an allocator with options, a list of allocators, a run. */
#include <lab/spec.h>

#include <lab/number.h>

#include "cstring.h"
#include "words.h"

enum { NAMES_MAX = 64 };

static bool is_word(const char *name, struct word word)
{
    return lab_matches(name, word.text, word.length);
}

/* ---- allocators ---- */

static const struct heap_ops *find_policy(struct word name)
{
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        if (is_word((*ops)->name, name))
            return *ops;
    }
    return NULL;
}

static bool unknown_policy(struct lab_error *error, struct word name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; heap_policies[count] && count < NAMES_MAX - 1; count++)
        names[count] = heap_policies[count]->name;
    names[count] = NULL;
    return word_unknown_name(error, "allocator", name, names);
}

const struct heap_option lab_grow_option = {.key = "grow",
                                            .help = "bytes the heap grows by at least",
                                            .min = HEAP_GRAIN,
                                            .max = (size_t)1 << 30,
                                            .fallback = HEAP_GRAIN,
                                            .multiple = HEAP_GRAIN};

/* `word` is KEY=VALUE, the value from `at` on. */
static bool parse_option_value(const struct heap_option *o, struct word word, size_t at, size_t *value,
                               struct lab_error *error)
{
    uint64_t number;
    if (o->words) {
        struct word given = {word.text + at, word.length - at};
        return word_find(given, o->words, value) || word_unknown_value(error, o->key, word, o->words);
    }
    if (lab_parse_number(word.text + at, word.length - at, true, &number) == LAB_NUMBER_OK && number >= o->min &&
        number <= o->max && (size_t)number % o->multiple == 0) {
        *value = (size_t)number;
        return true;
    }
    struct word_shown shown = word_show(word.text, word.length);
    if (o->multiple > 1)
        return lab_fail(error, word.text, word.length, "'%s': %s is a multiple of %zu from %zu to %zu", shown.text,
                        o->key, o->multiple, o->min, o->max);
    return lab_fail(error, word.text, word.length, "'%s': %s is a number from %zu to %zu", shown.text, o->key, o->min,
                    o->max);
}

static bool unknown_option(const struct lab_alloc_spec *spec, struct word word, struct lab_error *error)
{
    const char *keys[HEAP_OPTIONS_MAX + 2] = {lab_grow_option.key};
    const struct heap_option *o = spec->policy->options;
    for (size_t i = 0; i < HEAP_OPTIONS_MAX && o && o[i].key; i++)
        keys[i + 1] = o[i].key;
    return word_unknown_key(error, spec->policy->name, word, keys);
}

static bool parse_option(struct lab_alloc_spec *spec, struct word word, uint32_t *given, struct lab_error *error)
{
    const struct heap_option *o = spec->policy->options;
    struct word key = {word.text, word_before(word, '=')};
    size_t i = 0;
    bool is_grow = is_word(lab_grow_option.key, key);
    while (!is_grow && o && o[i].key && !is_word(o[i].key, key))
        i++;
    if (key.length == word.length || (!is_grow && (!o || !o[i].key)))
        return unknown_option(spec, word, error);
    uint32_t bit = is_grow ? 1 : 2u << i;
    if (*given & bit)
        return lab_fail(error, word.text, word.length, "'%s': %s= is given twice",
                        word_show(word.text, word.length).text, is_grow ? lab_grow_option.key : o[i].key);
    *given |= bit;
    return parse_option_value(is_grow ? &lab_grow_option : &o[i], word, key.length + 1,
                              is_grow ? &spec->grain : &spec->options[i], error);
}

bool lab_parse_alloc(const char *text, size_t length, struct lab_alloc_spec *spec, struct lab_error *error)
{
    uint32_t given = 0;
    struct word_list list = {.text = text, .length = length, .separator = ':'};
    struct word word;
    *spec = (struct lab_alloc_spec){.text = text, .text_length = length};
    word_next(&list, &word);
    spec->policy = find_policy(word);
    if (!spec->policy)
        return unknown_policy(error, word);
    heap_default_options(spec->policy, spec->options);
    while (word_next(&list, &word)) {
        if (!parse_option(spec, word, &given, error))
            return false;
    }
    return true;
}

static bool too_many_allocators(struct lab_error *error, const char *text, size_t length)
{
    return lab_fail(error, text, length, "'%s': at most %d allocators in one comparison", word_show(text, length).text,
                    LAB_COMPARE_MAX);
}

static bool compare_all(struct lab_alloc_spec *specs, size_t *count, struct lab_error *error)
{
    for (*count = 0; heap_policies[*count]; (*count)++) {
        const char *name = heap_policies[*count]->name;
        if (*count == LAB_COMPARE_MAX)
            return too_many_allocators(error, "all", 3);
        if (!lab_parse_alloc(name, lab_length(name), &specs[*count], error))
            return false;
    }
    return true;
}

static bool is_named(const struct lab_alloc_spec *specs, size_t count, struct word word)
{
    for (size_t i = 0; i < count; i++) {
        if (specs[i].text_length == word.length && lab_is_prefix(specs[i].text, word.text, word.length))
            return true;
    }
    return false;
}

bool lab_parse_compare(const char *text, size_t length, struct lab_alloc_spec *specs, size_t *count,
                       struct lab_error *error)
{
    struct word_list list = {.text = text, .length = length, .separator = ','};
    struct word part;
    if (lab_matches("all", text, length))
        return compare_all(specs, count, error);
    for (*count = 0; word_next(&list, &part); (*count)++) {
        if (*count == LAB_COMPARE_MAX)
            return too_many_allocators(error, part.text, part.length);
        if (!lab_parse_alloc(part.text, part.length, &specs[*count], error))
            return false;
        if (is_named(specs, *count, part))
            return lab_fail(error, part.text, part.length, "'%s' is named twice",
                            word_show(part.text, part.length).text);
    }
    return true;
}

/* ---- runs ---- */

/* 'none:x': nothing may follow none */
static bool bad_run(const struct lab_run_spec *spec, const char *what, struct lab_error *error)
{
    return lab_fail(error, spec->text, spec->text_length, "'%s': %s", word_show(spec->text, spec->text_length).text,
                    what);
}

static bool parse_traces(struct lab_run_spec *spec, const struct word_list *rest, struct lab_error *error)
{
    struct word_list names = {.text = rest->text, .length = rest->length, .separator = ','};
    struct word name;
    spec->kind = LAB_RUN_TRACES;
    while (word_next(&names, &name)) {
        if (name.length == 0)
            return bad_run(spec, "a trace's name is missing", error);
        if (spec->trace_count == LAB_TRACES_MAX)
            return lab_fail(error, name.text, name.length, "'%s': at most %d traces in one run",
                            word_show(name.text, name.length).text, LAB_TRACES_MAX);
        spec->traces[spec->trace_count++] = (struct lab_name){name.text, name.length};
    }
    return true;
}

static bool parse_scenario(struct lab_run_spec *spec, const struct word_list *rest, struct lab_error *error)
{
    spec->kind = LAB_RUN_SCENARIO;
    spec->scenario = (struct lab_name){rest->text, rest->length};
    return rest->length > 0 || bad_run(spec, "a scenario's name is missing", error);
}

static bool parse_workload(struct lab_run_spec *spec, struct word name, const struct word_list *rest,
                           struct lab_error *error)
{
    spec->kind = LAB_RUN_WORKLOAD;
    if (!rest->is_done && rest->length == 0)
        return bad_run(spec, "key=value is missing behind the colon", error);
    spec->workload = lab_workload_find(name.text, name.length);
    return lab_workload_values(spec->workload, rest->text, rest->length, 0, &spec->values, error);
}

const char *const lab_selftest_words[] = {
    [LAB_SELFTEST_MACHINE - 1] = "machine", [LAB_SELFTEST_HEAPS - 1] = "heaps", NULL};

static bool parse_selftest(struct lab_run_spec *spec, const struct word_list *rest, struct lab_error *error)
{
    size_t index;
    spec->kind = LAB_RUN_SELFTEST;
    if (rest->is_done)
        return true;
    if (!word_find((struct word){rest->text, rest->length}, lab_selftest_words, &index))
        return bad_run(spec, "the self-tests have two parts, selftest:machine and selftest:heaps", error);
    spec->selftest = (enum lab_selftest)(index + 1);
    return true;
}

/* A word that stands alone. */
static bool parse_plain(struct lab_run_spec *spec, enum lab_run_kind kind, const struct word_list *rest,
                        struct lab_error *error)
{
    spec->kind = kind;
    return rest->is_done || bad_run(spec, "nothing may follow the first word", error);
}

const char *const lab_run_words[] = {"trace", "scenario", "selftest", "tour", "none", NULL};

static bool unknown_run(struct word name, struct lab_error *error)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; lab_run_words[count]; count++)
        names[count] = lab_run_words[count];
    for (const struct lab_workload *w = lab_workloads; w->name && count < NAMES_MAX - 1; w++)
        names[count++] = w->name;
    names[count] = NULL;
    return word_unknown_name(error, "run", name, names);
}

bool lab_parse_run(const char *text, size_t length, struct lab_run_spec *spec, struct lab_error *error)
{
    struct word_list list = {.text = text, .length = length, .separator = ':'};
    struct word name;
    *spec = (struct lab_run_spec){.text = text, .text_length = length};
    word_next(&list, &name);
    if (is_word("none", name))
        return parse_plain(spec, LAB_RUN_NONE, &list, error);
    if (is_word("selftest", name))
        return parse_selftest(spec, &list, error);
    if (is_word("tour", name))
        return parse_plain(spec, LAB_RUN_TOUR, &list, error);
    if (is_word("trace", name))
        return parse_traces(spec, &list, error);
    if (is_word("scenario", name))
        return parse_scenario(spec, &list, error);
    if (lab_workload_find(name.text, name.length))
        return parse_workload(spec, name, &list, error);
    return unknown_run(name, error);
}
