/* The commands about this machine: memory, address spaces, modules, interrupts, faults on purpose. */
#include "backing.h"
#include "command.h"
#include "crash.h"
#include "frames.h"
#include "interrupts.h"
#include "layout.h"
#include "modules.h"
#include "programs.h"
#include "spaces.h"
#include "translate.h"

static const char *const views_of_memory[] = {"map", "cost", NULL};

const struct command commands_of_machine[] = {
    {
        .name = "mem",
        .arguments = "[map|cost]",
        .summary = "frames and regions; the firmware's map; what a frame costs",
        .text = "Without a word: the page frames of this machine and who has them.\n"
                "map: what the firmware says of memory, and what is never handed out.\n"
                "cost: takes frames and runs of frames and gives them back, and counts.\n",
        .example = "mem map",
        .related = "layout, backing",
        .words = views_of_memory,
        .run = frames_show,
    },
    {
        .name = "backing",
        .arguments = "",
        .summary = "what a touch of a page brings, method by method",
        .text = "Touches the same pages in the same order under each backing method (the words\n"
                "of vm=) and shows what every touch brought: a fault, a frame, a copy, nothing.\n",
        .related = "mem, space, translate",
        .run = backing_show,
    },
    {
        .name = "faults",
        .arguments = "",
        .summary = "page faults so far, region by region",
        .text = "Faults that were served: first touches, reads that the shared page of zeros\n"
                "answers, first writes to a page it had answered for (copies). Other faults are\n"
                "mistakes, and end in a report.\n",
        .related = "vm, backing, write, crash",
        .run = frames_show_faults,
    },
    {
        .name = "layout",
        .arguments = "",
        .summary = "what lies where in the kernel's address space",
        .text = "The address space from the top down: kernel, physical map, regions, what is\n"
                "never mapped.\n",
        .related = "translate, mem, space",
        .run = layout_show,
    },
    {
        .name = "translate",
        .arguments = "ADDRESS|NAME",
        .summary = "an address taken apart, level by level",
        .text = "The address cut into its indices, the page-table entry that each level holds\n"
                "for it, where the way ends, and what a read and a write there would do. The\n"
                "address is a number, hexadecimal behind 0x; or a live block's name.\n",
        .example = "translate 0x100000",
        .related = "layout, space",
        .run = translate_run,
    },
    {
        .name = "space",
        .arguments = "",
        .summary = "two address spaces: what is apart, what is shared",
        .text = "Makes two address spaces, writes and reads in them at the same address, shares\n"
                "one frame between both, shows the translations and takes all down again.\n",
        .related = "translate, layout, backing",
        .run = spaces_show,
    },
    {
        .name = "program",
        .arguments = "[NAME [WORD]] [options]",
        .summary = "a program in ring 3, with a heap of its own or the kernel's",
        .text = "Runs a program that was loaded beside the kernel, and tells what it took:\n"
                "system calls, bytes copied, page faults, frames, cost. alloc= chooses the\n"
                "allocator. Without a name it lists them.\n",
        .example = "program own-heap alloc=best-fit",
        .related = "programs, space",
        .rest = COMPLETES_OPTION,
        .run = programs_run,
    },
    {
        .name = "programs",
        .arguments = "[options]",
        .summary = "the same work by both programs, side by side",
        .text = "own-heap takes pages from the kernel and runs the allocator itself; kernel-\n"
                "heap asks the kernel for each block. The same allocator, the same requests.\n",
        .example = "programs alloc=first-fit",
        .related = "program, run",
        .first = COMPLETES_OPTION,
        .rest = COMPLETES_OPTION,
        .run = programs_compare,
    },
    {
        .name = "modules",
        .arguments = "",
        .summary = "what the loader brought beside the kernel, with checksums",
        .text = "Name, bytes and CRC-32 of each boot module, as gzip and zlib compute it.\n",
        .related = "runs",
        .run = modules_list,
    },
    {
        .name = "irq",
        .arguments = "",
        .summary = "interrupts since the start",
        .text = "How many came from the timer and the serial line, how many were spurious, how\n"
                "many unexpected.\n",
        .related = "timer",
        .run = interrupts_print,
    },
    {
        .name = "timer",
        .arguments = "HZ",
        .summary = "the timer's ticks a second: 18 to 10000, 0 for off",
        .text = "The timer ticks 100 times a second unless told otherwise. With 0 it is off:\n"
                "then there is no watchdog, and the shell polls for keys. Costs stay the same.\n",
        .example = "timer 1000",
        .related = "irq",
        .run = interrupts_set_timer,
    },
    {
        .name = "crash",
        .arguments = "[KIND]",
        .summary = "a fault on purpose, to see the report",
        .text = "Does what a broken kernel would do. The report names the fault, the registers\n"
                "and the functions; the machine ends with status 3, or as the list says.\n"
                "Without a kind it lists them.\n",
        .example = "crash page-zero",
        .related = "misuse",
        .first = COMPLETES_CRASH,
        .run = crash_run,
    },
    {.name = NULL},
};
