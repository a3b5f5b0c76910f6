/* The content of blocks in a run: written when a block is handed out, read again before it goes. See content.h. */
#include "content.h"

#define CONTENT_STEP ((size_t)4096)

uint32_t lab_content_stamp(uint32_t slot, size_t operation)
{
    return (slot + 1) * 0x9E3779B1u ^ ((uint32_t)operation + 1) * 0x85EBCA6Bu;
}

/* The byte at one offset. The multiplication spreads stamp and offset over the top byte. */
static unsigned char pattern(uint32_t stamp, size_t offset)
{
    return (unsigned char)((stamp ^ (uint32_t)offset) * 0xC2B2AE35u >> 24);
}

/* The offset after this one: each step, then the last byte, then `size`. */
static size_t next_offset(size_t offset, size_t size)
{
    size_t last = size - 1;
    if (offset == last)
        return size;
    return last - offset <= CONTENT_STEP ? last : offset + CONTENT_STEP;
}

void lab_content_write(unsigned char *payload, size_t size, uint32_t stamp)
{
    for (size_t offset = 0; offset < size; offset = next_offset(offset, size))
        payload[offset] = pattern(stamp, offset);
}

bool lab_content_is_intact(const unsigned char *payload, size_t size, uint32_t stamp, size_t kept)
{
    for (size_t offset = 0; offset < size && offset < kept; offset = next_offset(offset, size)) {
        if (payload[offset] != pattern(stamp, offset))
            return false;
    }
    return true;
}
