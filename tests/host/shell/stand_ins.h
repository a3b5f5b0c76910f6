/* In place of what a running kernel has and completion asks for: commands, kinds of crash, traces of the boot. */
#ifndef TESTS_SHELL_STAND_INS_H
#define TESTS_SHELL_STAND_INS_H

#include <shell/command.h>
#include <shell/crash.h>
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

#endif
