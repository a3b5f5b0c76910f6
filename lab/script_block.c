/* The blocks of a script: their names, and the table that finds them.
 *
 * places[] is an open hash table of block numbers (index + 1), at most half full, so that a search ends soon.
 */
#include "script_reader.h"

#include <lab/number.h>

#include "cstring.h"

enum { NAMES_MAX = 32 };

/* ---- the table ---- */

static uint32_t hash(const char *name, size_t length, uint32_t index)
{
    uint32_t sum = 0x811C9DC5u ^ index; /* FNV-1a, 32 bits */
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)name[i]) * 0x01000193u;
    return sum ^ sum >> 15;
}

/* The place that has the block, or where it would be put. */
static uint32_t *place_of(const struct lab_script *script, const char *name, size_t length, uint32_t index)
{
    uint32_t mask = script->place_count - 1;
    for (uint32_t i = hash(name, length, index) & mask;; i = (i + 1) & mask) {
        uint32_t number = script->places[i];
        if (number == 0)
            return &script->places[i];
        const struct lab_script_block *block = &script->blocks[number - 1];
        if (block->index == index && lab_matches(block->name, name, length))
            return &script->places[i];
    }
}

static uint32_t find(const struct lab_script *script, const char *name, size_t length, uint32_t index)
{
    uint32_t number = script->place_count ? *place_of(script, name, length, index) : 0;
    return number ? number - 1 : LAB_NO_INDEX;
}

/* Twice as many places as blocks and more, a power of two. */
static bool take_places(struct lab_script *script, struct lab_arena *arena)
{
    script->place_count = 2;
    while (script->place_count <= 2 * script->block_capacity)
        script->place_count *= 2;
    script->places = lab_arena_take(arena, script->place_count, sizeof *script->places);
    for (uint32_t i = 0; script->places && i < script->place_count; i++)
        script->places[i] = 0;
    return script->places != NULL;
}

bool blocks_take(struct lab_script *script, struct lab_arena *arena, uint32_t capacity)
{
    script->block_capacity = capacity;
    script->blocks = lab_arena_take(arena, capacity, sizeof *script->blocks);
    script->is_live = lab_arena_take(arena, capacity, 1);
    return script->blocks && script->is_live && take_places(script, arena);
}

/* Enters every block into the empty table. */
static void index_blocks(struct lab_script *script)
{
    for (uint32_t i = 0; i < script->block_count; i++) {
        const struct lab_script_block *block = &script->blocks[i];
        *place_of(script, block->name, lab_length(block->name), block->index) = i + 1;
    }
}

/* The blocks stay where they are; behind them each table moves down, never over bytes that are still to move. */
void blocks_fit(struct lab_script *script, struct lab_arena *arena, size_t mark)
{
    const uint8_t *was_live = script->is_live;
    lab_arena_release(arena, mark);
    script->block_capacity = script->block_count;
    script->blocks = lab_arena_take(arena, script->block_count, sizeof *script->blocks);
    script->is_live = lab_arena_take(arena, script->block_count, 1);
    for (uint32_t i = 0; i < script->block_count; i++)
        script->is_live[i] = was_live[i];
    take_places(script, arena);
    index_blocks(script);
}

bool blocks_move(struct lab_script *script, struct lab_arena *arena, uint32_t capacity)
{
    struct lab_script moved = *script;
    if (!blocks_take(&moved, arena, capacity))
        return false;
    for (uint32_t i = 0; i < script->block_count; i++) {
        moved.blocks[i] = script->blocks[i];
        moved.is_live[i] = script->is_live[i];
    }
    index_blocks(&moved);
    *script = moved;
    return true;
}

bool block_add(struct lab_script *script, const char *name, size_t length, uint32_t index, uint32_t *block)
{
    if (script->block_count == script->block_capacity)
        return false;
    *block = script->block_count++;
    struct lab_script_block *new = &script->blocks[*block];
    *new = (struct lab_script_block){.index = index};
    for (size_t i = 0; i < length; i++)
        new->name[i] = name[i];
    *place_of(script, name, length, index) = *block + 1;
    script->is_live[*block] = false;
    return true;
}

