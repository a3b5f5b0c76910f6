/* Questions in the shell. */
#include "quiz.h"

#include <lab/quiz.h>
#include <lib/string.h>

#include "desk.h"
#include "shell.h"

enum { ANSWER_STOP = -1, ANSWER_SKIP = 0 };

static bool is_letter(const struct lab_quiz *quiz, char letter)
{
    char upper = letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
    return (upper >= 'A' && upper < (char)('A' + quiz->hole_count)) || upper == LAB_QUIZ_GROWS ||
           upper == LAB_QUIZ_REFUSED;
}

/* The letter answered, ANSWER_SKIP, or ANSWER_STOP. `*is_at_end`: the input has ended; then all that is left is skipped. */
static int read_answer(struct sh_context *c, const struct lab_quiz *quiz, bool *is_at_end)
{
    const char *line;
    while (!*is_at_end) {
        enum line_status status = shell_ask(c, "answer> ", &line);
        if (status == LINE_CANCELLED || (status == LINE_READ && strcmp(line, "exit") == 0))
            return ANSWER_STOP;
        if (status == LINE_END)
            *is_at_end = true;
        else if (status == LINE_READ && line[0] == '\0')
            return ANSWER_SKIP;
        else if (status == LINE_READ && line[1] == '\0' && is_letter(quiz, line[0]))
            return line[0];
        else
            lab_print(&c->text, "One letter of those above; Enter alone skips, `exit` ends the quiz.\n");
    }
    return ANSWER_SKIP;
}

static void ask_all(struct sh_context *c)
{
    struct lab_quiz quiz;
    bool is_at_end = false;
    desk_work_begin(c);
    lab_quiz_begin(&quiz, &desk_of(c)->session);
    while (lab_quiz_next(&quiz)) {
        desk_work_end(c);
        int answer = read_answer(c, &quiz, &is_at_end);
        desk_work_begin(c);
        lab_quiz_reveal(&quiz, answer == ANSWER_STOP ? '\0' : (char)answer);
        if (answer == ANSWER_STOP)
            break;
    }
    desk_work_end(c);
    lab_quiz_tell_score(&quiz);
    c->is_desk_latest = true;
}

static void deal_and_ask(struct sh_context *c)
{
    struct desk *d = desk_of(c);
    if (d->quiz.has_seed)
        lab_quiz_deal(&d->script, d->quiz.seed);
    ask_all(c);
}

void quiz_run(struct sh_context *c, const char *arguments)
{
    if (desk_load(c, arguments))
        deal_and_ask(c);
}

void quiz_start(struct sh_context *c, const struct options *options)
{
    if (desk_lay(c, options))
        deal_and_ask(c);
}
