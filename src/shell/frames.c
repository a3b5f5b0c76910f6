/* The shell's `mem`: frames and regions of this machine; the firmware's map; the cost of the frame allocator.
 *
 * Costs are measured where the machine stands: frames are taken one by one (or run by run) and given back in the same
 * order, each call by itself, less what an empty measurement counts. The lowest figure of all calls is what the call itself
 * costs; the highest tells how much its surroundings add: on a machine that counts instructions, the first frame of a
 * chunk that was whole until then.
 */
#include "frames.h"

#include <arch/image.h>
#include <arch/layout.h>
#include <lab/json.h>
#include <lib/string.h>

enum { HELD_MAX = 64 };

/* ---- frames and regions ---- */

static struct pmm *pmm_of(const struct sh_context *c)
{
    return c->world.space->paging->pmm;
}

static void show_frames(struct sh_context *c)
{
    const struct vmm_space *space = c->world.space;
    const struct pmm *pmm = pmm_of(c);
    char text[4][27];
    lab_print(&c->text, "Memory: %s KiB in the firmware's map, %s KiB usable on this width\n",
              lab_grouped(c->memory_total / 1024, text[0]), lab_grouped(c->memory_usable / 1024, text[1]));
    lab_print(&c->text, "Frames: %s managed, %s free, %s set aside, %s hold page tables\n",
              lab_grouped(pmm->total, text[0]), lab_grouped(pmm->free, text[1]), lab_grouped(pmm->reserved, text[2]),
              lab_grouped(space->paging->pt.tables, text[3]));
    lab_print(&c->text, "Regions:\n  %-12s %-18s %14s %14s %10s\n", "name", "base", "reserved KiB", "committed KiB",
              "frames");
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name)
            lab_print(&c->text, "  %-12s %-18p %14zu %14zu %10zu\n", r->name, (void *)r->base, r->reserve / 1024,
                      r->committed / 1024, r->frames);
    }
}

void frames_show_faults(struct sh_context *c, const char *arguments)
{
    const struct vmm_space *space = c->world.space;
    char text[3][27];
    (void)arguments;
    lab_print(&c->text, "Page faults since the start: %s\n", lab_grouped(*c->world.fault_count, text[0]));
    lab_print(&c->text, "Regions of now:\n  %-12s %-10s %10s  %10s  %10s\n", "name", "backing", "faults", "zero page",
              "copies");
    for (size_t i = 0; i < VMM_REGIONS_MAX; i++) {
        const struct vmm_region *r = &space->regions[i];
        if (r->name)
            lab_print(&c->text, "  %-12s %-10s %10s  %10s  %10s\n", r->name, vmm_backing_text(r->backing),
                      lab_grouped(r->count.faults, text[0]), lab_grouped(r->count.zero_hits, text[1]),
                      lab_grouped(r->count.copies, text[2]));
    }
}

/* ---- the firmware's map ---- */

static void show_range(struct sh_context *c, uint64_t base, uint64_t length, const char *what, const char *name)
{
    char text[27];
    uint64_t last = length > 0 && base <= UINT64_MAX - (length - 1) ? base + (length - 1) : base;
    lab_print(&c->text, "  %012llx  %012llx  %16s  %s%s\n", (unsigned long long)base, (unsigned long long)last,
              lab_grouped(length, text), what, name);
}

/* The types of the Multiboot2 specification; another one by its number, in `text`. */
static const char *type_name(uint32_t type, char text[static 16])
{
    static const char *const names[] = {
        [1] = "available", [2] = "reserved", [3] = "ACPI tables", [4] = "ACPI, for sleep", [5] = "bad memory"};
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, text, 16);
    lab_print(&sink, "type %u", (unsigned)type);
    return type < sizeof names / sizeof *names && names[type] ? names[type] : text;
}

