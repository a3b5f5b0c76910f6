/* Guards: what harden 3 puts around every block, whatever the policy.
 *
 *      the policy's payload                                                            its usable end
 *      |                                                                                            |
 *      +-------------------+--------------------------------+----------------------+----------------+
 *      | filled with ZONE  | size | room | birth    | seal   | the caller's payload | filled with    |
 *      | (large alignment) |      |      |          |        | `size` bytes         | ZONE, >= BACK  |
 *      +-------------------+--------------------------------+----------------------+----------------+
 *      |<-------------- front: max(FRONT, align) ---------->|
 *
 * The record in front says what was asked for, and is sealed with a number that every one of its words and its address
 * change. A write past the payload's end hits the ZONE behind it, which is checked to the byte; a write before its start hits
 * the seal first. The payload is filled with FRESH when it is handed out and with FREED when it comes back. A freed block then
 * waits in the quarantine, first in, first out: until it leaves, a write to it is seen. All waiting blocks go back to the
 * policy before the heap grows or refuses a request.
 *
 * guard_ops is a table of operations around the policy's own (h->ops); the front-end calls it in the policy's place. The
 * pointers it takes and gives are the caller's.
 */
#ifndef ALLOC_GUARD_H
#define ALLOC_GUARD_H

#include <alloc/heap_ops.h>

enum {
    GUARD_FRESH = 0xDB, /* bytes that were handed out and not yet written */
    GUARD_FREED = 0xDF, /* bytes of a freed block */
    GUARD_ZONE = 0xFB,  /* bytes that belong to nobody */
    GUARD_BACK = 64,    /* least bytes of the zone behind a payload */
};

#define GUARD_FRONT (4 * sizeof(size_t)) /* the record; a multiple of HEAP_ALIGN */

/* alloc, free, resize, need, usable, granted and block_size; the others are the policy's alone. */
extern const struct heap_ops guard_ops;

/* Whether the record and zones of the live block at ptr are as they were written, and its usable size what the policy
 * says; false after blaming. */
bool guard_is_intact(struct heap *h, const void *ptr);

/* The same for every live block and, poison included, every waiting one. */
bool guard_check(struct heap *h);

/* What is known of the waiting block at ptr goes into `fault`; false: none waits there. */
bool guard_recall(const struct heap *h, const void *ptr, struct heap_fault *fault);

#endif
