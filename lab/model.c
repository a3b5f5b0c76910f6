/* The reference model (see lab/model.h): placement stated on abstract addresses, clear before fast.
 *
 * alloc:   1. choose an entry of the free list (choose), if need be after joining all holes that touch (join_all), or grow the
 *             region so that its last block is one (grow);
 *          2. cut a front gap off if the alignment wants one, hand out the low part, leave the rest (place).
 * free:    3. join the neighbours and put the hole into the list, or the other way about (release).
 * resize:  4. cut the tail off and release it; or take from a free right neighbour; or 1 and 2 anew, then 3.
 *
 * Cost: O(holes) for the list, everything else O(1).
 * Source: this project's page of the block format; for the OSTEP parameters R. and A. Arpaci-Dusseau, "Operating
 * Systems: Three Easy Pieces", free-space management, and its simulator's documented behaviour.
 */
#include "model_books.h"

#include <alloc/heap_ops.h>

enum {
    BLOCKS_PER_OPERATION = 3,   /* the most that one operation makes: front gap, tail, grown hole */
    SMALL_PARAMETER = 1 << 20,  /* header, alignment, smallest block and the like are below this, ... */
    ARITHMETIC_ROOM = 16 << 20, /* ... so that no sum of a request's wraps if this much is left above the region */
};

#define NONE LAB_MODEL_NO_BLOCK
#define NO_ENTRY SIZE_MAX

/* What a search looks for. */
struct request {
    size_t whole; /* size of the block */
    size_t align; /* of its payload */
};

static size_t round_up(size_t size, size_t multiple)
{
    size_t over = size % multiple;
    return over ? size + (multiple - over) : size;
}

/* ---- alloc ---- */

static size_t end_of_blocks(const struct lab_model *m)
{
    return m->params.base + m->committed - m->params.trail;
}

/* Bytes from `address` to the lowest block that may begin there or further up: 0, or enough for a hole. */
static size_t front_gap(const struct lab_model *m, size_t address, size_t align)
{
    size_t gap = heap_align_gap(address + m->params.header, align);
    while (gap != 0 && gap < m->params.min)
        gap += align;
    return gap;
}

static bool can_hold(const struct lab_model *m, const struct lab_model_block *hole, const struct request *wanted)
{
    return hole->size >= wanted->whole && hole->size - wanted->whole >= front_gap(m, hole->address, wanted->align);
}

/* Whether the policy prefers a hole to the one chosen so far. */
static bool is_better(enum lab_model_policy policy, size_t size, size_t chosen_size)
{
    return policy == LAB_MODEL_BEST ? size < chosen_size : policy == LAB_MODEL_WORST && size > chosen_size;
}

/* The entry the policy takes, or NO_ENTRY. */
static size_t choose(struct lab_model *m, const struct request *wanted)
{
    enum lab_model_policy policy = m->params.policy;
    bool takes_the_first = policy == LAB_MODEL_FIRST || policy == LAB_MODEL_NEXT;
    size_t chosen = NO_ENTRY, chosen_size = 0, count = m->hole_count, searched = 0;
    size_t start = policy == LAB_MODEL_NEXT ? lab_books_entries_below(m, m->rover) : 0;
    while (searched < count && !(takes_the_first && chosen != NO_ENTRY)) {
        size_t at = searched < count - start ? start + searched : searched - (count - start);
        const struct lab_model_block *hole = lab_model_hole(m, at);
        searched++;
        if (can_hold(m, hole, wanted) && (chosen == NO_ENTRY || is_better(policy, hole->size, chosen_size))) {
            chosen = at;
            chosen_size = hole->size;
        }
    }
    m->totals.searched += searched;
    return chosen;
}

/* Hands out the low part of a hole that can hold the request, behind its front gap. What remains keeps the hole's place
 * in the list, the gap, then the rest, unless the list is by size. */
