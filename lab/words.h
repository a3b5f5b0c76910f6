/* Inside lab/: words as users write them, one by one and in lists, and the messages about those nobody knows. */
#ifndef LAB_WORDS_H
#define LAB_WORDS_H

#include <lab/error.h>

#include <stdbool.h>
#include <stddef.h>

/* Part of a text, not NUL-terminated. */
struct word {
    const char *text;
    size_t length;
};

/* What is left of a list. An empty list has one empty part, and "a," has two: a separator too many is not overlooked. */
struct word_list {
    const char *text;
    size_t length;
    char separator;
    bool is_done;
};

/* Takes the next part off the list; false: there is none left. */
bool word_next(struct word_list *list, struct word *part);

/* Characters before the first `separator`, all of them if there is none. */
size_t word_before(struct word word, char separator);

/* A word for a message: printable ASCII, cut with "..." behind LAB_SHOWN_MAX characters. */
enum { LAB_SHOWN_MAX = 60 };

struct word_shown {
    char text[LAB_SHOWN_MAX + sizeof "..."];
};
struct word_shown word_show(const char *text, size_t length);

/* Copies text[0 .. length) as printable ASCII, a tab as a blank and other bytes as '?', cut with "..." to `capacity` bytes (at
 * least 4), the NUL among them. */
void word_copy(char *to, size_t capacity, const char *text, size_t length);

/* Ends a text that did not fit its buffer with "...". */
void word_mark_cut(struct lab_buffer *buffer);

/* no allocator 'frist-fit': did you mean first-fit? There are a, b, c
 * Returns false. `names` ends with NULL. */
bool word_unknown_name(struct lab_error *error, const char *what, struct word name, const char *const *names);

/* *index = where `name` stands among `names`, which end with NULL; false: nowhere. */
bool word_find(struct word name, const char *const *names, size_t *index);

/* 'order=fofo': did you mean fifo? order is one of fifo, lifo, random
 * Returns false. `word` is KEY=VALUE; `values` ends with NULL. */
bool word_unknown_value(struct lab_error *error, const char *key, struct word word, const char *const *values);

/* 'lvie=5': did you mean live=? churn takes ops=, live=
 * Returns false. `word` is KEY=VALUE or anything else; `keys` ends with NULL. */
bool word_unknown_key(struct lab_error *error, const char *owner, struct word word, const char *const *keys);

#endif
