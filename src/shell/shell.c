/* The shell: one line, one command. */
#include "shell.h"

#include <console/console.h>
#include <lib/string.h>

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

/* One editor for all lines: it remembers how the last one ended. */
static struct line line = {.out = {.write = write_console}};

enum line_status shell_ask(struct sh_context *c, const char *prompt, const char **answer)
{
    static struct line_history answers;
    line.prompt = prompt;
    line.history = &answers;
    line.complete = NULL;
    enum line_status status = line_input(&line);
    if (status == LINE_END)
        c->is_asked_to_end = true;
    *answer = line.text;
    return status;
}

static enum line_status read_command(struct sh_context *c)
{
    static struct line_history history;
    line.prompt = "kfit> ";
    line.history = &history;
    line.complete = complete_line;
    line.context = c;
    return line_input(&line);
}

void shell_run(struct sh_context *c)
{
    static char command[LINE_MAX_CHARACTERS + 1];
    lab_print(&c->text, "The shell: `help` lists the commands, `exit` leaves.\n");
    while (!c->is_asked_to_end) {
        switch (read_command(c)) {
        case LINE_READ:
            memcpy(command, line.text, sizeof command); /* it may ask for lines of its own */
            command_execute(c, command);
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
            c->is_asked_to_end = true;
            break;
        default:
            break;
        }
    }
}
