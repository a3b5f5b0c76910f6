/* Scenario files among the boot modules: found by name, copied while they are read. */
#include "scenarios.h"

#include <lab/number.h>
#include <lib/string.h>

#include "modules.h"

enum { NAMES_MAX = 128, NAME_MAX = 40, SHOWN_MAX = 60 };

/* ---- names ---- */

const char *scenarios_name(const struct mb2_info *boot, size_t index, size_t *length)
{
    return modules_name(boot, MODULE_SCENARIO, index, length);
}

static int shown(size_t length)
{
    return (int)(length < SHOWN_MAX ? length : SHOWN_MAX);
}

static void print_names(const struct lab_sink *sink, const struct mb2_info *boot)
{
    const char *name;
    size_t length;
    for (size_t i = 0; (name = scenarios_name(boot, i, &length)) != NULL; i++)
        lab_print(sink, "%s%.*s", i ? ", " : "", shown(length), name);
}

/* The nearest of the names, ended by NUL in `out`; false: none is near. */
static bool find_nearest(const struct mb2_info *boot, struct lab_name wanted, char out[NAME_MAX])
{
    static char texts[NAMES_MAX][NAME_MAX];
    const char *names[NAMES_MAX + 1], *name;
    size_t length, count = 0;
    for (size_t i = 0; count < NAMES_MAX && (name = scenarios_name(boot, i, &length)) != NULL; i++) {
        if (length >= NAME_MAX)
            continue;
        memcpy(texts[count], name, length);
        texts[count][length] = '\0';
        names[count] = texts[count];
        count++;
    }
    names[count] = NULL;
    const char *nearest = lab_nearest(wanted.text, wanted.length, names);
    if (nearest)
        memcpy(out, nearest, strlen(nearest) + 1);
    return nearest != NULL;
}

/* One line: what was asked for, the nearest name, what there is. */
static enum sh_status missing(struct sh_context *c, struct lab_name name)
{
    char message[SH_MESSAGE_MAX], word[SHOWN_MAX + 1], nearest[NAME_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, word, sizeof word);
    lab_print(&sink, "%.*s", shown(name.length), name.text);
    sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "no scenario '%s'", word);
    if (!scenarios_name(c->boot, 0, &(size_t){0}))
        lab_print(&sink, ": this boot has none; they are modules named NAME.kfit");
    else if (find_nearest(c->boot, name, nearest))
        lab_print(&sink, ": did you mean %s? There are ", nearest);
    else
        lab_print(&sink, "; there are ");
    print_names(&sink, c->boot);
    if (buffer.wanted > buffer.length)
        memcpy(message + buffer.length - 3, "...", 3);
    return sh_error(c, SH_BAD_INPUT, word, message);
}

/* ---- loading ---- */

static enum sh_status too_large(struct sh_context *c, struct lab_name name)
{
    char message[160];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "too little memory for the steps of scenario '%.*s': give the machine more", shown(name.length),
              name.text);
    return sh_error(c, SH_MACHINE, "scenario", message);
}

static enum sh_status bad_line(struct sh_context *c, struct lab_name name, const struct lab_error *error)
{
    char message[SH_MESSAGE_MAX];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "scenario %.*s, %s", shown(name.length), name.text, error->message);
    return sh_error(c, SH_BAD_INPUT, error->word, message);
}

/* The module's text, copied; NULL: too little memory. */
static const char *copy_text(const struct sh_context *c, const struct mb2_module *m, struct lab_arena *arena,
                             size_t *length)
{
    struct modules_mapped mapped;
    if (!modules_map(c->world.space, m, &mapped))
        return NULL;
    char *text = lab_arena_take(arena, mapped.length, 1);
    if (text)
        memcpy(text, mapped.text, mapped.length);
    *length = mapped.length;
    modules_unmap(&mapped);
    return text;
}

enum sh_status scenarios_find(struct sh_context *c, struct lab_name name)
{
    return modules_find(c->boot, MODULE_SCENARIO, name.text, name.length) ? SH_OK : missing(c, name);
}

enum sh_status scenarios_load(struct sh_context *c, struct lab_arena *arena, struct lab_name name, uint64_t seed,
                              struct lab_script *script)
{
    const struct mb2_module *m = modules_find(c->boot, MODULE_SCENARIO, name.text, name.length);
    struct lab_error error;
    size_t mark = arena->used, length;
    if (!m)
        return missing(c, name);
    const char *text = copy_text(c, m, arena, &length);
    enum lab_status status = text ? lab_script_read(text, length, seed, arena, script, &error) : LAB_NO_SCRATCH;
    if (status == LAB_OK)
        return SH_OK;
    lab_arena_release(arena, mark);
    return status == LAB_BAD_INPUT ? bad_line(c, name, &error) : too_large(c, name);
}

/* ---- for people ---- */

/* One line; the names take `width` columns. */
static void list_one(struct sh_context *c, const struct mb2_module *m, int width)
{
    struct modules_mapped mapped;
    const char *title;
    size_t length = 0;
    if (!modules_map(c->world.space, m, &mapped))
        return;
    title = lab_script_title(mapped.text, mapped.length, &length);
    lab_print(&c->text, "  scenario:%-*.*s %.*s\n", width, shown(modules_name_length(m)), m->name, (int)length,
              title ? title : "");
    modules_unmap(&mapped);
}

void scenarios_list(struct sh_context *c)
{
    const char *name;
    size_t length;
    int width = 0;
    for (size_t i = 0; (name = scenarios_name(c->boot, i, &length)) != NULL; i++)
        width = shown(length) > width ? shown(length) : width;
    for (size_t i = 0; i < c->boot->module_count; i++) {
        if (modules_kind(&c->boot->modules[i]) == MODULE_SCENARIO)
            list_one(c, &c->boot->modules[i], width);
    }
}

void scenarios_print_about(struct sh_context *c, const struct lab_script *script)
{
    for (size_t i = 0; i < script->count && script->steps[i].kind == LAB_STEP_ABOUT; i++)
        lab_print(&c->text, "%.*s\n", (int)script->steps[i].text_length, script->steps[i].text);
}
