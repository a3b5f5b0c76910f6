/* The statements of a script: their table, the heap operations, the texts. */
#include "script_reader.h"

#include "cstring.h"

/* ---- numbers ---- */

bool script_refuse(struct reader *r, struct word text, const char *what)
{
    return lab_fail(r->scan.error, text.text, text.length, "'%s': %s", word_show(text.text, text.length).text, what);
}

bool script_read_amount(struct reader *r, uint64_t *value, bool *is_units, struct word *text)
{
    const char *start = r->scan.next;
    if (!expression_read(&r->scan, &r->terms, value))
        return false;
    *is_units = scan_take(&r->scan, "units") || scan_take(&r->scan, "unit");
    *text = scan_since(&r->scan, start);
    return !*is_units || r->terms.unit > 0 ||
           script_refuse(r, *text, "no unit is named; use unit=32 names one of 32 bytes");
}

/* A request, in bytes. One of units: the header is in the block, so the request is that much smaller. */
static bool read_size(struct reader *r, size_t *size)
{
    uint64_t value;
    bool is_units;
    struct word text;
    if (!script_read_amount(r, &value, &is_units, &text))
        return false;
    if (is_units && value <= (SCRIPT_BLOCK_MIN - 1) / r->terms.unit)
        return script_refuse(r, text, "less than the smallest block, which has `min` bytes");
    if (is_units)
        value = value > SIZE_MAX / r->terms.unit ? UINT64_MAX : value * r->terms.unit - sizeof(size_t);
    *size = value > SIZE_MAX ? SIZE_MAX : (size_t)value;
    return true;
}

/* A number of bytes to go over. */
static bool read_extent(struct reader *r, ptrdiff_t *extent, struct word *text)
{
    uint64_t value;
    const char *start = r->scan.next;
    if (!expression_read(&r->scan, &r->terms, &value))
        return false;
    *text = scan_since(&r->scan, start);
    *extent = (ptrdiff_t)value;
    return value <= PTRDIFF_MAX || script_refuse(r, *text, "more bytes than any block can have");
}

/* ---- heap operations ---- */

/* [as BLOCK], the end, and the block is live. */
static bool finish_alloc(struct reader *r, struct lab_step *step)
{
    struct block_name name;
    bool has_name = scan_take(&r->scan, "as");
    return (!has_name || block_read_name(r, &name)) && scan_end(&r->scan) &&
           block_allocate(r, has_name ? &name : NULL, step->size, &step->block);
}

static bool read_alloc(struct reader *r, struct lab_step *step)
{
    return read_size(r, &step->size) && finish_alloc(r, step);
}

static bool read_aalloc(struct reader *r, struct lab_step *step)
{
    uint64_t align;
    if (!read_size(r, &step->size))
        return false;
    const char *start = r->scan.next;
    if (!expression_read(&r->scan, &r->terms, &align))
        return false;
    if (align == 0 || (align & (align - 1)) != 0)
        return script_refuse(r, scan_since(&r->scan, start), "an alignment is a power of two");
    for (; align > 1; align >>= 1)
        step->align_log2++;
    return finish_alloc(r, step);
}

static bool read_resize(struct reader *r, struct lab_step *step)
{
    if (!block_read(r, &step->block))
        return false;
    const char *start = r->scan.next;
    if (!read_size(r, &step->size))
        return false;
    if (step->size == 0)
        return script_refuse(r, scan_since(&r->scan, start), "to give a block back, free it");
    if (!scan_end(&r->scan))
        return false;
    step->is_misuse = !block_is_live(r, step->block);
    if (!step->is_misuse)
        r->script->blocks[step->block].size = step->size;
    return true;
}

static bool read_free(struct reader *r, struct lab_step *step)
{
    if (!block_read(r, &step->block) || !scan_end(&r->scan))
        return false;
    step->is_misuse = !block_is_live(r, step->block);
    if (!step->is_misuse)
        r->script->is_live[step->block] = false;
    return true;
}

