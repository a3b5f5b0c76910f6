/* Fuzz target: the reader of program files on any bytes. What it accepts must lie inside the file and the window. */
#include <stdint.h>
#include <stdlib.h>

#include <user/elf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

static void check_segment(const struct elf_segment *s, const struct elf_window *window, size_t size)
{
    MUST(s->offset <= size && s->file_bytes <= size - s->offset);
    MUST(s->memory_bytes > 0 && s->file_bytes <= s->memory_bytes);
    MUST(s->address % window->align == 0 && s->address >= window->first && s->address <= window->last);
    MUST(s->memory_bytes - 1 <= window->last - s->address);
    MUST(!s->is_writable || !s->is_executable);
}

static void check_plan(const struct elf_plan *plan, const struct elf_window *window, size_t size)
{
    bool has_entry = false;
    MUST(plan->count > 0 && plan->count <= ELF_SEGMENTS_MAX);
    for (size_t i = 0; i < plan->count; i++) {
        const struct elf_segment *s = &plan->segments[i];
        check_segment(s, window, size);
        MUST(i == 0 || s->address - plan->segments[i - 1].address >= plan->segments[i - 1].memory_bytes);
        MUST(i == 0 || s->address > plan->segments[i - 1].address);
        has_entry |= s->is_executable && plan->entry >= s->address && plan->entry - s->address < s->file_bytes;
    }
    MUST(has_entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct elf_window window = {.first = 0x1000000, .last = 0xFFFFFFF, .align = 0x400000};
    struct elf_plan plan;
    enum elf_status status = elf_plan(data, size, &window, &plan);
    MUST(status < ELF_STATUS_COUNT && *elf_status_text(status) != '\0');
    if (status == ELF_OK)
        check_plan(&plan, &window, size);
    return 0;
}
