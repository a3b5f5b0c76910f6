/* Bytes between the kernel and the program under way: checked first, then copied, never a fault of the kernel's. */
#ifndef USER_COPY_H
#define USER_COPY_H

#include <mm/vmm.h>

/* Whether a program in this space may read (or write) all of [address, address + bytes): any numbers. The range lies in the
 * committed part of one of its regions, whose rights allow it. 0 bytes: always. Changes nothing; any context. */
bool user_may_touch(struct vmm_space *space, vaddr_t address, size_t bytes, bool write);

/* Copies from or to the program whose space this is, and which is in force. False: the program may not touch all of it, and
 * nothing has changed; or a page frame was refused on purpose, then part of the target may be zeroed. Not in a handler. */
bool user_copy_in(struct vmm_space *space, void *to, vaddr_t from, size_t bytes);
bool user_copy_out(struct vmm_space *space, vaddr_t to, const void *from, size_t bytes);

#endif
