/* The report of a single run: groups of lines, each number with its label and unit. */
#include <lab/report.h>

#include "flow.h"
#include "table.h"

const char *lab_status_text(enum lab_status status)
{
    switch (status) {
    case LAB_OK:
        return "ok";
    case LAB_NO_SCRATCH:
        return "not enough scratch memory for a program of this length";
    case LAB_NO_REGION:
        return "not enough memory for the heap";
    case LAB_CORRUPT:
        return "heap damaged";
    case LAB_BAD_INPUT:
        return "options refused";
    }
    return "unknown status";
}

const char *lab_check_text(const struct lab_result *result)
{
    if (result->check == HEAP_OK)
        return result->check_ran ? "ok" : "off";
    if (result->fault.class != HEAP_FAULT_NONE)
        return heap_fault_text(result->fault.class);
    return result->check == HEAP_BAD_POINTER ? "payload outside the heap" : "payload overwritten";
}

void lab_print_fault(const struct lab_sink *sink, const char *what, const struct heap_fault *fault, const char *policy)
{
    lab_print(sink, "HEAP: %s", what);
    if (fault->class == HEAP_FAULT_OVERFLOW)
        lab_print(sink, ": %zu bytes past end", fault->bytes);
    if (fault->class == HEAP_FAULT_LATE_WRITE)
        lab_print(sink, ": offset %zu, found 0x%02x expected 0xdf", fault->bytes, fault->found);
    lab_print(sink, " at %p (", fault->address);
    if (fault->block && fault->size != 0)
        lab_print(sink, "block %p size %zu, ", fault->block, fault->size);
    else if (fault->block)
        lab_print(sink, "block %p, ", fault->block);
    lab_print(sink, "allocator %s, op #%ju", policy, (uintmax_t)fault->operation);
    if (fault->born_at != 0)
        lab_print(sink, ", allocated by #%ju", (uintmax_t)fault->born_at);
    if (fault->freed_at != 0)
        lab_print(sink, ", freed by #%ju", (uintmax_t)fault->freed_at);
    lab_print(sink, ")");
}

/* ---- lines ---- */

/* "            label          1,234 unit"; the group's name stands in its first line only. */
static void line(const struct lab_sink *sink, const char *group, const char *label, uint64_t value, const char *unit)
{
    char digits[32];
    lab_print(sink, "%-10s %-20s %15s %s\n", group, label, lab_grouped(value, digits), unit);
}

static void ratio_line(const struct lab_sink *sink, const char *group, const char *label, unsigned permille,
                       const char *formula)
{
    lab_print(sink, "%-10s %-20s %13u.%u %%  %s\n", group, label, permille / 10, permille % 10, formula);
}

static void cost_line(const struct lab_sink *sink, const char *label, const struct lab_cost *cost)
{
    char count[32], mean[32], p50[32], p99[32], max[32];
    if (cost->count == 0)
        return;
    lab_print(sink, "%-10s %-12s %11s %13s %13s %13s %13s\n", "", label, lab_grouped(cost->count, count),
              lab_grouped(cost->mean, mean), lab_grouped(cost->p50, p50), lab_grouped(cost->p99, p99),
              lab_grouped(cost->max, max));
}

/* ---- groups ---- */

static void report_requests(const struct lab_sink *sink, const struct lab_result *result)
{
    char count[32], more[32];
    lab_print(sink, "%-10s %-20s %15s of %s\n", "Requests", "operations done", lab_grouped(result->done, count),
              lab_grouped(result->ops, more));
    lab_print(sink, "%-10s %-20s %15s, %s of them with enough bytes free\n", "", "refused",
              lab_grouped(result->failed, count), lab_grouped(result->refused_despite_room, more));
    lab_print(sink, "%-10s %-20s %15s in place, %s moved\n", "", "resized",
              lab_grouped(result->counters.resized_in_place, count), lab_grouped(result->counters.resized_moved, more));
}

static void report_memory(const struct lab_sink *sink, const struct lab_result *result)
{
    const struct heap_shape *s = &result->shape;
    char bytes[32], count[32], more[32];
    lab_print(sink, "%-10s %-20s %15s bytes, %s at most\n", "Memory", "heap", lab_grouped(s->committed, bytes),
              lab_grouped(result->heap_peak, more));
    lab_print(sink, "%-10s %-20s %15s bytes in %s block%s, headers included\n", "", "  used",
              lab_grouped(s->used, bytes), lab_grouped(s->used_blocks, count), s->used_blocks == 1 ? "" : "s");
    lab_print(sink, "%-10s %-20s %15s bytes in %s hole%s, the largest %s\n", "", "  free", lab_grouped(s->free, bytes),
              lab_grouped(s->holes, count), s->holes == 1 ? "" : "s", lab_grouped(s->largest_hole, more));
    lab_print(sink, "%-10s %-20s %15s bytes outside blocks, %s of them fixed\n", "", "  metadata",
              lab_grouped(s->meta, bytes), lab_grouped(result->fixed, more));
    line(sink, "", "  untracked", s->untracked, "bytes handed out without a record");
    lab_print(sink, "%-10s %-20s %15s bytes requested, %s at most\n", "", "live at the end",
              lab_grouped(result->live_end, bytes), lab_grouped(result->peak_live, more));
    line(sink, "", "orphans", s->orphans, "used blocks with a hole on both sides");
}

