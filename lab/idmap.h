/* Inside lab/: from the IDs of a trace, any 64-bit numbers, to slots, small numbers used again after a free. */
#ifndef LAB_IDMAP_H
#define LAB_IDMAP_H

#include <lab/arena.h>

#include <stdint.h>

struct idmap_entry {
    uint64_t id;
    uint32_t slot;                       /* IDMAP_NONE: this entry is empty */
};

#define IDMAP_NONE UINT32_MAX

/* A hash table with linear probing, at most half full, and a stack of slots to use again. */
struct idmap {
    struct lab_arena *arena;
    struct idmap_entry *entries;
    size_t capacity;                     /* a power of two; 0 before the first insertion */
    size_t live;
    uint32_t *free_slots;                /* room for capacity / 2 */
    uint32_t free_count, slots;          /* slots: how many there are in all */
};

/* The slot of a live ID, or IDMAP_NONE. */
uint32_t idmap_find(const struct idmap *map, uint64_t id);

/* Makes an ID live and gives it a slot. IDMAP_NONE: the arena is full. The ID must not be live. */
uint32_t idmap_insert(struct idmap *map, uint64_t id);

/* The ID, which must be live, is no more. */
void idmap_remove(struct idmap *map, uint64_t id);

#endif
