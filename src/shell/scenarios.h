/* Scenario files among the boot modules: NAME.kfit is the scenario NAME. */
#ifndef SHELL_SCENARIOS_H
#define SHELL_SCENARIOS_H

#include <lab/script.h>

#include "context.h"

/* SH_OK if there is a scenario of that name, else SH_BAD_INPUT after an error line. */
enum sh_status scenarios_find(struct sh_context *c, struct lab_name name);

/* Reads the scenario `name`: its text is copied into `arena`, its script made there. SH_OK, or after an error line SH_BAD_INPUT
 * (not there, or a bad line) or SH_MACHINE (too little memory); then the arena is as it was. */
enum sh_status scenarios_load(struct sh_context *c, struct lab_arena *arena, struct lab_name name, uint64_t seed,
                              struct lab_script *script);

/* Lists the scenarios of this boot with their titles, a line each. */
void scenarios_list(struct sh_context *c);

/* The name of scenario number `index`, not ended by NUL; NULL: there are not so many. */
const char *scenarios_name(const struct mb2_info *boot, size_t index, size_t *length);

/* The lines that say what a script is about. */
void scenarios_print_about(struct sh_context *c, const struct lab_script *script);

#endif
