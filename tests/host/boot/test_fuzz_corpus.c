/* The kept inputs of the fuzz targets, once each, at this width: libFuzzer itself runs at 64 bits only. */
#include "support.h"

#include <dirent.h>
#include <stdio.h>

#define LLVMFuzzerTestOneInput fuzz_multiboot2
#include "../../fuzz/fuzz_multiboot2.c"
#undef LLVMFuzzerTestOneInput
#undef MUST
#define LLVMFuzzerTestOneInput fuzz_cmdline
#include "../../fuzz/fuzz_cmdline.c"
#undef LLVMFuzzerTestOneInput

#define CORPUS KFIT_TRACES "/../tests/fuzz/corpus/"

static void replay_file(const char *path, int (*target)(const uint8_t *data, size_t size))
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

static void replay(const char *folder, int (*target)(const uint8_t *data, size_t size))
{
    DIR *listing = opendir(folder);
    size_t files = 0;
    assert_non_null(listing);
    for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing)) {
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        assert_true(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        replay_file(path, target);
        files++;
    }
    closedir(listing);
    assert_true(files >= 20);
}

static void boot_information(void **state)
{
    (void)state;
    replay(CORPUS "multiboot2", fuzz_multiboot2);
}

static void command_lines(void **state)
{
    (void)state;
    replay(CORPUS "cmdline", fuzz_cmdline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_information),
        cmocka_unit_test(command_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