static uint32_t place(struct lab_model *m, size_t at, const struct request *wanted)
{
    uint32_t hole = m->holes[at], block = hole, rest = NONE;
    size_t gap = front_gap(m, m->blocks[block].address, wanted->align);
    if (gap != 0) {
        block = lab_books_cut(m, block, gap);
        lab_books_insert_entry(m, ++at, block);
    }
    if (m->blocks[block].size - wanted->whole >= m->params.split_min)
        m->holes[at] = rest = lab_books_cut(m, block, wanted->whole);
    else
        lab_books_remove_entry(m, at);
    if (rest != NONE)
        lab_books_resettle_hole(m, rest);
    if (gap != 0)
        lab_books_resettle_hole(m, hole);
    m->blocks[block].is_used = true;
    m->rover = lab_books_end(&m->blocks[block]);
    return block;
}

/* How many bytes the region grows by if it must gain `missing`; 0: it cannot. */
static size_t growth_for(const struct lab_model *m, size_t missing)
{
    size_t room = m->params.limit - m->committed;
    if (m->params.grain == 0 || missing > room)
        return 0;
    size_t added = round_up(missing, m->params.grain);
    if (added > room)
        added = room - room % m->params.align;
    return added >= missing ? added : 0;
}

/* Grows the region so that its last block is a hole for the request. False: refused, nothing has changed. */
static bool grow(struct lab_model *m, const struct request *wanted)
{
    bool joins = m->params.coalescing == LAB_MODEL_AT_ONCE || m->params.coalescing == LAB_MODEL_DEFERRED;
    bool extends_last = joins && lab_books_is_hole(m, m->last);
    size_t end = end_of_blocks(m), start = extends_last ? m->blocks[m->last].address : end;
    size_t added = growth_for(m, front_gap(m, start, wanted->align) + wanted->whole - (end - start));
    if (added == 0)
        return false;
    m->committed += added;
    m->totals.grows++;
    uint32_t fresh = lab_books_link(m, m->last, end, added);
    if (extends_last) {
        uint32_t last = m->blocks[fresh].before;
        lab_books_join(m, last, fresh);
        lab_books_relist_hole(m, lab_books_entry_of(m, last), last);
    } else {
        lab_books_list_hole(m, fresh);
    }
    return true;
}

/* Joins all holes that touch, from the lowest up; what a join makes enters the list anew. False: none touch, or the region may
 * never reach the request's size. */
static bool join_all(struct lab_model *m, const struct request *wanted)
{
    uint64_t merges = m->totals.merges;
    if (wanted->whole > m->params.limit)
        return false;
    for (uint32_t block = m->first; block != NONE; block = m->blocks[block].after) {
        if (m->blocks[block].is_used || !lab_books_is_hole(m, m->blocks[block].after))
            continue;
        while (lab_books_is_hole(m, m->blocks[block].after)) {
            lab_books_remove_entry(m, lab_books_entry_of(m, m->blocks[block].after));
            lab_books_join(m, block, m->blocks[block].after);
        }
        lab_books_relist_hole(m, lab_books_entry_of(m, block), block);
    }
    return m->totals.merges != merges;
}

/* Steps 1 and 2. NONE: refused, nothing has changed (but for holes joined by a pass). */
static uint32_t allocate(struct lab_model *m, const struct request *wanted)
{
    size_t at = choose(m, wanted);
    if (at == NO_ENTRY && m->params.coalescing == LAB_MODEL_DEFERRED && join_all(m, wanted))
        at = choose(m, wanted);
    if (at == NO_ENTRY && grow(m, wanted))
        at = lab_books_entry_of(m, m->last);
    return at == NO_ENTRY ? NONE : place(m, at, wanted);
}

/* ---- free, resize ---- */

/* One pass in list order: an entry that begins where the one before it ends joins it. */
static void join_list_neighbours(struct lab_model *m)
{
    size_t kept = 0;
    for (size_t i = 1; i < m->hole_count; i++) {
        uint32_t low = m->holes[kept], high = m->holes[i];
        if (lab_books_end(&m->blocks[low]) == m->blocks[high].address)
            lab_books_join(m, low, high);
        else
            m->holes[++kept] = high;
    }
    m->hole_count = kept + 1;
}

