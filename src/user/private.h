/* Inside user/: what its files share. */
#ifndef USER_PRIVATE_H
#define USER_PRIVATE_H

#include "program.h"

/* Where the segments of programs lie, the same at both widths: [16 MiB, 256 MiB), each at a multiple of 4 MiB, which is one
 * of VMM_REGION_ALIGN. programs/program.ld keeps to it. */
enum { USER_SEGMENTS = 16 << 20, USER_SEGMENTS_LAST = (256 << 20) - 1, USER_SEGMENT_ALIGN = 4 << 20 };

/* calls.c: one system call of the program, its number and arguments whatever they are. */
uintptr_t user_serve(struct user_program *p, const struct arch_user_call *call);

/* run.c: cycles that the console took to write a program's text. They count for nobody. */
void user_count_written(uint64_t cycles);

#endif
