/* The kept inputs of the script fuzzer, once each, at this width: libFuzzer itself runs at 64 bits only. */
#include "corpus.h"

#define LLVMFuzzerTestOneInput fuzz_script
#include "../../fuzz/fuzz_script.c"
#undef LLVMFuzzerTestOneInput

static void kept_inputs(void **state)
{
    (void)state;
    corpus_play(CORPUS "script", 20, fuzz_script);
}

static void lectures(void **state)
{
    (void)state;
    corpus_play(KFIT_LECTURES, 11, fuzz_script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kept_inputs), cmocka_unit_test(lectures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
