/* The kernel's main line: console, boot information, options, memory, the run, and what comes after it. */
#include <arch/cpu.h>
#include <arch/image.h>
#include <arch/irq.h>
#include <arch/layout.h>
#include <console/console.h>
#include <dev/pit.h>
#include <lab/json.h>
#include <lab/number.h>
#include <lib/string.h>
#include <shell/desk.h>
#include <shell/experiment.h>
#include <shell/injection.h>
#include <shell/shell.h>
#include <shell/traces.h>
#include <shell/watchdog.h>
#include <user/program.h>

#include "memory.h"
#include "panic.h"

static struct sh_context context;
static struct mb2_info boot;
static char option_words[2 * BOOT_INFO_MAX + 1];
static size_t frames_free_at_start;

static void write_console(void *unused, const char *text, size_t length)
{
    (void)unused;
    con_write(text, length);
}

static void write_nothing(void *unused, const char *text, size_t length)
{
    (void)unused, (void)text, (void)length;
}

/* A record goes out as a whole line: one that is interrupted by a panic is dropped when the panic's begins. */
static void write_record(void *unused, const char *text, size_t length)
{
    static const char marker[] = "@kfit {";
    static char line[LAB_RECORD_MAX];
    static size_t used;
    (void)unused;
    if (length >= sizeof marker - 1 && memcmp(text, marker, sizeof marker - 1) == 0)
        used = 0;
    if (length == 0 || length > sizeof line - used)
        return;
    memcpy(line + used, text, length);
    used += length;
    if (line[used - 1] == '\n') {
        con_write(line, used);
        used = 0;
    }
}

static const struct lab_sink console_sink = {.write = write_console}, record_sink = {.write = write_record},
                             no_sink = {.write = write_nothing};

/* This machine, or what started the kernel, will not do. */
static _Noreturn void refuse_machine(const char *problem)
{
    sh_error(&context, SH_MACHINE, "machine", problem);
    injection_report(&context);
    leave(&context.records, SH_MACHINE);
}

/* ---- start ---- */

static bool has_text_screen(void)
{
    return boot.has_screen && boot.screen.type == MB2_SCREEN_TEXT;
}

/* The text screen, through the first page tables' view of low memory. */
static void start_screen(void)
{
    const struct mb2_screen *s = &boot.screen;
    if (has_text_screen() && s->address + (uint64_t)s->pitch * s->height <= arch_layout.boot_limit)
        con_add_screen((void *)(arch_layout.physmap + (vaddr_t)s->address), s->width, s->height, s->pitch);
}

/* The same cells in the kernel's own address space. */
static void move_screen(void)
{
    const struct mb2_screen *s = &boot.screen;
    struct vmm_region *region;
    void *cells = NULL;
    if (!(con_present() & CON_SCREEN))
        return;
    enum vmm_status status = vmm_map_physical(&memory.space, "screen", s->address, (size_t)s->pitch * s->height,
                                              PT_WRITE | PT_NOCACHE, &cells, &region);
    con_move_screen(status == VMM_OK ? cells : NULL);
    if (status != VMM_OK)
        refuse_machine("too little memory: no room for the page tables of the screen");
}

static void select_console(enum options_console choice)
{
    static const unsigned devices[] = {[CONSOLE_AUTO] = CON_SERIAL | CON_SCREEN,
                                       [CONSOLE_SERIAL] = CON_SERIAL,
                                       [CONSOLE_SCREEN] = CON_SCREEN,
                                       [CONSOLE_BOTH] = CON_SERIAL | CON_SCREEN};
    con_select(devices[choice]);
}

static void apply_output(const struct options *options)
{
    context.text = options->out & OUT_TEXT ? console_sink : no_sink;
    context.records = options->out & OUT_JSON ? record_sink : no_sink;
    panic_set_records(&context.records);
    select_console(options->console);
}

/* Steps of the counter for an instruction as a power of two, told by the menu's private module; -1: it counts time. */
static int icount_shift(void)
{
    char text[8];
    uint64_t shift;
    size_t length = 0;
    if (!traces_private_module(&memory.space, &boot, "kfit.icount", text, sizeof text))
        return -1;
    while (text[length] >= '0' && text[length] <= '9')
        length++;
    return lab_parse_number(text, length, false, &shift) == LAB_NUMBER_OK && shift <= 10 ? (int)shift : -1;
}

