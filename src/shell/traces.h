/* Traces among the boot modules. */
#ifndef SHELL_TRACES_H
#define SHELL_TRACES_H

#include "context.h"

/* Makes the program of the trace module `name` in the context's arena. SH_OK, or after an error line SH_BAD_INPUT (not there, or
 * a bad line) or SH_MACHINE (too little memory). */
enum sh_status traces_load(struct sh_context *c, struct lab_name name, struct lab_program *program);

/* Lists the trace modules of this boot and those on the medium. */
void traces_list(struct sh_context *c);

/* `trace [NAME]`: the same list, or what a trace asks for: operations by kind, most bytes live, the first operations. */
void traces_show(struct sh_context *c, const char *arguments);
/* The name of a trace module of this boot, `*length` characters: index 0 is the first; NULL behind the last. */
const char *traces_name(const struct mb2_info *boot, size_t index, size_t *length);

/* The text of the private module `name` ("kfit.icount"), copied into `text`, ended by NUL; false if there is none. */
bool traces_private_module(struct vmm_space *space, const struct mb2_info *boot, const char *name, char *text,
                           size_t capacity);

#endif
