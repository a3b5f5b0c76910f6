/* The 16550 at COM1: polled, with a ring in memory behind its 16-byte receive FIFO.
 * Source: PC16550D data sheet, registers by offset from the base port. */
#include "uart.h"

#include <arch/port.h>

#include <stddef.h>

enum {
    BASE = 0x3F8,
    DATA = 0,       /* divisor low byte while DLAB is set */
    INTERRUPTS = 1, /* divisor high byte while DLAB is set */
    FIFO = 2,
    LINE = 3,
    MODEM = 4,
    STATUS = 5,
    SCRATCH = 7,

    LINE_8N1 = 0x03,
    LINE_DLAB = 0x80,
    FIFO_ON = 0xC7, /* enabled, both cleared, trigger at 14 bytes */
    MODEM_DTR_RTS = 0x03,
    STATUS_DATA = 0x01,
    STATUS_OVERRUN = 0x02,
    STATUS_ROOM = 0x20,

    DIVISOR_115200 = 1,
    WAIT_BOUND = 100000, /* polls: far above the time of a byte, far below a person's patience */
    RING = 4096,
};

static struct {
    bool present, overrun;
    uint8_t ring[RING];
    size_t head, count;
} uart;

static uint8_t get(uint16_t reg)
{
    return arch_port_read8((uint16_t)(BASE + reg));
}

static void set(uint16_t reg, uint8_t value)
{
    arch_port_write8((uint16_t)(BASE + reg), value);
}

/* A register that only stores: where there is no port, 0xFF comes back. */
static bool answers(void)
{
    set(SCRATCH, 0x5A);
    if (get(SCRATCH) != 0x5A)
        return false;
    set(SCRATCH, 0xA5);
    return get(SCRATCH) == 0xA5;
}

bool uart_init(void)
{
    if (!answers())
        return false;
    set(INTERRUPTS, 0);
    set(LINE, LINE_DLAB);
    set(DATA, DIVISOR_115200);
    set(INTERRUPTS, 0);
    set(LINE, LINE_8N1);
    set(FIFO, FIFO_ON);
    set(MODEM, MODEM_DTR_RTS);
    uart.present = true;
    return true;
}

void uart_poll(void)
{
    if (!uart.present)
        return;
    while (uart.count < RING) { /* what does not fit stays in the port, where a sender that can wait sees it */
        uint8_t status = get(STATUS);
        if (status & STATUS_OVERRUN)
            uart.overrun = true;
        if (!(status & STATUS_DATA))
            return;
        uart.ring[(uart.head + uart.count++) % RING] = get(DATA);
    }
}

void uart_write(uint8_t byte)
{
    if (!uart.present)
        return;
    for (unsigned i = 0; i < WAIT_BOUND && !(get(STATUS) & STATUS_ROOM); i++)
        uart_poll();
    set(DATA, byte);
}

int uart_read(void)
{
    uart_poll();
    if (uart.count == 0)
        return -1;
    uint8_t byte = uart.ring[uart.head];
    uart.head = (uart.head + 1) % RING;
    uart.count--;
    return byte;
}

bool uart_take_overrun(void)
{
    bool overrun = uart.overrun;
    uart.overrun = false;
    return overrun;
}
