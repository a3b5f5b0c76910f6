/* Inside shell/: the commands, as rows of tables. A table is a group; commands.c lists the groups. */
#ifndef SHELL_COMMAND_H
#define SHELL_COMMAND_H

#include "context.h"

/* What Tab offers for an argument: a set of these. */
enum command_completes {
    COMPLETES_NOTHING = 0,
    COMPLETES_COMMAND = 1,     /* names of commands and groups */
    COMPLETES_ALLOCATOR = 2,   /* an allocator, its options behind colons and their words */
    COMPLETES_RUN = 4,         /* a workload with its parameters, a scenario, a trace of this boot, a self-test, the tour */
    COMPLETES_OPTION = 8,      /* options of the kernel command line that a command takes, and their values */
    COMPLETES_MISUSE = 16,     /* kinds of misuse */
    COMPLETES_CRASH = 32,      /* kinds of crash */
    COMPLETES_BLOCK = 64,      /* names of the blocks on the desk */
    COMPLETES_SCENARIO = 128,  /* names of scenarios */
    COMPLETES_TRACE = 256,     /* names of traces of this boot */
    COMPLETES_REQUESTS = 512,  /* as COMPLETES_RUN, but only what consists of requests to one heap */
    COMPLETES_DESK = 1024,     /* as COMPLETES_OPTION, but only what a heap at hand takes */
};

/* All texts are printable ASCII and stay. */
struct command {
    const char *name;         /* one lower-case word; NULL ends a table */
    const char *arguments;    /* as in the usage line, "WHAT [options]"; "": any argument is refused */
    const char *summary;      /* for lists: at most 64 characters */
    const char *text;         /* what it does: 1 to 8 lines of at most 78 characters, each with its '\n' */
    const char *example;      /* a line that can be typed as it stands; NULL: the name alone says it */
    const char *related;      /* names of commands, separated by ", "; NULL: none */
    unsigned first, rest;     /* what Tab offers for the first argument, and for those behind it */
    const char *const *words; /* more for the first: words of this command's own, ended by NULL; may be NULL */
    /* `arguments`: the line behind the name, without blanks at either end. */
    void (*run)(struct sh_context *c, const char *arguments);
};

/* A group of commands, which `help` lists together. */
struct command_group {
    const char *name;  /* for `help NAME`: a word that is no command's name; NULL ends the list */
    const char *title; /* what they are about: at most 60 characters */
    const struct command *commands;
};

extern const struct command_group command_groups[];

extern const struct command commands_of_lectures[], commands_of_heap[], commands_of_experiments[],
    commands_of_machine[], commands_of_session[];

/* The command of that name; NULL if there is none. */
const struct command *command_find(const char *name, size_t length);

/* Does one line, which may have blanks at its ends; nothing if it is empty or begins with '#'. A line that is not understood is
 * told and does nothing: status 2. */
void command_execute(struct sh_context *c, char *line);

#endif
