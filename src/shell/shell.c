/* The shell: one line, one command. */
#include "shell.h"

#include <console/console.h>

#include "command.h"
#include "complete.h"
#include "line_input.h"

static void write_console(void *unused, const char *text, size_t length)
{
    (void)unused;
    con_write(text, length);
}

static void tell_loss(struct sh_context *c)
{
    char message[120];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    lab_print(&sink, "overrun: input was lost (%zu bytes or more so far), nothing was done; send it slower",
              con_losses());
    sh_error(c, SH_BAD_INPUT, "line", message);
}

void shell_run(struct sh_context *c)
{
    static struct line_history history;
    static struct line line;
    line.out = (struct lab_sink){.write = write_console};
    line.prompt = "kfit> ";
    line.history = &history;
    line.complete = complete_line;
    line.context = c;
    lab_print(&c->text, "The shell: `help` lists the commands, `exit` leaves.\n");
    while (!c->is_asked_to_end) {
        switch (line_input(&line)) {
        case LINE_READ:
            command_execute(c, line.text);
            break;
        case LINE_TOO_LONG:
            sh_error(c, SH_BAD_INPUT, "line", "the line is longer than 1023 characters: nothing was done");
            break;
        case LINE_LOST_INPUT:
            tell_loss(c);
            break;
        case LINE_END:
            if (line.in_doubt)
                tell_loss(c);
            return;
        default:
            break;
        }
    }
}
