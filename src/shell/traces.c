/* Traces among the boot modules: found by name, mapped while they are read.
 *
 * Modules whose name begins with "kfit." are the menu's own: kfit.traces lists what is on the medium, kfit.icount says that
 * instructions are counted. */
#include "traces.h"

#include <lab/number.h>
#include <lab/trace.h>
#include <lib/string.h>

#include "modules.h"

#define INDEX_MODULE "kfit.traces"

enum { NAMES_MAX = 64, INDEX_MAX = 2048 };

bool traces_private_module(struct vmm_space *space, const struct mb2_info *boot, const char *name, char *text,
                           size_t capacity)
{
    const struct mb2_module *m = modules_find(boot, MODULE_PRIVATE, name, strlen(name));
    struct modules_mapped mapped;
    if (!m || !modules_map(space, m, &mapped))
        return false;
    size_t kept = mapped.length < capacity - 1 ? mapped.length : capacity - 1;
    memcpy(text, mapped.text, kept);
    text[kept] = '\0';
    modules_unmap(&mapped);
    return true;
}

/* ---- names ---- */

/* The names on the medium, cut out of the index text in place. */
static size_t names_on_medium(const struct sh_context *c, char *index, const char **names)
{
    size_t count = 0;
    bool is_start = true;
    if (!traces_private_module(c->world.space, c->boot, INDEX_MODULE, index, INDEX_MAX))
        return 0;
    for (char *p = index; *p && count < NAMES_MAX - 1; p++) {
        bool is_end = *p == '\n' || *p == '\r';
        if (is_end)
            *p = '\0';
        else if (is_start)
            names[count++] = p;
        is_start = is_end;
    }
    names[count] = NULL;
    return count;
}

static void print_names(const struct lab_sink *sink, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        lab_print(sink, "%s%s", i ? ", " : "", names[i]);
    if (count == 0)
        lab_print(sink, "none");
}

const char *traces_name(const struct mb2_info *boot, size_t index, size_t *length)
{
    return modules_name(boot, MODULE_TRACE, index, length);
}

static void print_loaded(const struct lab_sink *sink, const struct mb2_info *boot)
{
    size_t length, count = 0;
    for (const char *name; (name = traces_name(boot, count, &length)) != NULL; count++)
        lab_print(sink, "%s%.*s", count ? ", " : "", (int)length, name);
    if (count == 0)
        lab_print(sink, "none");
}

void traces_list(struct sh_context *c)
{
    static char index[INDEX_MAX];
    const char *names[NAMES_MAX];
    size_t count = names_on_medium(c, index, names);
    lab_print(&c->text, "Traces loaded in this boot: ");
    print_loaded(&c->text, c->boot);
    lab_print(&c->text, "\nTraces on the medium:       ");
    print_names(&c->text, names, count);
    lab_print(&c->text, "\nA boot loads the traces its run= names: run=trace:A,B\n");
}

/* One line: what was asked for, the nearest name, what there is. */
static enum sh_status missing(struct sh_context *c, struct lab_name name)
{
    static char index[INDEX_MAX];
    const char *names[NAMES_MAX];
    char message[240], word[80];
    struct lab_buffer buffer;
    size_t count = names_on_medium(c, index, names);
    struct lab_sink sink = lab_buffer_sink(&buffer, word, sizeof word);
    lab_print(&sink, "%.*s", (int)name.length, name.text);
    sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "no trace '%s' is loaded", word);
    const char *nearest = count ? lab_nearest(name.text, name.length, names) : NULL;
    if (nearest && strcmp(nearest, word) == 0)
        lab_print(&sink, ": it is on the medium; boot with run=trace:%s to load it", word);
    else if (nearest)
        lab_print(&sink, ": did you mean %s?", nearest);
    lab_print(&sink, "; loaded: ");
    print_loaded(&sink, c->boot);
    lab_print(&sink, "; on the medium: ");
    print_names(&sink, names, count);
    return sh_error(c, SH_BAD_INPUT, word, message);
}

/* ---- loading ---- */

static enum sh_status too_large(struct sh_context *c, struct lab_name name)
{
    char message[160];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "too little memory for the operations of trace '%.*s': give the machine more, for example 128 MiB",
              (int)(name.length < 60 ? name.length : 60), name.text);
    return sh_error(c, SH_MACHINE, "trace", message);
}