static void show_set_aside(struct sh_context *c)
{
    const struct mb2_info *boot = c->boot;
    const struct mb2_screen *screen = &boot->screen;
    uint64_t image = (uintptr_t)image_start;
    uintptr_t bitmaps = (uintptr_t)pmm_of(c)->managed - arch_layout.physmap;
    show_range(c, 0, (uint64_t)1 << 20, "first MiB", "");
    show_range(c, image, (uintptr_t)image_end - arch_layout.kernel_base - image, "kernel", "");
    for (size_t i = 0; i < boot->module_count; i++)
        show_range(c, boot->modules[i].start, boot->modules[i].end - boot->modules[i].start, "module ",
                   boot->modules[i].name);
    if (boot->has_screen)
        show_range(c, screen->address, (uint64_t)screen->pitch * screen->height, "screen", "");
    show_range(c, bitmaps, pmm_storage_bytes((paddr_t)pmm_of(c)->frames * FRAME_SIZE), "the frame allocator's bitmaps",
               "");
}

static void show_map(struct sh_context *c)
{
    char text[16];
    static const char heading[] = "  %-12s  %-12s  %16s  %s\n";
    lab_print(&c->text, "The firmware's map:\n");
    lab_print(&c->text, heading, "first byte", "last byte", "bytes", "type");
    for (size_t i = 0; i < c->boot->map_count; i++) {
        const struct memmap_entry *entry = &c->boot->map[i];
        show_range(c, entry->base, entry->length, type_name(entry->type, text), "");
    }
    lab_print(&c->text, "Never handed out:\n");
    lab_print(&c->text, heading, "first byte", "last byte", "bytes", "what");
    show_set_aside(c);
}

/* ---- cost ---- */

struct cost {
    uint64_t least, most; /* of one call, in the counter's steps */
};

struct frame_cost {
    const char *name, *take_key, *give_key;
    size_t frames, held; /* of one run; so many runs are held at once */
    struct cost take, give;
    size_t calls; /* runs that could be had; 0: the costs are unknown */
};

static void note(struct cost *cost, uint64_t steps, uint64_t empty)
{
    steps = steps > empty ? steps - empty : 0;
    cost->least = steps < cost->least ? steps : cost->least;
    cost->most = steps > cost->most ? steps : cost->most;
}

static uint64_t now(const struct sh_context *c)
{
    return c->world.lab.clock(c->world.lab.context);
}

static uint64_t measure_nothing(const struct sh_context *c)
{
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 8; i++) {
        uint64_t start = now(c), steps = now(c) - start;
        least = steps < least ? steps : least;
    }
    return least;
}

static enum pmm_status take(struct pmm *pmm, size_t frames, paddr_t *base)
{
    const struct pmm_run_request request = {.frames = frames, .align = frames, .zone = PMM_ANY};
    return frames == 1 ? pmm_alloc(pmm, PMM_ANY, base) : pmm_alloc_run(pmm, &request, base);
}

static enum pmm_status give(struct pmm *pmm, size_t frames, paddr_t base)
{
    return frames == 1 ? pmm_free(pmm, base) : pmm_free_run(pmm, base, frames);
}

/* False: the allocator refused a frame that is its own. */
static bool measure(struct sh_context *c, struct frame_cost *cost, uint64_t empty)
{
    struct pmm *pmm = pmm_of(c);
    paddr_t base[HELD_MAX];
    bool is_sound = true;
    uint64_t start;
    cost->take = cost->give = (struct cost){.least = UINT64_MAX};
    for (cost->calls = 0; cost->calls < cost->held; cost->calls++) {
        start = now(c);
        if (take(pmm, cost->frames, &base[cost->calls]) != PMM_OK)
            break;
        note(&cost->take, now(c) - start, empty);
    }
    for (size_t i = 0; i < cost->calls; i++) {
        start = now(c);
        is_sound = give(pmm, cost->frames, base[i]) == PMM_OK && is_sound;
        note(&cost->give, now(c) - start, empty);
    }
    return is_sound;
}

static void print_cost(struct sh_context *c, const struct frame_cost *cost)
{
    unsigned shift = c->world.lab.clock_shift;
    const struct cost *take = &cost->take, *give = &cost->give;
    char text[4][27];
    if (cost->calls == 0) {
        lab_print(&c->text, "  %-24s none is free\n", cost->name);
        return;
    }
    lab_print(&c->text, "  %-24s %10s %10s %10s %10s\n", cost->name, lab_grouped(take->least >> shift, text[0]),
              lab_grouped(take->most >> shift, text[1]), lab_grouped(give->least >> shift, text[2]),
              lab_grouped(give->most >> shift, text[3]));
}

