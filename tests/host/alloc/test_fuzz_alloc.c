/* The kept inputs of the allocators' fuzz target, once for each policy, at this width: libFuzzer itself runs at 64
 * bits only. */
#include <dirent.h>

#define LLVMFuzzerTestOneInput fuzz_alloc
#include "../../fuzz/fuzz_alloc.c"
#undef LLVMFuzzerTestOneInput

#include "alloc_region.h"

#define CORPUS KFIT_TRACES "/../tests/fuzz/corpus/alloc"

static void replay_file(const char *path)
{
    static uint8_t bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, bytes, size);
    fuzz_alloc(exact, size);
    free(exact);
}

static void kept_inputs_are_answered_rightly(void **state)
{
    DIR *listing = opendir(CORPUS);
    size_t files = 0;
    fuzz_policy = policy_of(state);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_inputs_are_answered_rightly)};
    shadow_make_pattern();
    return run_under_policies("kept inputs of the fuzzer", tests, COUNT(tests), is_any_policy);
}
