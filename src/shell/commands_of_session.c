/* The commands of the session itself. */
#include "command.h"
#include "help.h"
#include "settings.h"

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
        .name = "harden",
        .arguments = "[0|1|2|3|4]",
        .summary = "how closely heaps are watched from now on",
        .text = "Holds for the runs and heaps that begin after it; each may say otherwise. The\n"
                "levels are in docs/hardening.md.\n",
        .example = "harden 3",
        .related = "misuse, check, use",
        .run = settings_set,
    },
    {
        .name = "seed",
        .arguments = "[N]",
        .summary = "where every random choice comes from",
        .text = "Holds for the runs, scenarios and questions that begin after it.\n",
        .example = "seed 7",
        .related = "run, quiz",
        .run = settings_set,
    },
    {
        .name = "vm",
        .arguments = "[demand|immediate|zero]",
        .summary = "what is behind the heap's pages from now on",
        .text = "demand: a frame when a page is first touched; immediate: all frames when the\n"
                "heap grows; zero: reads show one shared page of zeros, a first write brings a\n"
                "frame.\n",
        .example = "vm zero",
        .related = "backing, write, read, mem",
        .run = settings_set,
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
