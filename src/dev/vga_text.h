/* A text screen in memory, as the firmware describes it (Multiboot2 framebuffer tag, type 2). */
#ifndef DEV_VGA_TEXT_H
#define DEV_VGA_TEXT_H

#include <stdint.h>

/* Uses the screen at `cells`, mapped by the caller: `columns` x `rows` cells of two bytes, `pitch` bytes a row.
 * Clears it. Before this call writes do nothing. */
void vga_text_init(void *cells, uint32_t columns, uint32_t rows, uint32_t pitch);

/* The same cells are mapped at another address now; NULL: nowhere any more. */
void vga_text_move(void *cells);

/* One character: printable ASCII, '\n', '\r', '\b' (one step back); anything else shows as '?'. Scrolls. */
void vga_text_write(char character);

#endif
