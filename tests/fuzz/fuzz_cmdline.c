/* Fuzz target: the command line's tokenizer on any bytes. Words are whole, printable and where they belong, and a line
 * written as GRUB writes it gives the same words again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <boot/cmdline.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

/* Writes a word as GRUB hands it on: backslashes before ", ' and \, quotes around it all if it holds a blank. */
static size_t write_as_grub(char *out, const char *text, size_t length)
{
    char *start = out;
    bool quoted = length == 0 || memchr(text, ' ', length) || memchr(text, '\t', length);
    for (size_t i = 0; !quoted && i < length; i++)
        quoted = text[i] == '"'; /* outside quotes it would group */
    if (quoted)
        *out++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\'' || text[i] == '\\')
            *out++ = '\\';
        *out++ = text[i];
    }
    if (quoted)
        *out++ = '"';
    return (size_t)(out - start);
}

static void check_again(const struct cmdline_word *word)
{
    char *grub = malloc(2 * word->length + 2), *room = malloc(2 * word->length + 3);
    struct cmdline line;
    struct cmdline_word again;
    size_t length = write_as_grub(grub, word->text, word->length);
    cmdline_start(&line, grub, length, room);
    MUST(cmdline_next(&line, &again) == CMDLINE_WORD);
    MUST(again.length == word->length && !memcmp(again.text, word->text, word->length));
    MUST(cmdline_next(&line, &again) == CMDLINE_END);
    free(room);
    free(grub);
}

/* The printed form: ASCII, inside its buffer, whole or marked as cut. */
static void check_shown(const struct cmdline_word *word, size_t capacity)
{
    char *out = malloc(capacity);
    size_t length = strlen(cmdline_show(out, capacity, word->text, word->length));
    MUST(length < capacity);
    for (size_t i = 0; i < length; i++)
        MUST(out[i] >= ' ' && out[i] <= '~');
    MUST(length >= word->length || !strcmp(out + length - 3, "..."));
    free(out);
}

static void check_word(const struct cmdline_word *word)
{
    MUST(word->key_length > 0 && word->key_length < word->length && word->text[word->key_length] == '=');
    MUST(!memchr(word->text, '=', word->key_length));
    MUST(word->value == word->text + word->key_length + 1);
    MUST(word->value + word->value_length == word->text + word->length);
    for (size_t i = 0; i < word->length; i++)
        MUST((word->text[i] >= ' ' && word->text[i] <= '~') || word->text[i] == '\t');
    check_again(word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *room = malloc(size + 1), *used = room;
    struct cmdline line;
    struct cmdline_word word;
    cmdline_start(&line, (const char *)data, size, room);
    for (;;) {
        const char *before = line.next;
        enum cmdline_status status = cmdline_next(&line, &word);
        if (status == CMDLINE_END)
            break;
        MUST(line.next > before && word.text == used && word.text[word.length] == '\0');
        used += word.length + 1;
        MUST(used <= room + size + 1 && *cmdline_status_text(status) != '\0');
        if (status == CMDLINE_WORD)
            check_word(&word);
        check_shown(&word, 4 + word.length % 40);
    }
    MUST(line.next == line.end);
    free(room);
    return 0;
}
