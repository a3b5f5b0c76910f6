/* In place of what a running kernel has and completion asks for: commands, kinds of crash, traces and scenarios of the boot,
 * blocks on the desk. */
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
    {.name = "tell", .arguments = "[NAME]", .first = COMPLETES_SCENARIO, .rest = COMPLETES_DESK},
    {.name = "step", .arguments = "[WHAT]", .first = COMPLETES_REQUESTS, .rest = COMPLETES_DESK},
    {.name = "replay", .arguments = "NAME", .first = COMPLETES_TRACE},
    {.name = "free", .arguments = "BLOCK", .first = COMPLETES_BLOCK},
    {.name = "misuse", .arguments = "[KIND]", .first = COMPLETES_MISUSE, .rest = COMPLETES_OPTION},
    {.name = NULL},
};

static const struct command stand_in_others[] = {
    {.name = "mem", .arguments = "[map|cost]", .words = stand_in_views},
    {.name = "crash", .arguments = "[KIND]", .first = COMPLETES_CRASH},
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
    static const char *const files[] = {"best-wins.kfit", "first-wins.kfit"};
    (void)boot;
    *length = index < 2 ? strlen(files[index]) - 5 : 0;
    return index < 2 ? files[index] : NULL;
}

const char *desk_block_name(struct sh_context *c, uint32_t number, char *name)
{
    (void)c;
    strcpy(name, number == 0 ? "a" : "wall[3]");
    return number < 2 ? name : NULL;
}

#endif
