/* Robson's adversary (J. M. Robson, Bounds for Some Functions Concerning Dynamic Storage Allocation, Journal of the ACM 21,
 * 1974). It looks where its blocks were put, and keeps those that are most in the way.
 *
 *   units of the smallest block; M of them may be live; sizes 1, 2, 4, ... n
 *
 *   round 0   M blocks of 1
 *   round i   choose one of two residues modulo 2^i: f, that of the round before, or f + 2^(i-1);
 *             free every block that covers no address of that residue
 *             ask for blocks of 2^i as long as no more than M units are live
 *
 *      i = 1, f = 0:   keep   #.#.#.#.#.#.      a block of 2 fits into none of the holes
 *      i = 2, f = 0:   keep   #...#...#...      into none of these does one of 4, nor where a block of 2 stays
 *
 * Of the two residues it takes the one whose blocks spoil more than they hold: each spoils 2^i units around such an address.
 */
#include "adversary.h"

struct piece {
    unsigned char *payload; /* NULL: freed */
    size_t start, units;    /* of the whole block, from the lowest block of the heap */
};

struct game {
    struct lab_session *s;
    struct piece *pieces;
    size_t count;             /* of pieces: never more than units may be live */
    size_t unit, live, limit; /* live and limit: units */
    bool is_refused;
};

uint64_t lab_adversary_bound(uint64_t live, uint64_t largest, uint64_t unit)
{
    uint64_t log2 = 0;
    while (largest >> (log2 + 1) != 0)
        log2++;
    return (live * log2 / 2 + live - largest + 1) * unit;
}

/* Whether the piece covers an address that is `residue` modulo `period`. */
static bool covers(const struct piece *p, size_t residue, size_t period)
{
    size_t ahead = (residue + period - p->start % period) % period; /* from its start to the next such address */
    return ahead < p->units;
}

/* Units that the pieces at the residue spoil, without those they hold. */
static size_t units_spoilt(const struct game *g, size_t residue, size_t period)
{
    size_t units = 0;
    for (size_t i = 0; i < g->count; i++)
        units += covers(&g->pieces[i], residue, period) ? period - g->pieces[i].units : 0;
    return units;
}

/* What was requested for a whole block of so many units. */
static size_t bytes_of(const struct game *g, size_t units)
{
    return units * g->unit - sizeof(size_t);
}

/* Frees all that do not cover the residue, and closes the gaps in the list. */
static void free_others(struct game *g, size_t residue, size_t period)
{
    struct lab_session *s = g->s;
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++) {
        if (covers(&g->pieces[i], residue, period)) {
            g->pieces[kept++] = g->pieces[i];
            continue;
        }
        s->world->clock(s->world->context); /* a sign of life */
        heap_free(&s->heap, g->pieces[i].payload);
        g->live -= g->pieces[i].units;
        s->live -= bytes_of(g, g->pieces[i].units);
    }
    g->count = kept;
}

static void ask(struct game *g, size_t units)
{
    struct lab_session *s = g->s;
    size_t bytes = bytes_of(g, units);
    s->world->clock(s->world->context); /* a sign of life */
    unsigned char *payload = heap_alloc(&s->heap, bytes);
    if (!payload) {
        g->is_refused = true;
        s->refused++;
        return;
    }
    size_t start = (size_t)(payload - s->heap.base) - heap_origin(&s->heap);
    uint64_t end = (uint64_t)(payload - s->heap.base) + bytes;
    g->pieces[g->count++] = (struct piece){.payload = payload, .start = start / g->unit, .units = units};
    g->live += units;
    s->live += bytes;
    if (end > s->high)
        s->high = end;
}

static void ask_for_all(struct game *g, size_t units)
{
    while (!g->is_refused && g->limit - g->live >= units)
        ask(g, units);
}

static void tell_round(const struct game *g, size_t size, size_t freed)
{
    char digits[3][27];
    lab_print(g->s->text, "  blocks of %-8s %8s units freed, %8s live, the highest ends at 0x%jx\n",
              lab_grouped(size * g->unit, digits[0]), lab_grouped(freed, digits[1]), lab_grouped(g->live, digits[2]),
              (uintmax_t)g->s->high);
}

static void play(struct game *g, size_t largest, enum lab_telling telling)
{
    size_t residue = 0;
    ask_for_all(g, 1);
    for (size_t size = 2; size <= largest && !g->is_refused; size *= 2) {
        size_t live = g->live;
        if (units_spoilt(g, residue + size / 2, size) > units_spoilt(g, residue, size))
            residue += size / 2;
        free_others(g, residue, size);
        size_t freed = live - g->live;
        ask_for_all(g, size);
        if (telling != LAB_TELL_NOTHING)
            tell_round(g, size, freed);
    }
}

enum lab_stepped lab_adversary_play(struct lab_session *s, const struct lab_step *step, enum lab_telling telling)
{
    size_t unit = 4 * sizeof(size_t), live = step->size / unit, largest = (size_t)step->offset / unit;
    size_t mark = s->arena->used;
    char digits[2][27];
    struct game g = {.s = s, .unit = unit, .limit = live};
    bool is_sound = step->size % unit == 0 && live > 0 && largest > 0 && largest <= live &&
                    (size_t)step->offset == largest * unit && (largest & (largest - 1)) == 0;
    g.pieces = is_sound ? lab_arena_take(s->arena, live, sizeof *g.pieces) : NULL;
    if (!g.pieces)
        return LAB_STEPPED_BAD_STEP;
    s->high = 0;
    s->bound = lab_adversary_bound(live, largest, unit);
    play(&g, largest, telling);
    if (telling != LAB_TELL_NOTHING)
        lab_print(s->text, "  %s: the highest block ends at %s; no allocator can do with less than %s\n",
                  g.is_refused ? "refused before the end" : s->run.policy->name, lab_grouped(s->high, digits[0]),
                  lab_grouped(s->bound, digits[1]));
    lab_arena_release(s->arena, mark);
    return LAB_STEPPED;
}
