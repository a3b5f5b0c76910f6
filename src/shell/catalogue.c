/* Lists of what there is to choose from, and what each choice takes. */
#include "catalogue.h"

#include <lib/string.h>

#include "scenarios.h"
#include "traces.h"

/* An option in two lines: what may be written, the default first; and what it does. */
static void print_option(struct sh_context *c, const struct heap_option *o)
{
    lab_print(&c->text, "  :%s=", o->key);
    if (o->words) {
        lab_print(&c->text, "%s", o->words[o->fallback]);
        for (size_t i = 0; o->words[i]; i++) {
            if (i != o->fallback)
                lab_print(&c->text, "|%s", o->words[i]);
        }
        lab_print(&c->text, "\n");
    } else {
        lab_print(&c->text, "%zu, from %zu to %zu", o->fallback, o->min, o->max);
        if (o->multiple > 1)
            lab_print(&c->text, " in steps of %zu", o->multiple);
        lab_print(&c->text, "\n");
    }
    lab_print(&c->text, "      %s\n", o->help);
}

static void print_allocator(struct sh_context *c, const struct heap_ops *ops)
{
    lab_print(&c->text, "%s: %s\n  cost    %s\n  source  %s\n", ops->name, ops->summary, ops->complexity, ops->source);
    lab_print(&c->text, "Options, behind colons, %s:key=value:key=value; the values shown first are the defaults:\n",
              ops->name);
    print_option(c, &lab_grow_option);
    for (const struct heap_option *o = ops->options; o && o->key; o++)
        print_option(c, o);
}

void catalogue_allocators(struct sh_context *c, const char *arguments)
{
    if (*arguments) {
        struct lab_alloc_spec spec;
        struct lab_error error;
        if (lab_parse_alloc(arguments, strlen(arguments), &spec, &error))
            print_allocator(c, spec.policy);
        else
            sh_error(c, SH_BAD_INPUT, error.word, error.message);
        return;
    }
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++)
        lab_print(&c->text, "  %-16s %s\n", (*ops)->name, (*ops)->summary);
}

void catalogue_runs(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    lab_print(&c->text, "Workloads:\n");
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        lab_print(&c->text, "  %-20s %s\n", w->name, w->summary);
        for (const struct lab_parameter *p = w->parameters; p->key; p++) {
            lab_print(&c->text, "    :%s=", p->key);
            if (p->words)
                lab_print(&c->text, "%-12s", p->words[p->low]);
            else if (p->is_range)
                lab_print(&c->text, "%ju-%-9ju", (uintmax_t)p->low, (uintmax_t)p->high);
            else
                lab_print(&c->text, "%-12ju", (uintmax_t)p->low);
            lab_print(&c->text, " %s", p->help);
            for (const char *const *word = p->words; word && *word; word++)
                lab_print(&c->text, "%s%s", word == p->words ? ": " : ", ", *word);
            lab_print(&c->text, "\n");
        }
    }
    lab_print(&c->text, "Scenarios:\n");
    scenarios_list(c);
    traces_list(c);
}
