/* Names for addresses, by halving the table: about ten steps for a thousand functions. */
#include <lib/symbols.h>

/* How many functions begin at or below this offset. */
static size_t count_below(const struct symbol_table *table, uintptr_t offset)
{
    size_t low = 0, high = table->count; /* symbol[low - 1] begins at or below it, symbol[high] above */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->symbol[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *symbol_find(const struct symbol_table *table, uintptr_t address, uintptr_t *offset)
{
    *offset = address;
    if (address < table->base || address >= table->end)
        return NULL;
    size_t below = count_below(table, address - table->base);
    if (below == 0)
        return NULL;
    const struct image_symbol *found = &table->symbol[below - 1];
    *offset = address - table->base - found->offset;
    return table->names + found->name;
}
