/* The kernel's options: a table of keys, each with its reader. */
#include "options.h"

#include <boot/cmdline.h>
#include <lab/number.h>
#include <lib/string.h>

#define HEAP_LIMIT_DEFAULT ((size_t)64 << 20)
#define HEAP_LIMIT_MIN ((size_t)4096)
#define HEAP_LIMIT_MAX (sizeof(void *) == 8 ? (size_t)1 << 36 : (size_t)256 << 20)

struct value {
    const char *text;
    size_t length;
};

typedef bool read_fn(struct options *o, struct value v, struct lab_error *error);

void options_default(struct options *options)
{
    static const char alloc[] = "first-fit", run[] = "none";
    *options = (struct options){
        .alloc_count = 1,
        .seed = 1,
        .vm = VMM_DEMAND,
        .heap_limit = HEAP_LIMIT_DEFAULT,
        .check_every = LAB_CHECK_END,
        .harden = 1,
        .out = OUT_TEXT,
    };
    lab_parse_alloc(alloc, sizeof alloc - 1, &options->allocs[0], NULL);
    lab_parse_run(run, sizeof run - 1, &options->run, NULL);
}

void options_drop_comparison(struct options *options, const struct options *boot)
{
    static struct options defaults;
    if (!options->is_comparison || options->allocs[0].text != boot->allocs[0].text)
        return;
    options_default(&defaults);
    options->is_comparison = options->is_alloc_given = false;
    options->allocs[0] = defaults.allocs[0];
    options->alloc_count = 1;
}

/* ---- words that a value may be; those of `fail` are beginnings ---- */

static const char *const vm_words[] = {"demand", "immediate", "zero", NULL};
static const char *const pages_words[] = {"4k", "large", NULL};
static const char *const check_words[] = {"end", "off", "every", NULL};
static const char *const quiz_words[] = {"off", "on", "seed:", NULL};
static const char *const fail_words[] = {
    "pmm:nth=", "pmm:every=", "vmm:nth=", "vmm:every=", "heap:nth=", "heap:every=", NULL};

/* ---- values ---- */

static bool is_word(struct value v, const char *word)
{
    return strlen(word) == v.length && memcmp(v.text, word, v.length) == 0;
}

/* "heap=5 is not allowed: 4K to 64G" */
static bool refuse(struct lab_error *error, struct value v, const char *key, const char *allowed)
{
    return lab_fail(error, v.text, v.length, "%s=%.*s: %s takes %s", key, (int)(v.length < 60 ? v.length : 60), v.text,
                    key, allowed);
}

/* One of `words` (ended by NULL) as its index. */
static bool read_word(struct value v, const char *const *words, unsigned *index)
{
    for (*index = 0; words[*index]; (*index)++) {
        if (is_word(v, words[*index]))
            return true;
    }
    return false;
}

static bool read_number(struct value v, uint64_t min, uint64_t max, uint64_t *number)
{
    return lab_parse_number(v.text, v.length, true, number) == LAB_NUMBER_OK && *number >= min && *number <= max;
}

/* ---- one reader for each key ---- */

static bool read_alloc(struct options *o, struct value v, struct lab_error *error)
{
    o->is_comparison = false;
    o->is_alloc_given = true;
    o->alloc_count = 1;
    return lab_parse_alloc(v.text, v.length, &o->allocs[0], error);
}

static bool read_compare(struct options *o, struct value v, struct lab_error *error)
{
    o->is_comparison = true;
    o->is_alloc_given = true;
    return lab_parse_compare(v.text, v.length, o->allocs, &o->alloc_count, error);
}

static bool read_run(struct options *o, struct value v, struct lab_error *error)
{
    return lab_parse_run(v.text, v.length, &o->run, error);
}

static bool read_seed(struct options *o, struct value v, struct lab_error *error)
{
    return lab_parse_number(v.text, v.length, true, &o->seed) == LAB_NUMBER_OK ||
           refuse(error, v, "seed", "a number of at most 64 bits");
}