static enum sh_status bad_trace(struct sh_context *c, struct lab_name name, const struct lab_error *error)
{
    char message[320];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "trace %.*s, %s", (int)(name.length < 60 ? name.length : 60), name.text, error->message);
    return sh_error(c, SH_BAD_INPUT, error->word, message);
}

enum sh_status traces_load(struct sh_context *c, struct lab_name name, struct lab_program *program)
{
    const struct mb2_module *m = modules_find(c->boot, MODULE_TRACE, name.text, name.length);
    struct modules_mapped mapped;
    struct lab_error error;
    if (!m)
        return missing(c, name);
    if (!modules_map(c->world.space, m, &mapped))
        return too_large(c, name);
    enum lab_status status = lab_trace_parse(mapped.text, mapped.length, &c->arena, program, &error);
    modules_unmap(&mapped);
    if (status == LAB_OK)
        return SH_OK;
    return status == LAB_BAD_INPUT ? bad_trace(c, name, &error) : too_large(c, name);
}

/* ---- what a trace asks for ---- */

/* The most that is live at once, all requests granted. */
struct most {
    size_t bytes, blocks, at; /* at: operations done by then */
};

static bool find_most(struct sh_context *c, const struct lab_program *program, struct most *most)
{
    size_t *sizes = lab_arena_take(&c->arena, program->slots, sizeof *sizes), bytes = 0, blocks = 0;
    *most = (struct most){0};
    for (size_t i = 0; sizes && i < program->slots; i++)
        sizes[i] = SIZE_MAX; /* nothing there */
    for (size_t i = 0; sizes && i < program->count; i++) {
        const struct lab_op *op = &program->ops[i];
        if (op->slot == LAB_NULL_SLOT)
            continue;
        bool was_there = sizes[op->slot] != SIZE_MAX;
        bool is_there = op->kind != LAB_FREE && (op->kind != LAB_RESIZE || op->size > 0);
        bytes += (is_there ? op->size : 0) - (was_there ? sizes[op->slot] : 0);
        blocks += (size_t)is_there - (size_t)was_there;
        sizes[op->slot] = is_there ? op->size : SIZE_MAX;
        if (bytes > most->bytes)
            *most = (struct most){.bytes = bytes, .blocks = blocks, .at = i + 1};
    }
    return sizes || program->slots == 0;
}

static void print_op(struct sh_context *c, const struct lab_op *op)
{
    static const char letters[LAB_OP_KINDS] = {
        [LAB_ALLOC] = 'a', [LAB_ALIGNED] = 'm', [LAB_RESIZE] = 'r', [LAB_FREE] = 'f'};
    lab_print(&c->text, "  %c %u", letters[op->kind], (unsigned)op->slot);
    if (op->kind != LAB_FREE)
        lab_print(&c->text, " %zu", op->size);
    if (op->kind == LAB_ALIGNED)
        lab_print(&c->text, " %ju", (uintmax_t)1 << op->align_log2);
    lab_print(&c->text, "\n");
}

static void print_trace(struct sh_context *c, const char *name, const struct lab_program *program)
{
    enum { FIRST = 8 };
    struct most most;
    char text[4][27];
    const size_t *of = program->count_of;
    lab_print(&c->text, "%s: %s operations: %s allocate, %s of them aligned,", name,
              lab_grouped(program->count, text[0]), lab_grouped(of[LAB_ALLOC] + of[LAB_ALIGNED], text[1]),
              lab_grouped(of[LAB_ALIGNED], text[2]));
    lab_print(&c->text, " %s resize, %s free\n", lab_grouped(of[LAB_RESIZE], text[0]),
              lab_grouped(of[LAB_FREE], text[1]));
    if (find_most(c, program, &most))
        lab_print(&c->text, "Most live at once: %s bytes in %s blocks, after operation %s\n",
                  lab_grouped(most.bytes, text[0]), lab_grouped(most.blocks, text[1]), lab_grouped(most.at, text[2]));
    lab_print(&c->text, "It begins (kind, block, bytes):\n");
    for (size_t i = 0; i < program->count && i < FIRST; i++)
        print_op(c, &program->ops[i]);
}

void traces_show(struct sh_context *c, const char *arguments)
{
    struct lab_program program;
    size_t mark = c->arena.used;
    if (*arguments == '\0')
        traces_list(c);
    else if (traces_load(c, (struct lab_name){arguments, strlen(arguments)}, &program) == SH_OK)
        print_trace(c, arguments, &program);
    lab_arena_release(&c->arena, mark);
}
