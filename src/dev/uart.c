/* The 16550 at COM1, with a ring in memory behind its 16-byte receive FIFO.
 *
 * What arrives is moved into the ring by the port's interrupt and by every poll alike, so that input works where no
 * interrupt comes. The two share the ring: the main code touches it with interrupts off only. A full ring leaves bytes in
 * the port and its request standing; reading polls first, which empties the port and lets the next request through.
 *
 * When the port overruns, what is lost lies behind the bytes that wait in its FIFO, 16 at most: those and the next one are
 * marked in the ring, so that whoever reads them, much later perhaps, knows which line is not whole.
 *
 * Source: PC16550D data sheet, registers by offset from the base port. */
#include "uart.h"

#include <arch/irq.h>
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
    INTERRUPT_RECEIVED = 0x01,
    FIFO_ON = 0x87, /* enabled, both cleared, trigger at 8 bytes: the time of 8 more to answer the interrupt */
    MODEM_DTR_RTS = 0x03,
    MODEM_INTERRUPT = 0x08, /* OUT2: on a PC the gate between the port and its interrupt line */
    STATUS_DATA = 0x01,
    STATUS_OVERRUN = 0x02,
    STATUS_ROOM = 0x20,

    DIVISOR_115200 = 1,
    WAIT_BOUND = 100000, /* polls: far above the time of a byte, far below a person's patience */
    RING = 4096,
    FIFO_BYTES = 16,
};

static struct {
    bool present;
    uint16_t ring[RING]; /* bytes, some with UART_DOUBTFUL */
    size_t head, count;
    unsigned doubtful; /* of the bytes to come, those near a loss */
    size_t overruns;
} uart;

static uint8_t get(uint16_t reg)
{
    return arch_port_read8((uint16_t)(BASE + reg));
}

static void set(uint16_t reg, uint8_t value)
{
    arch_port_write8((uint16_t)(BASE + reg), value);
}

/* Reading the status clears the overrun bit: nobody may read it but here. */
static uint8_t line_status(void)
{
    uint8_t status = get(STATUS);
    if (status & STATUS_OVERRUN) {
        uart.overruns++;
        uart.doubtful = FIFO_BYTES + 1;
    }
    return status;
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

/* Interrupts are off. What does not fit stays in the port, where a sender that can wait sees it. */
static void take_in(void)
{
    while (uart.count < RING && line_status() & STATUS_DATA) {
        uint16_t mark = uart.doubtful > 0 ? UART_DOUBTFUL : 0;
        uart.doubtful -= uart.doubtful > 0;
        uart.ring[(uart.head + uart.count++) % RING] = get(DATA) | mark;
    }
}

void uart_use_interrupts(void)
{
    if (!uart.present)
        return;
    arch_irq_register(ARCH_IRQ_SERIAL, take_in);
    set(MODEM, MODEM_DTR_RTS | MODEM_INTERRUPT);
    set(INTERRUPTS, INTERRUPT_RECEIVED);
}

bool uart_poll(void)
{
    if (!uart.present)
        return false;
    bool was_enabled = arch_irq_disable();
    take_in();
    bool has_input = uart.count > 0;
    arch_irq_restore(was_enabled);
    return has_input;
}

void uart_write(uint8_t byte)
{
    if (!uart.present)
        return;
    for (unsigned i = 0; i < WAIT_BOUND && !(line_status() & STATUS_ROOM); i++)
        uart_poll();
    set(DATA, byte);
}

int uart_read(void)
{
    int byte = -1;
    bool was_enabled = arch_irq_disable();
    if (uart_poll()) {
        byte = uart.ring[uart.head];
        uart.head = (uart.head + 1) % RING;
        uart.count--;
    }
    arch_irq_restore(was_enabled);
    return byte;
}

size_t uart_overruns(void)
{
    bool was_enabled = arch_irq_disable();
    size_t overruns = uart.overruns;
    arch_irq_restore(was_enabled);
    return overruns;
}
