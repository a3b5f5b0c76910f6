/* The kept inputs of a fuzz target, played once each. libFuzzer itself runs at 64 bits only; so a host test includes the target's
 * source, and plays them at both widths. */
#ifndef TESTS_CORPUS_H
#define TESTS_CORPUS_H

#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS KFIT_TRACES "/../tests/fuzz/corpus/"

typedef int corpus_target(const uint8_t *data, size_t size);

/* In memory of exactly its size, so that the sanitizers see a byte read beyond. */
static inline void corpus_play_file(const char *path, corpus_target *target)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, bytes, size);
    target(exact, size);
    free(exact);
}

/* Plays every file of the folder, at least `least`. */
static inline void corpus_play(const char *folder, size_t least, corpus_target *target)
{
    DIR *listing = opendir(folder);
    size_t files = 0;
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        corpus_play_file(path, target);
        files++;
    }
    closedir(listing);
    assert_true(files >= least);
}

#endif
