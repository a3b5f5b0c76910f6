/* The record writer: commas, quotes and escapes in one place, and no record longer than promised. */
#include <lab/json.h>

#include <alloc/heap_ops.h>

#include "cstring.h"

static void put(struct lab_json *json, const char *text, size_t length)
{
    json->written += length;
    HEAP_ASSERT(json->written <= LAB_RECORD_MAX);
    json->sink->write(json->sink->context, text, length);
}

static void put_text(struct lab_json *json, const char *text)
{
    put(json, text, lab_length(text));
}

/* The escaped form of one byte in `out` (at least 7 bytes); returns its length. Bytes that are not ASCII are taken as Latin-1,
 * so that every byte has a form. */
static size_t escape(unsigned char byte, char *out)
{
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, out, 7);
    if (byte == '"' || byte == '\\')
        lab_print(&sink, "\\%c", byte);
    else if (byte < ' ' || byte > '~')
        lab_print(&sink, "\\u%04x", byte);
    else
        lab_print(&sink, "%c", byte);
    return buffer.length;
}

/* Writes text in quotes, at most `most` bytes between them; false if it was cut. */
static bool put_quoted(struct lab_json *json, const char *text, size_t length, size_t most)
{
    char escaped[7];
    put_text(json, "\"");
    size_t i = 0;
    for (; i < length; i++) {
        size_t bytes = escape((unsigned char)text[i], escaped);
        if (bytes > most)
            break;
        put(json, escaped, bytes);
        most -= bytes;
    }
    put_text(json, "\"");
    return i == length;
}

static void put_key(struct lab_json *json, const char *key)
{
    if (json->needs_comma)
        put_text(json, ",");
    json->needs_comma = true;
    if (key) {
        put_quoted(json, key, lab_length(key), LAB_RECORD_MAX);
        put_text(json, ":");
    }
}

void lab_json_begin(struct lab_json *json, const struct lab_sink *sink, const char *type)
{
    *json = (struct lab_json){.sink = sink};
    put_text(json, "@kfit {");
    lab_json_text(json, "schema", "kfit/1");
    lab_json_text(json, "type", type);
}

void lab_json_end(struct lab_json *json)
{
    put_text(json, "}\n");
}

void lab_json_text(struct lab_json *json, const char *key, const char *text)
{
    put_key(json, key);
    put_quoted(json, text, lab_length(text), LAB_RECORD_MAX);
}

void lab_json_long_text(struct lab_json *json, const char *key, const char *text, size_t length, size_t most)
{
    char cut_key[40];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, cut_key, sizeof cut_key);
    put_key(json, key);
    if (put_quoted(json, text, length, most))
        return;
    lab_print(&sink, "%s_cut", key);
    lab_json_bool(json, cut_key, true);
}

void lab_json_number(struct lab_json *json, const char *key, uint64_t value)
{
    char digits[24];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, digits, sizeof digits);
    lab_print(&sink, "%ju", (uintmax_t)value);
    put_key(json, key);
    put_text(json, digits);
}

void lab_json_signed(struct lab_json *json, const char *key, int64_t value)
{
    char digits[24];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, digits, sizeof digits);
    lab_print(&sink, "%jd", (intmax_t)value);
    put_key(json, key);
    put_text(json, digits);
}

void lab_json_bool(struct lab_json *json, const char *key, bool value)
{
    put_key(json, key);
    put_text(json, value ? "true" : "false");
}

static void open(struct lab_json *json, const char *key, const char *bracket)
{
    put_key(json, key);
    put_text(json, bracket);
    json->needs_comma = false;
}

static void close(struct lab_json *json, const char *bracket)
{
    put_text(json, bracket);
    json->needs_comma = true;
}

void lab_json_open_object(struct lab_json *json, const char *key)
{
    open(json, key, "{");
}

void lab_json_close_object(struct lab_json *json)
{
    close(json, "}");
}

void lab_json_open_array(struct lab_json *json, const char *key)
{
    open(json, key, "[");
}

void lab_json_close_array(struct lab_json *json)
{
    close(json, "]");
}
