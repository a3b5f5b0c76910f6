/* A session looked at. Besides what is here: the functions of lab/session.h that change nothing. */
#ifndef LAB_SESSION_VIEW_H
#define LAB_SESSION_VIEW_H

#include <lab/session.h>

/* Does an EXPECT step: LAB_STEPPED if it holds or is not said of this allocator, else LAB_STEPPED_OTHER. Counts and tells it. */
enum lab_stepped lab_session_expect(struct lab_session *s, const struct lab_step *step, enum lab_telling telling);

#endif
