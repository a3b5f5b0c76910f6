/* The groups of commands, and how a line finds its command. */
#include <lab/number.h>
#include <lab/script.h>
#include <lib/string.h>

#include "command.h"

const struct command_group command_groups[] = {
    {"lectures", "scenarios, step by step, and questions", commands_of_lectures},
    {"heap", "a heap to work on by hand", commands_of_heap},
    {"experiments", "runs, comparisons, mistakes on purpose", commands_of_experiments},
    {"machine", "memory, address spaces, interrupts, faults", commands_of_machine},
    {"session", "this shell", commands_of_session},
    {NULL, NULL, NULL},
};

enum { NAMES_MAX = 80 };

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

/* Fills `names`, ended by NULL. */
static void list_names(const char *names[NAMES_MAX])
{
    size_t count = 0;
    for (const struct command_group *g = command_groups; g->name; g++) {
        for (const struct command *command = g->commands; command->name && count < NAMES_MAX - 1; command++)
            names[count++] = command->name;
    }
    names[count] = NULL;
}

/* Words that stand in files alone: a loop, a title, the adversary. */
static bool is_statement(const char *word, size_t length)
{
    for (size_t i = 0; lab_statements[i]; i++) {
        if (strlen(lab_statements[i]) == length && memcmp(lab_statements[i], word, length) == 0)
            return true;
    }
    return false;
}

static void unknown_command(struct sh_context *c, const char *line, size_t length)
{
    const char *names[NAMES_MAX];
    char message[160], word[40];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, word, sizeof word);
    lab_print(&sink, "%.*s", (int)(length < 36 ? length : 36), line);
    list_names(names);
    const char *nearest = lab_nearest(line, length, names);
    sink = lab_buffer_sink(&buffer, message, sizeof message);
    if (is_statement(line, length))
        lab_print(&sink, "'%s' stands in scenario files only, where it is a statement: docs/scenarios.md", word);
    else if (nearest)
        lab_print(&sink, "unknown command '%s': did you mean %s?", word, nearest);
    else
        lab_print(&sink, "unknown command '%s'; `help` lists them", word);
    sh_error(c, SH_BAD_INPUT, word, message);
}

static void refuse_arguments(struct sh_context *c, const struct command *command)
{
    char message[80];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "%s takes no argument", command->name);
    sh_error(c, SH_BAD_INPUT, command->name, message);
}

/* The line without blanks at its ends; cuts in place. */
static char *trim(char *line)
{
    size_t length = strlen(line);
    while (length > 0 && line[length - 1] == ' ')
        length--;
    line[length] = '\0';
    while (*line == ' ')
        line++;
    return line;
}

/* A command may call others: a scenario's do. */
static void call(struct sh_context *c, const struct command *command, const char *arguments)
{
    const char *caller = c->command;
    c->command = command->name;
    command->run(c, arguments);
    c->command = caller;
}

void command_execute(struct sh_context *c, char *line)
{
    size_t length = 0;
    line = trim(line);
    while (line[length] && line[length] != ' ')
        length++;
    if (length == 0 || *line == '#')
        return;
    const struct command *command = command_find(line, length);
    const char *arguments = trim(line + length);
    if (!command)
        unknown_command(c, line, length);
    else if (*command->arguments == '\0' && *arguments)
        refuse_arguments(c, command);
    else
        call(c, command, arguments);
}
