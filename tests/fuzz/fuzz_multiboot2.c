/* Fuzz target: the boot information parser on any bytes. What it accepts must lie inside the block and make sense. */
#include <stdlib.h>
#include <string.h>

#include <boot/multiboot2.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition) ((condition) ? (void)0 : abort())

/* A string handed out: inside the block, and with a NUL in it or behind it that is inside too; or the "" of no tag. */
static void check_text(const uint8_t *block, size_t size, const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text;
    if (at < block || at > block + size) {
        MUST(length == 0 && *text == '\0');
        return;
    }
    size_t offset = (size_t)(at - block);
    MUST(offset >= 16 && length <= size - offset);
    MUST(memchr(at, 0, size - offset));
}

static void check_info(const uint8_t *block, size_t size, const struct mb2_info *info)
{
    bool has_memory = false;
    MUST(info->map_count > 0 && info->map_count <= MEMMAP_MAX);
    for (size_t i = 0; i < info->map_count; i++)
        has_memory |= info->map[i].type == MEMMAP_AVAILABLE && info->map[i].length > 0;
    MUST(has_memory);
    MUST(info->module_count <= MB2_MODULES_MAX);
    for (size_t i = 0; i < info->module_count; i++) {
        MUST(info->modules[i].start <= info->modules[i].end);
        check_text(block, size, info->modules[i].name, info->modules[i].name_length);
    }
    check_text(block, size, info->command_line, info->command_line_length);
    check_text(block, size, info->loader, strlen(info->loader));
    if (info->has_screen) {
        const struct mb2_screen *s = &info->screen;
        MUST(s->width > 0 && s->height > 0 && s->bits > 0 && s->type <= MB2_SCREEN_TEXT);
        MUST((uint64_t)s->width * s->bits <= (uint64_t)s->pitch * 8);
        MUST(s->address + (uint64_t)s->pitch * s->height >= s->address);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mb2_info info;
    memset(&info, 0xA5, sizeof info);
    enum mb2_status status = mb2_parse(data, size, MB2_MAGIC, &info);
    MUST(status < MB2_STATUS_COUNT && *mb2_status_text(status) != '\0');
    if (status == MB2_OK)
        check_info(data, size, &info);
    return 0;
}
