/* Port input and output, for drivers. */
#ifndef ARCH_PORT_H
#define ARCH_PORT_H

#include <stdint.h>

static inline void arch_port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t arch_port_read8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#endif
