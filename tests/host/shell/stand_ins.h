/* In place of what a running kernel has and completion asks for: commands, kinds of crash, traces and scenarios of the boot, blocks
 * on the desk. */
#ifndef TESTS_SHELL_STAND_INS_H
#define TESTS_SHELL_STAND_INS_H

#include <shell/command.h>
#include <shell/crash.h>
#include <shell/desk.h>
#include <shell/scenarios.h>
#include <shell/traces.h>
#include <string.h>

static const char *const stand_in_views[] = {"map", "cost", NULL};

static const struct command stand_in_runs[] = {
    {.name = "allocators", .arguments = "[NAME]", .first = COMPLETES_ALLOCATOR},
    {.name = "runs", .arguments = ""},
    {.name = "run", .arguments = "WHAT", .first = COMPLETES_RUN | COMPLETES_OPTION, .rest = COMPLETES_OPTION},
    {.name = "misuse", .arguments = "[KIND]", .first = COMPLETES_MISUSE, .rest = COMPLETES_OPTION},
    {.name = NULL},
};

static const struct command stand_in_others[] = {
    {.name = "mem", .arguments = "[map|cost]", .words = stand_in_views},
    {.name = "crash", .arguments = "[KIND]", .first = COMPLETES_CRASH},
    {.name = "free", .arguments = "NAME", .first = COMPLETES_BLOCK},
    {.name = "quiz", .arguments = "WHAT", .first = COMPLETES_SCENARIO | COMPLETES_RUN},
    {.name = "trace", .arguments = "[NAME]", .first = COMPLETES_TRACE},
    {.name = "help", .arguments = "[COMMAND|GROUP]", .first = COMPLETES_COMMAND},
    {.name = NULL},
};

const struct command_group command_groups[] = {
    {"experiments", "", stand_in_runs},
    {"others", "", stand_in_others},
    {NULL, NULL, NULL},
};

const struct command *command_find(const char *name, size_t length)
{
    for (const struct command_group *g = command_groups; g->name; g++) {
        for (const struct command *command = g->commands; command->name; command++) {
            if (strlen(command->name) == length && memcmp(command->name, name, length) == 0)
                return command;
        }
    }
    return NULL;
}

const char *crash_kind(size_t index)
{
    static const char *const kinds[] = {"divide", "double-fault", "page-zero"};
    return index < sizeof kinds / sizeof *kinds ? kinds[index] : NULL;
}

/* Names of modules are not ended by NUL. */
const char *traces_name(const struct mb2_info *boot, size_t index, size_t *length)
{
    (void)boot;
    *length = 6;
    return index == 0 ? "sqlite.trace" : index == 1 ? "python and more" : NULL;
}

const char *scenarios_name(const struct mb2_info *boot, size_t index, size_t *length)
{
    (void)boot;
    *length = 9;
    return index == 0 ? "best-wins.kfit" : index == 1 ? "doubling1" : NULL;
}

const char *desk_block_name(struct sh_context *c, uint32_t number, char *name)
{
    (void)c;
    return number < 3 ? strcpy(name, number == 0 ? "a" : number == 1 ? "wall[1]" : "wall[2]") : NULL;
}

#endif