static void report_ratios(const struct lab_sink *sink, const struct lab_result *result)
{
    ratio_line(sink, "Ratios", "util", result->util, "most live bytes / heap");
    ratio_line(sink, "", "ext_frag", result->ext_frag, "1 - largest hole / free");
    ratio_line(sink, "", "rms_frag", result->rms_frag, "1 - root of the sum of squared holes / free");
    ratio_line(sink, "", "int_frag", result->int_frag, "1 - live / used, when most bytes were live");
    ratio_line(sink, "", "overhead", result->overhead, "used and metadata bytes nobody asked for / heap");
    lab_print(sink, "%-10s unusable, in %%: share of the free bytes in holes too small for a request of\n", "");
    lab_print(sink, "%10s ", "");
    for (unsigned k = LAB_UNUSABLE_FIRST; k <= LAB_UNUSABLE_LAST; k++)
        lab_print(sink, "%*u%s", k < 10 ? 6 : 5, 1u << k % 10, k < 10 ? "" : "K");
    lab_print(sink, "  bytes\n%10s ", "");
    for (unsigned i = 0; i < LAB_UNUSABLE_COUNT; i++)
        lab_print(sink, "%4u.%u", result->unusable[i] / 10, result->unusable[i] % 10);
    lab_print(sink, "\n");
}

static void report_work(const struct lab_sink *sink, const struct lab_world *world, const struct lab_result *result)
{
    const struct heap_counters *c = &result->counters;
    char count[32], more[32], last[32];
    lab_print(sink, "%-10s %-20s %15s blocks looked at, %s at most in one operation\n", "Work", "probes",
              lab_grouped(c->probes, count), lab_grouped(c->probes_max, more));
    lab_print(sink, "%-10s %-20s %15s splits, %s merges, %s growths\n", "", "blocks and region",
              lab_grouped(c->splits, count), lab_grouped(c->merges, more), lab_grouped(c->grows, last));
    lab_print(sink, "%-10s %-12s %11s %13s %13s %13s %13s\n", "Cost", world->clock_unit, "operations", "mean",
              "half at most", "99% at most", "max");
    cost_line(sink, "alloc", &result->cost_alloc);
    cost_line(sink, "free", &result->cost_free);
    cost_line(sink, "resize", &result->cost_resize);
}

/* What growth and page faults cost: of the kinds of call that had any, and all in all. */
static void report_memory_cost(const struct lab_sink *sink, const struct lab_result *result)
{
    char count[32];
    lab_print(sink, "%-10s %s in growth and page faults, not counted above%s\n", "VM cost",
              lab_grouped(result->vm_cost, count), result->vm_cost ? "; within calls:" : "");
    if (result->vm_alloc.max)
        cost_line(sink, "alloc", &result->vm_alloc);
    if (result->vm_free.max)
        cost_line(sink, "free", &result->vm_free);
    if (result->vm_resize.max)
        cost_line(sink, "resize", &result->vm_resize);
}

static void report_frames(const struct lab_sink *sink, const struct lab_memory *m)
{
    char faults[32], zero_hits[32], cow[32], frames[32], peak[32], tables[32], leaked[32];
    uint64_t lost = m->frames_leaked < 0 ? 0 - (uint64_t)m->frames_leaked : (uint64_t)m->frames_leaked;
    if (m->faults == 0 && m->frames_peak == 0 && lost == 0)
        return;
    lab_print(sink, "%-10s %s page faults, %s zero-page reads, %s copies on write\n", "Frames",
              lab_grouped(m->faults, faults), lab_grouped(m->zero_hits, zero_hits), lab_grouped(m->cow, cow));
    lab_print(sink, "%-10s %s frames at most, %s at the end, %s of these page tables; %s%s leaked\n", "",
              lab_grouped(m->frames_peak, peak), lab_grouped(m->frames, frames), lab_grouped(m->tables, tables),
              m->frames_leaked < 0 ? "-" : "", lab_grouped(lost, leaked));
    if (m->large_leaves)
        lab_print(sink, "%-10s %s large leaves\n", "", lab_grouped(m->large_leaves, tables));
}

static void report_end(const struct lab_sink *sink, const struct lab_result *result)
{
    char operation[32], bytes[32];
    lab_print(sink, "%-10s %s", "Check", lab_check_text(result));
    if (result->check != HEAP_OK)
        lab_print(sink, ", found at operation %s", lab_grouped(result->done, operation));
    if (result->expectation_failed)
        lab_print(sink, "; an expectation of the scenario did not hold");
    if (result->check == HEAP_OK && result->counters.live > 0)
        lab_print(sink, "; leak: %s blocks, %s bytes never freed", lab_grouped(result->counters.live, operation),
                  lab_grouped(result->live_end, bytes));
    lab_print(sink, "\n%-10s %016jx\n", "Placement", (uintmax_t)result->placement);
}

void lab_print_title(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                     const char *who)
{
    struct lab_flow title = lab_flow_start(sink, LAB_TEXT_WIDTH, 4, 0);
    lab_flow_words(&title, who);
    lab_flow_words(&title, run->run_text);
    lab_flow_words(&title, "(seed");
    lab_flow_number(&title, run->seed, ",");
    lab_flow_word(&title, world->arch, ",");
    lab_flow_words(&title, "vm");
    lab_flow_word(&title, world->vm, ")");
    lab_flow_end(&title);
}

void lab_report_run(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                    const struct lab_result *result)
{
    char who[LAB_TEXT_WIDTH + 1];
    struct lab_buffer buffer;
    struct lab_sink words = lab_buffer_sink(&buffer, who, sizeof who);
    lab_print(&words, "%s on", run->alloc_text);
    lab_print_title(sink, world, run, who);
    report_requests(sink, result);
    report_memory(sink, result);
    report_ratios(sink, result);
    report_work(sink, world, result);
    report_memory_cost(sink, result);
    report_frames(sink, &result->memory);
    report_end(sink, result);
}