static void start_memory(void)
{
    const char *problem = memory_init(&boot, &context.injection.pmm, &context.injection.vmm);
    if (problem)
        refuse_machine(problem);
    move_screen();
    context.memory_total = memory.total;
    context.memory_usable = memory.usable;
    context.frames_init_cycles = memory.frames_cycles;
    context.tables_init_cycles = memory.tables_cycles;
    if (!world_init(&context.world, &memory.space, &memory_faults.count, &memory_faults.cycles, icount_shift()) ||
        !world_scratch(&memory.space, arch_layout.scratch_max, &context.arena))
        refuse_machine("too little memory: give the machine at least 16 MiB");
    frames_free_at_start = memory.pmm.free;
}

/* The timer's tick. */
static void on_tick(unsigned hz)
{
    watchdog_tick(hz);
    user_tick(hz);
}

/* From here on the timer ticks and keys come by interrupt, where the machine has them; where not, all goes on by polling. */
static void start_interrupts(void)
{
    static const struct sh_timer timer = {PIT_HZ_MIN, PIT_HZ_MAX, pit_set, pit_await_tick};
    arch_irq_init();
    con_use_interrupts();
    pit_on_tick(on_tick);
    pit_set(PIT_HZ);
    context.timer = &timer;
    arch_irq_restore(true);
}

/* ---- what the machine is ---- */

static void print_banner(void)
{
    lab_print(&context.text, "kfit %s %s: where does the next block go, and what does that choice cost?\n",
              KFIT_VERSION, arch_name);
}

static void print_machine(void)
{
    char text[2][27];
    lab_print(&context.text, "%s firmware, %s KiB of memory, %s page frames free\n", boot.is_efi ? "UEFI" : "BIOS",
              lab_grouped(memory.usable / 1024, text[0]), lab_grouped(memory.pmm.free, text[1]));
    if (memory.beyond > 0)
        lab_print(&context.text, "%s KiB lie above what this kernel can use and are left alone\n",
                  lab_grouped(memory.beyond / 1024, text[0]));
    lab_print(&context.text, "\n");
}

static void record_boot(void)
{
    struct lab_json j;
    lab_json_begin(&j, &context.records, "boot");
    lab_json_text(&j, "version", KFIT_VERSION);
    lab_json_text(&j, "arch", arch_name);
    lab_json_text(&j, "firmware", boot.is_efi ? "efi" : "bios");
    lab_json_long_text(&j, "cmdline", boot.command_line, boot.command_line_length, 2048);
    lab_json_number(&j, "memory_total", memory.total);
    lab_json_number(&j, "memory_usable", memory.usable);
    lab_json_number(&j, "frames_free", memory.pmm.free);
    lab_json_open_array(&j, "allocators");
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++)
        lab_json_text(&j, NULL, (*ops)->name);
    lab_json_close_array(&j);
    lab_json_end(&j);
}

/* ---- the end ---- */

/* Whatever ran has given back what it took: the scratch memory goes, and then every frame that was free is free again. */
static void check_frames(void)
{
    char message[100];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    desk_clear(&context);
    world_scratch_end(&context.arena);
    if (memory.pmm.free == frames_free_at_start)
        return;
    lab_print(&sink, "%zu page frames are free at the end, %zu were at the start", memory.pmm.free,
              frames_free_at_start);
    sh_error(&context, SH_FAILED, "frames", message);
}

static _Noreturn void finish(void)
{
    const struct options *options = &context.options;
    if (options->then == THEN_SHELL)
        shell_run(&context);
    check_frames();
    if (options->then != THEN_HALT)
        leave(&context.records, context.status);
    lab_print(&context.text, "Halted.\n");
    arch_halt();
}

_Noreturn void kernel_main(void)
{
    struct lab_error error;
    con_init();
    context.text = console_sink;
    context.records = no_sink;
    context.boot = &boot;
    enum mb2_status status =
        boot_info_bytes > BOOT_INFO_MAX ? MB2_BAD_SIZE : mb2_parse(boot_info, boot_info_bytes, boot_magic, &boot);
    if (status != MB2_OK)
        refuse_machine(mb2_status_text(status));
    start_screen();
    options_default(&context.options);
    bool is_good = options_parse(&context.options, boot.command_line, boot.command_line_length, option_words, &error);
    apply_output(&context.options);
    injection_arm(&context.injection, &context.options.fail);
    print_banner();
    start_memory();
    start_interrupts();
    record_boot();
    print_machine();
    if (is_good)
        experiment_start(&context, &context.options);
    else
        sh_error(&context, SH_BAD_INPUT, error.word, error.message);
    finish();
}
