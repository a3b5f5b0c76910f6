/* The boot information parser: a walk over tags, each checked against what is left before it is read.
 *
 *      | total size | 0 | type | size | ... | type | size | ... | 0 | 8 |
 *                       ^ tag, 8-aligned    ^ next: size rounded up to 8
 */
#include "multiboot2.h"

#include <lib/string.h>

enum {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER = 2,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_SCREEN = 8,
    TAG_EFI32 = 11,
    TAG_EFI64 = 12,
    TAG_EFI_MAP = 17,

    HEADER = 8,         /* of the block, and of each tag */
    MAP_HEADER = 16,    /* of a memory map tag: entry size and version behind the tag's header */
    MAP_ENTRY = 24,     /* smallest entry: base, length, type, reserved; a larger one has more behind */
    MODULE_HEADER = 16, /* of a module tag: start and end behind the tag's header */
    SCREEN_BYTES = 31,  /* of a screen tag, without the colours */
};

/* The tags of which only the first counts, as bits. */
#define ONCE (1u << TAG_COMMAND_LINE | 1u << TAG_LOADER | 1u << TAG_MEMORY_MAP | 1u << TAG_SCREEN)

/* A tag whose `size` bytes are known to lie inside the block. */
struct tag {
    const unsigned char *bytes;
    uint32_t type;
    size_t size;
};

