/* Inside lab/: the expectations of a program, each held against the heap when it is due. */
#ifndef LAB_DUES_H
#define LAB_DUES_H

#include <lab/run.h>

struct dues {
    const struct lab_program *program;
    const char *policy;
    bool is_own, is_plain;
    size_t next; /* of program->due */
};

struct dues dues_of(const struct lab_program *program, const struct lab_run *run);

/* Holds what is due after result->done operations against the heap. The first that fails stays in the result. */
void dues_check(struct dues *dues, const struct lab_view *view, struct lab_result *result);

#endif
