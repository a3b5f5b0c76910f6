/* Reading specifications: an allocator with options, a list of allocators, a run. */
#include <lab/spec.h>

#include <lab/number.h>

#include "cstring.h"

enum { NAMES_MAX = 64 };

/* Splits text at the first `separator`: the part before it, and what follows it (length 0 if there is none). */
static size_t part_before(const char *text, size_t length, char separator)
{
    size_t i = 0;
    while (i < length && text[i] != separator)
        i++;
    return i;
}

/* Takes the next part of a list off *text. */
static struct lab_name next_part(const char **text, size_t *length, char separator)
{
    size_t part = part_before(*text, *length, separator), used = part < *length ? part + 1 : part;
    struct lab_name name = {*text, part};
    *text += used;
    *length -= used;
    return name;
}

/* "no allocator 'frist-fit': did you mean first-fit? There are a, b, c" */
static bool unknown_name(struct lab_error *error, const char *what, const char *name, size_t length,
                         const char *const *names)
{
    char list[160];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, list, sizeof list);
    for (size_t i = 0; names[i]; i++)
        lab_print(&sink, "%s%s", i ? ", " : "", names[i]);
    const char *nearest = lab_nearest(name, length, names);
    int shown = length < 40 ? (int)length : 40;
    if (nearest)
        return lab_fail(error, name, length, "no %s '%.*s': did you mean %s? There are %s", what, shown, name, nearest,
                        list);
    return lab_fail(error, name, length, "no %s '%.*s'; there are %s", what, shown, name, list);
}

/* ---- allocators ---- */

static const struct heap_ops *find_policy(const char *name, size_t length)
{
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        if (lab_matches((*ops)->name, name, length))
            return *ops;
    }
    return NULL;
}

static bool unknown_policy(struct lab_error *error, const char *name, size_t length)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (; heap_policies[count] && count < NAMES_MAX - 1; count++)
        names[count] = heap_policies[count]->name;
    names[count] = NULL;
    return unknown_name(error, "allocator", name, length, names);
}

/* The option every allocator has, in the form of the policies' own. */
static const struct heap_option grow_option = {
    .key = "grow", .help = "bytes the heap grows by at least", .min = 4096, .max = (size_t)1 << 30, .multiple = 4096};

static bool parse_option_value(const struct heap_option *o, struct lab_name word, const char *text, size_t length,
                               size_t *value, struct lab_error *error)
{
    uint64_t number;
    if (lab_parse_number(text, length, true, &number) == LAB_NUMBER_OK && number >= o->min && number <= o->max &&
        (size_t)number % o->multiple == 0) {
        *value = (size_t)number;
        return true;
    }
    if (o->multiple > 1)
        return lab_fail(error, word.text, word.length, "'%.*s': %s is a multiple of %zu from %zu to %zu",
                        (int)word.length, word.text, o->key, o->multiple, o->min, o->max);
    return lab_fail(error, word.text, word.length, "'%.*s': %s is a number from %zu to %zu", (int)word.length, word.text,
                    o->key, o->min, o->max);
}

static bool unknown_option(const struct lab_alloc_spec *spec, struct lab_name word, struct lab_error *error)
{
    char keys[120];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, keys, sizeof keys);
    lab_print(&sink, "%s=", grow_option.key);
    for (const struct heap_option *o = spec->policy->options; o && o->key; o++)
        lab_print(&sink, ", %s=", o->key);
    return lab_fail(error, word.text, word.length, "'%.*s': %s takes %s", (int)word.length, word.text,
                    spec->policy->name, keys);
}

static bool parse_option(struct lab_alloc_spec *spec, struct lab_name word, uint32_t *given, struct lab_error *error)
{
    const struct heap_option *o = spec->policy->options;
    size_t key = part_before(word.text, word.length, '='), i = 0;
    bool is_grow = lab_matches(grow_option.key, word.text, key);
    while (!is_grow && o && o[i].key && !lab_matches(o[i].key, word.text, key))
        i++;
    if (key == word.length || (!is_grow && (!o || !o[i].key)))
        return unknown_option(spec, word, error);
    uint32_t bit = is_grow ? 1 : 2u << i;
    if (*given & bit)
        return lab_fail(error, word.text, word.length, "'%.*s' is given twice", (int)key, word.text);
    *given |= bit;
    return parse_option_value(is_grow ? &grow_option : &o[i], word, word.text + key + 1, word.length - key - 1,
                              is_grow ? &spec->grain : &spec->options[i], error);
}

