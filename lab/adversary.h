/* Robson's adversary: requests that drive any allocator which does not move blocks to the memory that theory says it needs. */
#ifndef LAB_ADVERSARY_H
#define LAB_ADVERSARY_H

#include <lab/session.h>

/* Plays an ADVERSARY step against the session's heap: never more than LIVE bytes in whole blocks are live, the largest of
 * LARGEST. Its blocks stay live. Sets high and bound of the session. LAB_STEPPED (also when the heap refuses a request: the game ends there, and so
 * it is told), LAB_STEPPED_BAD_STEP: LIVE is no multiple of the unit, or LARGEST none by a power of two, or too little memory. */
enum lab_stepped lab_adversary_play(struct lab_session *s, const struct lab_step *step, enum lab_telling telling);

/* Bytes that no allocator can do with less of: M (log2(n) / 2 + 1) - n + 1 units, with `live` M and `largest` n in units. */
uint64_t lab_adversary_bound(uint64_t live, uint64_t largest, uint64_t unit);

#endif
