/* What users write for an allocator, a list of allocators, and a run; see docs/reference.md. */
#ifndef LAB_SPEC_H
#define LAB_SPEC_H

#include <lab/error.h>
#include <lab/workload.h>

enum { LAB_COMPARE_MAX = 32, LAB_TRACES_MAX = 16 };

/* An allocator with its options: NAME[:key=value...]. */
struct lab_alloc_spec {
    const struct heap_ops *policy;
    size_t grain;                        /* the option every allocator has: grow=BYTES, a multiple of 4096; 0: default */
    size_t options[HEAP_OPTIONS_MAX];    /* policy->options, in that order */
    const char *text;                    /* as the user wrote it; text_length characters, in the user's memory */
    size_t text_length;
};

/* The option every allocator has, in the form of the policies' own. */
extern const struct heap_option lab_grow_option;

/* False after filling *error. `text` must stay as long as the specification is used. */
bool lab_parse_alloc(const char *text, size_t length, struct lab_alloc_spec *spec, struct lab_error *error);

/* `all`, or specifications separated by commas, none of them twice (one allocator with different options may stand beside
 * itself). Room for LAB_COMPARE_MAX. False after filling *error. */
bool lab_parse_compare(const char *text, size_t length, struct lab_alloc_spec *specs, size_t *count,
                       struct lab_error *error);

enum lab_run_kind {
    LAB_RUN_NONE,
    LAB_RUN_TRACES,                      /* trace:A,B,C */
    LAB_RUN_WORKLOAD,                    /* NAME[:key=value...] */
    LAB_RUN_SCENARIO,                    /* scenario:NAME */
    LAB_RUN_SELFTEST,                    /* selftest[:PART] */
    LAB_RUN_TOUR,
};

/* Parts of the self-tests: what the kernel takes from the machine, and the allocators on it. */
enum lab_selftest { LAB_SELFTEST_ALL, LAB_SELFTEST_MACHINE, LAB_SELFTEST_HEAPS };

struct lab_name {
    const char *text;
    size_t length;
};

struct lab_run_spec {
    enum lab_run_kind kind;
    struct lab_name traces[LAB_TRACES_MAX];
    size_t trace_count;
    const struct lab_workload *workload;
    struct lab_values values;            /* its seed is set later, by the user's seed= */
    struct lab_name scenario;            /* whether there is one is seen when it is loaded */
    enum lab_selftest selftest;
    const char *text;                    /* as the user wrote it */
    size_t text_length;
};

/* The words that follow `selftest:`, ended by NULL. */
extern const char *const lab_selftest_words[];

/* The words a run may begin with that are no workload's name, ended by NULL. */
extern const char *const lab_run_words[];

/* False after filling *error. The names of traces point into `text`. */
bool lab_parse_run(const char *text, size_t length, struct lab_run_spec *spec, struct lab_error *error);

#endif
