/* The columns of the comparison table: head, which way is better, formula, and how to read the number from a result.
 * To add one: an entry here, its name in table.h, and a line in lab_figure(). */
#include "table.h"

const struct lab_column lab_columns[FIG_COUNT] = {
    [FIG_REFUSED] = {.head = "refused",
                     .better = BETTER_LOW,
                     .praise = "fewest refusals:",
                     .formula = "requests that were not met; with room: although enough bytes were free, in pieces"},
    [FIG_DESPITE_ROOM] = {.head = "with", .subhead = "room", .better = BETTER_LOW},
    [FIG_HEAP_KIB] = {.head = "heap",
                      .subhead = "KiB",
                      .better = BETTER_LOW,
                      .praise = "smallest heap:",
                      .formula = "the whole region at the end; 1 KiB = 1,024 bytes"},
    [FIG_UTIL] = {.head = "util",
                  .subhead = "%",
                  .better = BETTER_HIGH,
                  .has_tenths = true,
                  .formula = "utilisation: most requested bytes live at one time / heap"},
    [FIG_EXT_FRAG] = {.head = "ext_frag",
                      .subhead = "%",
                      .better = BETTER_LOW,
                      .has_tenths = true,
                      .praise = "least external fragmentation:",
                      .formula = "external fragmentation: 1 - largest hole / all free bytes, at the end"},
    [FIG_INT_FRAG] = {.head = "int_frag",
                      .subhead = "%",
                      .better = BETTER_LOW,
                      .has_tenths = true,
                      .praise = "least internal fragmentation:",
                      .formula =
                          "internal fragmentation: 1 - requested bytes / used blocks, when most bytes were live"},
    [FIG_HOLES] = {.head = "holes", .better = BETTER_LOW, .formula = "free blocks at the end, and the largest of them"},
    [FIG_LARGEST_HOLE] = {.head = "largest", .subhead = "bytes", .better = BETTER_NEITHER},
    [FIG_PROBES_MEAN] = {.part = PART_WORK,
                         .head = "probes",
                         .subhead = "mean",
                         .better = BETTER_LOW,
                         .has_tenths = true,
                         .praise = "fewest probes:",
                         .formula = "blocks looked at in search of a place: mean over all requests, and most in one"},
    [FIG_PROBES_MAX] = {.part = PART_WORK, .head = "probes", .subhead = "max", .better = BETTER_LOW},
    [FIG_ALLOC_MEAN] = {.part = PART_WORK,
                        .head = "alloc",
                        .subhead = "mean",
                        .better = BETTER_LOW,
                        .praise = "cheapest alloc:",
                        .formula =
                            "cost of one operation, growth and page faults left out; p99: 99 of 100 cost no more"},
    [FIG_ALLOC_P99] = {.part = PART_WORK, .head = "alloc", .subhead = "p99", .better = BETTER_LOW},
    [FIG_ALLOC_MAX] = {.part = PART_WORK, .head = "alloc", .subhead = "max", .better = BETTER_LOW},
    [FIG_FREE_MEAN] =
        {.part = PART_WORK, .head = "free", .subhead = "mean", .better = BETTER_LOW, .praise = "cheapest free:"},
    [FIG_FREE_P99] = {.part = PART_WORK, .head = "free", .subhead = "p99", .better = BETTER_LOW},
    [FIG_RESIZE_MEAN] = {.part = PART_WORK, .head = "resize", .subhead = "mean", .better = BETTER_LOW},
    [FIG_RESIZE_P99] = {.part = PART_WORK, .head = "resize", .subhead = "p99", .better = BETTER_LOW},
};

size_t lab_kept_blocks(const struct lab_result *r)
{
    return r->shape.used_blocks > r->counters.live ? r->shape.used_blocks - r->counters.live : 0;
}

/* Per request for memory, in tenths, rounded to nearest. */
static uint64_t probes_mean(const struct lab_result *r)
{
    uint64_t requests = r->cost_alloc.count + r->cost_resize.count;
    return requests ? (20 * r->counters.probes + requests) / (2 * requests) : 0;
}

uint64_t lab_figure(const struct lab_result *r, enum figure figure)
{
    switch (figure) {
    case FIG_REFUSED:
        return r->failed;
    case FIG_DESPITE_ROOM:
        return r->refused_despite_room;
    case FIG_HEAP_KIB:
        return ((uint64_t)r->shape.committed + 512) / 1024;
    case FIG_UTIL:
        return r->util;
    case FIG_EXT_FRAG:
        return r->ext_frag;
    case FIG_INT_FRAG:
        return r->int_frag;
    case FIG_HOLES:
        return r->shape.holes;
    case FIG_LARGEST_HOLE:
        return r->shape.largest_hole;
    case FIG_PROBES_MEAN:
        return probes_mean(r);
    case FIG_PROBES_MAX:
        return r->counters.probes_max;
    case FIG_ALLOC_MEAN:
        return r->cost_alloc.mean;
    case FIG_ALLOC_P99:
        return r->cost_alloc.p99;
    case FIG_ALLOC_MAX:
        return r->cost_alloc.max;
    case FIG_FREE_MEAN:
        return r->cost_free.mean;
    case FIG_FREE_P99:
        return r->cost_free.p99;
    case FIG_RESIZE_MEAN:
        return r->cost_resize.mean;
    case FIG_RESIZE_P99:
        return r->cost_resize.p99;
    case FIG_COUNT:
        break;
    }
    return 0;
}

bool lab_has_figure(const struct lab_row *row, enum figure figure)
{
    const struct lab_result *r = row->result;
    if (row->status != LAB_OK)
        return false;
    switch (figure) {
    case FIG_INT_FRAG:
        return r->shape.untracked == 0;
    case FIG_EXT_FRAG:
    case FIG_HOLES:
    case FIG_LARGEST_HOLE:
        return r->shape.untracked == 0 && lab_kept_blocks(r) == 0;
    case FIG_ALLOC_MEAN:
    case FIG_ALLOC_P99:
    case FIG_ALLOC_MAX:
    case FIG_PROBES_MEAN:
        return r->cost_alloc.count > 0;
    case FIG_FREE_MEAN:
    case FIG_FREE_P99:
        return r->cost_free.count > 0;
    case FIG_RESIZE_MEAN:
    case FIG_RESIZE_P99:
        return r->cost_resize.count > 0;
    default:
        return true;
    }
}
