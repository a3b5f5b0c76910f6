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

/* The setting as an option, into `words`. False after an error line: it is more than one word. */
static bool read_setting(struct sh_context *c, const char *arguments, char *words, size_t capacity)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, words, capacity);
    lab_print(&sink, "%s=%s", c->command, arguments);
    bool is_one = buffer.wanted == buffer.length;
    for (const char *p = arguments; *p; p++)
        is_one = is_one && *p != ' ';
    if (!is_one)
        sh_error(c, SH_BAD_INPUT, c->command, "one value is set at a time, and nothing besides");
    return is_one;
}

void settings_set(struct sh_context *c, const char *arguments)
{
    char words[80];
    size_t mark = c->arena.used;
    if (!read_setting(c, arguments, words, sizeof words))
        return;
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
