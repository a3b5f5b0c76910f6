/* Boot modules: what the loader put into memory beside the kernel, mapped while it is read. */
#ifndef SHELL_MODULES_H
#define SHELL_MODULES_H

#include "context.h"

enum module_kind {
    MODULE_TRACE,
    MODULE_SCENARIO, /* NAME.kfit */
    MODULE_PRIVATE,  /* kfit.NAME: the menu's own */
};

/* What a module is, by the first word of its command line. */
enum module_kind modules_kind(const struct mb2_module *module);

/* How much of that word is its name: all of a private one's, else what stands before the first dot. */
size_t modules_name_length(const struct mb2_module *module);

/* The module of that kind and name; NULL: there is none. */
const struct mb2_module *modules_find(const struct mb2_info *boot, enum module_kind kind, const char *name,
                                      size_t length);

/* The name of module number `index` of that kind, `*length` characters, not ended by NUL; NULL: there are not so many. */
const char *modules_name(const struct mb2_info *boot, enum module_kind kind, size_t index, size_t *length);

/* A mapped module; `region` is NULL if it is empty. */
struct modules_mapped {
    const char *text; /* `length` bytes, read only, not ended by NUL */
    size_t length;
    struct vmm_region *region;
};

/* Maps a module. False: no address range, or no frame for the page tables; then *mapped is not to be used. */
bool modules_map(struct vmm_space *space, const struct mb2_module *module, struct modules_mapped *mapped);

/* Ends what modules_map began. */
void modules_unmap(const struct modules_mapped *mapped);

/* `modules`: lists every module, the menu's own ones too, with its bytes and their CRC-32, and makes a `module` record of
 * each. */
void modules_list(struct sh_context *c, const char *arguments);

#endif
