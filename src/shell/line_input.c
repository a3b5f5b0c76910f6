/* Lines from the console: bytes as they come, and word to the editor when none comes. */
#include "line_input.h"

#include <console/console.h>

/* In polls of the port, each somewhat below a microsecond. */
enum {
    PAUSE = 50000, /* more than lies between the bytes of a paste, less than between a person's keys */
    REST = 250000, /* more than a paste can falter */
};

static int key_within(unsigned polls)
{
    int key = -1;
    for (; polls > 0 && key < 0; polls--)
        key = con_read();
    return key;
}

/* The next key; while there is none the editor shows what it has. */
static int next_key(struct line *l)
{
    int key = con_read();
    if (key < 0 && line_show(l)) {
        key = key_within(PAUSE);
        if (key < 0)
            line_pause(l);
    }
    if (key < 0) {
        key = key_within(REST);
        if (key < 0)
            line_rest(l);
    }
    while (key < 0) {
        con_wait();
        key = con_read();
    }
    return key;
}

enum line_status line_input(struct line *l)
{
    enum line_status status = LINE_GOES_ON;
    line_begin(l);
    while (status == LINE_GOES_ON) {
        int key = next_key(l);
        if (key & CON_DOUBTFUL)
            line_doubt(l);
        status = line_feed(l, (unsigned char)key);
    }
    return status;
}
