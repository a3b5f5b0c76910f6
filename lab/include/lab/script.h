/* Scripts: the language of the scenario files (lectures/NAME.kfit) and of the shell's heap commands. docs/scenarios.md is its
 * page for those who write one.
 *
 *      title  a series of requests that best-fit serves whole and first-fit does not
 *      about  Four holes of 500, 700, 650 and 900 units, kept apart by one used unit each.
 *      use    first-fit heap=88112 unit=32
 *      alloc  500 units as a
 *      alloc  1 unit as wall[1]
 *      free   a
 *      say    Now the requests.
 *      expect refused = 1 under first-fit
 *
 * Reading expands loops and expressions: what comes of a script is a flat list of steps, the same for every allocator.
 * Pure: works on the caller's text and arena, prints nothing.
 */
#ifndef LAB_SCRIPT_H
#define LAB_SCRIPT_H

#include <lab/arena.h>
#include <lab/error.h>
#include <lab/expect.h>
#include <lab/program.h>
#include <lab/random.h>
#include <lab/spec.h>

enum {
    LAB_SCRIPT_STEPS_MAX = 65536,
    LAB_SCRIPT_BLOCKS_MAX = 16384,
    LAB_BLOCK_NAME_MAX = 15, /* characters of a block's name, without its index */
    LAB_LOOPS_MAX = 4,       /* loops inside each other */
    LAB_TITLE_MAX = 70,      /* characters */
    LAB_TEXT_MAX = 100,      /* characters of an about's, a say's or a shell's text */
    LAB_LINE_MAX = 250,      /* characters of a line */
    LAB_LINES_MAX = 262144,  /* lines read, those of a loop in every round */
};

enum lab_step_kind {
    LAB_STEP_ALLOC,     /* alloc SIZE [as BLOCK] */
    LAB_STEP_ALIGNED,   /* aalloc SIZE ALIGN [as BLOCK] */
    LAB_STEP_RESIZE,    /* resize BLOCK SIZE */
    LAB_STEP_FREE,      /* free BLOCK; of a block that is free already: a second free, on purpose */
    LAB_STEP_WRITE,     /* write BLOCK [at OFFSET] [COUNT] | write BLOCK COUNT past | write BLOCK COUNT before */
    LAB_STEP_READ,      /* read BLOCK [at OFFSET] [COUNT] */
    LAB_STEP_CHECK,     /* check */
    LAB_STEP_USE,       /* use [ALLOCATOR] [heap=SIZE] [harden=N] [vm=WORD] [unit=BYTES] [seed=N]: a fresh heap */
    LAB_STEP_ABOUT,     /* about TEXT: what the script is about, before its first step */
    LAB_STEP_SAY,       /* say TEXT */
    LAB_STEP_SHOW,      /* map, holes, blocks, list or stats */
    LAB_STEP_ASK,       /* ask: the next request is one for the quiz. Without any `ask` the quiz picks them itself */
    LAB_STEP_EXPECT,    /* expect QUANTITY [BLOCK] RELATION VALUE [under ALLOCATORS] [on 32|on 64] */
    LAB_STEP_COMMAND,   /* shell COMMAND: a command of the kernel's shell; on the host it does nothing */
    LAB_STEP_ADVERSARY, /* adversary LIVE LARGEST: requests made to do as much harm as can be done */
    LAB_STEP_KINDS
};

/* A request or a free: what a measured run consists of. */
static inline bool lab_is_request(enum lab_step_kind kind)
{
    return kind <= LAB_STEP_FREE;
}

/* What going through a script counts as one: all but words, views and expectations. */
static inline bool lab_is_operation(enum lab_step_kind kind)
{
    return kind <= LAB_STEP_USE || kind == LAB_STEP_COMMAND || kind == LAB_STEP_ADVERSARY;
}

enum lab_show { LAB_SHOW_MAP, LAB_SHOW_HOLES, LAB_SHOW_BLOCKS, LAB_SHOW_LIST, LAB_SHOW_STATS };
enum { LAB_SHOWS = LAB_SHOW_STATS + 1 };

/* Their statements, in that order. */
extern const char *const lab_show_names[LAB_SHOWS];

/* What a `use` chooses. What it does not name stays as it was, at first as the caller of the script has it. */
struct lab_use {
    struct lab_alloc_spec alloc; /* policy NULL: not named */
    size_t heap_limit;           /* 0: not named */
    int harden;                  /* -1: not named */
    const char *vm;              /* vm_length 0: not named */
    size_t vm_length;
    size_t unit; /* 0: not named; like the seed it is the script's, no heap's */
    bool has_seed;
    uint64_t seed;
};

struct lab_step {
    enum lab_step_kind kind;
    uint32_t line;  /* of the file, from 1; 0: it was typed */
    uint32_t block; /* index into script->blocks, where there is one */
    bool is_again;  /* of a loop's second or later round */
    bool is_misuse; /* of a block that is not live then, or of bytes that are not the block's, as the script goes */
    bool is_rest;   /* WRITE, READ without COUNT: up to the end of what the block has then; `size` if nothing was refused */
    uint8_t align_log2;
    enum lab_show show;
    size_t size; /* bytes asked for, resized to, written, read; SIZE_MAX for what no machine of this width can hold.
                         ADVERSARY: LIVE */
    ptrdiff_t offset; /* WRITE, READ: of the first byte from the payload's start; WRITE past: from its end (is_past).
                         ADVERSARY: LARGEST */
    bool is_past;
    const char *text; /* ABOUT, SAY, COMMAND; text_length characters in the script's text. Else the statement's line */
    size_t text_length;
    union {
        struct lab_expect expect; /* EXPECT */
        struct lab_use use;       /* USE */
        struct {
            unsigned status;
            bool is_known; /* it was run */
        } ran;             /* COMMAND: what came of it when a session ran it last */
    };
};