static void record_side(struct lab_json *j, const char *key, const struct cost *cost, unsigned shift)
{
    lab_json_open_object(j, key);
    lab_json_number(j, "least", cost->least >> shift);
    lab_json_number(j, "most", cost->most >> shift);
    lab_json_close_object(j);
}

static void record_costs(struct sh_context *c, const struct frame_cost *costs, size_t count)
{
    const struct pmm *pmm = pmm_of(c);
    unsigned shift = c->world.lab.clock_shift;
    struct lab_json j;
    lab_json_begin(&j, &c->records, "frames");
    lab_json_text(&j, "unit", c->world.lab.clock_unit);
    lab_json_number(&j, "managed", pmm->total);
    lab_json_number(&j, "free_frames", pmm->free);
    lab_json_number(&j, "highest", pmm->frames);
    lab_json_number(&j, "bitmap_bytes", pmm_storage_bytes((paddr_t)pmm->frames * FRAME_SIZE));
    for (size_t i = 0; i < count; i++) {
        if (costs[i].calls == 0)
            continue;
        record_side(&j, costs[i].take_key, &costs[i].take, shift);
        record_side(&j, costs[i].give_key, &costs[i].give, shift);
    }
    lab_json_number(&j, "init", c->frames_init_cycles >> shift);
    lab_json_number(&j, "tables_init", c->tables_init_cycles >> shift);
    lab_json_end(&j);
}

static void print_start(struct sh_context *c)
{
    const struct pmm *pmm = pmm_of(c);
    unsigned shift = c->world.lab.clock_shift;
    char text[3][27];
    lab_print(&c->text, "At start, once: %s for bitmaps of %s KiB, which cover %s frame numbers;\n",
              lab_grouped(c->frames_init_cycles >> shift, text[0]),
              lab_grouped(pmm_storage_bytes((paddr_t)pmm->frames * FRAME_SIZE) / 1024, text[1]),
              lab_grouped(pmm->frames, text[2]));
    lab_print(&c->text, "%s for the kernel's page tables.\n", lab_grouped(c->tables_init_cycles >> shift, text[0]));
}

static void show_cost(struct sh_context *c)
{
    struct frame_cost costs[] = {
        {.name = "one frame", .take_key = "alloc", .give_key = "free", .frames = 1, .held = HELD_MAX},
        {.name = "16 frames, aligned", .take_key = "run16_alloc", .give_key = "run16_free", .frames = 16, .held = 16},
        {.name = "512 frames, aligned",
         .take_key = "run_alloc",
         .give_key = "run_free",
         .frames = PMM_CHUNK,
         .held = 4},
    };
    const size_t count = sizeof costs / sizeof *costs;
    uint64_t empty = measure_nothing(c);
    lab_print(&c->text, "One call of the frame allocator costs, in %s:\n", c->world.lab.clock_unit);
    lab_print(&c->text, "  %-24s %21s %21s\n", "", "taken", "given back");
    lab_print(&c->text, "  %-24s %10s %10s %10s %10s\n", "", "least", "most", "least", "most");
    for (size_t i = 0; i < count; i++) {
        if (!measure(c, &costs[i], empty))
            sh_error(c, SH_FAILED, "mem", "the frame allocator refused to take back a frame of its own");
        print_cost(c, &costs[i]);
    }
    print_start(c);
    record_costs(c, costs, count);
}

/* ---- the command ---- */

void frames_show(struct sh_context *c, const char *arguments)
{
    static const struct {
        const char *word;
        void (*show)(struct sh_context *c);
    } views[] = {{"", show_frames}, {"map", show_map}, {"cost", show_cost}};
    size_t length = strlen(arguments);
    while (length > 0 && arguments[length - 1] == ' ')
        length--;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (strlen(views[i].word) == length && memcmp(views[i].word, arguments, length) == 0) {
            views[i].show(c);
            return;
        }
    }
    sh_error(c, SH_BAD_INPUT, arguments,
             "mem shows frames and regions; `mem map` the firmware's map; `mem cost` what a frame costs");
}