/* Joins a freed block with the holes next to it, and lists what comes of it. */
static void join_neighbours_and_list(struct lab_model *m, uint32_t block)
{
    uint32_t before = m->blocks[block].before, after = m->blocks[block].after;
    size_t at = NO_ENTRY;
    if (lab_books_is_hole(m, after)) {
        at = lab_books_entry_of(m, after);
        lab_books_join(m, block, after);
    }
    if (lab_books_is_hole(m, before)) {
        if (at != NO_ENTRY)
            lab_books_remove_entry(m, at);
        lab_books_join(m, before, block);
        at = lab_books_entry_of(m, before);
        block = before;
    }
    if (at == NO_ENTRY)
        lab_books_list_hole(m, block);
    else
        lab_books_relist_hole(m, at, block);
}

/* Step 3. */
static void release(struct lab_model *m, uint32_t block)
{
    m->blocks[block].is_used = false;
    if (m->params.coalescing == LAB_MODEL_AT_ONCE) {
        join_neighbours_and_list(m, block);
        return;
    }
    lab_books_list_hole(m, block);
    if (m->params.coalescing == LAB_MODEL_LIST_PASS)
        join_list_neighbours(m);
}

static void shrink(struct lab_model *m, uint32_t block, size_t whole)
{
    if (m->blocks[block].size - whole >= m->params.split_min)
        release(m, lab_books_cut(m, block, whole));
}

/* Makes a block larger by what it needs of a hole that begins at its end. False: there is not enough, nothing has
 * changed. */
static bool extend(struct lab_model *m, uint32_t block, size_t whole)
{
    struct lab_model_block *low = &m->blocks[block];
    uint32_t after = low->after;
    size_t extra = whole - low->size;
    if (!lab_books_is_hole(m, after) || m->blocks[after].address != lab_books_end(low) || m->blocks[after].size < extra)
        return false;
    size_t at = lab_books_entry_of(m, after);
    if (m->blocks[after].size - extra >= m->params.split_min) {
        m->holes[at] = lab_books_cut(m, after, extra);
        lab_books_resettle_hole(m, m->holes[at]);
    } else {
        lab_books_remove_entry(m, at);
    }
    low->size += m->blocks[after].size;
    lab_books_unlink(m, after);
    lab_books_settle_rover(m, block);
    return true;
}

/* ---- the operations ---- */

static bool is_in_use(const struct lab_model *m, uint32_t block)
{
    return block < m->capacity && m->blocks[block].is_used;
}

static struct lab_model_result result_of(const struct lab_model *m, const struct lab_model_totals *before,
                                         enum lab_model_status status, uint32_t block)
{
    struct lab_model_result result = {
        .status = status,
        .block = block,
        .added =
            {
                .searched = m->totals.searched - before->searched,
                .splits = m->totals.splits - before->splits,
                .merges = m->totals.merges - before->merges,
                .grows = m->totals.grows - before->grows,
            },
    };
    if (block != NONE) {
        result.address = m->blocks[block].address;
        result.payload = result.address + m->params.header;
    }
    return result;
}

