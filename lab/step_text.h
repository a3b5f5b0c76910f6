/* Steps written as statements: what `history` prints, and may be typed again. */
#ifndef LAB_STEP_TEXT_H
#define LAB_STEP_TEXT_H

#include <lab/script.h>

/* "alloc 19192 as d", without a line's end. Sizes are bytes, as the step has them. */
void lab_step_print(const struct lab_sink *sink, const struct lab_script *script, const struct lab_step *step);

#endif
