/* For tests: the scenario files of lectures/, read. */
#ifndef TESTS_LAB_LECTURES_H
#define TESTS_LAB_LECTURES_H

#include <dirent.h>
#include <stdio.h>

#include <lab/script.h>

#include "scratch.h"

enum { LECTURES_MAX = 128, LECTURE_NAME_MAX = 64 };

/* The names of the files, without their ending; returns how many. */
static inline size_t lecture_names(char names[LECTURES_MAX][LECTURE_NAME_MAX])
{
    DIR *listing = opendir(KFIT_LECTURES);
    size_t count = 0;
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        size_t length = strlen(entry->d_name);
        if (length <= 5 || strcmp(entry->d_name + length - 5, ".kfit") != 0)
            continue;
        assert_true(count < LECTURES_MAX && length - 5 < LECTURE_NAME_MAX);
        memcpy(names[count], entry->d_name, length - 5);
        names[count++][length - 5] = '\0';
    }
    closedir(listing);
    return count;
}

/* Reads lectures/NAME.kfit; text and script are in the arena. */
static inline void read_lecture(const char *name, struct lab_arena *arena, struct lab_script *script)
{
    char path[1024];
    struct lab_error error;
    assert_true(snprintf(path, sizeof path, "%s/%s.kfit", KFIT_LECTURES, name) < (int)sizeof path);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("there is no %s", path);
    char *text = lab_arena_take(arena, 1 << 16, 1);
    assert_non_null(text);
    size_t length = fread(text, 1, 1 << 16, file);
    fclose(file);
    assert_true(length > 0 && length < 1 << 16);
    if (lab_script_read(text, length, 1, arena, script, &error) != LAB_OK)
        fail_msg("%s, %s", name, error.message);
}

/* The program of a lecture that can be measured. */
static inline void make_lecture(const char *name, struct lab_arena *arena, struct lab_program *program)
{
    struct lab_script script;
    read_lecture(name, arena, &script);
    if (lab_script_unmeasurable(&script))
        fail_msg("%s cannot be measured: line %u", name, lab_script_unmeasurable(&script)->line);
    assert_true(lab_script_program(&script, arena, program));
}

#endif
