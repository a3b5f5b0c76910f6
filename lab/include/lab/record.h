/* The machine records of a run: `result` once, `sample` as it goes on. Keys and values as docs/reference.md lists them; one
 * line and at most LAB_RECORD_MAX bytes each. Any context in which the sink may be written to. */
#ifndef LAB_RECORD_H
#define LAB_RECORD_H

#include <lab/run.h>
#include <lab/script.h>

/* Everything measured of one run that ended LAB_OK or LAB_CORRUPT. `alloc` is the policy's name and `options` what the user
 * gave after its first colon. Texts longer than the record can hold are cut and marked, see lab_json_long_text. */
void lab_record_result(const struct lab_sink *sink, const struct lab_world *world, const struct lab_run *run,
                       const struct lab_result *result);

/* One point of a run's time series: after `done` operations, with the arguments of lab_observer's `sample`. */
void lab_record_sample(const struct lab_sink *sink, const struct lab_run *run, size_t done, size_t live_bytes,
                       const struct heap_shape *shape);

/* Who knows the names of used blocks. `name` fills `out` (LAB_BLOCK_TEXT bytes) for a used extent; false: it has none. */
struct lab_owners {
    bool (*name)(const void *context, const struct heap_extent *extent, char *out);
    const void *context;
};

/* A `heap` record: the heap's extents by address, each [kind, offset, size] or, where `owners` (may be NULL) know it,
 * [kind, offset, size, name]. What does not fit into the record is counted as "extents_left_out". */
void lab_record_heap(const struct lab_sink *sink, struct heap *h, const struct lab_owners *owners);

/* What an extent is, as records have it: "used", "free", "meta", "untracked". */
const char *lab_extent_word(enum heap_extent_kind kind);

#endif
