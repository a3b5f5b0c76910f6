/* Program files, checked. The file's numbers are copied out of it first, then judged; comparisons are of the form
 * `size <= limit - offset`, so that no sum can wrap.
 *
 *      | file header | ... program headers ... | ... bytes of the segments ... |
 *        entry ^       type, rights, offset, address, bytes in the file and in memory
 *
 * The two widths have the same fields, in words of their own size; of a program header's, only the rights are elsewhere.
 */
#include "elf.h"

#include <lib/string.h>

enum {
    TYPE_EXECUTABLE = 2,
    MACHINE_I386 = 3,
    MACHINE_X86_64 = 62,
    CLASS_32 = 1,
    CLASS_64 = 2,
    LITTLE_ENDIAN = 1,
    VERSION = 1,
    SEGMENT_LOAD = 1,
    SEGMENT_DYNAMIC = 2,
    SEGMENT_INTERPRETER = 3,
    SEGMENT_THREAD = 7,
    SEGMENT_STACK = 0x6474E551,
    RIGHT_EXECUTE = 1,
    RIGHT_WRITE = 2,
};

struct file_header {
    unsigned char mark[4], class, order, ident_version, ident_rest[9];
    uint16_t type, machine;
    uint32_t version;
    uintptr_t entry, headers_offset, sections_offset;
    uint32_t flags;
    uint16_t header_bytes, entry_bytes, entry_count, section_bytes, section_count, names;
};

/* A program header: five words behind the first, and the rights where the format has put them. */
enum {
    IS_WIDE = sizeof(uintptr_t) == 8,
    PROGRAM_HEADER = IS_WIDE ? 56 : 32,
    AT_RIGHTS = IS_WIDE ? 4 : 24,
    AT_OFFSET = sizeof(uintptr_t),
    AT_ADDRESS = 2 * sizeof(uintptr_t),
    AT_FILE_BYTES = 4 * sizeof(uintptr_t),
    AT_MEMORY_BYTES = 5 * sizeof(uintptr_t),
};

struct header {
    uint32_t type, rights;
    struct elf_segment segment;
};

_Static_assert(sizeof(struct file_header) == (IS_WIDE ? 64 : 52), "given by the format");

/* ---- reading ---- */