bool options_backing(const char *word, size_t length, enum vmm_backing *backing)
{
    static const enum vmm_backing backings[] = {VMM_DEMAND, VMM_IMMEDIATE, VMM_ZERO};
    unsigned i;
    if (!read_word((struct value){word, length}, vm_words, &i))
        return false;
    *backing = backings[i];
    return true;
}

static bool read_vm(struct options *o, struct value v, struct lab_error *error)
{
    return options_backing(v.text, v.length, &o->vm) || refuse(error, v, "vm", "demand, immediate or zero");
}

static bool read_heap(struct options *o, struct value v, struct lab_error *error)
{
    uint64_t bytes;
    if (!read_number(v, HEAP_LIMIT_MIN, HEAP_LIMIT_MAX, &bytes))
        return refuse(error, v, "heap", sizeof(void *) == 8 ? "a size from 4K to 64G" : "a size from 4K to 256M");
    o->heap_limit = (size_t)bytes;
    return true;
}

static bool read_pages(struct options *o, struct value v, struct lab_error *error)
{
    unsigned i;
    if (!read_word(v, pages_words, &i))
        return refuse(error, v, "pages", "4k or large");
    o->has_large_pages = i == 1;
    return true;
}

static bool read_check(struct options *o, struct value v, struct lab_error *error)
{
    static const size_t periods[] = {LAB_CHECK_END, LAB_CHECK_OFF, 1};
    unsigned i;
    uint64_t number;
    if (read_word(v, check_words, &i))
        o->check_every = periods[i];
    else if (read_number(v, 1, UINT32_MAX - 1, &number))
        o->check_every = (size_t)number;
    else
        return refuse(error, v, "check", "end, off, every, or a number of operations from 1 on");
    return true;
}

static bool read_harden(struct options *o, struct value v, struct lab_error *error)
{
    uint64_t level;
    if (!read_number(v, 0, HEAP_HARDEN_MAX, &level))
        return refuse(error, v, "harden", "a level from 0 to 4");
    o->harden = (unsigned)level;
    return true;
}

static bool read_fail(struct options *o, struct value v, struct lab_error *error)
{
    return injection_parse(v.text, v.length, &o->fail) ||
           refuse(error, v, "fail", "pmm, vmm or heap, then :nth=K or :every=K with K from 1 on");
}

static bool read_sample(struct options *o, struct value v, struct lab_error *error)
{
    uint64_t period;
    if (!read_number(v, 0, UINT32_MAX, &period))
        return refuse(error, v, "sample", "a number of operations, 0 for no samples");
    o->sample_every = (size_t)period;
    return true;
}

static bool read_quiz(struct options *o, struct value v, struct lab_error *error)
{
    static const char seed[] = "seed:";
    size_t length = sizeof seed - 1;
    o->quiz = (struct options_quiz){.is_on = !is_word(v, "off")};
    if (is_word(v, "off") || is_word(v, "on"))
        return true;
    o->quiz.has_seed = v.length > length && memcmp(v.text, seed, length) == 0;
    return (o->quiz.has_seed &&
            lab_parse_number(v.text + length, v.length - length, true, &o->quiz.seed) == LAB_NUMBER_OK) ||
           refuse(error, v, "quiz", "off, on, or seed:N with a number of at most 64 bits");
}

static bool read_out(struct options *o, struct value v, struct lab_error *error)
{
    static const char *const words[] = {"text", "json", "both", NULL};
    static const enum options_out outs[] = {OUT_TEXT, OUT_JSON, OUT_BOTH};
    unsigned i;
    if (!read_word(v, words, &i))
        return refuse(error, v, "out", "text, json or both");
    o->out = outs[i];
    return true;
}

static bool read_console(struct options *o, struct value v, struct lab_error *error)
{
    static const char *const words[] = {"auto", "serial", "screen", "both", NULL};
    unsigned i;
    if (!read_word(v, words, &i))
        return refuse(error, v, "console", "auto, serial, screen or both");
    o->console = (enum options_console)i;
    return true;
}

static bool read_then(struct options *o, struct value v, struct lab_error *error)
{
    static const char *const words[] = {"shell", "exit", "halt", NULL};
    unsigned i;
    if (!read_word(v, words, &i))
        return refuse(error, v, "then", "shell, exit or halt");
    o->then = (enum options_then)i;
    return true;
}

