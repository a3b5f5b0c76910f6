/* Completion for the shell's line: from the place in the line to the tables that know what may stand there. */
#include "complete.h"

#include <lab/misuse.h>
#include <lib/string.h>

#include "command.h"
#include "complete_names.h"
#include "crash.h"
#include "desk.h"

/* ---- one kind of word each ---- */

static void complete_commands(struct sh_context *c, struct complete_word *w)
{
    (void)c;
    for (const struct command_group *g = command_groups; g->name; g++) {
        complete_offer(w, 0, g->name, strlen(g->name), ' ');
        for (const struct command *command = g->commands; command->name; command++)
            complete_offer(w, 0, command->name, strlen(command->name), ' ');
    }
}

static void complete_one_allocator(struct sh_context *c, struct complete_word *w)
{
    (void)c;
    complete_allocator(w, 0);
}

static void complete_what_to_run(struct sh_context *c, struct complete_word *w)
{
    complete_run(w, 0, c->boot, false);
}

static void complete_requests(struct sh_context *c, struct complete_word *w)
{
    complete_run(w, 0, c->boot, true);
}

/* The value behind a key, from `start` on. */
static void complete_value(struct sh_context *c, struct complete_word *w, const struct options_hint *hint, size_t start)
{
    switch (hint->value) {
    case OPTIONS_ALLOC:
        complete_allocator(w, start);
        break;
    case OPTIONS_COMPARE:
        complete_allocators(w, start);
        break;
    case OPTIONS_RUN:
        complete_run(w, start, c->boot, false);
        break;
    case OPTIONS_OTHER:
        if (hint->words)
            complete_offer_all(w, start, hint->words, ' ');
    }
}

static void complete_keys(struct sh_context *c, struct complete_word *w, bool is_of_desk)
{
    size_t equals = 0;
    while (equals < w->length && w->text[equals] != '=')
        equals++;
    for (size_t i = 0; options_keys[i]; i++) {
        size_t length = strlen(options_keys[i]);
        if (options_hints[i].is_of_boot || (is_of_desk && options_hints[i].is_of_runs))
            continue;
        if (equals == w->length)
            complete_offer(w, 0, options_keys[i], length, '=');
        else if (length == equals && memcmp(options_keys[i], w->text, length) == 0)
            complete_value(c, w, &options_hints[i], equals + 1);
    }
}

static void complete_options(struct sh_context *c, struct complete_word *w)
{
    complete_keys(c, w, false);
}

static void complete_desk(struct sh_context *c, struct complete_word *w)
{
    complete_keys(c, w, true);
}

static void complete_misuse(struct sh_context *c, struct complete_word *w)
{
    (void)c;
    for (const struct lab_misuse *m = lab_misuses; m->name; m++)
        complete_offer(w, 0, m->name, strlen(m->name), ' ');
}

static void complete_crash(struct sh_context *c, struct complete_word *w)
{
    (void)c;
    for (size_t i = 0; crash_kind(i); i++)
        complete_offer(w, 0, crash_kind(i), strlen(crash_kind(i)), '\0');
}

static void complete_blocks(struct sh_context *c, struct complete_word *w)
{
    char name[LAB_BLOCK_TEXT];
    for (uint32_t i = 0; desk_block_name(c, i, name); i++)
        complete_offer(w, 0, name, strlen(name), ' ');
}

static void complete_trace_names(struct sh_context *c, struct complete_word *w)
{
    complete_traces(w, 0, c->boot);
}

static void complete_scenario_names(struct sh_context *c, struct complete_word *w)
{
    complete_scenarios(w, 0, c->boot);
}

static const struct {
    unsigned kind; /* of enum command_completes */
    void (*complete)(struct sh_context *c, struct complete_word *w);
} kinds[] = {
    {COMPLETES_COMMAND, complete_commands},  {COMPLETES_ALLOCATOR, complete_one_allocator},
    {COMPLETES_RUN, complete_what_to_run},   {COMPLETES_OPTION, complete_options},
    {COMPLETES_MISUSE, complete_misuse},     {COMPLETES_CRASH, complete_crash},
    {COMPLETES_BLOCK, complete_blocks},      {COMPLETES_SCENARIO, complete_scenario_names},
    {COMPLETES_TRACE, complete_trace_names}, {COMPLETES_REQUESTS, complete_requests},
    {COMPLETES_DESK, complete_desk},
};

/* ---- the place in the line ---- */

static size_t skip_blanks(const char *line, size_t at, size_t end)
{
    while (at < end && line[at] == ' ')
        at++;
    return at;
}

static size_t skip_word(const char *line, size_t at, size_t end)
{
    while (at < end && line[at] != ' ')
        at++;
    return at;
}

static void complete_name(struct complete_word *w)
{
    for (const struct command_group *g = command_groups; g->name; g++) {
        for (const struct command *command = g->commands; command->name; command++)
            complete_offer(w, 0, command->name, strlen(command->name), *command->arguments ? ' ' : '\0');
    }
}

static void complete_argument(struct sh_context *c, const struct command *command, bool is_first,
                              struct complete_word *w)
{
    unsigned wanted = is_first ? command->first : command->rest;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (wanted & kinds[i].kind)
            kinds[i].complete(c, w);
    }
    if (is_first && command->words)
        complete_offer_all(w, 0, command->words, '\0');
}

size_t complete_line(void *context, const char *line, size_t cursor, const struct line_offers *offers)
{
    size_t name = skip_blanks(line, 0, cursor), name_end = skip_word(line, name, cursor);
    size_t first = skip_blanks(line, name_end, cursor), start = cursor;
    while (start > name && line[start - 1] != ' ')
        start--;
    struct complete_word w = {.text = line + start, .length = cursor - start, .to = offers};
    const struct command *command = name_end < cursor ? command_find(line + name, name_end - name) : NULL;
    if (name_end == cursor)
        complete_name(&w);
    else if (command)
        complete_argument(context, command, start == first, &w);
    return start + w.start;
}
