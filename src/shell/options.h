/* What the words on the kernel command line ask for, and the same words behind the shell's `run`. */
#ifndef SHELL_OPTIONS_H
#define SHELL_OPTIONS_H

#include <lab/spec.h>
#include <mm/vmm.h>

#include "injection.h"

enum options_then { THEN_SHELL, THEN_EXIT, THEN_HALT };
enum options_out { OUT_TEXT = 1, OUT_JSON = 2, OUT_BOTH = 3 };
enum options_console { CONSOLE_AUTO, CONSOLE_SERIAL, CONSOLE_SCREEN, CONSOLE_BOTH };

/* Whether a run is a quiz, and its requests dealt anew from a seed. */
struct options_quiz {
    bool is_on, has_seed;
    uint64_t seed;
};

/* Texts point into the memory the words were read into. */
struct options {
    bool is_comparison;
    bool is_alloc_given;                           /* by alloc= or compare=, not by default */
    struct lab_alloc_spec allocs[LAB_COMPARE_MAX]; /* one, or those to compare */
    size_t alloc_count;
    struct lab_run_spec run;
    uint64_t seed;
    enum vmm_backing vm;
    bool has_large_pages;
    size_t heap_limit;
    size_t check_every; /* as in struct lab_run */
    unsigned harden;
    struct injection_plan fail;
    size_t sample_every;
    struct options_quiz quiz;
    unsigned out; /* enum options_out */
    enum options_console console;
    enum options_then then;
};

/* Every option at its default. */
void options_default(struct options *options);

/* For what takes one allocator: a comparison that *options has from `boot`, and no word of its own, gives way to the default one. */
void options_drop_comparison(struct options *options, const struct options *boot);

/* Reads a whole line of words onto *options, which holds the defaults or an earlier state. False: *error names the first word
 * that is wrong; *options then still holds `then`, `out` and `console` of the line, whatever stands before or behind that word.
 * `room`: 2 * length + 1 bytes that stay as long as the options are used. */
bool options_parse(struct options *options, const char *line, size_t length, char *room, struct lab_error *error);

/* The backing method of that name; false: there is none. */
bool options_backing(const char *word, size_t length, enum vmm_backing *backing);

/* The names of the keys, ended by NULL. */
extern const char *const options_keys[];

/* What may be written behind each of them, in the same order; for those who offer words, not for those who check them. */
struct options_hint {
    enum { OPTIONS_OTHER, OPTIONS_ALLOC, OPTIONS_COMPARE, OPTIONS_RUN } value;
    const char *const *words; /* of OPTIONS_OTHER: words that it may be, or begin with (then '=' ends them); NULL: none */
    bool is_of_boot;          /* belongs to the kernel command line alone */
    bool is_of_runs;          /* belongs to measured runs, not to a heap at hand */
};
extern const struct options_hint options_hints[];

#endif
