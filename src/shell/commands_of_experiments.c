/* The commands around runs: what there is, running it, looking at what came of it, mistakes on purpose. */
#include "catalogue.h"
#include "command.h"
#include "misuse.h"
#include "runs.h"
#include "traces.h"

const struct command commands_of_experiments[] = {
    {
        .name = "allocators",
        .arguments = "[NAME]",
        .summary = "the allocators, or one with its cost, source and options",
        .text = "Without a name: every allocator in a line, in the teaching order.\n"
                "With one: what its operations cost, where it is published, and the options\n"
                "that may stand behind colons, the default first.\n",
        .example = "allocators best-fit",
        .related = "run, compare",
        .first = COMPLETES_ALLOCATOR,
        .run = catalogue_allocators,
    },
    {
        .name = "runs",
        .arguments = "",
        .summary = "what can be run: workloads, scenarios, traces",
        .text = "Workloads are made by a rule, with parameters behind colons and every random\n"
                "choice from seed=; scenarios are short and show one point each; traces are\n"
                "recorded from real programs and loaded beside the kernel.\n",
        .related = "run, compare, modules",
        .run = catalogue_runs,
    },
    {
        .name = "run",
        .arguments = "WHAT [options]",
        .summary = "run it under one allocator (alloc=)",
        .text = "Runs a workload, a scenario or a trace in a heap of its own and reports what\n"
                "was measured. The options are those of the kernel command line and hold for\n"
                "this line alone: alloc=, seed=, vm=, heap=, pages=, check=, harden=, fail=,\n"
                "sample=. What is not given is as it was at boot. A scenario's name may stand\n"
                "alone: run best-wins.\n",
        .example = "run churn:ops=5000 alloc=best-fit seed=7",
        .related = "runs, compare, stats, map, allocators",
        .first = COMPLETES_RUN | COMPLETES_OPTION,
        .rest = COMPLETES_OPTION,
        .run = runs_run,
    },
    {
        .name = "compare",
        .arguments = "WHAT [compare=A,B] [options]",
        .summary = "run it under all allocators, or those named",
        .text = "Runs the same operations under one allocator after the other, each in a fresh\n"
                "heap, and prints one table. compare= names some of them; an allocator may\n"
                "stand there more than once with different options. The rest is as behind run.\n",
        .example = "compare comb compare=first-fit,best-fit,first-fit:order=lifo",
        .related = "runs, run, allocators",
        .first = COMPLETES_RUN | COMPLETES_OPTION,
        .rest = COMPLETES_OPTION,
        .run = runs_compare,
    },
    {
        .name = "trace",
        .arguments = "[NAME]",
        .summary = "the recorded traces, or what one of them asks for",
        .text = "Without a name: the traces of this boot and those on the medium. With one: its\n"
                "operations by kind, the most that is live at once, and how it begins.\n",
        .example = "trace sqlite",
        .related = "replay, runs, modules",
        .first = COMPLETES_TRACE,
        .run = traces_show,
    },
    {
        .name = "replay",
        .arguments = "NAME [options]",
        .summary = "replay a recorded trace under one allocator",
        .text = "The same as run trace:NAME.\n",
        .example = "replay sqlite alloc=tlsf",
        .related = "trace, run, compare",
        .first = COMPLETES_TRACE,
        .rest = COMPLETES_OPTION,
        .run = runs_replay,
    },
    {
        .name = "misuse",
        .arguments = "[KIND] [options]",
        .summary = "a mistake with a heap, and what hardening sees of it (harden=)",
        .text = "Makes a mistake that programs make, in a heap of its own, under the allocators\n"
                "of alloc= or compare=, and tells what the level harden= sees of it. A mistake\n"
                "that is found counts as a corrupt heap: the session ends with status 4.\n"
                "Without a kind it lists them.\n",
        .example = "misuse double-free compare=all harden=3",
        .related = "allocators, crash",
        .first = COMPLETES_MISUSE,
        .rest = COMPLETES_OPTION,
        .run = misuse_run,
    },
    {.name = NULL},
};
