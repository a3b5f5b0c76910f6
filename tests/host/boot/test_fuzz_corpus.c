/* The kept inputs of the fuzz targets, once each, at this width: libFuzzer itself runs at 64 bits only. */
#include "corpus.h"

#define LLVMFuzzerTestOneInput fuzz_multiboot2
#include "../../fuzz/fuzz_multiboot2.c"
#undef LLVMFuzzerTestOneInput
#undef MUST
#define LLVMFuzzerTestOneInput fuzz_cmdline
#include "../../fuzz/fuzz_cmdline.c"
#undef LLVMFuzzerTestOneInput

static void boot_information(void **state)
{
    (void)state;
    corpus_play(CORPUS "multiboot2", 20, fuzz_multiboot2);
}

static void command_lines(void **state)
{
    (void)state;
    corpus_play(CORPUS "cmdline", 20, fuzz_cmdline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_information),
        cmocka_unit_test(command_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
