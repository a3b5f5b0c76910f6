/* Inside shell/: what its files share of the running kernel. */
#ifndef SHELL_CONTEXT_H
#define SHELL_CONTEXT_H

#include <boot/multiboot2.h>
#include <lab/error.h>
#include <lab/script.h>

#include "options.h"
#include "world.h"

/* Exit statuses of docs/reference.md. The worst of a run counts; see sh_worsen. */
enum sh_status {
    SH_OK = 0,
    SH_FAILED = 1, /* a leak, an expectation that did not hold */
    SH_BAD_INPUT = 2,
    SH_PANIC = 3,
    SH_CORRUPT = 4,
    SH_MACHINE = 5, /* too little memory */
};

enum { SH_MAP_TEXT = 4096, SH_MESSAGE_MAX = 400 };

/* The machine's timer, handed in by the kernel. */
struct sh_timer {
    unsigned hz_min, hz_max;      /* ticks a second */
    unsigned (*set)(unsigned hz); /* 0: off; returns the rate reached, in tenths of a tick a second */
    bool (*await_tick)(void);     /* false: no tick comes; the wait is bounded */
};

struct sh_context {
    struct lab_sink text, records; /* one of them may swallow everything: out=text, out=json */
    struct lab_arena arena;
    struct world world;
    const struct mb2_info *boot;
    uint64_t memory_total, memory_usable;
    uint64_t frames_init_cycles, tables_init_cycles; /* what building both took at start */
    const struct sh_timer *timer;
    struct options options;
    struct injection injection;      /* `fail=`: the failures planned now */
    enum sh_status status;           /* the worst so far */
    bool is_asked_to_end;            /* the shell's exit */
    const char *command;             /* the name of the command under way */
    const struct lab_script *script; /* that the run under way was made of; NULL: of none */
    bool is_desk_latest;             /* the heap on the desk was worked on after the last run */

    bool has_result;                     /* the last run, for `stats` and `map` */
    char alloc_text[128], run_text[512]; /* as the user gave them */
    struct lab_run last_run;
    struct lab_result last_result;
    char map[SH_MAP_TEXT]; /* drawn before its heap was destroyed */
};

static inline void sh_worsen(struct sh_context *c, enum sh_status status)
{
    if (status > c->status)
        c->status = status;
}

/* Prints and records an error line, and returns `status` after noting it. */
enum sh_status sh_error(struct sh_context *c, enum sh_status status, const char *word, const char *message);

#endif
