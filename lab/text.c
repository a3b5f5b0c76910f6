/* The formatter: a format string and its arguments become calls of a sink's write. */
#include <lab/text.h>

#include <alloc/heap_ops.h>

#include "cstring.h"

enum length { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_SIZE, LENGTH_MAX };

/* One conversion, from '%' to its letter. */
struct conversion {
    bool is_left, is_zero_filled, has_precision;
    int width, precision;
    enum length length;
    char letter;
};

/* va_list cannot be passed by address portably unless it is inside a structure. */
struct arguments {
    va_list list;
};

static void put(const struct lab_sink *sink, const char *text, size_t length)
{
    if (length > 0)
        sink->write(sink->context, text, length);
}

static void put_repeated(const struct lab_sink *sink, char character, int count)
{
    char run[16];
    for (size_t i = 0; i < sizeof run; i++)
        run[i] = character;
    for (; count > 0; count -= (int)sizeof run)
        put(sink, run, count < (int)sizeof run ? (size_t)count : sizeof run);
}

/* A number or '*' at *format. */
static int parse_count(const char **format, struct arguments *arguments)
{
    int count = 0;
    if (**format == '*') {
        (*format)++;
        return va_arg(arguments->list, int);
    }
    while (**format >= '0' && **format <= '9')
        count = count * 10 + (*(*format)++ - '0');
    return count;
}

static enum length parse_length(const char **format)
{
    char letter = **format;
    if (letter != 'l' && letter != 'z' && letter != 'j')
        return LENGTH_INT;
    (*format)++;
    if (letter == 'z')
        return LENGTH_SIZE;
    if (letter == 'j')
        return LENGTH_MAX;
    if (**format != 'l')
        return LENGTH_LONG;
    (*format)++;
    return LENGTH_LONG_LONG;
}

static struct conversion parse_conversion(const char **format, struct arguments *arguments)
{
    struct conversion c = {.letter = 0};
    for (;; (*format)++) {
        if (**format == '-')
            c.is_left = true;
        else if (**format == '0')
            c.is_zero_filled = true;
        else
            break;
    }
    c.width = parse_count(format, arguments);
    if (c.width < 0) {
        c.is_left = true;
        c.width = -c.width;
    }
    if (**format == '.') {
        (*format)++;
        c.has_precision = true;
        c.precision = parse_count(format, arguments);
    }
    c.length = parse_length(format);
    c.letter = *(*format)++;
    return c;
}

static uint64_t next_unsigned(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_LONG:
        return va_arg(arguments->list, unsigned long);
    case LENGTH_LONG_LONG:
        return va_arg(arguments->list, unsigned long long);
    case LENGTH_SIZE:
        return va_arg(arguments->list, size_t);
    case LENGTH_MAX:
        return va_arg(arguments->list, uintmax_t);
    default:
        return va_arg(arguments->list, unsigned);
    }
}

static int64_t next_signed(enum length length, struct arguments *arguments)
{
    switch (length) {
    case LENGTH_LONG:
        return va_arg(arguments->list, long);
    case LENGTH_LONG_LONG:
        return va_arg(arguments->list, long long);
    case LENGTH_SIZE:
        return (intptr_t)va_arg(arguments->list, size_t);
    case LENGTH_MAX:
        return va_arg(arguments->list, intmax_t);
    default:
        return va_arg(arguments->list, int);
    }
}

/* `sign` (a text of 0 or more characters, before zeros), digits, padding to the width. */
static void put_padded(const struct lab_sink *sink, const struct conversion *c, const char *sign, const char *text,
                       size_t length)
{
    size_t sign_length = lab_length(sign);
    int padding = c->width - (int)(sign_length + length);
    if (!c->is_left && !c->is_zero_filled)
        put_repeated(sink, ' ', padding);
    put(sink, sign, sign_length);
    if (!c->is_left && c->is_zero_filled)
        put_repeated(sink, '0', padding);
    put(sink, text, length);
    if (c->is_left)
        put_repeated(sink, ' ', padding);
}

static void put_number(const struct lab_sink *sink, const struct conversion *c, const char *sign, uint64_t value,
                       unsigned base)
{
    const char *digits = c->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value != 0);
    put_padded(sink, c, sign, text + at, sizeof text - at);
}

static void put_text(const struct lab_sink *sink, const struct conversion *c, const char *text)
{
    size_t length = 0;
    while ((!c->has_precision || length < (size_t)c->precision) && text[length])
        length++;
    put_padded(sink, c, "", text, length);
}

static void put_conversion(const struct lab_sink *sink, struct conversion c, struct arguments *arguments)
{
    char character;
    HEAP_ASSERT(c.letter == 's' || !c.has_precision);
    switch (c.letter) {
    case 'd':
    case 'i': {
        int64_t value = next_signed(c.length, arguments);
        put_number(sink, &c, value < 0 ? "-" : "", value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
        break;
    }
    case 'u':
        put_number(sink, &c, "", next_unsigned(c.length, arguments), 10);
        break;
    case 'x':
    case 'X':
        put_number(sink, &c, "", next_unsigned(c.length, arguments), 16);
        break;
    case 'p':
        put_number(sink, &c, "0x", (uintptr_t)va_arg(arguments->list, void *), 16);
        break;
    case 'c':
        character = (char)va_arg(arguments->list, int);
        put_padded(sink, &c, "", &character, 1);
        break;
    case 's':
        c.is_zero_filled = false;
        put_text(sink, &c, va_arg(arguments->list, const char *));
        break;
    default:
        HEAP_ASSERT(c.letter == '%');
        put(sink, "%", 1);
    }
}

void lab_print_list(const struct lab_sink *sink, const char *format, va_list list)
{
    struct arguments arguments;
    va_copy(arguments.list, list);
    while (*format) {
        size_t plain = 0;
        while (format[plain] && format[plain] != '%')
            plain++;
        put(sink, format, plain);
        format += plain;
        if (*format == '%') {
            format++;
            put_conversion(sink, parse_conversion(&format, &arguments), &arguments);
        }
    }
    va_end(arguments.list);
}

void lab_print(const struct lab_sink *sink, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    lab_print_list(sink, format, list);
    va_end(list);
}

/* ---- buffers ---- */

static void write_buffer(void *context, const char *text, size_t length)
{
    struct lab_buffer *b = context;
    size_t room = b->capacity - 1 - b->length;
    size_t kept = length < room ? length : room;
    for (size_t i = 0; i < kept; i++)
        b->text[b->length + i] = text[i];
    b->length += kept;
    b->wanted += length;
    b->text[b->length] = '\0';
}

struct lab_sink lab_buffer_sink(struct lab_buffer *buffer, char *text, size_t capacity)
{
    *buffer = (struct lab_buffer){.text = text, .capacity = capacity};
    text[0] = '\0';
    return (struct lab_sink){.write = write_buffer, .context = buffer};
}

const char *lab_grouped(uint64_t value, char *out)
{
    char reversed[27];
    size_t length = 0, digits = 0;
    do {
        if (digits > 0 && digits % 3 == 0)
            reversed[length++] = ',';
        reversed[length++] = (char)('0' + value % 10);
        value /= 10;
        digits++;
    } while (value != 0);
    for (size_t i = 0; i < length; i++)
        out[i] = reversed[length - 1 - i];
    out[length] = '\0';
    return out;
}
