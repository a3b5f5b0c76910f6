/* Traces: the text form of a program (docs/traces.md). */
#ifndef LAB_TRACE_H
#define LAB_TRACE_H

#include <lab/arena.h>
#include <lab/error.h>
#include <lab/program.h>
#include <lab/run.h>

/* Parses text[0 .. length), not necessarily ended by NUL, into *program; its operations are taken from `arena` and stay
 * there. LAB_OK; LAB_BAD_INPUT with *error naming line, text and fault; LAB_NO_SCRATCH. If not LAB_OK the arena is as it was
 * and the program is empty. A `r` with size 0 on an unknown ID becomes a LAB_FREE of LAB_NULL_SLOT.
 * Scratch: sizeof(struct lab_op) an operation; while parsing another 72 to 144 bytes for each block live at once. */
enum lab_status lab_trace_parse(const char *text, size_t length, struct lab_arena *arena, struct lab_program *program,
                                struct lab_error *error);

#endif
