/* Fuzz target: scripts on any bytes. What is read lies in the text and in the script and does what it says; what can be measured
 * runs. A text that is refused leaves nothing behind but one printable line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lab/script.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

enum { ARENA_TAKEN = 32, RUN_STEPS_MAX = 2000, REGION = 1 << 16, TYPED_MAX = 64 };
#define ARENA_BYTES ((size_t)64 << 20)

/* The text with nothing behind it, and an arena of which some is taken already. */
struct ground {
    char *text;
    size_t length;
    struct lab_arena arena;
    struct lab_error error;
};

static void check_printable(const char *text)
{
    for (const char *c = text; *c; c++)
        MUST(*c >= ' ' && *c <= '~');
}

/* ---- what was read ---- */

static bool is_inside(const struct ground *g, const char *text, size_t length)
{
    return text >= g->text && length <= g->length && (size_t)(text - g->text) <= g->length - length;
}

static bool has_block(const struct lab_step *step)
{
    return step->kind <= LAB_STEP_READ || (step->kind == LAB_STEP_EXPECT &&
                                           (step->expect.quantity == LAB_Q_AT || step->expect.quantity == LAB_Q_SIZE));
}

static void check_touch(const struct lab_step *step)
{
    MUST(step->size > 0);
    MUST(step->offset >= 0 || (size_t)-step->offset == step->size);
    MUST(!step->is_past || step->offset == 0);
    MUST(step->is_misuse || (step->offset >= 0 && !step->is_past));
}

static void check_use(const struct ground *g, const struct lab_use *use)
{
    MUST(use->harden >= -1 && use->harden <= HEAP_HARDEN_MAX);
    MUST(use->heap_limit == 0 || use->heap_limit >= HEAP_GRAIN);
    MUST(use->vm_length == 0 || is_inside(g, use->vm, use->vm_length));
    MUST(!use->alloc.policy || is_inside(g, use->alloc.text, use->alloc.text_length));
}

static void check_expect(const struct ground *g, const struct lab_expect *expect)
{
    MUST(expect->quantity < LAB_QUANTITIES && expect->relation <= LAB_GREATER_EQUAL);
    MUST(expect->under_length == 0 || is_inside(g, expect->under, expect->under_length));
    MUST(expect->quantity != LAB_Q_FAULT || expect->is_bound || expect->value < HEAP_FAULT_CLASSES);
}

static void check_step(const struct ground *g, const struct lab_script *script, const struct lab_step *step)
{
    MUST(step->kind < LAB_STEP_KINDS && step->line > 0 && step->line <= script->line);
    MUST(is_inside(g, step->text, step->text_length) && step->text_length <= LAB_LINE_MAX);
    MUST(!has_block(step) || step->block < script->block_count);
    MUST(step->align_log2 < 64 && (step->align_log2 == 0 || step->kind == LAB_STEP_ALIGNED));
    if (step->kind == LAB_STEP_WRITE || step->kind == LAB_STEP_READ)
        check_touch(step);
    if (step->kind == LAB_STEP_USE)
        check_use(g, &step->use);
    if (step->kind == LAB_STEP_EXPECT)
        check_expect(g, &step->expect);
    if (step->kind == LAB_STEP_ABOUT || step->kind == LAB_STEP_SAY || step->kind == LAB_STEP_COMMAND)
        MUST(step->text_length <= LAB_TEXT_MAX);
}

/* Allocations are of blocks that are not live; what is said of others is told to be misuse. */
static void check_lives(const struct lab_script *script)
{
    bool *is_live = calloc((size_t)script->block_count + 1, sizeof *is_live);
    for (size_t i = 0; i < script->count; i++) {
        const struct lab_step *step = &script->steps[i];
        if (step->kind == LAB_STEP_USE)
            memset(is_live, 0, script->block_count);
        if (step->kind <= LAB_STEP_ALIGNED)
            MUST(!is_live[step->block] && !step->is_misuse);
        else if (step->kind <= LAB_STEP_READ)
            MUST(is_live[step->block] || step->is_misuse);
        if (step->kind <= LAB_STEP_ALIGNED || step->kind == LAB_STEP_FREE)
            is_live[step->block] = step->kind != LAB_STEP_FREE;
    }
    for (uint32_t block = 0; block < script->block_count; block++)
        MUST(is_live[block] == (bool)script->is_live[block]);
    free(is_live);
}

static void check_names(const struct lab_script *script)
{
    for (uint32_t block = 0; block < script->block_count; block++) {
        char name[LAB_BLOCK_TEXT];
        lab_block_text(script, block, name);
        MUST(lab_block_find(script, name, strlen(name)) == block);
    }
}