struct lab_script_block {
    char name[LAB_BLOCK_NAME_MAX + 1];
    uint32_t index; /* of wall[3]: 3; LAB_NO_INDEX: none */
    size_t size;    /* asked for last, whatever an allocator refuses */
};
#define LAB_NO_INDEX UINT32_MAX

struct lab_script {
    const char *title; /* title_length characters in the script's text */
    size_t title_length;
    struct lab_step *steps;
    size_t count, capacity;
    struct lab_script_block *blocks;
    uint32_t block_count, block_capacity;
    size_t unit;   /* bytes of a unit: SIZE units is a request whose whole block has that many; 0: none named */
    uint64_t seed; /* of random(LOW, HIGH) */
    struct lab_random random;
    uint32_t named;   /* the last number given to a block that the script did not name: b1, b2, ... */
    uint32_t line;    /* read last */
    uint8_t *is_live; /* of each block: as the script goes, whatever an allocator refuses */
    uint32_t *places; /* to find a block by its name: index + 1, 0 for none */
    uint32_t place_count;
};

/* Reads a whole file. `text` stays as long as the script is used; everything else comes from the arena. LAB_OK; LAB_BAD_INPUT
 * with *error naming the line, the word and what is allowed; LAB_NO_SCRATCH. If not LAB_OK the arena is as it was. */
enum lab_status lab_script_read(const char *text, size_t length, uint64_t seed, struct lab_arena *arena,
                                struct lab_script *script, struct lab_error *error);

/* An empty script with seed 1, to which lab_script_add adds. At most LAB_SCRIPT_STEPS_MAX and LAB_SCRIPT_BLOCKS_MAX. False: the
 * arena is too small, and as it was. */
bool lab_script_start(struct lab_script *script, struct lab_arena *arena, size_t steps_max, uint32_t blocks_max);

/* What random(LOW, HIGH) gives from here on is that seed's. */
void lab_script_seed(struct lab_script *script, uint64_t seed);

/* Reads one line, as typed: adds its step (none if it is blank or a comment). A loop, title or about is refused here. `text`
 * stays as long as the script is used. LAB_OK; LAB_BAD_INPUT or LAB_NO_SCRATCH (the script is full) with *error, and the script
 * as it was. */
enum lab_status lab_script_add(struct lab_script *script, const char *text, size_t length, struct lab_error *error);

/* Room for so many more steps and blocks, within the limits. False: the arena is too small; the script and the arena are as they
 * were. */
bool lab_script_widen(struct lab_script *script, struct lab_arena *arena, size_t steps, uint32_t blocks);

/* After steps were taken out: forgets the blocks that no step allocates any more, from the last one down to one that is. Their
 * names are unknown then, and b1, b2, ... are given from the first one on that is. */
void lab_script_forget_blocks(struct lab_script *script);

/* The title of a file without reading the rest: *length characters of `text`. NULL: it begins with none. */
const char *lab_script_title(const char *text, size_t length, size_t *title_length);

/* The steps of a program, its blocks called b[SLOT]; a step's line is its operation's number, from 1, and it has no text. Frees
 * of nothing and expectations are left out. LAB_OK, LAB_NO_SCRATCH (the arena is as it was); LAB_BAD_INPUT with *error: more
 * steps or blocks than a script can have. */
enum lab_status lab_script_from_program(const struct lab_program *program, struct lab_arena *arena,
                                        struct lab_script *script, struct lab_error *error);

/* The first step that keeps the script from being measured and compared under other allocators: one that uses a second heap,
 * misuses a block or expects a fault, looks at the memory below, runs a command, adapts to the heap. NULL: there is none. */
const struct lab_step *lab_script_unmeasurable(const struct lab_script *script);

/* What the script chooses before its first request. */
void lab_script_use(const struct lab_script *script, struct lab_use *use);

/* Whether the script chooses an allocator before its first request that is not this one with these options. */
bool lab_script_names_other(const struct lab_script *script, const struct lab_alloc_spec *alloc);

/* Of a script that can be measured: its heap operations as a program, whose slots are the script's blocks, with its
 * expectations. False: the arena is too small, and as it was. */
bool lab_script_program(const struct lab_script *script, struct lab_arena *arena, struct lab_program *program);

/* A block's name as it is written, "wall[3]", into `out` (at least LAB_BLOCK_TEXT bytes); returns out. */
#define LAB_BLOCK_TEXT (LAB_BLOCK_NAME_MAX + 13)
const char *lab_block_text(const struct lab_script *script, uint32_t block, char *out);

/* The block of that name; LAB_NO_INDEX: the script has none. */
uint32_t lab_block_find(const struct lab_script *script, const char *name, size_t length);

/* The words that begin a statement, ended by NULL. */
extern const char *const lab_statements[];

#endif
