/* The serial port at COM1, a 16550: 115200 baud, 8 data bits, no parity, 1 stop bit. Every wait is bounded. Input comes by
 * polling, and by interrupt too once that is asked for. Not to be called from interrupt context. */
#ifndef DEV_UART_H
#define DEV_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets the port up. False: nothing answers there; then writes do nothing and reads find nothing. */
bool uart_init(void);

/* Sends one byte. While it waits for the transmitter it takes in what has arrived, so that long output does not make a
 * pasted line overrun the 16-byte FIFO. */
void uart_write(uint8_t byte);

/* The next byte received, 0 to 255, or -1 if there is none now. UART_DOUBTFUL is set in it if bytes were lost near it, because
 * more came than the FIFO and the 4 KiB behind it hold. */
enum { UART_DOUBTFUL = 0x100 };
int uart_read(void);

/* Moves what has arrived into memory; true: there is something to read. For loops that neither read nor write for long. */
bool uart_poll(void);

/* From now on the port's interrupt does the same, wherever it reaches the processor. */
void uart_use_interrupts(void);

/* How often bytes were lost since the start: one or more each time. */
size_t uart_overruns(void);

#endif
