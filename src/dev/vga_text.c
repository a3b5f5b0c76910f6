/* The text screen: write, wrap, scroll, and keep the hardware cursor where the next character goes. */
#include "vga_text.h"

#include <arch/port.h>

#include <stddef.h>

enum {
    BLANK = 0x0700 | ' ', /* light grey on black */
    CRTC_INDEX = 0x3D4,
    CRTC_DATA = 0x3D5,
    CURSOR_HIGH = 0x0E,
    CURSOR_LOW = 0x0F,
};

static struct {
    volatile unsigned char *cells; /* NULL: no screen */
    uint32_t columns, rows, pitch;
    uint32_t column, row;
} screen;

static volatile uint16_t *cell(uint32_t row, uint32_t column)
{
    return (volatile uint16_t *)(screen.cells + (size_t)row * screen.pitch) + column;
}

static void clear_row(uint32_t row)
{
    for (uint32_t column = 0; column < screen.columns; column++)
        *cell(row, column) = BLANK;
}

static void scroll(void)
{
    for (uint32_t row = 1; row < screen.rows; row++) {
        for (uint32_t column = 0; column < screen.columns; column++)
            *cell(row - 1, column) = *cell(row, column);
    }
    clear_row(screen.rows - 1);
}

static void next_line(void)
{
    screen.column = 0;
    if (screen.row + 1 < screen.rows)
        screen.row++;
    else
        scroll();
}

static void show_cursor(void)
{
    uint32_t position = screen.row * screen.columns + screen.column;
    arch_port_write8(CRTC_INDEX, CURSOR_HIGH);
    arch_port_write8(CRTC_DATA, (uint8_t)(position >> 8));
    arch_port_write8(CRTC_INDEX, CURSOR_LOW);
    arch_port_write8(CRTC_DATA, (uint8_t)position);
}

void vga_text_init(void *cells, uint32_t columns, uint32_t rows, uint32_t pitch)
{
    if (columns == 0 || rows == 0 || pitch < columns * 2)
        return;
    screen.cells = cells;
    screen.columns = columns;
    screen.rows = rows;
    screen.pitch = pitch;
    screen.column = screen.row = 0;
    for (uint32_t row = 0; row < rows; row++)
        clear_row(row);
    show_cursor();
}

void vga_text_move(void *cells)
{
    if (screen.cells)
        screen.cells = cells;
}

static void put(char character)
{
    if (screen.column == screen.columns)
        next_line();
    unsigned char shown = character >= ' ' && character <= '~' ? (unsigned char)character : '?';
    *cell(screen.row, screen.column++) = (uint16_t)(0x0700 | shown);
}

void vga_text_write(char character)
{
    if (!screen.cells)
        return;
    if (character == '\n')
        next_line();
    else if (character == '\r')
        screen.column = 0;
    else if (character == '\b')
        screen.column -= screen.column > 0;
    else
        put(character);
    if (screen.column < screen.columns)
        show_cursor();
}
