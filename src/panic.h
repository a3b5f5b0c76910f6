/* The end in bad order: a report for people and for scripts, then the exit status. */
#ifndef PANIC_H
#define PANIC_H

#include <lab/text.h>

/* Where reports go; before it is called they go to the console as text. */
void panic_set_records(const struct lab_sink *records);

/* Leaves with this status: the `end` record, then the emulator's exit port; halts where there is none. */
_Noreturn void leave(const struct lab_sink *records, unsigned status);

#endif
