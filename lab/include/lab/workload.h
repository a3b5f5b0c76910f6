/* Workloads: programs made by a rule instead of recorded. What an allocator does never changes them. */
#ifndef LAB_WORKLOAD_H
#define LAB_WORKLOAD_H

#include <lab/arena.h>
#include <lab/error.h>
#include <lab/program.h>
#include <lab/run.h>

enum { LAB_PARAMETERS_MAX = 8 };

/* A parameter of a workload, given as NAME:key=value. */
struct lab_parameter {
    const char *key, *help;              /* key NULL ends the table */
    uint64_t min, max;                   /* of the value */
    uint64_t low, high;                  /* default; a range has two, for a single value high is unused */
    bool is_range;                       /* the value is LOW-HIGH, or one number for both */
    const char *const *words;            /* NULL, or the words it may be, ended by NULL; the value is the word's index */
};

struct lab_values {
    uint64_t low[LAB_PARAMETERS_MAX], high[LAB_PARAMETERS_MAX];
    uint64_t seed;
};

struct lab_workload {
    const char *name;                    /* NULL ends a table */
    const char *summary;                 /* one line */
    const struct lab_parameter *parameters;
    /* Makes the program in the arena; false: the arena is too small, and as it was. */
    bool (*make)(const struct lab_values *values, struct lab_arena *arena, struct lab_program *program);
};

extern const struct lab_workload lab_workloads[];

/* By name; NULL if there is none. */
const struct lab_workload *lab_workload_find(const char *name, size_t length);

/* Reads "key=value:key=value" (length 0: all defaults) into *values. False after filling *error. */
bool lab_workload_values(const struct lab_workload *workload, const char *text, size_t length, uint64_t seed,
                         struct lab_values *values, struct lab_error *error);

#endif
