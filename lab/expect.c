/* Expectations: the quantities of a heap, and what is said of them. */
#include <lab/expect.h>

#include <lab/run.h>

#include "cstring.h"
#include "words.h"

#define NOWHERE UINT64_MAX

const char *const lab_quantity_names[] = {"refused", "heap",    "used", "free",   "largest",   "meta",  "holes",
                                          "blocks",  "orphans", "live", "splits", "merges",    "grows", "probes",
                                          "looked",  "at",      "size", "faults", "zero-hits", "cow",   "frames",
                                          "fault",   "status",  "high", "bound",  NULL};
_Static_assert(sizeof lab_quantity_names / sizeof *lab_quantity_names == LAB_QUANTITIES + 1, "a name for each");

bool lab_expect_concerns(const struct lab_expect *expect, const char *policy, bool is_own, bool is_plain)
{
    struct word_list list = {.text = expect->under, .length = expect->under_length, .separator = ','};
    struct word part;
    if (expect->under_length == 0)
        return is_own;
    if (!is_plain)
        return false;
    if (lab_matches("all", expect->under, expect->under_length))
        return true;
    while (word_next(&list, &part)) {
        if (lab_matches(policy, part.text, part.length))
            return true;
    }
    return false;
}

/* ---- what a quantity is ---- */

static uint64_t of_shape(struct heap *h, enum lab_quantity quantity)
{
    struct heap_shape shape;
    if (heap_measure(h, &shape) != HEAP_OK)
        return NOWHERE;
    switch (quantity) {
    case LAB_Q_USED:
        return shape.used;
    case LAB_Q_FREE:
        return shape.free;
    case LAB_Q_LARGEST:
        return shape.largest_hole;
    case LAB_Q_META:
        return shape.meta;
    case LAB_Q_HOLES:
        return shape.holes;
    case LAB_Q_BLOCKS:
        return shape.used_blocks;
    default:
        return shape.orphans;
    }
}

static uint64_t of_counters(const struct heap_counters *counters, enum lab_quantity quantity)
{
    switch (quantity) {
    case LAB_Q_SPLITS:
        return counters->splits;
    case LAB_Q_MERGES:
        return counters->merges;
    case LAB_Q_GROWS:
        return counters->grows;
    case LAB_Q_PROBES:
        return counters->probes;
    default:
        return counters->probes_now;
    }
}

static uint64_t of_block(const struct lab_view *view, const struct lab_expect *expect)
{
    const unsigned char *payload = view->payload(view->context, expect->block);
    if (!payload)
        return NOWHERE;
    if (expect->quantity == LAB_Q_AT)
        return (size_t)(payload - view->heap->base);
    return heap_usable(view->heap, (void *)(uintptr_t)payload);
}

static uint64_t of_memory(const struct lab_memory *memory, enum lab_quantity quantity)
{
    if (!memory)
        return 0;
    switch (quantity) {
    case LAB_Q_FAULTS:
        return memory->faults;
    case LAB_Q_ZERO_HITS:
        return memory->zero_hits;
    case LAB_Q_COW:
        return memory->cow;
    default:
        return memory->frames - memory->tables;
    }
}

static uint64_t quantity_of(const struct lab_view *view, const struct lab_expect *expect)
{
    switch (expect->quantity) {
    case LAB_Q_REFUSED:
        return view->refused;
    case LAB_Q_HEAP:
        return view->heap->committed;
    case LAB_Q_LIVE:
        return view->live;
    case LAB_Q_FAULT:
        return view->fault;
    case LAB_Q_STATUS:
        return view->status;
    case LAB_Q_HIGH:
        return view->high;
    case LAB_Q_BOUND:
        return view->bound;
    default:
        break;
    }
    if (expect->quantity <= LAB_Q_ORPHANS)
        return of_shape(view->heap, expect->quantity);
    if (expect->quantity <= LAB_Q_LOOKED)
        return of_counters(&view->heap->counters, expect->quantity);
    return expect->quantity <= LAB_Q_SIZE ? of_block(view, expect) : of_memory(view->memory, expect->quantity);
}

/* ---- whether it holds ---- */

static bool compare(uint64_t found, enum lab_relation relation, uint64_t value)
{
    switch (relation) {
    case LAB_EQUAL:
        return found == value;
    case LAB_NOT_EQUAL:
        return found != value;
    case LAB_LESS:
        return found < value;
    case LAB_LESS_EQUAL:
        return found <= value;
    case LAB_GREATER:
        return found > value;
    default:
        return found >= value;
    }
}

bool lab_expect_holds(const struct lab_expect *expect, const struct lab_view *view, uint64_t *found)
{
    *found = quantity_of(view, expect);
    if (*found == NOWHERE)
        return expect->relation == LAB_NOT_EQUAL;
    return compare(*found, expect->relation, expect->is_bound ? view->bound : expect->value);
}

/* ---- in words ---- */

void lab_quantity_print(const struct lab_sink *sink, enum lab_quantity quantity, uint64_t value)
{
    if (value == NOWHERE)
        lab_print(sink, "nothing");
    else if (quantity == LAB_Q_FAULT)
        lab_print(sink, "%s", value == HEAP_FAULT_NONE ? "none" : heap_fault_text((enum heap_fault_class)value));
    else
        lab_print(sink, quantity == LAB_Q_AT ? "0x%jx" : "%ju", (uintmax_t)value);
}

void lab_expect_print(const struct lab_sink *sink, const struct lab_expect *expect, const char *block_name)
{
    static const char *const signs[] = {"=", "!=", "<", "<=", ">", ">="};
    lab_print(sink, "%s%s%s %s ", lab_quantity_names[expect->quantity], block_name ? " " : "",
              block_name ? block_name : "", signs[expect->relation]);
    if (expect->is_bound)
        lab_print(sink, "%s", lab_quantity_names[LAB_Q_BOUND]);
    else
        lab_quantity_print(sink, expect->quantity, expect->value);
}
