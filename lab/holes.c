/* The holes of a heap as a list: by address, and in the order of the policy's own structure. */
#include <lab/map.h>

struct hole_list {
    const struct lab_sink *sink;
    size_t most, seen, bytes_seen, bytes_listed;
};

static bool list_hole(void *context, const struct heap_extent *extent)
{
    struct hole_list *list = context;
    char number[32], size[32];
    if (extent->kind != HEAP_FREE)
        return true;
    list->seen++;
    list->bytes_seen += extent->size;
    if (list->seen > list->most)
        return true;
    if (list->seen == 1)
        lab_print(list->sink, "%7s  %10s  %15s\n", "hole", "offset", "size in bytes");
    lab_print(list->sink, "%7s  0x%08zx  %15s\n", lab_grouped(list->seen, number), extent->offset,
              lab_grouped(extent->size, size));
    list->bytes_listed = list->bytes_seen;
    return true;
}

typedef enum heap_status walk_fn(struct heap *h, heap_visit_fn *visit, void *context);

static enum heap_status print_holes(const struct lab_sink *sink, struct heap *h, size_t most, walk_fn *walk)
{
    struct hole_list list = {.sink = sink, .most = most};
    char count[32], bytes[32];
    enum heap_status status = walk(h, list_hole, &list);
    if (list.seen == 0)
        lab_print(sink, "no holes\n");
    else if (list.seen > most)
        lab_print(sink, "and %s more hole%s, %s bytes together\n", lab_grouped(list.seen - most, count),
                  list.seen - most == 1 ? "" : "s", lab_grouped(list.bytes_seen - list.bytes_listed, bytes));
    else if (list.seen > 1)
        lab_print(sink, "%7s  %10s  %15s\n", "all", "", lab_grouped(list.bytes_seen, bytes));
    if (status != HEAP_OK)
        lab_print(sink, "the list ends here: %s\n", heap_fault_text(h->fault.class));
    return status;
}

enum heap_status lab_holes(const struct lab_sink *sink, struct heap *h, size_t most)
{
    return print_holes(sink, h, most, heap_walk);
}

enum heap_status lab_holes_in_order(const struct lab_sink *sink, struct heap *h, size_t most)
{
    return print_holes(sink, h, most, heap_list);
}
