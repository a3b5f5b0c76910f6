/* IDs to slots: linear probing with deletion by shifting back, so that no tombstones gather (D. Knuth, The Art of Computer
 * Programming, volume 3, section 6.4, algorithm R). */
#include "idmap.h"

#include <alloc/heap_ops.h>

enum { FIRST_CAPACITY = 1024 };

static size_t home_of(const struct idmap *map, uint64_t id)
{
    id ^= id >> 32;
    return (size_t)(id * 0x9E3779B97F4A7C15u >> 32) & (map->capacity - 1);
}

static size_t next_of(const struct idmap *map, size_t i)
{
    return (i + 1) & (map->capacity - 1);
}

/* Where the ID is, or the empty entry where it would go. */
static size_t locate(const struct idmap *map, uint64_t id)
{
    size_t i = home_of(map, id);
    while (map->entries[i].slot != IDMAP_NONE && map->entries[i].id != id)
        i = next_of(map, i);
    return i;
}

/* Moves to tables of twice the size; the old ones stay behind in the arena until the caller gives all of it back. As every slot
 * there is was made before the table was half full, none of them is free now. */
static bool enlarge(struct idmap *map)
{
    size_t old_capacity = map->capacity, capacity = old_capacity ? 2 * old_capacity : FIRST_CAPACITY;
    struct idmap_entry *old = map->entries;
    HEAP_ASSERT(map->free_count == 0);
    struct idmap_entry *entries = lab_arena_take(map->arena, capacity, sizeof *entries);
    uint32_t *free_slots = lab_arena_take(map->arena, capacity / 2, sizeof *free_slots);
    if (!entries || !free_slots)
        return false;
    map->entries = entries;
    map->free_slots = free_slots;
    map->capacity = capacity;
    for (size_t i = 0; i < capacity; i++)
        entries[i].slot = IDMAP_NONE;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].slot != IDMAP_NONE)
            entries[locate(map, old[i].id)] = old[i];
    }
    return true;
}

uint32_t idmap_find(const struct idmap *map, uint64_t id)
{
    return map->capacity ? map->entries[locate(map, id)].slot : IDMAP_NONE;
}

uint32_t idmap_insert(struct idmap *map, uint64_t id)
{
    if (map->live == map->capacity / 2 && !enlarge(map))
        return IDMAP_NONE;
    struct idmap_entry *entry = &map->entries[locate(map, id)];
    HEAP_ASSERT(entry->slot == IDMAP_NONE);
    uint32_t slot = map->free_count > 0 ? map->free_slots[--map->free_count] : map->slots++;
    *entry = (struct idmap_entry){.id = id, .slot = slot};
    map->live++;
    return slot;
}

void idmap_remove(struct idmap *map, uint64_t id)
{
    size_t hole = locate(map, id);
    HEAP_ASSERT(map->entries[hole].slot != IDMAP_NONE);
    map->free_slots[map->free_count++] = map->entries[hole].slot;
    map->live--;
    for (size_t i = next_of(map, hole); map->entries[i].slot != IDMAP_NONE; i = next_of(map, i)) {
        size_t from_home = (i - home_of(map, map->entries[i].id)) & (map->capacity - 1);
        size_t from_hole = (i - hole) & (map->capacity - 1);
        if (from_home >= from_hole) { /* its search passes the hole: it may move there */
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole].slot = IDMAP_NONE;
}
