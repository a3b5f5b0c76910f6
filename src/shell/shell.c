/* The shell: one line, one command. */
#include "shell.h"

#include "command.h"
#include "line.h"

void shell_run(struct sh_context *c)
{
    static char line[LINE_MAX_CHARACTERS + 1];
    lab_print(&c->text, "The shell: `help` lists the commands, `exit` leaves.\n");
    while (!c->is_asked_to_end) {
        switch (line_read("kfit> ", line)) {
        case LINE_READ:
            command_execute(c, line);
            break;
        case LINE_TOO_LONG:
            sh_error(c, SH_BAD_INPUT, "line", "the line is longer than 1023 characters: nothing was done");
            break;
        case LINE_LOST_INPUT:
            sh_error(c, SH_BAD_INPUT, "line", "overrun: input was lost, nothing was done; send it slower");
            break;
        case LINE_CANCELLED:
            break;
        case LINE_END:
            c->is_asked_to_end = true;
            break;
        }
    }
}