static void check_script(const struct ground *g, const struct lab_script *script)
{
    MUST(script->count == script->capacity && script->count <= LAB_SCRIPT_STEPS_MAX);
    MUST(script->block_count == script->block_capacity && script->block_count <= LAB_SCRIPT_BLOCKS_MAX);
    MUST(!script->title ||
         (is_inside(g, script->title, script->title_length) && script->title_length <= LAB_TITLE_MAX));
    for (size_t i = 0; i < script->count; i++)
        check_step(g, script, &script->steps[i]);
    check_lives(script);
    check_names(script);
}

/* ---- as a program ---- */

static unsigned char region[REGION] __attribute__((aligned(1 << 16)));
static uint8_t starts[REGION / 8];

static bool open_region(void *context, size_t limit, unsigned harden, struct heap_region *opened)
{
    (void)context;
    size_t bytes = limit < REGION ? limit : REGION;
    memset(starts, 0, sizeof starts);
    *opened = (struct heap_region){.base = region, .committed = bytes, .reserved = bytes};
    opened->starts = harden > 0 ? starts : NULL;
    return true;
}

static void close_region(void *context, struct lab_memory *memory)
{
    (void)context;
    *memory = (struct lab_memory){.faults = 0};
}

static uint64_t no_clock(void *context)
{
    (void)context;
    return 0;
}

static void run(struct ground *g, const struct lab_program *program)
{
    struct lab_world world = {.open = open_region, .close = close_region, .clock = no_clock, .vm_clock = no_clock};
    struct lab_run settings = {
        .policy = heap_policy_find("first-fit"), .harden = 1, .heap_limit = REGION, .check_every = LAB_CHECK_END};
    struct lab_result result;
    heap_default_options(settings.policy, settings.options);
    enum lab_status status = lab_run_program(&world, &g->arena, program, &settings, &result);
    MUST(status == LAB_OK);
    MUST(result.done == program->count && result.expectation_failed == (result.expectation != NULL));
}

static void check_program(struct ground *g, const struct lab_script *script)
{
    struct lab_program program;
    struct lab_script again;
    size_t operations = 0, at = 0;
    if (lab_script_unmeasurable(script))
        return;
    MUST(lab_script_program(script, &g->arena, &program));
    for (size_t i = 0; i < script->count; i++)
        operations += script->steps[i].kind <= LAB_STEP_FREE;
    MUST(program.count == operations && program.slots == script->block_count);
    for (size_t i = 0; i < program.due_count; i++) {
        MUST(program.due[i].after >= at && program.due[i].after <= program.count);
        at = program.due[i].after;
    }
    MUST(lab_script_from_program(&program, &g->arena, &again, &g->error) == LAB_OK);
    MUST(again.count == operations && again.block_count == script->block_count);
    if (program.count <= RUN_STEPS_MAX)
        run(g, &program);
}

/* ---- the same lines, typed ---- */

static void type_lines(struct ground *g)
{
    struct lab_script script;
    const char *next = g->text, *end = g->text + g->length;
    MUST(lab_script_start(&script, &g->arena, TYPED_MAX, TYPED_MAX / 2));
    while (next < end) {
        const char *newline = memchr(next, '\n', (size_t)(end - next));
        size_t length = (size_t)((newline ? newline : end) - next);
        struct lab_script before = script;
        if (lab_script_add(&script, next, length, &g->error) == LAB_OK)
            MUST(script.count <= before.count + 1);
        else
            MUST(memcmp(&script, &before, sizeof script) == 0);
        next += length + (newline != NULL);
    }
    check_names(&script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char *scratch;
    struct lab_script script;
    if (!scratch)
        scratch = aligned_alloc(16, ARENA_BYTES);
    struct ground g = {.text = malloc(size ? size : 1), .length = size};
    g.arena =
        (struct lab_arena){.base = scratch, .used = ARENA_TAKEN, .committed = ARENA_BYTES, .reserved = ARENA_BYTES};
    memcpy(g.text, data, size);
    memset(&script, 0xA5, sizeof script);
    memset(scratch, 0xA5, 1 << 12);
    enum lab_status status = lab_script_read(g.text, size, 1, &g.arena, &script, &g.error);
    if (status == LAB_OK) {
        check_script(&g, &script);
        check_program(&g, &script);
    } else {
        MUST(status == LAB_BAD_INPUT && g.arena.used == ARENA_TAKEN && script.count == 0);
        MUST(strncmp(g.error.message, "line ", 5) == 0);
    }
    check_printable(g.error.message);
    check_printable(g.error.word);
    g.arena.used = ARENA_TAKEN;
    type_lines(&g);
    free(g.text);
    return 0;
}
