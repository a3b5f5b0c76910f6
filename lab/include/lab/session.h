/* A session: one heap with named blocks, worked on step by step (lab/script.h), and told as it happens.
 *
 * A session plays a script: from its first step, or from where it stands. Going back is playing it anew up to there; since
 * nothing in a session depends on time, what comes of it is the same. The shell's heap commands are a script that grows.
 */
#ifndef LAB_SESSION_H
#define LAB_SESSION_H

#include <lab/run.h>
#include <lab/script.h>

/* What a kernel does for a session besides a run's world. The functions may be NULL: then there is nothing below the heap. */
struct lab_stage {
    void *context;
    /* The backing method of the next region. False: there is none of that name. */
    bool (*choose_vm)(void *context, const char *word, size_t length); /* length 0: that of the boot */
    /* What the memory under the open region has done since it was opened. */
    void (*memory)(void *context, struct lab_memory *memory);
    /* Does a line of the shell; returns its status, 0 for success. */
    unsigned (*command)(void *context, const char *line, size_t length);
};

enum lab_telling {
    LAB_TELL_NOTHING,
    LAB_TELL_SCRIPT, /* what the script says, shows and expects, and a line for each operation outside loops */
    LAB_TELL_STEPS, /* of each operation: what was asked, what the search looked at, what it chose, what became of the heap */
};

/* What came of a step. */
enum lab_stepped {
    LAB_STEPPED,          /* it is done */
    LAB_STEPPED_REFUSED,  /* a request was refused */
    LAB_STEPPED_FOUND,    /* the heap has found something wrong, and the script's next step expects that */
    LAB_STEPPED_CORRUPT,  /* the same, and nobody expects it */
    LAB_STEPPED_OTHER,    /* an expectation that does not hold */
    LAB_STEPPED_FAILED,   /* a command that failed */
    LAB_STEPPED_NO_HEAP,  /* too little memory for the heap, or an option of it out of range: nothing was done */
    LAB_STEPPED_BAD_STEP, /* it cannot be done: a block that never was, a write outside the heap; nothing was done. After a
                           * `use` of either kind the heap before it is gone; lab_session_seek to `next` brings it back */
    LAB_STEPPED_END,      /* there is no further step */
};

struct lab_session_block {
    unsigned char *payload; /* NULL: there never was one, or its request was refused */
    size_t size;            /* requested */
    bool is_live;
};

struct lab_story;

struct lab_session {
    const struct lab_world *world;
    const struct lab_stage *stage;
    struct lab_arena *arena;
    const struct lab_sink *text, *records;
    struct lab_script *script;
    struct lab_run asked; /* what the caller wants where the script names nothing */
    const char *asked_vm;
    bool is_alloc_asked; /* its allocator goes before the script's first one */
    struct lab_run run;  /* in force */
    bool is_own;         /* the allocator is the one the script names (or it names none) */
    struct heap heap;
    bool is_open;
    heap_grow_fn *grow; /* the region's own */
    void *grow_context;
    bool is_memory_short; /* in the last operation the heap would have grown, but there was no memory for it */
    struct lab_session_block *blocks;
    size_t next;             /* step */
    size_t done;             /* steps that are operations (lab_is_operation), since the first step */
    size_t refused, live;    /* in the open heap: requests, bytes */
    size_t held, broken;     /* expectations that held, and that did not */
    struct heap_fault fault; /* of the last operation; class NONE: nothing was wrong */
    unsigned status;         /* of the last command */
    bool is_status_known;    /* it has run, or there was none: not if it was passed over before it ever ran */
    uint64_t high, bound;    /* of the last adversary */
    struct lab_memory *memory;
    struct lab_story *story;
};

/* Begins a session of a script in memory from `arena`, which stays taken. Nothing is opened yet. False: the arena is too small.
 * The other arguments are kept as they are given; `records` gets a `step` record of each operation told under
 * LAB_TELL_STEPS. */
bool lab_session_begin(struct lab_session *s, const struct lab_world *world, const struct lab_stage *stage,
                       struct lab_arena *arena, const struct lab_run *asked, bool is_alloc_asked,
                       struct lab_script *script, const struct lab_sink *text, const struct lab_sink *records);

/* Closes the heap. The session may be played again from its beginning. */
void lab_session_end(struct lab_session *s);

/* Does the next step. */
enum lab_stepped lab_session_step(struct lab_session *s, enum lab_telling telling);

/* Plays the script anew, untold, so that `next` is the next step: at most its count. What came of the last step; LAB_STEPPED if
 * there was none. */
enum lab_stepped lab_session_seek(struct lab_session *s, size_t next);

/* Opens the heap, if it is not: what the shell wants before it shows one. False: there is no memory for it. */
bool lab_session_open(struct lab_session *s);

/* The shape of the heap; false: none is open, or it does not tile. */
bool lab_session_shape(struct lab_session *s, struct heap_shape *shape);

/* map, holes, blocks, list, stats. The heap is open. */
void lab_session_show(struct lab_session *s, enum lab_show show);

/* A step as a line that may be typed again: "  alloc 19192 as d". */
void lab_session_print_step(const struct lab_session *s, size_t step);

/* The same for what the session began with: "  use first-fit heap=65536 harden=1 vm=demand". */
void lab_session_print_use(const struct lab_session *s);

/* The live block whose payload lies in [offset, offset + size) of the region, or LAB_NO_INDEX. */
uint32_t lab_session_block_in(const struct lab_session *s, size_t offset, size_t size);

#endif