/* ---- names ---- */

bool script_name_is_good(struct reader *r, const char *what, struct word name)
{
    struct lab_error *error = r->scan.error;
    struct word_shown shown = word_show(name.text, name.length);
    if (name.length == 0)
        return scan_missing(&r->scan, what);
    if (!scan_is_letter(name.text[0]))
        return lab_fail(error, name.text, name.length, "'%s': a name begins with a letter", shown.text);
    if (name.length > LAB_BLOCK_NAME_MAX)
        return lab_fail(error, name.text, name.length, "'%s': a name has at most %d characters", shown.text,
                        LAB_BLOCK_NAME_MAX);
    if (script_is_reserved(name))
        return lab_fail(error, name.text, name.length, "'%s' is a word of the language, not a name", shown.text);
    return true;
}

static bool read_index(struct reader *r, struct block_name *name)
{
    uint64_t index;
    const char *start = name->name.text;
    r->scan.next++; /* [ */
    if (!expression_read(&r->scan, &r->terms, &index))
        return false;
    size_t length = (size_t)(r->scan.next - start);
    if (scan_is_done(&r->scan) || *r->scan.next != ']')
        return lab_fail(r->scan.error, start, length, "'%s': a ] is missing", word_show(start, length).text);
    if (index >= LAB_NO_INDEX)
        return lab_fail(r->scan.error, start, length, "'%s': an index has at most 32 bits",
                        word_show(start, length).text);
    r->scan.next++; /* ] */
    name->index = (uint32_t)index;
    return true;
}

bool block_read_name(struct reader *r, struct block_name *name)
{
    struct scan before;
    scan_is_done(&r->scan);
    before = r->scan;
    *name = (struct block_name){.name = scan_name(&r->scan, true), .index = LAB_NO_INDEX};
    if (name->name.length == 0) {
        struct word word = scan_peek(&r->scan);
        if (word.length > 0)
            return lab_fail(r->scan.error, word.text, word.length, "'%s': a name begins with a letter",
                            word_show(word.text, word.length).text);
    }
    if (!script_name_is_good(r, "a block", name->name))
        return false;
    if (r->scan.next < r->scan.end && *r->scan.next == '[' && !read_index(r, name))
        return false;
    name->text = (struct word){before.next, (size_t)(r->scan.next - before.next)};
    return true;
}

/* wall[3] as it is meant, whatever stood between the brackets. */
static struct word_shown show(const struct block_name *name)
{
    struct word_shown shown;
    struct lab_buffer buffer;
    struct lab_sink sink = lab_buffer_sink(&buffer, shown.text, sizeof shown.text);
    lab_print(&sink, "%.*s", (int)name->name.length, name->name.text);
    if (name->index != LAB_NO_INDEX)
        lab_print(&sink, "[%u]", name->index);
    return shown;
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (lab_equal(names[i], name))
            return true;
    }
    return false;
}

/* no block 'wal': did you mean wall? There are a, wall */
static bool unknown_block(struct reader *r, const struct block_name *name)
{
    const struct lab_script *script = r->script;
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < script->block_count && count < NAMES_MAX - 1; i++) {
        const char *other = script->blocks[i].name;
        if (lab_matches(other, name->name.text, name->name.length))
            return lab_fail(r->scan.error, name->text.text, name->text.length, "'%s' was never allocated",
                            show(name).text);
        if (!is_among(names, count, other))
            names[count++] = other;
    }
    names[count] = NULL;
    if (count == 0)
        return lab_fail(r->scan.error, name->text.text, name->text.length, "no block '%s': nothing was allocated yet",
                        show(name).text);
    return word_unknown_name(r->scan.error, "block", name->name, names);
}

