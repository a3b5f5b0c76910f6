/* Inside shell/: words for Tab that follow from what allocators and runs are. */
#ifndef SHELL_COMPLETE_NAMES_H
#define SHELL_COMPLETE_NAMES_H

#include <boot/multiboot2.h>

#include "line.h"

/* The word that is being completed, up to the cursor. */
struct complete_word {
    const char *text;
    size_t length;
    const struct line_offers *to;
    size_t start; /* where in the word that begins which was offered last */
};

/* Offers a name in place of what the word has from `start` on, if that is how the name begins. `end` as in struct line_offers. */
void complete_offer(struct complete_word *w, size_t start, const char *name, size_t length, char end);

/* The same for each of `names`, ended by NULL; behind one that ends in "=" or ":" nothing follows. */
void complete_offer_all(struct complete_word *w, size_t start, const char *const *names, char end);

/* NAME[:key=value...] from `start` on: names, keys or words, by what stands there already. */
void complete_allocator(struct complete_word *w, size_t start);

/* Such specifications separated by commas, or `all`. */
void complete_allocators(struct complete_word *w, size_t start);

/* WORKLOAD[:key=value...], scenario:NAME, trace:A,B; unless `is_of_requests`: selftest[:PART], tour. */
void complete_run(struct complete_word *w, size_t start, const struct mb2_info *boot, bool is_of_requests);

/* Names of scenarios; names of traces, separated by commas. */
void complete_scenarios(struct complete_word *w, size_t start, const struct mb2_info *boot);
void complete_traces(struct complete_word *w, size_t start, const struct mb2_info *boot);

#endif
