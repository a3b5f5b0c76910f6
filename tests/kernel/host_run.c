/* host_run ALLOC RUN [SEED]: the run that the kernel of this width would do, on the host; prints the result record.
 * The tests compare its figures with the kernel's. A trace is read from the folder given at build time. */
#define _POSIX_C_SOURCE 200809L /* popen */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lab/record.h>
#include <lab/script.h>
#include <lab/spec.h>
#include <lab/trace.h>

#define HEAP_LIMIT ((size_t)64 << 20)
#define SCRATCH ((size_t)64 << 20)

static bool grow(void *context, size_t committed, size_t added)
{
    (void)context, (void)committed, (void)added;
    return true;
}

static bool open_region(void *context, size_t limit, unsigned harden, struct heap_region *region)
{
    struct heap_region *open = context;
    *region =
        (struct heap_region){.base = aligned_alloc(HEAP_REGION_ALIGN, HEAP_LIMIT), .reserved = limit, .grow = grow};
    region->starts = harden > 0 ? calloc(1, heap_starts_bytes(limit)) : NULL;
    *open = *region;
    return region->base != NULL;
}

static void close_region(void *context, struct lab_memory *memory)
{
    const struct heap_region *open = context;
    free(open->base);
    free(open->starts);
    *memory = (struct lab_memory){.faults = 0};
}

static uint64_t no_clock(void *context)
{
    (void)context;
    return 0;
}

static void write_out(void *context, const char *text, size_t length)
{
    (void)context;
    fwrite(text, 1, length, stdout);
}

static _Noreturn void stop(const char *message)
{
    fprintf(stderr, "host_run: %s\n", message);
    exit(2);
}

/* The program of lectures/NAME.kfit. */
static bool make_scenario(struct lab_name name, uint64_t seed, struct lab_arena *arena, struct lab_program *program)
{
    char path[512];
    size_t capacity = (size_t)1 << 20;
    char *text = lab_arena_take(arena, capacity, 1); /* stays as long as the program */
    struct lab_script script;
    struct lab_error error;
    snprintf(path, sizeof path, "%s/%.*s.kfit", KFIT_LECTURES, (int)name.length, name.text);
    FILE *file = fopen(path, "rb");
    size_t length = text && file ? fread(text, 1, capacity, file) : 0;
    if (!file || fclose(file) != 0)
        stop("no such scenario");
    return lab_script_read(text, length, seed, arena, &script, &error) == LAB_OK && !lab_script_unmeasurable(&script) &&
           lab_script_program(&script, arena, program);
}

/* The unpacked text of a recorded trace. */
static char *read_trace(struct lab_name name, size_t *length)
{
    char command[512];
    size_t capacity = (size_t)16 << 20;
    char *text = malloc(capacity);
    snprintf(command, sizeof command, "gzip -dc '%s/%.*s.trace.gz'", KFIT_TRACES, (int)name.length, name.text);
    FILE *pipe = popen(command, "r");
    *length = text && pipe ? fread(text, 1, capacity, pipe) : 0;
    if (!pipe || pclose(pipe) != 0)
        stop("no such trace");
    return text;
}

static void make_program(const struct lab_run_spec *spec, uint64_t seed, struct lab_arena *arena,
                         struct lab_program *program)
{
    struct lab_values values = spec->values;
    struct lab_error error;
    size_t length;
    bool is_made = false;
    values.seed = seed;
    if (spec->kind == LAB_RUN_TRACES) {
        char *text = read_trace(spec->traces[0], &length);
        is_made = lab_trace_parse(text, length, arena, program, &error) == LAB_OK;
        free(text);
    } else if (spec->kind == LAB_RUN_WORKLOAD) {
        is_made = spec->workload->make(&values, arena, program);
    } else if (spec->kind == LAB_RUN_SCENARIO) {
        is_made = make_scenario(spec->scenario, seed, arena, program);
    }
    if (!is_made)
        stop("this run cannot be made");
}

int main(int argc, char **argv)
{
    static const struct lab_sink out = {.write = write_out};
    struct heap_region open;
    struct lab_world world = {.context = &open,
                              .open = open_region,
                              .close = close_region,
                              .clock = no_clock,
                              .vm_clock = no_clock,
                              .clock_unit = "ticks",
                              .arch = sizeof(void *) == 8 ? "x86_64" : "i386",
                              .vm = "demand", .pages = "4k"};
    struct lab_arena arena = {.base = malloc(SCRATCH), .committed = SCRATCH, .reserved = SCRATCH};
    struct lab_alloc_spec alloc;
    struct lab_run_spec run_spec;
    struct lab_program program;
    struct lab_result result;
    struct lab_error error;
    if (argc < 3)
        stop("usage: host_run ALLOC RUN [SEED]");
    if (!lab_parse_alloc(argv[1], strlen(argv[1]), &alloc, &error) ||
        !lab_parse_run(argv[2], strlen(argv[2]), &run_spec, &error))
        stop(error.message);
    struct lab_run run = {.policy = alloc.policy,
                          .grain = alloc.grain,
                          .harden = 1,
                          .heap_limit = HEAP_LIMIT,
                          .check_every = LAB_CHECK_END,
                          .seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1,
                          .alloc_text = argv[1],
                          .run_text = argv[2]};
    memcpy(run.options, alloc.options, sizeof run.options);
    make_program(&run_spec, run.seed, &arena, &program);
    if (lab_run_program(&world, &arena, &program, &run, &result) != LAB_OK)
        stop("the run failed");
    lab_record_result(&out, &world, &run, &result);
    free(arena.base);
    return 0;
}
