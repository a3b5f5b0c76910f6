/* Failures on purpose: the option, and what came of it. */
#include "injection.h"

#include <lab/json.h>
#include <lab/number.h>
#include <lib/string.h>

#include "context.h"

static const char *const where_text[] = {
    [INJECTION_NONE] = "", [INJECTION_PMM] = "pmm", [INJECTION_VMM] = "vmm", [INJECTION_HEAP] = "heap"};

/* Whether the text begins with this word; then it is skipped. */
static bool skip(const char **text, size_t *length, const char *word)
{
    size_t word_length = strlen(word);
    if (*length < word_length || memcmp(*text, word, word_length) != 0)
        return false;
    *text += word_length;
    *length -= word_length;
    return true;
}

bool injection_parse(const char *text, size_t length, struct injection_plan *plan)
{
    struct injection_plan wanted = {.where = INJECTION_PMM};
    uint64_t number;
    while (wanted.where <= INJECTION_HEAP && !skip(&text, &length, where_text[wanted.where]))
        wanted.where++;
    if (wanted.where > INJECTION_HEAP)
        return false;
    bool is_nth = skip(&text, &length, ":nth="), is_every = !is_nth && skip(&text, &length, ":every=");
    if ((!is_nth && !is_every) || lab_parse_number(text, length, true, &number) != LAB_NUMBER_OK || number == 0)
        return false;
    *(is_nth ? &wanted.how.nth : &wanted.how.every) = number;
    *plan = wanted;
    return true;
}

static const struct inject *counter_of(const struct injection *injection)
{
    switch (injection->where) {
    case INJECTION_PMM:
        return &injection->pmm;
    case INJECTION_VMM:
        return &injection->vmm;
    case INJECTION_HEAP:
        return &injection->heap;
    default:
        return NULL;
    }
}

const char *injection_hint(const struct injection *injection)
{
    const struct inject *counted = counter_of(injection);
    return counted && counted->failed ? " (a call failed on purpose: fail=)" : "";
}

void injection_arm(struct injection *injection, const struct injection_plan *plan)
{
    *injection = (struct injection){.where = plan->where};
    switch (plan->where) {
    case INJECTION_PMM:
        injection->pmm = plan->how;
        break;
    case INJECTION_VMM:
        injection->vmm = plan->how;
        break;
    case INJECTION_HEAP:
        injection->heap = plan->how;
        break;
    case INJECTION_NONE:
        break;
    }
}

void injection_report(struct sh_context *c)
{
    struct lab_json j;
    const struct inject *counted = counter_of(&c->injection);
    if (!counted)
        return;
    lab_print(&c->text, "Failures on purpose: %ju of %ju calls of %s failed.\n", (uintmax_t)counted->failed,
              (uintmax_t)counted->calls, where_text[c->injection.where]);
    lab_json_begin(&j, &c->records, "injection");
    lab_json_text(&j, "where", where_text[c->injection.where]);
    lab_json_number(&j, "calls", counted->calls);
    lab_json_number(&j, "failed", counted->failed);
    lab_json_end(&j);
}