/* ---- the table ---- */

enum { KEY_ALLOC, KEY_COMPARE, KEY_COUNT = 15 };

const char *const options_keys[] = {"alloc",  "compare", "run",    "seed", "vm",  "heap",    "pages", "check",
                                    "harden", "fail",    "sample", "quiz", "out", "console", "then",  NULL};

static read_fn *const readers[KEY_COUNT] = {read_alloc,  read_compare, read_run,   read_seed,    read_vm,
                                            read_heap,   read_pages,   read_check, read_harden,  read_fail,
                                            read_sample, read_quiz,    read_out,   read_console, read_then};

_Static_assert(sizeof options_keys / sizeof *options_keys == KEY_COUNT + 1, "a reader for each key");

const struct options_hint options_hints[KEY_COUNT] = {
    {.value = OPTIONS_ALLOC},   /* alloc */
    {.value = OPTIONS_COMPARE}, /* compare */
    {.value = OPTIONS_RUN},     /* run */
    {.words = NULL},            /* seed */
    {.words = vm_words},        /* vm */
    {.words = NULL},            /* heap */
    {.words = pages_words},     /* pages */
    {.words = check_words},     /* check */
    {.words = NULL},            /* harden */
    {.words = fail_words},      /* fail */
    {.words = NULL},            /* sample */
    {.words = quiz_words},      /* quiz */
    {.is_of_boot = true},       /* out */
    {.is_of_boot = true},       /* console */
    {.is_of_boot = true},       /* then */
};

static bool unknown_key(const struct cmdline_word *word, struct lab_error *error)
{
    const char *nearest = lab_nearest(word->text, word->key_length, options_keys);
    int shown = (int)(word->key_length < 40 ? word->key_length : 40);
    if (nearest)
        return lab_fail(error, word->text, word->length, "unknown option '%.*s': did you mean %s?", shown, word->text,
                        nearest);
    return lab_fail(error, word->text, word->length,
                    "unknown option '%.*s'; there are alloc, compare, run, seed, vm, heap, pages, check, harden, fail, "
                    "sample, quiz, out, console, then",
                    shown, word->text);
}

static bool read_option(struct options *o, const struct cmdline_word *word, uint32_t *given, struct lab_error *error)
{
    struct value key = {word->text, word->key_length}, value = {word->value, word->value_length};
    unsigned i = 0;
    while (options_keys[i] && !is_word(key, options_keys[i]))
        i++;
    if (!options_keys[i])
        return unknown_key(word, error);
    if (*given >> i & 1)
        return lab_fail(error, word->text, word->length, "%s= is given twice", options_keys[i]);
    *given |= 1u << i;
    bool is_choice = i == KEY_ALLOC || i == KEY_COMPARE;
    if (is_choice && *given >> KEY_ALLOC & 1 && *given >> KEY_COMPARE & 1)
        return lab_fail(error, word->text, word->length, "alloc= and compare= exclude each other");
    struct lab_error local;
    if (readers[i](o, value, &local))
        return true;
    lab_fail(error, word->text, word->length, "%s", local.message);
    return false;
}

static bool bad_word(enum cmdline_status status, const struct cmdline_word *word, struct lab_error *error)
{
    return lab_fail(error, word->text, word->length, "'%.*s': %s", (int)(word->length < 60 ? word->length : 60),
                    word->text, cmdline_status_text(status));
}

bool options_parse(struct options *options, const char *text, size_t length, char *room, struct lab_error *error)
{
    struct cmdline line;
    struct cmdline_word word;
    struct lab_error ignored, *first = error;
    uint32_t given = 0;
    bool is_good = true;
    cmdline_start(&line, text, length, room);
    for (;;) { /* to the end, so that `then` and `out` are known whatever is wrong */
        enum cmdline_status status = cmdline_next(&line, &word);
        if (status == CMDLINE_END)
            return is_good;
        bool is_word_good =
            status == CMDLINE_WORD ? read_option(options, &word, &given, first) : bad_word(status, &word, first);
        if (!is_word_good) {
            is_good = false;
            first = &ignored;
        }
    }
}
