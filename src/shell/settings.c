/* The shell's settings. */
#include "settings.h"

#include <lib/string.h>

#include "desk.h"
#include "experiment.h"

static void print_setting(struct sh_context *c)
{
    const struct options *o = &c->options;
    if (strcmp(c->command, "harden") == 0)
        lab_print(&c->text, "harden=%u\n", o->harden);
    else if (strcmp(c->command, "seed") == 0)
        lab_print(&c->text, "seed=%ju\n", (uintmax_t)o->seed);
    else
        lab_print(&c->text, "vm=%s\n", vmm_backing_text(o->vm));
}

void settings_set(struct sh_context *c, const char *arguments)
{
    char words[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, words, sizeof words);
    size_t mark = c->arena.used;
    lab_print(&sink, "%s=%s", c->command, arguments);
    const struct options *o = *arguments ? experiment_options(c, c->command, words) : &c->options;
    if (o) {
        c->options.harden = o->harden;
        c->options.seed = o->seed;
        c->options.vm = o->vm;
        print_setting(c);
    }
    lab_arena_release(&c->arena, mark);
    if (o && *arguments && desk_of(c)->is_begun && strcmp(c->command, "seed") != 0)
        lab_print(&c->text, "The heap at hand stays as it is; `use` takes a fresh one.\n");
}
