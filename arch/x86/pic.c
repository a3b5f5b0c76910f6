/* The pair of 8259A interrupt controllers: the second one's output is line 2 of the first.
 *
 *      line 0 timer, 1 keyboard, 2 second controller, 4 COM1, 7 printer, 8 clock, 15 disk
 *
 * A request that vanishes before the processor has acknowledged it comes in as line 7 (of its controller) with no bit set in
 * the in-service register: a spurious interrupt. Source: Intel 8259A data sheet, initialisation and operation command words.
 */
#include "pic.h"

#include <arch/port.h>

#include <stdint.h>

enum {
    COMMAND_1 = 0x20,
    MASK_1 = 0x21,
    COMMAND_2 = 0xA0,
    MASK_2 = 0xA1,
    DELAY = 0x80, /* a write nobody listens to, as long as a slow controller needs between two of its own */

    ICW1_INIT = 0x11, /* edge-triggered, cascaded, a fourth word follows */
    ICW3_FIRST = 0x04,
    ICW3_SECOND = 0x02,
    ICW4_8086 = 0x01,
    OCW2_END = 0x20,
    OCW3_READ_SERVICE = 0x0B,

    CASCADE = 2, /* the first controller's line to the second */
    PROBE = 0xFB,
};

static struct {
    bool is_present;
    uint16_t masked;
} pic;

static void set(uint16_t port, unsigned value)
{
    arch_port_write8(port, (uint8_t)value);
    arch_port_write8(DELAY, 0);
}

static void write_masks(void)
{
    set(MASK_1, pic.masked & 0xFF);
    set(MASK_2, pic.masked >> 8);
}

void pic_init(unsigned first_vector)
{
    set(COMMAND_1, ICW1_INIT);
    set(COMMAND_2, ICW1_INIT);
    set(MASK_1, first_vector);
    set(MASK_2, first_vector + 8);
    set(MASK_1, ICW3_FIRST);
    set(MASK_2, ICW3_SECOND);
    set(MASK_1, ICW4_8086);
    set(MASK_2, ICW4_8086);
    set(MASK_1, PROBE);
    pic.is_present = arch_port_read8(MASK_1) == PROBE;
    pic.masked = 0xFFFF & ~(1u << CASCADE);
    write_masks();
}

void pic_mask(unsigned line, bool is_masked)
{
    uint16_t bit = (uint16_t)(1u << line);
    pic.masked = is_masked ? pic.masked | bit : (uint16_t)(pic.masked & ~bit);
    write_masks();
}

static bool is_in_service(unsigned line)
{
    uint16_t port = line < 8 ? COMMAND_1 : COMMAND_2;
    arch_port_write8(port, OCW3_READ_SERVICE);
    return arch_port_read8(port) >> line % 8 & 1;
}

bool pic_is_spurious(unsigned line)
{
    return line % 8 == 7 && !(pic.is_present && is_in_service(line));
}

void pic_end(unsigned line)
{
    if (line >= 8)
        arch_port_write8(COMMAND_2, OCW2_END);
    arch_port_write8(COMMAND_1, OCW2_END);
}

void pic_end_spurious(unsigned line)
{
    if (line >= 8)
        arch_port_write8(COMMAND_1, OCW2_END);
}
