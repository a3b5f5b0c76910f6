/* The kept inputs of the script fuzzer, once each, at this width: libFuzzer itself runs at 64 bits only. */
#include <dirent.h>
#include <stdio.h>

#include "support.h"

#define LLVMFuzzerTestOneInput fuzz_script
#include "../../fuzz/fuzz_script.c"
#undef LLVMFuzzerTestOneInput

#define CORPUS KFIT_LECTURES "/../tests/fuzz/corpus/script"

static void replay_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    fuzz_script(bytes, size);
}

/* Returns how many files there are in the folder. */
static size_t replay(const char *folder)
{
    DIR *listing = opendir(folder);
    size_t files = 0;
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        replay_file(path);
        files++;
    }
    closedir(listing);
    return files;
}

static void kept_inputs(void **state)
{
    (void)state;
    assert_true(replay(CORPUS) >= 20);
}

static void lectures(void **state)
{
    (void)state;
    assert_true(replay(KFIT_LECTURES) >= 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_inputs), cmocka_unit_test(lectures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