static bool is_power_of_two(size_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

size_t lab_model_block_size(const struct lab_model *m, size_t bytes)
{
    const struct lab_model_params *p = &m->params;
    if (bytes > p->limit)
        return p->limit + 1;
    size_t whole = p->rounding == LAB_MODEL_ROUND_REQUEST ? round_up(bytes, p->align) + p->header
                                                          : round_up(bytes + p->header, p->align);
    return whole < p->min ? p->min : whole;
}

struct lab_model_result lab_model_alloc(struct lab_model *m, size_t bytes, size_t align)
{
    struct lab_model_totals before = m->totals;
    struct request wanted = {.whole = lab_model_block_size(m, bytes), .align = align};
    if (!is_power_of_two(align) || align > LAB_MODEL_ALIGN_MAX)
        return result_of(m, &before, LAB_MODEL_BAD_ARGUMENT, NONE);
    if (m->spare_count < BLOCKS_PER_OPERATION)
        return result_of(m, &before, LAB_MODEL_NO_SCRATCH, NONE);
    if (m->params.rounding == LAB_MODEL_ROUND_BLOCK && align < m->params.align)
        wanted.align = m->params.align;
    uint32_t block = allocate(m, &wanted);
    return result_of(m, &before, block == NONE ? LAB_MODEL_REFUSED : LAB_MODEL_OK, block);
}

struct lab_model_result lab_model_free(struct lab_model *m, uint32_t block)
{
    struct lab_model_totals before = m->totals;
    if (!is_in_use(m, block))
        return result_of(m, &before, LAB_MODEL_BAD_BLOCK, NONE);
    release(m, block);
    return result_of(m, &before, LAB_MODEL_OK, NONE);
}

struct lab_model_result lab_model_resize(struct lab_model *m, uint32_t block, size_t bytes)
{
    struct lab_model_totals before = m->totals;
    if (!is_in_use(m, block))
        return result_of(m, &before, LAB_MODEL_BAD_BLOCK, NONE);
    if (bytes == 0)
        return result_of(m, &before, LAB_MODEL_BAD_ARGUMENT, NONE);
    if (m->spare_count < BLOCKS_PER_OPERATION)
        return result_of(m, &before, LAB_MODEL_NO_SCRATCH, NONE);
    size_t whole = lab_model_block_size(m, bytes);
    if (whole <= m->blocks[block].size) {
        shrink(m, block, whole);
    } else if (!extend(m, block, whole)) {
        struct lab_model_result moved = lab_model_alloc(m, bytes, 1);
        if (moved.status != LAB_MODEL_OK)
            return moved;
        release(m, block);
        block = moved.block;
    }
    return result_of(m, &before, LAB_MODEL_OK, block);
}

/* ---- making one ---- */

static bool are_small(const struct lab_model_params *p)
{
    return p->header <= SMALL_PARAMETER && p->align <= SMALL_PARAMETER && p->min <= SMALL_PARAMETER &&
           p->split_min <= SMALL_PARAMETER && p->lead <= SMALL_PARAMETER && p->trail <= SMALL_PARAMETER;
}

/* Whether no address and no size that can come up wraps. */
static bool fits_numbers(const struct lab_model_params *p)
{
    size_t top;
    return heap_add(p->base, p->limit, &top) && heap_add(top, p->grain, &top) && heap_add(top, ARITHMETIC_ROOM, &top);
}

static bool keeps_alignment(const struct lab_model_params *p)
{
    return is_power_of_two(p->align) && p->min % p->align == 0 && p->initial % p->align == 0 &&
           (p->lead + p->trail) % p->align == 0 && p->grain % p->align == 0 &&
           (p->base + p->lead + p->header) % p->align == 0;
}

static bool are_sound(const struct lab_model_params *p)
{
    if (p->align == 0 || p->split_min == 0 || !are_small(p) || !fits_numbers(p))
        return false;
    if (p->policy == LAB_MODEL_NEXT && p->order != LAB_MODEL_BY_ADDRESS)
        return false;
    if (p->rounding == LAB_MODEL_ROUND_BLOCK && !keeps_alignment(p))
        return false;
    return p->lead + p->trail <= p->initial && p->initial <= p->limit;
}

enum lab_model_status lab_model_init(struct lab_model *m, const struct lab_model_params *params,
                                     struct lab_arena *arena, uint32_t capacity)
{
    if (!are_sound(params) || capacity <= BLOCKS_PER_OPERATION || capacity == NONE)
        return LAB_MODEL_BAD_ARGUMENT;
    *m = (struct lab_model){
        .params = *params,
        .committed = params->initial,
        .capacity = capacity,
        .spare_count = capacity,
        .spare = NONE,
        .first = NONE,
        .last = NONE,
        .rover = params->base + params->lead,
        .blocks = lab_arena_take(arena, capacity, sizeof *m->blocks),
        .holes = lab_arena_take(arena, capacity, sizeof *m->holes),
    };
    if (!m->blocks || !m->holes)
        return LAB_MODEL_NO_SCRATCH;
    for (uint32_t i = capacity; i-- > 0; m->spare = i)
        m->blocks[i] = (struct lab_model_block){.after = m->spare};
    size_t room = params->initial - params->lead - params->trail;
    if (room > 0)
        lab_books_list_hole(m, lab_books_link(m, NONE, m->rover, room));
    return LAB_MODEL_OK;
}
