/* Lines from the console: bytes as they come, and the word to the editor when none comes. */
#include "line_input.h"

#include <console/console.h>

enum {
    REST = 50000
}; /* polls, some tens of milliseconds: more than lies between the bytes of a paste, less than between keys */

static int key_soon(void)
{
    int key = -1;
    for (unsigned i = 0; i < REST && key < 0; i++)
        key = con_read();
    return key;
}

/* The next key; while there is none the editor shows what it has. */
static int next_key(struct line *l)
{
    int key = con_read();
    if (key >= 0)
        return key;
    if (line_show(l)) {
        key = key_soon();
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
