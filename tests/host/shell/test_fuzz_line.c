/* The kept inputs of the line's fuzzer, once each, at this width: libFuzzer itself runs at 64 bits only. */
#include <dirent.h>
#include <stdio.h>

#include "support.h"

#define LLVMFuzzerTestOneInput fuzz_line
#include "../../fuzz/fuzz_line.c"
#undef LLVMFuzzerTestOneInput

#define CORPUS KFIT_TRACES "/../tests/fuzz/corpus/line"

static void replay_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    fuzz_line(bytes, size);
}

static void lines(void **state)
{
    (void)state;
    DIR *listing = opendir(CORPUS);
    size_t files = 0;
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", CORPUS, entry->d_name) < (int)sizeof path);
        replay_file(path);
        files++;
    }
    closedir(listing);
    assert_true(files >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
