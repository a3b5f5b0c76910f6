/* Text into a sink: the one formatter of kfit. Kernel console, records and host programs hand in where it goes. */
#ifndef LAB_TEXT_H
#define LAB_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Where text goes. `write` takes `length` bytes, not NUL-terminated; it cannot fail. */
struct lab_sink {
    void (*write)(void *context, const char *text, size_t length);
    void *context;
};

/* A subset of printf, checked by the compiler: flags '-' and '0', width (number or *), precision (for %s: number or *),
 * length l, ll, z, j; conversions d i u x X c s p %. Nothing else: an unknown conversion, or a precision for
 * anything but %s, is an assertion. Needs no memory; text of any length. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void lab_print(const struct lab_sink *sink, const char *format, ...);
void lab_print_list(const struct lab_sink *sink, const char *format, va_list arguments);

/* A sink that fills a caller's buffer, always NUL-terminated. */
struct lab_buffer {
    char *text;
    size_t capacity;                     /* of text, NUL included; at least 1 */
    size_t length;                       /* bytes written so far, without the NUL */
    size_t wanted;                       /* bytes that were to be written: above length if text was cut */
};
struct lab_sink lab_buffer_sink(struct lab_buffer *buffer, char *text, size_t capacity);

/* `value` with a comma between groups of three digits, into `out` (at least 27 bytes); returns out. */
const char *lab_grouped(uint64_t value, char *out);

#endif
