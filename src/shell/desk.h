/* The desk: one heap to work on by hand or with a scenario, step by step, kept between the shell's lines.
 *
 * What lies on the desk is a session (lab/session.h): a script and a heap. Heap commands typed in the shell are steps that are put
 * into the script where it stands; so all of them can be listed, undone and played again. */
#ifndef SHELL_DESK_H
#define SHELL_DESK_H

#include <lab/session.h>

#include "context.h"

enum { DESK_WHAT_MAX = 120 };

struct desk {
    struct world world; /* its own: a run has its heap open beside this one */
    struct lab_arena arena;
    struct lab_stage stage;
    struct lab_script script;
    struct lab_session session;
    enum vmm_backing backing; /* of the heaps that no `use` chooses otherwise */
    bool is_begun, is_loaded; /* there is a session; it is a scenario or a run, not one begun by hand */
    bool is_in_step;          /* a command of the script runs: the desk is not to change under it */
    struct options_quiz quiz; /* as the words that loaded it say */
    char what[DESK_WHAT_MAX]; /* what was loaded, as it was typed */
};

/* The shell's one desk. */
struct desk *desk_of(struct sh_context *c);

/* Whether the desk may change: not while a command of the script that lies on it runs; then it tells so. What follows asks it where
 * it must. */
bool desk_may_change(struct sh_context *c);

/* Clears the desk and begins a session by hand under the shell's options; false after an error line. */
bool desk_begin(struct sh_context *c);

/* Clears the desk and lays the script on it that `words` name: `scenario:NAME`, NAME alone, or what `run` takes, with
 * options behind it. False after an error line; then the desk is empty, but for words that name nothing: then it is as it was. */
bool desk_load(struct sh_context *c, const char *words);

/* The same with what the options' run= names. */
bool desk_lay(struct sh_context *c, const struct options *options);

/* Closes the heap and gives all memory back. Nothing on the desk is no error. */
void desk_clear(struct sh_context *c);

/* Whether there is a session, and it may be gone through; else tells how to begin one. */
bool desk_is_in_use(struct sh_context *c);

/* Around all that works on the desk's heap: a panic report names it, and the watchdog sees whether it makes progress. */
void desk_work_begin(struct sh_context *c);
void desk_work_end(struct sh_context *c);

/* Does the next step, and tells and notes what went wrong. */
enum lab_stepped desk_step(struct sh_context *c, enum lab_telling telling);

/* The address of the block of that name on the desk; NULL: it is not live, or there is no such. */
const void *desk_block(struct sh_context *c, const char *name);

/* The name of block `number` of the script on the desk, into `name` (LAB_BLOCK_TEXT bytes); NULL: there is none of that number. */
const char *desk_block_name(struct sh_context *c, uint32_t number, char *name);

/* Takes a step that was typed, and stands next, out of the script again. */
void desk_drop(struct sh_context *c, size_t step);

/* `use`: a fresh heap. By hand it begins a session anew, in a scenario it is a step. */
void desk_use(struct sh_context *c, const char *arguments);

/* A command that is a statement of a script, by the word it was called with: adds the step and does it. */
void desk_statement(struct sh_context *c, const char *arguments);

#endif
