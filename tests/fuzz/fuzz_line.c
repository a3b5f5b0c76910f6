/* Fuzz target: the shell's line on any bytes, and the options in it. The bytes 0xFE and 0xFF are pauses: after each the
 * terminal shows the line as it is. What Tab offers fits what was typed, and a line that was read goes through their parser. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shell/complete.h>
#include <shell/options.h>

#include "../host/shell/stand_ins.h"
#include "../host/shell/terminal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

enum { PAUSE_FROM = 0xFE };

static struct terminal terminal;
static struct line_history history;
static struct line line;
static struct sh_context context;

struct offered {
    size_t count, shortest;
    char first[64]; /* of the first word */
};

static void check_offer(void *context_of_offer, const char *word, size_t length, char end)
{
    struct offered *o = context_of_offer;
    MUST(length > 0 && (end == '\0' || end == ' ' || end == '=' || end == ':'));
    for (size_t i = 0; i < length; i++)
        MUST(word[i] > ' ' && word[i] <= '~');
    if (o->count++ == 0 || length < o->shortest)
        o->shortest = length;
    if (o->count == 1) {
        memset(o->first, 0, sizeof o->first);
        memcpy(o->first, word, length < sizeof o->first ? length : sizeof o->first - 1);
    }
}

/* The editor's completer: that of the shell, with an eye on what it offers. */
static size_t complete(void *unused, const char *text, size_t cursor, const struct line_offers *offers)
{
    struct offered o = {.count = 0};
    const struct line_offers checked = {check_offer, &o};
    (void)unused;
    size_t start = complete_line(&context, text, cursor, &checked);
    MUST(start <= cursor && complete_line(&context, text, cursor, offers) == start);
    MUST(o.count == 0 || (cursor - start <= o.shortest && memcmp(o.first, text + start, cursor - start) == 0));
    return start;
}

static void pause_and_look(void)
{
    if (line_show(&line))
        line_pause(&line);
    line_rest(&line);
    MUST(terminal_differs(&terminal, &line) == NULL);
    MUST(line.cursor <= line.length && line.length <= LINE_MAX_CHARACTERS && line.tabs == 0);
}

/* As `run` reads a line. */
static void read_line(void)
{
    static struct options options;
    struct lab_error error = {.message = ""};
    size_t length = strlen(line.text);
    char *room = malloc(2 * length + 1);
    options_default(&options);
    if (!options_parse(&options, line.text, length, room, &error))
        MUST(error.message[0] != '\0');
    free(room);
}

static void check_end(enum line_status status)
{
    MUST(terminal.column == 0 && terminal.is_plain && line.text[line.length] == '\0');
    MUST(strlen(line.text) == line.length);
    for (size_t i = 0; i < line.length; i++)
        MUST(line.text[i] >= ' ' && line.text[i] <= '~');
    if (status == LINE_READ)
        read_line();
    line_begin(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    terminal_clear(&terminal, 80, size % 2);
    history.next = history.count = 0;
    line = (struct line){.out = {.write = terminal_write, .context = &terminal},
                         .prompt = "kfit> ",
                         .history = &history,
                         .complete = complete};
    line_begin(&line);
    for (size_t i = 0; i < size; i++) {
        enum line_status status = LINE_GOES_ON;
        if (data[i] >= PAUSE_FROM)
            pause_and_look();
        else
            status = line_feed(&line, data[i]);
        if (status != LINE_GOES_ON)
            check_end(status);
    }
    pause_and_look();
    return 0;
}