bool block_read(struct reader *r, uint32_t *block)
{
    struct block_name name;
    *block = 0;
    if (!block_read_name(r, &name))
        return false;
    if (r->is_counting)
        return true;
    *block = find(r->script, name.name.text, name.name.length, name.index);
    return *block != LAB_NO_INDEX || unknown_block(r, &name);
}

/* ---- allocation ---- */

/* The next of b1, b2, ... that no block has; returns its number. */
static uint32_t choose_name(const struct lab_script *script, char *text, struct block_name *name)
{
    uint32_t number = script->named;
    do {
        struct lab_buffer buffer;
        struct lab_sink sink = lab_buffer_sink(&buffer, text, LAB_BLOCK_NAME_MAX + 1);
        lab_print(&sink, "b%u", ++number);
        *name =
            (struct block_name){.name = {text, buffer.length}, .index = LAB_NO_INDEX, .text = {text, buffer.length}};
    } while (find(script, name->name.text, name->name.length, LAB_NO_INDEX) != LAB_NO_INDEX);
    return number;
}

bool block_allocate(struct reader *r, const struct block_name *given, size_t size, uint32_t *block)
{
    struct lab_script *script = r->script;
    char text[LAB_BLOCK_NAME_MAX + 1];
    struct block_name name;
    uint32_t named = script->named;
    *block = 0;
    if (r->is_counting) {
        r->allocs += r->allocs < LAB_SCRIPT_BLOCKS_MAX;
        return true;
    }
    if (given)
        name = *given;
    else
        named = choose_name(script, text, &name);
    *block = find(script, name.name.text, name.name.length, name.index);
    if (*block != LAB_NO_INDEX && script->is_live[*block])
        return lab_fail(r->scan.error, name.text.text, name.text.length, "'%s' is live: free it first, or name it anew",
                        show(&name).text);
    r->is_full = *block == LAB_NO_INDEX && !block_add(script, name.name.text, name.name.length, name.index, block);
    if (r->is_full)
        return lab_fail(r->scan.error, name.text.text, name.text.length, "no room for '%s': at most %u blocks",
                        show(&name).text, script->block_capacity);
    script->blocks[*block].size = size;
    script->is_live[*block] = true;
    script->named = named;
    return true;
}

/* ---- for others ---- */

static bool is_allocated(const struct lab_script *script, uint32_t block)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct lab_step *step = &script->steps[i];
        bool is_alloc = step->kind == LAB_STEP_ALLOC || step->kind == LAB_STEP_ALIGNED;
        if (is_alloc && step->block == block)
            return true;
    }
    return false;
}

void lab_script_forget_blocks(struct lab_script *script)
{
    uint32_t known = script->block_count;
    while (script->block_count > 0 && !is_allocated(script, script->block_count - 1))
        script->block_count--;
    if (script->block_count == known)
        return;
    for (uint32_t i = 0; i < script->place_count; i++)
        script->places[i] = 0;
    index_blocks(script);
    script->named = 0;
}

const char *lab_block_text(const struct lab_script *script, uint32_t block, char *out)
{
    const struct lab_script_block *b = &script->blocks[block];
    struct block_name name = {.name = {b->name, lab_length(b->name)}, .index = b->index};
    word_copy(out, LAB_BLOCK_TEXT, show(&name).text, lab_length(show(&name).text));
    return out;
}

uint32_t lab_block_find(const struct lab_script *script, const char *name, size_t length)
{
    uint64_t index;
    size_t base = word_before((struct word){name, length}, '[');
    if (base == length)
        return find(script, name, length, LAB_NO_INDEX);
    if (name[length - 1] != ']' ||
        lab_parse_number(name + base + 1, length - base - 2, false, &index) != LAB_NUMBER_OK || index >= LAB_NO_INDEX)
        return LAB_NO_INDEX;
    return find(script, name, base, (uint32_t)index);
}
