/* The console: text to every selected device, keys from the serial line. */
#include "console.h"

#include <arch/irq.h>
#include <dev/pit.h>
#include <dev/uart.h>
#include <dev/vga_text.h>

static struct {
    unsigned present, selected;
} console;

void con_init(void)
{
    if (uart_init())
        console.present |= CON_SERIAL;
    console.selected = console.present;
}

void con_add_screen(void *cells, uint32_t columns, uint32_t rows, uint32_t pitch)
{
    vga_text_init(cells, columns, rows, pitch);
    console.present |= CON_SCREEN;
    console.selected |= CON_SCREEN;
}

void con_move_screen(void *cells)
{
    vga_text_move(cells);
}

unsigned con_present(void)
{
    return console.present;
}

void con_select(unsigned devices)
{
    console.selected = devices & console.present;
}

static void write_serial(char character)
{
    if (character == '\n')
        uart_write('\r');
    uart_write((uint8_t)character);
}

void con_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (console.selected & CON_SERIAL)
            write_serial(text[i]);
        if (console.selected & CON_SCREEN)
            vga_text_write(text[i]);
    }
}

_Static_assert((int)CON_DOUBTFUL == (int)UART_DOUBTFUL, "handed on as it is");

int con_read(void)
{
    return uart_read();
}

void con_use_interrupts(void)
{
    uart_use_interrupts();
}

/* The tick bounds the wait; without it the caller's loop polls. */
void con_wait(void)
{
    bool was_enabled = arch_irq_disable();
    if (was_enabled && pit_is_ticking() && !uart_poll())
        arch_irq_wait();
    arch_irq_restore(was_enabled);
}

size_t con_losses(void)
{
    return uart_overruns();
}