bool lab_parse_alloc(const char *text, size_t length, struct lab_alloc_spec *spec, struct lab_error *error)
{
    uint32_t given = 0;
    *spec = (struct lab_alloc_spec){.text = text, .text_length = length};
    struct lab_name name = next_part(&text, &length, ':');
    spec->policy = find_policy(name.text, name.length);
    if (!spec->policy)
        return unknown_policy(error, name.text, name.length);
    for (size_t i = 0; spec->policy->options && spec->policy->options[i].key; i++)
        spec->options[i] = spec->policy->options[i].fallback;
    while (length > 0) {
        if (!parse_option(spec, next_part(&text, &length, ':'), &given, error))
            return false;
    }
    return true;
}

static bool compare_all(struct lab_alloc_spec *specs, size_t *count)
{
    for (*count = 0; heap_policies[*count] && *count < LAB_COMPARE_MAX; (*count)++) {
        const char *name = heap_policies[*count]->name;
        if (!lab_parse_alloc(name, lab_length(name), &specs[*count], NULL))
            return false;
    }
    return true;
}

bool lab_parse_compare(const char *text, size_t length, struct lab_alloc_spec *specs, size_t *count,
                       struct lab_error *error)
{
    if (lab_matches("all", text, length))
        return compare_all(specs, count);
    *count = 0;
    do {
        struct lab_name part = next_part(&text, &length, ',');
        if (*count == LAB_COMPARE_MAX)
            return lab_fail(error, part.text, part.length, "at most %d allocators in one comparison", LAB_COMPARE_MAX);
        if (!lab_parse_alloc(part.text, part.length, &specs[*count], error))
            return false;
        for (size_t i = 0; i < *count; i++) {
            if (specs[i].text_length == part.length && lab_is_prefix(specs[i].text, part.text, part.length))
                return lab_fail(error, part.text, part.length, "'%.*s' is named twice", (int)part.length, part.text);
        }
        (*count)++;
    } while (length > 0);
    return true;
}

/* ---- runs ---- */

static bool parse_traces(struct lab_run_spec *spec, const char *text, size_t length, struct lab_error *error)
{
    spec->kind = LAB_RUN_TRACES;
    do {
        struct lab_name name = next_part(&text, &length, ',');
        if (name.length == 0)
            return lab_fail(error, spec->text, spec->text_length, "'%.*s': a trace's name is missing",
                            (int)spec->text_length, spec->text);
        if (spec->trace_count == LAB_TRACES_MAX)
            return lab_fail(error, name.text, name.length, "at most %d traces in one run", LAB_TRACES_MAX);
        spec->traces[spec->trace_count++] = name;
    } while (length > 0);
    return true;
}

static bool parse_scenario(struct lab_run_spec *spec, const char *text, size_t length, struct lab_error *error)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    spec->kind = LAB_RUN_SCENARIO;
    spec->scenario = lab_scenario_find(text, length);
    if (spec->scenario)
        return true;
    for (; lab_scenarios[count].name && count < NAMES_MAX - 1; count++)
        names[count] = lab_scenarios[count].name;
    names[count] = NULL;
    return unknown_name(error, "scenario", text, length, names);
}

static bool parse_workload(struct lab_run_spec *spec, struct lab_name name, const char *text, size_t length,
                           struct lab_error *error)
{
    const char *names[NAMES_MAX] = {"none", "trace:NAME", "scenario:NAME", "selftest", "tour"};
    size_t count = 5;
    spec->kind = LAB_RUN_WORKLOAD;
    spec->workload = lab_workload_find(name.text, name.length);
    if (spec->workload)
        return lab_workload_values(spec->workload, text, length, 0, &spec->values, error);
    for (const struct lab_workload *w = lab_workloads; w->name && count < NAMES_MAX - 1; w++)
        names[count++] = w->name;
    return unknown_name(error, "run", name.text, name.length, names);
}

/* A word that stands alone. */
static bool parse_plain(struct lab_run_spec *spec, enum lab_run_kind kind, size_t rest, struct lab_error *error)
{
    spec->kind = kind;
    return rest == 0 || lab_fail(error, spec->text, spec->text_length, "'%.*s': nothing may follow the first word",
                                 (int)spec->text_length, spec->text);
}

bool lab_parse_run(const char *text, size_t length, struct lab_run_spec *spec, struct lab_error *error)
{
    *spec = (struct lab_run_spec){.text = text, .text_length = length};
    struct lab_name name = next_part(&text, &length, ':');
    if (lab_matches("none", name.text, name.length))
        return parse_plain(spec, LAB_RUN_NONE, length, error);
    if (lab_matches("selftest", name.text, name.length))
        return parse_plain(spec, LAB_RUN_SELFTEST, length, error);
    if (lab_matches("tour", name.text, name.length))
        return parse_plain(spec, LAB_RUN_TOUR, length, error);
    if (lab_matches("trace", name.text, name.length))
        return parse_traces(spec, text, length, error);
    if (lab_matches("scenario", name.text, name.length))
        return parse_scenario(spec, text, length, error);
    return parse_workload(spec, name, text, length, error);
}
