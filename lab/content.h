/* The content of blocks in a run: a pattern at the edges of each payload and on each of its pages, which only its own block
 * could have there. Two blocks that overlap, a copy that is too short and a header written into a payload show up in it. */
#ifndef LAB_CONTENT_H
#define LAB_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number for one filling of one slot, from which its pattern follows. */
uint32_t lab_content_stamp(uint32_t slot, size_t operation);

/* Writes the first byte, the last, and one each 4096 bytes in between: each page of the payload is touched. */
void lab_content_write(unsigned char *payload, size_t size, uint32_t stamp);

/* Whether a payload that was written with `size` and `stamp` still holds its pattern, as far as that lies in its first
 * `kept` bytes. */
bool lab_content_is_intact(const unsigned char *payload, size_t size, uint32_t stamp, size_t kept);

#endif
