/* Writing to blocks and reading from them, page by page, and what the memory below does about it. */
#ifndef LAB_TOUCH_H
#define LAB_TOUCH_H

#include <lab/session.h>

/* Does a WRITE or READ step. LAB_STEPPED; LAB_STEPPED_BAD_STEP: the block never was, or the bytes lie outside the heap. */
enum lab_stepped lab_touch(struct lab_session *s, const struct lab_step *step, enum lab_telling telling);

#endif