/* COUNT, and for a write where: behind the block or before it. */
static bool read_count(struct reader *r, bool has_offset, struct lab_step *step)
{
    ptrdiff_t count;
    struct word text;
    bool may_leave = step->kind == LAB_STEP_WRITE && !has_offset;
    if (!read_extent(r, &count, &text))
        return false;
    if (count == 0)
        return script_refuse(r, text, "one byte at least");
    step->size = (size_t)count;
    step->is_past = may_leave && scan_take(&r->scan, "past");
    if (may_leave && !step->is_past && scan_take(&r->scan, "before"))
        step->offset = -count;
    return true;
}

/* Whether the bytes are not all the block's. Without COUNT this says how many there are. */
static bool measure_touch(struct reader *r, struct word statement, struct lab_step *step)
{
    if (r->is_counting)
        return true;
    size_t asked = r->script->blocks[step->block].size, offset = (size_t)step->offset;
    if (step->is_rest && offset >= asked)
        return script_refuse(r, statement, "the block has no byte there");
    if (step->is_rest)
        step->size = asked - offset;
    bool is_inside = !step->is_past && step->offset >= 0 && offset <= asked && step->size <= asked - offset;
    step->is_misuse = !is_inside || !block_is_live(r, step->block);
    return true;
}

static bool read_touch(struct reader *r, struct lab_step *step)
{
    struct word text;
    if (!block_read(r, &step->block))
        return false;
    bool has_offset = scan_take(&r->scan, "at");
    if (has_offset && !read_extent(r, &step->offset, &text))
        return false;
    step->is_rest = scan_is_done(&r->scan);
    if (!step->is_rest && !read_count(r, has_offset, step))
        return false;
    return scan_end(&r->scan) && measure_touch(r, (struct word){step->text, step->text_length}, step);
}

static bool read_adversary(struct reader *r, struct lab_step *step)
{
    ptrdiff_t live;
    struct word text;
    if (!read_extent(r, &live, &text) || !read_extent(r, &step->offset, &text))
        return false;
    if (step->offset == 0 || step->offset > live)
        return script_refuse(r, text, "the largest request has one byte at least, and LIVE at most");
    step->size = (size_t)live;
    return scan_end(&r->scan);
}

/* ---- texts, and words that stand alone ---- */

/* All that stands behind the statement's name. */
static bool read_line_text(struct reader *r, size_t most, struct lab_step *step)
{
    scan_is_done(&r->scan);
    struct word text = {r->scan.next, (size_t)(r->scan.end - r->scan.next)};
    if (text.length > most)
        return lab_fail(r->scan.error, text.text, text.length, "'%s': %zu characters, %zu are allowed",
                        word_show(text.text, text.length).text, text.length, most);
    for (size_t i = 0; i < text.length; i++) {
        if (text.text[i] < ' ' || text.text[i] > '~')
            return script_refuse(r, text, "a text is printable ASCII, without tabs");
    }
    step->text = text.text;
    step->text_length = text.length;
    return true;
}

/* What the script is about stands before what it does. */
static bool is_in_front(struct reader *r, const struct lab_step *step)
{
    struct word statement = {step->text, step->text_length};
    if (!r->is_file)
        return script_refuse(r, statement, "title and about are for files");
    return !r->has_begun || script_refuse(r, statement, "title and about stand before everything else");
}

bool script_read_title(struct reader *r, struct lab_step *step)
{
    if (!is_in_front(r, step) || !read_line_text(r, LAB_TITLE_MAX, step))
        return false;
    if (step->text_length == 0)
        return scan_missing(&r->scan, "a text");
    if (r->script->title)
        return script_refuse(r, (struct word){step->text, step->text_length}, "there is a title already");
    r->script->title = step->text;
    r->script->title_length = step->text_length;
    return true;
}

static bool read_about(struct reader *r, struct lab_step *step)
{
    return is_in_front(r, step) && read_line_text(r, LAB_TEXT_MAX, step);
}

static bool read_say(struct reader *r, struct lab_step *step)
{
    return read_line_text(r, LAB_TEXT_MAX, step);
}

static bool read_command(struct reader *r, struct lab_step *step)
{
    return read_line_text(r, LAB_TEXT_MAX, step) && (step->text_length > 0 || scan_missing(&r->scan, "a command"));
}

