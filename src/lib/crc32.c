/* CRC-32: the remainder of the bytes, least significant bit first, divided by one fixed polynomial over bits.
 *
 * Polynomial 0x04C11DB7, written in reverse as 0xEDB88320; start and result are inverted. Four bits at a time:
 * remainder_of[n] is what shifting out the four bits n leaves behind. Source: ISO/IEC 3309; RFC 1952, section 8. */
#include <lib/crc32.h>

static const uint32_t remainder_of[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

uint32_t crc32(uint32_t crc, const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    crc = ~crc;
    for (size_t i = 0; i < length; i++) {
        crc ^= byte[i];
        crc = crc >> 4 ^ remainder_of[crc & 15];
        crc = crc >> 4 ^ remainder_of[crc & 15];
    }
    return ~crc;
}