static uint32_t number_at(const unsigned char *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

static uintptr_t word_at(const unsigned char *at)
{
    uintptr_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static struct header read_header(const unsigned char *at)
{
    return (struct header){.type = number_at(at),
                           .rights = number_at(at + AT_RIGHTS),
                           .segment = {.address = word_at(at + AT_ADDRESS),
                                       .offset = word_at(at + AT_OFFSET),
                                       .file_bytes = word_at(at + AT_FILE_BYTES),
                                       .memory_bytes = word_at(at + AT_MEMORY_BYTES)}};
}

static bool is_inside(size_t offset, size_t bytes, size_t all)
{
    return offset <= all && bytes <= all - offset;
}

/* ---- judging ---- */

static enum elf_status judge_file(const struct file_header *h, size_t bytes)
{
    if (memcmp(h->mark, "\177ELF", 4) != 0)
        return ELF_NOT_ELF;
    if (h->class != (IS_WIDE ? CLASS_64 : CLASS_32) || h->order != LITTLE_ENDIAN ||
        h->machine != (IS_WIDE ? MACHINE_X86_64 : MACHINE_I386))
        return ELF_WRONG_WIDTH;
    if (h->type != TYPE_EXECUTABLE)
        return ELF_NOT_STATIC;
    if (h->ident_version != VERSION || h->version != VERSION || h->header_bytes != sizeof *h ||
        h->entry_bytes != PROGRAM_HEADER || h->entry_count == 0 || h->entry_count > ELF_HEADERS_MAX ||
        !is_inside(h->headers_offset, (size_t)h->entry_count * PROGRAM_HEADER, bytes))
        return ELF_BAD_HEADERS;
    return ELF_OK;
}

static enum elf_status judge_place(const struct elf_segment *s, const struct elf_window *window,
                                   const struct elf_plan *plan)
{
    const struct elf_segment *before = plan->count ? &plan->segments[plan->count - 1] : NULL;
    if (s->address % window->align != 0 || s->address < window->first || s->address > window->last ||
        s->memory_bytes - 1 > window->last - s->address)
        return ELF_BAD_PLACE;
    return before && (s->address <= before->address || s->address - before->address < before->memory_bytes)
               ? ELF_BAD_PLACE
               : ELF_OK;
}

/* A header of type SEGMENT_LOAD becomes the plan's next segment. */
static enum elf_status add_segment(const struct header *h, size_t bytes, const struct elf_window *window,
                                   struct elf_plan *plan)
{
    struct elf_segment s = h->segment;
    s.is_writable = (h->rights & RIGHT_WRITE) != 0;
    s.is_executable = (h->rights & RIGHT_EXECUTE) != 0;
    if (!is_inside(s.offset, s.file_bytes, bytes) || s.file_bytes > s.memory_bytes || s.memory_bytes == 0)
        return ELF_BAD_SEGMENT;
    if (s.is_writable && s.is_executable)
        return ELF_NOT_W_XOR_X;
    enum elf_status status = judge_place(&s, window, plan);
    if (status != ELF_OK)
        return status;
    if (plan->count == ELF_SEGMENTS_MAX)
        return ELF_TOO_MANY;
    plan->segments[plan->count++] = s;
    return ELF_OK;
}

static enum elf_status judge_header(const struct header *h, size_t bytes, const struct elf_window *window,
                                    struct elf_plan *plan)
{
    switch (h->type) {
    case SEGMENT_LOAD:
        return add_segment(h, bytes, window, plan);
    case SEGMENT_DYNAMIC:
    case SEGMENT_INTERPRETER:
    case SEGMENT_THREAD:
        return ELF_NOT_STATIC;
    case SEGMENT_STACK:
        return h->rights & RIGHT_EXECUTE ? ELF_NOT_W_XOR_X : ELF_OK;
    default:
        return ELF_OK; /* notes and the like: nothing of it goes into memory */
    }
}

static bool is_entry_good(const struct elf_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct elf_segment *s = &plan->segments[i];
        if (s->is_executable && plan->entry >= s->address && plan->entry - s->address < s->file_bytes)
            return true;
    }
    return false;
}

enum elf_status elf_plan(const void *file, size_t bytes, const struct elf_window *window, struct elf_plan *plan)
{
    struct file_header h;
    *plan = (struct elf_plan){.count = 0};
    if (bytes < sizeof h)
        return ELF_NOT_ELF;
    memcpy(&h, file, sizeof h);
    enum elf_status status = judge_file(&h, bytes);
    for (size_t i = 0; status == ELF_OK && i < h.entry_count; i++) {
        struct header header = read_header((const unsigned char *)file + h.headers_offset + i * PROGRAM_HEADER);
        status = judge_header(&header, bytes, window, plan);
    }
    if (status != ELF_OK)
        return status;
    plan->entry = h.entry;
    return is_entry_good(plan) ? ELF_OK : ELF_BAD_ENTRY;
}

const char *elf_status_text(enum elf_status status)
{
    static const char *const text[ELF_STATUS_COUNT] = {
        [ELF_OK] = "ok",
        [ELF_NOT_ELF] = "not an ELF file",
        [ELF_WRONG_WIDTH] = "an ELF file for another processor or width",
        [ELF_NOT_STATIC] = "not a static executable: link it with -static -no-pie, without thread-local data",
        [ELF_BAD_HEADERS] = "its program headers are missing, too many, or not inside the file",
        [ELF_BAD_SEGMENT] = "a segment is empty, or its bytes are not inside the file",
        [ELF_BAD_PLACE] = "a segment overlaps another, is out of order, or lies where no program may lie",
        [ELF_NOT_W_XOR_X] = "a segment, or the stack, is both writable and executable",
        [ELF_BAD_ENTRY] = "its entry point lies in no executable segment",
        [ELF_TOO_MANY] = "more than 8 segments",
    };
    return status < ELF_STATUS_COUNT ? text[status] : "unknown status";
}