static bool read_nothing(struct reader *r, struct lab_step *step)
{
    (void)step;
    return scan_end(&r->scan);
}

/* ---- the table ---- */

const char *const lab_statements[] = {"alloc",  "aalloc", "resize",    "free",  "write",  "read", "check", "use",
                                      "about",  "say",    "map",       "holes", "blocks", "list", "stats", "ask",
                                      "expect", "shell",  "adversary", "title", "repeat", "each", "end",   NULL};

static const struct statement table[] = {
    {.form = "alloc SIZE [as BLOCK]", .kind = LAB_STEP_ALLOC, .read = read_alloc},
    {.form = "aalloc SIZE ALIGN [as BLOCK]", .kind = LAB_STEP_ALIGNED, .read = read_aalloc},
    {.form = "resize BLOCK SIZE", .kind = LAB_STEP_RESIZE, .read = read_resize},
    {.form = "free BLOCK", .kind = LAB_STEP_FREE, .read = read_free},
    {.form = "write BLOCK [at OFFSET] [COUNT], or write BLOCK COUNT past|before",
     .kind = LAB_STEP_WRITE,
     .read = read_touch},
    {.form = "read BLOCK [at OFFSET] [COUNT]", .kind = LAB_STEP_READ, .read = read_touch},
    {.form = "check", .kind = LAB_STEP_CHECK, .read = read_nothing},
    {.form = "use [ALLOCATOR] [heap=SIZE] [harden=N] [vm=WORD] [unit=BYTES] [seed=N]",
     .kind = LAB_STEP_USE,
     .read = script_read_use},
    {.form = "about TEXT", .kind = LAB_STEP_ABOUT, .has_text = true, .is_front = true, .read = read_about},
    {.form = "say TEXT", .kind = LAB_STEP_SAY, .has_text = true, .read = read_say},
    {.form = "map", .kind = LAB_STEP_SHOW, .show = LAB_SHOW_MAP, .read = read_nothing},
    {.form = "holes", .kind = LAB_STEP_SHOW, .show = LAB_SHOW_HOLES, .read = read_nothing},
    {.form = "blocks", .kind = LAB_STEP_SHOW, .show = LAB_SHOW_BLOCKS, .read = read_nothing},
    {.form = "list", .kind = LAB_STEP_SHOW, .show = LAB_SHOW_LIST, .read = read_nothing},
    {.form = "stats", .kind = LAB_STEP_SHOW, .show = LAB_SHOW_STATS, .read = read_nothing},
    {.form = "ask", .kind = LAB_STEP_ASK, .read = read_nothing},
    {.form = "expect QUANTITY [BLOCK] RELATION VALUE [under ALLOCATORS] [on 32|on 64]",
     .kind = LAB_STEP_EXPECT,
     .read = script_read_expect},
    {.form = "shell COMMAND", .kind = LAB_STEP_COMMAND, .has_text = true, .read = read_command},
    {.form = "adversary LIVE LARGEST", .kind = LAB_STEP_ADVERSARY, .read = read_adversary},
    {.form = "title TEXT", .kind = LAB_STEP_KINDS, .has_text = true, .is_front = true, .read = script_read_title},
    {.form = "repeat COUNT [as VARIABLE]", .kind = LAB_STEP_KINDS, .read = script_read_repeat},
    {.form = "each VARIABLE from A to B [step S]", .kind = LAB_STEP_KINDS, .read = script_read_each},
    {.form = "end", .kind = LAB_STEP_KINDS, .read = script_read_end},
};
_Static_assert(sizeof table / sizeof *table + 1 == sizeof lab_statements / sizeof *lab_statements,
               "a row for each statement");

const struct statement *statement_find(struct word name)
{
    size_t i;
    return word_find(name, lab_statements, &i) ? &table[i] : NULL;
}

bool script_is_reserved(struct word name)
{
    static const char *const others[] = {"as",   "at",    "past", "before", "from",  "to",
                                         "step", "under", "on",   "units",  "bound", NULL};
    size_t unused;
    return word_find(name, lab_statements, &unused) || word_find(name, expression_constants, &unused) ||
           word_find(name, others, &unused);
}
