/* CRC-32, the checksum of gzip, zlib and Ethernet: to see whether bytes are still what they were. */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of `length` bytes (any number, 0 too; not written to), going on from `crc`, that of the bytes before them: 0 at
 * the first. So crc32(crc32(0, a, n), b, m) is that of a and b in a row. Any context. */
uint32_t crc32(uint32_t crc, const void *bytes, size_t length);

#endif
