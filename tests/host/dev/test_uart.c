/* The serial port's driver over a port that is played: a 16550 whose sender does not wait. Every byte comes out in its order, or the
 * place of the loss is marked. */
#include "support.h"

#include <string.h>

/* In place of <arch/port.h>: the driver's ports are the functions below. */
#define ARCH_PORT_H
static uint8_t arch_port_read8(uint16_t port);
static void arch_port_write8(uint16_t port, uint8_t value);

#include "../../../src/dev/uart.c"

enum { BYTES = 200000, PORT_FIFO = 16 };

/* ---- the port ---- */

static struct {
    uint8_t fifo[PORT_FIFO];
    size_t waiting;
    bool overrun;
    uint8_t scratch;
    bool is_there;
} port;

/* What was sent, in order, and whether it was lost on the way. */
static struct {
    uint8_t byte;
    bool is_lost;
} sent[BYTES];
static size_t sent_count, lost_count;
static arch_irq_fn *handler;
static size_t bytes_per_read; /* how many arrive while the driver reads a register, in sixteenths */
static uint64_t random_state;

static void arrive(void)
{
    if (sent_count == BYTES)
        return;
    uint8_t byte = (uint8_t)test_random(&random_state);
    sent[sent_count].byte = byte;
    sent[sent_count++].is_lost = port.waiting == PORT_FIFO;
    if (port.waiting == PORT_FIFO) {
        port.overrun = true;
        lost_count++;
    } else {
        port.fifo[port.waiting++] = byte;
    }
}

static uint8_t take_from_fifo(void)
{
    uint8_t byte = port.fifo[0];
    assert_true(port.waiting > 0);
    memmove(port.fifo, port.fifo + 1, --port.waiting);
    return byte;
}

static uint8_t arch_port_read8(uint16_t number)
{
    uint8_t status = 0;
    if (!port.is_there)
        return 0xFF;
    if (test_random(&random_state) % 16 < bytes_per_read)
        arrive();
    switch (number - BASE) {
    case DATA:
        return take_from_fifo();
    case STATUS:
        status = (uint8_t)(STATUS_ROOM | (port.waiting ? STATUS_DATA : 0) | (port.overrun ? STATUS_OVERRUN : 0));
        port.overrun = false;
        return status;
    case SCRATCH:
        return port.scratch;
    default:
        return 0;
    }
}

static void arch_port_write8(uint16_t number, uint8_t value)
{
    if (number - BASE == SCRATCH)
        port.scratch = value;
}

bool arch_irq_disable(void)
{
    return true;
}

void arch_irq_restore(bool was_enabled)
{
    (void)was_enabled;
}

void arch_irq_register(unsigned irq_line, arch_irq_fn *wanted)
{
    assert_int_equal(irq_line, ARCH_IRQ_SERIAL);
    handler = wanted;
}

/* ---- the reader ---- */

static size_t read_count; /* bytes of sent[] that have come out or been skipped as lost */
static bool is_marked;    /* the last byte that came out was doubtful */

/* One byte out of the driver must be the next that was not lost; around a loss one of the two neighbours is marked. */
static void check(int key)
{
    bool passes_loss = false;
    for (; read_count < sent_count && sent[read_count].is_lost; read_count++)
        passes_loss = true;
    assert_true(read_count < sent_count);
    assert_int_equal(key & 0xFF, sent[read_count++].byte);
    bool is_now_marked = (key & UART_DOUBTFUL) != 0;
    if (passes_loss && !is_marked && !is_now_marked)
        fail_msg("a loss before byte %zu passes unmarked", read_count);
    is_marked = is_now_marked;
}

static int setup(void **state)
{
    (void)state;
    memset(&uart, 0, sizeof uart);
    memset(&port, 0, sizeof port);
    port.is_there = true;
    sent_count = lost_count = read_count = 0;
    is_marked = false;
    handler = NULL;
    random_state = 9;
    assert_true(uart_init());
    uart_use_interrupts();
    return 0;
}

/* Arrivals, interrupts and reads in random order; `pace` says how fast the reader is. */
static void exchange(size_t pace, bool has_interrupts)
{
    size_t marked = 0, read = 0;
    while (sent_count < BYTES) {
        for (size_t burst = (size_t)(test_random(&random_state) % 40); burst > 0; burst--) {
            arrive();
            if (has_interrupts && port.waiting >= 8 && test_random(&random_state) % 16 > 0)
                handler();
        }
        for (size_t turns = (size_t)(test_random(&random_state) % pace); turns > 0; turns--) {
            int key = uart_read();
            if (key < 0)
                continue;
            check(key);
            marked += (key & UART_DOUBTFUL) != 0;
            read++;
        }
    }
    for (int key; (key = uart_read()) >= 0; read++)
        check(key);
    assert_int_equal(read + lost_count, BYTES);
    assert_true(marked <= (size_t)(FIFO_BYTES + 1) * uart_overruns() && uart_overruns() <= lost_count);
    assert_int_equal(uart_overruns() > 0, lost_count > 0);
}

static void a_fast_reader_loses_nothing(void **state)
{
    (void)state;
    bytes_per_read = 0;
    for (size_t i = 0; i < BYTES; i++) {
        arrive();
        if (i % 8 == 7)
            handler();
        if (i % 2000 == 1999) {
            for (int key; (key = uart_read()) >= 0;)
                check(key);
        }
    }
    assert_int_equal(lost_count, 0);
    assert_int_equal(uart_overruns(), 0);
    assert_int_equal(read_count, BYTES);
}

static void losses_are_marked_with_interrupts(void **state)
{
    (void)state;
    bytes_per_read = 1;
    exchange(30, true);
    assert_true(lost_count > 1000);
}

static void losses_are_marked_by_polling(void **state)
{
    (void)state;
    bytes_per_read = 3;
    exchange(80, false);
    assert_true(lost_count > 1000);
}

static void no_port(void **state)
{
    (void)state;
    memset(&uart, 0, sizeof uart);
    port.is_there = false;
    assert_false(uart_init());
    assert_int_equal(uart_read(), -1);
    uart_write('x');
    assert_int_equal(uart_overruns(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_fast_reader_loses_nothing, setup),
        cmocka_unit_test_setup(losses_are_marked_with_interrupts, setup),
        cmocka_unit_test_setup(losses_are_marked_by_polling, setup),
        cmocka_unit_test_setup(no_port, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
