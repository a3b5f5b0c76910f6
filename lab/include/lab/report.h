/* Results as text for people: the comparison table, and the report of a single run. Plain ASCII, at most 100 columns;
 * every unit is named, nothing is told by colour. Scripts read the records of record.h instead. */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include <lab/run.h>

/* One row of the table: what lab_run_program said of one allocator. */
struct lab_row {
    const char *alloc; /* as the user gave it, options included */
    enum lab_status status;
    const struct lab_result *result; /* read if status is LAB_OK or LAB_CORRUPT */
    const char *family; /* rows of one family stand under one heading in a long table; NULL: under none */
};

/* One line for a status, without a full stop: "not enough memory for the heap". */
const char *lab_status_text(enum lab_status status);

/* What a check found: "ok", "off", the text of a fault, or what a run sees where a heap does not: "payload overwritten",
 * "payload outside the heap". */
const char *lab_check_text(const struct lab_result *result);

/* A finding in one line, without its end; `what` is the text of its class, or lab_check_text():
 *     HEAP: buffer overflow: 3 bytes past end at 0x1f40 (block 0x1ed0 size 112, allocator first-fit, op #17, allocated by #4)
 * The numbers behind # count the calls of the heap, from 1. */
void lab_print_fault(const struct lab_sink *sink, const char *what, const struct heap_fault *fault, const char *policy);

/* The same run under several allocators, one row each in two parts (memory, work). The best of each column is marked, the
 * formulas of the columns stand beneath (if `explains`), and a few words say who was best at what. `run` names run and seed; its policy is
 * not read. A row whose status is not LAB_OK says so instead of figures. */
void lab_report_comparison(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                           const struct lab_row *rows, size_t count, bool explains);

/* Everything measured of one run that ended LAB_OK or LAB_CORRUPT: at most 30 lines. */
void lab_report_run(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                    const struct lab_result *result);

#endif
