/* The commands of the lectures: scenarios, going through them, being asked. */
#include "command.h"
#include "quiz.h"
#include "step.h"

const struct command commands_of_lectures[] = {
    {
        .name = "scenario",
        .arguments = "[NAME] [options]",
        .summary = "the scenarios, or one told from its beginning to its end",
        .text = "Without a name it lists them. With one it tells the whole of it: what it is\n"
                "about, each operation in a line, and whether what it promises comes true.\n"
                "Options are those of run: another allocator, another level of hardening.\n",
        .example = "scenario best-wins alloc=worst-fit",
        .related = "step, quiz, run, compare",
        .first = COMPLETES_SCENARIO,
        .rest = COMPLETES_DESK,
        .run = step_scenario,
    },
    {
        .name = "step",
        .arguments = "[N] | WHAT [options]",
        .summary = "the next operation, told in full; or take WHAT to go through",
        .text = "With a scenario, a workload or a trace: takes it and tells what it is about.\n"
                "Then `step` does one operation, `step 5` five. Of each it tells what was\n"
                "asked, each place looked at and why it was passed over, the choice, and the\n"
                "heap.\n",
        .example = "step first-wins",
        .related = "continue, until, back, map, list",
        .first = COMPLETES_SCENARIO | COMPLETES_REQUESTS,
        .rest = COMPLETES_DESK,
        .run = step_step,
    },
    {
        .name = "continue",
        .arguments = "",
        .summary = "all operations that are left, a line each",
        .text = "To the end of what was taken with step.\n",
        .related = "step, until",
        .run = step_continue,
    },
    {
        .name = "until",
        .arguments = "fail | hole>N | holes>N | free<N | heap>N",
        .summary = "go on to the operation after which that is so",
        .text = "fail: a request was refused, or the heap found something wrong. hole: the\n"
                "largest hole in bytes; holes: their number; free: free bytes; heap: its size.\n"
                "Each may stand with < or >.\n",
        .example = "until fail",
        .related = "step, back",
        .run = step_until,
    },
    {
        .name = "back",
        .arguments = "[N]",
        .summary = "one operation back, or N",
        .text = "The heap is made anew and everything up to there is done again.\n",
        .related = "step, undo",
        .run = step_back,
    },
    {
        .name = "quiz",
        .arguments = "WHAT [options]",
        .summary = "predict where each request goes, then see",
        .text = "Stops before each request for which there are several holes, gives them\n"
                "letters, takes yours, and tells the answer with the reasons. Enter alone\n"
                "skips, `exit` ends the quiz. With quiz=seed:N the requests are dealt anew:\n"
                "questions of one's own.\n",
        .example = "quiz best-wins alloc=best-fit quiz=seed:7",
        .related = "scenario, step",
        .first = COMPLETES_SCENARIO | COMPLETES_REQUESTS,
        .rest = COMPLETES_DESK,
        .run = quiz_run,
    },
    {.name = NULL},
};
