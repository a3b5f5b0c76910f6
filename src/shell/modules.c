/* Boot modules, mapped while they are read, and their checksums: nothing may write to them as long as the kernel runs. */
#include "modules.h"

#include <lab/json.h>
#include <lib/crc32.h>
#include <lib/string.h>

#define PRIVATE_PREFIX "kfit."
#define SCENARIO_SUFFIX ".kfit"

/* ---- names ---- */

static size_t word_length(const struct mb2_module *module)
{
    size_t length = 0;
    while (length < module->name_length && module->name[length] != ' ')
        length++;
    return length;
}

enum module_kind modules_kind(const struct mb2_module *module)
{
    size_t length = word_length(module), prefix = sizeof PRIVATE_PREFIX - 1, suffix = sizeof SCENARIO_SUFFIX - 1;
    if (length > suffix && memcmp(module->name + length - suffix, SCENARIO_SUFFIX, suffix) == 0)
        return MODULE_SCENARIO;
    return length >= prefix && memcmp(module->name, PRIVATE_PREFIX, prefix) == 0 ? MODULE_PRIVATE : MODULE_TRACE;
}

size_t modules_name_length(const struct mb2_module *module)
{
    size_t length = 0, end = word_length(module);
    if (modules_kind(module) == MODULE_PRIVATE)
        return end;
    while (length < end && module->name[length] != '.')
        length++;
    return length;
}

const struct mb2_module *modules_find(const struct mb2_info *boot, enum module_kind kind, const char *name,
                                      size_t length)
{
    for (size_t i = 0; i < boot->module_count; i++) {
        const struct mb2_module *m = &boot->modules[i];
        if (modules_kind(m) == kind && modules_name_length(m) == length && memcmp(m->name, name, length) == 0)
            return m;
    }
    return NULL;
}

const char *modules_name(const struct mb2_info *boot, enum module_kind kind, size_t index, size_t *length)
{
    for (size_t i = 0; i < boot->module_count; i++) {
        const struct mb2_module *m = &boot->modules[i];
        if (modules_kind(m) != kind || index-- > 0)
            continue;
        *length = modules_name_length(m);
        return m->name;
    }
    return NULL;
}

/* ---- memory ---- */

bool modules_map(struct vmm_space *space, const struct mb2_module *module, struct modules_mapped *mapped)
{
    void *address;
    *mapped = (struct modules_mapped){.text = "", .length = (size_t)(module->end - module->start)};
    if (mapped->length == 0)
        return true;
    if (vmm_map_physical(space, "module", module->start, mapped->length, 0, &address, &mapped->region) != VMM_OK)
        return false;
    mapped->text = address;
    return true;
}

void modules_unmap(const struct modules_mapped *mapped)
{
    if (mapped->region)
        vmm_region_destroy(mapped->region);
}

/* ---- for people ---- */

/* One module's line and record. `name`: the first word of its command line. */
static void tell(const struct sh_context *c, const char *name, const struct modules_mapped *mapped)
{
    char digits[9];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, digits, sizeof digits);
    struct lab_json j;
    lab_print(&sink, "%08x", (unsigned)crc32(0, mapped->text, mapped->length));
    lab_print(&c->text, "  %-40s %14zu  %s\n", name, mapped->length, digits);
    lab_json_begin(&j, &c->records, "module");
    lab_json_text(&j, "name", name);
    lab_json_number(&j, "bytes", mapped->length);
    lab_json_text(&j, "crc32", digits);
    lab_json_end(&j);
}

void modules_list(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (c->boot->module_count == 0)
        lab_print(&c->text, "No modules in this boot.\n");
    else
        lab_print(&c->text, "  %-40s %14s  %s\n", "name", "bytes", "CRC-32");
    for (size_t i = 0; i < c->boot->module_count; i++) {
        const struct mb2_module *module = &c->boot->modules[i];
        struct modules_mapped mapped;
        char name[64];
        struct lab_buffer buffer;
        struct lab_sink sink = lab_buffer_sink(&buffer, name, sizeof name);
        size_t length = word_length(module);
        lab_print(&sink, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), module->name);
        if (!modules_map(c->world.space, module, &mapped)) {
            sh_error(c, SH_MACHINE, "modules", "too little memory to map a module: give the machine more");
            return;
        }
        tell(c, name, &mapped);
        modules_unmap(&mapped);
    }
}
