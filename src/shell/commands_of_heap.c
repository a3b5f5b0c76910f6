/* The commands that work on a heap by hand. Those that change it are statements of a scenario, too (docs/scenarios.md). */
#include "command.h"
#include "desk.h"
#include "runs.h"
#include "step.h"

/* `map` and `stats` show what was worked on last: the heap at hand, or the last run's. */
static void show_map(struct sh_context *c, const char *arguments)
{
    if (!c->is_desk_latest || !step_show(c))
        runs_show_map(c, arguments);
}

static void show_stats(struct sh_context *c, const char *arguments)
{
    if (!c->is_desk_latest || !step_show(c))
        runs_show_numbers(c, arguments);
}

static void show(struct sh_context *c, const char *arguments)
{
    (void)arguments;
    if (!step_show(c))
        sh_error(c, SH_BAD_INPUT, c->command, "there is no heap yet: `alloc 100 as a` begins one");
}

const struct command commands_of_heap[] = {
    {
        .name = "use",
        .arguments = "[ALLOCATOR] [heap=SIZE] [harden=N] [vm=WORD]",
        .summary = "a fresh heap, under that allocator",
        .text = "Gives the heap at hand back and takes a fresh one; the history begins with\n"
                "it. What is not named is as at the start, or as harden and vm have set it. An\n"
                "allocator may have options behind colons: `allocators NAME` lists them.\n",
        .example = "use best-fit:order=size heap=64K",
        .related = "alloc, allocators, history",
        .first = COMPLETES_ALLOCATOR,
        .run = desk_use,
    },
    {
        .name = "alloc",
        .arguments = "SIZE [as NAME]",
        .summary = "ask the heap for a block of SIZE bytes",
        .text = "Tells what was asked, what the allocator looked at and what it chose, and\n"
                "draws the heap with the changed part marked. Without a name the block is\n"
                "called b1, b2, and so on. SIZE may be a sum: alloc 3*16+8.\n",
        .example = "alloc 600 as b",
        .related = "aalloc, free, resize, map, undo",
        .run = desk_statement,
    },
    {
        .name = "aalloc",
        .arguments = "SIZE ALIGN [as NAME]",
        .summary = "the same at a multiple of ALIGN, a power of two",
        .text = "As alloc; the payload's address is a multiple of ALIGN.\n",
        .example = "aalloc 100 4096 as p",
        .related = "alloc",
        .run = desk_statement,
    },
    {
        .name = "resize",
        .arguments = "NAME SIZE",
        .summary = "make a block larger or smaller, in place or moved",
        .text = "A block that has no room to grow is moved: a new one, the content copied, the\n"
                "old one freed.\n",
        .example = "resize a 900",
        .related = "alloc, free",
        .first = COMPLETES_BLOCK,
        .run = desk_statement,
    },
    {
        .name = "free",
        .arguments = "NAME",
        .summary = "give a block back",
        .text = "A name keeps its address. To free it again is a mistake that harden= may see,\n"
                "or that takes a stranger's block: try it.\n",
        .example = "free a",
        .related = "alloc, undo, misuse",
        .first = COMPLETES_BLOCK,
        .run = desk_statement,
    },
    {
        .name = "write",
        .arguments = "NAME [at OFFSET] [COUNT] | NAME COUNT past | NAME COUNT before",
        .summary = "write into a block, or past its end, on purpose",
        .text = "Writes all its bytes, or COUNT from OFFSET on, or COUNT bytes behind its end\n"
                "or before its start, and tells what each page touched brought: a fault, a\n"
                "frame.\n",
        .example = "write a 1 past",
        .related = "read, check, misuse",
        .first = COMPLETES_BLOCK,
        .run = desk_statement,
    },
    {
        .name = "read",
        .arguments = "NAME [at OFFSET] [COUNT]",
        .summary = "read from a block",
        .text = "As write. Under vm=zero a read shows a shared page of zeros.\n",
        .example = "read a at 4096 1",
        .related = "write, backing",
        .first = COMPLETES_BLOCK,
        .run = desk_statement,
    },
    {
        .name = "check",
        .arguments = "",
        .summary = "check every block of the heap",
        .text = "The walk must tile the heap, and the allocator's own structure agree with it;\n"
                "from harden=3 on the zones around each block are looked at, too.\n",
        .related = "write, blocks",
        .run = desk_statement,
    },
    {
        .name = "expect",
        .arguments = "QUANTITY [NAME] RELATION VALUE",
        .summary = "say what must be, and have it checked",
        .text = "Quantities: refused heap used free largest holes blocks orphans live splits\n"
                "merges grows probes looked at size faults frames fault and more:\n"
                "docs/scenarios.md. What does not hold counts as status 1.\n",
        .example = "expect refused = 0",
        .related = "stats",
        .run = desk_statement,
    },
    {
        .name = "map",
        .arguments = "",
        .summary = "the heap, drawn: this one, or the last run's",
        .text = "From its lowest address on: # used, . free, m metadata, ? handed out without a\n"
                "record. After a run it is that run's heap at its end.\n",
        .related = "holes, blocks, list, stats",
        .run = show_map,
    },
    {
        .name = "holes",
        .arguments = "",
        .summary = "the holes, by address",
        .text = "Each hole with its offset and its size.\n",
        .related = "list, map",
        .run = show,
    },
    {
        .name = "blocks",
        .arguments = "",
        .summary = "every block and hole, by address",
        .text = "The walk over the whole heap: offset, size with the header, kind, and whose\n"
                "it is.\n",
        .related = "map, holes",
        .run = show,
    },
    {
        .name = "list",
        .arguments = "",
        .summary = "the holes by address, and in the allocator's own order",
        .text = "The order of the list is not the order in memory: one above the other.\n",
        .related = "holes, allocators",
        .run = show,
    },
    {
        .name = "stats",
        .arguments = "",
        .summary = "the numbers of this heap, or of the last run",
        .text = "Memory, fragmentation and work. After a run they are that run's, with its\n"
                "costs and the digest of its placements.\n",
        .related = "run, map",
        .run = show_stats,
    },
    {
        .name = "history",
        .arguments = "",
        .summary = "what was done so far, as lines that can be typed again",
        .text = "The lines may be pasted back, or saved as a scenario file.\n",
        .related = "undo, back",
        .run = step_history,
    },
    {
        .name = "undo",
        .arguments = "",
        .summary = "take the last operation back",
        .text = "The heap is made anew and everything but the last operation is done again:\n"
                "what comes of it is the same to the byte.\n",
        .related = "history, back",
        .run = step_undo,
    },
    {.name = NULL},
};
