/* Panic: every exception that was not resolved, and every failed assertion, ends here. Uses no heap and no memory but its own. */
#include "panic.h"

#include <alloc/heap_ops.h>
#include <arch/cpu.h>
#include <arch/image.h>
#include <arch/trap.h>
#include <console/console.h>
#include <lab/json.h>
#include <lib/assert.h>

#include "memory.h"

enum { STATUS_PANIC = 3 };

static const struct lab_sink *record_sink;
static bool is_panicking;

static void write_console(void *context, const char *text, size_t length)
{
    (void)context;
    con_write(text, length);
}

static const struct lab_sink console_sink = {.write = write_console};

void panic_set_records(const struct lab_sink *records)
{
    record_sink = records;
}

_Noreturn void leave(const struct lab_sink *records, unsigned status)
{
    struct lab_json j;
    if (records) {
        lab_json_begin(&j, records, "end");
        lab_json_number(&j, "exit", status);
        if (memory.space.paging)
            lab_json_number(&j, "frames_free", memory.pmm.free);
        lab_json_end(&j);
    }
    arch_exit(status);
    arch_halt();
}

/* A panic inside a panic says so and leaves at once. */
static void begin(void)
{
    if (is_panicking) {
        lab_print(&console_sink, "\nkfit: panic inside a panic\n");
        leave(NULL, STATUS_PANIC);
    }
    is_panicking = true;
}

static void record(const char *class, const char *message, const struct arch_trap *trap)
{
    struct lab_json j;
    if (!record_sink)
        return;
    lab_json_begin(&j, record_sink, "panic");
    lab_json_text(&j, "class", class);
    lab_json_text(&j, "message", message);
    lab_json_number(&j, "vector", trap ? trap->vector : 0);
    lab_json_number(&j, "error", trap ? trap->error : 0);
    lab_json_number(&j, "address", trap && trap->has_address ? trap->address : 0);
    lab_json_number(&j, "ip", trap ? trap->ip : 0);
    lab_json_text(&j, "symbol", "");
    lab_json_end(&j);
}

static void print_registers(const struct arch_trap *trap)
{
    for (unsigned i = 0; i < trap->register_count; i++)
        lab_print(&console_sink, "%s  %3s %0*jx",
                  i % 4 ? ""
                  : i   ? "\n"
                        : "",
                  trap->register_name[i], (int)(2 * sizeof(uintptr_t)), (uintmax_t)trap->register_value[i]);
    lab_print(&console_sink, "\n");
}

static void print_memory(void)
{
    if (memory.space.paging)
        lab_print(&console_sink, "  frames: %zu of %zu free, %zu set aside\n", memory.pmm.free, memory.pmm.total,
                  memory.pmm.reserved);
}

/* What lies at the address, for a page fault: a region's guard, a hole, a page without the right. */
static void describe_address(const struct arch_trap *trap, struct lab_sink *sink)
{
    bool is_overflow = trap->address - (uintptr_t)kernel_stack_guard < FRAME_SIZE;
    const struct vmm_region *r = memory.space.paging ? vmm_region_at(&memory.space, trap->address) : NULL;
    lab_print(sink, "%s%s at %p, address %p", is_overflow ? "kernel stack overflow: " : "", trap->name,
              (void *)trap->ip, (void *)trap->address);
    if (r)
        lab_print(sink, ", region '%s' at %p", r->name, (void *)r->base);
    if (trap->vector == 14)
        lab_print(sink, " (%s, %s%s)", trap->error & 1 ? "not permitted" : "not mapped",
                  trap->error & 2 ? "write" : "read", trap->error & 16 ? ", fetch" : "");
}

_Noreturn void kernel_trap(const struct arch_trap *trap)
{
    char message[200];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    begin();
    if (trap->has_address)
        describe_address(trap, &sink);
    else
        lab_print(&sink, "%s at %p", trap->name, (void *)trap->ip);
    lab_print(&console_sink, "\nkfit: panic: %s\n  vector %u, error code %jx, flags %jx\n", message, trap->vector,
              (uintmax_t)trap->error, (uintmax_t)trap->flags);
    print_registers(trap);
    print_memory();
    record("exception", message, trap);
    leave(record_sink, STATUS_PANIC);
}

_Noreturn void assertion_failed(const char *expression, const char *file, int line)
{
    char message[200];
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, message, sizeof message);
    begin();
    lab_print(&sink, "assertion failed: %s, %s:%d", expression, file, line);
    lab_print(&console_sink, "\nkfit: panic: %s\n", message);
    print_memory();
    record("assertion", message, NULL);
    leave(record_sink, STATUS_PANIC);
}

_Noreturn void heap_assertion_failed(const char *expression, const char *file, int line)
{
    assertion_failed(expression, file, line);
}