static uint32_t get32(const unsigned char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t get64(const unsigned char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

/* The string from `offset` to the tag's end, without the NULs there; false if there is no NUL in it. */
static bool tag_string(const struct tag *tag, size_t offset, const char **text, size_t *length)
{
    size_t end = offset, last = tag->size;
    while (end < tag->size && tag->bytes[end] != 0)
        end++;
    if (end >= tag->size)
        return false;
    while (last > end && tag->bytes[last - 1] == 0)
        last--;
    *text = (const char *)tag->bytes + offset;
    *length = last - offset;
    return true;
}

static enum mb2_status read_command_line(const struct tag *tag, struct mb2_info *info)
{
    return tag_string(tag, HEADER, &info->command_line, &info->command_line_length) ? MB2_OK : MB2_BAD_STRING;
}

static enum mb2_status read_loader(const struct tag *tag, struct mb2_info *info)
{
    size_t length;
    return tag_string(tag, HEADER, &info->loader, &length) ? MB2_OK : MB2_BAD_STRING;
}

static enum mb2_status read_module(const struct tag *tag, struct mb2_info *info)
{
    struct mb2_module module;
    if (tag->size < MODULE_HEADER)
        return MB2_BAD_TAG;
    if (info->module_count == MB2_MODULES_MAX)
        return MB2_TOO_MANY_MODULES;
    module.start = get32(tag->bytes + HEADER);
    module.end = get32(tag->bytes + HEADER + 4);
    if (module.end < module.start)
        return MB2_BAD_MODULE;
    if (!tag_string(tag, MODULE_HEADER, &module.name, &module.name_length))
        return MB2_BAD_STRING;
    info->modules[info->module_count++] = module;
    return MB2_OK;
}

static enum mb2_status read_map(const struct tag *tag, struct mb2_info *info)
{
    if (tag->size < MAP_HEADER)
        return MB2_BAD_TAG;
    size_t entry_size = get32(tag->bytes + HEADER), room = tag->size - MAP_HEADER;
    if (entry_size < MAP_ENTRY || room % entry_size != 0)
        return MB2_BAD_MAP;
    if (room / entry_size > MEMMAP_MAX)
        return MB2_MAP_TOO_LONG;
    for (const unsigned char *entry = tag->bytes + MAP_HEADER; room > 0; entry += entry_size, room -= entry_size) {
        info->map[info->map_count++] =
            (struct memmap_entry){.base = get64(entry), .length = get64(entry + 8), .type = get32(entry + 16)};
    }
    return MB2_OK;
}

/* Could there be such a screen? Each row inside the pitch, all rows inside the address space. */
static bool is_screen(const struct mb2_screen *screen)
{
    uint64_t row_bits = (uint64_t)screen->width * screen->bits, bytes = (uint64_t)screen->pitch * screen->height;
    return screen->type <= MB2_SCREEN_TEXT && row_bits > 0 && row_bits <= (uint64_t)screen->pitch * 8 && bytes > 0 &&
           bytes <= UINT64_MAX - screen->address;
}

static enum mb2_status read_screen(const struct tag *tag, struct mb2_info *info)
{
    if (tag->size < SCREEN_BYTES)
        return MB2_BAD_TAG;
    info->screen = (struct mb2_screen){
        .address = get64(tag->bytes + 8),
        .pitch = get32(tag->bytes + 16),
        .width = get32(tag->bytes + 20),
        .height = get32(tag->bytes + 24),
        .bits = tag->bytes[28],
        .type = tag->bytes[29],
    };
    info->has_screen = is_screen(&info->screen);
    return MB2_OK;
}

static enum mb2_status read_tag(const struct tag *tag, struct mb2_info *info)
{
    switch (tag->type) {
    case TAG_COMMAND_LINE:
        return read_command_line(tag, info);
    case TAG_LOADER:
        return read_loader(tag, info);
    case TAG_MODULE:
        return read_module(tag, info);
    case TAG_MEMORY_MAP:
        return read_map(tag, info);
    case TAG_SCREEN:
        return read_screen(tag, info);
    case TAG_EFI32:
    case TAG_EFI64:
    case TAG_EFI_MAP:
        info->is_efi = true;
        return MB2_OK;
    default:
        return MB2_OK;
    }
}

/* Has a tag of which only the first counts been seen before? */
static bool is_repeated(uint32_t type, uint32_t *seen)
{
    uint32_t bit = type < 32 ? (uint32_t)1 << type & ONCE : 0, before = *seen;
    *seen |= bit;
    return (before & bit) != 0;
}

static enum mb2_status read_tags(const unsigned char *block, size_t bytes, struct mb2_info *info)
{
    size_t at = HEADER;
    uint32_t seen = 0;
    while (bytes - at >= HEADER) {
        struct tag tag = {.bytes = block + at, .type = get32(block + at), .size = get32(block + at + 4)};
        if (tag.size < HEADER || tag.size > bytes - at)
            return MB2_BAD_TAG;
        if (tag.type == TAG_END)
            return MB2_OK;
        enum mb2_status status = is_repeated(tag.type, &seen) ? MB2_OK : read_tag(&tag, info);
        if (status != MB2_OK)
            return status;
        size_t padded = (tag.size + 7) & ~(size_t)7;
        if (padded > bytes - at)
            return MB2_NO_END;
        at += padded;
    }
    return MB2_NO_END;
}

static bool has_memory(const struct mb2_info *info)
{
    for (size_t i = 0; i < info->map_count; i++) {
        if (info->map[i].type == MEMMAP_AVAILABLE && info->map[i].length > 0)
            return true;
    }
    return false;
}

enum mb2_status mb2_parse(const void *block, size_t bytes, uint32_t magic, struct mb2_info *info)
{
    memset(info, 0, sizeof *info);
    info->command_line = info->loader = "";
    if (magic != MB2_MAGIC)
        return MB2_BAD_MAGIC;
    if (bytes < 2 * HEADER || bytes > MB2_BLOCK_MAX)
        return MB2_BAD_SIZE;
    size_t total = get32(block);
    if (total < 2 * HEADER || total > bytes)
        return MB2_BAD_SIZE;
    enum mb2_status status = read_tags(block, total, info);
    if (status != MB2_OK)
        return status;
    if (info->map_count == 0)
        return MB2_NO_MAP;
    return has_memory(info) ? MB2_OK : MB2_NO_MEMORY;
}

_Static_assert(MEMMAP_MAX == 128 && MB2_MODULES_MAX == 128, "the messages below name these limits");

const char *mb2_status_text(enum mb2_status status)
{
    static const char *const text[MB2_STATUS_COUNT] = {
        [MB2_OK] = "ok",
        [MB2_BAD_MAGIC] = "not started by a Multiboot2 loader: use GRUB's multiboot2 command",
        [MB2_BAD_SIZE] = "boot information: bad total size, or more than 128 KiB",
        [MB2_BAD_TAG] = "boot information: a tag's size is impossible",
        [MB2_NO_END] = "boot information: no end tag",
        [MB2_BAD_STRING] = "boot information: a string has no end",
        [MB2_BAD_MAP] = "boot information: the memory map's entries have an impossible size",
        [MB2_MAP_TOO_LONG] = "boot information: memory map too long: raise MEMMAP_MAX (128)",
        [MB2_NO_MAP] = "no usable memory: the boot information has no memory map",
        [MB2_TOO_MANY_MODULES] = "too many boot modules: at most 128",
        [MB2_BAD_MODULE] = "boot information: a module ends before it begins",
        [MB2_NO_MEMORY] = "no usable memory: the memory map has no entry of type 1 (available)",
    };
    return status < MB2_STATUS_COUNT ? text[status] : "unknown status";
}
