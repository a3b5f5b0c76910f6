/* Words for Tab that follow from what allocators and runs are: read from the tables that their parsers read. */
#include "complete_names.h"

#include <lab/spec.h>
#include <lib/string.h>

#include "scenarios.h"
#include "traces.h"

void complete_offer(struct complete_word *w, size_t start, const char *name, size_t length, char end)
{
    size_t typed = w->length - start;
    if (typed > length || memcmp(name, w->text + start, typed) != 0)
        return;
    w->start = start;
    w->to->take(w->to->context, name, length, end);
}

void complete_offer_all(struct complete_word *w, size_t start, const char *const *names, char end)
{
    for (; *names; names++) {
        size_t length = strlen(*names);
        char last = (*names)[length - 1];
        complete_offer(w, start, *names, length, last == '=' || last == ':' ? '\0' : end);
    }
}

/* ---- parts of a word ---- */

/* Where the last part begins: behind the last `separator` from `start` on; `start` if there is none. */
static size_t last_part(const struct complete_word *w, size_t start, char separator)
{
    size_t i = w->length;
    while (i > start && w->text[i - 1] != separator)
        i--;
    return i;
}

/* The first place from `start` on where `character` stands; the word's length if it does not. */
static size_t find(const struct complete_word *w, size_t start, char character)
{
    while (start < w->length && w->text[start] != character)
        start++;
    return start;
}

static bool is_name(const struct complete_word *w, size_t from, size_t to, const char *name)
{
    return strlen(name) == to - from && memcmp(name, w->text + from, to - from) == 0;
}

/* ---- allocators ---- */

/* KEY or KEY=VALUE from `start` on, of one option. */
static void complete_option(struct complete_word *w, size_t start, const struct heap_option *o)
{
    size_t equals = find(w, start, '=');
    if (equals == w->length)
        complete_offer(w, start, o->key, strlen(o->key), '=');
    else if (o->words && is_name(w, start, equals, o->key))
        complete_offer_all(w, equals + 1, o->words, '\0');
}

void complete_allocator(struct complete_word *w, size_t start)
{
    size_t colon = find(w, start, ':'), part = last_part(w, start, ':');
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        if (colon == w->length) {
            complete_offer(w, start, (*ops)->name, strlen((*ops)->name), '\0');
        } else if (is_name(w, start, colon, (*ops)->name)) {
            complete_option(w, part, &lab_grow_option);
            for (const struct heap_option *o = (*ops)->options; o && o->key; o++)
                complete_option(w, part, o);
        }
    }
}

void complete_allocators(struct complete_word *w, size_t start)
{
    complete_offer(w, start, "all", 3, ' ');
    complete_allocator(w, last_part(w, start, ','));
}

/* ---- runs ---- */

void complete_traces(struct complete_word *w, size_t start, const struct mb2_info *boot)
{
    size_t length;
    start = last_part(w, start, ',');
    for (size_t i = 0; traces_name(boot, i, &length); i++)
        complete_offer(w, start, traces_name(boot, i, &length), length, '\0');
}

void complete_scenarios(struct complete_word *w, size_t start, const struct mb2_info *boot)
{
    size_t length;
    for (size_t i = 0; scenarios_name(boot, i, &length); i++)
        complete_offer(w, start, scenarios_name(boot, i, &length), length, ' ');
}

static void complete_parameters(struct complete_word *w, const struct lab_workload *workload, size_t start)
{
    size_t part = last_part(w, start, ':'), equals = find(w, part, '=');
    for (const struct lab_parameter *p = workload->parameters; p->key; p++) {
        if (equals == w->length)
            complete_offer(w, part, p->key, strlen(p->key), '=');
        else if (p->words && is_name(w, part, equals, p->key))
            complete_offer_all(w, equals + 1, p->words, '\0');
    }
}

/* Whether it consists of requests to a heap; `none` is nothing to run. */
static bool is_requests(const char *word)
{
    return strcmp(word, "trace") == 0 || strcmp(word, "scenario") == 0;
}

/* What must follow the word: a name, nothing, or '\0': perhaps something. */
static char behind_run(const char *word)
{
    if (is_requests(word))
        return ':';
    return strcmp(word, "selftest") == 0 ? '\0' : ' ';
}

static void complete_first_words(struct complete_word *w, size_t start, bool is_of_requests)
{
    for (const struct lab_workload *workload = lab_workloads; workload->name; workload++)
        complete_offer(w, start, workload->name, strlen(workload->name), '\0');
    for (const char *const *word = lab_run_words; *word; word++) {
        if (is_of_requests ? is_requests(*word) : strcmp(*word, "none") != 0)
            complete_offer(w, start, *word, strlen(*word), behind_run(*word));
    }
}

void complete_run(struct complete_word *w, size_t start, const struct mb2_info *boot, bool is_of_requests)
{
    size_t colon = find(w, start, ':');
    const struct lab_workload *workload = lab_workload_find(w->text + start, colon - start);
    if (colon == w->length)
        complete_first_words(w, start, is_of_requests);
    else if (is_name(w, start, colon, "trace"))
        complete_traces(w, colon + 1, boot);
    else if (is_name(w, start, colon, "scenario"))
        complete_scenarios(w, colon + 1, boot);
    else if (!is_of_requests && is_name(w, start, colon, "selftest"))
        complete_offer_all(w, colon + 1, lab_selftest_words, ' ');
    else if (workload)
        complete_parameters(w, workload, colon + 1);
}
