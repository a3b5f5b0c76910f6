/* The console: one stream of text out to the serial line and the screen, one stream of keys in from the serial line.
 * Text is ASCII; '\n' becomes CR LF on the serial line. */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum con_devices {
    CON_SERIAL = 1,
    CON_SCREEN = 2,
};

/* Finds the serial port. Text goes there; nothing is lost if there is none. */
void con_init(void);

/* Adds the text screen the firmware gave (see dev/vga_text.h), or tells that its cells are mapped elsewhere now. */
void con_add_screen(void *cells, uint32_t columns, uint32_t rows, uint32_t pitch);
void con_move_screen(void *cells);

/* Which devices there are, and which of them get text from now on (a set of enum con_devices). */
unsigned con_present(void);
void con_select(unsigned devices);

void con_write(const char *text, size_t length);

/* The next key, 0 to 255, or -1 if none is there now. CON_DOUBTFUL is set in it if input was lost near it. */
enum { CON_DOUBTFUL = 0x100 };
int con_read(void);

/* Keys come by interrupt from now on, besides the polling of con_read. */
void con_use_interrupts(void);

/* To be called between two con_read that found nothing: the processor rests until an interrupt comes, a key's or the
 * timer's next tick. Returns at once where the timer has not been seen to tick. */
void con_wait(void);

/* Losses of input since the start, of one key or more each. */
size_t con_losses(void);

#endif
