/* Machine records: `@kfit {...}` lines, one JSON object each, ASCII, at most LAB_RECORD_MAX bytes.
 *
 *      struct lab_json j;
 *      lab_json_begin(&j, sink, "boot");
 *      lab_json_text(&j, "arch", "i386");
 *      lab_json_number(&j, "frames_free", n);
 *      lab_json_end(&j);
 *
 * A key is NULL inside an array. No record is longer than LAB_RECORD_MAX: a value that would make it so is an assertion,
 * therefore texts of unknown length go through lab_json_long_text, with a maximum that leaves room for the rest.
 */
#ifndef LAB_JSON_H
#define LAB_JSON_H

#include <lab/text.h>

#include <stdbool.h>

#define LAB_RECORD_MAX 4096

struct lab_json {
    const struct lab_sink *sink;
    size_t written;                      /* bytes of the line so far */
    bool needs_comma;
};

/* Starts a record: the marker, "schema" and "type". */
void lab_json_begin(struct lab_json *json, const struct lab_sink *sink, const char *type);

/* Closes it and ends the line. */
void lab_json_end(struct lab_json *json);

void lab_json_text(struct lab_json *json, const char *key, const char *text);
void lab_json_number(struct lab_json *json, const char *key, uint64_t value);
void lab_json_signed(struct lab_json *json, const char *key, int64_t value);
void lab_json_bool(struct lab_json *json, const char *key, bool value);

/* The same for a text that may be long: at most `most` bytes of its escaped form are written; if that is not all, a key
 * "<key>_cut" with the value true follows. Not inside an array: the key must not be NULL, and at most 34 characters. */
void lab_json_long_text(struct lab_json *json, const char *key, const char *text, size_t length, size_t most);

/* Nested values, to be closed in turn. */
void lab_json_open_object(struct lab_json *json, const char *key);
void lab_json_close_object(struct lab_json *json);
void lab_json_open_array(struct lab_json *json, const char *key);
void lab_json_close_array(struct lab_json *json);

#endif
