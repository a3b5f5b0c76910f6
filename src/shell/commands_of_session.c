/* The commands of the session itself. */
#include "command.h"
#include "help.h"

static void leave(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    c->is_asked_to_end = true;
}

const struct command commands_of_session[] = {
    {
        .name = "help",
        .arguments = "[COMMAND|GROUP]",
        .summary = "the commands, a group of them, or one",
        .text = "Without a word: every command by its group, and the keys of this line.\n"
                "With a group: its commands, a line each.\n"
                "With a command: how it is written, what it does, an example, its relatives.\n",
        .example = "help run",
        .first = COMPLETES_COMMAND,
        .run = help_show,
    },
    {
        .name = "exit",
        .arguments = "",
        .summary = "leave",
        .text = "Leaves the shell. The status is the worst of the session: 0 if nothing failed,\n"
                "2 if a line was not understood, 4 if a heap was found corrupt.\n"
                "Ctrl-D on an empty line does the same.\n",
        .related = "help",
        .run = leave,
    },
    {.name = NULL},
};
