/* The shell's help, made from the tables of commands. */
#include "help.h"

#include <lab/number.h>
#include <lib/string.h>

#include "command.h"

enum { COLUMNS = 80, INDENT = 14, NAMES_MAX = 100 };

/* A group's names behind its own, wrapped. */
static void print_names(struct sh_context *c, const struct command_group *g)
{
    size_t column = INDENT;
    lab_print(&c->text, "  %-*s", INDENT - 2, g->name);
    for (const struct command *command = g->commands; command->name; command++) {
        size_t length = strlen(command->name);
        if (column + length >= COLUMNS) {
            lab_print(&c->text, "\n%*s", INDENT, "");
            column = INDENT;
        }
        lab_print(&c->text, "%s%s", command->name, command[1].name ? " " : "\n");
        column += length + 1;
    }
}

static void print_all(struct sh_context *c)
{
    lab_print(&c->text, "`help COMMAND` explains one of these, `help GROUP` lists a group, a line each.\n\n");
    for (const struct command_group *g = command_groups; g->name; g++)
        print_names(c, g);
    lab_print(&c->text, "\n"
                        "Options behind run and compare are those of the kernel command line: alloc=,\n"
                        "seed=, vm=, heap=, check=, ... An example: run trace:sqlite alloc=best-fit\n"
                        "A line that begins with # does nothing.\n"
                        "\n"
                        "Keys: Tab completes a word, or lists what fits. Up and Down call up earlier\n"
                        "lines. Left, Right, Home, End; Backspace, Delete. Ctrl-W erases a word, Ctrl-K\n"
                        "what follows, Ctrl-U all. Ctrl-L shows the line again. Ctrl-C drops it too;\n"
                        "on the terminal of `./kfit run` it ends the machine.\n");
}

static void print_group(struct sh_context *c, const struct command_group *g)
{
    lab_print(&c->text, "%s: %s\n", g->name, g->title);
    for (const struct command *command = g->commands; command->name; command++)
        lab_print(&c->text, "  %-12s %s\n", command->name, command->summary);
}

static void print_command(struct sh_context *c, const struct command *command)
{
    lab_print(&c->text, "Usage: %s%s%s\n%s", command->name, *command->arguments ? " " : "", command->arguments,
              command->text);
    if (command->example)
        lab_print(&c->text, "Example: %s\n", command->example);
    if (command->related)
        lab_print(&c->text, "See also: %s\n", command->related);
}

static void refuse(struct sh_context *c, const char *word)
{
    const char *names[NAMES_MAX];
    char message[160];
    size_t count = 0;
    for (const struct command_group *g = command_groups; g->name; g++) {
        if (count < NAMES_MAX - 1)
            names[count++] = g->name;
        for (const struct command *command = g->commands; command->name && count < NAMES_MAX - 1; command++)
            names[count++] = command->name;
    }
    names[count] = NULL;
    const char *nearest = lab_nearest(word, strlen(word), names);
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "no command or group '%.40s'", word);
    if (nearest)
        lab_print(&sink, ": did you mean %s?", nearest);
    else
        lab_print(&sink, "; `help` lists them");
    sh_error(c, SH_BAD_INPUT, word, message);
}

void help_show(struct sh_context *c, const char *arguments)
{
    const struct command *command = command_find(arguments, strlen(arguments));
    if (*arguments == '\0') {
        print_all(c);
        return;
    }
    if (command) {
        print_command(c, command);
        return;
    }
    for (const struct command_group *g = command_groups; g->name; g++) {
        if (strcmp(g->name, arguments) == 0) {
            print_group(c, g);
            return;
        }
    }
    refuse(c, arguments);
}
